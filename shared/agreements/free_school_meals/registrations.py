"""Children who are registered twice: a further registration is set aside, since it would tie with the child's own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shared.agreements.free_school_meals.linkage import link_pupils
from shared.methods.linkage.encode.arrays import Codes
from shared.methods.linkage.encode.fields import numbered
from shared.methods.linkage.encode.keys import Runs, join

if TYPE_CHECKING:
    from shared.methods.linkage.policy import LinkagePolicy

# School Census: current single, current dual main; S and O are the second school's row.
_MAIN = ("C", "M")
REGISTRATION = ("enrol_status", "urn")
"""Contract columns that are read beside those of linkage (`linkage.SCHEMA`)."""
SET_ASIDE = "excluded"
_ORDER = ("school_borough", "urn", "row")
_READ = ("upn", "enrol_status", *_ORDER)


def second_registrations(pupils: pa.Table) -> pa.Array:
    """Whether a row is a further registration of a child whose main row is also there, in any borough's file.

    Reads `upn`, `dob`, `enrol_status`, and for the order `school_borough`, `urn` and `row`; any may be absent. The
    same permanent UPN and date of birth is one child. The main registration stays; of equals, the first in that order.
    """
    if not {"upn", "dob"} <= set(pupils.column_names):
        return pa.array([False] * pupils.num_rows, pa.bool_())
    repeated = np.zeros(pupils.num_rows, np.bool_)
    rows, child = _registered_again(pupils)
    selected = pupils.select([name for name in pupils.column_names if name in _READ]).take(pa.array(rows))
    if "enrol_status" in selected.column_names:
        further = pc.invert(pc.is_in(selected.column("enrol_status"), pa.array(_MAIN))).cast(pa.int8())
        selected = selected.append_column("further", further)
    keys = [name for name in ("child", "further", *_ORDER) if name in (*selected.column_names, "child")]
    ordered = selected.append_column("child", pa.array(child))
    order = pc.sort_indices(ordered, sort_keys=[(name, "ascending") for name in keys]).to_numpy()
    again = np.append(False, child[order][1:] == child[order][:-1])[: len(order)]
    permanent = pc.match_substring_regex(selected.column("upn"), "[0-9]$").to_numpy()
    repeated[rows[order[again & permanent[order]]]] = True
    return pa.array(repeated)


def _registered_again(pupils: pa.Table) -> tuple[Codes, Codes]:
    """The rows whose UPN and date of birth are there more than once, and a number for each child that they are of."""
    upn, dob = (numbered(pupils.column(name).combine_chunks())[0] for name in ("upn", "dob"))
    # No date is a date of its own here.
    runs = Runs.of(*join([(upn, len(upn) + 1), (dob + 1, len(dob) + 1)]))
    several = np.flatnonzero(runs.lengths[runs.run] > 1)
    return runs.rows[several], runs.run[several]


def link_main_registrations(
    pupils: pa.Table, second: pa.Array, households: pa.Table, policy: LinkagePolicy
) -> pa.Table:
    """`link_pupils` of all rows but the `second` registrations.

    Returns links aligned with `pupils`: the outcome of those is `SET_ASIDE`, and all else of them is null.
    """
    main = pc.invert(second)
    links = link_pupils(pupils.filter(main), households, policy)
    position = pc.subtract(pc.cumulative_sum(pc.cast(main, pa.int64())), 1)
    aligned = links.take(pc.if_else(main, position, pa.scalar(None, pa.int64())))
    own = {
        "pupil_row": pa.array(np.arange(pupils.num_rows), pa.int32()),
        "outcome": pc.coalesce(aligned.column("outcome"), pa.scalar(SET_ASIDE)),
    }
    for name, column in own.items():
        place = aligned.schema.get_field_index(name)
        aligned = aligned.set_column(place, links.schema.field(place), column)
    return aligned
