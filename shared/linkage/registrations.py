"""Children who are registered twice: a further registration is set aside, since it would tie with the child's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shared.linkage.link import link

if TYPE_CHECKING:
    from shared.agreement.model import LinkagePolicy

# School Census: current single, current dual main; S and O are the second school's row.
_MAIN = ("C", "M")
REGISTRATION = ("enrol_status", "urn")
"""Contract columns that are read beside those of linkage (`columns.COLUMNS`)."""
SET_ASIDE = "excluded"
_ORDER = ("school_borough", "urn", "row")


def second_registrations(pupils: pa.Table) -> pa.Array:
    """Whether a row is a further registration of a child whose main row is also there, in any borough's file.

    Reads `upn`, `dob`, `enrol_status`, and for the order `school_borough`, `urn` and `row`; any may be absent. The
    same permanent UPN and date of birth is one child. The main registration stays; of equals, the first in that order.
    """
    if not {"upn", "dob"} <= set(pupils.column_names):
        return pa.array([False] * pupils.num_rows, pa.bool_())
    names = ["upn", "dob", *(name for name in ("enrol_status", *_ORDER) if name in pupils.column_names)]
    repeated = np.zeros(pupils.num_rows, np.bool_)
    # Nearly every UPN is there once: only the others are worth a look.
    codes = pc.fill_null(pupils.column("upn").combine_chunks().dictionary_encode().indices, -1).to_numpy()
    rows = np.flatnonzero(np.append(np.bincount(codes[codes >= 0]) > 1, False)[codes])
    frame = pupils.select(names).take(pa.array(rows)).to_pandas()
    frame["second"] = ~frame["enrol_status"].isin(_MAIN) if "enrol_status" in frame else False
    ordered = frame.sort_values(["second", *(name for name in _ORDER if name in frame)], kind="stable")
    again = ordered.duplicated(["upn", "dob"]) & ordered["upn"].str[-1:].str.isdigit()
    repeated[rows] = again.sort_index().to_numpy(dtype=bool, na_value=False)
    return pa.array(repeated)


def link_main_registrations(
    pupils: pa.Table, second: pa.Array, households: pa.Table, policy: LinkagePolicy
) -> pa.Table:
    """`link` of all rows but the `second` registrations.

    Returns links aligned with `pupils`: the outcome of those is `SET_ASIDE`, and all else of them is null.
    """
    main = pc.invert(second)
    links = link(pupils.filter(main), households, policy)
    position = pc.subtract(pc.cumulative_sum(pc.cast(main, pa.int64())), 1)
    aligned = links.take(pc.if_else(main, position, pa.scalar(None, pa.int64())))
    said = {
        "pupil_row": pa.array(np.arange(pupils.num_rows), pa.int32()),
        "outcome": pc.coalesce(aligned.column("outcome"), pa.scalar(SET_ASIDE)),
    }
    for name, column in said.items():
        place = aligned.schema.get_field_index(name)
        aligned = aligned.set_column(place, links.schema.field(place), column)
    return aligned
