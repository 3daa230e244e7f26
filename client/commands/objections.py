"""`exchange objections`: who has objected is kept out of every extract, here and at the exchange."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from client import options
from client.console import answer, table, transfer

if TYPE_CHECKING:
    import pyarrow as pa

    from client.settings import Settings

FSM = "fsm"
DAY = ["%Y-%m-%d"]
app = typer.Typer(no_args_is_help=True, help="Keep people out of every extract: add, list, remove.")

Collection = Annotated[str, typer.Option(help="A collection that is open, e.g. 2026-autumn.")]
Out = Annotated[Path, typer.Option("--out", "-o", help="Folder for the sealed list that is dropped.")]
NoDrop = Annotated[bool, typer.Option("--no-drop", help="Seal the list, and leave it to you to drop it.")]


@app.command(epilog="Example: exchange objections add --upn J210234519001 --why objection --collection 2026-autumn")
def add(
    collection: Collection,
    why: Annotated[str, typer.Option(help="objection, court_order, safeguarding, sent_in_error or other.")],
    upn: Annotated[str | None, typer.Option(help="The child's UPN.")] = None,
    claim: Annotated[str | None, typer.Option(help="The claim's reference: all of its children.")] = None,
    forename: Annotated[str | None, typer.Option(help="With --surname and --dob.")] = None,
    surname: Annotated[str | None, typer.Option(help="With --forename and --dob.")] = None,
    dob: Annotated[datetime | None, typer.Option(formats=DAY, help="Birthday (YYYY-MM-DD), with the name.")] = None,
    since: Annotated[datetime | None, typer.Option("--from", formats=DAY, help="The first day; else today.")] = None,
    until: Annotated[datetime | None, typer.Option(formats=DAY, help="The last day; else it has no end.")] = None,
    out: Out = Path("sealed"),
    no_drop: NoDrop = False,
    profile: options.Profile = None,
    borough: options.Borough = None,
    keys: options.Keys = None,
    agreements: options.Agreements = None,
    json: options.Json = False,
) -> None:
    """Add somebody, named by UPN, by claim, or by name with birthday, and drop the whole list to the exchange.

    What lies there of them is taken out at once, whoever had it is told, and no later file brings them back.
    """
    import secrets

    import pyarrow as pa

    from client.codes import invalid
    from client.objections import read_list
    from client.settings import load_settings, now
    from shared.kernel.contract.objections import CLAIM, CONTRACT, PERSON, REASONS, UPN
    from shared.kernel.days import london_day

    if why not in REASONS:
        raise invalid("INP-049", what="reason", name=why, known=", ".join(REASONS))
    person = (forename, surname, dob)
    ways = {UPN: upn is not None, CLAIM: claim is not None, PERSON: all(person)}
    if sum(ways.values()) != 1 or (any(person) and not all(person)):
        problem = "Name the person in one way: --upn, --claim, or --forename, --surname and --dob."
        raise invalid("INP-000", problem=problem, command="objections add")
    settings = load_settings(profile, borough=borough, keys=keys, agreements=agreements)
    row: dict[str, Any] = {
        "objection_ref": f"o-{secrets.token_hex(4)}",
        "named_by": next(way for way, named in ways.items() if named),
        **{"upn": upn, "claim": claim, "forename": forename, "surname": surname, "dob": dob and dob.date()},
        "reason": why,
        "from_day": since.date() if since else london_day(now()),
        "until_day": until and until.date(),
    }
    one = pa.Table.from_pylist([row], schema=CONTRACT.arrow_schema())
    rows = pa.concat_tables([read_list(settings, FSM), one])
    facts = _keep(settings, rows, collection, out, no_drop=no_drop)
    answer({"ok": True, "added": row["objection_ref"], **facts}, f"Added: {row['objection_ref']}", as_json=json)


@app.command("list", epilog="Example: exchange objections list")
def show(
    profile: options.Profile = None,
    borough: options.Borough = None,
    keys: options.Keys = None,
    agreements: options.Agreements = None,
    json: options.Json = False,
) -> None:
    """List the objections by number, reason and days; whom they name is not shown."""
    from client.objections import read_list
    from client.settings import load_settings

    settings = load_settings(profile, borough=borough, keys=keys, agreements=agreements)
    columns = ["objection_ref", "named_by", "reason", "from_day", "until_day"]
    rows = read_list(settings, FSM).select(columns).to_pylist()
    shown = [[str(row[name] or "") for name in columns] for row in rows]
    found = [dict(zip(columns, cells, strict=True)) for cells in shown]
    answer({"ok": True, "objections": found}, table(columns, shown), as_json=json)


@app.command(epilog="Example: exchange objections remove o-3f9a0c21 --collection 2026-autumn")
def remove(
    ref: Annotated[str, typer.Argument(metavar="NUMBER", help="As `exchange objections list` says it.")],
    collection: Collection,
    out: Out = Path("sealed"),
    no_drop: NoDrop = False,
    profile: options.Profile = None,
    borough: options.Borough = None,
    keys: options.Keys = None,
    agreements: options.Agreements = None,
    json: options.Json = False,
) -> None:
    """Remove one, and drop the whole list: your next extract brings the person back."""
    import pyarrow.compute as pc

    from client.codes import invalid
    from client.objections import read_list
    from client.settings import load_settings

    settings = load_settings(profile, borough=borough, keys=keys, agreements=agreements)
    rows = read_list(settings, FSM)
    left = rows.filter(pc.not_equal(rows.column("objection_ref"), ref))
    if left.num_rows == rows.num_rows:
        known = ", ".join(rows.column("objection_ref").to_pylist()) or "none"
        raise invalid("INP-049", what="objection", name=ref, known=known)
    facts = _keep(settings, left, collection, out, no_drop=no_drop)
    answer({"ok": True, "removed": ref, **facts}, f"Removed: {ref}", as_json=json)


def _keep(settings: Settings, rows: pa.Table, collection: str, out: Path, *, no_drop: bool) -> dict[str, Any]:
    """Write the list, seal it to the exchange, and drop it."""
    import tempfile

    from client.connect import open_door
    from client.contracts import Found
    from client.dropping import check_sealed, drop
    from client.files import write_table
    from client.objections import write_list
    from client.passes import INBOX
    from client.sealed_files import load
    from client.sealing import seal_contract_file
    from shared.kernel.contract.objections import CONTRACT

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "objections.parquet"
        write_table(file, rows)
        path, sealed, _ = seal_contract_file(settings, Found(FSM, CONTRACT), file, collection, out)
    write_list(settings, FSM, rows)
    if not no_drop:
        held = load(path)
        check_sealed(path, held, settings)
        with transfer("Dropping") as told, open_door(settings, INBOX, told=told) as door:
            drop(door, path, held, settings.place("inbox_url"))
    return {"listed": rows.num_rows, "sealed": str(path), "sha256": sealed.manifest.sha256, "dropped": not no_drop}
