"""`exchange totals`: the table of where children live and go to school, and what a borough does with it."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from client import options
from client.console import answer, step, table
from client.exits import Exit

if TYPE_CHECKING:
    from client.totals.reconcile import Pair

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    help="The table of how many children live in one authority and go to school in another. Without a command it is "
    "collected from your outbox and written: CSV, Parquet, data dictionary, datapackage.json.",
)

Table = Annotated[Path, typer.Argument(help="totals.csv or totals.parquet, as `exchange totals` wrote it.")]


class Measure(StrEnum):
    """What is counted."""

    PUPILS = "pupils"
    OPEN_FSM = "open_fsm"
    NEWLY_ENTITLED = "newly_entitled"
    EHC_PLANS = "ehc_plans"


MeasureOption = Annotated[Measure, typer.Option("--measure", help="What is counted.")]


@app.callback(invoke_without_command=True, epilog="Example: exchange totals --out totals --collection 2026-autumn")
def totals(
    ctx: typer.Context,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Folder to write into.")] = None,
    collection: Annotated[str | None, typer.Option(help="Which collection; else the newest there is.")] = None,
    measure: MeasureOption = Measure.PUPILS,
    profile: options.Profile = None,
    borough: options.Borough = None,
    keys: options.Keys = None,
    agreements: options.Agreements = None,
    json: options.Json = False,
) -> None:
    """Collect the newest table from your outbox, open it with your key, write it, and show one measure of it.

    A number is left out (c) where it, or another through it, would say of one to four children something. What is left
    out stays so: ask the school authority, not the exchange.
    """
    if ctx.invoked_subcommand is not None:
        return
    from client.connect import open_door
    from client.passes import OUTBOX
    from client.settings import load_settings
    from client.totals.collect import AGREEMENT, collect_totals
    from client.totals.written import write_totals

    if out is None:
        raise typer.BadParameter("Give the folder to write into.", param_hint="--out")
    settings = load_settings(profile, borough=borough, keys=keys, agreements=agreements)
    every, ring, slug = settings.every_agreement(), settings.key_ring(), settings.slug()
    with step("Collecting"), open_door(settings, OUTBOX) as door:
        found = collect_totals(door, collection, slug=slug, ring=ring, agreements=every)
    files = write_totals(out, found.totals, agreement=every[AGREEMENT].terms.reference, collection=found.collection)
    result = {
        "ok": True,
        "collection": found.collection,
        "release": found.name,
        "rows": found.totals.rows.num_rows,
        "left_out": found.totals.left_out,
        "files": [str(path) for path in files],
    }
    answer(result, f"{found.totals.text(measure.value)}\n\nWritten: {out}", as_json=json)


@app.command("show", epilog="Example: exchange totals show totals/totals.csv --measure open_fsm")
def show(file: Table, measure: MeasureOption = Measure.PUPILS, json: options.Json = False) -> None:
    """Show one measure of a table that was written."""
    from client.totals.table import read_totals

    found = read_totals(file)
    cells = [
        {"residence": residence, "school": school, "value": value}
        for (residence, school), value in found.cells[measure.value].items()
    ]
    answer({"ok": True, "measure": measure.value, "cells": cells}, found.text(measure.value), as_json=json)


@app.command("reconcile", epilog="Example: exchange totals reconcile totals/totals.csv --with spc_cbm.csv")
def reconcile(
    file: Table,
    theirs: Annotated[Path, typer.Option("--with", help="DfE's cross-border table as CSV (spc_cbm.csv).")],
    period: Annotated[
        str | None, typer.Option(help="Time period of DfE's table to compare with, e.g. 202526; else that of yours.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write every pair as .csv, .parquet or .xlsx.")
    ] = None,
    json: options.Json = False,
) -> None:
    """Compare pupils by residence and school authority with what DfE has published, pair by pair.

    Exit codes: 0 every pair that both give agrees; 3 some differ; 8 no pair could be compared.
    """
    from client.totals.reconcile import AGREES, DIFFERS, NOT_COMPARED, read_theirs
    from client.totals.reconcile import reconcile as compared
    from client.totals.table import read_totals

    ours = read_totals(file)
    their = read_theirs(theirs, ours, period or ours.period)
    pairs = compared(ours, their)
    counts = {outcome: sum(p.outcome == outcome for p in pairs) for outcome in (AGREES, DIFFERS, NOT_COMPARED)}
    if out is not None:
        _write_pairs(out, pairs)
    result = {
        "ok": not counts[DIFFERS],
        "period": {"ours": ours.period, "theirs": period or ours.period},
        "pairs": counts,
        "rows_passed_over": their.rows_of_breakdowns,
        "columns_not_ours": list(their.other_columns),
        "differences": [_said(p) for p in pairs if p.outcome == DIFFERS],
        "not_compared": [_said(p) for p in pairs if p.outcome == NOT_COMPARED],
    }
    rows = [(p.residence, p.school, p.ours, p.theirs, p.difference, p.why) for p in pairs if p.outcome != AGREES]
    heads = ("residence", "school", "ours", "theirs", "difference", "not compared because of")
    text = table(heads, rows) if rows else "Every pair agrees."
    told = ", ".join(f"{count} pairs {'agree' if name == AGREES else name}" for name, count in counts.items())
    text += (
        f"\n\n{told.replace('pairs differs', 'pairs differ')}. {their.rows_of_breakdowns} rows of DfE's table were "
        f"passed over (countries, regions, other periods, breakdowns), {len(their.other_columns)} columns are of "
        "authorities that are not in yours."
    )
    answer(result, text, as_json=json)
    if counts[DIFFERS]:
        raise typer.Exit(Exit.CHECK_BROKEN)
    if not counts[AGREES]:
        raise typer.Exit(Exit.PARTLY)


@app.command("map", epilog="Example: exchange totals map totals/totals.csv --school Lambeth --out map.html")
def draw(
    file: Table,
    out: Annotated[Path, typer.Option("--out", "-o", help="The page to write (.html), or the picture alone (.svg).")],
    measure: MeasureOption = Measure.PUPILS,
    school: Annotated[
        str, typer.Option(help="The school authority whose pupils are shown; else all of them.")
    ] = "Total",
    json: options.Json = False,
) -> None:
    """Draw where the pupils of a school authority live, as tiles, with the same numbers as a table.

    What is left out of the table is left out of the picture.
    """
    from client.codes import invalid
    from client.files import write_bytes
    from client.totals.table import read_totals
    from client.totals.tiles import numbers, page, picture, title_of

    found = read_totals(file)
    kind = out.suffix.lower()
    if kind not in (".html", ".svg"):
        raise invalid("INP-015", path=out, known=".html, .svg")
    if kind == ".html":
        drawn = page(found, measure.value, school)
    else:
        title = title_of(measure.value, school, found.period)
        drawn = picture(numbers(found, measure.value, school), found.codes, title)
    write_bytes(out, drawn.encode())
    answer({"ok": True, "measure": measure.value, "school": school, "out": str(out)}, f"Drawn: {out}", as_json=json)


@app.command("pack", epilog="Example: exchange totals pack pupils.parquet --out roll.parquet")
def pack(
    pupils: Annotated[Path, typer.Argument(help="The pupils file that you packed for free school meals.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The smaller file to write (.parquet).")],
    json: options.Json = False,
) -> None:
    """Make the roll for totals of your pupils file: no name, birthday, address; no postcode where home_la is known."""
    from client.codes import invalid
    from client.files import read_parquet, write_table
    from client.totals.minimise import minimise

    if out.suffix.lower() != ".parquet":
        raise invalid("INP-015", path=out, known=".parquet")
    small = minimise(read_parquet(pupils), pupils)
    write_table(out, small.table)
    result = {
        "ok": True,
        "rows": small.table.num_rows,
        "columns": small.table.column_names,
        "left_away": list(small.dropped),
        "postcodes_emptied": small.postcodes_emptied,
        "out": str(out),
    }
    text = (
        f"{small.table.num_rows} pupils with {', '.join(small.table.column_names)}.\n"
        f"Left away: {', '.join(small.dropped) or 'nothing'}; {small.postcodes_emptied} postcodes that home_la makes "
        f"unnecessary.\nWritten: {out}"
    )
    answer(result, text, as_json=json)


def _said(pair: Pair) -> dict[str, object]:
    return {
        "residence": pair.residence,
        "school": pair.school,
        "ours": pair.ours,
        "theirs": pair.theirs,
        "difference": pair.difference,
        "why": pair.why,
    }


def _write_pairs(out: Path, pairs: list[Pair]) -> None:
    import pyarrow as pa

    from client.files import write_table

    rows = [_said(pair) | {"outcome": pair.outcome} for pair in pairs]
    text = [row | {side: "" if row[side] is None else str(row[side]) for side in ("ours", "theirs")} for row in rows]
    columns = ("residence", "school", "ours", "theirs", "difference", "outcome", "why")
    kinds = {"difference": pa.int64()}
    write_table(out, pa.table({n: pa.array([row[n] for row in text], kinds.get(n, pa.string())) for n in columns}))
