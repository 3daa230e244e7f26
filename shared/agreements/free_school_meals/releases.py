"""Which columns a release can have, and where each comes from. The terms say which of them it has."""

from __future__ import annotations

FROM_HOUSEHOLD = (
    "household_ref",
    "child_seq",
    "child_forename",
    "child_surname",
    "child_dob",
    "claimant_title",
    "claimant_forename",
    "claimant_surname",
    "suppress_contact",
)
FROM_PUPIL = {
    "pupil_forename": "forename",
    "pupil_surname": "surname",
    "pupil_dob": "dob",
    "nc_year": "nc_year",
    "school_name": "school_name",
    "urn": "urn",
    "school_borough": "school_borough",
    "upn": "upn",
}
FROM_LINK = ("rule", "guard", "probability", "match_weight", "margin", "evidence", "sentence", "parts")
FROM_ASSESSMENT = ("tier", "tier_reason", "rule_version")
PAIR = frozenset(("match_ref", *FROM_HOUSEHOLD, *FROM_PUPIL, *FROM_LINK, *FROM_ASSESSMENT))

PENDING_COLUMNS = ["match_ref", "upn", "urn", "school_borough", "tier"]
"""What an enrolment says of a pair, and which pair it is."""
CHILD_REF, EVIDENCE_REF = "child_ref", "evidence_ref"
CLAIM_REF, BIRTHDAY_REF, CONTACT_REF = "claim_ref", "birthday_ref", "contact_ref"
PEOPLE_REFS = "people_refs"
"""Under which names the child, or their claim, would be found in a list of objections of either borough."""
KEPT_COLUMNS = [*PENDING_COLUMNS, CHILD_REF, EVIDENCE_REF, CLAIM_REF, BIRTHDAY_REF, CONTACT_REF, PEOPLE_REFS]
"""What a run keeps of each pair, for the decision that comes back and for what changes meanwhile."""
DECIDED = frozenset((*PENDING_COLUMNS, "decision", "start_date", "status"))

BECAME = frozenset(("sheet_row", "match_ref", "decision", "became", "why", "code"))

MADE = {"matches": PAIR, "review": PAIR, "enrolments": DECIDED, "outcomes": BECAME}
"""By release, every column that the pipeline makes."""
