"""Which pairs stand when a decision on them comes: it is carried out on what is so now, not on what once was.

A pair stands that the last run over its school borough's file found, in the decision's own collection, unless a file
that has come since contradicts it: then it is linked and assessed anew, as the next run will do. Where only one side
still lies here, since rows live shorter than a family may take to answer, that side must still have its child.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import pyarrow.compute as pc

from shared.agreements.free_school_meals.eligibility.assess import assess
from shared.agreements.free_school_meals.kept import claim_refs, every, last, objected_to, pending_of
from shared.agreements.free_school_meals.releases import CLAIM_REF
from shared.agreements.free_school_meals.run import find
from shared.agreements.free_school_meals.terms import own_terms
from shared.kernel.objected import OBJECTED
from shared.kernel.terms.model import Agreement
from shared.kernel.terms.partition import Partition
from shared.kernel.terms.pipeline import Job, Pseudonyms

REPLACED, CHANGED, OTHER_COLLECTION = "results_replaced", "changed_since", "other_collection"
"""Why a pair that some run found does not stand."""


@dataclass(frozen=True)
class Known:
    """What is known of the pairs that runs of the last days found, and which of them stand."""

    pairs: pa.Table
    """`KEPT_COLUMNS`: every pair of every run, the newest last; of one that was judged anew what it is now."""
    stand: frozenset[str]
    """The `match_ref` of each that stands."""
    why_not: Mapping[str, str]
    """Of each that does not: why."""


def known(
    job: Job, tables: Mapping[Partition, pa.Table], agreement: Agreement, as_of: date, pseudonyms: Pseudonyms
) -> Known:
    """Judge every pair that is pending. `tables` are those of an enrolment: what runs left, oldest first, what is
    remembered, and of pupils and households what lies here and counts, where it is not what the last run saw."""
    pending = pending_of(tables)
    newest = last(pending, job.collection)
    stand, anew = _uncontradicted(newest, tables, job.party, agreement, as_of, pseudonyms)
    ever = every(pending.values())
    own = {ref for rows in _of_collection(pending, job.collection) for ref in rows.column("match_ref").to_pylist()}
    of_newest = set(newest.column("match_ref").to_pylist())
    objections = _newest_lists(tables, as_of)
    out = {
        ref
        for ref, objected in zip(ever.column("match_ref").to_pylist(), objected_to(ever, objections), strict=True)
        if objected
    }
    stand -= out
    why_not = {
        ref: OBJECTED if ref in out else CHANGED if ref in of_newest else REPLACED if ref in own else OTHER_COLLECTION
        for ref in ever.column("match_ref").to_pylist()
        if ref not in stand
    }
    return Known(pa.concat_tables([ever, newest, anew]), frozenset(stand), why_not)


def _newest_lists(tables: Mapping[Partition, pa.Table], as_of: date) -> set[str]:
    """The names that hold on that day on the newest list of objections of each borough."""
    newest: dict[str, Partition] = {}
    for file in tables:
        if file.dataset == OBJECTED:
            newest[file.sender] = max(file, newest.get(file.sender, file), key=lambda f: (f.prepared_at, f.drop))
    hold = (tables[file].filter(pc.less_equal(tables[file].column("day"), as_of)) for file in newest.values())
    return {ref for rows in hold for ref in rows.column("ref").to_pylist()}


def _of_collection(pending: Mapping[Partition, pa.Table], collection: str) -> list[pa.Table]:
    return [every([rows]) for partition, rows in pending.items() if partition.collection == collection]


def _uncontradicted(
    newest: pa.Table,
    tables: Mapping[Partition, pa.Table],
    home: str,
    agreement: Agreement,
    as_of: date,
    pseudonyms: Pseudonyms,
) -> tuple[set[str], pa.Table]:
    """Those of the pairs that what lies here now does not contradict; and those that were judged anew, as they are."""
    there = {partition: rows for partition, rows in tables.items() if partition.dataset in ("pupils", "households")}
    pupils = {partition.sender: rows for partition, rows in there.items() if partition.dataset == "pupils"}
    households = next((rows for partition, rows in there.items() if partition.dataset == "households"), None)
    school = newest.column("school_borough")
    here = pc.is_in(school, pa.array(list(pupils), pa.string()))
    if households is not None and pupils:
        anew = find(home, tables, agreement, as_of, pseudonyms).pending
    else:
        anew = newest.slice(0, 0)
    if households is None:
        holds = _on_roll(newest, pupils)
    else:
        of_claims = _on_a_claim(newest, households, home, agreement, as_of, pseudonyms)
        holds = pc.if_else(here, pc.is_in(newest.column("match_ref"), _texts(anew.column("match_ref"))), of_claims)
    stand = newest.column("match_ref").filter(holds).to_pylist()
    return set(stand), anew.filter(pc.is_in(anew.column("match_ref"), pa.array(stand, pa.string())))


def _on_roll(newest: pa.Table, pupils: Mapping[str, pa.Table]) -> pa.Array:
    """Whether the pupil is still in the file of their school borough, where one lies here."""
    found = pa.array([True] * newest.num_rows, pa.bool_())
    for sender, rows in pupils.items():
        theirs = pc.equal(newest.column("school_borough"), sender)
        found = pc.if_else(theirs, pc.is_in(newest.column("upn"), _texts(rows.column("upn"))), found)
    return found


def _on_a_claim(
    newest: pa.Table, households: pa.Table, home: str, agreement: Agreement, as_of: date, pseudonyms: Pseudonyms
) -> pa.Array:
    """Whether the child is still on a claim that entitles them. A pair that an earlier version kept says no child."""
    tiers = assess(households, rule_set=own_terms(agreement).eligibility.rule_set, as_of=as_of).column("tier")
    entitled = households.filter(pc.not_equal(tiers, "none"))
    names = newest.column(CLAIM_REF)
    return pc.or_(pc.is_null(names), pc.is_in(names, claim_refs(home, entitled, pseudonyms)))


def _texts(column: pa.ChunkedArray) -> pa.Array:
    return column.cast(pa.string()).combine_chunks()
