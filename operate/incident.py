"""`exchange incident`: what an incident reaches, its clock of 72 hours, and who was told when."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from client import options
from client.console import answer, step, table
from client.exits import Exit
from operate import incident_shown as shown
from operate import site
from shared.kernel.json_once import loads_once

if TYPE_CHECKING:
    from shared.kernel.audit.reach import Reach
    from shared.kernel.audit.report import Access
    from shared.kernel.ledger.chain import Ledger
    from shared.kernel.rights.incidents import Incident, Scope
    from shared.kernel.storage.storage import Storage
    from shared.kernel.terms.agreements import Agreements

app = typer.Typer(no_args_is_help=True, help="For operators: what an incident reaches, and who was told.")

_TIMES = ["%Y-%m-%dT%H:%M", "%Y-%m-%d"]
From = Annotated[datetime | None, typer.Option("--from", formats=_TIMES, help="When it began, UTC.")]
Until = Annotated[datetime | None, typer.Option("--until", formats=_TIMES, help="When it was over, UTC.")]
Key = Annotated[str | None, typer.Option("--key", help="Id of a key, as `exchange keys list` or the vault shows it.")]
Party = Annotated[str | None, typer.Option("--borough", help="Slug of a party: what it sent, and what it was given.")]
Container = Annotated[
    str | None, typer.Option("--container", help="inbox, staging, pending or outbox; or one party's: lambeth-outbox.")
]
Id = Annotated[
    str, typer.Option("--incident", help="Its id, or the first letters of it; not needed while one alone is open.")
]


@app.command("look", epilog="Example: exchange incident look --container lambeth-outbox --from 2026-11-20T18:00")
def look(
    begins: From = None,
    ends: Until = None,
    key: Key = None,
    borough: Party = None,
    container: Container = None,
    profile: site.Profile = None,
    json: options.Json = False,
) -> None:
    """Say what lies in the reach of a time, key, party or container. Nothing is recorded."""
    chosen = site.load_site(profile)
    agreements = chosen.every_agreement()
    scope = _scope(agreements, (begins, ends), key, borough, container)
    with step("Reading the ledger"), chosen.storage() as storage:
        found = _reach(storage, agreements, scope)
    answer({"ok": True, **shown.reached(found)}, "\n\n".join(shown.told(found)), as_json=json)


@app.command("open", epilog="Example: exchange incident open --why pass-lost --container lambeth-outbox")
def open_one(
    why: Annotated[
        str,
        typer.Option("--why", help="key-lost, pass-lost, read, wrong-receiver, wrong-link, altered, lost or other."),
    ],
    noticed: Annotated[
        datetime | None,
        typer.Option("--noticed", formats=_TIMES, help="When somebody first knew, UTC; else now: the clock starts."),
    ] = None,
    begins: From = None,
    ends: Until = None,
    key: Key = None,
    borough: Party = None,
    container: Container = None,
    profile: site.Profile = None,
    json: options.Json = False,
) -> None:
    """Record an incident: its clock runs from when it was noticed. What it reaches is counted, and said."""
    from client.codes import invalid
    from shared.kernel.rights.incidents import WHY, open_incident, read_incident

    chosen, now = site.load_site(profile), site.now()
    if why not in WHY:
        raise invalid("INP-049", what="word for what happened", name=why, known=", ".join(WHY))
    known = _utc(noticed) or now
    if known > now:
        raise invalid("INC-002")
    agreements = chosen.every_agreement()
    scope = _scope(agreements, (begins, ends), key, borough, container)
    with step("Recording"), chosen.storage() as storage:
        found = _reach(storage, agreements, scope)
        ledger = _ledger(storage)
        id = open_incident(ledger, why, known, scope, found.counts)
        incident = read_incident(ledger.events(f"incident:{id}"))
    shown.say(incident, found, (), now, as_json=json)


@app.command("show", epilog="Example: exchange incident show --record record")
def show(
    incident: Id = "",
    record: Annotated[
        Path | None, typer.Option("--record", help="A record of those days (`exchange record fetch`): who read.")
    ] = None,
    profile: site.Profile = None,
    json: options.Json = False,
) -> None:
    """Show an incident as it stands now: what it reaches, what was destroyed since, who was told, the hours left.

    Ends with 3 when the 72 hours are over and the Commissioner is not told.
    """
    chosen, now = site.load_site(profile), site.now()
    agreements = chosen.every_agreement()
    with step("Reading the ledger"), chosen.storage() as storage:
        found = _find(_ledger(storage), incident)
        reached = _reach(storage, agreements, found.scope)
    readers = _readers(record, agreements, found, reached, now) if record else ()
    shown.say(found, reached, readers, now, as_json=json, audited=record is not None)
    if found.is_overdue(now):
        raise typer.Exit(Exit.CHECK_BROKEN)


@app.command("told", epilog="Example: exchange incident told lambeth --when 2026-11-21T14:30")
def told(
    whom: Annotated[str, typer.Argument(help="A party's slug, ico, families or police.")],
    incident: Id = "",
    when: Annotated[datetime | None, typer.Option("--when", formats=_TIMES, help="When, UTC; else now.")] = None,
    profile: site.Profile = None,
    json: options.Json = False,
) -> None:
    """Record that somebody was told."""
    from client.codes import invalid
    from shared.kernel.rights.incidents import OTHERS, inform

    chosen, now = site.load_site(profile), site.now()
    known = (*chosen.every_agreement().known, *OTHERS)
    if whom not in known:
        raise invalid("INP-049", what="party or office", name=whom, known=", ".join((*OTHERS, "a party's slug")))
    at = _utc(when) or now
    with step("Recording"), chosen.storage() as storage:
        ledger = _ledger(storage)
        found = _find(ledger, incident)
        inform(ledger, found, whom, at, now)
    text = (
        f"Recorded: {whom} was told at {shown.minute(at)}, {shown.hours(found.noticed, at)} hours after it was noticed."
    )
    answer({"ok": True, "incident": found.id, "whom": whom, "at": at.isoformat()}, text, as_json=json)


@app.command("close", epilog="Example: exchange incident close --outcome told")
def close(
    outcome: Annotated[str, typer.Option("--outcome", help="told, no-risk or no-breach.")],
    incident: Id = "",
    profile: site.Profile = None,
    json: options.Json = False,
) -> None:
    """Record how it ended. It is refused while somebody has not been told who has to be."""
    from client.codes import invalid
    from shared.kernel.rights.incidents import OUTCOMES, close_incident

    if outcome not in OUTCOMES:
        raise invalid("INP-049", what="outcome", name=outcome, known=", ".join(OUTCOMES))
    chosen = site.load_site(profile)
    with step("Recording"), chosen.storage() as storage:
        ledger = _ledger(storage)
        found = _find(ledger, incident)
        close_incident(ledger, found, outcome, _reach(storage, chosen.every_agreement(), found.scope).parties)
    answer({"ok": True, "incident": found.id, "outcome": outcome}, f"Closed: {outcome}.", as_json=json)


@app.command("list", epilog="Example: exchange incident list")
def list_all(profile: site.Profile = None, json: options.Json = False) -> None:
    """List every incident with its clock."""
    from shared.kernel.rights.incidents import COMMISSIONER, incidents_in

    now = site.now()
    with step("Reading the ledger"), site.load_site(profile).storage() as storage:
        rows = [
            {
                "incident": one.id,
                "why": one.why,
                "noticed": shown.minute(one.noticed),
                "clock": shown.clock(one, now),
                "ico": shown.minute(one.was_told(COMMISSIONER)),
                "outcome": one.outcome or "open",
            }
            for one in incidents_in(_ledger(storage))
        ]
    headings = ["incident", "why", "noticed", "clock", "ico", "outcome"]
    text = table(headings, [list(row.values()) for row in rows]) if rows else "There is no incident."
    answer({"ok": True, "incidents": rows}, text, as_json=json)


def _scope(
    agreements: Agreements,
    times: tuple[datetime | None, datetime | None],
    key: str | None,
    party: str | None,
    container: str | None,
) -> Scope:
    """The scope that somebody typed.

    Raises `InvalidInput` INC-001 (nothing narrows it), INP-023, INP-044, INP-049.
    """
    from client.codes import invalid
    from shared.kernel.audit.reach import CONTAINERS
    from shared.kernel.intake.stops import key_mark
    from shared.kernel.rights.incidents import Scope

    begins, ends = (_utc(at) for at in times)
    slug, dash, box = (container or "").rpartition("-")
    if dash and party in (None, slug):
        party, container = slug, box
    if container and container not in CONTAINERS:
        raise invalid("INP-049", what="kind of container", name=container, known=", ".join(CONTAINERS))
    if party is not None and party not in agreements.known:
        raise invalid("INP-023", name=party, known=", ".join(agreements.parties))
    if begins and ends and ends <= begins:
        raise invalid("INP-044")
    if not (begins or ends or key or party or container):
        raise invalid("INC-001")
    return Scope(begins, ends, key_mark(key) if key else "", party or "", container or "")


def _reach(storage: Storage, agreements: Agreements, scope: Scope) -> Reach:
    from shared.kernel.audit.reach import reach

    ledger = _ledger(storage)
    chains = (ledger.events(subject) for subject in ledger.subjects() if _is_work(subject, agreements))
    return reach(chains, _certificates(storage, agreements), agreements, scope)


def _is_work(subject: str, agreements: Agreements) -> bool:
    kinds = {"drop", *(kind for agreed in agreements for kind in agreed.pipeline.kinds)}
    return subject.partition(":")[0] in kinds


def _certificates(storage: Storage, agreements: Agreements) -> Iterator[dict[str, Any]]:
    """The bodies of all certificates. That they hold is the audit's to say (AUD-014)."""
    from shared.kernel.envelope.manifest import EXCHANGE

    for owner in (*agreements.known, EXCHANGE):
        area = storage.certificates(owner)
        for blob in area.list():
            yield loads_once(area.read(blob.name).data)["payload"]["body"]


def _readers(
    record: Path, agreements: Agreements, incident: Incident, reached: Reach, now: datetime
) -> tuple[Access, ...]:
    from client import auditing
    from shared.kernel.audit.reach import who_read

    first, last = incident.scope.begins or incident.noticed, incident.scope.ends or now
    days = (first.replace(hour=0, minute=0), last.replace(hour=0, minute=0))
    report = auditing.audit_record(record, agreements, days, None, auditing.dating(None, None))
    return who_read(report.access, incident.scope, reached.parties)


def _find(ledger: Ledger, id: str) -> Incident:
    from client.codes import invalid
    from shared.kernel.rights.incidents import incidents_in

    every = incidents_in(ledger)
    found = [one for one in every if (one.id.startswith(id) if id else not one.outcome)]
    if len(found) != 1:
        known = ", ".join(one.id for one in every) or "(there is none)"
        raise invalid("INP-049", what="one incident", name=id or "that alone is open", known=known)
    return found[0]


def _ledger(storage: Storage) -> Ledger:
    from shared.kernel.ledger.chain import Ledger

    return Ledger(storage.ledger(), clock=site.now)


def _utc(at: datetime | None) -> datetime | None:
    return at.replace(tzinfo=UTC) if at else None
