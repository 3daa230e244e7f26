"""What was decided on pairs before, as it was remembered: nobody who has opted out is written to, nobody asked twice.

A confirmation, an opt-out and what takes one of them back are remembered of the pair, under its `match_ref`. That a
child is enrolled is remembered of the child, too, since it may be on another claim next term. A rejection is remembered
of the pair with its evidence, since other evidence makes it another question.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from shared.kernel.terms.pipeline import Pseudonyms

DECIDED = "decided"
"""The word under which decisions are remembered."""
CONFIRM, REJECT, OPTED_OUT, RETRACT = "confirm", "reject", "opted_out", "retract"
RECALL = "recall"
"""Not remembered by itself: what it takes back is."""
CONFIRMED_BEFORE, REJECTED_BEFORE = "confirmed_before", "rejected_before"
"""Why a pair that was decided goes to nobody; one that was opted out of is left out as `opted_out`."""
_CHILD, _EVIDENCE = "child", "evidence"
_READ = ("ref", "decision", "day")
_ORDER = (REJECT, CONFIRM, RETRACT)
"""Of two decisions of one day the later in this order stands: what sends less."""


class Decision(NamedTuple):
    """The decision that stands on a pair."""

    choice: str
    day: date


@dataclass(frozen=True)
class Memory:
    """The decision that stands on each pair, child, and pair with its evidence, by their pseudonyms."""

    standing: dict[str, Decision]

    @classmethod
    def of(cls, remembered: Iterable[pa.Table]) -> Memory:
        """Read what was remembered, in any order.

        An opt-out stands against everything but what takes it back on a later day. Of all else the newest stands.
        """
        standing: dict[str, Decision] = {}
        opted_out: dict[str, date] = {}
        taken_back: dict[str, date] = {}
        for table in remembered:
            for ref, choice, day in zip(*(table.column(name).to_pylist() for name in _READ), strict=True):
                if choice == OPTED_OUT:
                    opted_out[ref] = max(day, opted_out.get(ref, day))
                    continue
                if choice == RETRACT:
                    taken_back[ref] = max(day, taken_back.get(ref, day))
                decision = Decision(choice, day)
                standing[ref] = max(decision, standing.get(ref, decision), key=_place)
        for ref, day in opted_out.items():
            if ref not in taken_back or taken_back[ref] <= day:
                standing[ref] = Decision(OPTED_OUT, day)
        return cls(standing)

    def on(self, ref: str | None) -> Decision | None:
        """What stands on this pair, child, or pair with its evidence."""
        return None if ref is None else self.standing.get(ref)

    def stands(self, ref: str | None, choice: str) -> bool:
        """Whether this is what stands on it."""
        found = self.on(ref)
        return found is not None and found.choice == choice

    def reasons(self, refs: pa.Array, children: pa.Array, evidence: pa.Array) -> pa.Array:
        """Why each pair of a run goes to nobody; null where it is to be looked at. The three are aligned."""

        def decided(names: pa.Array, choice: str) -> pa.Array:
            found = [ref for ref, decision in self.standing.items() if decision.choice == choice]
            return pc.is_in(names, pa.array(found, pa.string()))

        return pc.case_when(
            pc.make_struct(
                decided(refs, OPTED_OUT),
                pc.or_(decided(refs, CONFIRM), decided(children, CONFIRM)),
                decided(evidence, REJECT),
            ),
            OPTED_OUT,
            CONFIRMED_BEFORE,
            REJECTED_BEFORE,
            pa.scalar(None, pa.string()),
        )


def child_refs(home: str, upns: pa.ChunkedArray, pseudonyms: Pseudonyms) -> pa.Array:
    """A name for each pupil who lives in the home borough, whatever claim they are on."""
    return pseudonyms(_CHILD, pa.repeat(home, len(upns)), upns)


def evidence_refs(refs: pa.Array, children: pa.Table, evidence: pa.ChunkedArray, pseudonyms: Pseudonyms) -> pa.Array:
    """A name for each pair with the evidence that speaks for it and the child of the claim that it is about."""
    return pseudonyms(_EVIDENCE, refs, children.column("child_forename"), children.column("child_dob"), evidence)


def _place(decision: Decision) -> tuple[date, int]:
    return decision.day, _ORDER.index(decision.choice)
