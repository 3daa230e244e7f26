"""`exchange deadletter`: events that Event Grid could not deliver; look at them, and give them to the app again."""

from __future__ import annotations

import json as text_of
from typing import TYPE_CHECKING, Annotated, Any

import typer

from client import options
from client.console import answer, step, table
from operate import site

if TYPE_CHECKING:
    from shared.storage.dead_letters import DeadLetter, Undelivered

app = typer.Typer(no_args_is_help=True, help="Look at events that could not be delivered, and replay them.")

UNREADABLE = "(unreadable)"


@app.command("list", epilog="Example: exchange deadletter list")
def list_letters(profile: site.Profile = None, json: options.Json = False) -> None:
    """List events that could not be delivered for a day: whose, why, since when. They stay where they are.

    No blob is named: a borough may have put a child's name into one.
    """
    from shared.storage.dead_letters import dead_letters

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
    """Give events to the app again, once their cause is mended, and delete them here. What was done does no harm.

    Where the event has a queue (the private variant) it is put there. Else it goes to the app's webhook: set
    EXCHANGE_APP to the app's address and EXCHANGE_WEBHOOK_KEY to its system key `blobs_extension`.
    """
    from client.codes import invalid
    from operate.webhook import give
    from shared.storage.dead_letters import POLICY_RUNS, dead_letters

    chosen = site.load_site(profile)
    if borough is not None and borough not in (known := chosen.agreement().by_slug):
        raise invalid("INP-023", name=borough, known=", ".join(known))
    done: list[dict[str, Any]] = []
    left: list[dict[str, Any]] = []
    with step("Replaying"), chosen.storage() as storage, chosen.poison() as poison:
        queues, letters = poison.names(), storage.dead_letters()

        def may_go(event: Undelivered) -> bool:
            wanted = borough in (None, event.borough)
            return wanted and bool(event.feed) and (event.feed != POLICY_RUNS or POLICY_RUNS in queues)

        for letter in dead_letters(letters):
            # Whole or not at all: the file is deleted only when all that it holds is with the app.
            if not letter.events or not all(map(may_go, letter.events)):
                left += _rows(letter)
                continue
            for event in letter.events:
                if event.feed in queues:
                    poison.send(event.feed, event.text)
                else:
                    give(chosen, event.function, text_of.dumps([text_of.loads(event.text)]))
            letters.delete(letter.blob.name, if_match=letter.blob.etag)
            done += _rows(letter)
    text = f"Replayed: {len(done)}. Left: {len(left)}."
    answer({"ok": True, "replayed": done, "left": left}, text, as_json=json)


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
