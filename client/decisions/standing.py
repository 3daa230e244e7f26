"""Before decisions are sealed for a collection: that each is about what the results at hand propose there, now."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa

from client.codes import invalid
from client.console import note
from client.decisions.at_hand import OTHER_BOROUGH, OTHER_COLLECTION, REPLACED, AtHand
from client.decisions.judge import ON_WHAT_STANDS, listed
from client.decisions.row_check import plain_ref
from shared.agreements.free_school_meals.columns.decisions import SHEET_ROW

_WORDS = {
    REPLACED: "no longer proposed by the current results",
    OTHER_COLLECTION: "of another collection's results",
    OTHER_BOROUGH: "of another borough's results",
}


def check_standing(path: Path, decisions: pa.Table, at_hand: AtHand, borough: str, collection: str) -> None:
    """Compare a packed file of decisions with the results at hand, and say how many of its rows could not be.

    Raises `InvalidInput` INP-132, which names the rows that do not stand, why, and the current run.
    """
    if not at_hand.runs:
        note("No results lie beside it: its decisions were not compared with any (--results names their folder).")
        return
    rows: dict[str, list[int]] = {}
    unknown, current = 0, at_hand.current(collection, borough)
    numbers = decisions.column(SHEET_ROW).to_pylist() if SHEET_ROW in decisions.column_names else [0] * len(decisions)
    refs, choices = (decisions.column(name).to_pylist() for name in ("match_ref", "decision"))
    for at, (ref, choice) in enumerate(zip(refs, choices, strict=True)):
        stands = at_hand.standing(plain_ref(ref), borough=borough, collection=collection)
        late = plain_ref(choice) not in ON_WHAT_STANDS
        if stands.word in _WORDS and not (late and stands.word == REPLACED):
            rows.setdefault(_WORDS[stands.word], []).append(numbers[at] or at + 2)
        unknown += stands.word not in (*_WORDS, "stands")
    if rows:
        told = "; ".join(f"{listed(found)} {why}" for why, found in rows.items())
        raise invalid("INP-132", path=path, rows=f"rows {told}", run=current or "none of this collection is at hand")
    if unknown:
        note(f"{unknown} of its references are in no results at hand: the exchange will say what became of them.")
