"""`exchange seal`: encrypts a contract file to the exchange and signs it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from client import options
from client.console import answer, facts_table
from shared.kernel import names

app = typer.Typer()


def _drop(given: str | None) -> str | None:
    if given is not None and not names.is_id(given):
        raise typer.BadParameter("A drop's id has 32 digits 0 to 9 and a to f, as its receipt says it.")
    return given


@app.command(
    "seal",
    epilog="Example: exchange seal pupils.parquet --dataset pupils --collection 2026-autumn --out sealed",
)
def seal_file(
    file: Annotated[Path, typer.Argument(help="The contract file that `exchange pack` wrote.")],
    dataset: Annotated[str, typer.Option(help="pupils, households, decisions or objections.")],
    collection: Annotated[str, typer.Option(help="Which census it belongs to, e.g. 2026-autumn.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the sealed file and its manifest.")] = Path(
        "sealed"
    ),
    replaces: Annotated[
        str | None,
        typer.Option(
            metavar="DROP",
            callback=_drop,
            help="The drop that this file replaces, by its id: the answer where a receipt has asked.",
        ),
    ] = None,
    results: options.Results = None,
    agreement: options.Agreement = None,
    profile: options.Profile = None,
    borough: options.Borough = None,
    keys: options.Keys = None,
    agreements: options.Agreements = None,
    json: options.Json = False,
) -> None:
    """Encrypt a contract file to the exchange's key for your borough, and sign it with yours.

    The file is checked first, by the rules and the agreement in force: what the exchange would refuse is refused here.
    """
    from client.contracts import find_contract
    from client.sealing import seal_contract_file
    from client.settings import load_settings

    settings = load_settings(profile, borough=borough, keys=keys, agreements=agreements)
    found = find_contract(dataset, agreement, default=settings.default_agreement)
    path, sealed, rejected = seal_contract_file(
        settings, found, file, collection, out, replaces=replaces, results=results
    )
    manifest = sealed.manifest
    shown = {"file": str(path), "rows": manifest.rows, "sha256": manifest.sha256, "sealed to": manifest.key_id}
    facts = {
        "ok": True,
        "file": str(path),
        "rows_to_be_rejected": rejected,
        **manifest.model_dump(mode="json", exclude_none=True),
    }
    answer(facts, facts_table(shown), as_json=json)
