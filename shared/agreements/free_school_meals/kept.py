"""What a run leaves pending for the decisions that come back: which pupil of which school each match_ref stands for.

Beside that each pair bears keyed names of what it was judged by, so that a later file can be seen to contradict it, and
nothing of that itself. A row without a match_ref says that the run covered this school borough, whoever it found.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pyarrow as pa
import pyarrow.compute as pc

from shared.agreements.free_school_meals.contracts import HOUSEHOLDS, PUPILS
from shared.agreements.free_school_meals.releases import (
    BIRTHDAY_REF,
    CLAIM_REF,
    CONTACT_REF,
    KEPT_COLUMNS,
    PEOPLE_REFS,
)
from shared.kernel.contract.objections import names_of
from shared.kernel.terms.partition import Partition
from shared.kernel.terms.pipeline import Pseudonyms

PENDING = "pending"
CHECKED = "checked"
"""Under which a check leaves the pairs that still stand, in the form of what a run leaves."""
_SCHEMA = pa.schema([(column, pa.string()) for column in KEPT_COLUMNS])
_CLAIM, _BIRTHDAY, _CONTACT = "claim child", "birthday", "contact"


def claim_refs(home: str, households: pa.Table, pseudonyms: Pseudonyms) -> pa.Array:
    """A name for each child of a claim, as the claim has it: name and birthday put right, it is another one."""
    columns = (households.column(name) for name in ("household_ref", "child_forename", "child_surname", "child_dob"))
    return pseudonyms(_CLAIM, pa.repeat(home, households.num_rows), *columns)


def judged_by(
    home: str, refs: pa.Array, pupils: pa.Table, households: pa.Table, pseudonyms: Pseudonyms
) -> dict[str, pa.Array]:
    """Keyed names of what each pair was judged by: the child of the claim, both birthdays, whether it may be written
    to. The tables are aligned."""
    born = (pupils.column("dob"), households.column("child_dob"))
    return {
        CLAIM_REF: claim_refs(home, households, pseudonyms),
        BIRTHDAY_REF: pseudonyms(_BIRTHDAY, refs, *born),
        CONTACT_REF: contact_refs(refs, households.column("suppress_contact"), pseudonyms),
        PEOPLE_REFS: _people_refs(home, pupils, households, pseudonyms),
    }


def contact_refs(refs: pa.Array, suppressed: pa.Array | pa.ChunkedArray, pseudonyms: Pseudonyms) -> pa.Array:
    """A name for each pair with whether its family may be written to."""
    return pseudonyms(_CONTACT, refs, suppressed)


def objected_to(pairs: pa.Table, names: Iterable[str]) -> list[bool]:
    """Whether each pair's child or claim is among these names of people who have objected."""
    names = set(names)
    return [bool(refs) and not names.isdisjoint(refs.split(" ")) for refs in pairs.column(PEOPLE_REFS).to_pylist()]


def _people_refs(home: str, pupils: pa.Table, households: pa.Table, pseudonyms: Pseudonyms) -> pa.Array:
    at_school = names_of(PUPILS, pupils.column("school_borough").combine_chunks(), pupils, pseudonyms)
    at_home = names_of(HOUSEHOLDS, pa.repeat(home, households.num_rows), households, pseudonyms)
    found = zip(*(names.to_pylist() for names in (*at_school.values(), *at_home.values())), strict=True)
    return pa.array([" ".join(filter(None, names)) for names in found], pa.string())


def to_keep(pairs: pa.Table, covered: Iterable[str]) -> pa.Table:
    """The pairs of a run, and a row for each school borough that it covered."""
    schools = sorted(set(covered))
    marks = pa.table(
        {**{name: pa.nulls(len(schools), pa.string()) for name in KEPT_COLUMNS}, "school_borough": schools}
    )
    return pa.concat_tables([pairs.select(KEPT_COLUMNS).cast(_SCHEMA), marks.select(KEPT_COLUMNS).cast(_SCHEMA)])


def every(pending: Iterable[pa.Table]) -> pa.Table:
    """All pairs of these, in their order. A column that an earlier version did not write is null."""
    tables = [_SCHEMA.empty_table(), *pending]
    return _pairs(pa.concat_tables(tables, promote_options="default").select(KEPT_COLUMNS))


def schools_of(pairs: pa.Table) -> list[str]:
    """The school boroughs of these pairs."""
    return sorted(set(pairs.column("school_borough").to_pylist()))


def pending_of(tables: Mapping[Partition, pa.Table]) -> dict[Partition, pa.Table]:
    """What runs and checks have left, oldest first."""
    left = [partition for partition in tables if partition.dataset in (PENDING, CHECKED)]
    return {partition: tables[partition] for partition in sorted(left, key=lambda one: (one.prepared_at, one.name))}


def last(pending: Mapping[Partition, pa.Table], collection: str) -> pa.Table:
    """The pairs of a collection that stand: of each school borough those of the last run that covered it.

    `pending` is oldest first.
    """
    of_it = [rows for partition, rows in pending.items() if partition.collection == collection]
    by_school: dict[str, pa.Table] = {}
    for rows in of_it:
        for school in pc.unique(rows.column("school_borough")).drop_null().to_pylist():
            by_school[school] = rows.filter(pc.equal(rows.column("school_borough"), school))
    return every(by_school[school] for school in sorted(by_school))


def _pairs(rows: pa.Table) -> pa.Table:
    return rows.filter(pc.is_valid(rows.column("match_ref"))).combine_chunks()
