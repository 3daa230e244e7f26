"""A month of resource logs of 33 boroughs as Azure writes them, 2 KB a line, with the ledger that explains them."""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import yaml

from shared.agreements.registry import agreed, load_agreements
from shared.kernel.audit.schema import DELETE, FOLDERS, READ, WRITE
from shared.kernel.disposal.notes import Sweep
from shared.kernel.intake.identity import derived_id
from shared.kernel.ledger.events import OF_NONE, START, Event
from shared.kernel.terms.agreements import Agreements

FIRST, LAST = date(2026, 10, 1), date(2026, 10, 31)
HOURS = 24 * 31
ACCOUNT = "stexchange"
FSM = "fsm"
_NAMESPACE = uuid.UUID("5c6b1a52-9a0b-4a52-8d0e-0e5b6f2f7c11")
_RESOURCE = (
    "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/rg-exchange/providers/Microsoft.Storage"
    f"/storageAccounts/{ACCOUNT}/blobServices/default"
)
_SHARES = {READ: 70, WRITE: 20, DELETE: 10}
"""Of a hundred lines; the service's own logs are mostly of reads."""
_BY = {READ: "read", WRITE: "write", DELETE: "delete"}


def boroughs() -> tuple[str, ...]:
    """The slugs of London's 33 authorities."""
    known = load_agreements()[FSM].terms.by_slug.items()
    return tuple(sorted(slug for slug, party in known if (party.ons_code or "").startswith("E09")))


def agreements() -> Agreements:
    """What is shipped, with all 33 authorities as parties of free school meals."""
    shipped, everybody = load_agreements(), boroughs()
    terms = shipped[FSM].terms
    datasets = {name: dataset.model_copy(update={"dropped_by": everybody}) for name, dataset in terms.datasets.items()}
    ours = agreed(terms.model_copy(update={"controllers": everybody, "datasets": datasets}))
    return Agreements((ours, *(other for other in shipped if other.terms.id != FSM)))


def write_month(record: Path, lines: int) -> None:
    """Write the record: `lines` lines in `HOURS` × 3 files, ledger and register."""
    slugs = list(boroughs())
    _write(record / "register.yaml", yaml.safe_dump(_register(slugs)))
    for slug in slugs:
        for day in (FIRST + timedelta(days=n) for n in range(HOURS // 24)):
            for subject in (_drop(slug, day), Sweep(slug, day).subject):
                _chain(record, subject, slug, day)
    for hour in range(HOURS):
        at = datetime(2026, 10, 1, tzinfo=UTC) + timedelta(hours=hour)
        here = lines * (hour + 1) // HOURS - lines * hour // HOURS
        for category, share in _SHARES.items():
            folder = f"logs/{FOLDERS[category]}/resourceId={_RESOURCE[1:]}/"
            path = record / folder / f"y={at.year}/m={at.month:02d}/d={at.day:02d}/h={at.hour:02d}/m=00/PT1H.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("w", encoding="ascii") as file:
                file.writelines(_lines(category, at, here * share // 100, slugs, hour))


def _lines(category: str, at: datetime, count: int, slugs: list[str], seed: int) -> Iterator[str]:
    chance = random.Random(f"{seed} {category}")
    kinds = [kind for slug in slugs for kind in _kinds(category, slug, at.date())]
    begin = at.strftime("%Y-%m-%dT%H:")
    for number in range(count):
        second = number * 3600 // count
        salt = chance.getrandbits(160)
        kind = kinds[salt % len(kinds)]
        yield kind % {
            "time": f"{begin}{second // 60:02d}:{second % 60:02d}.{salt % 10**7:07d}Z",
            "salt": f"{salt:040x}",
            "guid": f"{salt & 0xFFFFFFFF:08x}-0b1c-4d2e-8f3a-{salt >> 112:012x}",
        }


def _kinds(category: str, slug: str, day: date) -> list[str]:
    """Templates of lines: what a borough, the app and the sweep do at one borough on one day."""
    drop, sweep = _drop(slug, day), Sweep(slug, day).subject
    staged = f"staging/{slug}/fsm/pupils/2026-autumn/{slug}.20261001T093000Z.%(salt)s.parquet"
    result = f"{slug}-outbox/fsm/reports/{drop[5:]}/%(salt)s.json"
    if category == READ:
        return [
            _line(category, "ListBlobs", f"{slug}-outbox", slug, "%(guid)s", "?restype=container&comp=list"),
            _line(category, "GetBlob", result, slug, "%(guid)s"),
            _line(category, "GetBlob", "reference/postcodes.parquet", "app", drop),
            _line(category, "ListBlobs", "staging", "app", drop, f"?comp=list&prefix={slug}%%2Ffsm%%2Fpupils%%2F"),
            _line(category, "GetContainerProperties", "ledger", "app", "health:probe"),
        ]
    if category == WRITE:
        return [
            _line(category, "PutBlob", staged, "app", drop),
            _line(category, "PutBlob", result, "app", drop),
            _line(category, "PutBlob", f"claims/{slug}/fsm/drop-%(salt)s.json", "app", drop),
        ]
    return [_line(category, "DeleteBlob", staged, "app", sweep), _line(category, "DeleteBlob", result, "app", sweep)]


def _line(category: str, operation: str, key: str, who: str, mark: str, query: str = "") -> str:
    oid = _oid(who)
    right = {"action": f"Microsoft.Storage/storageAccounts/blobServices/containers/blobs/{_BY[category]}"}
    right |= {"denyAssignmentId": "", "principals": [{"id": oid, "type": "ServicePrincipal"}]}  # type: ignore[dict-item]
    right |= {"roleAssignmentId": _oid("a"), "roleDefinitionId": _oid("r"), "reason": "Policy", "result": "Granted"}
    requester = {"appId": oid, "audience": "https://storage.azure.com", "objectId": oid, "tenantId": _oid("tenant")}
    facts = {
        "time": "%(time)s",
        "resourceId": _RESOURCE,
        "category": category,
        "operationName": operation,
        "operationVersion": "2021-06-08",
        "schemaVersion": "1.0",
        "statusCode": 200,
        "statusText": "Success",
        "durationMs": 9,
        "callerIpAddress": "10.0.0.4:56029",
        "correlationId": "%(guid)s",
        "identity": {
            "type": "OAuth",
            "tokenHash": "%(salt)s" + "A" * 24,
            "authorization": [right],
            "requester": requester | {"tokenIssuer": f"https://sts.windows.net/{_oid('tenant')}/", "upn": ""},
        },
        "location": "UK South",
        "properties": {
            "accountName": ACCOUNT,
            "userAgentHeader": "azsdk-python-storage-blob/12.31.0 Python/3.13.1 (Linux-5.15.0-1053-azure-x86_64)",
            "clientRequestId": mark,
            "etag": '"0x8DA%(salt)s"',
            "serviceType": "blob",
            "objectKey": f"/{ACCOUNT}/{key}",
            "lastModifiedTime": "10/1/2026 12:07:25 PM",
            "metricResponseType": "Success",
            "serverLatencyMs": 9,
            "requestHeaderSize": 636,
            "responseHeaderSize": 394,
            "responseBodySize": 99,
            "tlsVersion": "TLS 1.2",
        },
        "uri": f"https://{ACCOUNT}.blob.core.windows.net/{key}{query}",
        "protocol": "HTTPS",
        "resourceType": "Microsoft.Storage/storageAccounts/blobServices",
    }
    return json.dumps(facts, separators=(",", ":")) + "\n"


def _chain(record: Path, subject: str, slug: str, day: date) -> None:
    previous = START
    for seq, step in enumerate(("conserved", "done"), 1):
        at = f"{day.isoformat()}T{seq * 10:02d}:00:00Z"
        agreement = "fsm@1.0.0" if subject.startswith("drop:") else OF_NONE
        event = Event(seq, subject, step, at, "intake", slug, agreement, previous)
        _write(record / "ledger" / subject.replace(":", "/") / f"{seq:04d}.json", event.to_json().decode())
        previous = event.hash


def _drop(slug: str, day: date) -> str:
    return f"drop:{derived_id('drop', slug, day.isoformat())}"


def _register(slugs: list[str]) -> dict[str, object]:
    boroughs = {slug: {"identity": _oid(slug), "officers": []} for slug in slugs}
    return {"accounts": [ACCOUNT], "app": _oid("app"), "boroughs": boroughs}


def _oid(who: str) -> str:
    return str(uuid.uuid5(_NAMESPACE, who))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
