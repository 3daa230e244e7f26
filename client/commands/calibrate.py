"""`exchange calibrate`: how often each band of stated probability was right, from the officers' decisions."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from client import options
from client.console import answer, facts_table

app = typer.Typer()


@app.command("calibrate", epilog="Example: exchange calibrate matches.parquet review.parquet -d decisions.parquet")
def calibrate_bands(
    results: Annotated[list[Path], typer.Argument(help="Collected matches.parquet and review.parquet.")],
    decisions: Annotated[
        list[Path],
        typer.Option("--decisions", "-d", help="The decisions on them (Parquet); may be given several times."),
    ],
    looks: Annotated[
        list[Path] | None,
        typer.Option("--first-look", help="First looks, filled in (.xlsx or .csv); may be given several times."),
    ] = None,
    profile: options.Profile = None,
    agreements: options.Agreements = None,
    json: options.Json = False,
) -> None:
    """Compare what matches stated with what officers decided, by band of probability.

    A confirmed match was right, a rejected one wrong; a family that opted out says nothing of the match. Where the
    reason of a rejection is wrong_child, the family was right, which is what an agreement that links households states.
    Bands with few decisions say little: the interval is that of 95 %. A match that is in several files counts once, as
    the last of them states it; so does a decision.

    With first looks, by band: how many pairs were judged before the score was seen, how many of them were called the
    same child, and how many were then decided otherwise (rejected, though the same, or confirmed, though different).

    At last the calibration that would make what was stated true of what was decided, slope 1 and shift 0 where nothing
    need change or too little was decided: docs/users/linkage-method.md says what to do with it.
    """
    import pyarrow as pa

    from client.codes import invalid
    from client.linking import read_decisions, read_stated
    from client.reviewing import read_first_looks
    from client.settings import load_settings
    from shared.agreements.free_school_meals.terms import own_terms
    from shared.methods.linkage.model.calibrate import calibrate, first_looks, fit_decisions

    stated, decided = read_stated(results), pa.concat_tables(map(read_decisions, decisions))
    families = own_terms(load_settings(profile, agreements=agreements).agreement()).linkage.links_families
    bands = calibrate(stated, decided, families=families).to_pylist()
    answers = [read_first_looks(path).drop_null() for path in looks or []]
    looked = first_looks(stated, pa.concat_tables(answers), decided).to_pylist() if answers else []
    if not bands and not looked:
        which = " and ".join(map(str, [*decisions, *(looks or [])]))
        problem = f"{which} confirms or rejects no match of these results that was stated at 0.5 or more."
        raise invalid("INP-000", problem=problem, command="calibrate")
    shown = {
        f"{band['from']:g} to {band['to']:g}": f"{band['decided']:,} decided, stated {band['stated']:.3f}, "
        f"right {_share(band)}{_wrong(band)}"
        for band in bands
    }
    shown |= {
        f"first look, {band['from']:g} to {band['to']:g}": f"{band['looked']:,} judged, the same child {_share(band)}; "
        f"{band['decided']:,} then decided, {band['differ']:,} of them otherwise"
        for band in looked
    }
    better = fit_decisions(stated, decided, families=families).model_dump()
    shown |= {"calibration": f"slope {better['slope']:g}, shift {better['shift']:g} bits"}
    facts = {"ok": True, "bands": bands, "first_looks": looked, "calibration": better}
    answer(facts, facts_table(shown), as_json=json)


def _wrong(band: dict[str, Any]) -> str:
    """What kinds of wrong the decisions tell apart."""
    if not band["wrong_family"] + band["wrong_child"]:
        return ""
    return f"; wrong family {band['wrong_family']:,}, another child of the right one {band['wrong_child']:,}"


def _share(band: dict[str, Any]) -> str:
    return f"{band['observed']:.3f} ({band['low']:.3f} to {band['high']:.3f})"
