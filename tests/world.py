"""A small world: four boroughs with keys, an exchange on the emulator, and drops of a few made-up children.

Nothing is mocked: keys are real, files are sealed, blobs are in the emulator or, for unit tests, in `tests/memory.py`;
only the clock is set.
"""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from client.opening import open_release
from local.site import Desk
from shared.agreements.free_school_meals.contracts import CONTRACTS
from shared.agreements.registry import agreed, load_agreement
from shared.kernel.contract.identifiers import upn_check_letter
from shared.kernel.envelope.keys import Use
from shared.kernel.envelope.manifest import EXCHANGE
from shared.kernel.envelope.ring import LocalKeyRing
from shared.kernel.envelope.seal import Label, Sealed, seal
from shared.kernel.exchange import Exchange, Sharing
from shared.kernel.intake.due import begin_all
from shared.kernel.intake.receive import receive
from shared.kernel.ledger.chain import Ledger
from shared.kernel.rights.orders import carry_out_order
from shared.kernel.storage.storage import POSTCODES, Storage
from shared.kernel.terms.agreements import Agreements
from shared.kernel.terms.model import Agreement
from shared.kernel.terms.orders import is_order
from shared.kernel.work.carry_out import carry_out

PILOT = ("lambeth", "lewisham", "southwark", "wandsworth")
COLLECTION = "2026-autumn"
NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
POSTCODE_ROWS = {"SW2 5SG": "E09000022", "SE13 6TT": "E09000023", "SE15 4QP": "E09000028", "GU1 1AA": "E10000030"}


def upn(serial: int, la: str = "210") -> str:
    """A valid permanent UPN."""
    body = f"{la}2345{serial:05d}"
    return upn_check_letter(body) + body


def pupil(serial: int = 1, **changes: Any) -> dict[str, Any]:
    """A pupil of a Southwark school who lives in Lambeth."""
    return {
        "upn": upn(serial),
        "surname": "Okafor",
        "forename": "Amara",
        "dob": date(2015, 3, 21),
        "sex": "F",
        "nc_year": "6",
        "enrol_status": "C",
        "postcode": "SW2 5SG",
        "paon": "14",
        "street": "Acre Lane",
        "urn": "100042",
        "laestab": "2101234",
        "school_name": "Peckham Rye Primary",
        "home_la": "E09000022",
    } | changes


def household(ref: str = "H1", **changes: Any) -> dict[str, Any]:
    """A child of a Lambeth household on Universal Credit without known earnings."""
    return {
        "household_ref": ref,
        "claim_type": "CTR",
        "source": "LOCAL",
        "qualifying_benefit": "IS",
        "claimant_forename": "Ngozi",
        "claimant_surname": "Okafor",
        "postcode": "SW2 5SG",
        "paon": "14",
        "street": "Acre Lane",
        "child_seq": 1,
        "child_forename": "Amara",
        "child_surname": "Okafor",
        "child_dob": date(2015, 3, 21),
        "suppress_contact": False,
        "extract_date": date(2026, 11, 1),
    } | changes


def decision(match_ref: str, choice: str = "confirm", **changes: Any) -> dict[str, Any]:
    """An officer's decision on one match."""
    return {"match_ref": match_ref, "decision": choice, "decided_by": "officer1", "decided_on": NOW.date()} | changes


def table(dataset: str, rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Rows as a contract table."""
    return pa.Table.from_pylist([dict(row) for row in rows], schema=CONTRACTS[dataset].arrow_schema())


@dataclass
class World:
    """The exchange, the boroughs' key rings, and what a test does with them."""

    exchange: Exchange
    rings: dict[str, LocalKeyRing]
    now: list[datetime] = field(default_factory=lambda: [NOW])

    @property
    def storage(self) -> Storage:
        return self.exchange.storage

    @property
    def agreement(self) -> Agreement:
        """What the agreement says."""
        return next(iter(self.exchange.agreements)).terms

    @property
    def sharing(self) -> Sharing:
        """The exchange under this agreement."""
        return self.exchange.under(self.agreement.id)

    def under(self, agreement: Agreement) -> World:
        """The same world under these terms."""
        return replace(self, exchange=replace(self.exchange, agreements=agreements_of(agreement)))

    def seal(
        self, slug: str, dataset: str, rows: pa.Table, *, prepared_at: datetime | None = None, **facts: Any
    ) -> Sealed:
        """Seal as the borough `slug` would; `facts` override what it says of the file."""
        keys = self.rings[slug]
        how = {"agreement": self.agreement, "key_id": keys.current(slug, Use.DROP), "keys": keys}
        how |= {name: facts.pop(name) for name in how if name in facts}
        label = Label(slug, EXCHANGE, dataset, COLLECTION, prepared_at or self.now[0])
        return seal(rows, replace(label, **facts), **how)

    def put(self, slug: str, data: bytes, metadata: Mapping[str, str]) -> str:
        """Put a file into the borough's inbox under a name that is not taken."""
        name = f"{next(_numbers):06d}.parquet"
        self.storage.inbox(slug).create(name, data, metadata)
        return name

    def drop(self, slug: str, dataset: str, rows: Iterable[Mapping[str, Any]], **facts: Any) -> str:
        """Seal rows, put them, and return the blob's name."""
        sealed = self.seal(slug, dataset, table(dataset, rows), **facts)
        return self.put(slug, sealed.data, sealed.metadata)

    def receive(self, slug: str, name: str) -> str | None:
        """Do what the drop trigger does."""
        return receive(self.exchange, tenant=slug, container=f"{slug}-inbox", name=name)

    def wake(self) -> None:
        """Ask for all work that waits, as somebody does who does not wait."""
        looking = replace(self.exchange, storage=self.storage.with_request_id("reconcile:look"))
        for each in self.exchange.agreements:
            for party in each.terms.participants:
                begin_all(looking.under(each.terms.id), party.slug)

    def carry_out_all(self) -> None:
        """Wake what waits, then do what the request trigger does, for every request there is."""
        self.wake()
        for slug in PILOT:
            for blob in list(self.storage.requests(slug).list()):
                work = carry_out_order if is_order(blob.name) else carry_out
                work(self.exchange, party=slug, name=blob.name)

    def report(self, slug: str, drop: str | None) -> dict[str, Any]:
        """The report that the borough finds in its outbox."""
        return dict(json.loads(self.answer(slug, drop, "report.json")))

    def answer(self, slug: str, drop: str | None, document: str) -> bytes:
        """One document of what the borough was told of a drop, wherever it lies."""
        [name] = [name for name in self.outbox(slug) if name.endswith(f"/reports/{drop}/{document}")]
        return self.storage.outbox(slug).read(name).data

    def answer_of(self, slug: str, name: str) -> bytes:
        """A blob of the borough's outbox as it lies there."""
        return self.storage.outbox(slug).read(name).data

    def statuses(self, slug: str) -> list[str]:
        """Those of all reports that the borough has, in alphabetical order."""
        outbox = self.storage.outbox(slug)
        names = [blob.name for blob in outbox.list() if blob.name.endswith("report.json")]
        return sorted(json.loads(outbox.read(name).data)["status"] for name in names)

    def outbox(self, slug: str) -> list[str]:
        """Names of what the borough can collect."""
        return [blob.name for blob in self.storage.outbox(slug).list()]

    def open(self, slug: str, name: str) -> pa.Table:
        """Open a release with the borough's own key."""
        blob = self.storage.outbox(slug).read(name)
        return open_release(blob, slug=slug, ring=self.rings[slug], agreements=self.exchange.agreements)

    def results(self, slug: str, release: str) -> pa.Table:
        """All rows of a release that the borough has, opened with its own key."""
        return pa.concat_tables(
            [self.open(slug, name) for name in self.outbox(slug) if name.endswith(f"/{release}.parquet")]
        )

    def everything(self) -> dict[str, Any]:
        """All that boroughs can collect, opened: what must be the same whatever the order of events."""
        found: dict[str, Any] = {}
        for slug in PILOT:
            for name in self.outbox(slug):
                if "/reports/" in name:
                    found[f"{slug}/{name}"] = self.storage.outbox(slug).read(name).data
                elif name.endswith(".parquet"):
                    found[f"{slug}/{name}"] = self.open(slug, name).to_pydict()
                elif name.endswith("/current.json"):
                    # Of the same rows sealed again neither the hash is the same nor, of it, the signature.
                    body = json.loads(self.storage.outbox(slug).read(name).data)["payload"]["body"]
                    of_chains = [vouched["subject"] for vouched in body["ledger"]]
                    found[f"{slug}/{name}"] = body | {"releases": sorted(body["releases"]), "ledger": of_chains}
                else:
                    found[f"{slug}/{name}"] = json.loads(self.storage.outbox(slug).read(name).data)
        return found

    def steps(self, subject: str) -> list[str]:
        """The steps that the ledger has of a subject."""
        return [event.step for event in self.exchange.ledger.events(subject)]


_numbers = itertools.count(1)


def make_world(
    storage: Storage, folder: Path, agreement: Agreement | None = None, now: list[datetime] | None = None
) -> World:
    """Build the world in an empty storage account, over keys that `make_keys(folder / "keys", desks(folder))` made."""
    now = now or [NOW]
    return World(
        Exchange(
            agreements=agreements_of(agreement or load_agreement("fsm")),
            storage=storage,
            keys=LocalKeyRing(folder / "keys"),
            ledger=Ledger(storage.ledger(), clock=lambda: now[0]),
            clock=lambda: now[0],
        ),
        {slug: LocalKeyRing(folder / slug / "keys") for slug in PILOT},
        now,
    )


def agreements_of(agreement: Agreement) -> Agreements:
    """This agreement alone, with the pipeline of free school meals."""
    return Agreements((agreed(agreement),))


def desks(folder: Path) -> tuple[Desk, ...]:
    """The boroughs' own sides, as the local site lays them out."""
    return tuple(Desk(slug, folder / slug) for slug in PILOT)


def put_postcodes(storage: Storage, rows: Mapping[str, str] = POSTCODE_ROWS) -> None:
    """The postcode directory of the small world."""
    buffer = io.BytesIO()
    pq.write_table(pa.table({"postcode": list(rows), "ons_code": list(rows.values())}), buffer)
    storage.reference().create(POSTCODES, buffer.getvalue())
