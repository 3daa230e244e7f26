"""What the logs saw of work that the ledger records: which chains were read, and how much each sweep deleted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shared.kernel.audit.coded import Coded
from shared.kernel.audit.columns import column_of, together
from shared.kernel.audit.once import HOUR
from shared.kernel.audit.schema import VERBS
from shared.kernel.disposal.objects import OWN

_SWEEP = "sweep:"


@dataclass
class Seen:
    """Of all batches."""

    readers: set[str] = field(default_factory=set)
    """Subjects in whose name the ledger was read or listed."""
    deleted: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Objects that the app deleted in the name of a sweep, by its subject and the kind of container; its own notes
    apart."""
    deletions: set[int] = field(default_factory=set)
    """Hours since 1970 with a deletion by a sweep."""

    def add(self, coded: Coded) -> None:
        """Take in one batch."""
        looks = coded.operations.where(lambda name: VERBS.get(name) in ("read", "list"))
        of_ledger = coded.places.where(lambda place: place.kind == "ledger")
        rows = np.flatnonzero(looks & of_ledger & coded.done)
        if rows.size:
            self.readers.update(pc.unique(coded.table.column("request").take(pa.array(rows))).to_pylist())
        gone = coded.operations.where(lambda name: VERBS.get(name) == "delete")
        gone &= coded.people.where(lambda person: person.role == "app")
        rows = np.flatnonzero(gone & coded.done)
        if rows.size:
            self._deleted(coded, rows)

    def _deleted(self, coded: Coded, rows: np.ndarray) -> None:
        table = coded.table.select(["request", "blob"]).take(pa.array(rows))
        swept = pc.starts_with(table.column("request"), _SWEEP)
        noted = pc.match_substring(table.column("blob"), f"/{OWN}")
        kept = np.asarray(pc.and_(swept, pc.invert(noted)))
        rows, requests = rows[kept], column_of(table.column("request").filter(pa.array(kept)))
        if not rows.size:
            return
        places = coded.places.taken(rows)
        numbers, firsts = together(requests.numbers, places.numbers)
        for number, first in enumerate(firsts):
            self.deleted[requests[first], places[first].kind] += int(np.sum(numbers == number))
        self.deletions.update(np.unique(coded.at[rows] // HOUR).tolist())
