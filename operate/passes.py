"""`exchange pass`: a borough's way in where its officers have no Entra accounts: two URLs, for seven days."""

from __future__ import annotations

import json as json_text
import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated
from urllib.parse import parse_qs, urlsplit

import typer

from client import options
from client.console import answer, facts_table, step
from operate import site

app = typer.Typer(no_args_is_help=True, help="Issue passes to boroughs.")

LASTS = timedelta(days=7)
"""The longest that Azure signs without an account key."""


@app.callback()
def _passes() -> None:
    """Issue passes to boroughs."""


@app.command("issue", epilog="Example: exchange pass issue lambeth --out lambeth/exchange.toml")
def issue(
    borough: Annotated[str, typer.Argument(help="The borough's slug.")],
    out: Annotated[
        Path, typer.Option("--out", "-o", help="The profile to write. Hand it over as you would a password.")
    ],
    profile: site.Profile = None,
    json: options.Json = False,
) -> None:
    """Write a party's profile with a pass that only creates in its inbox and one that only reads its outbox.

    A party that only collects gets the second alone.

    Both last seven days. A pass lets in whoever holds it, and the logs then know no person: where officers have Entra
    accounts they need none. The hashes that are shown belong into the register of who is who (docs/operators).
    """
    from client.codes import invalid
    from shared.kernel.storage.access import inbox_pass, outbox_pass
    from shared.kernel.terms.gates import LEFT

    chosen = site.load_site(profile)
    agreements = chosen.every_agreement()
    if borough not in agreements.parties:
        raise invalid("INP-023", name=borough, known=", ".join(agreements.parties))
    issued = site.now()
    if _has_left(chosen, borough, issued):
        raise LEFT.refusal()
    expires = issued + LASTS
    with step("Signing"), chosen.storage() as storage:
        urls = {"outbox": outbox_pass(storage, borough, issued=issued, expires=expires)}
        if borough in agreements.senders:
            urls = {"inbox": inbox_pass(storage, borough, issued=issued, expires=expires), **urls}
    settings = {"borough": borough, "keys": "keys"} | {f"{box}_url": url for box, url in urls.items()}
    if chosen.certificate:
        settings["certificate"] = os.path.relpath(chosen.certificate, out.parent)
    write_profile(out, settings)
    entries = [_entry(url, borough, box, issued, expires) for box, url in urls.items()]
    shown = facts_table({f"{entry['box']} signature": entry["signature"] for entry in entries})
    text = f"Written: {out}. It lets in whoever holds it, until {expires:%Y-%m-%dT%H:%M:%SZ}.\n\n{shown}"
    answer({"ok": True, "profile": str(out), "passes": entries}, text, as_json=json)


def write_profile(path: Path, settings: dict[str, str]) -> None:
    """A profile is for its owner's eyes alone: it holds passes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        # A JSON string of ASCII is a TOML string.
        file.writelines(f"{key} = {json_text.dumps(value)}\n" for key, value in settings.items())


def _has_left(chosen: site.OperatedSite, borough: str, at: datetime) -> bool:
    """Whether it has left every agreement to which it was a party."""
    from operate.ordering import orders
    from shared.kernel.days import london_day
    from shared.kernel.terms.stops import Stops

    stops, day = Stops(orders(chosen)), london_day(at)
    of = [agreed.terms for agreed in chosen.every_agreement()]
    mine = [terms.id for terms in of if any(party.slug == borough for party in terms.participants)]
    return all(borough in stops.left(id, day) for id in mine)


def _entry(url: str, borough: str, box: str, issued: datetime, expires: datetime) -> dict[str, str]:
    """What the register says of a pass: the digest by which logs show it, and not enough to use it."""
    from shared.kernel.audit.register import signature_hash

    [signature] = parse_qs(urlsplit(url).query)["sig"]
    return {
        "signature": signature_hash(signature),
        "borough": borough,
        "box": box,
        "from": issued.isoformat(),
        "to": expires.isoformat(),
    }
