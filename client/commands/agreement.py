"""`exchange agreement`: says what the agreement file says, or which key of it is wrong."""

from __future__ import annotations

import typer

from client import options
from client.console import answer, facts_table

app = typer.Typer()


@app.command("agreement", epilog="Example: exchange agreement --agreements agreements")
def show(agreements: options.Agreements = None, json: options.Json = False) -> None:
    """Load the agreement and say who is party to it, for how long, and how long anything lives.

    An error names the key that is wrong (AGR-000).
    """
    from client.settings import load_settings

    agreement = load_settings(agreements=agreements).agreement()
    retention, records = agreement.retention, agreement.records
    facts = {
        "agreement": agreement.reference,
        "in force": f"{agreement.in_force.first} to {agreement.in_force.last}",
        "parties": " ".join(agreement.controllers),
        "officers of each": agreement.officers_per_borough,
        "swept on day": " ".join(f"{kind} {days}" for kind, days in retention.sweep_days.items()),
        "promise": f"{retention.promise_days} days",
        "records": f"ledger {records.ledger_days} days, certificates {records.certificate_days} days",
    }
    said = {
        "ok": True,
        "agreement": agreement.reference,
        "controllers": list(agreement.controllers),
        "in_force": {"from": f"{agreement.in_force.first}", "to": f"{agreement.in_force.last}"},
        "retention": retention.model_dump(mode="json"),
        "records": records.model_dump(mode="json"),
    }
    answer(said, facts_table(facts), as_json=json)
