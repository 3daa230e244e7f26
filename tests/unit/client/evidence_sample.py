"""An audit's report and a ledger's events as they could be, for the evidence page; no child is behind any number."""

from __future__ import annotations

from datetime import date
from typing import Any

from client.evidence.facts import Evidence, collect
from shared.agreements.registry import load_agreements
from shared.kernel.audit.questions import QUESTIONS
from shared.kernel.audit.report import (
    Access,
    AuditReport,
    CheckResult,
    Coverage,
    Destruction,
    Explained,
    Finding,
    Inputs,
    Place,
)
from shared.kernel.ledger.events import START, Event

FIRST, LAST = date(2026, 10, 1), date(2026, 11, 30)
PILOT = ("lambeth", "lewisham", "southwark", "wandsworth")
MATCHED = {
    "lambeth": {"southwark": 41, "lewisham": 3, "wandsworth": 17},
    "lewisham": {"southwark": 22, "lambeth": 9},
    "southwark": {"lambeth": 35, "lewisham": 12, "wandsworth": 1},
    "wandsworth": {"lambeth": 26},
}


def event(subject: str, step: str, at: str, tenant: str, **facts: Any) -> Event:
    """An event as the exchange records it, out of its chain."""
    return Event(1, subject, step, at, "release", tenant, "fsm@1.0.0", START, **facts)


def events() -> list[Event]:
    """A term's events, as far as the page looks at them."""
    made = []
    for n, home in enumerate(PILOT):
        at = f"2026-10-0{n + 1}T09:30:00Z"
        made += [event(f"drop:{kind}{home}", "received", at, home) for kind in ("pupils", "households")]
        counts = {f"matched.{school}": count for school, count in MATCHED[home].items()}
        counts |= {f"review.{school}": count // 4 for school, count in MATCHED[home].items()}
        hashes = {"matches": "a" * 64, "review": "b" * 64}
        made.append(event(f"run:{home}", "released", at, home, counts=counts, hashes=hashes, codes=("2026-autumn",)))
        enrolled = {f"enrolled.{school}": count - count // 5 for school, count in MATCHED[home].items()}
        hashes = dict.fromkeys(MATCHED[home], "c" * 64)
        made.append(event(f"enrolment:{home}", "released", at, home, counts=enrolled, hashes=hashes))
        made.append(event(f"sweep:{home}", "done", f"2026-11-30T02:0{n}:00Z", home, counts={"held": 12 + n}))
    made += [event("objected:a", "done", "2026-10-06T10:00:00Z", slug, counts={"files": 1}) for slug in PILOT[:2]]
    for slug, left_out in (("lambeth", (6, 7)), ("lewisham", (4, 0))):
        for each, rows in enumerate(left_out):
            counts = {"rows_in": 100, "routed": 100 - rows, "excluded.objected": rows}
            made.append(event(f"drop:{slug}{each}", "conserved", "2026-10-06T10:00:00Z", slug, counts=counts))
    made.append(event("drop:refused", "refused", "2026-10-05T10:00:00Z", "lambeth", codes=("ENV-003",)))
    return made


def _access(**facts: Any) -> Access:
    said = {
        "role": "officer",
        "borough": "lambeth",
        "of": "lambeth",
        "container": "outbox",
        "operation": "GetBlob",
        "outcome": "done",
        "authentication": "OAuth",
        "operations": 14,
        "first": "2026-10-01T10:00:00Z",
        "last": "2026-11-20T16:12:00Z",
        "origins": 1,
    }
    return Access(**(said | facts))


def access() -> tuple[Access, ...]:
    """Who did what."""
    found = []
    for slug in PILOT:
        found += [
            _access(principal=slug, role="borough", borough=slug, of=slug, container="inbox", operation="PutBlob"),
            _access(principal=f"{slug} officer 1", borough=slug, of=slug),
            _access(principal=f"{slug} officer 1", borough=slug, of=slug, operation="ListBlobs", operations=31),
            _access(principal=f"{slug} officer 2", borough=slug, of=slug, operations=2),
        ]
        for container in ("inbox", "outbox", "staging", "ledger"):
            app = {
                "principal": "app",
                "role": "app",
                "borough": "",
                "of": "exchange" if container == "ledger" else slug,
            }
            found += [
                _access(**app, container=container, operation="GetBlob", operations=212),
                _access(**app, container=container, operation="PutBlob", operations=164),
            ]
    ours = {"borough": "", "of": "exchange"}
    stranger = {"borough": "", "authentication": "SAS", "first": "2026-11-05T23:14:02Z", "last": "2026-11-05T23:15:40Z"}
    found += [
        _access(**ours, principal="operator", role="operator", container="queue", operation="PeekMessages"),
        _access(**ours, principal="app", role="app", container="vault", operation="KeyUnwrap", operations=88),
        _access(**stranger, principal="unknown pass 1a2b3c4d", role="pass", outcome="denied", operations=3),
    ]
    return tuple(found)


def finding(**facts: Any) -> Finding:
    """One exception."""
    place = Place("log", "logs/insights-logs-storageread/y=2026/m=11/d=05/h=23/m=00/PT1H.json", 412)
    return Finding("A read that the service turned away.", place, at="2026-11-05T23:14:02Z", **facts)


def report(*, broken: bool = True, borough: str = "") -> AuditReport:
    """A report in which one check is broken and one is not known, or everything holds."""
    denied = finding(borough="lambeth", principal="unknown 1a2b3c4d", operation="GetBlob", container="outbox")
    checks = []
    for question in QUESTIONS:
        check = CheckResult(question.code, question.asks, "holds", {"exceptions": 0})
        if broken and question.code == "AUD-004":
            check = CheckResult(question.code, question.asks, "broken", {"exceptions": 3}, (denied,) * 3)
        if question.code == "AUD-014":
            check = CheckResult(
                question.code,
                question.asks,
                "not known",
                {"exceptions": 0},
                note="The record has no public key of the exchange.",
            )
        checks.append(check)
    return AuditReport(
        agreements=("fsm@1.0.0",),
        first=FIRST,
        last=LAST,
        borough=borough,
        inputs=Inputs(1240, 48211, 1, 12, 0, 512, 8),
        coverage=(
            Coverage("StorageRead", "blob", 1464, 1461, 31002, "2026-10-01T00:00:04Z", "2026-11-30T23:59:10Z"),
            Coverage("StorageWrite", "blob", 1464, 1464, 12876, "2026-10-01T00:00:04Z", "2026-11-30T23:59:10Z"),
            Coverage("StorageDelete", "blob", 1464, 61, 402, "2026-10-01T02:00:04Z", "2026-11-30T02:03:10Z"),
            Coverage("AuditEvent", "vault", 1464, 640, 3919, "2026-10-01T09:30:04Z", "2026-11-30T23:59:10Z"),
        ),
        explained=(
            Explained("right", "borough.collect", "releases", 1202),
            Explained("right", "borough.drop", "datasets", 9),
            Explained("ledger", "drop", "datasets.pupils", 31344),
            Explained("ledger", "sweep", "retention.sweep_days", 15641),
            *((Explained("unexplained", "AUD-004", "", 3),) if broken else ()),
        ),
        access=access(),
        destructions=tuple(
            Destruction(
                certificate=f"{n}a1b2c3d4e5f6{n:019d}",
                borough=slug,
                day=f"2026-11-2{n}T02:00:07Z",
                objects=34 + n,
                rows=4310 + n,
                by_clause={"retention.sweep_days.inbox · sweep": 4, "retention.sweep_days.staging · sweep": 30 + n},
                not_destroyed=n // 3,
                missing=0,
                holds=True,
            )
            for n, slug in enumerate(PILOT)
        ),
        checks=tuple(checks),
    )


def evidence(*, broken: bool = True, borough: str = "") -> Evidence:
    """The facts of a page."""
    said = report(broken=broken, borough=borough)
    return collect(load_agreements(), said, events(), {one.certificate: 1_834_221 for one in said.destructions})
