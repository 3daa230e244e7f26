"""`exchange agreement`: what the borough's side says of agreements and, for operators, that a party leaves one."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from client import options
from client.commands.agreement import app
from client.console import answer
from operate import ordering, site

__all__ = ["app"]


@app.command("leave", epilog="Example: exchange agreement leave hackney --on 2027-04-01")
def leave(
    borough: Annotated[str, typer.Argument(help="The party's slug.")],
    on: Annotated[
        datetime, typer.Option("--on", formats=["%Y-%m-%d"], help="The first day (London's) on which it is no party.")
    ],
    agreement: ordering.Agreement = None,
    by: ordering.By = None,
    profile: site.Profile = None,
    json: options.Json = False,
) -> None:
    """For operators: a party leaves. Every party is told, with what lies here of it and for it and what it may still
    fetch; from 00:00 of that day on nothing of it is taken in, worked with or sent to it, and the night after destroys
    and certifies its rows.

    Done again it changes nothing. Who does it is an operator; keys are a keeper's to revoke, once results are fetched:
    the statement in every outbox lists them.
    """
    from shared.kernel.terms.orders import Order

    chosen = site.load_site(profile)
    slug = ordering.party_of(chosen, borough)
    order = Order(word="leave", party=slug, agreement=agreement or "", day=on.date(), by=ordering.digest(by))
    id = ordering.give(chosen, order)
    text = f"Ordered: {slug} is no party from {on:%Y-%m-%d} on (stop:{id}). From that day no pass is issued to it, and "
    text += "those that it has end within seven days. Its keys are revoked with `exchange vault revoke`."
    answer({"ok": True, "order": id, "party": slug, "on": f"{on:%Y-%m-%d}"}, text, as_json=json)
