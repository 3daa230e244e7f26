"""A batch of operations, in which each value that tells them apart stands once: where, who, what, how it ended."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shared.kernel.audit.batches import Batch
from shared.kernel.audit.columns import Column, Mask, Numbers, column_of, together
from shared.kernel.audit.people import People, Person
from shared.kernel.audit.places import EXCHANGE, FOLDERS, OPERATED, SHARED, Place, Places
from shared.kernel.audit.register import Register
from shared.kernel.audit.schema import DENIED_STATUS, DENIED_WORDS
from shared.kernel.terms.agreements import Agreements

OUTCOMES = ("done", "denied", "failed")
_DONE, _DENIED, _FAILED = range(len(OUTCOMES))
_FIRST_FAILURE = 400


@dataclass(frozen=True)
class Coded:
    """Operations up to the end of the period: what looks at them need not look at their texts again."""

    files: tuple[str, ...]
    table: pa.Table
    at: Numbers
    """Microseconds since 1970."""
    services: Column[str]
    categories: Column[str]
    places: Column[Place]
    operations: Column[str]
    outcomes: Column[str]
    """Of `OUTCOMES`."""
    people: Column[Person]
    authentications: Column[str]

    @property
    def done(self) -> Mask:
        """What the service carried out."""
        return np.asarray(self.outcomes.numbers == _DONE)

    @cached_property
    def callers(self) -> Column[str]:
        """Where each came from, as the log has it."""
        return column_of(self.table.column("ip"))

    @cached_property
    def names(self) -> Column[str]:
        """Of the objects. **Not to be shown.**"""
        return column_of(self.table.column("blob"))

    def whereabouts(self, row: int) -> tuple[str, int]:
        """File and line."""
        file, line = self._lines
        return self.files[file[row]], int(line[row])

    @cached_property
    def _lines(self) -> tuple[Numbers, Numbers]:
        return np.asarray(self.table.column("file")), np.asarray(self.table.column("line"))


class Coder:
    """Codes batches; knows who and where there is."""

    def __init__(self, agreements: Agreements, register: Register) -> None:
        self._people = People(register)
        self.places = Places(agreements)

    def code(self, batch: Batch, keep: Mask, at: Numbers) -> Coded:
        """Those of a batch's operations that are to be kept; `at` is the time of each of the batch's rows."""
        table = batch.operations
        if not keep.all():
            table, at = table.filter(pa.array(keep)), at[keep]
        services = column_of(table.column("service"))
        authentications = column_of(table.column("authentication"))
        return Coded(
            files=batch.files,
            table=table,
            at=at,
            services=services,
            categories=column_of(table.column("category")),
            places=self._where(table, services),
            operations=column_of(table.column("operation")),
            outcomes=_outcomes(table),
            people=self._who(column_of(table.column("principal")), authentications),
            authentications=authentications,
        )

    def _who(self, principals: Column[str], authentications: Column[str]) -> Column[Person]:
        """By principal and authentication together."""
        numbers, firsts = together(principals.numbers, authentications.numbers)
        return Column(numbers, [self._people.find(principals[row], authentications[row]) for row in firsts])

    def _where(self, table: pa.Table, services: Column[str]) -> Column[Place]:
        """By service, container and, where a container has parts, the folders that say which."""
        containers = column_of(table.column("container"))
        vault = services.where(lambda service: service == "vault")
        deep = containers.as_numbers(_depth)
        parts = column_of(_parts(table, vault, deep))
        numbers, firsts = together(services.numbers, containers.numbers, parts.numbers)
        return Column(numbers, [self._place(services[row], containers[row], parts[row]) for row in firsts])

    def _place(self, service: str, container: str, part: str) -> Place:
        place = self.places.container(service, container)
        if place.kind == "vault":
            return Place("vault", self.places.part(part.rpartition("/")[2].partition("-")[2]) or EXCHANGE)
        # What stands behind the last slash is no folder, but a file's name or the beginning of one.
        folders = part.split("/")[:-1]
        if place.kind == "ledger" and folders[:1] and folders[0] in OPERATED:
            return replace(place, owner=folders[0])
        if place.kind in SHARED:
            place = replace(place, owner=self.places.part(folders.pop(0)) if folders else "")
        if place.owner and place.kind in FOLDERS:
            agreement, folder = self.places.within(place.kind, folders)
            return replace(place, agreement=agreement, folder=folder)
        return place


def _depth(container: str) -> int:
    """How many folders of a name in this container say whose it is."""
    kind = "outbox" if container.endswith("-outbox") else container
    return FOLDERS.get(kind, 0) + (kind in SHARED or kind == "ledger")


def _parts(table: pa.Table, vault: Mask, deep: Numbers) -> pa.ChunkedArray:
    """What tells whose part of a container it is: as many folders of a name or prefix as `deep` says, each with its
    slash, or the key's name; empty where the container has no parts."""
    found = pa.repeat("", table.num_rows)
    for depth in (1, 2, 3):
        if (rows := (deep == depth) & ~vault).any():
            names = table.select(["blob", "listed"]).filter(pa.array(rows))
            name = pc.if_else(pc.equal(names.column("blob"), ""), names.column("listed"), names.column("blob"))
            folders = pc.struct_field(pc.extract_regex(name, f"^(?P<found>(?:[^/]*/){{0,{depth}}})"), 0)
            found = pc.replace_with_mask(found, pa.array(rows), folders.combine_chunks())
    if vault.any():
        keys = table.column("blob").filter(pa.array(vault))
        found = pc.replace_with_mask(found, pa.array(vault), keys.combine_chunks())
    return pa.chunked_array([found])


def _outcomes(table: pa.Table) -> Column[str]:
    status = np.asarray(table.column("status"))
    denied = np.isin(status, DENIED_STATUS) | np.asarray(
        pc.is_in(table.column("status_text"), value_set=pa.array(DENIED_WORDS))
    )
    failed = (status >= _FIRST_FAILURE) | (status == 0)
    return Column(np.where(denied, _DENIED, np.where(failed, _FAILED, _DONE)).astype(np.int64), OUTCOMES)
