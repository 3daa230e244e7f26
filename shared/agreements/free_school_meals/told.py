"""What whoever decided is told of each row that did not do what it says: codes DEC-060 and on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from shared.agreements.free_school_meals.memory import CONFIRMED_BEFORE
from shared.kernel.contract.validate import FINDINGS
from shared.kernel.terms.pipeline import Nowhere

_FRESH = "Collect the newest results, look at the child's row there, and decide on that, if it still is there."


def _of(code: str, reason: str, message: str, remedy: str) -> Nowhere:
    return Nowhere(code, reason, "match_ref", message, remedy)


NOT_CARRIED_OUT = (
    _of(
        "DEC-060",
        "unknown_match_ref",
        "No results of the last days have this reference, so nobody can tell which pupil it is about.",
        "Copy the reference from your newest results. If it was right, it is too old: once both sides have dropped "
        "again, the match comes back under the same reference.",
    ),
    _of(
        "DEC-061",
        "results_replaced",
        "Newer results have taken the place of those that this reference is from, and no longer have the pair: the "
        "child was removed, has moved, or is entitled no more. Nobody was enrolled.",
        _FRESH,
    ),
    _of(
        "DEC-062",
        "changed_since",
        "A file that has come since the newest results no longer has the child, or no longer entitles them. Nobody was "
        "enrolled.",
        f"Wait for the next results, which are over that file. {_FRESH}",
    ),
    _of(
        "DEC-063",
        "other_collection",
        "The reference is from the results of another collection than this file's. Nobody was enrolled.",
        "Seal the decision under the collection that its results are of.",
    ),
    _of(
        "DEC-064",
        "school_departed",
        "The school borough is not party to the agreement any more: it was told nothing.",
        "Tell that borough by the usual way, if it should know. The other rows of your file were carried out.",
    ),
    _of(
        "DEC-065",
        "opted_out_before",
        "The family has said that it wants no meals. Nobody was enrolled.",
        "If they have changed their mind: send retract, and on a later day confirm.",
    ),
    _of(
        "DEC-066",
        "later_decision",
        "A decision of the same or a later day stands on this match, and this one does not change it.",
        "If this one is right, give it its true, later day, and drop it again.",
    ),
    _of(
        "DEC-067",
        "needs_retract",
        "The match was confirmed, and cannot be rejected. The child is still enrolled.",
        "Send retract: then the school borough is told.",
    ),
    _of(
        "DEC-068",
        "nothing_to_retract",
        "There is no decision on this match that could be taken back.",
        "Nothing, if a confirmation of it is still on its way; otherwise check the reference.",
    ),
    _of(
        "DEC-070",
        "objected",
        "A borough has the child or the claim on its list of objections. Nobody was enrolled.",
        "Nothing. If the objection no longer holds, the borough that has it removes it, and drops again.",
    ),
    _of("DEC-069", CONFIRMED_BEFORE, "The child is enrolled already.", "Nothing."),
)
"""Every reason for which a decision is not carried out as it stands. The others, such as opted out, are."""


ALREADY = (CONFIRMED_BEFORE, "nothing_to_retract")
"""Where it is as the decision says, and was so before."""


def told_of(decisions: pa.Table, reasons: Sequence[str]) -> pa.Table:
    """A finding (`validate.FINDINGS`) for each of the rows of `decisions` that has one of these reasons."""
    by_reason = {why.reason: why for why in NOT_CARRIED_OUT}
    found = [(number, by_reason[reason]) for number, reason in enumerate(reasons) if reason in by_reason]
    rows = decisions.column("row").take(pa.array(np.array([number for number, _ in found], np.int64)))
    whys = [why for _, why in found]
    words = {
        "code": [why.code for why in whys],
        "severity": ["warning" if why.reason in ALREADY else "excluded" for why in whys],
        "field": [why.field for why in whys],
        "message": [why.message for why in whys],
        "remedy": [why.remedy for why in whys],
    }
    columns = [
        rows.combine_chunks(),
        *(pa.array(words[name], pa.string()).dictionary_encode() for name in FINDINGS.names[1:]),
    ]
    return pa.table(columns, schema=FINDINGS).sort_by("row")
