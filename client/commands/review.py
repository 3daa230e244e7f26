"""`exchange review`: sheets on which officers look first without a score, and then decide, and why a pair is there."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from client import options
from client.console import answer, facts_table

if TYPE_CHECKING:
    import pyarrow as pa

app = typer.Typer(
    no_args_is_help=True,
    help="Sheets on which officers look first without a score, and then decide; why a pair is there.",
)

Folder = Annotated[Path, typer.Argument(help="The folder of one run's results, as `exchange fetch` saved it.")]
Out = Annotated[Path, typer.Option("--out", "-o", help="The sheet to write: .xlsx or .csv. It must not be there yet.")]


@app.command("first-look", epilog="Example: exchange review first-look fsm/results/2026-autumn/… --out first-look.xlsx")
def write_first_look(
    folder: Folder,
    out: Out,
    controls: Annotated[
        int | None,
        typer.Option(min=0, help="So many matched pairs among those in review; else one to four of them, at least 10."),
    ] = None,
    json: options.Json = False,
) -> None:
    """Write the pairs in review, and some that are matched, side by side and without any score, for a first look.

    Answer same, different or unsure under first_look; then `exchange review decide` shows the rest.
    """
    from client.codes import invalid
    from client.reviewing import ANSWERS, FIRST_LOOK, first_look, read_results

    sheet, matched = first_look(read_results(folder), controls)
    if not sheet.num_rows:
        raise invalid("INP-000", problem=f"{folder} has no pair to look at.", command="review first-look")
    _write(out, sheet, {FIRST_LOOK: ANSWERS})
    facts = {"pairs": sheet.num_rows, "in_review": sheet.num_rows - matched, "matched": matched, "out": str(out)}
    answer(
        {"ok": True, **facts}, facts_table({name.replace("_", " "): fact for name, fact in facts.items()}), as_json=json
    )


@app.command("decide", epilog="Example: exchange review decide fsm/results/2026-autumn/… --out decisions.xlsx")
def write_decisions(
    folder: Folder,
    out: Out,
    looks: Annotated[
        Path | None, typer.Option("--first-look", help="The first look, filled in (.xlsx or .csv).")
    ] = None,
    json: options.Json = False,
) -> None:
    """Write every pair with all that is known of it and empty columns for the decision; then `exchange pack table`.

    With --first-look, pairs that were not looked at yet are held back; run it again, to another file, when they were.
    """
    from client.reviewing import read_first_looks, read_results, to_decide
    from shared.agreements.free_school_meals.contracts import CONTRACTS

    sheet, held = to_decide(read_results(folder), read_first_looks(looks) if looks else None)
    _write(out, sheet, {"decision": CONTRACTS["decisions"].column("decision").codes or ()})
    facts = {"pairs": sheet.num_rows, "held_back": held, "out": str(out)}
    answer(
        {"ok": True, **facts}, facts_table({name.replace("_", " "): fact for name, fact in facts.items()}), as_json=json
    )


@app.command("explain", epilog="Example: exchange review explain fsm/results/2026-autumn/… m-0123… --out pair.svg")
def explain_pair(
    folder: Folder,
    reference: Annotated[str, typer.Argument(metavar="REF", help="The pair in review: its match_ref.")],
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Draw it too: a picture (.svg) or a page (.html).")
    ] = None,
    json: options.Json = False,
) -> None:
    """Draw what the weight of a pair in review is made of, part by part: what speaks for it and what against.

    Each point doubles the odds or halves them. How common a value is, is told in steps of four points. Reads collected
    results alone and asks nobody. Exit codes: 0 it is drawn, 2 there is no such pair, or no such ending.
    """
    from client.explaining import bars, drawn, explained, read_pair
    from client.files import write_bytes

    pair = explained(read_pair(folder, reference))
    if out is not None:
        write_bytes(out, drawn(pair, out))
    facts = {
        "ok": True,
        "match_ref": pair.reference,
        "rule": pair.rule,
        "guard": pair.guard,
        "probability": pair.probability,
        "sentence": pair.sentence,
        "parts": [{"part": label, "bits": bits} for label, bits in pair.parts],
        "match_weight": pair.weight,
        "out": str(out) if out else None,
    }
    answer(facts, bars(pair), as_json=json)


def _write(out: Path, sheet: pa.Table, choices: dict[str, Sequence[str]]) -> None:
    """Never over a sheet that somebody may have filled in."""
    from client.codes import invalid
    from client.files import write_table

    if out.suffix.lower() not in (".xlsx", ".csv"):
        raise invalid("INP-015", path=out, known=".xlsx or .csv")
    if out.exists():
        raise invalid("INP-028", path=out)
    write_table(out, sheet, choices)
