"""`households`, from the home borough: a row for each child of a claim."""

from __future__ import annotations

from shared.agreements.free_school_meals.columns.sources import CLAIM, HOUSE, PUPIL_TABLE
from shared.kernel.contract.columns import NO_FORENAME, Column, address, day, text

HOUSEHOLD_COLUMNS = (
    text("household_ref", "The claim's reference in your own system", "CTR0012345", CLAIM, required=True),
    text(
        "claim_type",
        "Housing Benefit, Council Tax Reduction or both",
        "CTR",
        CLAIM,
        required=True,
        codes=("HB", "CTR", "BOTH"),
        form="upper_code",
    ),
    text(
        "source",
        "Where the benefit evidence was taken from: your own records or DWP's UCDS feed",
        "UCDS",
        HOUSE,
        required=True,
        codes=("LOCAL", "UCDS"),
        form="upper_code",
    ),
    text(
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
    text("claimant_title", "Claimant's title", "Ms", CLAIM),
    text(
        "claimant_forename",
        f"Claimant's forename; {NO_FORENAME} where they have one name only",
        "Ngozi",
        CLAIM,
        required=True,
    ),
    text("claimant_surname", "Claimant's surname", "Okafor", CLAIM, required=True),
    day("claimant_dob", "Claimant's date of birth", "1986-11-04", CLAIM),
    text("claimant_nino", "Claimant's National Insurance number", "AB123456C", CLAIM, form="identifier"),
    text("partner_forename", "Partner's forename", "David", CLAIM),
    text("partner_surname", "Partner's surname", "Reid", CLAIM),
    *address(CLAIM, postcode_required=True),
    Column("child_seq", "integer", True, "Number of the child in the claim, from 1", None, "1", CLAIM),
    text(
        "child_forename",
        f"Child's forename; {NO_FORENAME} where the child has one name only",
        "Amara",
        CLAIM,
        required=True,
    ),
    text("child_surname", "Child's surname", "Okafor", CLAIM, required=True),
    day("child_dob", "Child's date of birth", "2015-11-03", CLAIM, required=True),
    text("child_sex", "Child's sex", "F", CLAIM, codes=("M", "F"), form="upper_code"),
    text("child_upn", "Child's UPN, where you hold it", "J210234519001", PUPIL_TABLE, form="identifier"),
    text("child_uln", "Child's ULN, where you hold it", "9276308686", PUPIL_TABLE, form="identifier"),
    Column(
        "suppress_contact",
        "flag",
        True,
        "True where nobody may be written to (refuge, witness protection, adoption, in care)",
        None,
        "FALSE",
        HOUSE,
    ),
    day("extract_date", "The day on which the benefit evidence was taken", "2026-09-14", HOUSE, required=True),
)
