"""`exchange receipt`: verifies what the exchange has signed, without asking the exchange."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated, Any

import typer

from client import options
from client.console import answer, facts_table

app = typer.Typer(no_args_is_help=True, help="Verify receipts and certificates, offline.")


@app.callback()
def _receipt() -> None:
    """Verify receipts and certificates, offline."""


@app.command(
    epilog="Example: exchange receipt verify receipt.json --public exchange-public.json --file sealed/pupils.parquet"
)
def verify(
    receipt: Annotated[Path, typer.Argument(help="The receipt or certificate.")],
    public: Annotated[
        Path | None, typer.Option(help="The issuer's public keys; else those of your key folder.")
    ] = None,
    file: Annotated[Path | None, typer.Option(help="The sealed file that the receipt should be about.")] = None,
    profile: options.Profile = None,
    keys: options.Keys = None,
    json: options.Json = False,
) -> None:
    """Say whether a signed statement holds to the last byte, who issued it, and what it says."""
    from client.codes import invalid
    from client.disk import check_file
    from client.settings import load_settings
    from shared.kernel.envelope.keys import lookup, read_public
    from shared.kernel.envelope.statement import verify_statement

    for path in (receipt, *((public,) if public else ()), *((file,) if file else ())):
        check_file(path)
    if public is not None:
        find = lookup(read_public(public.read_bytes()))
    else:
        find = load_settings(profile, keys=keys).key_ring().known
    payload = verify_statement(receipt.read_bytes(), find)
    if file is not None and payload["body"].get("sha256") != hashlib.sha256(file.read_bytes()).hexdigest():
        raise invalid("INP-017", path=file)
    answer({"ok": True, "holds": True, **payload}, f"The statement holds.\n{facts_table(_flat(payload))}", as_json=json)


def _flat(payload: dict[str, Any], prefix: str = "") -> dict[str, object]:
    flat: dict[str, object] = {}
    for name, value in payload.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = value
    return flat
