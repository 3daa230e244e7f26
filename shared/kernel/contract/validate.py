"""The validator: a table in, accepted rows and coded findings out; every row in is accepted or rejected, once.

The same code checks a file on a borough's laptop and in the cloud. A finding has a row number, a code and a field,
never a value. A defect of a rule itself is raised as it is: it is not the sender's fault.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from shared.kernel.contract.columns import Contract, Grouping
from shared.kernel.contract.identifiers import Mask, as_mask
from shared.kernel.contract.normal import normalise
from shared.kernel.contract.read import read_columns
from shared.kernel.contract.rules.frame import Frame
from shared.kernel.contract.rules.registry import Context, Rule

ACCEPTED = "accepted"
ACCEPTED_WITH_ERRORS = "accepted_with_errors"
PARTLY_ACCEPTED = "partly_accepted"
REJECTED = "rejected"

_WORDS = pa.dictionary(pa.int32(), pa.string())
FINDINGS = pa.schema(
    [
        pa.field("row", pa.int32()),
        pa.field("code", _WORDS),
        pa.field("severity", _WORDS),
        pa.field("field", _WORDS),
        pa.field("message", _WORDS),
        pa.field("remedy", _WORDS),
    ]
)
"""Findings of a bad file outnumber its rows, so each sentence is stored once."""


@dataclass(frozen=True)
class Validation:
    """What became of a file's rows.

    `accepted` has the contract's columns in normal form and `row`, the 0-based position in the file. `findings` has one
    line per row, code and field, by row, then code. `rejected_by_code` counts every rejected row once, at its first
    error, so its sum is `rows_rejected` and `rows_in == accepted.num_rows + rows_rejected`. `groups` has each
    row's cell of the column that the contract is `grouped_by`, where it has that column's shape, and null elsewhere.
    """

    dataset: str
    accepted: pa.Table
    findings: pa.Table
    rows_in: int
    rows_rejected: int
    rejected_by_code: dict[str, int]
    grouped_by: Grouping | None
    groups: pa.Array
    numbers: pa.Array | None = None
    """Each row's number in the sender's own sheet, null where it says none; None where the contract has no such."""

    @property
    def stands(self) -> bool:
        """Whether the file says what its sender has: some rows, or none from the start. Not where all were rejected."""
        return self.accepted.num_rows > 0 or self.rows_in == 0

    @property
    def status(self) -> str:
        """`accepted`, `accepted_with_errors` (warnings only), `partly_accepted` or `rejected` (no row left)."""
        if not self.stands:
            return REJECTED
        if self.rows_rejected:
            return PARTLY_ACCEPTED
        return ACCEPTED_WITH_ERRORS if self.findings.num_rows else ACCEPTED


def validate(table: pa.Table, contract: Contract, *, as_of: date, stale_after_days: int) -> Validation:
    """Check a table against a contract, as on the day `as_of`.

    Raises BadFile (FIL-…) where the file as a whole cannot be what the contract says: unknown, lacking or repeated
    columns, wrong, nested or extension types, no rows where that says nothing. Row faults never raise.
    """
    rows = normalise(read_columns(table, contract), contract)
    frame = Frame(rows)
    broken, first_error = _apply(contract.rules, frame, Context(as_of, stale_after_days))
    standing = first_error < 0
    codes, counts = np.unique(first_error[~standing], return_counts=True)
    return Validation(
        dataset=contract.dataset,
        accepted=_accepted(rows, standing, broken),
        findings=_findings(broken),
        rows_in=len(frame),
        rows_rejected=int(np.count_nonzero(~standing)),
        rejected_by_code=_by_code(broken, codes, counts),
        grouped_by=contract.grouped_by,
        groups=_groups(frame, contract.grouped_by),
        numbers=rows.column(contract.numbered_by).combine_chunks() if contract.numbered_by else None,
    )


@dataclass(frozen=True)
class _Breach:
    """The rows, by position in the file, that break a rule."""

    rule: Rule
    rows: Mask

    def told(self, frame: Frame) -> Iterator[_Breach]:
        """One for each remedy that the rule has for these rows."""
        if self.rule.also is None:
            yield self
            return
        sentences = self.rule.also(frame)
        for sentence in pc.unique(sentences.filter(pa.array(self.rows))).to_pylist():
            rows = self.rows & as_mask(pc.equal(sentences, sentence))
            yield _Breach(replace(self.rule, remedy=f"{self.rule.remedy} {sentence}"), rows)


def _apply(rules: tuple[Rule, ...], frame: Frame, context: Context) -> tuple[list[_Breach], npt.NDArray[np.int64]]:
    """Every breach in rule order, and per row the position among the breaches of its first error, or -1."""
    first_error = np.full(len(frame), -1, dtype=np.int64)
    broken: list[_Breach] = []
    remaining = frame
    for rule in rules:
        if rule.among_rows:
            standing = first_error < 0
            if len(remaining) != np.count_nonzero(standing):
                remaining = frame.only(standing)
            rows = frame.none()
            rows[standing] = rule.check(remaining, context)
        else:
            rows = rule.check(frame, context)
        if not rows.any():
            continue
        for breach in _Breach(rule, rows).told(frame):
            if rule.severity == "error":
                first_error[breach.rows & (first_error < 0)] = len(broken)
            broken.append(breach)
    return broken, first_error


def _accepted(rows: pa.Table, standing: Mask, broken: Iterable[_Breach]) -> pa.Table:
    for breach in broken:
        for name, value in breach.rule.instead.items():
            position = rows.schema.get_field_index(name)
            field = rows.schema.field(position)
            kept = pc.if_else(pa.array(breach.rows), pa.scalar(value, field.type), rows.column(position))
            rows = rows.set_column(position, field, kept)
    numbered = rows.append_column("row", pa.array(np.arange(rows.num_rows), pa.int32()))
    return numbered.filter(pa.array(standing)).combine_chunks()


def _findings(broken: list[_Breach]) -> pa.Table:
    found = [np.flatnonzero(breach.rows) for breach in broken]
    at = np.concatenate(found) if found else np.empty(0, dtype=np.int64)
    which = np.repeat(np.arange(len(broken), dtype=np.int32), [len(rows) for rows in found])
    order = np.lexsort((which, at))
    rules = [breach.rule for breach in broken]

    def told(words: list[str]) -> pa.Array:
        distinct = list(dict.fromkeys(words))
        places = np.array([distinct.index(word) for word in words], dtype=np.int32)
        return pa.DictionaryArray.from_arrays(
            pa.array(places[which[order]], pa.int32()), pa.array(distinct, pa.string())
        )

    return pa.table(
        [
            pa.array(at[order], pa.int32()),
            told([rule.code for rule in rules]),
            told([rule.severity for rule in rules]),
            told([rule.field for rule in rules]),
            told([rule.message for rule in rules]),
            told([rule.remedy for rule in rules]),
        ],
        schema=FINDINGS,
    )


def _by_code(broken: list[_Breach], which: npt.NDArray[np.int64], counts: npt.NDArray[np.int64]) -> dict[str, int]:
    by_code: dict[str, int] = {}
    for position, count in zip(which.tolist(), counts.tolist(), strict=True):
        code = broken[position].rule.code
        by_code[code] = by_code.get(code, 0) + count
    return by_code


def _groups(frame: Frame, by: Grouping | None) -> pa.Array:
    if by is None:
        return pa.nulls(len(frame), pa.string())
    # A wrongly mapped column must not carry a person's data into a report.
    return pc.if_else(pa.array(frame.like(by.column, rf"\A(?:{by.shape})\z")), frame.column(by.column), None)
