"""A term at the four pilot boroughs as Azure would have logged it: every line, event and certificate, and who is who.

Nothing is amiss in it. `misdeeds.py` takes it and does one thing wrong.
"""

from __future__ import annotations

import hashlib
import json
import uuid
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from shared.kernel.audit.register import signature_hash
from shared.kernel.audit.schema import DELETE, FOLDERS, KEYS, READ, VERBS, WRITE
from shared.kernel.disposal.notes import Sweep
from shared.kernel.disposal.objects import object_id
from shared.kernel.envelope.keys import Use
from shared.kernel.envelope.manifest import EXCHANGE
from shared.kernel.envelope.ring import LocalKeyRing
from shared.kernel.envelope.statement import sign_statement
from shared.kernel.intake.identity import derived_id
from shared.kernel.ledger.events import OF_NONE, START, Event
from tests.unit.kernel.second import COUNTS, DATASET, EARLIER, KIND

PILOT = ("lambeth", "lewisham", "southwark", "wandsworth")
FIRST, LAST = date(2026, 10, 1), date(2026, 11, 30)
AGREEMENT, OTHER = "fsm@1.0.0", "head-count@2.1.0"
COLLECTION = "2026-autumn"
ACCOUNT, VAULT = "stexchange", "kv-exchange"
CHILD = "Okafor-Amara"
"""Stands in the name of a dropped file, as a borough might have it, and must stand in no report."""

_NAMESPACE = uuid.UUID("5c6b1a52-9a0b-4a52-8d0e-0e5b6f2f7c11")
_ROOT = "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-exchange/providers"
_AGENT = "azsdk-python-storage-blob/12.31.0 Python/3.13.1 (Linux-5.15.0-1053-azure-x86_64-with-glibc2.36)"
_CREATES = {"create": 201, "delete": 202}


def oid(who: str) -> str:
    """The object id of somebody."""
    return str(uuid.uuid5(_NAMESPACE, who))


def signature(who: str) -> str:
    """The value of `sig` of a pass."""
    return hashlib.sha256(who.encode()).hexdigest() + "%2B%3D"


def when(day: date | str, hour: int = 9, minute: int = 30, second: int = 0) -> datetime:
    """A moment of the term."""
    day = date.fromisoformat(day) if isinstance(day, str) else day
    return datetime(day.year, day.month, day.day, hour, minute, second, 604712, tzinfo=UTC)


def oauth(who: str) -> dict[str, Any]:
    """As a log shows an identity of Entra."""
    principals = [{"id": oid(who), "type": "ServicePrincipal"}]
    requester = {"appId": oid(who + "/app"), "audience": "https://storage.azure.com", "objectId": oid(who)}
    return {
        "type": "OAuth",
        "tokenHash": "A" * 64,
        "authorization": [{"principals": principals}],
        "requester": requester,
    }


def by_pass(who: str) -> dict[str, Any]:
    """As a log shows a shared access signature."""
    return {"type": "SAS", "tokenHash": f"key1({'B' * 64}),SasSignature({signature_hash(signature(who))})"}


@dataclass
class Term:
    """Lines by category and service, events by subject, certificates by file, and the register. Tests change them."""

    keys: LocalKeyRing
    lines: list[dict[str, Any]] = field(default_factory=list)
    junk: dict[str, list[bytes]] = field(default_factory=dict)
    """Lines that are none, by the file that they stand in."""
    events: dict[str, list[Event]] = field(default_factory=dict)
    raw_events: dict[str, bytes] = field(default_factory=dict)
    """Bytes that take the place of an event, by the blob's name."""
    removed_events: set[str] = field(default_factory=set)
    strays: dict[str, bytes] = field(default_factory=dict)
    """Other files of the ledger, by name."""
    certificates: dict[str, bytes] = field(default_factory=dict)
    register: dict[str, Any] = field(default_factory=dict)
    heads: dict[str, bytes] = field(default_factory=dict)
    """Daily heads, by file."""
    public: dict[str, bytes] = field(default_factory=dict)
    """Public keys, by file."""
    rights: Any = None
    """A comparison of rights, if there is one."""
    _serial: int = 0

    # -- lines

    def blob(
        self,
        at: datetime,
        operation: str,
        key: str,
        identity: dict[str, Any] | None = None,
        mark: str | None = None,
        **more: Any,
    ) -> dict[str, Any]:
        """One line of the blob service (`service="queue"`: of the queue service)."""
        self._serial += 1
        service = more.pop("service", "blob")
        verb = VERBS.get(operation, "")
        category = {"delete": DELETE}.get(verb) or (WRITE if _writes(operation) else READ)
        status = more.pop("status", _CREATES.get(verb, 200))
        url = f"https://{ACCOUNT}.{service}.core.windows.net/{key}"
        line = {
            "time": _time(at),
            "resourceId": f"{_ROOT}/Microsoft.Storage/storageAccounts/{ACCOUNT}/{service}Services/default",
            "category": category,
            "operationName": operation,
            "operationVersion": "2021-06-08",
            "schemaVersion": "1.0",
            "statusCode": status,
            "statusText": "Success" if status < 400 else more.pop("text", "ClientOtherError"),
            "durationMs": 9,
            "callerIpAddress": more.pop("ip", "10.0.0.4:56029"),
            "correlationId": str(uuid.uuid5(_NAMESPACE, str(self._serial))),
            "identity": identity if identity is not None else oauth("app"),
            "location": "UK South",
            "properties": {
                "accountName": ACCOUNT,
                "userAgentHeader": more.pop("agent", _AGENT),
                "clientRequestId": mark or str(uuid.uuid5(_NAMESPACE, f"request {self._serial}")),
                "etag": f'"{etag(key)}"',
                "serviceType": service,
                "objectKey": f"/{ACCOUNT}/{key}" if key else f"/{ACCOUNT}",
                "metricResponseType": "Success" if status < 400 else "ClientOtherError",
                "requestHeaderSize": 636,
                "responseBodySize": 99,
                "tlsVersion": "TLS 1.2",
                **more.pop("properties", {}),
            },
            "uri": url + more.pop("query", ""),
            "protocol": "HTTPS",
            "resourceType": f"Microsoft.Storage/storageAccounts/{service}Services",
        }
        self.lines.append(line)
        return line

    def list(
        self, at: datetime, container: str, prefix: str, identity: dict[str, Any] | None = None, mark: str = ""
    ) -> None:
        """A listing."""
        query = "?restype=container&comp=list" + (f"&prefix={prefix.replace('/', '%2F')}" if prefix else "")
        self.blob(at, "ListBlobs", container, identity, mark or None, query=query)

    def vault(self, at: datetime, operation: str, what: str, who: str = "app", mark: str = "", **more: Any) -> None:
        """One line of the vault's audit log."""
        self._serial += 1
        work = mark.rpartition(":")[2]
        self.lines.append(
            {
                "time": _time(at + timedelta(microseconds=self._serial % 1000)),  # the vault gives no other id to a use
                "category": KEYS,
                "operationName": operation,
                "resultType": "Success",
                "resultSignature": "OK",
                "correlationId": str(uuid.UUID(hex=work)) if work else str(uuid.uuid5(_NAMESPACE, f"v{self._serial}")),
                "callerIpAddress": "10.0.0.4",
                "identity": {"claim": {"oid": oid(who), "appid": oid(who + "/app")}},
                "properties": {
                    "id": f"https://{VAULT}.vault.azure.net/{what}/0f1e",
                    "clientInfo": "azsdk-python-keyvault-keys/4.11.0",
                    "requestUri": f"https://{VAULT}.vault.azure.net/{what}/0f1e?api-version=7.6",
                    "httpStatusCode": more.pop("status", 200),
                },
                "resourceId": f"{_ROOT}/MICROSOFT.KEYVAULT/VAULTS/{VAULT.upper()}",
            }
        )

    # -- the ledger, and what the logs saw of it

    def opened(self, at: datetime, subject: str, key: str = "keys/staging") -> None:
        """The line of the key's use without which no rows are opened."""
        self.vault(at, "KeyUnwrap", key, mark=subject)

    def record(
        self,
        at: datetime,
        subject: str,
        step: str,
        tenant: str,
        service: str = "intake",
        who: str = "app",
        agreement: str = "",
        **facts: Any,
    ) -> Event:
        """One event, with the requests that recording it takes. A chain stays under the agreement that it began with;
        a drop, run or wake that begins without one is of free school meals, anything else of none."""
        chain = self.events.setdefault(subject, [])
        usual = AGREEMENT if subject.startswith(("drop:", "run:", "enrolment:", "wake:")) else OF_NONE
        event = Event(
            seq=len(chain) + 1,
            subject=subject,
            step=step,
            at=at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            service=service,
            tenant=tenant,
            agreement=agreement or (chain[0].agreement if chain else usual),
            previous=chain[-1].hash if chain else START,
            **facts,
        )
        chain.append(event)
        folder = subject.replace(":", "/")
        self.list(at, "ledger", f"{folder}/", oauth(who), subject)
        self.blob(at, "PutBlob", f"ledger/{folder}/{event.seq:04d}.json", oauth(who), subject)
        return event

    # -- the work

    def drop(
        self,
        at: datetime,
        borough: str,
        dataset: str,
        homes: Iterable[str],
        name: str = "",
        agreement: str = AGREEMENT,
    ) -> str:
        """A borough drops a file, and the exchange takes it in. Returns the drop's id."""
        id = agreement.partition("@")[0]
        sha = hashlib.sha256(f"{borough}{dataset}{at}".encode()).hexdigest()
        drop = derived_id("drop", borough, dataset, sha)
        name = name or f"{dataset}-{COLLECTION}-{sha[:12]}.parquet"
        inbox, subject = f"{borough}-inbox", f"drop:{drop}"
        self.blob(at, "PutBlob", f"{inbox}/{name}", oauth(f"{borough} officer 1"))
        at += timedelta(seconds=20)
        event = f"event:{derived_id('event', borough, inbox, name)}"
        self.blob(at, "GetBlobProperties", f"{inbox}/{name}")  # the functions host
        self.blob(at, "GetBlobProperties", f"{inbox}/{name}", mark=event)
        self.blob(at, "GetBlob", f"{inbox}/{name}", mark=event)
        arrival = derived_id("untrusted", borough, sha)
        self.blob(at, "PutBlob", f"claims/{borough}/exchange/arrival-{arrival}.json", mark=event)
        self.vault(at, "KeyListVersions", f"keys/drop-{borough}")
        self.vault(at, "KeyUnwrap", f"keys/drop-{borough}", mark=event)
        self.blob(at, "PutBlob", f"claims/{borough}/{id}/drop-{drop}.json", mark=event)
        self.record(
            at, subject, "received", borough, agreement=agreement, counts={"rows": 10}, codes=(dataset, COLLECTION)
        )
        homes = tuple(homes)
        self.blob(at, "GetBlob", "reference/postcodes.parquet", mark=subject)
        self.record(at, subject, "conserved", borough, counts={"rows_in": 10, "rejected": 1, "routed": 9})
        index = f"staging/{borough}/{id}/{dataset}index/{COLLECTION}/{borough}.20261005T093000Z.{drop}.parquet"
        self.blob(at, "PutBlob", index, mark=subject)
        self.blob(at, "GetBlob", index, mark=subject)
        self.opened(at, subject)
        for home in homes:
            staged = f"staging/{home}/{id}/{dataset}/{COLLECTION}/{borough}.20261005T093000Z.{drop}.parquet"
            self.blob(at, "PutBlob", staged, mark=subject)
        for document in ("report.json", "report.xlsx", "receipt.json"):
            self.blob(at, "PutBlob", f"{borough}-outbox/{id}/reports/{drop}/{document}", mark=subject)
        for home in homes:
            self.list(at, "staging", f"{home}/{id}/{dataset}/{COLLECTION}/", mark=subject)
        self.record(at, subject, "done", borough)
        return drop

    def run(self, at: datetime, home: str, drops: Iterable[tuple[str, str, str]]) -> str:
        """A run of one home borough over staged partitions (sender, dataset, drop). Returns its id."""
        drops = tuple(drops)
        run = derived_id("run", home, AGREEMENT, *sorted(drop for _, _, drop in drops))
        subject, request = f"run:{run}", f"requests/{home}/fsm/{run}.json"
        sender, dataset, last = drops[-1]
        waiting = f"claims/{home}/fsm/due/{dataset}/{COLLECTION}/{sender}.20261005T093000Z.{last}.parquet"
        self.blob(at, "PutBlob", waiting, mark=f"drop:{last}")
        self.list(at, "claims", f"{home}/fsm/due/", mark="reconcile:look")
        wake = f"wake:{derived_id('wake', home, last)}"
        self.record(at, wake, "began", home, "due", counts={"files": 1}, codes=(COLLECTION, "quiet"))
        self.list(at, "staging", f"{home}/fsm/{dataset}/{COLLECTION}/", mark=wake)
        self.blob(at, "PutBlob", request, mark=wake)
        self.blob(at, "DeleteBlob", waiting, mark=wake)
        self.record(at, wake, "done", home, "due", counts={"requests": 1})
        event = f"event:{derived_id('event', 'requests', home, f'fsm/{run}.json')}"
        at += timedelta(seconds=15)
        self.blob(at, "GetBlob", request, mark=event)
        self.blob(at, "PutBlob", f"claims/{home}/fsm/run-{run}.json", mark=subject)
        for sender, dataset, drop in drops:
            staged = f"staging/{home}/fsm/{dataset}/{COLLECTION}/{sender}.20261005T093000Z.{drop}.parquet"
            self.blob(at, "GetBlob", staged, mark=subject)
            self.opened(at, subject)
        self.record(at, subject, "conserved", home, "release", counts={"rows_in": 9, "matched": 5, "unmatched": 4})
        folder = f"{home}-outbox/fsm/results/{COLLECTION}/{run}"
        for document in ("matches.parquet", "review.parquet", "summary.json"):
            self.blob(at, "PutBlob", f"{folder}/{document}", mark=subject)
        self.record(at, subject, "released", home, "release", counts={"matched.southwark": 5}, codes=(COLLECTION,))
        current = f"{home}-outbox/fsm/results/{COLLECTION}/current.json"
        self.blob(at, "GetBlobProperties", current, mark=subject)
        self.blob(at, "PutBlob", current, mark=subject)
        self.blob(at + timedelta(seconds=1), "PutBlob", current, mark=subject)  # as a newer run would
        self.record(
            at,
            f"current:{derived_id('current', home)}",
            "current",
            home,
            "work",
            hashes={"job": run},
            agreement=AGREEMENT,
        )
        self.record(at, subject, "done", home, "release")
        return run

    def tally(self, at: datetime, party: str, sender: str, drop: str, parties: Iterable[str]) -> str:
        """A job of the second agreement: it counts a file, keeps what it found, and sends the count to all parties."""
        job = derived_id(KIND, party, OTHER, drop)
        subject, folder = f"{KIND}:{job}", OTHER.partition("@")[0]
        self.blob(at, "PutBlob", f"requests/{party}/{folder}/{job}.json", mark=f"drop:{drop}")
        self.blob(at, "PutBlob", f"claims/{party}/{folder}/{KIND}-{job}.json", mark=subject)
        name = f"{COLLECTION}/{sender}.20261005T093000Z.{drop}.parquet"
        self.list(at, "staging", f"{party}/{folder}/{EARLIER}/", mark=subject)
        self.blob(at, "GetBlob", f"staging/{party}/{folder}/{DATASET}/{name}", mark=subject)
        self.opened(at, subject)
        counts = {"rows_in": 9, "counted": 8, "excluded.elsewhere": 1}
        self.record(at, subject, "conserved", party, "work", agreement=OTHER, counts=counts)
        for slug in parties:
            self.blob(
                at, "PutBlob", f"{slug}-outbox/{folder}/{COUNTS}/{COLLECTION}/{job}/{COUNTS}.parquet", mark=subject
            )
        self.blob(at, "PutBlob", f"staging/{party}/{folder}/{EARLIER}/{name}", mark=subject)
        self.record(at, subject, "released", party, "work", hashes=dict.fromkeys(parties, "ab" * 32))
        self.blob(at, "PutBlob", f"{party}-outbox/{folder}/{COUNTS}/{COLLECTION}/{job}/summary.json", mark=subject)
        self.record(at, subject, "done", party, "work")
        return job

    def collect(self, at: datetime, borough: str, names: Iterable[str], identity: dict[str, Any] | None = None) -> None:
        """A borough lists and reads its outbox."""
        self.list(at, f"{borough}-outbox", "", identity or oauth(borough))
        for name in names:
            self.blob(at, "GetBlob", f"{borough}-outbox/{name}", identity or oauth(borough))

    def sweep(self, at: datetime, owner: str, gone: Iterable[tuple[str, datetime]]) -> str:
        """A sweep of one owner's objects: container/name, and when each was written. Returns the certificate's file."""
        sweep, gone = Sweep(owner, at.date()), tuple(gone)
        for kind in ("staging", "requests", "claims"):
            self.list(at, kind, f"{owner}/", mark=sweep.subject)
        for key, _ in gone:
            self.blob(at, "DeleteBlob", key, mark=sweep.subject)
        if not gone:
            self.record(at, sweep.subject, "done", owner, "disposal", counts={"held": 0})
            return ""
        kinds = Counter(_kind(key) for key, _ in gone)
        counts = {"left": 0, **{f"destroyed.{kind}": count for kind, count in sorted(kinds.items())}}
        event = self.record(at, sweep.subject, "destroyed", owner, "disposal", counts=counts)
        document = self.certify(sweep, event, gone)
        name = f"{sweep.day.isoformat()}-{sweep.id}.json"
        self.certificates[f"{owner}/{name}"] = document
        self.blob(at, "PutBlob", f"certificates/{owner}/{name}", mark=sweep.subject)
        self.blob(at, "PutBlob", f"{owner}-outbox/exchange/certificates/{name}", mark=sweep.subject)
        digest = {"certificate": hashlib.sha256(document).hexdigest()}
        self.record(at, sweep.subject, "certified", owner, "disposal", hashes=digest)
        self.record(at, sweep.subject, "done", owner, "disposal", counts={"held": 0})
        return f"{owner}/{name}"

    def certify(
        self, sweep: Sweep, event: Event, gone: Iterable[tuple[str, datetime]], keys: LocalKeyRing | None = None
    ) -> bytes:
        """A signed certificate."""
        entries = []
        for key, created in gone:
            container, _, name = key.partition("/")
            kind = _kind(key)
            entries.append(
                {
                    "id": object_id(container, name, etag(key)),
                    "kind": kind,
                    "created": created.strftime("%Y-%m-%dT%H:%M:%SZ"),
                    "destroyed": event.at,
                    "mechanism": "sweep",
                    "clause": f"retention.sweep_days.{kind}",
                    "agreement": _agreement(container, name),
                }
            )
        body = {
            "certificate": sweep.id,
            "borough": sweep.owner,
            "agreements": {AGREEMENT: {}, OTHER: {}},
            "swept_at": f"{sweep.day.isoformat()}T02:00:00+00:00",
            "destroyed": entries,
            "not_destroyed": [],
            "missing": [],
            "counts": {"objects": len(entries), "bytes": 0, "rows": 0},
            "proof": {"listed_at": event.at, "containers": []},
            "ledger": {"subject": event.subject, "seq": event.seq, "head": event.hash},
            "made_up": None,
            "previous": self._before(sweep),
        }
        return sign_statement(body, "certificate", keys or self.keys, datetime.fromisoformat(event.at))

    def _before(self, sweep: Sweep) -> dict[str, str] | None:
        """The owner's certificate before that of the sweep."""
        mine = f"{sweep.owner}/{sweep.day.isoformat()}"
        earlier = [name for name in sorted(self.certificates) if name.startswith(f"{sweep.owner}/") and name < mine]
        if not earlier:
            return None
        sha256 = hashlib.sha256(self.certificates[earlier[-1]]).hexdigest()
        return {"file": earlier[-1].partition("/")[2], "sha256": sha256}

    def written(self, before: datetime) -> dict[str, dict[str, datetime]]:
        """By owner: what of theirs was written before and is there yet."""
        found: dict[str, dict[str, datetime]] = {}
        for line in sorted(self.lines, key=lambda line: line["time"]):
            key = line.get("properties", {}).get("objectKey", "").removeprefix(f"/{ACCOUNT}/")
            container, _, name = key.partition("/")
            owner = (
                name.split("/")[0] if container in ("staging", "requests", "claims") else container.rpartition("-")[0]
            )
            at = datetime.fromisoformat(line["time"])
            if owner in PILOT and line["operationName"] == "PutBlob" and at < before:
                found.setdefault(owner, {})[key] = at
            elif owner in PILOT and line["operationName"] == "DeleteBlob":
                found.get(owner, {}).pop(key, None)
        return found

    # -- the record

    def write(self, record: Path, *, split: int | None = None) -> Path:
        """Write the record: logs by category and hour as Azure does; with `split` dealt out into so many files, with 0
        into one a category."""
        files: dict[str, list[bytes]] = {name: list(lines) for name, lines in self.junk.items()}
        for number, line in enumerate(self.lines):
            one_a_category = f"{FOLDERS[line['category']]}/PT1H.json"
            dealt = f"part-{number % split}.json" if split else one_a_category
            name = self.file_of(line) if split is None else dealt
            files.setdefault(name, []).append(json.dumps(line).encode())
        for name, lines in files.items():
            _write(record / "logs" / name, b"".join(line + b"\n" for line in lines))
        for subject, events in self.events.items():
            for event in events:
                name = f"{subject.replace(':', '/')}/{event.seq:04d}.json"
                if name not in self.removed_events:
                    _write(record / "ledger" / name, self.raw_events.get(name, event.to_json()))
        for name, document in self.strays.items():
            _write(record / "ledger" / name, document)
        for name, document in self.certificates.items():
            _write(record / "certificates" / name, document)
        for name, document in self.heads.items():
            _write(record / "certificates" / "exchange" / "heads" / name, document)
        for name, document in self.public.items():
            _write(record / "keys" / name, document)
        _write(record / "register.yaml", yaml.safe_dump(self.register).encode())
        if self.rights is not None:
            _write(record / "rights.json", json.dumps(self.rights).encode())
        return record

    def file_of(self, line: dict[str, Any]) -> str:
        """Where Azure writes the line."""
        at = datetime.fromisoformat(line["time"])
        hour = f"y={at.year}/m={at.month:02d}/d={at.day:02d}/h={at.hour:02d}/m=00/PT1H.json"
        return f"{FOLDERS[line['category']]}/resourceId={line['resourceId'].strip('/')}/{hour}"


def make_term(keys: LocalKeyRing, *, of_both: bool = True) -> Term:
    """The clean term, of both agreements or of free school meals alone."""
    fingerprints = [key.fingerprint for key in keys.held(EXCHANGE, Use.SIGN)]
    term = Term(keys, register=_register() | {"signing_keys": fingerprints})
    term.public["exchange.json"] = keys.export_public(EXCHANGE, Use.SIGN)
    drops: dict[str, list[tuple[str, str, str]]] = {slug: [] for slug in PILOT}
    for number, slug in enumerate(PILOT):
        day = FIRST + timedelta(days=4 + number)
        others = [other for other in PILOT if other != slug]
        name = f"{CHILD} list.parquet" if slug == "lambeth" else ""
        pupils = term.drop(when(day), slug, "pupils", others, name)
        households = term.drop(when(day, 11), slug, "households", [slug])
        for home in others:
            drops[home].append((slug, "pupils", pupils))
        drops[slug].append((slug, "households", households))
        term.collect(when(day, 12), slug, [f"fsm/reports/{pupils}/{name}" for name in ("receipt.json", "report.json")])
    for number, slug in enumerate(PILOT):
        run = term.run(when("2026-10-08", 12 + number), slug, drops[slug])
        names = [f"fsm/results/{COLLECTION}/{run}/{name}" for name in ("summary.json", "matches.parquet")]
        term.collect(when("2026-10-13", 9 + number), slug, names, by_pass(f"{slug} outbox"))
    if of_both:
        absences = term.drop(when("2026-10-12"), "lambeth", DATASET, ["lewisham"], agreement=OTHER)
        term.tally(when("2026-10-12", 10), "lewisham", "lambeth", absences, ["lambeth", "lewisham"])
    _background(term)
    for day in (FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)):
        if day.day % 5 == 0 or date(2026, 10, 30) <= day <= date(2026, 11, 10):
            old = term.written(when(day, 2) - timedelta(days=26))
            for slug in PILOT:
                term.sweep(when(day, 2), slug, sorted(old.get(slug, {}).items()))
    return term


def _reconciles(term: Term) -> None:
    """Two rounds: one that finds nothing, and one that has a dead letter to remove."""
    for hour in (3, 4):
        at = when("2026-10-20", hour)
        for slug in PILOT:
            for container, prefix in (
                (f"{slug}-inbox", ""),
                ("requests", f"{slug}/"),
                ("claims", f"{slug}/exchange/outcome-"),
            ):
                term.list(at, container, prefix, mark="reconcile:look")
        subject = f"reconcile:{at:%Y%m%d-%H%M}-{'0b' * 16}"
        term.blob(at, "ListQueues", "", service="queue", mark=subject)
        term.list(at, "deadletter", "", mark=subject)
        if hour == 4:
            letter = "deadletter/topic/2026/10/19/9/a.json"
            term.blob(when("2026-10-19"), "PutBlob", letter, oauth("events"))
            term.blob(at, "GetBlob", letter, mark=subject)
            term.record(at, subject, "began", EXCHANGE, "reconcile")
            term.blob(at, "DeleteBlob", letter, mark=subject)
            term.record(at, subject, "reconciled", EXCHANGE, "reconcile", counts={"cleared": 1})


def _background(term: Term) -> None:
    """What goes on beside the work: the operator, the keeper, the platform, the probe, the watchdog."""
    at = when("2026-10-20")
    term.blob(at, "GetContainerProperties", "ledger", mark="health:probe")
    term.list(at, "ledger", "", oauth("operator"))
    term.blob(at, "PutBlob", "reference/postcodes.parquet", oauth("operator"))
    term.blob(at, "PeekMessages", "webjobs-blobtrigger-poison/messages", oauth("operator"), service="queue")
    term.blob(at, "GetMessages", "webjobs-blobtrigger-poison/messages", service="queue")
    again = f"replay:{at:%Y%m%d}-{'0a' * 16}"
    term.record(at, again, "given", EXCHANGE, "replay", "operator", counts={"drop-lambeth": 1, "poison": 1})
    term.blob(at, "DeleteMessage", "webjobs-blobtrigger-poison/messages/1", oauth("operator"), again, service="queue")
    term.record(at, again, "done", EXCHANGE, "replay", "operator", counts={"removed": 1, "left": 0})
    incident = f"incident:{'0c' * 16}"
    term.record(at, incident, "opened", EXCHANGE, "incident", "operator", counts={"noticed": 1792488600})
    term.record(at, incident, "informed", EXCHANGE, "incident", "operator", counts={"at": 1792488600})
    term.blob(at, "PutBlob", "deadletter/topic/2026/10/20/9/a.json", oauth("events"))
    _reconciles(term)
    term.blob(
        when("2026-10-28"),
        "DeleteBlob",
        "deadletter/topic/2026/10/20/9/a.json",
        {"type": "TrustedAccess"},
        agent="ObjectLifeCycleScanner/0.50",
    )
    term.vault(at, "KeyCreate", "keys/drop-lambeth", "keeper")
    term.vault(at, "Authentication", "keys/drop-lambeth", "", status=401)
    term.blob(
        when("2026-10-21", 6), "GetBlob", "lambeth-outbox/nothing", oauth("lambeth"), status=404, text="BlobNotFound"
    )
    watch = f"watchdog:{derived_id('watchdog', EXCHANGE, '2026-10-21')}"
    term.blob(when("2026-10-21", 6), "ListContainers", "", mark=watch, query="?comp=list")
    for kind in ("staging", "claims"):
        term.list(when("2026-10-21", 6), kind, "lambeth/", mark=watch)
    term.record(when("2026-10-21", 6), watch, "watched", EXCHANGE, "watchdog", counts={"held": 3})
    _end_records(term, when("2026-11-01", 3))


def _end_records(term: Term, at: datetime) -> None:
    """A chain of six years ago ends, and the certificate that states its head."""
    old, mark = Sweep("lambeth", date(2020, 10, 30)), f"records:{derived_id('records', at.date().isoformat())}"
    for kind in ("staging", "requests", "claims", "certificates"):
        term.list(at, kind, "", mark=mark)
    for container, prefix in (("ledger", ""), ("ledger", f"sweep/{old.id}/"), ("certificates", "lambeth/")):
        term.list(at, container, prefix, oauth("records"), mark)
    term.record(at, mark, "due", EXCHANGE, "records", counts={"chains": 1, "certificates": 1})
    for name in (f"ledger/sweep/{old.id}/0001.json", f"certificates/lambeth/2020-10-30-{old.id}.json"):
        term.blob(at, "DeleteBlob", name, oauth("records"), mark)
    term.record(at, mark, "done", EXCHANGE, "records", counts={"chains_ended": 1, "certificates_ended": 1})


def _register() -> dict[str, Any]:
    passes = [
        {
            "signature": signature_hash(signature(f"{slug} {box}")),
            "borough": slug,
            "box": box,
            "from": "2026-10-01T00:00:00Z",
            "to": "2026-10-20T00:00:00Z",
        }
        for slug in PILOT
        for box in ("inbox", "outbox")
    ]
    return {
        "accounts": [ACCOUNT],
        "vaults": [VAULT],
        "app": oid("app"),
        "records": oid("records"),
        "boroughs": {
            slug: {"identity": oid(slug), "officers": [oid(f"{slug} officer 1"), oid(f"{slug} officer 2")]}
            for slug in PILOT
        },
        "operators": [oid("operator")],
        "keepers": [oid("keeper")],
        "platform": [{"id": oid("events"), "does": "events"}],
        "passes": passes,
    }


def etag(key: str) -> str:
    """The ETag of the object of that name."""
    return "0x8D" + hashlib.sha256(key.encode()).hexdigest()[:12].upper()


def _kind(key: str) -> str:
    container = key.partition("/")[0]
    return container if container in ("staging", "requests", "claims") else container.rpartition("-")[2]


def _agreement(container: str, name: str) -> str:
    """Whose days an object has, by its name: the agreement's folder."""
    parts = name.split("/")[1:] if container in ("staging", "requests", "claims") else name.split("/")
    return parts[0] if not container.endswith("-inbox") else ""


def _time(at: datetime) -> str:
    """With seven digits after the second, as Azure has them."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.%f0Z")


def _writes(operation: str) -> bool:
    return operation.startswith(("Put", "Set", "Copy", "Snapshot", "Update", "Create", "Acquire"))


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
