"""Which borough a pupil lives in: what the school says, else what the postcode says."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shared.kernel.terms.model import Agreement


@dataclass(frozen=True)
class Whereabouts:
    """One reason why a pupil row goes to no home borough."""

    code: str
    reason: str
    message: str
    mend: str


HOME_UNKNOWN = Whereabouts(
    "ROU-001",
    "home_unknown",
    "The home borough cannot be told: no home_la, and the postcode is missing or not in the directory.",
    "Give home_la (ONS or DfE code) or the full current postcode.",
)
OUTSIDE = Whereabouts(
    "ROU-002",
    "home_outside_exchange",
    "The pupil lives in an authority that is not party to this agreement.",
    "Nothing: tell that authority by the usual way if it should know.",
)
OWN_BOROUGH = Whereabouts(
    "ROU-003",
    "home_is_school_borough",
    "The pupil lives in the borough that dropped the file; the exchange is for pupils who live elsewhere.",
    "Leave such pupils out of the next drop.",
)
WHEREABOUTS = (HOME_UNKNOWN, OUTSIDE, OWN_BOROUGH)


@dataclass(frozen=True)
class Routes:
    """For each row of a pupils table: the home borough's slug, or null and the code of the reason."""

    home: pa.Array
    code: pa.Array

    def count(self, whereabouts: Whereabouts) -> int:
        """How many rows go nowhere for this reason."""
        return int(pc.sum(pc.equal(self.code, whereabouts.code)).as_py() or 0)


def route(pupils: pa.Table, directory: pa.Table, agreement: Agreement, *, school: str) -> Routes:
    """Find the home borough of each row of `pupils`.

    `pupils` has the columns `home_la` (ONS or DfE code) and `postcode` in normal form, both may be null; `directory`
    has `postcode` and `ons_code`, one row per postcode; `school` is the slug of the borough that dropped the file.
    """
    by_postcode = pc.take(
        directory.column("ons_code").combine_chunks(),
        pc.index_in(pupils.column("postcode"), directory.column("postcode").combine_chunks()).combine_chunks(),
    )
    code = pc.coalesce(pupils.column("home_la").combine_chunks(), by_postcode)
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
    return Routes(home, reason)


def rows_by_home(routes: Routes) -> dict[str, pa.Array]:
    """Row positions by home borough, in the order of the slugs."""
    encoded = routes.home.dictionary_encode()
    codes = np.asarray(pc.fill_null(encoded.indices, -1))
    return {
        slug: pa.array(np.flatnonzero(codes == number))
        for slug, number in sorted((slug, number) for number, slug in enumerate(encoded.dictionary.to_pylist()))
    }
