"""The work that an operation names: its client request id, held against the ledger."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shared.kernel.audit.chains import Chain, LedgerCopy
from shared.kernel.audit.coded import Coded
from shared.kernel.audit.columns import Column, Mask, column_of
from shared.kernel.audit.places import EXCHANGE
from shared.kernel.intake.identity import derived_id

_BEFORE, _AFTER = timedelta(days=7), timedelta(days=1)
"""How long before a chain's first event, and after its last, an operation may name it. A sweep that was killed is
recorded days after it began; nothing is done for work that ended yesterday."""
_EVER = 2**62


class Mark(NamedTuple):
    """The work that an operation names."""

    work: str
    """Kind of chain; empty for none, or for one that is not in the ledger, or not at that time."""
    tenant: str = ""
    agreement: str = ""
    """Id of the chain's agreement; `exchange` where it is of none."""
    event: str = ""
    """Of a key's use: the id of an event that storage logs must have seen."""


NO_MARK = Mark("")


class Marker:
    """Says of each operation which work it names."""

    def __init__(self, ledger: LedgerCopy) -> None:
        self._by_id = {chain.subject.partition(":")[2]: chain for chain in ledger.chains.values() if chain.events}
        self.events: set[str] = set()
        """Ids of events whose blob the storage logs show being read."""
        self._checked: dict[tuple[str, str, str], bool] = {}

    def mark(self, coded: Coded) -> Column[Mark]:
        """The mark of each operation."""
        vault = coded.services.where(lambda service: service == "vault")
        requests = _requests(coded, vault)
        chains = requests.mapped(self._chain)
        since = chains.as_numbers(lambda chain: micro(chain.span[0] - _BEFORE) if chain else 0)
        until = chains.as_numbers(lambda chain: micro(chain.span[1] + _AFTER) if chain else _EVER)
        in_time = (coded.at >= since) & (coded.at <= until)

        marks: list[Mark] = [
            Mark(chain.kind, chain.tenant, chain.agreement) if chain else NO_MARK for chain in chains.values
        ]
        marks.append(NO_MARK)
        numbers = np.where(in_time, chains.numbers, len(marks) - 1)
        unnamed = ~in_time | chains.where(lambda chain: chain is None)

        def set_mark(row: int, mark: Mark) -> None:
            numbers[row] = len(marks)
            marks.append(mark)

        for row in np.flatnonzero(requests.where(lambda text: text.startswith("event:"))).tolist():
            set_mark(row, self._of_event(coded, row, requests[row].partition(":")[2]))
        for row in np.flatnonzero(vault & unnamed & requests.where(bool)).tolist():
            set_mark(row, Mark("event", coded.places[row].owner, EXCHANGE, requests[row]))
        return _distinct(Column(numbers, marks))

    def _chain(self, text: str) -> Chain | None:
        """The chain that a request names, by its subject or, at the vault, by its id alone."""
        chain = self._by_id.get(text.rpartition(":")[2])
        return chain if chain and (chain.subject == text or ":" not in text) else None

    def _of_event(self, coded: Coded, row: int, event: str) -> Mark:
        """An event's id is that of the blob that arrived: where the blob stands in the line, it must be."""
        place = coded.places[row]
        if place.kind in ("inbox", "requests"):
            container, blob = (coded.table.column(name)[row].as_py() for name in ("container", "blob"))
            blob_event = (event, container, blob)
            if blob_event not in self._checked:
                told = (
                    ("requests", place.owner, blob.partition("/")[2])
                    if place.kind == "requests"
                    else (place.owner, container, blob)
                )
                self._checked[blob_event] = derived_id("event", *told) == event
            if not self._checked[blob_event]:
                return NO_MARK
            self.events.add(event)
        return Mark("event", place.owner, EXCHANGE)


def _requests(coded: Coded, vault: Mask) -> Column[str]:
    """An id without a colon is none of ours, except that the vault takes and shows ours without."""
    request = coded.table.column("request")
    ours = pc.or_(pa.array(vault), pc.match_substring(request, ":"))
    return column_of(pc.if_else(ours, request, ""))


def _distinct(marks: Column[Mark]) -> Column[Mark]:
    """The same, with each mark in the list once: many chains are of one kind and party."""
    places: dict[Mark, int] = {}
    again = np.array([places.setdefault(mark, len(places)) for mark in marks.values], np.int64)
    return Column(again[marks.numbers], list(places))


def micro(moment: datetime) -> int:
    """Microseconds since 1970."""
    return round(moment.timestamp() * 1_000_000)
