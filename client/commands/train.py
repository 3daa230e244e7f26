"""`exchange train`: a linkage model from files of this machine, of which no true links need be known."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from client import options
from client.console import answer, facts_table, step

app = typer.Typer()


@app.command("train", epilog="Example: exchange train pupils.parquet households.parquet --out model-1.1.0.json")
def train_model(
    files: Annotated[
        list[Path], typer.Argument(help="Pupils and households files (Parquet) in turn: one pair, or several.")
    ],
    out: Annotated[Path, typer.Option("--out", "-o", dir_okay=False, help="Where to write the model (JSON).")],
    name: Annotated[str, typer.Option("--name", help="What to call it.")] = "own",
    version: Annotated[str, typer.Option("--version", help="Its version, e.g. 1.1.0.")] = "1.0.0",
    trained_on: Annotated[str, typer.Option("--trained-on", help="Which data, in words.")] = "own files",
    profile: options.Profile = None,
    agreements: options.Agreements = None,
    json: options.Json = False,
) -> None:
    """Train a linkage model. It holds frequencies only and no value of any row.

    Each pupils file is taken with the households file after it. To use the model, put it into the agreements folder
    and name it in the agreement (`linkage: model:`), which is a change of the agreement. docs/users/linkage-method.md
    says how the model is trained and what to look at before it is used.
    """
    from client.codes import invalid
    from client.files import write_bytes
    from client.linking import check_label, model_bytes, read_for_linkage
    from client.settings import load_settings
    from shared.agreements.free_school_meals.linkage import SCHEMA
    from shared.agreements.free_school_meals.terms import own_terms
    from shared.methods.linkage.model.train import train

    if len(files) % 2:
        raise invalid("INP-000", problem="A households file is missing: give pupils and households.", command="train")
    check_label(name, version)
    policy = own_terms(load_settings(profile, agreements=agreements).agreement()).linkage
    with step("Reading"):
        tables = [
            (read_for_linkage(pupils, "pupils")[0], read_for_linkage(households, "households")[0])
            for pupils, households in zip(files[::2], files[1::2], strict=True)
        ]
    try:
        with step("Training"):
            model = train(tables, SCHEMA, policy, name=name, version=version, trained_on=trained_on)
    except ValueError:  # its text is not shown: one that comes from elsewhere may quote a cell
        problem = "There is nothing to train on: no pupil and child of these files have enough in common to compare."
        raise invalid("INP-000", problem=problem, command="train") from None
    write_bytes(out, model_bytes(model))
    facts = {"pupils": model.left_rows, "households": model.right_rows, "found": model.found, "file": str(out)}
    answer({"ok": True, **facts}, facts_table(facts), as_json=json)
