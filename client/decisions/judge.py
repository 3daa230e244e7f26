"""What of a sheet is a decision, and on which pair: the one place that says so, whoever wrote the sheet.

A decision is taken only if its row shows the pair that its reference stands for, if nothing else in the file says
otherwise of that pair, and if the pair stands by the results at hand. Every row that is not taken is named with why.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

import numpy as np
import pyarrow.compute as pc

from client.decisions.at_hand import OTHER_BOROUGH, REPLACED, STANDS, UNKNOWN, AtHand, Proposed
from client.decisions.row_check import CHECK, SHOWN, differing, plain_ref, shown_as
from client.pack.codes import (
    BEFORE_PROPOSED,
    CONTRADICTED,
    HIDDEN_DECISION,
    NO_CHECK,
    NOT_ITS_ROW,
    OF_OTHER_BOROUGH,
    REPLACED_PAIR,
    UNDECIDED,
    UNKNOWN_PAIR,
    PackCode,
)
from client.pack.dates import DATE_ORDERS
from client.pack.findings import Findings
from client.pack.source import Source
from shared.agreements.free_school_meals.contracts import DECISIONS

ON_WHAT_STANDS = ("confirm", "reject")
"""Decisions on what is proposed. The others take back or forbid, and count whenever they come."""
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]*[A-Za-z0-9]")
_SOMETHING = "\0something else"
_MOST_NAMED = 10
Held = TypeVar("Held")


@dataclass(frozen=True)
class Beside:
    """What a sheet is judged by beside itself."""

    at_hand: AtHand = field(default_factory=lambda: AtHand(()))
    borough: str | None = None
    """Whose decisions they are, where that is known."""
    include_hidden: bool = False
    """Somebody has said that decisions in hidden rows count."""
    unsplit: tuple[tuple[int, str], ...] = ()
    """Number and text of each line that could not be split into cells."""


@dataclass(frozen=True)
class Judge:
    """One sheet of decisions being judged; what it says goes to `findings`."""

    source: Source
    findings: Findings
    headings: dict[str, str]
    """For each contract column that the sheet has, its heading."""
    beside: Beside

    def judge(self, days: list[date | None]) -> np.ndarray:
        """Leave out every row that is no decision on the pair it shows. `days` are those of the decisions.

        The mask that comes back is of the rows into which nobody has written: they are for another day, and no mistake.
        """
        written = self._written()
        refs, choices = self._refs(), self._choices()
        self.findings.say(UNDECIDED, self.source, ~written)
        left = written & np.array([bool(ref) for ref in refs], dtype=bool)
        left &= ~self._contradicted(refs, choices, written)
        left &= ~self._hidden(left)
        left &= ~self._of_other_rows(refs, left)
        left &= ~self._not_standing(refs, choices, left)
        self._too_early(refs, choices, days, left)
        return ~written

    def _written(self) -> np.ndarray:
        written = np.zeros(self.source.rows, dtype=bool)
        for name in (column.name for column in DECISIONS.filled_in[1:]):
            written |= np.asarray(pc.is_valid(self.source.column(self.headings.get(name, ""))))
        return written

    def _refs(self) -> list[str]:
        return [plain_ref(ref) for ref in self.source.column(self.headings.get("match_ref", "")).to_pylist()]

    def _choices(self) -> list[str]:
        return [plain_ref(cell) for cell in self.source.column(self.headings.get("decision", "")).to_pylist()]

    def _contradicted(self, refs: list[str], choices: list[str], written: np.ndarray) -> np.ndarray:
        """Rows whose reference stands anywhere else in the file with something else, readable or not."""
        told: dict[str, dict[str, list[int]]] = {}
        lines = self.source.line.tolist()
        for at, ref in enumerate(refs):
            if ref and written[at]:
                told.setdefault(ref, {}).setdefault(choices[at], []).append(lines[at])
        for line, words in self._elsewhere(refs):
            for word in words & told.keys():
                told[word].setdefault(_SOMETHING, []).append(line)
        out = np.zeros(len(refs), dtype=bool)
        for ref, by_choice in told.items():
            if len(by_choice) > 1:
                rows = np.array([written[at] and other == ref for at, other in enumerate(refs)], dtype=bool)
                named = sorted({line for found in by_choice.values() for line in found})
                self.findings.say(CONTRADICTED.filled(rows=listed(named)), self.source, rows)
                out |= rows
        return out

    def _elsewhere(self, refs: list[str]) -> Iterable[tuple[int, set[str]]]:
        """The words in other cells of each row than that of its reference, which may name another row's; and those of
        lines that could not be split into cells."""
        for name in self.source.table.column_names:
            cells = self.source.column(name).to_pylist() if name != self.headings.get("match_ref") else []
            for line, ref, cell in zip(self.source.line.tolist(), refs, cells, strict=bool(cells)):
                if cell:
                    yield line, _words(cell) - {ref}
        for line, text in self.beside.unsplit:
            yield line, _words(text)

    def _hidden(self, left: np.ndarray) -> np.ndarray:
        if self.source.hidden is None or self.beside.include_hidden:
            return np.zeros_like(left)
        hidden: np.ndarray = self.source.hidden & left
        self.findings.say(HIDDEN_DECISION, self.source, hidden)
        return hidden

    def _of_other_rows(self, refs: list[str], left: np.ndarray) -> np.ndarray:
        """Rows that are not those of their references, by their check and by the results at hand."""
        there = [name for name in SHOWN if name in self.source.table.column_names]
        rows = [{name: shown_as(name, self.source.column(name), order) for name in there} for order in DATE_ORDERS]
        checks = self.source.column(CHECK).to_pylist()
        unproved: list[int] = []
        others: dict[tuple[str, ...], list[int]] = {}
        for at in np.flatnonzero(left).tolist():
            as_read = [{name: cells[name][at] for name in there} for cells in rows]
            differ, proved = self._other_columns(refs[at], checks[at], as_read)
            if differ:
                others.setdefault(differ, []).append(at)
            elif not proved:
                unproved.append(at)
        for names, positions in others.items():
            self._say(NOT_ITS_ROW.filled(columns=", ".join(names)), positions)
        self._say(NO_CHECK, unproved)
        out = np.zeros_like(left)
        out[[*unproved, *(at for positions in others.values() for at in positions)]] = True
        return out

    def _other_columns(
        self, ref: str, check: str | None, as_read: list[dict[str, str]]
    ) -> tuple[tuple[str, ...], bool]:
        """Which columns of a row are others than those of its reference, and whether anything could say so.

        `as_read` has the row once for each order of day and month: it belongs to its reference if it does in one.
        """
        proved = False
        if check and len(as_read[0]) == len(SHOWN):
            differ = _fewest(lambda row: differing(check, ref, row), as_read)
            if differ:
                return differ, True
            proved = True
        if found := self.beside.at_hand.find(ref):
            return _fewest(lambda row: _fewest(lambda one: _unlike(one, row), found), as_read), True
        return (), proved or (bool(self.beside.at_hand.runs) and not check)

    def _not_standing(self, refs: list[str], choices: list[str], left: np.ndarray) -> np.ndarray:
        """Rows on pairs that no results at hand propose, or that newer ones do not propose any more."""
        out = np.zeros_like(left)
        if not self.beside.at_hand.runs:
            return out
        told: dict[PackCode, list[int]] = {}
        checks = self.source.column(CHECK).to_pylist()
        for at in np.flatnonzero(left).tolist():
            stands = self.beside.at_hand.standing(refs[at], borough=self.beside.borough)
            late = choices[at] not in ON_WHAT_STANDS
            if stands.word == STANDS or (late and (stands.word == REPLACED or (stands.word == UNKNOWN and checks[at]))):
                continue
            facts = {"run": stands.current or "at hand", "collection": stands.collection or "any collection"}
            code = {UNKNOWN: UNKNOWN_PAIR, OTHER_BOROUGH: OF_OTHER_BOROUGH}.get(stands.word, REPLACED_PAIR)
            told.setdefault(code.filled(**facts), []).append(at)
            out[at] = True
        for code, positions in told.items():
            self._say(code, positions)
        return out

    def _too_early(self, refs: list[str], choices: list[str], days: list[date | None], left: np.ndarray) -> None:
        early = []
        for at in np.flatnonzero(left).tolist():
            day, proposed = days[at], self.beside.at_hand.proposed_on(refs[at])
            if choices[at] in ON_WHAT_STANDS and day and proposed and day < proposed:
                early.append(at)
        self._say(BEFORE_PROPOSED, early)

    def _say(self, code: PackCode, positions: list[int]) -> None:
        self.findings.say(code, self.source, np.array(positions, np.int64))


def listed(rows: list[int]) -> str:
    """Numbers of rows for people: `2 and 6`, and how many more there are where they are many."""
    if len(rows) > _MOST_NAMED:
        return f"{', '.join(map(str, rows[:_MOST_NAMED]))} and {len(rows) - _MOST_NAMED} more"
    return " and ".join(filter(None, (", ".join(map(str, rows[:-1])), str(rows[-1]))))


def _words(text: str) -> set[str]:
    return {plain_ref(word) for word in _WORD.findall(text)}


def _unlike(proposed: Proposed, row: dict[str, str]) -> tuple[str, ...]:
    return tuple(name for name, cell in row.items() if proposed.cells[name] != cell)


def _fewest(differ: Callable[[Held], tuple[str, ...]], held: list[Held]) -> tuple[str, ...]:
    return min(map(differ, held), key=len)
