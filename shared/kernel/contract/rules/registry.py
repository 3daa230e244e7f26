"""What a rule is, and the book that a dataset's rules are entered into by decorator.

An `error` rejects the row. A `warning` keeps it; where the rule says `instead`, the accepted row carries that value in
place of what was sent. The principle: a fault in a value that nobody must send costs the value, never the row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

import pyarrow as pa

from shared.kernel.contract.identifiers import Mask
from shared.kernel.contract.rules.frame import Frame

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Context:
    """What a rule may know besides the rows: the day that counts as today, and how old an extract may be."""

    as_of: date
    stale_after_days: int


Check = Callable[[Frame, Context], Mask]
Words = Callable[[Frame], pa.Array]


@dataclass(frozen=True)
class Rule:
    """One row rule.

    `check` gives True for every row that breaks it, and never for a row whose cells it needs are empty: emptiness has
    rules of its own. `among_rows` marks a rule that compares rows with each other: it sees only rows that no error has
    yet rejected, so that a good row is never set aside as the double of a bad one.
    """

    code: str
    field: str
    severity: Severity
    message: str
    remedy: str
    check: Check
    among_rows: bool
    instead: Mapping[str, object]
    also: Words | None = None
    """A sentence on each row, which follows the remedy; it names columns, never what stands in them."""


class Rulebook:
    """Rules of one dataset, in the order of their codes: all on single rows, or all among rows."""

    def __init__(self, prefix: str, *, among_rows: bool = False) -> None:
        self._prefix = prefix
        self._among_rows = among_rows
        self._rules: list[Rule] = []

    def __iter__(self) -> Iterator[Rule]:
        return iter(self._rules)

    def error(
        self, code: str, field: str, message: str, remedy: str, *, also: Words | None = None
    ) -> Callable[[Check], Check]:
        """Enter a check whose breach rejects the row."""
        return self._enter(code, field, "error", message, remedy, {}, also)

    def warning(
        self,
        code: str,
        field: str,
        message: str,
        remedy: str,
        *,
        instead: Mapping[str, object] | None = None,
    ) -> Callable[[Check], Check]:
        """Enter a check whose breach keeps the row, with `instead` in place of what was sent."""
        return self._enter(code, field, "warning", message, remedy, instead or {})

    def error_in_each(
        self, code: str, fields: Sequence[str], message: str, remedy: str, check_of: Callable[[str], Check]
    ) -> None:
        """Enter one rule that holds for several fields alike: one code, one finding per field that breaks it."""
        for name in fields:
            self._enter(code, name, "error", message, remedy, {})(check_of(name))

    def warning_in_each(
        self,
        code: str,
        fields: Sequence[str],
        message: str,
        remedy: str,
        check_of: Callable[[str], Check],
        *,
        instead: Mapping[str, object] | None = None,
    ) -> None:
        """As `error_in_each`, for a breach that keeps the row, with `instead` in place of what was sent."""
        for name in fields:
            self._enter(code, name, "warning", message, remedy, instead or {})(check_of(name))

    def _enter(
        self,
        code: str,
        field: str,
        severity: Severity,
        message: str,
        remedy: str,
        instead: Mapping[str, object],
        also: Words | None = None,
    ) -> Callable[[Check], Check]:
        # Codes are promises to those who read reports: in order, and one code never means two things.
        last = self._rules[-1] if self._rules else None
        follows = (
            last is None or code > last.code or (code == last.code and (message, remedy) == (last.message, last.remedy))
        )
        if not code.startswith(f"{self._prefix}-") or not follows:
            raise ValueError(f"{code} must start with {self._prefix}- and follow {last.code if last else 'nothing'}")

        def enter(check: Check) -> Check:
            rule = Rule(code, field, severity, message, remedy, check, self._among_rows, instead, also)
            self._rules.append(rule)
            return check

        return enter
