"""A contract of nobody's: what a library has lent. For tests of the engine, which knows no dataset."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa

from shared.kernel.contract.columns import Column, Contract, Grouping, address, day, text, texts
from shared.kernel.contract.identifiers import Mask
from shared.kernel.contract.rules import common
from shared.kernel.contract.rules.frame import Frame, all_but_best, day_number, disagrees
from shared.kernel.contract.rules.registry import Context, Rulebook
from shared.kernel.contract.validate import Validation, validate

AS_OF = date(2026, 11, 21)
STALE_AFTER_DAYS = 60

Row = dict[str, Any]

LOAN_COLUMNS = (
    text("ref", "The loan's number", "L17", "desk", required=True, form="identifier"),
    text("surname", "Who has it", "Okafor", "desk", required=True),
    text("forename", "Their forename", "Amara", "desk"),
    day("dob", "When they were born", "2015-11-03", "desk", required=True),
    text("state", "Whether it came back", "OUT", "desk", required=True, codes=("OUT", "BACK"), form="upper_code"),
    Column("copies", "integer", True, "How many", None, "1", "desk"),
    Column("fine", "decimal", False, "What is owed, in pounds", None, "4.50", "desk"),
    Column("lost", "flag", True, "Whether it is lost", None, "FALSE", "desk"),
    day("lent_on", "When it was lent", "2026-10-01", "desk"),
    text("word", "The way in which its borrower decided", "keep", "desk", form="lower_code"),
    *address("desk", postcode_required=False),
    text("branch", "The library, three digits", "101", "desk", required=True),
)

LOAN_RULES = Rulebook("LOA")
LOAN_RULES_AMONG = Rulebook("LOA", among_rows=True)

LOAN_RULES.error("LOA-001", "ref", "The number is missing.", "Add it.")(common.empty("ref"))
LOAN_RULES.error("LOA-002", "surname", "The surname is missing.", "Add it.")(common.empty("surname"))
LOAN_RULES.error_in_each("LOA-003", texts(LOAN_COLUMNS), "The text is too long.", "Shorten it.", common.too_long)
LOAN_RULES.error("LOA-004", "state", "The state is not one of the codes.", "Send OUT or BACK.")(
    common.not_one_of("state", ("OUT", "BACK"))
)
LOAN_RULES.error("LOA-005", "dob", "The date of birth is missing.", "Add it.")(common.empty("dob"))


@LOAN_RULES.warning("LOA-006", "fine", "The fine is no number. It was left out.", "Correct it.", instead={"fine": None})
def fine_is_a_number(frame: Frame, _: Context) -> Mask:
    fines = frame.numbers("fine")
    return frame.filled("fine") & ~((fines >= 0) & (fines < 1e9))


@LOAN_RULES.warning("LOA-007", "word", "The borrower is away.", "Nothing needs doing.")
def borrower_away(frame: Frame, _: Context) -> Mask:
    return frame.among("word", ("away",))


@LOAN_RULES.error("LOA-008", "branch", "The branch is not three digits.", "Correct it.")
def branch_shape(frame: Frame, _: Context) -> Mask:
    return ~frame.like("branch", r"\A\d{3}\z")


@LOAN_RULES.error("LOA-009", "lent_on", "The loan is too old.", "Extract again.")
def stale(frame: Frame, context: Context) -> Mask:
    return frame.days("lent_on") < day_number(context.as_of) - context.stale_after_days


@LOAN_RULES_AMONG.error("LOA-050", "ref", "The row repeats an earlier one.", "Remove it.")
def repeated(frame: Frame, _: Context) -> Mask:
    return common.exact_repeat(frame, ("ref",), tuple(column.name for column in LOAN_COLUMNS))


@LOAN_RULES_AMONG.error("LOA-051", "ref", "The number stands with two surnames.", "Find out which is right.")
def two_borrowers(frame: Frame, _: Context) -> Mask:
    return disagrees(frame.same(("ref",)), frame.same(("surname",)))


@LOAN_RULES_AMONG.error("LOA-052", "ref", "The loan is in the file in a later row.", "Send one row.")
def lent_twice(frame: Frame, _: Context) -> Mask:
    return all_but_best(frame.same(("ref",)), -frame.days("lent_on"))


LOANS = Contract(
    "loans",
    LOAN_COLUMNS,
    (*LOAN_RULES, *LOAN_RULES_AMONG),
    identifier="ref",
    grouped_by=Grouping("branch", r"\d{3}", "Branch (number)"),
)
MEMBERS = Contract("members", (text("ref", "Their number", "M1", "desk", required=True),))
"""A dataset without rules, groups or anything by which a file would replace another."""
CONTRACTS = {contract.dataset: contract for contract in (LOANS, MEMBERS)}

LOAN: Row = {
    "ref": "L17",
    "surname": "Okafor",
    "forename": "Amara",
    "dob": date(2015, 11, 3),
    "state": "OUT",
    "copies": 1,
    "fine": 4.5,
    "lost": False,
    "lent_on": date(2026, 10, 1),
    "word": "keep",
    "postcode": "SW2 5SG",
    "uprn": "100023336956",
    "saon": "Flat 2",
    "town": None,
    "branch": "101",
}


def loans(*changes: Row) -> pa.Table:
    """One good row per change, with the change made; none of them means one good row."""
    rows = [{**LOAN, **change} for change in changes or ({},)]
    schema = LOANS.arrow_schema()
    return pa.Table.from_pylist(rows, schema=pa.schema([schema.field(name) for name in LOAN]))


def validated(*changes: Row) -> Validation:
    """What becomes of `loans` on the day of the tests."""
    return validate(loans(*changes), LOANS, as_of=AS_OF, stale_after_days=STALE_AFTER_DAYS)


def found(validation: Validation) -> list[tuple[int, str, str]]:
    """Row, code and field of every finding."""
    told = validation.findings
    return list(zip(*(told.column(name).to_pylist() for name in ("row", "code", "field")), strict=True))
