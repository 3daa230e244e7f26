"""`pupils`, from the school borough: a row for each registration of a pupil who lives elsewhere."""

from __future__ import annotations

from shared.agreements.free_school_meals.columns.sources import (
    ADDRESS_TABLE,
    CENSUS,
    CONTACT,
    FSM_TABLE,
    HOUSE,
    PUPIL_TABLE,
)
from shared.kernel.contract.columns import NO_FORENAME, address, day, text

NC_YEARS = ("E1", "E2", "N1", "N2", "R", *(str(year) for year in range(1, 15)), "M", "X")

PUPIL_COLUMNS = (
    text(
        "upn",
        "Unique Pupil Number, permanent or temporary",
        "J210234519001",
        f"{PUPIL_TABLE}.upn",
        required=True,
        form="identifier",
    ),
    text(
        "uln",
        "Unique Learner Number, 10 digits",
        "9276308686",
        f"{PUPIL_TABLE}.uniquelearnernumber",
        form="identifier",
    ),
    text("surname", "Legal surname, or the only name", "Okafor", f"{PUPIL_TABLE}.surname", required=True),
    text(
        "forename",
        f"Legal forename; {NO_FORENAME} where the pupil has one name only",
        "Amara",
        f"{PUPIL_TABLE}.forename",
        required=True,
    ),
    text("middle_names", "Middle names", "Grace", f"{PUPIL_TABLE}.middlenames"),
    text("preferred_surname", "Surname in daily use", "Okafor-Reid", f"{PUPIL_TABLE}.preferredsurname"),
    text("former_surname", "Surname before the present one", "Reid", f"{PUPIL_TABLE}.formersurname"),
    day("dob", "Date of birth", "2015-11-03", f"{PUPIL_TABLE}.dob", required=True),
    text("sex", "Sex", "F", f"{PUPIL_TABLE}.sex", required=True, codes=("M", "F"), form="upper_code"),
    text(
        "nc_year",
        "National curriculum year actually taught",
        "6",
        f"{PUPIL_TABLE}.ncyearactual",
        required=True,
        codes=NC_YEARS,
        form="upper_code",
    ),
    text(
        "enrol_status",
        "Enrolment status: C single, M main (dual), S subsidiary (dual), F further education, O other",
        "C",
        f"{PUPIL_TABLE}.enrolstatus",
        required=True,
        codes=("C", "M", "S", "F", "O"),
        form="upper_code",
    ),
    *address(ADDRESS_TABLE, postcode_required=False),
    text("urn", "URN of the school, 6 digits", "100785", f"{CENSUS} school.urn", required=True, form="identifier"),
    text(
        "laestab",
        "LA number and establishment number of the school, 7 digits",
        "2104345",
        f"{CENSUS} school.lea+estab",
        required=True,
        form="identifier",
    ),
    text("school_name", "Name of the school", "Heber Primary School", "GIAS EstablishmentName", required=True),
    text(
        "home_la",
        "Home authority: ONS code or DfE number; else derived from the postcode",
        "E09000022",
        HOUSE,
        form="identifier",
    ),
    day("fsm_start_date", "Start of the latest FSM period", "2024-09-02", f"{FSM_TABLE}.fsmstartdate"),
    day("fsm_end_date", "End of that period; empty while it is open", "2025-07-31", f"{FSM_TABLE}.fsmenddate"),
    text(
        "fsm_category",
        "FSM category as the MIS records it since autumn 2026 (for example TFSM)",
        "TFSM",
        "CTF FSMCategory",
        form="upper_code",
    ),
    text("contact_forename", "Forename of a parent or carer", "Ngozi", CONTACT),
    text("contact_surname", "Surname of a parent or carer", "Okafor", CONTACT),
)
