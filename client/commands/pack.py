"""`exchange pack`: what a borough holds becomes a contract file, and every row that does not is listed."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from client import options
from client.console import answer, note, step
from client.pack.still import check_whole, remember, whole

if TYPE_CHECKING:
    from client.pack.packed import Packed
    from client.settings import Settings

FSM = "fsm"
"""The agreement that census tables and suppliers' extracts are packed for."""

app = typer.Typer(
    no_args_is_help=True, help="Turn census tables, a supplier's extract or a spreadsheet into a contract file."
)

Dates = Annotated[
    str | None,
    typer.Option(
        help="How 03/11/2015 is meant: uk (day first) or us (month first); else uk, if no date speaks against it."
    ),
]
NobodySuppressed = Annotated[
    bool,
    typer.Option("--nobody-suppressed", help="State that an empty safety flag means: everybody may be written to."),
]
IncludeHidden = Annotated[
    bool, typer.Option("--include-hidden", help="State that decisions in hidden rows of the sheet count, too.")
]
Trailer = Annotated[
    str | None,
    typer.Option(
        help="The last line of every whole extract: {rows} where it says how many rows there are, {any} for a word "
        "that changes, e.g. 'TRAILER,{any},{rows}'. Else that of the style."
    ),
]
Out = Annotated[Path, typer.Option("--out", "-o", help="The contract file to write (Parquet).")]


@app.command(epilog="Example: exchange pack census ./la ./academies --out pupils.parquet --borough southwark")
@whole
def census(
    given: Annotated[
        list[Path],
        typer.Argument(
            metavar="FOLDER...",
            help="Folders of {year}_{term}_{table}.csv files, as COLLECT exports them, or one file.",
        ),
    ],
    out: Out,
    collection: Annotated[str | None, typer.Option(help="Which one, if there are several, e.g. 2026-autumn.")] = None,
    directory: Annotated[Path | None, typer.Option(help="Postcode directory (CSV or Parquet): fills home_la.")] = None,
    schools: Annotated[
        Path | None, typer.Option(help="The DfE's register of schools (CSV): fills URN and name.")
    ] = None,
    dates: Dates = None,
    encoding: options.Encoding = None,
    report: options.Report = None,
    as_of: options.AsOf = None,
    profile: options.Profile = None,
    borough: options.Borough = None,
    agreements: options.Agreements = None,
    json: options.Json = False,
) -> None:
    """Pack School Census tables as `pupils`: of several folders, or of `la` and `acad` files, one file is made.

    Needs pupilonroll; uses addressesonroll or addresses, fsmperiodsonroll or fsmperiod, schoolcensus and school. Pupils
    without a usable postcode cannot be routed and are listed. With --directory and --borough, pupils who live in your
    own borough are left out: the exchange may not have them.
    """
    from client.pack.census import Beside, pack_census
    from client.pack.census_folder import read_censuses
    from client.pack.places import read_directory
    from client.pack.source import read
    from client.settings import load_settings

    settings = load_settings(profile, borough=borough, agreements=agreements)
    with step("Reading the census tables"):
        deliveries = read_censuses(given, collection, encoding)
        places = read_directory(directory) if directory else None
        register = read(schools) if schools else None
    with step("Packing"):
        own = settings.ons_code() if settings.borough else None
        packed = pack_census(
            deliveries.censuses,
            beside=Beside(places, own, register),
            order=_order(dates),
            **_terms(settings, "pupils", as_of),
        )
    more = {
        "collection": deliveries.censuses[0].collection,
        "files_read": list(deliveries.read),
        "files_not_read": list(deliveries.not_read),
    }
    _write(*_kept(packed, settings, "pupils"), given[0], out, report, more, as_json=json)


@app.command(epilog="Example: exchange pack households extract.csv --style auto --out households.parquet")
@whole
def households(
    extract: Annotated[Path, typer.Argument(help="The supplier's extract, CSV or XLSX.")],
    out: Out,
    style: Annotated[str, typer.Option(help="auto, nec, capita, civica, or a style file (YAML) of your own.")] = "auto",
    dates: Dates = None,
    nobody_suppressed: NobodySuppressed = False,
    extract_date: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="When the extract was taken (YYYY-MM-DD), if no column says so."),
    ] = None,
    sheet: options.Sheet = None,
    encoding: options.Encoding = None,
    trailer: Trailer = None,
    report: options.Report = None,
    as_of: options.AsOf = None,
    profile: options.Profile = None,
    agreements: options.Agreements = None,
    json: options.Json = False,
) -> None:
    """Pack an extract of Housing Benefit and Council Tax Reduction claims as `households`, one row per child."""
    from client.pack.households import pack_households
    from client.pack.source import read
    from client.pack.styles import choose_style, known_headings, stated_trailer
    from client.settings import load_settings

    settings = load_settings(profile, agreements=agreements)
    with step("Reading the extract"):
        known, last = known_headings(style), stated_trailer(trailer, style)
        source = read(extract, sheet=sheet, encoding=encoding, expected=known, trailer=last)
        chosen = choose_style(source, extract, style)
    with step("Packing"):
        taken = extract_date.date() if extract_date else None
        packed = pack_households(
            source,
            chosen,
            extract_date=taken,
            order=_order(dates),
            nobody_suppressed=nobody_suppressed,
            **_terms(settings, "households", as_of),
        )
    _write(
        *_kept(packed, settings, "households"),
        extract,
        out,
        report,
        {"style": chosen.name, "source": dict(source.facts)},
        as_json=json,
    )


@app.command("table", epilog="Example: exchange pack table decisions.xlsx --dataset decisions --out decisions.parquet")
@whole
def from_table(
    file: Annotated[
        Path, typer.Argument(help="A CSV or XLSX under the contract's column names, or laid out as --style says.")
    ],
    dataset: Annotated[str, typer.Option(help="pupils, households, decisions or objections.")],
    out: Out,
    agreement: options.Agreement = None,
    sheet: options.Sheet = None,
    encoding: options.Encoding = None,
    style: Annotated[
        Path | None, typer.Option(help="A style file (YAML) of your own; `exchange style new` writes one.")
    ] = None,
    dates: Dates = None,
    nobody_suppressed: NobodySuppressed = False,
    results: options.Results = None,
    include_hidden: IncludeHidden = False,
    trailer: Trailer = None,
    report: options.Report = None,
    as_of: options.AsOf = None,
    profile: options.Profile = None,
    agreements: options.Agreements = None,
    json: options.Json = False,
) -> None:
    """Pack a spreadsheet or CSV that has the contract's columns, such as a template that was filled in.

    With --style it may have any columns: the style says which is which. A decision is packed only if its row shows the
    pair that its reference stands for, and nothing else in the file says otherwise of it.
    """
    from client.contracts import find_contract
    from client.decisions.packing import beside_sheet, pack_decisions
    from client.pack.households import pack_households
    from client.pack.source import read
    from client.pack.styles import choose_style, known_headings, stated_trailer
    from client.pack.tabular import pack_table
    from client.settings import load_settings
    from shared.agreements.free_school_meals.contracts import DECISIONS, HOUSEHOLDS

    settings = load_settings(profile, agreements=agreements)
    found = find_contract(dataset, agreement, default=settings.default_agreement)
    contract = found.contract
    with step("Packing"):
        expected = known_headings(str(style)) if style else contract.names
        last = stated_trailer(trailer, str(style or ""))
        source = read(file, sheet=sheet, encoding=encoding, expected=expected, trailer=last)
        chosen = choose_style(source, file, str(style), contract) if style else None
        stated: dict[str, Any] = {"order": _order(dates), **_terms(settings, dataset, as_of, found.agreement)}
        if contract is DECISIONS:
            beside = beside_sheet(file, source, settings.borough, results, include_hidden, encoding)
            packed = pack_decisions(source, beside, style=chosen, **stated)
        elif chosen is not None and contract is HOUSEHOLDS:
            # Children may stand side by side.
            packed = pack_households(source, chosen, nobody_suppressed=nobody_suppressed, **stated)
        else:
            packed = pack_table(source, contract, style=chosen, nobody_suppressed=nobody_suppressed, **stated)
    facts = {"source": dict(source.facts)} | ({"style": style.stem} if style else {})
    _write(*_kept(packed, settings, dataset, found.agreement), file, out, report, facts, as_json=json)


@app.command(epilog="Example: exchange pack none --dataset households --out households.parquet")
def none(
    dataset: Annotated[str, typer.Option(help="pupils or households.")],
    out: Out,
    agreement: options.Agreement = None,
    profile: options.Profile = None,
    agreements: options.Agreements = None,
    json: options.Json = False,
) -> None:
    """State that you have none: a file of no rows, to be sealed and dropped like any other.

    It takes the place of whatever you dropped before: from then on nobody has anything of yours in this dataset and
    collection. To send nothing at all says nothing, and what you dropped before stays.
    """
    from client.codes import invalid
    from client.contracts import find_contract
    from client.files import write_table
    from client.settings import load_settings
    from shared.kernel.contract.file_rules import NO_ROWS

    settings = load_settings(profile, agreements=agreements)
    contract = find_contract(dataset, agreement, default=settings.default_agreement).contract
    if not contract.may_be_empty:
        raise NO_ROWS.broken_by()
    if out.suffix.lower() != ".parquet":
        raise invalid("INP-015", path=out, known=".parquet")
    write_table(out, contract.arrow_schema().empty_table())
    facts = {"ok": True, "dataset": dataset, "rows_written": 0, "states": "none", "out": str(out)}
    answer(
        facts,
        f"{out} states that you have no {dataset}. Seal and drop it; it replaces what you dropped before.",
        as_json=json,
    )


def _order(dates: str | None) -> Any:
    """The order of day and month that somebody stated."""
    from client.codes import invalid
    from client.pack.dates import DATE_ORDERS, Order

    if dates is None:
        return None
    if dates not in DATE_ORDERS:
        raise invalid("INP-049", what="order of dates", name=dates, known=", ".join(DATE_ORDERS))
    return Order(dates, stated=True)


def _terms(settings: Settings, dataset: str, as_of: Any, agreement: str = FSM) -> dict[str, Any]:
    from client.settings import today

    terms = settings.agreement(agreement).terms_of(dataset)
    return {"as_of": today(as_of), "stale_after_days": terms.stale_after_days}


def _kept(packed: Packed, settings: Settings, dataset: str, agreement: str = FSM) -> tuple[Packed, int | None]:
    """Without those who have objected, and how many rows these are; `None`: the list could not be looked at."""
    from client.contracts import find_contract
    from client.objections import keep_out

    kept, objected = keep_out(packed, settings, find_contract(dataset, agreement).contract, agreement)
    if objected is None:
        note(
            "Your list of objections was NOT looked at: it lies beside your keys, and there is no such folder here. "
            "The exchange leaves out who is on the list that you dropped last. Pack where your keys are, or name their "
            "folder (`keys` in the profile, or EXCHANGE_KEYS)."
        )
    elif objected:
        note(f"{objected} rows were left out: their people are on your list of objections.")
    return kept, objected


def _write(
    packed: Packed,
    objected: int | None,
    source: Path,
    out: Path,
    report: Path | None,
    more: dict[str, Any],
    *,
    as_json: bool,
) -> None:
    """Write the report, then the file, unless no row is left; say what became of the rows."""
    from client.codes import invalid
    from client.files import write_table
    from client.pack.findings import count_by_code
    from client.pack.report import packed_text, write_report

    if out.suffix.lower() != ".parquet":
        raise invalid("INP-015", path=out, known=".parquet")
    check_whole(source, packed.rows_counted)
    report = report or out.with_name(f"{out.stem}-report.csv")
    with step("Writing"):
        write_report(report, packed)
        if packed.table.num_rows:
            write_table(out, packed.table)
            remember(packed.rows_counted)
    facts = {"ok": True, **more, **packed.summary(), "objected": objected, "out": str(out), "report": str(report)}
    if packed.table.num_rows:
        answer(facts, packed_text(packed, facts), as_json=as_json)
        return
    reasons = count_by_code(packed.findings, effect="left out")
    told = ", ".join(f"{code}: {count}" for code, count in reasons.items()) or "it has no rows"
    problem = invalid("INP-006", rows=packed.rows_in, path=source, reasons=told, report=report)
    error = {"code": problem.code, "message": problem.message, "remedy": problem.remedy}
    facts |= {"ok": False, "error": error, "out": None}
    answer(facts, packed_text(packed, facts | {"out": "none: no row could be packed"}), as_json=as_json)
    note(f"{problem.code}: {problem.message}\n  {problem.remedy}")
    raise typer.Exit(2)
