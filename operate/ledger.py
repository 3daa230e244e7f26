"""`exchange ledger`: what was done to which drop, run or sweep, and whether the chains hold."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from json import loads
from typing import TYPE_CHECKING, Annotated, Any

import typer

from client import options
from client.console import answer, step, table
from operate import site

if TYPE_CHECKING:
    from shared.kernel.ledger.chain import Ledger
    from shared.kernel.ledger.events import Event

app = typer.Typer(no_args_is_help=True, help="Look at the ledger, and verify its chains.")

FINISHED = ("drop", "run", "enrolment", "sweep", "records", "replay")
"""Kinds of which every chain ends with `done`, unless its work is under way, was interrupted or fails."""
KINDS = (*FINISHED, "incident", "event", "watchdog", "result", "policy", "reconcile", "wake", "current")
ENDS = ("done", "superseded", "repeated", "refused", "unbalanced")


@dataclass(frozen=True)
class Chain:
    """One subject's events, or the code of what is wrong with them."""

    subject: str
    events: tuple[Event, ...]
    fault: str = ""

    @property
    def unfinished(self) -> bool:
        """Whether work on it is not at its end."""
        kind = self.subject.partition(":")[0]
        return kind in FINISHED and bool(self.events) and not any(event.step in ENDS for event in self.events)

    def line(self) -> dict[str, Any]:
        """As it is listed."""
        last = self.events[-1] if self.events else None
        return {
            "subject": self.subject,
            "owner": last.tenant if last else "",
            "last": last.at if last else "",
            "steps": [event.step for event in self.events],
            "fault": self.fault,
        }


@app.command("list", epilog="Example: exchange ledger list drop --unfinished --from 2026-11-01")
def list_chains(
    kind: Annotated[str, typer.Argument(help="Only subjects of this kind: drop, run, sweep, watchdog …")] = "",
    unfinished: Annotated[bool, typer.Option("--unfinished", help="Only work that is not at its end.")] = False,
    first: Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day, UTC.")] = None,
    last: Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day, UTC.")] = None,
    profile: site.Profile = None,
    json: options.Json = False,
) -> None:
    """List every chain with its steps, and verify each. Ends with 1 when one does not hold (LED-001).

    With --from or --to only the chains of which an event falls into that time are read.
    """
    from client.codes import invalid

    if kind and kind not in KINDS:
        raise invalid("INP-049", what="kind of subject", name=kind, known=", ".join(KINDS))
    begins = first.replace(tzinfo=UTC) if first else datetime.min.replace(tzinfo=UTC)
    ends = last.replace(tzinfo=UTC) + timedelta(days=1) if last else datetime.max.replace(tzinfo=UTC)
    if ends <= begins:
        raise invalid("INP-044")
    with step("Reading the ledger"), site.load_site(profile).storage() as storage:
        chains = list(read_chains(_ledger(storage), kind, begins, ends))
    broken = [chain for chain in chains if chain.fault]
    shown = [chain.line() for chain in chains if chain.fault or chain.unfinished or not unfinished]
    text = table(
        ["subject", "owner", "last", "steps"],
        [[line["subject"], line["owner"], line["last"], " ".join(line["steps"]) or line["fault"]] for line in shown],
    )
    summary = f"{len(chains)} chains, {len(broken)} broken."
    answer({"ok": not broken, "chains": shown, "broken": len(broken)}, f"{text}\n\n{summary}", as_json=json)
    if broken:
        raise typer.Exit(1)


@app.command("show", epilog="Example: exchange ledger show drop:0a1b2c3d4e5f60718293a4b5c6d7e8f9")
def show_chain(
    subject: Annotated[str, typer.Argument(help="The subject, as `ledger list` or a receipt names it.")],
    vouched: Annotated[
        str | None, typer.Option(help="A hash that a receipt or certificate states: was anything before it cut off?")
    ] = None,
    profile: site.Profile = None,
    json: options.Json = False,
) -> None:
    """Show one chain, event by event, and verify it."""
    from client.codes import invalid
    from shared.kernel.errors import LedgerRefused
    from shared.kernel.ledger.chain import verify_chain
    from shared.kernel.ledger.events import check_subject

    try:
        check_subject(subject)
    except LedgerRefused:
        raise invalid("INP-048", subject=subject) from None
    with step("Reading the chain"), site.load_site(profile).storage() as storage:
        events = _ledger(storage).events(subject)
    if not events:
        raise invalid("INP-042", subject=subject)
    verify_chain(events, vouched=vouched)
    rows = [
        {"step": event.step, "at": event.at, "service": event.service, "owner": event.tenant, "what": _what(event)}
        for event in events
    ]
    text = table(["step", "at", "service", "owner", "what"], [list(row.values()) for row in rows])
    head = f"The chain holds. Its head is {events[-1].hash}."
    whole = [loads(event.to_json()) for event in events]
    answer({"ok": True, "subject": subject, "events": whole}, f"{text}\n\n{head}", as_json=json)


def read_chains(ledger: Ledger, kind: str, begins: datetime, ends: datetime) -> Iterator[Chain]:
    """Every chain of the period, verified: one that does not hold has its code as `fault`."""
    from shared.kernel.errors import LedgerBroken, NewerVersion
    from shared.kernel.ledger.chain import falls, verify_chain
    from shared.kernel.ledger.events import Event

    for documents in ledger.of_period(begins, ends, kind):
        subject = ":".join(next(iter(documents)).split("/")[:2])
        try:
            events = tuple(map(Event.from_json, documents.values()))
            verify_chain(events)
        except (LedgerBroken, NewerVersion) as broken:
            yield Chain(subject, (), broken.code)
        else:
            if falls(events, begins, ends):
                yield Chain(subject, events)


def _ledger(storage: Any) -> Ledger:
    from shared.kernel.ledger.chain import Ledger

    # Read only: the agreement is of no account.
    return Ledger(storage.ledger(), agreement="none@0.0.0")


def _what(event: Event) -> str:
    counts = (f"{name} {count}" for name, count in event.counts.items())
    return ", ".join([*counts, *event.codes])
