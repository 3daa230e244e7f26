"""`exchange incident`: what an incident reaches, its clock of 72 hours, and who was told when."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from client import options
from client.console import answer, step, table
from client.exits import Exit
from operate import incident_found as found
from operate import incident_shown as shown
from operate import site

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
    scope = found.scope_of(agreements, (begins, ends), key, borough, container)
    with step("Reading the ledger"), chosen.storage() as storage:
        reached = found.reach_of(storage, agreements, scope)
    answer({"ok": True, **shown.reached(reached)}, "\n\n".join(shown.told(reached)), as_json=json)


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
    known = found.utc(noticed) or now
    if known > now:
        raise invalid("INC-002")
    agreements = chosen.every_agreement()
    scope = found.scope_of(agreements, (begins, ends), key, borough, container)
    with step("Recording"), chosen.storage() as storage:
        reached = found.reach_of(storage, agreements, scope)
        ledger = found.ledger_of(storage)
        id = open_incident(ledger, why, known, scope, reached.counts)
        incident = read_incident(ledger.events(f"incident:{id}"))
    shown.say(incident, reached, (), now, as_json=json)


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
        one = found.incident_of(found.ledger_of(storage), incident)
        reached = found.reach_of(storage, agreements, one.scope)
    readers = found.readers_of(record, agreements, one, reached, now) if record else ()
    shown.say(one, reached, readers, now, as_json=json, audited=record is not None)
    if one.is_overdue(now):
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
    at = found.utc(when) or now
    with step("Recording"), chosen.storage() as storage:
        ledger = found.ledger_of(storage)
        one = found.incident_of(ledger, incident)
        inform(ledger, one, whom, at, now)
    text = (
        f"Recorded: {whom} was told at {shown.minute(at)}, {shown.hours(one.noticed, at)} hours after it was noticed."
    )
    answer({"ok": True, "incident": one.id, "whom": whom, "at": at.isoformat()}, text, as_json=json)


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
        ledger = found.ledger_of(storage)
        one = found.incident_of(ledger, incident)
        close_incident(ledger, one, outcome, found.reach_of(storage, chosen.every_agreement(), one.scope).parties)
    answer({"ok": True, "incident": one.id, "outcome": outcome}, f"Closed: {outcome}.", as_json=json)


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
            for one in incidents_in(found.ledger_of(storage))
        ]
    headings = ["incident", "why", "noticed", "clock", "ico", "outcome"]
    text = table(headings, [list(row.values()) for row in rows]) if rows else "There is no incident."
    answer({"ok": True, "incidents": rows}, text, as_json=json)
