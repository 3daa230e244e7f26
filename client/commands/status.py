"""`exchange status`: what has come back, from the outbox."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from client import options
from client.console import answer, facts_table, step, table
from client.exits import Exit
from shared.kernel.json_once import loads_once

if TYPE_CHECKING:
    from client.current import CurrentResults
    from client.settings import Settings
    from shared.kernel.storage.access import BoroughDoor
    from shared.kernel.storage.areas import BlobFacts

app = typer.Typer()

DOES_NOT_COUNT = "but it does not count"

PROFILE_HELP = """Say what has come back for you: reports on your drops, receipts, results.

With --file it says what became of one sealed file, for a scheduled task: exit code 0 it was accepted, at least in
part; 4 the exchange has refused it, or it does not count; 5 there is no answer yet, or it is delayed.

Who you are and where your door is comes from the profile exchange.toml (keys: borough, keys, agreements,
default_agreement, inbox_url, outbox_url, account_url), or from EXCHANGE_BOROUGH, EXCHANGE_KEYS, EXCHANGE_AGREEMENTS,
EXCHANGE_DEFAULT_AGREEMENT, EXCHANGE_INBOX_URL, EXCHANGE_OUTBOX_URL, EXCHANGE_ACCOUNT_URL. The URLs carry
your pass, so they are never shown."""

_OF_DECISIONS = ("headline", "rows_in", "became")


@app.command("status", help=PROFILE_HELP, epilog="Example: exchange status --json")
def say_status(
    prefix: Annotated[str, typer.Argument(help="Only what begins with this.")] = "",
    file: Annotated[Path | None, typer.Option(help="A sealed file: what became of it.")] = None,
    profile: options.Profile = None,
    borough: options.Borough = None,
    agreements: options.Agreements = None,
    json: options.Json = False,
) -> None:
    """List the outbox and say what the reports in it say."""
    from client.connect import open_door
    from client.passes import OUTBOX
    from client.settings import load_settings

    settings = load_settings(profile, borough=borough, agreements=agreements)
    with step("Looking into the outbox"), open_door(settings, OUTBOX) as door:
        if file is not None:
            _say_file(door, file, as_json=json)
            return
        files = sorted(door.list(prefix), key=lambda facts: facts.name)
        reports = [_report(door, facts) for facts in files if facts.name.endswith("report.json")]
        decided = [_decided(door, facts) for facts in files if facts.name.endswith("/summary.json")]
        notices = [_notice(door, facts) for facts in files if facts.name.endswith("/notice.json")]
        current = _current(door, settings, [facts.name for facts in files])
    listed = [_file(facts) | {"current": not current.is_replaced(facts.name)} for facts in files]
    results = [held.facts() for held in current.by_place.values()]
    unread = [{"name": name, "code": error.code} for name, error in current.unread.items()]
    document = {"ok": True, "borough": settings.borough, "reports": reports, "files": listed, "current": results}
    decisions = [became for became in decided if became]
    document |= {"unread": unread, "notices": notices, "decisions": decisions}
    answer(document, _text(decisions, [*reports, *notices], listed, results, unread), as_json=json)


def _current(door: BoroughDoor, settings: Settings, names: list[str]) -> CurrentResults:
    """Which results are current. Without a key folder nobody can tell, and none is called replaced."""
    from client.current import CurrentResults, read_current

    return read_current(door, names, settings.key_ring().public_key) if settings.keys else CurrentResults()


def _say_file(door: BoroughDoor, path: Path, *, as_json: bool) -> None:
    """What became of one sealed file, by its receipt."""
    from client.dropping import receipt_of
    from client.sealed_files import load

    sealed = load(path)
    receipt = receipt_of(door, sealed.manifest.sha256)
    status = standing(str(receipt["status"]), receipt) if receipt else "no answer yet"
    refused = bool(receipt) and (status == "rejected" or status.endswith(DOES_NOT_COUNT))
    facts = {"file": sealed.name, "sha256": sealed.manifest.sha256, "status": status}
    document = {"ok": bool(receipt) and not refused, **facts, "receipt": receipt}
    answer(document, facts_table(facts), as_json=as_json)
    if not receipt or status == "delayed":
        raise typer.Exit(Exit.TRY_LATER)
    if refused:
        raise typer.Exit(Exit.REFUSED)


def standing(status: str, told: Mapping[str, Any]) -> str:
    """A status, and that the file does not count where the exchange says so: never a plain `accepted` then."""
    return f"{status}, {DOES_NOT_COUNT}" if told.get("counts") == "no" else status


def _file(facts: BlobFacts) -> dict[str, Any]:
    created = facts.created.strftime("%Y-%m-%dT%H:%M:%SZ") if facts.created else None
    return {"name": facts.name, "bytes": facts.size, "created": created}


def _report(door: BoroughDoor, facts: BlobFacts) -> dict[str, Any]:
    """A report's status and counts, with what it is about; its lines stay in the file."""

    from shared.kernel.errors import StorageFault

    try:
        document = loads_once(door.fetch(facts.name).data)
    except (StorageFault, ValueError) as fault:
        return {"name": facts.name, "status": "cannot be read", "code": getattr(fault, "code", "")}
    kept = ("status", "rows_in", "rows_accepted", "rows_rejected", "facts")
    return {"name": facts.name, **{name: document[name] for name in kept if name in document}}


def _decided(door: BoroughDoor, facts: BlobFacts) -> dict[str, Any] | None:
    """What became of a file of decisions, by the summary of the work on it; None for a summary of other work."""
    from shared.kernel.errors import StorageFault

    try:
        summary = loads_once(door.fetch(facts.name).data)
        return {"name": facts.name, "drop": summary["decisions"], **{name: summary[name] for name in _OF_DECISIONS}}
    except (StorageFault, ValueError, KeyError, TypeError):
        return None


def _notice(door: BoroughDoor, facts: BlobFacts) -> dict[str, Any]:
    """What a notice says of rows that you have had; `exchange receipt verify` says whether it holds."""

    from shared.kernel.errors import StorageFault

    try:
        body = loads_once(door.fetch(facts.name).data)["payload"]["body"]
        about = {name: body[name] for name in ("code", "word", "what_it_means", "what_to_do", "about")}
    except (StorageFault, ValueError, KeyError, TypeError) as fault:
        return {"name": facts.name, "status": "cannot be read", "code": getattr(fault, "code", "")}
    return {"name": facts.name, "status": f"notice of a {about['word']}", "facts": about}


def _standing(facts: dict[str, Any]) -> dict[str, Any]:
    """Whether the drop counts, beside which other one, what waits, and what there is to do."""
    names = {
        "counts": "counts",
        "other_drop": "beside drop",
        "rows_of_this": "rows of this",
        "rows_of_other": "rows of the other",
        "rows_waiting": "rows that wait",
        "destroyed_on": "destroyed on",
        "what_it_means": "what it means",
        "what_to_do": "what to do",
    }
    return {shown: facts[name] for name, shown in names.items() if name in facts}


def _text(
    decisions: list[dict[str, Any]],
    reports: list[dict[str, Any]],
    files: list[dict[str, Any]],
    current: list[dict[str, Any]],
    unread: list[dict[str, Any]],
) -> str:
    if not files:
        return "The outbox holds nothing yet."
    told = [f"Decisions of drop {became['drop']}: {became['headline']}" for became in decisions]
    told += [
        facts_table(
            {"report": report["name"], "status": standing(report.get("status", ""), report.get("facts", {})),
             "rows in": report.get("rows_in", ""), "rejected": report.get("rows_rejected", ""),
             **_standing(report.get("facts", {}))}
        )
        for report in reports
    ]  # fmt: skip
    told += [facts_table({**held, "covers": ", ".join(held["covers"])}) for held in current]
    told += [f"{one['code']}: {one['name']} cannot be believed, so it is not known which result is current."
             for one in unread]  # fmt: skip
    rows = [[file["name"], file["bytes"], file["created"], "" if file["current"] else "not current"] for file in files]
    listed = table(["file", "bytes", "since", ""], rows)
    return "\n\n".join([*told, listed])
