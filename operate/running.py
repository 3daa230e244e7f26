"""`exchange run now`: ask for work at once that waits while files still come."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from client import options
from client.console import answer, step, table
from operate import site

if TYPE_CHECKING:
    from client.settings import Settings
    from operate.site import OperatedSite

app = typer.Typer(no_args_is_help=True, help="Ask for work that waits while files still come.")

Requests = list[tuple[str, str, str]]
"""Party, agreement, collection."""


@app.callback()
def _running() -> None:
    """Ask for work that waits while files still come."""


@app.command("now", epilog="Example: exchange run now --agreement fsm --collection 2026-autumn")
def now(
    party: Annotated[
        list[str] | None, typer.Option("--party", help="As an operator, for this party; may be given again.")
    ] = None,
    everybody: Annotated[bool, typer.Option("--everybody", help="As an operator, for every party.")] = False,
    agreement: Annotated[str | None, typer.Option("--agreement", help="Under this agreement; else under all.")] = None,
    collection: Annotated[
        str | None, typer.Option("--collection", help="In this collection; else in all that are open today.")
    ] = None,
    profile: Annotated[
        Path | None, typer.Option("--profile", help="Your exchange.toml; as an operator, your operator.toml.")
    ] = None,
    json: options.Json = False,
) -> None:
    """Ask for the work of your borough that waits while files still come: it is done at once, over what lies there.

    A borough asks with an empty file in its own inbox, for its own work alone. Operators name whose work it is, with
    --party or --everybody. Where nothing waits nothing is done, and no result is replaced.
    """
    from client.settings import load_settings

    if party or everybody:
        requests = _as_operator(site.load_site(profile), party or (), agreement, collection)
    else:
        requests = _as_party(load_settings(profile), agreement, collection)
    rows = [{"party": slug, "agreement": id, "collection": name} for slug, id, name in requests]
    text = table(["party", "agreement", "collection"], [list(row.values()) for row in rows])
    told = f"{text}\n\nAsked. What waits there begins within minutes."
    answer({"ok": True, "asked": rows}, told if rows else "No collection is open today: name one.", as_json=json)


def _as_party(settings: Settings, agreement: str | None, collection: str | None) -> Requests:
    from client.asking import asked_for
    from client.connect import exchange_now, open_door
    from client.passes import INBOX
    from client.settings import today
    from shared.kernel.errors import AlreadyExists
    from shared.kernel.terms.run_now import name_for_party

    slug = settings.slug()
    pairs = asked_for(settings.every_agreement(), slug, today(), agreement=agreement, collection=collection)
    with step("Asking"), open_door(settings, INBOX) as door:
        door.greet()
        for id, name in pairs:
            with suppress(AlreadyExists):  # asked for in this very second
                door.put(name_for_party(id, name, exchange_now(door)), b"", {})
    return [(slug, id, name) for id, name in pairs]


def _as_operator(
    chosen: OperatedSite, parties: Iterable[str], agreement: str | None, collection: str | None
) -> Requests:
    from client.asking import asked_for, who_waits
    from client.codes import invalid
    from shared.kernel.days import london_day
    from shared.kernel.errors import AlreadyExists
    from shared.kernel.terms.run_now import name_for_operators

    agreements, at = chosen.every_agreement(), site.now()
    if unknown := [slug for slug in parties if slug not in agreements.parties]:
        raise invalid("INP-023", name=", ".join(unknown), known=", ".join(agreements.parties))
    waiting = tuple(parties) or who_waits(agreements, agreement)
    requests = [
        (slug, id, name)
        for slug in waiting
        for id, name in asked_for(agreements, slug, london_day(at), agreement=agreement, collection=collection)
    ]
    with step("Asking"), chosen.storage() as storage:
        for slug, id, name in requests:
            with suppress(AlreadyExists):
                storage.requests(slug).create(name_for_operators(id, name, at), b"")
    return requests
