"""Which borough a pupil lives in: what the school says, else what the postcode says."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shared.kernel.parties.residence import residence_codes
from shared.kernel.terms.model import Agreement
from shared.kernel.terms.pipeline import Nowhere, Routed

HOME_UNKNOWN = Nowhere(
    "ROU-001",
    "home_unknown",
    "home_la",
    "The home borough cannot be told: no home_la, and the postcode is missing or not in the directory.",
    "Give home_la (ONS or DfE code) or the full current postcode.",
)
OUTSIDE = Nowhere(
    "ROU-002",
    "home_outside_exchange",
    "home_la",
    "The pupil lives in an authority that is not party to this agreement.",
    "Nothing: tell that authority by the usual way if it should know.",
)
OWN_BOROUGH = Nowhere(
    "ROU-003",
    "home_is_school_borough",
    "home_la",
    "The pupil lives in the borough that dropped the file; the exchange is for pupils who live elsewhere.",
    "Leave such pupils out of the next drop.",
)
WHEREABOUTS = (HOME_UNKNOWN, OUTSIDE, OWN_BOROUGH)


def route(pupils: pa.Table, directory: pa.Table, agreement: Agreement, *, school: str) -> Routed:
    """Find the home borough of each row of `pupils`.

    `pupils` and `directory` as `residence_codes` takes them, `pupils` with `row`; `school` is the slug of the borough
    that dropped the file.
    """
    code = residence_codes(pupils, directory)
    known = pa.array([a.ons_code for a in agreement.authorities] + [a.dfe_code for a in agreement.authorities])
    slugs = pa.array([a.slug for a in agreement.authorities] * 2)
    borough = pc.take(slugs, pc.index_in(code, known))
    participant = pc.is_in(borough, pa.array(agreement.controllers))
    own = pc.fill_null(pc.equal(borough, school), False)
    reason = pc.case_when(
        pc.make_struct(pc.is_null(code), own, pc.invert(participant)),
        HOME_UNKNOWN.code,
        OWN_BOROUGH.code,
        OUTSIDE.code,
        pa.scalar(None, pa.string()),
    )
    home = pc.if_else(pc.is_null(reason), borough, pa.scalar(None, pa.string()))
    rows = pupils.column("row").combine_chunks()
    there = {why: rows.filter(pc.fill_null(pc.equal(reason, why.code), False)) for why in WHEREABOUTS}
    return Routed(
        {slug: pupils.take(where) for slug, where in _rows_by_home(home).items()},
        {why: concerned for why, concerned in there.items() if len(concerned)},
    )


def _rows_by_home(home: pa.Array) -> dict[str, pa.Array]:
    """Row positions by home borough, in the order of the slugs."""
    encoded = home.dictionary_encode()
    codes = np.asarray(pc.fill_null(encoded.indices, -1))
    return {
        slug: pa.array(np.flatnonzero(codes == number))
        for slug, number in sorted((slug, number) for number, slug in enumerate(encoded.dictionary.to_pylist()))
    }
