"""From counts by residence and school authority to the numbers that may be shown. Every rule of leaving out is here.

Pupils and open FSM come from one file for each school authority, newly entitled and EHC plans from one for each
residence: the lines that `shared.methods.linked_tables` guards for themselves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from shared.agreements.origin_destination.words import EHC_PLANS, NEWLY_ENTITLED, OPEN_FSM, PUPILS
from shared.methods.linked_tables import Earlier, Shown, flipped, show_parts, show_shares, show_wholes
from shared.methods.suppress import TOTAL, Cell

BY_SCHOOL, BY_RESIDENCE = (PUPILS, OPEN_FSM), (NEWLY_ENTITLED, EHC_PLANS)
"""The measures by the side that a file comes from."""


@dataclass(frozen=True)
class Sent:
    """The files of one measure that count: the drop of each sender, by the sender's ONS code."""

    drops: Mapping[str, str]
    expected: frozenset[str]
    """Whose file would be needed for a sum across files."""

    @property
    def complete(self) -> bool:
        return self.expected <= set(self.drops)


@dataclass(frozen=True)
class Counted:
    """Exact counts, by (residence, school authority), and the files that they come from."""

    cells: Mapping[str, Mapping[Cell, int]]
    """By measure. A newly entitled count exceeds in no cell the pupils without an open period."""
    sent: Mapping[str, Sent]
    withheld: frozenset[Cell] = frozenset()
    """Cells whose newly entitled count was more than there are pupils without an open period: nobody can use it."""


@dataclass(frozen=True)
class Before:
    """One earlier release of the same collection."""

    shown: Mapping[str, Shown]
    """By measure and (residence, school authority)."""
    drops: Mapping[str, Mapping[str, str]]
    """By measure, the drop that each sender's line came from."""


@dataclass(frozen=True)
class Table:
    """What may be shown, by measure and (residence, school authority). A pair that is not here is 0."""

    shown: Mapping[str, Shown] = field(default_factory=dict)

    @property
    def left_out(self) -> int:
        """How many numbers are left out."""
        return sum(count is None for numbers in self.shown.values() for count in numbers.values())


def leave_out(counted: Counted, before: Sequence[Before] = ()) -> Table:
    """Decide what may be shown of all measures, to readers who have all of `before` (oldest first)."""
    pupils, open_fsm = counted.cells[PUPILS], counted.cells[OPEN_FSM]
    complete = counted.sent[PUPILS].complete
    wholes = show_wholes(pupils, open_fsm, complete, _earlier(counted, before, PUPILS))
    parts = show_parts(pupils, open_fsm, wholes, complete, _earlier(counted, before, OPEN_FSM))
    return Table(
        {
            PUPILS: wholes,
            OPEN_FSM: parts,
            NEWLY_ENTITLED: _newly_entitled(counted, wholes, parts, _earlier(counted, before, NEWLY_ENTITLED)),
            EHC_PLANS: _flipped(
                show_wholes(
                    flipped(counted.cells[EHC_PLANS]),
                    {},
                    counted.sent[EHC_PLANS].complete,
                    _earlier(counted, before, EHC_PLANS),
                )
            ),
        }
    )


def _newly_entitled(counted: Counted, wholes: Shown, parts: Shown, earlier: Earlier) -> Shown:
    """A share of the pupils without an open period, in the lines of the residences that have sent it."""
    pupils, open_fsm = counted.cells[PUPILS], counted.cells[OPEN_FSM]
    sent = counted.sent[NEWLY_ENTITLED]
    rest = {
        (school, residence): count - open_fsm.get((residence, school), 0)
        for (residence, school), count in pupils.items()
        if count and residence in sent.drops
    }
    veiled = {
        (school, residence)
        for school, residence in rest
        if wholes.get((residence, school), 0) is None
        or parts.get((residence, school), 0) is None
        or (residence, school) in counted.withheld
    }
    shown = show_shares(rest, flipped(counted.cells[NEWLY_ENTITLED]), veiled, sent.complete, earlier)
    if not counted.sent[PUPILS].complete:  # a sum of what has come would tell, by its growth, of each that comes
        shown = {cell: count for cell, count in shown.items() if cell[0] != TOTAL}
    lines = {residence for residence, _ in counted.withheld}
    # Sums over a number that cannot be used would not be sums.
    unusable = [cell for cell in shown if cell[0] == TOTAL and cell[1] in lines]
    unusable += [cell for cell in shown if cell[1] == TOTAL and counted.withheld]
    return _flipped(shown | dict.fromkeys(unusable))


def _earlier(counted: Counted, before: Sequence[Before], measure: str) -> Earlier:
    """What readers have of one measure, each line a column."""
    releases = [release.shown.get(measure, {}) for release in before]
    changed: set[str] = set()
    if before:
        drops = counted.sent[measure].drops
        changed = {sender for sender, drop in drops.items() if before[-1].drops.get(measure, {}).get(sender) != drop}
    if measure in BY_RESIDENCE:
        releases = [_flipped(release) for release in releases]
    # A line that was not there before was not nought: it says nothing of the line that is.
    there = [{column for _, column in release} for release in releases]
    return Earlier(tuple(releases), frozenset(changed), tuple(map(frozenset, there)))


def _flipped(shown: Mapping[Cell, int | None]) -> Shown:
    return {(column, row): count for (row, column), count in shown.items()}
