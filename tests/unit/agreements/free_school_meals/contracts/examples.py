"""For every rule, rows that break it and rows that come close and hold.

A list holds the rows of one file, each as what differs from a good row. `breaking` must draw the code, `holding` not.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from tests.unit.agreements.free_school_meals.contracts.rows import Row

LONG = "x" * 201
OTHER_UPN = "B801200005001"
OTHER_ULN = "1234567899"
SIBLING: Row = {"child_forename": "Chidi", "child_seq": 2, "child_upn": None, "child_uln": None}


@dataclass(frozen=True)
class Example:
    """A file that breaks a rule and one that does not."""

    breaking: list[Row]
    holding: list[Row]


def one(breaking: Row, holding: Row) -> Example:
    """An example of one row each."""
    return Example([breaking], [holding])


EXAMPLES: dict[str, Example] = {
    "PUP-001": one({"upn": "  "}, {"upn": " j210234519001 "}),
    "PUP-002": one({"upn": "J21023451900I"}, {"upn": "E208401221037"}),
    "PUP-003": one({"upn": "J210234519010"}, {"upn": "B801200005001"}),
    "PUP-004": one({"upn": "V21023451900A"}, {"upn": "J210234519001"}),
    "PUP-005": one({"uln": "9276308687"}, {"uln": "1000000043"}),
    "PUP-006": one({"surname": None}, {"surname": "O"}),
    "PUP-007": one({"forename": ""}, {"forename": "Zoë"}),
    "PUP-008": one({"surname": "?"}, {"surname": "Ó"}),
    "PUP-009": one({"forename": "Zo\ufffd"}, {"forename": "Anne-Marie O’Neil"}),
    "PUP-010": one({"school_name": LONG}, {"school_name": LONG[:200]}),
    "PUP-011": one({"dob": None}, {}),
    "PUP-012": one({"dob": date(1900, 1, 1)}, {"dob": date(1900, 1, 2)}),
    "PUP-013": one({"dob": date(2026, 11, 22)}, {"dob": date(2026, 11, 21)}),
    "PUP-014": one({"dob": date(2024, 11, 22)}, {"dob": date(2024, 11, 21), "nc_year": "N1"}),
    "PUP-015": one({"sex": None}, {"sex": "m"}),
    "PUP-016": one({"sex": "X"}, {"sex": " M "}),
    "PUP-017": one({"nc_year": None}, {"nc_year": "X"}),
    "PUP-018": one({"nc_year": "06"}, {"nc_year": "n2"}),
    "PUP-019": one({"nc_year": "R"}, {"nc_year": "4"}),
    "PUP-020": one({"enrol_status": None}, {"enrol_status": "O"}),
    "PUP-021": one({"enrol_status": "D"}, {"enrol_status": "m"}),
    "PUP-022": one({"postcode": "junk SE15 4QP"}, {"postcode": "se154qp"}),
    "PUP-023": one({"postcode": "zz99 3vz"}, {"postcode": "W1A 0AX"}),
    "PUP-024": one({"uprn": "1E+11"}, {"uprn": "000100023336956"}),
    "PUP-025": one({"postcode": "ZZ99 3VZ", "uprn": "1.0", "street": None}, {"postcode": None, "uprn": None}),
    "PUP-026": one({"home_la": "Lambeth"}, {"home_la": "208"}),
    "PUP-027": one({"urn": None}, {"urn": " 100785 "}),
    "PUP-028": one({"urn": "100785.0"}, {"urn": "136298"}),
    "PUP-029": one({"laestab": None}, {"laestab": "2104345"}),
    "PUP-030": one({"laestab": "210/4345"}, {"laestab": "210 4345"}),
    "PUP-031": one({"school_name": None}, {"school_name": "S"}),
    "PUP-032": one({"fsm_start_date": date(2015, 11, 2)}, {"fsm_start_date": date(2015, 11, 3)}),
    "PUP-033": one({"fsm_end_date": date(2024, 9, 1)}, {"fsm_end_date": date(2024, 9, 2)}),
    "PUP-034": one({"fsm_start_date": None}, {"fsm_end_date": None}),
    "PUP-035": one({"fsm_end_date": date(2099, 12, 31)}, {"fsm_end_date": date(2027, 7, 31)}),
    "PUP-036": one({"fsm_category": "Q"}, {"fsm_category": "tfsm"}),
    "PUP-037": one({"fsm_start_date": None, "fsm_end_date": None}, {"fsm_end_date": None}),
    "PUP-038": one({"uprn": "100023000000"}, {"uprn": "100023336000"}),
    "PUP-039": one({"forename": "Amara (deceased)"}, {"surname": "Dead"}),
    "PUP-040": one({"contact_surname": "Executors of Okafor"}, {"contact_surname": "Executive"}),
    "PUP-041": one({"forename": "**DO NOT CONTACT** Amara"}, {"forename": "Contact"}),
    "PUP-042": one({"forename": "Amara - in care"}, {"surname": "Care"}),
    "PUP-043": one({"surname": "Okafor LEFT 01/09/2026"}, {"surname": "Okafor-Left"}),
    "PUP-044": one({"contact_forename": "Ngozi c/o David"}, {"contact_forename": "Coco"}),
    "PUP-045": one({"contact_forename": "Ngozi (appointee)"}, {"contact_surname": "Agent"}),
    "PUP-046": one({"contact_forename": "Ngozi & David"}, {"contact_surname": "Anderson"}),
    "PUP-047": one({"surname": "Okafor née Reid"}, {"surname": "Née"}),
    "PUP-048": one({"forename": "Amara (Amy)"}, {"forename": "Amara-Amy"}),
    "PUP-049": one({"fsm_end_date": date(1900, 1, 1)}, {"fsm_end_date": date(9999, 12, 31)}),
    "PUP-050": Example([{}, {}], [{}, {"town": "London"}]),
    "PUP-051": Example([{}, {"dob": date(2015, 3, 11)}], [{}, {"enrol_status": "S"}]),
    "PUP-052": Example([{"enrol_status": "S"}, {"enrol_status": "M"}], [{}, {"upn": OTHER_UPN, "uln": None}]),
    "PUP-053": Example(
        [{}, {"upn": OTHER_UPN, "uln": None, "surname": "OKAFOR"}],
        [{}, {"upn": OTHER_UPN, "uln": None, "forename": "B"}],
    ),
    "PUP-054": Example([{}, {"upn": OTHER_UPN}], [{}, {"upn": OTHER_UPN, "uln": OTHER_ULN}]),
    "PUP-055": Example(
        [{}, {"upn": OTHER_UPN, "laestab": "2104346"}], [{}, {"upn": OTHER_UPN, "urn": "100786", "laestab": "2104346"}]
    ),
    "HOU-001": one({"household_ref": None}, {"household_ref": "1"}),
    "HOU-002": one({"qualifying_benefit": None}, {"qualifying_benefit": "NONE", "uc_net_earnings": None}),
    "HOU-003": one({"claim_type": "CTS"}, {"claim_type": "hb"}),
    "HOU-004": one({"qualifying_benefit": "IS"}, {"qualifying_benefit": "IS", "uc_net_earnings": None}),
    "HOU-005": one({"uc_net_earnings": -0.01}, {"uc_net_earnings": 0.0}),
    "HOU-006": one({"claimant_surname": None}, {"partner_forename": None, "partner_surname": None}),
    "HOU-007": one({"child_forename": "."}, {"child_forename": "-"}),
    "HOU-008": one({"child_surname": "Okaf0r"}, {"child_surname": "D'Souza"}),
    "HOU-009": one({"address_line_1": LONG}, {"address_line_1": LONG[:200]}),
    "HOU-010": one({"claimant_dob": date(1900, 1, 1)}, {"claimant_dob": None}),
    "HOU-011": one({"claimant_dob": date(2012, 11, 22)}, {"claimant_dob": date(2012, 11, 21)}),
    "HOU-012": one({"claimant_nino": "QQ123456C"}, {"claimant_nino": "ab 12 34 56 c"}),
    "HOU-013": one({"claimant_nino": "AB123456"}, {"claimant_nino": "AB123456D"}),
    "HOU-014": one({"partner_surname": None}, {"partner_forename": None, "partner_surname": None}),
    "HOU-015": one({"postcode": None}, {"postcode": "SW25SG"}),
    "HOU-016": one({"postcode": "SW2 5CG"}, {"postcode": "SW2 5DG"}),
    "HOU-017": one({"postcode": "ZZ993VZ"}, {"postcode": "W1A 0AX"}),
    "HOU-018": one({"uprn": "1.0"}, {"uprn": "1"}),
    "HOU-019": one({"address_line_1": None}, {"address_line_1": None, "paon": "14", "street": "Acre Lane"}),
    "HOU-020": one({"child_seq": None}, {"child_seq": 1}),
    "HOU-021": one({"child_seq": 0}, {"child_seq": 30}),
    "HOU-022": one({"child_dob": None}, {}),
    "HOU-023": one({"child_dob": date(1899, 12, 30)}, {"child_dob": date(2026, 11, 21)}),
    "HOU-024": one({"child_dob": date(2026, 11, 22)}, {"child_dob": date(2026, 11, 21)}),
    "HOU-025": one({"child_dob": date(2005, 11, 21)}, {"child_dob": date(2005, 11, 22)}),
    "HOU-026": one({"child_sex": "U"}, {"child_sex": "m"}),
    "HOU-027": one({"child_upn": "A210234519001"}, {"child_upn": "V21023451900A"}),
    "HOU-028": one({"child_uln": "0276308686"}, {"child_uln": OTHER_ULN}),
    "HOU-029": one({"suppress_contact": None}, {"suppress_contact": True}),
    "HOU-030": one({"extract_date": None}, {}),
    "HOU-031": one({"extract_date": date(2026, 11, 22)}, {"extract_date": date(2026, 11, 21)}),
    "HOU-032": one({"extract_date": date(2026, 9, 21)}, {"extract_date": date(2026, 9, 22)}),
    "HOU-033": Example(
        [{}, {**SIBLING, "suppress_contact": True}], [{}, {**SIBLING, "household_ref": "2", "suppress_contact": True}]
    ),
    "HOU-034": one({"uprn": "100000000000"}, {"uprn": "1000000"}),
    "HOU-035": one({"household_ref": "1.23E+11"}, {"household_ref": "123E11A"}),
    "HOU-036": one({"household_ref": "1234567890123450"}, {"household_ref": "123456789012340"}),
    "HOU-037": one({"claimant_surname": "Okafor - DEC'D"}, {"claimant_surname": "Dead"}),
    "HOU-038": one({"claimant_forename": "EXORS OF Ngozi"}, {"claimant_surname": "Estate"}),
    "HOU-039": one({"partner_surname": "Reid [gone away]"}, {"partner_surname": "Away"}),
    "HOU-040": one({"child_forename": "Amara {adopted}"}, {"child_surname": "Care"}),
    "HOU-041": one({"child_surname": "Okafor *DUPLICATE*"}, {"child_surname": "Left"}),
    "HOU-042": one({"claimant_forename": "Ngozi C/O David Reid"}, {"claimant_forename": "Coco"}),
    "HOU-043": one({"claimant_surname": "Appointee for Okafor"}, {"claimant_surname": "Deputy"}),
    "HOU-044": one({"claimant_forename": "MR & MRS N"}, {"claimant_forename": "Sandy"}),
    "HOU-045": one({"claimant_forename": "Ngozi known as Grace"}, {"claimant_surname": "Nee"}),
    "HOU-046": one({"child_forename": 'Amara "Amy"'}, {"child_forename": "Amara Amy"}),
    "HOU-047": Example(
        [{}, {"household_ref": "HB1", "claim_type": "HB"}],
        [{}, {"claim_type": "HB"}, {"household_ref": "HB1", "claim_type": "HB", "claimant_surname": "Reid"}],
    ),
    "HOU-048": one({"household_ref": "(null)"}, {"household_ref": "-1-"}),
    "HOU-050": Example([{}, {}], [{}, SIBLING]),
    "HOU-051": Example([{}, {"household_ref": "HB1"}], [{}, {"household_ref": "HB1", "claimant_forename": "David"}]),
    "HOU-052": Example([{}, {"household_ref": "2", "claimant_forename": "David"}], [{}, SIBLING]),
    "HOU-053": Example([{}, {**SIBLING, "child_seq": 1}], [{}, SIBLING]),
    "HOU-054": Example([{}, {**SIBLING, "child_upn": "J210234519001"}], [{}, {**SIBLING, "child_upn": OTHER_UPN}]),
    "HOU-055": Example([{}, {**SIBLING, "child_uln": "9276308686"}], [{}, {**SIBLING, "child_uln": OTHER_ULN}]),
    "HOU-058": Example([{}, {"postcode": "SE1 5LU"}], [{}, {**SIBLING, "address_line_1": "FLAT 2 14 ACRE LANE"}]),
    "HOU-056": Example(
        [{}, {**SIBLING, "claimant_forename": "David"}], [{}, {**SIBLING, "claimant_forename": "NGOZI"}]
    ),
    "HOU-057": Example([{}, {**SIBLING, "qualifying_benefit": "NONE", "uc_net_earnings": None}], [{}, SIBLING]),
    "DEC-001": one({"match_ref": None}, {"match_ref": "m"}),
    "DEC-002": one({"match_ref": "Amara Okafor"}, {"match_ref": "run-1:0007"}),
    "DEC-003": one({"decision": None}, {}),
    "DEC-004": one({"decision": "yes"}, {"decision": "Opted_Out"}),
    "DEC-005": one({"decided_by": None}, {}),
    "DEC-006": one({"decided_on": None}, {}),
    "DEC-007": one({"decided_on": date(2026, 11, 22)}, {"decided_on": date(2026, 11, 21)}),
    "DEC-008": one({"decided_on": date(2024, 11, 19)}, {"decided_on": date(2024, 11, 20)}),
    "DEC-009": one({"decision": "reject"}, {"decision": "reject", "reason": "Another family"}),
    "DEC-010": one({"reason": LONG}, {"reason": LONG[:200]}),
    "DEC-011": one({"decision": "recall", "reason": "a mistake"}, {"decision": "recall", "reason": "wrong_family"}),
    "DEC-012": one({"decided_on": date(2025, 11, 19)}, {"decided_on": date(2025, 11, 20)}),
    "DEC-050": Example([{}, {}], [{}, {"match_ref": "m-2"}]),
    "DEC-051": Example([{}, {"decision": "opted_out"}], [{}, {"match_ref": "m-2", "decision": "opted_out"}]),
    "DEC-052": Example([{}, {"decided_by": "another"}], [{}, {"match_ref": "m-2"}]),
}
