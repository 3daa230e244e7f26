"""Where a pupil lives: what the school says, else what the postcode says, else unknown. No row is left away for it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from shared.agreements.origin_destination.words import OUTSIDE, UNKNOWN
from shared.kernel.parties.residence import residence_codes

if TYPE_CHECKING:
    from shared.kernel.parties.model import Party


def residences(pupils: pa.Table, directory: pa.Table, authorities: Iterable[Party]) -> pa.Array:
    """The ONS code of each pupil's authority of residence, `unknown` or `outside` where it is none of England's.

    `pupils` and `directory` as `residence_codes` takes them.
    """
    return ons_codes(residence_codes(pupils, directory), authorities)


def ons_codes(codes: pa.Array, authorities: Iterable[Party]) -> pa.Array:
    """The ONS code of each ONS code or DfE number; `outside` for the United Kingdom's others, else `unknown`."""
    known = [(party.ons_code, party.dfe_code) for party in authorities if party.ons_code]
    names = pa.array([ons for ons, _ in known] + [dfe for _, dfe in known], pa.string())
    found = pc.take(pa.array([ons for ons, _ in known] * 2, pa.string()), pc.index_in(codes, names))
    elsewhere = pc.if_else(pc.match_substring_regex(codes, r"\A[SWN]\d{8}\z"), OUTSIDE, UNKNOWN)
    return pc.coalesce(found, elsewhere, pa.scalar(UNKNOWN))
