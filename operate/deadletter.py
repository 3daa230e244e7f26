"""`exchange deadletter`: events that Event Grid could not deliver; look at them, and give them to the app again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from client import options
from client.console import answer, step, table
from operate import site
from shared.kernel.json_once import loads_once

if TYPE_CHECKING:
    from operate.replaying import Replay, Takers
    from operate.webhook import Webhook
    from shared.kernel.storage.areas import Area
    from shared.kernel.storage.dead_letters import DeadLetter, Undelivered
    from shared.kernel.storage.poison import PoisonQueue

app = typer.Typer(no_args_is_help=True, help="Look at events that could not be delivered, and replay them.")

UNREADABLE = "(unreadable)"


@app.command("list", epilog="Example: exchange deadletter list")
def list_letters(profile: site.Profile = None, json: options.Json = False) -> None:
    """List events that could not be delivered for a day: whose, why, since when. They stay where they are.

    No blob is named: a borough may have put a child's name into one.
    """
    from shared.kernel.storage.dead_letters import dead_letters

    with step("Looking into the dead letters"), site.load_site(profile).storage() as storage:
        rows = [row for letter in dead_letters(storage.dead_letters()) for row in _rows(letter)]
    text = table(["feed", "borough", "reason", "attempts", "since"], [list(row.values()) for row in rows])
    answer({"ok": True, "events": rows}, text if rows else "Every event was delivered.", as_json=json)


@app.command("replay", epilog="Example: exchange deadletter replay --borough lambeth")
def replay(
    borough: Annotated[str | None, typer.Option(help="Only events of this borough's inbox; else all.")] = None,
    profile: site.Profile = None,
    json: options.Json = False,
) -> None:
    """Give events to the app again, once their cause is gone, and delete them here. What was done does no harm.

    Where the event has a queue (the private variant) it is put there. Else it goes to the app's webhook: set
    EXCHANGE_APP to the app's address and EXCHANGE_WEBHOOK_KEY to its system key `blobs_extension`. What is given is
    recorded in the ledger and deleted; what stays is listed with its reason.
    """
    from client.codes import invalid
    from operate.replaying import Replay, Takers
    from operate.webhook import Webhook
    from shared.kernel.storage.dead_letters import POLICY_RUNS, dead_letters

    chosen = site.load_site(profile)
    if borough is not None and borough not in (known := chosen.every_agreement().known):
        raise invalid("INP-023", name=borough, known=", ".join(known))
    done = Replay("deadletter")
    with step("Replaying"), chosen.storage() as storage, chosen.poison() as poison:
        takers, queues, area = Takers.of(chosen), poison.every.names(), storage.dead_letters()
        wanted = []
        for letter in dead_letters(area):
            if borough is None or any(event.borough == borough for event in letter.events):
                wanted.append(letter)
            else:
                done.pass_over(*_rows(letter))
        feeds = {event.feed for letter in wanted for event in letter.events}
        door = Webhook.of(chosen) if (feeds & set(takers.feeds)) - set(queues) - {POLICY_RUNS} else None
        way = _Way(takers, queues, poison, door)
        for letter in wanted:
            _replay(done, way, area, letter)
        done.settle(chosen, storage)
    done.say(as_json=json)


@dataclass(frozen=True)
class _Way:
    """How an event reaches the app."""

    takers: Takers
    queues: tuple[str, ...]
    poison: PoisonQueue
    door: Webhook | None

    def check(self, event: Undelivered) -> None:
        """Raise `Stays` for an event that nobody would take."""
        from operate.replaying import unknown, unreadable
        from shared.kernel.storage.dead_letters import POLICY_RUNS

        if not event.feed:
            raise unreadable()
        if event.feed == POLICY_RUNS and event.feed not in self.queues:
            raise unknown(f"for {event.feed}")
        self.takers.check(event.function, f"for {event.feed}")

    def give(self, event: Undelivered) -> None:
        """Give the event to its queue if it has one, else to the app."""
        from shared.kernel.storage.replay import grid_events

        if self.door is None or event.feed in self.queues:
            self.poison.every.put(event.feed, event.text)
            return
        for events in grid_events(loads_once(event.text), event.named, account=self.poison.every.account):
            self.door.give(event.function, events)


def _replay(done: Replay, way: _Way, area: Area, letter: DeadLetter) -> None:
    """Give a letter again, or keep it and say why. Whole or not at all: it goes only when all that it holds is with the
    app."""
    from operate.replaying import Given, unreadable
    from shared.kernel.errors import ExchangeError

    try:
        if not letter.events:
            raise unreadable()
        for event in letter.events:
            way.check(event)
        for event in letter.events:
            way.give(event)
    except ExchangeError as error:
        done.keep(error, *_rows(letter))
    except (ValueError, RecursionError):  # an event that can be read, and not be written again
        done.keep(unreadable(), *_rows(letter))
    else:
        done.given.append(Given(letter.events[0].feed, tuple(_rows(letter)), partial(_delete, area, letter)))


def _delete(area: Area, letter: DeadLetter, request_id: str) -> None:
    replace(area, request_id=request_id).delete(letter.blob.name, if_match=letter.blob.etag)


def _rows(letter: DeadLetter) -> list[dict[str, Any]]:
    if not letter.events:
        created = letter.blob.created
        since = f"{created:%Y-%m-%dT%H:%M:%SZ}" if created else ""
        return [{"feed": UNREADABLE, "borough": "", "reason": "", "attempts": 0, "since": since}]
    return [
        {
            "feed": event.feed or UNREADABLE,
            "borough": event.borough,
            "reason": event.reason,
            "attempts": event.attempts,
            "since": event.published,
        }
        for event in letter.events
    ]
