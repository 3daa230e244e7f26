"""Good rows to break one thing at a time."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa

from shared.agreements.free_school_meals.contracts import CONTRACTS
from shared.kernel.contract.validate import Validation, validate

AS_OF = date(2026, 11, 21)
STALE_AFTER_DAYS = 60

Row = dict[str, Any]

PUPIL: Row = {
    "upn": "J210234519001",
    "uln": "9276308686",
    "surname": "Okafor",
    "forename": "Amara",
    "middle_names": None,
    "preferred_surname": None,
    "former_surname": None,
    "dob": date(2015, 11, 3),
    "sex": "F",
    "nc_year": "6",
    "enrol_status": "C",
    "postcode": "SW2 5SG",
    "uprn": "100023336956",
    "saon": "Flat 2",
    "paon": "14",
    "street": "Acre Lane",
    "town": None,
    "urn": "100785",
    "laestab": "2104345",
    "school_name": "Heber Primary School",
    "home_la": "E09000022",
    "fsm_start_date": date(2024, 9, 2),
    "fsm_end_date": date(2025, 7, 31),
    "fsm_category": "TFSM",
    "contact_forename": None,
    "contact_surname": None,
}

HOUSEHOLD: Row = {
    "household_ref": "CTR0012345",
    "claim_type": "CTR",
    "source": "UCDS",
    "qualifying_benefit": "UC",
    "uc_net_earnings": 412.5,
    "claimant_title": "Ms",
    "claimant_forename": "Ngozi",
    "claimant_surname": "Okafor",
    "claimant_dob": date(1986, 11, 4),
    "claimant_nino": "AB123456C",
    "partner_forename": "David",
    "partner_surname": "Reid",
    "saon": None,
    "paon": None,
    "street": None,
    "address_line_1": "Flat 2, 14 Acre Lane",
    "postcode": "SW2 5SG",
    "uprn": "100023336956",
    "child_seq": 1,
    "child_forename": "Amara",
    "child_surname": "Okafor",
    "child_dob": date(2015, 11, 3),
    "child_sex": "F",
    "child_upn": "J210234519001",
    "child_uln": "9276308686",
    "suppress_contact": False,
    "extract_date": date(2026, 11, 1),
}

DECISION: Row = {
    "match_ref": "m-7f3a9c0d21be",
    "decision": "confirm",
    "decided_by": "fsm.officer1",
    "decided_on": date(2026, 10, 1),
    "reason": None,
}

GOOD: dict[str, Row] = {"pupils": PUPIL, "households": HOUSEHOLD, "decisions": DECISION}


def table_of(dataset: str, *changes: Row) -> pa.Table:
    """One good row per change, with the change made; none of them means one good row."""
    rows = [{**GOOD[dataset], **change} for change in changes or ({},)]
    schema = CONTRACTS[dataset].arrow_schema()
    return pa.Table.from_pylist(rows, schema=pa.schema([schema.field(name) for name in GOOD[dataset]]))


def validated(dataset: str, *changes: Row) -> Validation:
    """What becomes of `table_of` on the day of the tests."""
    return validate(table_of(dataset, *changes), CONTRACTS[dataset], as_of=AS_OF, stale_after_days=STALE_AFTER_DAYS)


def found(validation: Validation) -> list[tuple[int, str, str]]:
    """Row, code and field of every finding."""
    told = validation.findings
    return list(zip(*(told.column(name).to_pylist() for name in ("row", "code", "field")), strict=True))
