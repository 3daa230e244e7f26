"""`exchange seal`: encrypts a contract file to the exchange and signs it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated

import typer

from client import options
from client.console import answer, facts_table, note, step
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
    dataset: Annotated[str, typer.Option(help="pupils, households or decisions.")],
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
    from client.beforehand import look_beforehand
    from client.codes import invalid
    from client.contracts import find_contract
    from client.files import read_parquet
    from client.sealed_files import save
    from client.seconds import own_second
    from client.settings import load_settings, now
    from shared.kernel.contract.validate import REJECTED, validate
    from shared.kernel.days import london_day
    from shared.kernel.envelope.keys import Use
    from shared.kernel.envelope.manifest import EXCHANGE
    from shared.kernel.envelope.seal import Label, seal
    from shared.kernel.errors import UntrustedDrop
    from shared.kernel.terms.gates import check_may_drop, check_open

    settings = load_settings(profile, borough=borough, keys=keys, agreements=agreements)
    found = find_contract(dataset, agreement, default=settings.default_agreement)
    if not names.is_collection(collection):
        raise invalid("INP-020", name=collection)
    slug, terms, ring, moment = settings.slug(), settings.agreement(found.agreement), settings.key_ring(), now()
    today = london_day(moment)
    check_may_drop(terms, slug, dataset, today)
    check_open(terms, dataset, collection, today)
    look_beforehand(settings)
    try:
        table = read_parquet(file, terms.limits)
    except UntrustedDrop as refusal:
        raise invalid("INP-016", path=file, reason=f"{refusal.code}, {refusal.message}".rstrip(".")) from None
    with step("Checking"):
        days = terms.terms_of(dataset).stale_after_days
        checked = validate(table, found.contract, as_of=today, stale_after_days=days)
        if checked.status == REJECTED:
            raise invalid("INP-016", path=file, reason=f"all {checked.rows_in} rows would be rejected")
    if not checked.rows_in:
        note(f"It has no rows: it states that you have no {dataset}, and replaces what you dropped before.")
    if checked.rows_rejected:
        note(f"{checked.rows_rejected} of {checked.rows_in} rows will be rejected; see `exchange check`.")
    with step("Sealing"):
        moment = own_second(settings.key_folder(), out, f"{dataset}-{collection}", now)
        label = Label(slug, EXCHANGE, dataset, collection, moment, replaces)
        sealed = seal(table, label, agreement=terms, key_id=ring.current(slug, Use.DROP), keys=ring)
        path = save(sealed, out, hashlib.sha256(file.read_bytes()).hexdigest())
    manifest = sealed.manifest
    shown = {"file": str(path), "rows": manifest.rows, "sha256": manifest.sha256, "sealed to": manifest.key_id}
    facts = {
        "ok": True,
        "file": str(path),
        "rows_to_be_rejected": checked.rows_rejected,
        **manifest.model_dump(mode="json", exclude_none=True),
    }
    answer(facts, facts_table(shown), as_json=json)
