"""`exchange certificate`: verifies what the exchange says it has destroyed, without asking the exchange."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated, Any

import typer

from client import options
from client.console import answer, facts_table, table

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
    """Say whether a certificate holds to the last byte, and what was destroyed, under which clause and how."""
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
    answer({"ok": True, "holds": True, **payload}, f"The certificate holds.\n{_shown(payload)}", as_json=json)


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
