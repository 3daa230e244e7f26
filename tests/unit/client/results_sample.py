"""Collected results of a run, as `exchange fetch` lays them into a folder."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from shared.agreements.registry import load_agreement

RELEASES = load_agreement("fsm").releases
EVIDENCE = "dob exact; surname exact; forename known variant; sex exact; address same postcode; family sibling matched"


def pair(reference: str, probability: float, rule: str = "probabilistic", guard: str | None = "dob") -> dict[str, Any]:
    """One released pair: every column of the release."""
    row: dict[str, Any] = dict.fromkeys(RELEASES["review"].columns, "x")
    row |= {"match_ref": reference, "probability": probability, "rule": rule, "guard": guard, "evidence": EVIDENCE}
    row |= {"child_seq": 1, "suppress_contact": False, "match_weight": 7.7, "margin": 3.3}
    row |= {"child_surname": "Okafor", "pupil_surname": "=cmd()", "sentence": "A secret sentence."}
    return row | {"child_dob": date(2015, 3, 21), "pupil_dob": date(2015, 3, 22)}


def lay_tables(folder: Path, matches: Sequence[dict[str, Any]], review: Sequence[dict[str, Any]] = ()) -> Path:
    """The two tables alone, without any word beside them."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in (("review", review), ("matches", matches)):
        columns = list(RELEASES[name].columns)
        types = pa.Table.from_pylist([pair("x", 0.5)]).select(columns).schema
        pq.write_table(pa.Table.from_pylist(list(rows), schema=types), folder / f"{name}.parquet")
    return folder


def lay_references(folder: Path, references: Iterable[str]) -> Path:
    """Results that propose these pairs, for sheets of which nothing but the references counts."""
    return lay_tables(folder, [pair(reference, 0.96) for reference in references])


def lay_run(
    place: Path,
    run: str,
    matches: Sequence[dict[str, Any]],
    *,
    started: str,
    collection: str = "2026-autumn",
    home: str = "lambeth",
    schools: Sequence[str] = ("southwark",),
) -> Path:
    """A run with the words of the exchange that are collected with it."""
    folder = lay_tables(place / "fsm" / "results" / collection / run, matches)
    facts = {"party": home, "collection": collection, "started_at": started}
    covers = [{"dataset": "pupils", "sender": school, "drop": "d"} for school in schools]
    body = {"job": run, "covers": covers, **facts}
    (folder / "summary.json").write_text(json.dumps({"run": run, **facts}))
    (folder / "current.json").write_text(json.dumps({"payload": {"body": body}, "signature": "s"}))
    return folder
