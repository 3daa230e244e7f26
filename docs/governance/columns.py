"""What no code can say of a column: whom it is about, what it may give away, and what an unread one is meant for.

Held by `tests/unit/governance/test_annex.py`: every column has somebody it is about, and the columns of `UNREAD` are
exactly those that nothing reads.
"""

from __future__ import annotations

NOBODY = "nobody: a school or a claim"
CHILD, PARENT, OFFICER = "child", "parent or carer", "officer"

_ABOUT = {
    "household_ref": "family",
    "claim_type": "family",
    "source": "family",
    "qualifying_benefit": "family",
    "uc_net_earnings": "family",
    "suppress_contact": "family",
    "extract_date": "family",
    "urn": NOBODY,
    "laestab": NOBODY,
    "school_name": NOBODY,
    "sheet_row": NOBODY,
    "match_ref": CHILD,
    "decision": CHILD,
    "reason": CHILD,
    "decided_by": OFFICER,
    "decided_on": OFFICER,
}


def about(dataset: str, column: str) -> str:
    """Whom a column is about: a child, a parent or carer, the family, an officer, or nobody."""
    if column.startswith(("claimant_", "partner_", "contact_")):
        return PARENT
    return _ABOUT.get(column, CHILD if dataset == "pupils" or column.startswith("child_") else "family")


SPECIAL, SENSITIVE = "may give one away", "no, but sensitive"

SENSITIVITY = {
    ("pupils", "upn"): (SENSITIVE, "A pseudonym of the child that many systems share."),
    ("households", "qualifying_benefit"): (
        SPECIAL,
        "`ESAIR` suggests ill health or disability, `NASS` an asylum claim. Handle as special category data until "
        "counsel has said otherwise.",
    ),
    ("households", "uc_net_earnings"): (SENSITIVE, "What a family earns."),
    ("households", "claimant_nino"): (SENSITIVE, "Of all columns the one of most use to a fraudster."),
    ("households", "suppress_contact"): (
        SPECIAL,
        "Refuge, witness protection, adoption, care: can put a family in danger if it is found.",
    ),
    ("decisions", "reason"): (SPECIAL, "Free text: an officer may write anything into it."),
}
"""No column asks for a special category of data (UK GDPR article 9). These may give one, or a danger, away."""


def special(dataset: str, column: str) -> str:
    """Whether the column is, or may give away, a special category of data."""
    return SENSITIVITY.get((dataset, column), ("no", ""))[0]


UNREAD = {
    ("pupils", "locality"): "None. Linking takes postcode, UPRN and house number. Stop sending it.",
    ("pupils", "town"): "None, as `locality`.",
    ("pupils", "address_line_4"): "None: a house number stands in the first three lines. Stop sending it.",
    ("pupils", "address_line_5"): "None, as `address_line_4`.",
    ("pupils", "laestab"): "The school's number in School Census and in files that schools exchange; would tell the "
    "school borough's own system where to register the child. `urn` does that today. Use it in `enrolments`, or drop "
    "it.",
    ("pupils", "contact_surname"): "None: linking compares the contact's forename, because the surname is mostly the "
    "child's own. Stop sending it.",
    ("households", "claim_type"): "Counting what each kind of claim contributes: families on Universal Credit without "
    "Council Tax Reduction are not seen, and a report should say how many are. Not built.",
    ("households", "source"): "What DWP's UCDS feed may be used for differs from what a council's own records may be "
    "used for; the column is there so that a release can be held to it. Not built: until then both are used alike.",
    ("households", "claimant_dob"): "The file for the Department for Education's check asks for the parent's date of "
    "birth. That file is not built, and the home borough can make it from its own system without sending this.",
    ("households", "claimant_nino"): "As `claimant_dob`: the Department's check asks for it. Not built. Drop "
    "this one first: no other column does as much harm in wrong hands.",
    (
        "households",
        "locality",
    ): "A letter needs a whole address, but officers write from their own system. Stop sending it.",
    ("households", "town"): "None, as `locality`.",
    ("households", "address_line_4"): "None, as `locality`.",
    ("households", "address_line_5"): "None, as `locality`.",
    ("decisions", "reason"): "Learning which matches go wrong. Nothing reads it, and free text cannot be checked. "
    "Replace it by codes, or drop it.",
}
"""Columns of the contract that no rule, comparison or release reads, and what they were meant for."""
