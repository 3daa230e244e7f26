"""`exchange calibrate`: how often each band of stated probability was right, from the officers' decisions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from client import options
from client.console import answer, facts_table

app = typer.Typer()


@app.command("calibrate", epilog="Example: exchange calibrate matches.parquet review.parquet -d decisions.parquet")
def calibrate_bands(
    results: Annotated[list[Path], typer.Argument(help="Collected matches.parquet and review.parquet.")],
    decisions: Annotated[Path, typer.Option("--decisions", "-d", help="The decisions on them (Parquet).")],
    json: options.Json = False,
) -> None:
    """Compare what matches stated with what officers decided, by band of probability.

    A confirmed match was right, a rejected one wrong; a family that opted out says nothing of the match. Bands with
    few decisions say little: the interval is that of 95 %. A match that is in several files counts once, as the last
    of them states it. At last the calibration that would make what was stated true of what was decided, slope 1 and
    shift 0 where nothing need change or too little was decided: docs/users/linkage-method.md says what to do with it.
    """
    from client.codes import invalid
    from client.linking import read_decisions, read_stated
    from shared.linkage.calibrate import calibrate, fit_decisions

    stated, decided = read_stated(results), read_decisions(decisions)
    bands = calibrate(stated, decided).to_pylist()
    if not bands:
        problem = f"{decisions} confirms or rejects no match of these results that was stated at 0.5 or more."
        raise invalid("INP-000", problem=problem, command="calibrate")
    shown = {
        f"{band['from']:g} to {band['to']:g}": f"{band['decided']:,} decided, stated {band['stated']:.3f}, "
        f"right {band['observed']:.3f} ({band['low']:.3f} to {band['high']:.3f})"
        for band in bands
    }
    better = fit_decisions(stated, decided).model_dump()
    shown |= {"calibration": f"slope {better['slope']:g}, shift {better['shift']:g} bits"}
    answer({"ok": True, "bands": bands, "calibration": better}, facts_table(shown), as_json=json)
