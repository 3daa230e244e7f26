"""`exchange check`: the exchange's own validator, on this machine."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from client import options
from client.console import answer, facts_table, legible, step, table
from shared.kernel.json_once import loads_once

if TYPE_CHECKING:
    from shared.kernel.contract.columns import Contract
    from shared.kernel.contract.validate import Validation
    from shared.kernel.errors import RejectedDrop

app = typer.Typer()


@app.command("check", epilog="Example: exchange check pupils.parquet --dataset pupils --report pupils-check.xlsx")
def check_file(
    file: Annotated[Path, typer.Argument(help="The contract file (Parquet) that `exchange pack` wrote.")],
    dataset: Annotated[str, typer.Option(help="pupils, households, decisions or objections.")],
    report: Annotated[Path | None, typer.Option(help="Where to write the full report (.xlsx, .json or .csv).")] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 2 when even one row would be rejected.")] = False,
    agreement: options.Agreement = None,
    as_of: options.AsOf = None,
    profile: options.Profile = None,
    agreements: options.Agreements = None,
    json: options.Json = False,
) -> None:
    """Check a contract file with the very rules that will check it in the exchange; nothing leaves this machine.

    Exits with 2 when the file, or every row of it, would be rejected; of a list of objections, when one row would be.
    """
    from client.contracts import find_contract
    from client.files import read_parquet
    from client.settings import load_settings, today
    from shared.kernel.contract.report import report_json
    from shared.kernel.contract.validate import validate
    from shared.kernel.errors import BadFile, UntrustedDrop

    settings = load_settings(profile, agreements=agreements)
    found = find_contract(dataset, agreement, default=settings.default_agreement)
    terms = settings.agreement(found.agreement)
    days = terms.terms_of(dataset).stale_after_days
    outcome: Validation | RejectedDrop
    with step("Checking"):
        try:
            rows = read_parquet(file, terms.limits)
            outcome = validate(rows, found.contract, as_of=today(as_of), stale_after_days=days)
        except (UntrustedDrop, BadFile) as refusal:
            outcome = refusal
        facts = {"file": legible(file.name), "dataset": dataset}
        document = report_json(outcome, facts)
        if report is not None:
            _write_report(report, outcome, facts)
    refused = _is_refused(outcome, found.contract) or (strict and loads_once(document)["rows_rejected"] > 0)
    result = {"ok": not refused, **loads_once(document)}
    answer(result, _text(result, outcome), as_json=json)
    if refused:
        raise typer.Exit(2)


def _is_refused(outcome: Validation | RejectedDrop, contract: Contract) -> bool:
    from client.contracts import refused_whole
    from shared.kernel.errors import RejectedDrop

    return isinstance(outcome, RejectedDrop) or refused_whole(contract, outcome)


def _write_report(path: Path, outcome: Validation | RejectedDrop, facts: dict[str, str]) -> None:
    from client.codes import invalid
    from client.files import write_bytes, write_table
    from shared.kernel.contract.report import Line, lines_of, report_json, report_xlsx

    if path.suffix.lower() == ".csv":
        import pyarrow as pa

        lines = [vars(line) for line in lines_of(outcome)]
        columns = [column.name for column in fields(Line)]
        write_table(path, pa.table({name: pa.array([line[name] for line in lines], pa.string()) for name in columns}))
    elif path.suffix.lower() in (".xlsx", ".json"):
        write = report_xlsx if path.suffix.lower() == ".xlsx" else report_json
        write_bytes(path, write(outcome, facts))
    else:
        raise invalid("INP-015", path=path, known=".xlsx, .json or .csv")


def _text(result: dict[str, Any], outcome: Validation | RejectedDrop) -> str:
    from shared.kernel.errors import RejectedDrop

    status = {"status": result["status"].replace("_", " ")}
    if isinstance(outcome, RejectedDrop):
        return facts_table(status | {"why": f"{outcome.code}: {outcome.message}", "what to do": outcome.remedy})
    counts = {name.replace("_", " "): result[name] for name in ("rows_in", "rows_accepted", "rows_rejected")}
    parts = [facts_table(status | counts)]
    for title, to_do in (("To do", "yes"), ("Nothing to be done", "no")):
        lines = [[c["code"], c["severity"], c["lines"], c["message"]] for c in result["codes"] if c["to_do"] == to_do]
        parts += [table(["code", "severity", "lines", "what"], lines, title)] if lines else []
    return "\n\n".join(parts)
