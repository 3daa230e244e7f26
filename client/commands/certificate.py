"""`exchange certificate`: verifies what the exchange says it has destroyed, without asking the exchange."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from client import options
from client.console import answer, facts_table, table
from client.exits import Exit

app = typer.Typer(no_args_is_help=True, help="Verify certificates of destruction, offline.")


@app.callback()
def _certificate() -> None:
    """Verify certificates of destruction, offline."""


@app.command(epilog="Example: exchange certificate verify 2026-12-17-0a1b.json --public exchange-public.json")
def verify(
    certificate: Annotated[Path, typer.Argument(help="The certificate.")],
    public: Annotated[
        Path | None, typer.Option(help="The exchange's public keys; else those of your key folder.")
    ] = None,
    profile: options.Profile = None,
    keys: options.Keys = None,
    json: options.Json = False,
) -> None:
    """Say whether a certificate holds to the last byte, and what was destroyed, under which clause and how.

    One that is genuine over what was kept longer than promised does not hold: its first line says so, and the command
    ends with 3.
    """
    from client.codes import invalid
    from client.disk import check_file
    from client.settings import load_settings
    from shared.kernel.envelope.keys import lookup, read_public
    from shared.kernel.envelope.statement import verify_statement

    for path in (certificate, *((public,) if public else ())):
        check_file(path)
    if public is not None:
        find = lookup(read_public(public.read_bytes()))
    else:
        find = load_settings(profile, keys=keys).key_ring().known
    payload = verify_statement(certificate.read_bytes(), find)
    if payload["kind"] != "certificate":
        raise invalid("INP-027", path=certificate, kind=payload["kind"])
    late, made_up = _late(payload["body"]), _made_up(payload["body"])
    verdict = {"ok": not late, "genuine": True, "holds": not late, "first_line": _first_line(late, made_up)}
    answer({**verdict, **payload}, f"{verdict['first_line']}\n{_shown(payload)}", as_json=json)
    if late:
        raise typer.Exit(Exit.CHECK_BROKEN)


def _first_line(late: list[tuple[int, int]], made_up: dict[str, Any] | None) -> str:
    """What it amounts to: that it is genuine does not make good what it says."""
    line = "The certificate holds."
    if late:
        kept, promised = max(late)
        objects = "1 object was" if len(late) == 1 else f"{len(late)} objects were"
        line = (
            f"The certificate is genuine and does NOT hold: {objects} kept longer than promised, up to {kept} days "
            f"where {promised} were promised."
        )
    if made_up:
        line += (
            f" Two facts: the sweep of {made_up['first_missed']} was missed for {made_up['objects']} objects, and this "
            "one made up for it."
        )
    return line


def _late(body: dict[str, Any]) -> list[tuple[int, int]]:
    """Of what was there for longer than was promised, how many days it was there, and how many were promised. Older
    certificates state the days of the whole agreement alone."""
    found = []
    for entry in body["destroyed"]:
        if "kept_days" in entry:
            found.append((int(entry["kept_days"]), int(entry["promised_days"])))
        elif "made_up" not in body and entry.get("created"):
            lived = datetime.fromisoformat(entry["destroyed"]) - datetime.fromisoformat(entry["created"])
            promised = _promised(body, entry)
            if promised and lived > timedelta(days=promised):
                found.append((lived.days, promised))
    return found


def _promised(body: dict[str, Any], entry: dict[str, Any]) -> int:
    """The days that its agreement promises by the certificate itself; 0 where it does not say, or the kind has its
    own."""
    from shared.kernel.terms.retention import LASTING

    clauses = body.get("agreements", {})
    days = [
        int(clause["retention.promise_days"])
        for reference, clause in clauses.items()
        if "retention.promise_days" in clause and reference.partition("@")[0] == _agreement(body, entry)
    ]
    return 0 if entry["kind"] in LASTING or not days else days[0]


def _made_up(body: dict[str, Any]) -> dict[str, Any] | None:
    if "made_up" in body:
        return dict(body["made_up"]) if body["made_up"] else None
    day = body.get("swept_at", "9999")[:10]
    swept = (entry for entry in body["destroyed"] if entry["mechanism"] == "sweep")
    later = [entry for entry in swept if entry.get("destroyed", "")[:10] > day]
    return {"objects": len(later), "first_missed": day} if later else None


def _agreements(body: dict[str, Any]) -> list[str]:
    """Those under whose clauses it was destroyed. Certificates of before there were several name one."""
    return sorted(body["agreements"]) if "agreements" in body else [body["agreement"]]


def _agreement(body: dict[str, Any], entry: dict[str, Any]) -> str:
    """The id of that whose days an object had; empty where nobody knew."""
    return str(entry["agreement"] if "agreement" in entry else body.get("agreement", "")).partition("@")[0]


def _shown(payload: dict[str, Any]) -> str:
    body = payload["body"]
    facts = {
        "issuer": payload["issuer"],
        "issued at": payload["issued_at"],
        "key": payload["key_id"],
        "borough": body["borough"],
        "agreements": ", ".join(_agreements(body)),
        "objects destroyed": body["counts"]["objects"],
        "rows in them": body["counts"]["rows"],
        "not destroyed": len(body["not_destroyed"]),
        "missing": len(body["missing"]),
        "listed again at": body["proof"]["listed_at"],
        "ledger": f"{body['ledger']['subject']} {body['ledger']['head']}",
    }
    by_clause = Counter((_agreement(body, entry), entry["clause"], entry["mechanism"]) for entry in body["destroyed"])
    rows = [(*key, count) for key, count in sorted(by_clause.items())]
    destroyed = table(("agreement", "clause", "how", "objects"), rows)
    proof = table(
        ("container", "left", "past their day", "oldest"),
        [
            (part["container"], part["objects"], part["past_their_day"], part["oldest"])
            for part in body["proof"]["containers"]
        ],
    )
    return f"{facts_table(facts)}\n\n{destroyed}\n\n{proof}"
