"""`exchange link`: the exchange's linkage on two files of this machine."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from client import options
from client.console import answer, facts_table, note, step

app = typer.Typer()


@app.command("link", epilog="Example: exchange link pupils.parquet households.parquet --out links")
def link_files(
    pupils: Annotated[Path, typer.Argument(help="A pupils file (Parquet).")],
    households: Annotated[Path, typer.Argument(help="A households file (Parquet).")],
    out: Annotated[Path, typer.Option("--out", "-o", file_okay=False, help="Folder in which to write links.parquet.")],
    pictures: Annotated[
        int, typer.Option("--pictures", min=0, help="Draw so many review pairs as SVG, in <out>/pictures.")
    ] = 0,
    rows: Annotated[
        list[int] | None,
        typer.Option(
            "--row", min=0, help="Draw the pair of this pupil row too, matched or in review; may be repeated."
        ),
    ] = None,
    explanation: Annotated[
        bool, typer.Option("--explain", help="Write explanation.parquet: every pair's weight in bits, part by part.")
    ] = False,
    profile: options.Profile = None,
    agreements: options.Agreements = None,
    json: options.Json = False,
) -> None:
    """Link pupils with benefit children as the agreement's policy says, and write links.parquet.

    One row per pupil row, in their order: pupil_row, household_row (0-based), outcome, rule, guard, probability,
    match_weight (log2 odds), evidence in words, runner_up, margin (bits), sentence. A further registration of a
    child whose main one is there is excluded, as runs do; every other row of both files is used:
    run `exchange check` to see which of them the exchange would reject. In explanation.parquet the bits of a pupil_row
    add up to its match_weight.
    """
    from client.files import write_table
    from client.linking import counts, read_for_linkage, to_draw, write_pictures
    from client.settings import load_settings
    from shared.agreements.free_school_meals.registrations import link_main_registrations, second_registrations
    from shared.agreements.free_school_meals.terms import own_terms

    policy = own_terms(load_settings(profile, agreements=agreements).agreement()).linkage
    with step("Reading"):
        left, ignored_left = read_for_linkage(pupils, "pupils")
        right, ignored_right = read_for_linkage(households, "households")
    if ignored_left or ignored_right:
        note(f"Columns that are not in the contract were not read: {', '.join([*ignored_left, *ignored_right])}")
    with step("Linking"):
        links = link_main_registrations(left, second_registrations(left), right, policy)
    path = out / "links.parquet"
    write_table(path, links)
    found = counts(links)
    drawn = to_draw(links, pictures, rows or []).slice(0, None if policy.model else 0)
    if policy.model and (explanation or drawn.num_rows):
        from shared.agreements.free_school_meals.linkage import explain_links

        write_pictures(out / "pictures", explain_links(left, right, drawn, policy), drawn)
        if explanation:
            write_table(out / "explanation.parquet", explain_links(left, right, links, policy))
    elif explanation or pictures or rows:
        none = "these rows have no pair" if rows else "no pair is in review"
        why = none if policy.model else "the agreement names no model, so there are no weights"
        note(f"Nothing was {'explained' if explanation else 'drawn'}: {why}.")
    facts = {
        "ok": True, "pupils": left.num_rows, "households": right.num_rows, **found, "pictures": drawn.num_rows,
        "columns_ignored": {"pupils": ignored_left, "households": ignored_right}, "out": str(path),
    }  # fmt: skip
    shown = {"pupils": left.num_rows, "household children": right.num_rows}
    shown |= {outcome: found["outcome"].get(outcome, 0) for outcome in ("matched", "review", "unmatched", "excluded")}
    shown |= {"pictures": drawn.num_rows} if pictures or rows else {}
    answer(facts, facts_table({**shown, "file": str(path)}), as_json=json)
