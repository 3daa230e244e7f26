"""`decisions`, from the home borough: a row for each match that an officer has decided, after the letter."""

from __future__ import annotations

from shared.agreements.free_school_meals.columns.sources import HOUSE
from shared.kernel.contract.columns import Column, day, text

SHEET_ROW = "sheet_row"
DECISION_COLUMNS = (
    text(
        "match_ref",
        "The match's reference, from your results",
        "m-7f3a9c0d21be4f6a8b5c9d0e1f2a3b4c",
        HOUSE,
        required=True,
    ),
    text(
        "decision",
        "What the home borough decided after its letter; `retract` takes an earlier decision on the match back, "
        "`recall` says that it should never have been sent",
        "confirm",
        HOUSE,
        required=True,
        codes=("confirm", "reject", "opted_out", "retract", "recall"),
        form="lower_code",
    ),
    text("decided_by", "The officer's user name or role", "fsm.officer1", HOUSE, required=True),
    day("decided_on", "The day of the decision", "2026-10-01", HOUSE, required=True),
    text("reason", "Why, where the match was rejected; of a recall one of its codes", "Not this family's child", HOUSE),
    Column(
        SHEET_ROW,
        "integer",
        False,
        "The row of your sheet that it stood in: packing writes it, so that reports name the row as you see it",
        example="6",
        source=HOUSE,
    ),
)
