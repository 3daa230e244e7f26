"""The columns of the releases: what a home borough sees of a pair, and what a school borough learns of a decision."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from shared.agreements.free_school_meals.releases import FROM_ASSESSMENT, FROM_HOUSEHOLD, FROM_LINK, FROM_PUPIL


def match_refs(pupils: pa.Table, households: pa.Table) -> pa.Array:
    """A name for each pair: which rows of which drops. The same pair has the same name in every run.

    Both tables have `drop` (the drop's id) and `row`; they are aligned, one pair a position.
    """
    parts = [
        part
        for table in (pupils, households)
        for part in (pc.utf8_slice_codeunits(table.column("drop"), 0, 12), pc.cast(table.column("row"), pa.string()))
    ]
    return pc.binary_join_element_wise(*parts, "-").combine_chunks()


def pairs(pupils: pa.Table, households: pa.Table, links: pa.Table, assessment: pa.Table) -> pa.Table:
    """All that is known of linked pairs: four aligned tables, one pair a position. Sorted by `match_ref`."""
    columns = {"match_ref": match_refs(pupils, households)}
    columns |= {name: households.column(name) for name in FROM_HOUSEHOLD}
    columns |= {name: pupils.column(source) for name, source in FROM_PUPIL.items()}
    columns |= {name: links.column(name) for name in FROM_LINK}
    columns |= {name: assessment.column(name) for name in FROM_ASSESSMENT}
    return pa.table(columns).sort_by("match_ref").combine_chunks()
