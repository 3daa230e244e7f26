"""A file's way under the agreement that `docs/developers/add-an-agreement.md` adds.

pytest does not look for this file: `test_add_an_agreement.py` runs it in a copy of the tree in which somebody has done
what the page says. Everything here is the real kernel, with real keys, over the blob service in memory.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from client.opening import open_release
from local.site import Desk, make_keys
from shared.agreements.registry import load_agreements
from shared.kernel.audit.audit import audit
from shared.kernel.audit.report import AuditReport
from shared.kernel.disposal.remind import NoLog
from shared.kernel.disposal.sweep import dispose
from shared.kernel.envelope.keys import Use
from shared.kernel.envelope.manifest import EXCHANGE
from shared.kernel.envelope.ring import LocalKeyRing
from shared.kernel.envelope.seal import Label, seal
from shared.kernel.envelope.statement import verify_statement
from shared.kernel.exchange import Exchange
from shared.kernel.intake.receive import receive
from shared.kernel.ledger.chain import Ledger
from shared.kernel.storage.poison import PoisonQueue
from shared.kernel.storage.storage import Storage
from shared.kernel.terms.model import Agreement
from shared.kernel.work.carry_out import carry_out
from tests.memory import Asked, MemoryBlobs, Refusal
from tests.poison import NoQueues
from tests.unit.infra.cloud import deploy_cloud
from tests.unit.kernel.audit.term import Term, oauth, oid

ID, PARTIES, COLLECTION = "library-cards", ("lambeth", "croydon"), "2026-autumn"
LAMBETH, CROYDON, SURREY = "E09000022", "E09000008", "E10000030"
NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
OPERATIONS = {
    ("PUT", True): "PutBlob",
    ("GET", True): "GetBlob",
    ("HEAD", True): "GetBlobProperties",
    ("DELETE", True): "DeleteBlob",
    ("GET", False): "ListBlobs",
    ("HEAD", False): "GetContainerProperties",
}


class LoggedBlobs(MemoryBlobs):
    """The account in memory, which writes down each request as Azure's resource logs do, and goes by a set clock."""

    def __init__(self, now: list[datetime], term: Term) -> None:
        super().__init__()
        self.now, self.term = now, term
        self.who: Mapping[str, Any] = {}
        """Identity in the logs of whoever acts; none: nothing is written down (set-up, and the test's own looks)."""

    def _answer(self, asked: Asked) -> Any:
        before = {(container, name) for container, blobs in self.containers.items() for name in blobs}
        try:
            answer = super()._answer(asked)
        except Refusal as refusal:
            self._note(asked, refusal.status, refusal.code)
            raise
        self._note(asked, answer.status, "", answer.headers.get("ETag", ""))
        for container, blobs in self.containers.items():
            for name, blob in blobs.items():
                if (container, name) not in before:
                    blob.created = self.now[0]
        return answer

    def _note(self, asked: Asked, status: int, text: str, etag: str = "") -> None:
        if not self.who or not asked.container:
            return
        facts: dict[str, Any] = {"text": text} if status >= 400 else {}
        if asked.query.get("comp") == "list":
            facts["query"] = f"?restype=container&comp=list&prefix={asked.query.get('prefix', '').replace('/', '%2F')}"
        self.term.blob(
            self.now[0],
            OPERATIONS[asked.method, bool(asked.blob)],
            f"{asked.container}/{asked.blob}".rstrip("/"),
            dict(self.who),
            asked.headers.get("x-ms-client-request-id"),
            status=status,
            properties={"etag": etag} if etag else {},
            **facts,
        )


@dataclass
class Town:
    """Two boroughs, and an exchange that carries out every agreement of the registry."""

    exchange: Exchange
    blobs: LoggedBlobs
    rings: Mapping[str, LocalKeyRing]
    now: list[datetime]

    @property
    def storage(self) -> Storage:
        return self.exchange.storage

    @contextmanager
    def acting(self, who: str) -> Iterator[None]:
        """The logs say that it was this one: the app, or a borough."""
        self.blobs.who = oauth(who)
        try:
            yield
        finally:
            self.blobs.who = {}

    def drop(self, slug: str, rows: list[dict[str, Any]], terms: Agreement | None = None) -> str:
        """Seal rows as a borough does, put them into its inbox, and do what the trigger does. The drop's id.

        The manifest names `terms`, else the agreement on library cards.
        """
        own = self.exchange.agreements[ID]
        ring = self.rings[slug]
        sealed = seal(
            pa.Table.from_pylist(rows, schema=own.contracts["cards"].arrow_schema()),
            Label(slug, EXCHANGE, "cards", COLLECTION, self.now[0]),
            agreement=terms or own.terms,
            key_id=ring.current(slug, Use.DROP),
            keys=ring,
        )
        name = f"cards-{sealed.manifest.sha256[:12]}.parquet"
        with self.acting(slug):
            self.storage.inbox(slug).create(name, sealed.data, sealed.metadata)
        with self.acting("app"):
            return str(receive(self.exchange, tenant=slug, container=f"{slug}-inbox", name=name))

    def work(self) -> list[str]:
        """Do what the request trigger does. Returns the requests' names."""
        asked = [(slug, blob.name) for slug in PARTIES for blob in self.storage.requests(slug).list()]
        for slug, name in asked:
            with self.acting("app"):
                carry_out(self.exchange, party=slug, name=name)
        return [name for _, name in asked]

    def outbox(self, slug: str) -> list[str]:
        """Names of what a borough can collect."""
        return [blob.name for blob in self.storage.outbox(slug).list()]

    def answer(self, slug: str, drop: str) -> dict[str, Any]:
        """The report on a drop."""
        [name] = [name for name in self.outbox(slug) if name.endswith(f"{drop}/report.json")]
        return dict(json.loads(self.storage.outbox(slug).read(name).data)) | {"at": name}

    def held(self, slug: str) -> list[dict[str, Any]]:
        """What a borough finds in its newest release, collected by itself and opened with its own key."""
        names = [name for name in self.outbox(slug) if name.endswith("/held.parquet")]
        with self.acting(slug):
            blobs = [self.storage.outbox(slug).read(name) for name in names]
        tables = [
            open_release(blob, slug=slug, ring=self.rings[slug], agreements=self.exchange.agreements) for blob in blobs
        ]
        return [row for table in tables for row in table.to_pylist()]

    def record(self, folder: Path) -> Path:
        """What an auditor is given: logs, ledger, certificates, keys, and who is who."""
        for kind in ("ledger", "certificates"):
            for name, blob in self.blobs.containers[kind].items():
                path = folder / kind / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(blob.data)
        return self.blobs.term.write(folder, split=0)

    def audited(self, folder: Path) -> AuditReport:
        """The audit of all days."""
        agreements = self.exchange.agreements
        return audit(self.record(folder), agreements, NOW.date(), (NOW + timedelta(days=30)).date())


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    make_keys(folder / "keys", tuple(Desk(slug, folder / slug) for slug in PARTIES))
    return folder


@pytest.fixture
def town(keys: Path) -> Iterator[Town]:
    now = [NOW]
    ring = LocalKeyRing(keys / "keys")
    who = {"boroughs": {slug: {"identity": oid(slug)} for slug in PARTIES}, "app": oid("app")}
    blobs = LoggedBlobs(now, Term(ring, register={"accounts": ["stexchange"], "vaults": []} | who))
    with blobs.storage() as storage:
        agreements = load_agreements()
        storage.ensure_containers(agreements.parties)
        exchange = Exchange(agreements, storage, ring, Ledger(storage.ledger(), clock=lambda: now[0]), lambda: now[0])
        yield Town(exchange, blobs, {slug: LocalKeyRing(keys / slug / "keys") for slug in PARTIES}, now)


def card(number: str, lives_in: str | None = LAMBETH, library: str = "Norbury") -> dict[str, Any]:
    return {"card": number, "library": library, "lives_in": lives_in}


def test_a_drop_is_taken_in_staged_worked_on_released_and_opened(town: Town) -> None:
    drop = town.drop("croydon", [card("L1"), card("L2"), card("L3", CROYDON), card("L4", SURREY), card("L1")])
    report = town.answer("croydon", drop)
    assert report["at"].startswith(f"{ID}/reports/")
    assert (report["status"], report["rows_in"], report["rows_rejected"]) == ("partly_accepted", 5, 1)

    staged = [name for name in town.blobs.containers["staging"] if "/cards/" in name]
    assert {name.split("/cards/")[0] for name in staged} == {f"lambeth/{ID}", f"croydon/{ID}"}
    requests = town.work()
    assert len(requests) == 2
    assert {name.partition("/")[0] for name in requests} == {ID}
    assert town.held("lambeth") == [{"card": "L1", "library": "Norbury"}, {"card": "L2", "library": "Norbury"}]
    assert town.held("croydon") == []


def test_every_row_of_the_drop_and_of_its_jobs_has_one_end(town: Town) -> None:
    drop = town.drop("croydon", [card("L1"), card("L3", CROYDON), card("L4", None), card("L1")])
    town.work()
    ledger = town.exchange.ledger
    [conserved] = [event for event in ledger.events(f"drop:{drop}") if event.step == "conserved"]
    assert conserved.counts == {"rows_in": 4, "rejected": 1, "routed": 2, "excluded.lives_elsewhere": 1}
    assert conserved.agreement == f"{ID}@1.0.0"
    jobs = {event.tenant: event for s in ledger.subjects("tell") for event in ledger.events(s) if event.counts}
    assert jobs["lambeth"].counts == {"rows_in": 1, "told": 1}
    assert jobs["croydon"].counts == {"rows_in": 1, "excluded.own_card": 1}


def test_the_same_events_again_change_nothing(town: Town) -> None:
    town.drop("croydon", [card("L1")])
    town.work()
    before = {name: set(blobs) for name, blobs in town.blobs.containers.items()}
    town.work()
    assert {name: set(blobs) for name, blobs in town.blobs.containers.items()} == before


def test_a_drop_whose_manifest_names_another_agreement_is_refused(town: Town) -> None:
    """It is signed by the right borough and lies in its inbox, but that agreement has no such dataset."""
    fsm = town.exchange.agreements["fsm"].terms
    refused = town.answer("croydon", town.drop("croydon", [card("L1")], fsm))
    assert refused["status"] == "rejected"
    assert [one["code"] for one in refused["codes"]] == ["AGR-003"]
    assert not town.blobs.containers["staging"]
    assert not town.blobs.containers["requests"]


def test_a_version_that_is_not_in_force_is_refused(town: Town) -> None:
    older = town.exchange.agreements[ID].terms.model_copy(update={"version": "0.9.0"})
    refused = town.answer("croydon", town.drop("croydon", [card("L1")], older))
    assert [one["code"] for one in refused["codes"]] == ["AGR-002"]


def test_its_files_go_on_its_own_day_and_a_certificate_says_so(town: Town) -> None:
    town.drop("croydon", [card("L1"), card("L3", CROYDON)])
    town.work()
    for days in (19, 20):
        town.now[0] = NOW + timedelta(days=days)
        with town.acting("app"):
            dispose(town.exchange, PoisonQueue(NoQueues()), NoLog())
        left = [name for name in town.blobs.containers["staging"] if f"/{ID}/" in name]
        assert bool(left) == (days < 20), f"day {days}"
    documents = [blob.data for name, blob in town.blobs.containers["certificates"].items() if name.startswith("lamb")]
    [body] = [verify_statement(document, town.exchange.keys.public_key)["body"] for document in documents]
    assert {entry["agreement"] for entry in body["destroyed"]} == {ID, "exchange"}
    assert body["agreements"][f"{ID}@1.0.0"]
    assert body["not_destroyed"] == []


def test_the_audit_explains_every_operation_by_its_pipeline_and_terms(town: Town, tmp_path: Path) -> None:
    town.drop("croydon", [card("L1"), card("L3", CROYDON), card("L4", SURREY)])
    town.work()
    town.held("lambeth")
    town.now[0] = NOW + timedelta(days=20)
    with town.acting("app"):
        dispose(town.exchange, PoisonQueue(NoQueues()), NoLog())
    report = town.audited(tmp_path / "record")
    assert [finding for check in report.checks for finding in check.exceptions] == []
    assert report.unexplained == 0
    by = Counter({"tell": 0, "drop": 0})
    for part in report.explained:
        by[part.by if part.agreement == ID else ""] += part.operations
    parts = "claim, two partitions, releases and summaries of two jobs, the looks before, and twice at orders to stop"
    assert by["tell"] == 18, parts
    assert by["drop"] == 17


@pytest.mark.parametrize("place", [f"staging/lambeth/{ID}/other/x.parquet", "staging/lambeth/fsm/pupils/x.parquet"])
def test_the_audit_names_what_a_job_has_no_right_to(town: Town, tmp_path: Path, place: str) -> None:
    town.drop("croydon", [card("L1")])
    town.work()
    [job] = list(town.exchange.ledger.subjects("tell"))
    at = NOW + timedelta(minutes=1)
    name = place.replace("x.parquet", f"{COLLECTION}/croydon.20261121T093000Z.{'0' * 32}.parquet")
    town.blobs.term.blob(at, "GetBlob", name, oauth("app"), job)
    report = town.audited(tmp_path / "record")
    assert report.unexplained == 1


def test_a_stranger_to_the_agreement_has_no_part_in_it(town: Town) -> None:
    """Lewisham is party to others of the exchange's agreements, not to this one."""
    terms = town.exchange.agreements[ID].terms
    assert "lewisham" in town.exchange.agreements.parties
    assert "lewisham" not in [party.slug for party in terms.participants]
    report = town.answer("croydon", town.drop("croydon", [card("L1", "E09000023")]))
    assert report["rows_by_code"] == {"CRI-001": [2]}
    assert not [name for name in town.blobs.containers["staging"] if name.startswith("lewisham/")]


@pytest.mark.outside
def test_the_cloud_has_a_place_for_its_parties() -> None:
    names = {resource.name.rpartition("/")[2] for resource in deploy_cloud().resources}
    assert {"croydon-inbox", "croydon-outbox", "drop-croydon", "drop-lambeth"} <= names
    assert "surrey-inbox" not in names
