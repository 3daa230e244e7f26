"""What the logs saw being written and deleted, object by object, and read where that says that work was begun.

Objects are told apart by a digest of their name, 64 bits of it: of millions of objects two are the same by chance about
once in a million audits, and an audit of a month fits into memory.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from shared.kernel import names
from shared.kernel.audit.coded import Coded
from shared.kernel.audit.columns import Mask, Numbers
from shared.kernel.audit.explain import Row
from shared.kernel.audit.places import REPORTS, SHARED, Place
from shared.kernel.audit.schema import VERBS
from shared.kernel.terms.current import FILE

_RECEIPT = re.compile(rf"[^/]+/[^/]+/({names.ID})/receipt\.json")
_OF_OBJECTS = frozenset({*SHARED, "inbox", "outbox", "ledger", "deadletter"})
_WRITTEN = frozenset({"PutBlob", "PutBlockList", "PutBlobFromURL", "CopyBlob"})
_GONE = frozenset({"DeleteBlob"})
_FIELDS = ("object", "at", "gone", "place", "file", "line")


@dataclass
class Lives:
    """Births and deaths of objects, in the order of object and time once `closed`."""

    _parts: dict[str, list[np.ndarray]] = field(default_factory=lambda: {name: [] for name in _FIELDS})
    _files: dict[str, int] = field(default_factory=dict)
    _places: dict[Place, int] = field(default_factory=dict)
    ledger_writes: dict[str, Row] = field(default_factory=dict)
    """Names of events that were seen written."""
    receipts: set[str] = field(default_factory=set)
    """Ids of drops whose receipt was seen written."""
    _read: list[np.ndarray] = field(default_factory=list)
    _rewritten: list[np.ndarray] = field(default_factory=list)
    """Objects that are written again while they are there, because that is their work: which result is current."""

    def add(self, coded: Coded) -> None:
        """Take in one batch."""
        done = coded.done & coded.places.where(lambda place: place.kind in _OF_OBJECTS)
        gone = coded.operations.where(_GONE.__contains__)
        rows = np.flatnonzero(done & (gone | coded.operations.where(_WRITTEN.__contains__)))
        if rows.size:
            self._live(coded, rows, gone[rows])
            self._name(coded, rows[~gone[rows]])
        inbox = coded.places.where(lambda place: place.kind == "inbox")
        read = coded.operations.where(lambda name: VERBS.get(name) in ("read", "look"))
        app = coded.people.where(lambda person: person.role == "app")
        taken = np.flatnonzero(read & app & inbox & coded.done)
        if taken.size:
            self._read.append(_digests(coded, taken))

    def _live(self, coded: Coded, rows: Numbers, gone: Mask) -> None:
        files = np.array([self._files.setdefault(file, len(self._files)) for file in coded.files], np.int32)
        whole = [replace(place, folder="") for place in coded.places.values]
        there = [self._places.setdefault(place, len(self._places)) for place in whole]
        lines = coded.table.select(["file", "line"]).take(pa.array(rows))
        parts = (
            _digests(coded, rows),
            coded.at[rows],
            gone,
            np.array(there, np.int32)[coded.places.numbers[rows]],
            files[np.asarray(lines.column("file"))],
            np.asarray(lines.column("line")),
        )
        for name, part in zip(_FIELDS, parts, strict=True):
            self._parts[name].append(np.asarray(part))

    def _name(self, coded: Coded, rows: Numbers) -> None:
        places = coded.places.taken(rows)
        released = rows[places.where(lambda place: place.kind == "outbox" and place.folder == REPORTS)]
        names = coded.table.column("blob").take(pa.array(released))
        current = rows[places.where(lambda place: place.kind == "outbox" and bool(place.agreement))]
        of_current = pc.ends_with(coded.table.column("blob").take(pa.array(current)), f"/{FILE}")
        self._rewritten.append(_digests(coded, current[np.asarray(of_current)]))
        receipts = names.filter(pc.ends_with(names, "/receipt.json")).to_pylist()
        self.receipts.update(found[1] for name in receipts if (found := _RECEIPT.fullmatch(name)))
        for position in rows[places.where(lambda place: place.kind == "ledger")]:
            name = coded.names[position]
            row = Row(int(coded.at[position]), *coded.whereabouts(position), name)
            if name not in self.ledger_writes or row < self.ledger_writes[name]:
                self.ledger_writes[name] = row

    def closed(self) -> Closed:
        """All of it, sorted."""
        empty = {"gone": np.zeros(0, bool), "object": np.zeros(0, np.uint64)}
        joined = {
            name: np.concatenate(parts) if parts else empty.get(name, np.zeros(0, np.int64))
            for name, parts in self._parts.items()
        }
        self._parts.clear()
        order = np.lexsort((joined["gone"], joined["at"], joined["object"]))
        read = np.unique(np.concatenate(self._read)) if self._read else np.zeros(0, np.uint64)
        columns = {name: column[order] for name, column in joined.items()}
        rewritten = np.unique(np.concatenate(self._rewritten)) if self._rewritten else np.zeros(0, np.uint64)
        return Closed(columns, tuple(self._files), tuple(self._places), read, rewritten)


@dataclass(frozen=True)
class Closed:
    """Births and deaths sorted by object and time."""

    columns: dict[str, np.ndarray]
    files: tuple[str, ...]
    places: tuple[Place, ...]
    """Kind, owner and agreement."""
    read: np.ndarray
    """Objects of inboxes that the app has read, sorted."""
    rewritten: np.ndarray
    """Objects that may be written again, sorted."""

    def row(self, position: int) -> Row:
        """Where the log says it."""
        column = self.columns
        return Row(int(column["at"][position]), self.files[column["file"][position]], int(column["line"][position]), "")

    def place(self, position: int) -> Place:
        """Kind, owner and agreement."""
        return self.places[int(self.columns["place"][position])]

    def of_kind(self, *kinds: str) -> np.ndarray:
        """Whether each entry is in a container of these kinds."""
        wanted: Mask = np.fromiter((place.kind in kinds for place in self.places), bool, len(self.places))
        return np.asarray(wanted[self.columns["place"].astype(np.int64)])

    def by_place(self, positions: np.ndarray, say: Callable[[Place], int]) -> Numbers:
        """What `say` says of the place of each of these; it is asked once a place."""
        answers = np.fromiter(map(say, self.places), np.int64, len(self.places))
        return np.asarray(answers[self.columns["place"][positions].astype(np.int64)])

    @property
    def births(self) -> np.ndarray:
        """Positions of writes."""
        return np.flatnonzero(~self.columns["gone"].astype(bool))

    def overwritten(self) -> Iterator[int]:
        """Positions of writes that follow a write of the same object, with no deletion between, but of those whose
        work that is."""
        gone, objects = self.columns["gone"].astype(bool), self.columns["object"]
        again = ~gone[1:] & ~gone[:-1] & (objects[1:] == objects[:-1]) & ~np.isin(objects[1:], self.rewritten)
        yield from (int(position) + 1 for position in np.flatnonzero(again))

    def ends(self, births: np.ndarray) -> np.ndarray:
        """When each of these was deleted or overwritten, microseconds since 1970; the greatest number where neither."""
        objects, at = self.columns["object"], self.columns["at"]
        following = np.minimum(births + 1, max(len(objects) - 1, 0))
        ended = (births + 1 < len(objects)) & (objects[following] == objects[births])
        return np.where(ended, at[following], np.iinfo(np.int64).max)


def _digests(coded: Coded, rows: Numbers) -> np.ndarray:
    table = coded.table.select(["container", "blob"]).take(pa.array(rows))
    names = pc.binary_join_element_wise(table.column("container"), table.column("blob"), "/")
    return np.asarray(pd.util.hash_array(names.to_numpy(zero_copy_only=False).astype(object), categorize=False))
