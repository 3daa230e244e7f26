"""`exchange poison`: events that failed five times; look at them, and give them to the app again."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from client import options
from client.console import answer, step, table
from operate import site

if TYPE_CHECKING:
    from operate.site import OperatedSite
    from shared.storage.poison import PoisonQueue
    from shared.storage.replay import GivenUp

app = typer.Typer(no_args_is_help=True, help="Look at events that were given up, and replay them.")


@app.command("list", epilog="Example: exchange poison list")
def list_events(
    names: Annotated[
        bool, typer.Option("--names", help="Show blob names too. A sender may have put a child's name into one.")
    ] = False,
    profile: site.Profile = None,
    json: options.Json = False,
) -> None:
    """List events that failed five times: which function, which blob, since when. They stay where they are."""
    from shared.storage.replay import given_up

    with step("Looking into the queues"), site.load_site(profile).poison() as poison, given_up(poison) as events:
        rows = [_line(event, names) for event in events]
    text = table(["queue", "function", "container", "blob", "since"], [list(row.values()) for row in rows])
    answer({"ok": True, "events": rows}, text if rows else "No event was given up.", as_json=json)


@app.command("replay", epilog="Example: exchange poison replay --function drop_lambeth")
def replay(
    function: Annotated[str | None, typer.Option(help="Only events of this function; else all.")] = None,
    profile: site.Profile = None,
    json: options.Json = False,
) -> None:
    """Give events to the app again, once their cause is mended. What was already done does no harm.

    Events of queues (the private variant) are put back into their queue. Blob events go to the app's webhook: set
    EXCHANGE_APP to the app's address and EXCHANGE_WEBHOOK_KEY to its system key `blobs_extension`.
    """
    from client.codes import invalid
    from shared.storage.replay import given_up

    chosen = site.load_site(profile)
    known = [f"drop_{slug.replace('-', '_')}" for slug in chosen.agreement().controllers] + ["request", "policy_runs"]
    if function not in (None, *known):
        raise invalid("INP-049", what="function", name=function, known=", ".join(known))
    done, left = [], []
    with step("Replaying"), chosen.poison() as poison, given_up(poison) as events:
        for event in events:
            if not event.function or function not in (None, event.function):
                left.append(_line(event, names=False))
                continue
            _give_again(chosen, poison, event)
            done.append(_line(event, names=False))
    text = f"Replayed: {len(done)}. Left: {len(left)}."
    answer({"ok": True, "replayed": done, "left": left}, text, as_json=json)


def _give_again(chosen: OperatedSite, poison: PoisonQueue, event: GivenUp) -> None:
    from operate.webhook import give
    from shared.storage.replay import grid_event, put_back

    if event.waits_in_a_queue_of_events:
        put_back(poison, event)
        return
    at = f"{site.now():%Y-%m-%dT%H:%M:%SZ}"
    body = grid_event(event, account=poison.account, identity=f"replay-{event.letter.id}", at=at)
    give(chosen, event.function, body)
    poison.remove(event.letter)


def _line(event: GivenUp, names: bool) -> dict[str, Any]:
    from functions.journal import shown

    return {
        "queue": event.queue,
        "function": event.function or "(unreadable)",
        "container": event.container,
        "blob": event.blob if names or not event.blob else shown(event.blob),
        "since": _stamp(event.since),
    }


def _stamp(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}" if moment else ""
