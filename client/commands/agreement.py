"""`exchange agreement`: which agreements there are, what one says, or which key of its file is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from client import options
from client.console import answer, facts_table, table

if TYPE_CHECKING:
    from shared.kernel.terms.model import Agreement

app = typer.Typer(no_args_is_help=True, help="Say which agreements there are, and what one says.")


@app.command("list", epilog="Example: exchange agreement list")
def list_all(agreements: options.Agreements = None, json: options.Json = False) -> None:
    """Load every agreement and list them: title, days in force, parties.

    An error names the file and the key that is wrong (AGR-000).
    """
    from client.settings import load_settings

    every = [agreed.terms for agreed in load_settings(agreements=agreements).every_agreement()]
    rows = [(one.reference, one.title, _days(one), " ".join(_parties(one))) for one in every]
    listed = [
        {"agreement": one.reference, "title": one.title, "in_force": _in_force(one), "parties": _parties(one)}
        for one in every
    ]
    answer({"ok": True, "agreements": listed}, table(("agreement", "title", "in force", "parties"), rows), as_json=json)


@app.command("show", epilog="Example: exchange agreement show fsm")
def show(
    id: Annotated[str | None, typer.Argument(help="Its id, such as fsm; else every agreement in turn.")] = None,
    agreements: options.Agreements = None,
    json: options.Json = False,
) -> None:
    """Say who is party to an agreement, for how long, and how long anything lives.

    An error names the file and the key that is wrong (AGR-000).
    """
    from client.settings import load_settings

    settings = load_settings(agreements=agreements)
    shown = [settings.agreement(id)] if id else [agreed.terms for agreed in settings.every_agreement()]
    document = {"ok": True, "agreements": [_document(one) for one in shown]}
    answer(document, "\n\n".join(facts_table(_facts(one)) for one in shown), as_json=json)


@app.command("status", epilog="Example: exchange agreement status")
def status(agreements: options.Agreements = None, json: options.Json = False) -> None:
    """Say how long every agreement lasts, when it is reviewed, and what to do where that is near.

    Operators are alarmed 60, 30 and 7 days before either; receipts say the same.
    """
    from client.settings import load_settings, today
    from shared.kernel.terms.ahead import ahead

    every, on = [agreed.terms for agreed in load_settings(agreements=agreements).every_agreement()], today()
    listed = [
        {
            "agreement": one.reference,
            "in_force": one.in_force.covers(on),
            "ends": f"{one.in_force.last}",
            "days_left": (one.in_force.last - on).days,
            "review": f"{one.review}" if one.review else None,
            "notices": [
                {"code": found.code.code, "days": found.days, "says": found.told, "do": found.code.remedy}
                for found in ahead(one, on)
            ],
        }
        for one in every
    ]
    rows = [
        [one["agreement"], "yes" if one["in_force"] else "no", one["ends"], one["days_left"], one["review"] or "none"]
        for one in listed
    ]
    text = table(("agreement", "in force", "last day", "days left", "review"), rows)
    for one in every:
        for found in ahead(one, on):
            text += f"\n\n{found.code.code} {one.reference}: {found.told}\n  {found.code.remedy}"
    answer({"ok": True, "agreements": listed}, text, as_json=json)


def _facts(agreement: Agreement) -> dict[str, object]:
    retention, records = agreement.retention, agreement.records
    collecting = {"only collect": " ".join(agreement.recipients)} if agreement.recipients else {}
    return {
        "agreement": agreement.reference,
        "title": agreement.title,
        "in force": _days(agreement),
        "parties": " ".join(agreement.controllers),
        **collecting,
        "officers of each": agreement.officers_per_party,
        "swept on day": " ".join(f"{kind} {retention.line(kind).sweep}" for kind in retention.kinds),
        "promise": f"{retention.promise_days} days",
        "records": f"ledger {records.ledger_days} days, certificates {records.certificate_days} days",
    }


def _document(agreement: Agreement) -> dict[str, Any]:
    return {
        "agreement": agreement.reference,
        "title": agreement.title,
        "controllers": list(agreement.controllers),
        "recipients": list(agreement.recipients),
        "in_force": _in_force(agreement),
        "retention": agreement.retention.model_dump(mode="json"),
        "records": agreement.records.model_dump(mode="json"),
    }


def _days(agreement: Agreement) -> str:
    return f"{agreement.in_force.first} to {agreement.in_force.last}"


def _in_force(agreement: Agreement) -> dict[str, str]:
    return {"from": f"{agreement.in_force.first}", "to": f"{agreement.in_force.last}"}


def _parties(agreement: Agreement) -> list[str]:
    return [party.slug for party in agreement.participants]
