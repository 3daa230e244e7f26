"""What rows of `households` have in common: the child, who claims for it, and the home."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from shared.kernel.contract.rules import common
from shared.kernel.contract.rules.frame import Frame

CHILD = ("child_forename", "child_surname", "child_dob")
CLAIMANT = ("claimant_forename", "claimant_surname")
PARTNER = ("partner_forename", "partner_surname")
HOME = ("postcode", "saon", "paon", "street", *common.LINES[:3])


def claimant(frame: Frame) -> pa.Array:
    """Who claims, in capitals."""
    return person(frame, CLAIMANT)


def couple(frame: Frame) -> tuple[pa.Array, pa.Array]:
    """Claimant and partner, whoever of them leads the claim; null where there are not two."""
    one, other = person(frame, CLAIMANT), person(frame, PARTNER)
    leads = pc.less(one, other)
    return pc.if_else(leads, one, other), pc.if_else(leads, other, one)


def person(frame: Frame, columns: Sequence[str]) -> pa.Array:
    """A person's name in capitals; null where a part of it is missing."""
    return pc.utf8_upper(pc.binary_join_element_wise(*(frame.column(column) for column in columns), "\x1f"))


def home(frame: Frame) -> pa.Array:
    """Postcode, house and street in capitals, without signs and blanks, whatever columns they stand in."""
    cells = [pc.fill_null(frame.column(column), "") for column in HOME]
    return pc.replace_substring_regex(pc.utf8_upper(pc.binary_join_element_wise(*cells, "")), r"[^\pL\pN]+", "")
