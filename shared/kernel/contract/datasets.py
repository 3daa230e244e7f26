"""The three datasets: their columns, what kind each is, and where its name comes from.

Minimisation is here: a column that is not listed is refused, so ethnicity, SEN or language can never enter.
Every fault of a *row* is a rule (`shared.kernel.contract.rules`); here is only what is true of a whole column.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import pyarrow as pa

Kind = Literal["text", "date", "integer", "decimal", "flag"]
Form = Literal["as_sent", "identifier", "uprn", "postcode", "upper_code", "lower_code"]

ARROW_TYPES: dict[Kind, pa.DataType] = {
    "text": pa.string(),
    "date": pa.date32(),
    "integer": pa.int64(),
    "decimal": pa.float64(),
    "flag": pa.bool_(),
}

NO_FORENAME = "-"
"""In a forename: this person has a single name, which stands as the surname. Nothing else stands for it."""


@dataclass(frozen=True)
class Column:
    """One column of a contract.

    `required` says that the column must be in the file; that each of its cells must be filled is a rule.
    `codes` is the complete code set, or None where any text may stand. `form` is the normal form that `accepted`
    carries: names stay as sent, only identifiers, postcodes and codes are brought to one spelling.
    """

    name: str
    kind: Kind
    required: bool
    description: str
    codes: tuple[str, ...] | None = None
    example: str = ""
    source: str = ""
    form: Form = "as_sent"


@dataclass(frozen=True)
class Contract:
    """A dataset and its columns, in the order in which `accepted` and the templates carry them."""

    dataset: str
    columns: tuple[Column, ...]

    def arrow_schema(self) -> pa.Schema:
        """The schema of accepted rows. All fields are nullable: an optional cell may be empty anywhere."""
        return pa.schema([pa.field(column.name, ARROW_TYPES[column.kind]) for column in self.columns])

    def column(self, name: str) -> Column:
        """The column of that name; KeyError when the contract has none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    @property
    def names(self) -> tuple[str, ...]:
        """Every column name, in order."""
        return tuple(column.name for column in self.columns)


CENSUS = "School Census"
PUPIL_TABLE = f"{CENSUS} pupilonroll"
ADDRESS_TABLE = f"{CENSUS} addressesonroll"
FSM_TABLE = f"{CENSUS} fsmperiodsonroll"
CONTACT = "MIS pupil contact"
CLAIM = "HB/CTR claim"
HOUSE = "exchange"

NC_YEARS = ("E1", "E2", "N1", "N2", "R", *(str(year) for year in range(1, 15)), "M", "X")


def _text(
    name: str,
    description: str,
    example: str,
    source: str,
    *,
    required: bool = False,
    codes: tuple[str, ...] | None = None,
    form: Form = "as_sent",
) -> Column:
    return Column(name, "text", required, description, codes, example, source, form)


def _date(name: str, description: str, example: str, source: str, *, required: bool = False) -> Column:
    return Column(name, "date", required, description, None, example, source)


def _address(source: str, *, postcode_required: bool) -> tuple[Column, ...]:
    """An address as the census holds it: BS7666 parts, or up to five lines."""
    lines = (
        _text(f"address_line_{n}", f"Line {n} of an address that is not in BS7666 parts", example, source)
        for n, example in enumerate(("Flat 2", "14 Acre Lane", "Brixton", "London", ""), 1)
    )
    return (
        _text(
            "postcode",
            "Postcode of the home; ZZ99 pseudo-postcodes count as missing",
            "SW2 5SG",
            source,
            required=postcode_required,
            form="postcode",
        ),
        _text("uprn", "Unique Property Reference Number, 1 to 12 digits, as text", "100023336956", source, form="uprn"),
        _text("saon", "Secondary addressable object: the flat or room", "Flat 2", source),
        _text("paon", "Primary addressable object: the house number or name", "14", source),
        _text("street", "Street", "Acre Lane", source),
        _text("locality", "Locality", "Brixton", source),
        _text("town", "Town", "London", source),
        *lines,
    )


PUPILS = Contract(
    "pupils",
    (
        _text(
            "upn",
            "Unique Pupil Number, permanent or temporary",
            "J210234519001",
            f"{PUPIL_TABLE}.upn",
            required=True,
            form="identifier",
        ),
        _text(
            "uln",
            "Unique Learner Number, 10 digits",
            "9276308686",
            f"{PUPIL_TABLE}.uniquelearnernumber",
            form="identifier",
        ),
        _text("surname", "Legal surname, or the only name", "Okafor", f"{PUPIL_TABLE}.surname", required=True),
        _text(
            "forename",
            f"Legal forename; {NO_FORENAME} where the pupil has one name only",
            "Amara",
            f"{PUPIL_TABLE}.forename",
            required=True,
        ),
        _text("middle_names", "Middle names", "Grace", f"{PUPIL_TABLE}.middlenames"),
        _text("preferred_surname", "Surname in daily use", "Okafor-Reid", f"{PUPIL_TABLE}.preferredsurname"),
        _text("former_surname", "Surname before the present one", "Reid", f"{PUPIL_TABLE}.formersurname"),
        _date("dob", "Date of birth", "2015-11-03", f"{PUPIL_TABLE}.dob", required=True),
        _text("sex", "Sex", "F", f"{PUPIL_TABLE}.sex", required=True, codes=("M", "F"), form="upper_code"),
        _text(
            "nc_year",
            "National curriculum year actually taught",
            "6",
            f"{PUPIL_TABLE}.ncyearactual",
            required=True,
            codes=NC_YEARS,
            form="upper_code",
        ),
        _text(
            "enrol_status",
            "Enrolment status: C single, M main (dual), S subsidiary (dual), F further education, O other",
            "C",
            f"{PUPIL_TABLE}.enrolstatus",
            required=True,
            codes=("C", "M", "S", "F", "O"),
            form="upper_code",
        ),
        *_address(ADDRESS_TABLE, postcode_required=False),
        _text("urn", "URN of the school, 6 digits", "100785", f"{CENSUS} school.urn", required=True, form="identifier"),
        _text(
            "laestab",
            "LA number and establishment number of the school, 7 digits",
            "2104345",
            f"{CENSUS} school.lea+estab",
            required=True,
            form="identifier",
        ),
        _text("school_name", "Name of the school", "Heber Primary School", "GIAS EstablishmentName", required=True),
        _text(
            "home_la",
            "Home authority: ONS code or DfE number; else derived from the postcode",
            "E09000022",
            HOUSE,
            form="identifier",
        ),
        _date("fsm_start_date", "Start of the latest FSM period", "2024-09-02", f"{FSM_TABLE}.fsmstartdate"),
        _date("fsm_end_date", "End of that period; empty while it is open", "2025-07-31", f"{FSM_TABLE}.fsmenddate"),
        _text(
            "fsm_category",
            "FSM category as the MIS records it since autumn 2026 (for example TFSM)",
            "TFSM",
            "CTF FSMCategory",
            form="upper_code",
        ),
        _text("contact_forename", "Forename of a parent or carer", "Ngozi", CONTACT),
        _text("contact_surname", "Surname of a parent or carer", "Okafor", CONTACT),
    ),
)

HOUSEHOLDS = Contract(
    "households",
    (
        _text("household_ref", "The claim's reference in your own system", "CTR0012345", CLAIM, required=True),
        _text(
            "claim_type",
            "Housing Benefit, Council Tax Reduction or both",
            "CTR",
            CLAIM,
            required=True,
            codes=("HB", "CTR", "BOTH"),
            form="upper_code",
        ),
        _text(
            "source",
            "Where the benefit evidence was taken from: your own records or DWP's UCDS feed",
            "UCDS",
            HOUSE,
            required=True,
            codes=("LOCAL", "UCDS"),
            form="upper_code",
        ),
        _text(
            "qualifying_benefit",
            "Income Support, income-based JSA, income-related ESA, guarantee Pension Credit, Universal Credit, "
            "Part VI asylum support, or none of them",
            "UC",
            CLAIM,
            required=True,
            codes=("IS", "JSAIB", "ESAIR", "PCGC", "UC", "NASS", "NONE"),
            form="upper_code",
        ),
        Column(
            "uc_net_earnings",
            "decimal",
            False,
            "Net earned income in the latest Universal Credit assessment period, in pounds",
            None,
            "412.50",
            "UCDS",
        ),
        _text("claimant_title", "Claimant's title", "Ms", CLAIM),
        _text(
            "claimant_forename",
            f"Claimant's forename; {NO_FORENAME} where they have one name only",
            "Ngozi",
            CLAIM,
            required=True,
        ),
        _text("claimant_surname", "Claimant's surname", "Okafor", CLAIM, required=True),
        _date("claimant_dob", "Claimant's date of birth", "1986-11-04", CLAIM),
        _text("claimant_nino", "Claimant's National Insurance number", "AB123456C", CLAIM, form="identifier"),
        _text("partner_forename", "Partner's forename", "David", CLAIM),
        _text("partner_surname", "Partner's surname", "Reid", CLAIM),
        *_address(CLAIM, postcode_required=True),
        Column("child_seq", "integer", True, "Number of the child in the claim, from 1", None, "1", CLAIM),
        _text(
            "child_forename",
            f"Child's forename; {NO_FORENAME} where the child has one name only",
            "Amara",
            CLAIM,
            required=True,
        ),
        _text("child_surname", "Child's surname", "Okafor", CLAIM, required=True),
        _date("child_dob", "Child's date of birth", "2015-11-03", CLAIM, required=True),
        _text("child_sex", "Child's sex", "F", CLAIM, codes=("M", "F"), form="upper_code"),
        _text("child_upn", "Child's UPN, where you hold it", "J210234519001", PUPIL_TABLE, form="identifier"),
        _text("child_uln", "Child's ULN, where you hold it", "9276308686", PUPIL_TABLE, form="identifier"),
        Column(
            "suppress_contact",
            "flag",
            True,
            "True where nobody may be written to (refuge, witness protection, adoption, in care)",
            None,
            "FALSE",
            HOUSE,
        ),
        _date("extract_date", "The day on which the benefit evidence was taken", "2026-09-14", HOUSE, required=True),
    ),
)

DECISIONS = Contract(
    "decisions",
    (
        _text("match_ref", "The match's reference, from your results", "m-7f3a9c0d21be", HOUSE, required=True),
        _text(
            "decision",
            "What the home borough decided after its letter",
            "confirm",
            HOUSE,
            required=True,
            codes=("confirm", "reject", "opted_out"),
            form="lower_code",
        ),
        _text("decided_by", "The officer's user name or role", "fsm.officer1", HOUSE, required=True),
        _date("decided_on", "The day of the decision", "2026-10-01", HOUSE, required=True),
        _text("reason", "Why, where the match was rejected", "Not this family's child", HOUSE),
    ),
)

CONTRACTS: dict[str, Contract] = {contract.dataset: contract for contract in (PUPILS, HOUSEHOLDS, DECISIONS)}
