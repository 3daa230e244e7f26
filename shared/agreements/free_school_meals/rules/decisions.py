"""Rules for `decisions`: DEC codes. A code, once published, is never given another meaning."""

from __future__ import annotations

from shared.agreements.free_school_meals.columns.decisions import DECISION_COLUMNS, SHEET_ROW
from shared.kernel.contract.columns import column_of, names, texts
from shared.kernel.contract.identifiers import Mask
from shared.kernel.contract.rules import common
from shared.kernel.contract.rules.frame import Frame, all_but_best, day_number, disagrees
from shared.kernel.contract.rules.registry import Context, Rulebook

DECISION_RULES = Rulebook("DEC")
DECISION_RULES_AMONG = Rulebook("DEC", among_rows=True)

OLDEST_DECISION_DAYS, YEAR_DAYS = 731, 366
FROM_RESULTS = "Copy the reference from the results you collected."

ONE_OF = "Write confirm, reject, opted_out, retract or recall."
RECALL_REASONS = ("wrong_family", "wrong_address", "sent_in_error", "other_error")
"""Why a match may be recalled: a notice repeats the code, so no other text will do."""

error, warning = DECISION_RULES.error, DECISION_RULES.warning

error("DEC-001", "match_ref", "The match reference is missing.", FROM_RESULTS)(common.empty("match_ref"))


@error("DEC-002", "match_ref", "The match reference is not one that the exchange gives out.", FROM_RESULTS)
def match_ref_shape(frame: Frame, _: Context) -> Mask:
    return frame.filled("match_ref") & ~frame.like("match_ref", r"\A[A-Za-z0-9][A-Za-z0-9._:-]{0,79}\z")


error("DEC-003", "decision", "The decision is missing.", ONE_OF)(common.empty("decision"))
error("DEC-004", "decision", "The decision is not one of the codes.", ONE_OF)(
    common.not_one_of("decision", column_of(DECISION_COLUMNS, "decision").codes)
)
error("DEC-005", "decided_by", "Who decided is missing.", "Give the officer's user name or role.")(
    common.empty("decided_by")
)
error("DEC-006", "decided_on", "The day of the decision is missing.", "Give the day.")(common.empty("decided_on"))


@error("DEC-007", "decided_on", "The day of the decision is in the future.", "Correct the day.")
def decided_in_future(frame: Frame, context: Context) -> Mask:
    return frame.days("decided_on") > day_number(context.as_of)


@error(
    "DEC-008",
    "decided_on",
    "The day of the decision is more than two years ago.",
    "Correct the day; a match that old is no longer held.",
)
def decided_long_ago(frame: Frame, context: Context) -> Mask:
    return frame.days("decided_on") < day_number(context.as_of) - OLDEST_DECISION_DAYS


@warning(
    "DEC-009",
    "reason",
    "A match was rejected without a reason.",
    "Say why, without naming anybody: it shows which matches go wrong.",
)
def rejected_without_reason(frame: Frame, _: Context) -> Mask:
    return frame.among("decision", ("reject",)) & ~frame.filled("reason")


DECISION_RULES.error_in_each(
    "DEC-010",
    texts(DECISION_COLUMNS),
    f"The text is longer than {common.LONGEST_TEXT} characters.",
    "Check which column was mapped here; a reason is a sentence.",
    common.too_long,
)


@error(
    "DEC-011",
    "reason",
    "A recall does not say why, or in other words than its codes.",
    f"Write one of {', '.join(RECALL_REASONS)}: whoever had the match is told it.",
)
def recalled_without_code(frame: Frame, _: Context) -> Mask:
    return frame.among("decision", ("recall",)) & ~frame.among("reason", RECALL_REASONS)


@error(
    "DEC-012",
    "decided_on",
    "The day of the decision is more than a year ago.",
    "Correct the day; a pair that old is proposed anew, and decided on anew.",
)
def decided_a_year_ago(frame: Frame, context: Context) -> Mask:
    day, today = frame.days("decided_on"), day_number(context.as_of)
    return (day < today - YEAR_DAYS) & (day >= today - OLDEST_DECISION_DAYS)


@DECISION_RULES_AMONG.error(
    "DEC-050",
    "match_ref",
    "The row repeats an earlier row exactly. The earlier one stands.",
    "Remove the repetition.",
)
def repeated_row(frame: Frame, _: Context) -> Mask:
    said = tuple(name for name in names(DECISION_COLUMNS) if name != SHEET_ROW)
    return common.exact_repeat(frame, ("match_ref",), said)


@DECISION_RULES_AMONG.error(
    "DEC-051",
    "match_ref",
    "The same match has conflicting decisions. None of them was taken.",
    "Send one decision for the match.",
)
def conflicting_decisions(frame: Frame, _: Context) -> Mask:
    return disagrees(frame.same(("match_ref",)), frame.same(("decision",)))


@DECISION_RULES_AMONG.error(
    "DEC-052",
    "match_ref",
    "The same decision on the match stands in another row, which is the later one.",
    "Send one row for each match.",
)
def decision_twice(frame: Frame, _: Context) -> Mask:
    return all_but_best(frame.same(("match_ref",)), -frame.days("decided_on"))
