"""`exchange recall`: says of a match that it should never have been sent; both boroughs are told."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from client import options
from client.console import answer, facts_table

app = typer.Typer()


@app.command(
    "recall",
    epilog="Example: exchange recall m-7f3a… --why wrong_family --by fsm.officer1 --collection 2026-autumn",
)
def recall(
    ref: Annotated[str, typer.Argument(metavar="REF", help="The match's reference, from your results.")],
    why: Annotated[str, typer.Option(help="wrong_family, wrong_address, sent_in_error or other_error.")],
    by: Annotated[str, typer.Option(help="The officer's user name or role.")],
    collection: Annotated[str, typer.Option(help="The collection of the results, e.g. 2026-autumn.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the sealed file and its manifest.")] = Path(
        "sealed"
    ),
    agreement: options.Agreement = None,
    profile: options.Profile = None,
    borough: options.Borough = None,
    keys: options.Keys = None,
    agreements: options.Agreements = None,
    json: options.Json = False,
) -> None:
    """Recall a match: your borough and the school borough each get a signed notice, without any value.

    It is sealed and dropped as a decision, so the receipt tells that it arrived. An enrolment of it ends.
    """
    import pyarrow as pa

    from client.codes import invalid
    from client.contracts import find_contract
    from client.sending import drop_sealed, seal_rows
    from client.settings import load_settings, now
    from shared.agreements.free_school_meals.rules.decisions import RECALL_REASONS
    from shared.kernel.days import london_day

    if why not in RECALL_REASONS:
        raise invalid("INP-049", what="reason", name=why, known=", ".join(RECALL_REASONS))
    settings = load_settings(profile, borough=borough, keys=keys, agreements=agreements)
    found = find_contract("decisions", agreement, default=settings.default_agreement)
    row = {"match_ref": ref, "decision": "recall", "decided_by": by, "decided_on": london_day(now()), "reason": why}
    rows = pa.Table.from_pylist([row], schema=found.contract.arrow_schema())
    sealed = drop_sealed(settings, seal_rows(settings, found, rows, collection, out))
    facts = {"recalled": ref, "why": why, "dropped": sealed.name, "sha256": sealed.manifest.sha256}
    answer({"ok": True, **facts}, facts_table(facts) + "\nSee `exchange status` for what comes back.", as_json=json)
