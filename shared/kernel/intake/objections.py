"""Objections at intake: remembered as keyed pseudonyms, kept out of every later file, and taken out of what lies here.

A party's newest list counts, by its manifest, in whatever order lists come. It is written into every party's memory,
since whoever has had a row of theirs may be about to decide on it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from shared.kernel.contract.objections import names_in_objections, names_of
from shared.kernel.days import london_day
from shared.kernel.errors import Missing
from shared.kernel.intake.due import ask
from shared.kernel.intake.identity import derived_id
from shared.kernel.intake.index import INDEX, Entry, entries_beside
from shared.kernel.intake.staging import MADE_WITH, StagedFor, read_staged, stage
from shared.kernel.intake.standing import place
from shared.kernel.intake.successors import BY, FILE, LOOKED
from shared.kernel.intake.ties import TIES, Tie, that_may_count
from shared.kernel.intake.usable import is_usable
from shared.kernel.objected import OBJECTED
from shared.kernel.terms.partition import Partition
from shared.kernel.terms.pipeline import Nowhere

if TYPE_CHECKING:
    from datetime import date

    from shared.kernel.contract.columns import Contract
    from shared.kernel.exchange import Sharing
    from shared.kernel.terms.pipeline import Routed

LEFT_OUT = Nowhere(
    "OBJ-010",
    "objected",
    "",
    "This person is on your list of objections: the row was left out.",
    "Nothing. If the objection no longer holds: `exchange objections remove`, and drop the file again.",
)

SERVICE = "intake"
_WORD = "objected"
"""The decision that is remembered."""


def take_objections(sharing: Sharing, partition: Partition, rows: pa.Table) -> None:
    """Remember the list, and take whom it names out of the party's files that lie here.

    That is a work of its own, ``objected:<drop>``: no other drop may read what lies staged.
    """
    subject, tenant = f"{OBJECTED}:{partition.drop}", partition.sender
    sharing = sharing.working_on(subject)
    sharing.ledger.record(subject, "began", service=SERVICE, tenant=tenant, counts={"rows": rows.num_rows})
    _remember(sharing, partition, rows)
    files = _take_out(sharing, partition)
    sharing.ledger.record(subject, "done", service=SERVICE, tenant=tenant, counts={"files": files})


def _remember(sharing: Sharing, partition: Partition, rows: pa.Table) -> None:
    sender = pa.repeat(partition.sender, rows.num_rows)
    days = sharing.agreement.retention.decisions_days or 0
    last = london_day(partition.prepared_at) + timedelta(days=days)
    days_to = rows.column("until_day").combine_chunks().cast(pa.int32())
    ends = pc.add(days_to, pa.scalar(1, pa.int32())).cast(pa.date32())
    table = pa.table(
        {
            "ref": names_in_objections(sender, rows, sharing.pseudonyms),
            "decision": pa.repeat(_WORD, rows.num_rows),
            "day": rows.column("from_day"),
            "expiry": pc.min_element_wise(ends, pa.scalar(last, pa.date32())),
        }
    )
    told = {MADE_WITH: sharing.keys.pseudonyms(sharing.agreement.id).mark}
    own = replace(partition, dataset=OBJECTED)
    for party in sharing.agreement.participants:
        stage(sharing, party.slug, own, table, told, area=sharing.decisions(party.slug))


def objected(sharing: Sharing, sender: str, on: date) -> pa.Array:
    """The names of whoever is on the newest list of the party, on that day."""
    lists = [file for file in StagedFor(sharing, sender).remembered(OBJECTED) if file.sender == sender]
    if not lists:
        return pa.array([], pa.string())
    newest = max(lists, key=lambda file: (file.prepared_at, file.drop))
    rows = read_staged(sharing, sender, newest.name, area=sharing.decisions(sender))
    holds = pc.and_(pc.less_equal(rows.column("day"), on), pc.greater(rows.column("expiry"), on))
    return rows.filter(holds).column("ref").combine_chunks()


def is_objected(sharing: Sharing, sender: str, contract: Contract, rows: pa.Table, names: pa.Array) -> pa.Array:
    """Whether the person of each row is among these names."""
    found = pa.array([False] * rows.num_rows, pa.bool_())
    if len(names) and rows.num_rows:
        senders = pa.repeat(sender, rows.num_rows)
        for of_word in names_of(contract, senders, rows, sharing.pseudonyms).values():
            found = pc.or_(found, pc.is_in(of_word, names.drop_null()))
    return found


def left_out(routed: Routed, rows: pa.Array) -> Routed:
    """The same, with these rows (their numbers) nobody's work, since their people have objected."""
    return replace(routed, nowhere={**routed.nowhere, LEFT_OUT: rows}) if len(rows) else routed


def _take_out(sharing: Sharing, list_: Partition) -> int:
    """Of every file of the party that lies here and counts, or waits for an answer and may come to count: let one
    without them take its place, of the same second. How many files were looked into."""
    names = objected(sharing, list_.sender, london_day(sharing.clock()))
    files = [
        (contract, file)
        for dataset, contract in sharing.pipeline.contracts.items()
        if contract.named_by and contract.identifier is not None
        for file in _that_may_count(sharing, list_, dataset)
    ]
    # Before any is there: an order about a file is about what took its place, too.
    hashes = {f"{FILE}.{number}": file.drop for number, (_, file) in enumerate(files)}
    hashes |= {f"{BY}.{number}": _without(file.partition, list_).drop for number, (_, file) in enumerate(files)}
    subject = f"{OBJECTED}:{list_.drop}"
    sharing.ledger.record(subject, LOOKED, service=SERVICE, tenant=list_.sender, hashes=hashes)
    for contract, file in files:
        _replace(sharing, contract, file, names, list_)
    return len(files)


def _that_may_count(sharing: Sharing, list_: Partition, dataset: str) -> Iterator[Entry]:
    """The files of the party that may be used, now or once it has answered, of each collection, in their order."""
    area = sharing.staging(list_.sender)
    collections = {Partition.named(blob.name).collection for blob in area.list(f"{dataset}{INDEX}/")}
    for collection in sorted(collections):
        ties = [Tie.named(blob.name) for blob in area.list(f"{dataset}{TIES}/{collection}/")]
        entries = entries_beside(sharing, replace(list_, dataset=dataset, collection=collection))
        for entry in that_may_count(entries, ties):
            if is_usable(sharing, list_.sender, entry.partition):
                yield entry


def _without(file: Partition, list_: Partition) -> Partition:
    return replace(file, drop=derived_id(OBJECTED, file.drop, list_.drop))


def _replace(sharing: Sharing, contract: Contract, entry: Entry, names: pa.Array, list_: Partition) -> None:
    file, parts = entry.partition, {}
    for party in entry.parties:
        with suppress(Missing):  # swept by now
            parts[party] = read_staged(sharing, party, file.name)
    kept = {
        party: rows.filter(pc.invert(is_objected(sharing, file.sender, contract, rows, names)))
        for party, rows in parts.items()
    }
    if all(kept[party].num_rows == rows.num_rows for party, rows in parts.items()):
        return
    without = _without(file, list_)
    there = {party: rows for party, rows in kept.items() if rows.num_rows}
    rows = pa.concat_tables(list(kept.values()))
    placed = place(sharing, without, rows, there, file.drop)
    for party in placed.parties:
        stage(sharing, party, without, kept.get(party, rows.slice(0, 0)))
    for party in placed.parties:
        ask(sharing, without, party)
