"""`exchange pack`: what a borough holds becomes a contract file, and every row that does not is listed."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from client import options
from client.console import answer, facts_table, note, step, table
from client.pack.still import check_whole, remember, whole

if TYPE_CHECKING:
    from client.pack.packed import Packed
    from client.settings import Settings

app = typer.Typer(
    no_args_is_help=True, help="Turn census tables, a supplier's extract or a spreadsheet into a contract file."
)

Out = Annotated[Path, typer.Option("--out", "-o", help="The contract file to write (Parquet).")]


@app.command(
    epilog="Example: exchange pack census ./census --out pupils.parquet --borough southwark --directory onspd.csv"
)
@whole
def census(
    folder: Annotated[Path, typer.Argument(help="Folder of {year}_{term}_{table}.csv files, as COLLECT exports them.")],
    out: Out,
    collection: Annotated[str | None, typer.Option(help="Which one, if there are several, e.g. 2026-autumn.")] = None,
    directory: Annotated[Path | None, typer.Option(help="Postcode directory (CSV or Parquet): fills home_la.")] = None,
    schools: Annotated[
        Path | None, typer.Option(help="The DfE's register of schools (CSV): fills URN and name.")
    ] = None,
    report: options.Report = None,
    as_of: options.AsOf = None,
    profile: options.Profile = None,
    borough: options.Borough = None,
    agreements: options.Agreements = None,
    json: options.Json = False,
) -> None:
    """Pack School Census tables as `pupils`.

    Needs pupilonroll; uses addressesonroll or addresses, fsmperiodsonroll or fsmperiod, schoolcensus and school. Pupils
    without a usable postcode cannot be routed and are listed. With --directory and --borough, pupils who live in your
    own borough are left out: the exchange may not have them.
    """
    from client.pack.census import pack_census
    from client.pack.census_folder import read_census
    from client.pack.places import read_directory
    from client.pack.source import read
    from client.settings import load_settings

    settings = load_settings(profile, borough=borough, agreements=agreements)
    with step("Reading the census tables"):
        tables = read_census(folder, collection)
        places = read_directory(directory) if directory else None
        register = read(schools) if schools else None
    with step("Packing"):
        own = settings.agreement().by_slug[settings.slug()].ons_code if settings.borough else None
        packed = pack_census(
            tables, directory=places, own_la=own, register=register, **_terms(settings, "pupils", as_of)
        )
    _write(packed, folder, out, report, {"collection": tables.collection}, as_json=json)


@app.command(epilog="Example: exchange pack households extract.csv --style auto --out households.parquet")
@whole
def households(
    extract: Annotated[Path, typer.Argument(help="The supplier's extract, CSV or XLSX.")],
    out: Out,
    style: Annotated[str, typer.Option(help="auto, nec, capita, civica, or a style file (YAML) of your own.")] = "auto",
    extract_date: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="When the extract was taken (YYYY-MM-DD), if no column says so."),
    ] = None,
    sheet: Annotated[str | None, typer.Option(help="Sheet of a spreadsheet; else the first.")] = None,
    report: options.Report = None,
    as_of: options.AsOf = None,
    profile: options.Profile = None,
    agreements: options.Agreements = None,
    json: options.Json = False,
) -> None:
    """Pack an extract of Housing Benefit and Council Tax Reduction claims as `households`, one row per child."""
    from client.pack.households import pack_households
    from client.pack.source import read
    from client.pack.styles import choose_style
    from client.settings import load_settings

    settings = load_settings(profile, agreements=agreements)
    with step("Reading the extract"):
        source = read(extract, sheet=sheet)
        chosen = choose_style(source, extract, style)
    with step("Packing"):
        taken = extract_date.date() if extract_date else None
        packed = pack_households(source, chosen, extract_date=taken, **_terms(settings, "households", as_of))
    _write(packed, extract, out, report, {"style": chosen.name}, as_json=json)


@app.command("table", epilog="Example: exchange pack table decisions.xlsx --dataset decisions --out decisions.parquet")
@whole
def from_table(
    file: Annotated[Path, typer.Argument(help="A CSV or XLSX under the contract's column names.")],
    dataset: Annotated[str, typer.Option(help="pupils, households or decisions.")],
    out: Out,
    sheet: Annotated[str | None, typer.Option(help="Sheet of a spreadsheet; else the first.")] = None,
    report: options.Report = None,
    as_of: options.AsOf = None,
    profile: options.Profile = None,
    agreements: options.Agreements = None,
    json: options.Json = False,
) -> None:
    """Pack a spreadsheet or CSV that has the contract's columns, such as a template that was filled in."""
    from client.pack.packed import check_dataset
    from client.pack.source import read
    from client.pack.tabular import pack_table
    from client.settings import load_settings

    settings = load_settings(profile, agreements=agreements)
    check_dataset(dataset)
    with step("Packing"):
        packed = pack_table(read(file, sheet=sheet), dataset, **_terms(settings, dataset, as_of))
    _write(packed, file, out, report, {}, as_json=json)


def _terms(settings: Settings, dataset: str, as_of: Any) -> dict[str, Any]:
    from client.settings import now

    terms = {str(name): terms for name, terms in settings.agreement().datasets.items()}[dataset]
    return {"as_of": (as_of or now()).date(), "stale_after_days": terms.stale_after_days}


def _write(
    packed: Packed, source: Path, out: Path, report: Path | None, more: dict[str, Any], *, as_json: bool
) -> None:
    """Write the report, then the file, unless no row is left; say what became of the rows."""
    from client.codes import invalid
    from client.files import write_table
    from client.pack.findings import count_by_code

    if out.suffix.lower() != ".parquet":
        raise invalid("INP-015", path=out, known=".parquet")
    check_whole(source, packed.rows_in)
    report = report or out.with_name(f"{out.stem}-report.csv")
    with step("Writing"):
        write_table(report, packed.findings)
        if packed.table.num_rows:
            write_table(out, packed.table)
            remember(packed.rows_in)
    facts = {"ok": True, **more, **packed.summary(), "out": str(out), "report": str(report)}
    if packed.table.num_rows:
        answer(facts, _text(packed, facts), as_json=as_json)
        return
    reasons = count_by_code(packed.findings, "left out")
    told = ", ".join(f"{code}: {count}" for code, count in reasons.items()) or "it has no rows"
    problem = invalid("INP-006", rows=packed.rows_in, path=source, reasons=told, report=report)
    error = {"code": problem.code, "message": problem.message, "mend": problem.mend}
    facts |= {"ok": False, "error": error, "out": None}
    answer(facts, _text(packed, facts | {"out": "none: no row could be packed"}), as_json=as_json)
    note(f"{problem.code}: {problem.message}\n  {problem.mend}")
    raise typer.Exit(2)


def _text(packed: Packed, facts: dict[str, Any]) -> str:
    from client.pack.findings import by_code

    shown = {
        "rows in": packed.rows_in,
        "packed": packed.rows_packed,
        "left out": packed.rows_left_out,
        "packed, but would be rejected": packed.rows_to_be_rejected,
        "rows written": packed.table.num_rows,
        "columns not packed": ", ".join(facts["columns_dropped"]) or "none",
        "file": facts["out"],
        "report, row by row": facts["report"],
    }
    lines = by_code(packed.findings).to_pylist()
    listed = table(
        ["code", "effect", "lines", "what"], [[x["code"], x["effect"], x["lines"], x["message"]] for x in lines]
    )
    return facts_table(shown) + (f"\n\n{listed}" if lines else "")
