"""Small tables for linkage tests: a child as the school has it, and as the benefit office has it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa

from shared.agreements.free_school_meals.linkage import link_pupils
from shared.agreements.registry import load_agreement
from shared.methods.linkage.policy import CascadeTier, LinkagePolicy

WHOLE: LinkagePolicy = load_agreement("fsm").linkage
"""The agreement's policy: the cascade, the model under it, and the household as what is linked."""
BY_CHILD: LinkagePolicy = WHOLE.model_copy(update={"link": "child"})
"""The same where the child itself is what is linked."""
_BEGINNING = (
    CascadeTier(rule="dob-surname-forename3", keys=("dob", "surname", "forename_3"), probability=0.999),
    CascadeTier(rule="postcode-surname-forename3", keys=("postcode", "surname", "forename_3"), probability=0.995),
)
POLICY: LinkagePolicy = BY_CHILD.model_copy(update={"model": None, "cascade": (*WHOLE.cascade[:2], *_BEGINNING)})
"""A cascade alone, whose last tiers ask only for the beginning of the forename: every guard has something to stop."""

PUPIL: dict[str, Any] = {
    "upn": None,
    "uln": None,
    "forename": "Temidayo",
    "middle_names": None,
    "surname": "Okonjo",
    "preferred_surname": None,
    "former_surname": None,
    "dob": date(2014, 3, 17),
    "sex": "F",
    "postcode": "SE15 4QP",
    "uprn": "100023336956",
    "paon": "12",
    "street": "High Street",
    "contact_forename": None,
}
CHILD: dict[str, Any] = {
    "household_ref": "H1",
    "child_seq": 1,
    "child_forename": "TEMIDAYO",
    "child_surname": "OKONJO",
    "child_dob": date(2014, 3, 17),
    "child_sex": None,
    "child_upn": None,
    "child_uln": None,
    "postcode": "SE15 4QP",
    "uprn": "100023336956",
    "address_line_1": "12 High Street",
    "claimant_forename": None,
    "claimant_surname": None,
    "partner_forename": None,
    "partner_surname": None,
    "suppress_contact": False,
}
_TYPES = {"dob": pa.date32(), "child_dob": pa.date32(), "child_seq": pa.int32(), "suppress_contact": pa.bool_()}


def pupils(*rows: dict[str, Any]) -> pa.Table:
    """A pupils table; each row says what differs from `PUPIL`."""
    return _table(PUPIL, rows)


def children(*rows: dict[str, Any]) -> pa.Table:
    """A households table; each row says what differs from `CHILD`."""
    return _table(CHILD, rows)


def _table(usual: dict[str, Any], rows: tuple[dict[str, Any], ...]) -> pa.Table:
    schema = pa.schema([(name, _TYPES.get(name, pa.string())) for name in usual])
    return pa.Table.from_pylist([usual | row for row in rows], schema=schema)


def one(pupil: dict[str, Any], child: dict[str, Any], policy: LinkagePolicy = POLICY) -> dict[str, Any]:
    """The link of one pupil in a world of one child."""
    (found,) = link_pupils(pupils(pupil), children(child), policy).to_pylist()
    return found
