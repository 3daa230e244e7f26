"""Links pupils with the children of claims: which columns of both say what, and the links in the agreement's words."""

from __future__ import annotations

import pyarrow as pa

from shared.agreements.free_school_meals.notes import (
    IN_HOUSEHOLDS,
    IN_PUPILS,
    OF_CHILD,
    OF_PUPIL,
    Rows,
    read_rows,
    to_a_person,
)
from shared.kernel.contract import identifiers
from shared.methods.linkage.explain.parts import explain
from shared.methods.linkage.link import LINKS as OF_METHOD
from shared.methods.linkage.link import link
from shared.methods.linkage.policy import LinkagePolicy
from shared.methods.linkage.schema import LeftColumns, Parent, RightColumns, Schema, Spelling, Wording

ADDRESS = ("saon", "paon", "street", "address_line_1", "address_line_2", "address_line_3")

SCHEMA = Schema(
    left=LeftColumns(
        surname="surname",
        forename="forename",
        birth_date="dob",
        sex="sex",
        upn="upn",
        uln="uln",
        postcode="postcode",
        uprn="uprn",
        address=ADDRESS,
        middle_names="middle_names",
        other_surnames=("preferred_surname", "former_surname"),
        contact="contact_forename",
    ),
    right=RightColumns(
        surname="child_surname",
        forename="child_forename",
        birth_date="child_dob",
        sex="child_sex",
        upn="child_upn",
        uln="child_uln",
        postcode="postcode",
        uprn="uprn",
        address=ADDRESS,
        family="household_ref",
        member="child_seq",
        parents=(
            Parent(forename="claimant_forename", surname="claimant_surname"),
            Parent(forename="partner_forename", surname="partner_surname"),
        ),
        suppressed="suppress_contact",
    ),
    upn=Spelling(identifiers.identifiers_normal, identifiers.upns_ok, identifiers.upns_temporary),
    uln=Spelling(identifiers.identifiers_normal, identifiers.ulns_ok),
    postcode=Spelling(identifiers.postcodes_normal, identifiers.postcodes_ok),
    uprn=Spelling(identifiers.uprns_normal, identifiers.uprns_ok),
    wording=Wording(left="pupil", right="child", family="claim"),
)
"""Pupils are left, children of claims right. Identifiers are written as in the contract."""

_OWN = {"left_row": "pupil_row", "right_row": "household_row", "row_probability": "child_probability"}
_METHODS = {own: method for method, own in _OWN.items()}
LINKS = pa.schema([field.with_name(_OWN.get(field.name, field.name)) for field in OF_METHOD])
"""The columns of `methods.linkage.link.LINKS`, of which the first two are `pupil_row` and `household_row`."""


def link_pupils(pupils: pa.Table, households: pa.Table, policy: LinkagePolicy) -> pa.Table:
    """`methods.linkage.link.link` of pupils with the children of claims. Returns schema `LINKS`.

    Notes in names are read first (`notes`): what they say decides who looks, and is no part of a name.
    """
    left, right = _read(pupils, households)
    links = link(left.compared, right.compared, SCHEMA, policy).rename_columns(_OWN)
    return to_a_person(links, left, right)


def explain_links(pupils: pa.Table, households: pa.Table, links: pa.Table, policy: LinkagePolicy) -> pa.Table:
    """`methods.linkage.explain.parts.explain` of links that `link_pupils` made; its rows are named by `pupil_row`."""
    left, right = _read(pupils, households)
    parts = explain(left.compared, right.compared, links.rename_columns(_METHODS), SCHEMA, policy)
    return parts.rename_columns({"left_row": "pupil_row"})


def _read(pupils: pa.Table, households: pa.Table) -> tuple[Rows, Rows]:
    return read_rows(pupils, IN_PUPILS, OF_PUPIL), read_rows(households, IN_HOUSEHOLDS, OF_CHILD)
