"""`exchange objections`: who has objected is kept out of every extract, here and at the exchange."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from client import options
from client.console import answer, table

if TYPE_CHECKING:
    import pyarrow as pa

    from client.objections import ListOfObjections

DAY = ["%Y-%m-%d"]
_SHOWN = ("objection_ref", "named_by", "reason", "from_day", "until_day")
app = typer.Typer(no_args_is_help=True, help="Keep people out of every extract: add, list, remove.")

Out = Annotated[Path, typer.Option("--out", "-o", help="Folder for the sealed list that is dropped.")]
NoDrop = Annotated[bool, typer.Option("--no-drop", help="Seal the list, and leave it to you to drop it.")]


@app.command(epilog="Example: exchange objections add --who who.toml --why objection")
def add(
    why: Annotated[str, typer.Option(help="objection, court_order, safeguarding, sent_in_error or other.")],
    who: options.Who = None,
    since: Annotated[datetime | None, typer.Option("--from", formats=DAY, help="The first day; else today.")] = None,
    until: Annotated[datetime | None, typer.Option(formats=DAY, help="The last day; else it has no end.")] = None,
    out: Out = Path("sealed"),
    no_drop: NoDrop = False,
    agreement: options.Agreement = None,
    profile: options.Profile = None,
    borough: options.Borough = None,
    keys: options.Keys = None,
    agreements: options.Agreements = None,
    json: options.Json = False,
) -> None:
    """Add somebody, and drop the whole list to the exchange.

    A file (--who) names them, or you are asked at the terminal: by upn, by forename, surname and born, by both, or by
    claim, with all of its children. It is no option: a command line is kept in the shell's history and seen by others.

    What lies there of them is taken out at once, whoever had it is told, and no later file brings them back.
    """
    import pyarrow as pa

    from client.codes import invalid
    from client.objections import NAMED_BY, new_rows, open_list
    from client.settings import load_settings, today
    from client.who import person_meant
    from shared.kernel.contract.objections import REASONS

    if why not in REASONS:
        raise invalid("INP-049", what="reason", name=why, known=", ".join(REASONS))
    first, last = today(since), until.date() if until else None
    if last and last < first:  # the exchange would refuse the whole list (DRP-020)
        raise invalid("INP-000", problem="The last day is before the first.", command="objections add")
    listed = open_list(load_settings(profile, borough=borough, keys=keys, agreements=agreements), agreement)
    rows = listed.read()
    ref, more = new_rows(rows, person_meant(who, NAMED_BY), why, first, last)
    facts = _keep(listed, pa.concat_tables([rows, more]), out, no_drop=no_drop)
    word = "Added" if more.num_rows else "On the list before"
    answer({"ok": True, "added": ref, "new": bool(more.num_rows), **facts}, f"{word}: {ref}", as_json=json)


@app.command("list", epilog="Example: exchange objections list")
def show(
    agreement: options.Agreement = None,
    profile: options.Profile = None,
    borough: options.Borough = None,
    keys: options.Keys = None,
    agreements: options.Agreements = None,
    json: options.Json = False,
) -> None:
    """List the objections by number, reason and days; whom they name is not shown."""
    from client.objections import open_list
    from client.settings import load_settings

    settings = load_settings(profile, borough=borough, keys=keys, agreements=agreements)
    found: dict[str, dict[str, str]] = {}
    for row in open_list(settings, agreement).read().select(_SHOWN).to_pylist():
        one = {name: str(row[name] or "") for name in _SHOWN}
        before = found.setdefault(one["objection_ref"], one)
        if before is not one:
            before["named_by"] += f", {one['named_by']}"
    shown = [list(one.values()) for one in found.values()]
    answer({"ok": True, "objections": list(found.values())}, table(_SHOWN, shown), as_json=json)


@app.command(epilog="Example: exchange objections remove o-3f9a0c21")
def remove(
    ref: Annotated[str, typer.Argument(metavar="NUMBER", help="As `exchange objections list` says it.")],
    out: Out = Path("sealed"),
    no_drop: NoDrop = False,
    agreement: options.Agreement = None,
    profile: options.Profile = None,
    borough: options.Borough = None,
    keys: options.Keys = None,
    agreements: options.Agreements = None,
    json: options.Json = False,
) -> None:
    """Remove one, and drop the whole list: your next extract brings the person back."""
    import pyarrow.compute as pc

    from client.codes import invalid
    from client.objections import open_list
    from client.settings import load_settings

    listed = open_list(load_settings(profile, borough=borough, keys=keys, agreements=agreements), agreement)
    rows = listed.read()
    left = rows.filter(pc.not_equal(rows.column("objection_ref"), ref))
    if left.num_rows == rows.num_rows:
        known = ", ".join(dict.fromkeys(rows.column("objection_ref").to_pylist())) or "none"
        raise invalid("INP-049", what="objection", name=ref, known=known)
    facts = _keep(listed, left, out, no_drop=no_drop)
    answer({"ok": True, "removed": ref, **facts}, f"Removed: {ref}", as_json=json)


def _keep(listed: ListOfObjections, rows: pa.Table, out: Path, *, no_drop: bool) -> dict[str, Any]:
    """Seal the list to the exchange, write it, and drop it."""
    from client.sealed_files import load
    from client.sending import drop_sealed, seal_rows

    path = seal_rows(listed.settings, listed.found, rows, listed.collection(), out)
    listed.write(rows)
    sealed = load(path) if no_drop else drop_sealed(listed.settings, path)
    count = len(set(rows.column("objection_ref").to_pylist()))
    return {"listed": count, "sealed": str(path), "sha256": sealed.manifest.sha256, "dropped": not no_drop}
