"""Seals a contract file: looked at by the rules and the agreement in force, then encrypted, signed and saved."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from client.beforehand import look_beforehand
from client.codes import invalid
from client.console import note, step
from client.contracts import refused_whole
from client.decisions.at_hand import results_for
from client.decisions.standing import check_standing
from client.files import read_parquet
from client.sealed_files import save
from client.seconds import own_second
from shared.agreements.free_school_meals.contracts import DECISIONS
from shared.kernel import names
from shared.kernel.contract.validate import validate
from shared.kernel.days import london_day
from shared.kernel.envelope.keys import Use
from shared.kernel.envelope.manifest import EXCHANGE
from shared.kernel.envelope.seal import Label, Sealed, seal
from shared.kernel.errors import UntrustedDrop
from shared.kernel.terms.gates import check_may_drop, check_open

if TYPE_CHECKING:
    from client.contracts import Found
    from client.settings import Settings


def seal_contract_file(
    settings: Settings,
    found: Found,
    file: Path,
    collection: str,
    out: Path,
    *,
    replaces: str | None = None,
    results: Sequence[Path] | None = None,
) -> tuple[Path, Sealed, int]:
    """The sealed file in the folder `out`, and how many of its rows the exchange will reject.

    Decisions are compared with `results`, else with those that lie beside the file (INP-132).

    What the exchange would refuse whole is refused here. Raises `InvalidInput` INP-016, 020; `NotAgreed`; `BadFile`.
    """
    from client.settings import now

    dataset = found.contract.dataset
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
        if refused_whole(found.contract, checked):
            raise invalid("INP-016", path=file, reason=f"{checked.rows_rejected} of {checked.rows_in} rows are wrong")
    if found.contract is DECISIONS:
        check_standing(file, table, results_for(file, results), slug, collection)
    if not checked.rows_in:
        note(f"It has no rows: it states that you have no {dataset}, and replaces what you dropped before.")
    if checked.rows_rejected:
        note(f"{checked.rows_rejected} of {checked.rows_in} rows will be rejected; see `exchange check`.")
    with step("Sealing"):
        moment = own_second(settings.key_folder(), out, f"{dataset}-{collection}", now)
        label = Label(slug, EXCHANGE, dataset, collection, moment, replaces)
        sealed = seal(table, label, agreement=terms, key_id=ring.current(slug, Use.DROP), keys=ring)
        return save(sealed, out, hashlib.sha256(file.read_bytes()).hexdigest()), sealed, checked.rows_rejected
