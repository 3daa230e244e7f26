"""`exchange poison`: events that failed five times; look at them, and give them to the app again."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from client import options
from client.console import answer, step, table
from operate import site

if TYPE_CHECKING:
    from operate.replaying import Replay, Takers
    from operate.webhook import Webhook
    from shared.kernel.storage.poison import PoisonQueue
    from shared.kernel.storage.queues import QueueMessage
    from shared.kernel.storage.replay import GivenUp
    from shared.kernel.terms.agreements import Agreements

app = typer.Typer(no_args_is_help=True, help="Look at events that were given up, and replay them.")

UNREADABLE = "(unreadable)"


@app.command("list", epilog="Example: exchange poison list")
def list_events(
    names: Annotated[
        bool, typer.Option("--names", help="Show blob names too. A sender may have put a child's name into one.")
    ] = False,
    profile: site.Profile = None,
    json: options.Json = False,
) -> None:
    """List events that failed five times: which function, which blob, since when. They stay where they are.

    On the day `gone on` Azure removes the message, whatever became of its drop.
    """
    from shared.kernel.storage.replay import given_up

    chosen = site.load_site(profile)
    agreements = chosen.every_agreement()
    with step("Looking into the queues"), chosen.poison() as poison, given_up(poison) as events:
        rows = [_line(event, agreements, names) for event in events]
    text = table(
        ["queue", "function", "container", "blob", "since", "days", "gone on"], [list(row.values()) for row in rows]
    )
    answer({"ok": True, "events": rows}, text if rows else "No event was given up.", as_json=json)


@app.command("replay", epilog="Example: exchange poison replay --function drop_lambeth")
def replay(
    function: Annotated[str | None, typer.Option(help="Only events of this function; else all.")] = None,
    profile: site.Profile = None,
    json: options.Json = False,
) -> None:
    """Give events to the app again, once their cause is gone. What was already done does no harm.

    Events of queues (the private variant) are put back into their queue. Blob events go to the app's webhook: set
    EXCHANGE_APP to the app's address and EXCHANGE_WEBHOOK_KEY to its system key `blobs_extension`. What is given is
    recorded in the ledger and removed; what stays is listed with its reason.
    """
    from client.codes import invalid
    from operate.replaying import Replay, Takers
    from operate.webhook import Webhook
    from shared.kernel.storage.replay import given_up

    chosen = site.load_site(profile)
    takers, agreements = Takers.of(chosen), chosen.every_agreement()
    known = {name: feed for feed, name in takers.feeds.items()}
    if function not in (None, *known):
        raise invalid("INP-049", what="function", name=function, known=", ".join(known))
    done = Replay("poison")
    with step("Replaying"), chosen.storage() as storage, chosen.poison() as poison, given_up(poison) as events:
        wanted = [event for event in events if function in (None, event.function)]
        done.pass_over(*(_line(event, agreements) for event in events if event not in wanted))
        pushed = any(event.function in known and not event.waits_in_a_queue_of_events for event in wanted)
        door = Webhook.of(chosen) if pushed else None
        for event in wanted:
            _replay(done, takers, poison, door, event, _line(event, agreements))
        done.settle(chosen, storage)
    done.say(as_json=json)


def _replay(
    done: Replay, takers: Takers, poison: PoisonQueue, door: Webhook | None, event: GivenUp, line: dict[str, Any]
) -> None:
    """Give one event again, or keep it and say why; `line` is how it is listed."""
    from operate.replaying import Given, unreadable
    from shared.kernel.errors import ExchangeError

    try:
        if not _can_be_read(event):
            raise unreadable()
        takers.check(event.function, f"for {event.queue}" if event.waits_in_a_queue_of_events else "of that name")
        _give(poison, door, event)
    except ExchangeError as error:
        done.keep(error, line)
    else:
        feed = next(feed for feed, function in takers.feeds.items() if function == event.function)
        done.given.append(Given(feed, (line,), partial(_remove, poison, event.message)))


def _give(poison: PoisonQueue, door: Webhook | None, event: GivenUp) -> None:
    from shared.kernel.storage.replay import grid_event, put_back

    if door is None or event.waits_in_a_queue_of_events:
        put_back(poison, event)
        return
    at = f"{site.now():%Y-%m-%dT%H:%M:%SZ}"
    account, identity = poison.every.account, f"replay-{event.message.id}"
    door.give(event.function, grid_event(event, account=account, identity=identity, at=at))


def _remove(poison: PoisonQueue, message: QueueMessage, request_id: str) -> None:
    poison.with_request_id(request_id).remove(message)


def _line(event: GivenUp, agreements: Agreements, names: bool = False) -> dict[str, Any]:
    from shared.kernel.terms.shown import shown

    return {
        "queue": event.queue,
        "function": event.function if _can_be_read(event) else UNREADABLE,
        "container": event.container,
        "blob": event.blob if names or not event.blob else shown(event.blob, agreements),
        "since": f"{event.since:%Y-%m-%dT%H:%M:%SZ}" if event.since else "",
        "days": (site.now() - event.since).days if event.since else None,
        "gone_on": _gone_on(event.gone_on),
    }


def _can_be_read(event: GivenUp) -> bool:
    """Whether it says what it is about: a blob, unless it tells of a run of the lifecycle policy."""
    return bool(event.function) and (event.named is not None or event.function == "policy_runs")


def _gone_on(moment: datetime | None) -> str:
    if moment is None:
        return "not known"
    return f"{moment:%Y-%m-%d}" if moment.year < 9999 else "never"
