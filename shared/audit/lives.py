"""What the logs saw being written and deleted, object by object, and read where that says that work was begun.

Objects are told apart by a digest of their name, 64 bits of it: of millions of objects two are the same by chance about
once in a million audits, and an audit of a month fits into memory.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from shared.audit.codes import Numbers
from shared.audit.explain import DONE, Coded, Explainer, Row
from shared.audit.schema import VERBS

_RECEIPT = re.compile(r"reports/([0-9a-f]{32})/receipt\.json")
_OF_OBJECTS = frozenset({"inbox", "outbox", "staging", "requests", "claims", "certificates", "ledger", "deadletter"})
_WRITTEN = frozenset({"PutBlob", "PutBlockList", "PutBlobFromURL", "CopyBlob"})
_GONE = frozenset({"DeleteBlob"})
_FIELDS = ("object", "at", "gone", "place", "file", "line")


@dataclass
class Lives:
    """Births and deaths of objects, in the order of object and time once `closed`."""

    _parts: dict[str, list[np.ndarray]] = field(default_factory=lambda: {name: [] for name in _FIELDS})
    _files: dict[str, int] = field(default_factory=dict)
    ledger_writes: dict[str, Row] = field(default_factory=dict)
    """Names of events that were seen written."""
    receipts: set[str] = field(default_factory=set)
    """Ids of drops whose receipt was seen written."""
    _read: list[np.ndarray] = field(default_factory=list)

    def add(self, coded: Coded, explainer: Explainer) -> None:
        """Take what one lot says."""
        verbs = [VERBS.get(text, "") for text in explainer.operations.texts]
        of_objects = np.fromiter((p.kind in _OF_OBJECTS for p in explainer.places.texts), bool)[coded.places]
        done = (coded.outcomes == DONE) & of_objects
        written, gone = (
            np.fromiter((text in names for text in explainer.operations.texts), bool)[coded.operations]
            for names in (_WRITTEN, _GONE)
        )
        rows = np.flatnonzero(done & (written | gone))
        if rows.size:
            self._live(coded, rows, gone[rows])
            self._name(coded, explainer, rows[~gone[rows]])
        inbox = np.fromiter((p.kind == "inbox" for p in explainer.places.texts), bool)[coded.places]
        read = np.fromiter((verb in ("read", "look") for verb in verbs), bool)[coded.operations]
        app = np.fromiter((person.role == "app" for person in explainer.people.texts), bool)[coded.people]
        taken = np.flatnonzero(read & app & inbox & (coded.outcomes == DONE))
        if taken.size:
            self._read.append(_digests(coded, taken))

    def _live(self, coded: Coded, rows: Numbers, gone: np.ndarray) -> None:
        numbers = np.array([self._files.setdefault(file, len(self._files)) for file in coded.files], np.int32)
        places = coded.table.select(["file", "line"]).take(pa.array(rows))
        parts = (
            _digests(coded, rows),
            coded.at[rows],
            gone,
            coded.places[rows].astype(np.int16),
            numbers[np.asarray(places.column("file"))],
            np.asarray(places.column("line")),
        )
        for name, part in zip(_FIELDS, parts, strict=True):
            self._parts[name].append(np.asarray(part))

    def _name(self, coded: Coded, explainer: Explainer, rows: Numbers) -> None:
        kinds = np.array([place.kind for place in explainer.places.texts])[coded.places[rows]]
        for kind in ("ledger", "outbox"):
            some = rows[kinds == kind]
            names = coded.table.column("blob").take(pa.array(some))
            if kind == "outbox":
                kept = np.flatnonzero(np.asarray(pc.ends_with(names, "/receipt.json")))
                self.receipts.update(
                    found[1] for name in names.take(pa.array(kept)).to_pylist() if (found := _RECEIPT.fullmatch(name))
                )
                continue
            for name, at, (file, line) in zip(names.to_pylist(), coded.at[some], coded.whereabouts(some), strict=True):
                row = Row(int(at), file, line, name)
                if name not in self.ledger_writes or row < self.ledger_writes[name]:
                    self.ledger_writes[name] = row

    def closed(self, explainer: Explainer) -> Closed:
        """All of it, sorted."""
        empty = {"gone": np.zeros(0, bool), "object": np.zeros(0, np.uint64)}
        joined = {
            name: np.concatenate(parts) if parts else empty.get(name, np.zeros(0, np.int64))
            for name, parts in self._parts.items()
        }
        self._parts.clear()
        order = np.lexsort((joined["gone"], joined["at"], joined["object"]))
        read = np.unique(np.concatenate(self._read)) if self._read else np.zeros(0, np.uint64)
        places = [(place.kind, place.owner) for place in explainer.places.texts]
        return Closed({name: column[order] for name, column in joined.items()}, tuple(self._files), places, read)


@dataclass(frozen=True)
class Closed:
    """Births and deaths sorted by object and time."""

    columns: dict[str, np.ndarray]
    files: tuple[str, ...]
    places: list[tuple[str, str]]
    read: np.ndarray
    """Objects of inboxes that the app has read, sorted."""

    def row(self, position: int) -> Row:
        """Where the log says it."""
        column = self.columns
        return Row(int(column["at"][position]), self.files[column["file"][position]], int(column["line"][position]), "")

    def place(self, position: int) -> tuple[str, str]:
        """Kind and owner."""
        return self.places[int(self.columns["place"][position])]

    def of_kind(self, *kinds: str) -> np.ndarray:
        """Whether each entry is in a container of these kinds."""
        wanted: np.ndarray = np.fromiter((kind in kinds for kind, _ in self.places), bool, len(self.places))
        return np.asarray(wanted[self.columns["place"].astype(np.int64)])

    @property
    def births(self) -> np.ndarray:
        """Positions of writes."""
        return np.flatnonzero(~self.columns["gone"].astype(bool))

    def overwritten(self) -> Iterator[int]:
        """Positions of writes that follow a write of the same object, with no deletion between."""
        gone, objects = self.columns["gone"].astype(bool), self.columns["object"]
        again = ~gone[1:] & ~gone[:-1] & (objects[1:] == objects[:-1])
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
