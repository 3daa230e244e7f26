"""The contract columns that linkage looks at, and which of them are worth reading as the codes of a dictionary."""

from __future__ import annotations

ADDRESS = ("saon", "paon", "street", "address_line_1", "address_line_2", "address_line_3")
"""Where a house number may stand. Towns and postcodes stay out: their digits are none."""

COLUMNS: dict[str, tuple[str, ...]] = {
    "pupils": (
        *("upn", "uln", "surname", "preferred_surname", "former_surname", "forename", "middle_names", "dob", "sex"),
        *("postcode", "uprn", *ADDRESS, "contact_forename"),
    ),
    "households": (
        *("household_ref", "child_seq", "child_surname", "child_forename", "child_dob", "child_sex", "child_upn"),
        *("child_uln", "postcode", "uprn", *ADDRESS, "claimant_forename", "claimant_surname", "partner_forename"),
        *("partner_surname", "suppress_contact"),
    ),
}
"""By dataset, every column of which a link depends; all others may be left in the file."""

OFTEN_ALIKE: frozenset[str] = frozenset(
    (
        *("surname", "preferred_surname", "former_surname", "forename", "middle_names", "sex", "contact_forename"),
        *("child_surname", "child_forename", "child_sex", "claimant_forename", "claimant_surname"),
        *("partner_forename", "partner_surname", "postcode"),
        *ADDRESS,
    )
)
"""Columns whose values repeat: read as the codes that Parquet keeps (`read_dictionary`), they are never spelt out."""
