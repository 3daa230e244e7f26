"""`exchange quarantine`: stop rows that may be a stranger's, such as those that a stolen key brought."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from client import options
from client.console import answer, table
from operate import ordering, site


def quarantine(
    drop: Annotated[list[str] | None, typer.Option("--drop", help="This drop; may be given again.")] = None,
    key: Annotated[list[str] | None, typer.Option("--key", help="What this key signed; may be given again.")] = None,
    since: Annotated[
        datetime | None,
        typer.Option("--since", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ"], help="What came from then on, UTC."),
    ] = None,
    party: Annotated[
        list[str] | None, typer.Option("--party", help="With --since alone: of this party; else of every one.")
    ] = None,
    by: ordering.By = None,
    profile: site.Profile = None,
    json: options.Json = False,
) -> None:
    """Take rows out of use at once: nothing of them is linked, released or enrolled any more, results that rest on them
    are taken back, whoever had them is told, and the next sweep destroys and certifies them.

    --key and --since together mean what that key signed and what came from then on. Revoke the key as well
    (`exchange vault revoke`): quarantine stops what came, and what still comes with it.

    Example: exchange quarantine --key ring:hackney/sign/0a1b2c3d4e5f --since 2027-01-12
    """
    if not (drop or key or since):
        raise typer.BadParameter("Name what is to be stopped: --drop, --key or --since.")
    chosen = site.load_site(profile)
    named = _by_party(chosen, drop or [], key or [], party or [])
    rows = [
        {"party": slug, "order": _order(chosen, slug, drops, keys, since, by)}
        for slug, (drops, keys) in sorted(named.items())
    ]
    text = table(["party", "order"], [list(row.values()) for row in rows])
    answer({"ok": True, "orders": rows}, f"{text}\n\nOrdered. `exchange ledger show stop:<order>`.", as_json=json)


def _by_party(
    chosen: site.OperatedSite, drops: list[str], keys: list[str], parties: list[str]
) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """The drops and the keys of each party that is concerned."""
    found: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {}
    for id in drops:
        scope = ordering.scope_of(chosen, id if id.startswith("drop:") else f"drop:{id}")
        before = found.get(scope.party, ((), ()))
        found[scope.party] = ((*before[0], *scope.drops), before[1])
    for id in keys:
        owner = ordering.party_of(chosen, id.removeprefix("ring:").partition("/")[0])
        before = found.get(owner, ((), ()))
        found[owner] = (before[0], (*before[1], id))
    if not found:
        named = [ordering.party_of(chosen, slug) for slug in parties] or chosen.every_agreement().senders
        found = dict.fromkeys(named, ((), ()))
    return found


def _order(
    chosen: site.OperatedSite,
    party: str,
    drops: tuple[str, ...],
    keys: tuple[str, ...],
    since: datetime | None,
    by: str | None,
) -> str:
    from shared.kernel.terms.orders import Order

    # Of a drop that is named nobody asks when it came.
    from_then = since.replace(tzinfo=UTC) if since and not drops else None
    return ordering.give(
        chosen,
        Order(
            word="quarantine",
            party=party,
            drops=drops,
            keys=keys,
            since=from_then,
            by=ordering.digest(by),
        ),
    )
