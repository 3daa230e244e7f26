"""`exchange agreement`: what the borough's side says of agreements and, for operators, that a party leaves one."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from client import options
from client.commands.agreement import app
from client.console import answer, step, table
from operate import ordering, site

if TYPE_CHECKING:
    from operate.departing import Departure
    from shared.kernel.envelope.keys import PublicKey

__all__ = ["app"]


@app.command("leave", epilog="Example: exchange agreement leave hackney --on 2027-04-01")
def leave(
    borough: Annotated[str, typer.Argument(help="The party's slug.")],
    on: Annotated[
        datetime, typer.Option("--on", formats=["%Y-%m-%d"], help="The first day (London's) on which it is no party.")
    ],
    agreement: ordering.Agreement = None,
    keys: Annotated[
        bool, typer.Option("--keys", help="As a keeper, from that day on: revoke its keys, once it has its results.")
    ] = False,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="With --keys: their public parts, with their end."),
    ] = None,
    by: ordering.By = None,
    profile: site.Profile = None,
    json: options.Json = False,
) -> None:
    """For operators: a party leaves. Every party is told, with what lies here of it and for it and what it may still
    fetch; from 00:00 of that day on nothing of it is taken in, worked with or sent to it, and the night after destroys
    and certifies its rows.

    Done again it changes nothing. What is left for a keeper is said: which keys to revoke, and when its passes end.
    With --keys they are revoked; old evidence verifies by the file that --out writes. A keeper for whom no account is
    set revokes, and orders nothing.
    """
    from client.codes import invalid
    from operate.departing import Departure, check_left, end_keys, keys_of, stays_in
    from shared.kernel.days import london_day
    from shared.kernel.terms.orders import Order

    chosen = site.load_site(profile)
    leaving = Departure(ordering.party_of(chosen, borough), on.date(), agreement or "")
    stays = stays_in(chosen, leaving)
    if keys:
        if out is None:
            raise invalid("INP-000", problem="--keys needs --out.", command="agreement leave")
        check_left(leaving, london_day(site.now()), stays)
    text, id = f"{leaving.party} is no party from {leaving.day} on", ""
    if chosen.account or not keys:
        word = {"word": "leave", "party": leaving.party, "agreement": leaving.agreement, "day": leaving.day}
        id = ordering.give(chosen, Order.model_validate({**word, "by": ordering.digest(by)}))
        text = f"Ordered: {text} (stop:{id})."
    else:
        text = f"No account is set, so nothing is ordered; that {text} is taken from you."
    facts = {"ok": True, "order": id, "party": leaving.party, "on": f"{leaving.day}", "stays_in": list(stays)}
    if keys and out is not None:
        with step("Revoking"):
            revoked, lying = end_keys(chosen, leaving.party, site.now(), out)
        facts |= {"revoked": revoked, "sealed_to_them": lying}
        text += _revoked(revoked, lying, out)
    else:
        left = None if stays else keys_of(chosen, leaving.party)
        facts |= {"keys": None if left is None else [key.key_id for key in left]}
        text += _what_is_left(leaving, stays, left)
    if not stays:
        facts |= {"passes_end": f"{leaving.passes_end()}"}
    answer(facts, text, as_json=json)


def _revoked(revoked: list[str], lying: list[dict[str, str]], out: Path) -> str:
    if not revoked:
        return "\nIt has no key that is in use: nothing was left to revoke."
    text = "\n" + "\n".join(f"revoked  {key}" for key in revoked) + f"\nKeep {out} with the record's keys."
    if lying:
        rows = [[line["job"], line["collection"], line["release"], line["gone_after"]] for line in lying]
        text += "\n\nResults that may still lie in its outbox; it opens them with its own private key:\n"
        text += table(["job", "collection", "release", "gone after"], rows)
    return text


def _what_is_left(leaving: Departure, stays: tuple[str, ...], keys: tuple[PublicKey, ...] | None) -> str:
    """What remains to be done by whom, in the order in which it can be."""
    from operate.departing import REVOKE_PASSES

    if stays:
        return f"\nIt stays party to {', '.join(stays)}: its keys and passes are needed for that."
    if keys is None:
        listed = "\nIts keys cannot be seen from here; `reports/<order>/leaving.json` in every outbox lists them."
    elif not keys:
        listed = "\nIt has no key that is in use."
    else:
        listed = "\nKeys to revoke:\n" + "\n".join(f"  {key.use.value:<8}{key.key_id}" for key in keys)
    return (
        f"{listed}\nFrom {leaving.day} on, when it has its results, a keeper types\n  {leaving.command()}\n"
        f"From that day no pass is issued to it, and those that it has end by {leaving.passes_end()}. At once, with "
        f"every other borough's, and new ones for them:\n  {REVOKE_PASSES}"
    )
