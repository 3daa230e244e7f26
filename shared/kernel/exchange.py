"""What every service is given. The composition root (`functions/wiring.py`) builds it once; nothing reaches for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from shared.kernel.days import london_day
from shared.kernel.terms.stops import NO_STOPS, Stops

if TYPE_CHECKING:
    import pyarrow as pa

    from shared.kernel.envelope.keys import KeyService
    from shared.kernel.ledger.chain import Ledger
    from shared.kernel.storage.areas import Area
    from shared.kernel.storage.storage import Storage
    from shared.kernel.terms.agreements import Agreements
    from shared.kernel.terms.model import Agreement
    from shared.kernel.terms.pipeline import Pipeline


@dataclass(frozen=True)
class Exchange:
    """The agreements, the account of the blobs, the keys, the ledger, and the time (UTC)."""

    agreements: Agreements
    storage: Storage
    keys: KeyService
    ledger: Ledger
    """Its events bear no agreement; see `Sharing.ledger`."""
    clock: Callable[[], datetime]
    stops: Stops = NO_STOPS
    """What takes rows out of use beside the agreements, as `intake.stops.as_it_stands` found it."""

    def with_stops(self, stops: Stops) -> Exchange:
        """The same under these orders: a party that has left an agreement by today is none of its parties."""
        today = london_day(self.clock())
        every = tuple(
            replace(agreed, terms=agreed.terms.without(left))
            if (left := stops.left(agreed.terms.id, today))
            else agreed
            for agreed in self.agreements
        )
        return replace(self, agreements=replace(self.agreements, every=every), stops=stops)

    def working_on(self, subject: str) -> Exchange:
        """The same. Every request to storage and keys bears the ledger's subject, which their logs repeat."""
        return replace(self, storage=self.storage.with_request_id(subject), keys=self.keys.working_on(subject))

    def under(self, agreement: str) -> Sharing:
        """The exchange as one agreement has it. Raises `KeyError` where there is none of that id."""
        return Sharing(self, *self.agreements[agreement].both)


@dataclass(frozen=True)
class Sharing:
    """The exchange under one agreement. Whatever is written through it lies in the agreement's own folders."""

    exchange: Exchange
    agreement: Agreement
    pipeline: Pipeline

    @property
    def keys(self) -> KeyService:
        """The exchange's keys."""
        return self.exchange.keys

    @property
    def clock(self) -> Callable[[], datetime]:
        """The exchange's clock."""
        return self.exchange.clock

    @property
    def today(self) -> date:
        """London's day by it: the one on which the agreement is judged."""
        return london_day(self.clock())

    @property
    def ledger(self) -> Ledger:
        """The exchange's ledger, whose events bear this agreement."""
        return self.exchange.ledger.under(self.agreement.reference)

    def working_on(self, subject: str) -> Sharing:
        """As `Exchange.working_on`."""
        return replace(self, exchange=self.exchange.working_on(subject))

    def marking(self, subject: str, hashes: Mapping[str, str]) -> Sharing:
        """The same; every event of this subject bears these hashes."""
        return replace(self, exchange=replace(self.exchange, ledger=self.exchange.ledger.marking(subject, hashes)))

    def staging(self, party: str) -> Area:
        """Validated rows that are this party's work."""
        return self.exchange.storage.staging(party).folder(self.agreement.id)

    def pending(self, party: str) -> Area:
        """What awaits a decision of this party's."""
        return self.exchange.storage.pending(party).folder(self.agreement.id)

    def decisions(self, party: str) -> Area:
        """What this party has decided, as pseudonyms."""
        return self.exchange.storage.decisions(party).folder(self.agreement.id)

    def requests(self, party: str) -> Area:
        """Work that is due for this party."""
        return self.exchange.storage.requests(party).folder(self.agreement.id)

    def outbox(self, party: str) -> Area:
        """What this party collects."""
        return self.exchange.storage.outbox(party).folder(self.agreement.id)

    def claims(self, party: str) -> Area:
        """Facts that were fixed once for this party's work, and the marks of work that waits."""
        return self.exchange.storage.claims(party).folder(self.agreement.id)

    def pseudonyms(self, word: str, *columns: pa.Array | pa.ChunkedArray) -> pa.Array:
        """As `terms.pipeline.Pseudonyms`: keyed with this agreement's secret."""
        return self.keys.pseudonyms(self.agreement.id)(word, *columns)

    def claim(self, party: str, key: str, facts: Mapping[str, Any]) -> dict[str, Any]:
        """As `Storage.claim`, of a piece of work under this agreement."""
        return self.exchange.storage.claim(party, f"{self.agreement.id}/{key}", facts)

    def claimed(self, party: str, key: str) -> dict[str, Any] | None:
        """What was claimed of a piece of work; `None` where nothing was."""
        return self.exchange.storage.claimed(party, f"{self.agreement.id}/{key}")
