"""Reads two contract files for a linkage on this machine; more forgiving than the exchange, which checks every row."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from client.codes import invalid
from client.files import read_parquet, write_bytes
from shared.agreements.free_school_meals.contracts import CONTRACTS

if TYPE_CHECKING:
    from shared.methods.linkage.policy import LinkageModel

NEEDED = {
    "pupils": ("surname", "forename", "dob"),
    "households": ("child_surname", "child_forename", "child_dob"),
}


def read_for_linkage(path: Path, dataset: str) -> tuple[pa.Table, list[str]]:
    """The contract's columns that the file has, in the contract's types, and the names of the columns it ignores.

    All rows stay, in their order: a row that the exchange would reject is linked too. Dates may be text (YYYY-MM-DD).
    Raises `InvalidInput` INP-001, 002, 004 (no names or date of birth), 013, 018 (which row), 019 (which column).
    """
    table = read_parquet(path)
    if missing := [name for name in NEEDED[dataset] if name not in table.column_names]:
        raise invalid("INP-004", path=path, columns=", ".join(missing), hint=f"see `exchange template {dataset}`.")
    schema = CONTRACTS[dataset].arrow_schema()
    known = [name for name in schema.names if name in table.column_names]
    columns = {name: _typed(path, name, table.column(name), schema.field(name).type) for name in known}
    return pa.table(columns), [name for name in table.column_names if name not in known]


def _typed(path: Path, name: str, column: pa.ChunkedArray, wanted: pa.DataType) -> pa.ChunkedArray:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if column.type == wanted:
        return column
    if pa.types.is_null(column.type):
        return pa.chunked_array([pa.nulls(len(column), wanted)])
    is_text = any(
        check(column.type) for check in (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
    )
    if wanted == pa.date32() and is_text:
        return _dates(path, name, column.cast(pa.string()))
    numeric = pa.types.is_integer(column.type) and (pa.types.is_integer(wanted) or pa.types.is_floating(wanted))
    numeric |= pa.types.is_floating(column.type) and wanted == pa.float64()
    day = pa.types.is_temporal(column.type) and wanted == pa.date32()
    if numeric or day or (wanted == pa.string() and is_text):
        # A timestamp is cut to its day; nothing else here can lose anything.
        return column.cast(wanted, safe=not day)
    raise invalid("INP-019", path=path, column=name, found=column.type, kind=wanted)


def _dates(path: Path, name: str, column: pa.ChunkedArray) -> pa.Array:
    from client.pack.dates import read_dates
    from client.pack.source import tidy

    text = tidy(column.combine_chunks())
    dates = read_dates(text, ("iso",))
    unread = np.flatnonzero(np.asarray(pc.is_valid(text)) & np.asarray(pc.is_null(dates)))
    if len(unread):
        raise invalid("INP-018", path=path, row=int(unread[0]) + 1, column=name, kind="date", example="YYYY-MM-DD")
    return dates


def counts(links: pa.Table) -> dict[str, Any]:
    """How many pupils have each outcome, and how many each rule and guard decided."""
    by: dict[str, Any] = {}
    for name in ("outcome", "rule", "guard"):
        counted = links.group_by(name).aggregate([([], "count_all")]).sort_by(name).to_pylist()
        by[name] = {line[name]: line["count_all"] for line in counted if line[name] is not None}
    return by


def read_stated(paths: list[Path]) -> pa.Table:
    """What collected results state: `match_ref` and `probability`, each match once, as the last file states it.

    Raises `InvalidInput` INP-001, 002, 004, 013, 018 (which row has no probability between 0 and 1), 019.
    """
    tables = []
    for path in paths:
        table = _read_columns(path, {"match_ref": pa.string(), "probability": pa.float64()})
        chance = table.column("probability")
        fits = pc.and_(pc.greater_equal(chance, 0.0), pc.less_equal(chance, 1.0))
        _all_fit(path, "probability", fits, kind="probability", example="a number from 0 to 1")
        tables.append(table.drop_null())
    stated = pa.concat_tables(tables).group_by("match_ref", use_threads=False).aggregate([("probability", "last")])
    return stated.rename_columns({"probability_last": "probability"})


def read_decisions(path: Path) -> pa.Table:
    """Decisions on matches: `match_ref` and `decision`, in the codes of the contract, and `reason` where there is one.

    Raises `InvalidInput` INP-001, 002, 004, 013, 018 (which row has no such code), 019.
    """
    codes = CONTRACTS["decisions"].column("decision").codes or ()
    table = _read_columns(path, {"match_ref": pa.string(), "decision": pa.string()}, {"reason": pa.string()})
    decisions = pc.ascii_lower(pc.utf8_trim_whitespace(table.column("decision")))
    _all_fit(
        path, "decision", pc.is_in(decisions, pa.array([*codes, None])), kind="decision", example=" or ".join(codes)
    )
    kept = pc.and_(table.column("match_ref").is_valid(), decisions.is_valid())
    return table.set_column(1, "decision", decisions).filter(kept)


def _read_columns(path: Path, kinds: dict[str, pa.DataType], beside: dict[str, pa.DataType] | None = None) -> pa.Table:
    """These columns, and those `beside`, which are empty where the file has none."""
    table = read_parquet(path)
    for name in set(beside or {}) - set(table.column_names):
        table = table.append_column(name, pa.nulls(table.num_rows))
    kinds = kinds | (beside or {})
    if missing := [name for name in kinds if name not in table.column_names]:
        raise invalid("INP-004", path=path, columns=", ".join(missing), hint="give the files as they were collected.")
    return pa.table({name: _typed(path, name, table.column(name), kind) for name, kind in kinds.items()})


def _all_fit(path: Path, name: str, fits: pa.ChunkedArray, *, kind: str, example: str) -> None:
    """Refuse the first row that does not; a null says nothing and fits."""
    if len(wrong := np.flatnonzero(~np.asarray(pc.fill_null(fits, True), dtype=np.bool_))):
        raise invalid("INP-018", path=path, row=int(wrong[0]) + 1, column=name, kind=kind, example=example)


def check_label(name: str, version: str) -> None:
    """Refuse, before anything is trained, a name or version that a model cannot have (`InvalidInput` INP-000)."""
    from pydantic import ValidationError

    from shared.methods.linkage.policy import LinkageModel

    forms = {
        "name": "--name takes lower-case letters and digits, with dots or hyphens between them.",
        "version": "--version takes three numbers with dots between them, as 1.1.0.",
    }
    try:
        LinkageModel.model_validate({"name": name, "version": version})
    except ValidationError as problems:  # all else is still missing; only these two are looked at
        wrong = {problem["loc"][0] for problem in problems.errors()}
        if slips := [text for field, text in forms.items() if field in wrong]:
            raise invalid("INP-000", problem=" ".join(slips), command="train") from None


def model_bytes(model: LinkageModel) -> bytes:
    """A model as the file that an agreement names: one level a line."""
    text = json.dumps(model.model_dump(), indent=2)
    return (re.sub(r'\{\s*("m": [^,]*),\s*("u": [^\s]*)\s*\}', r"{\1, \2}", text) + "\n").encode()


def to_draw(links: pa.Table, pictures: int, rows: list[int]) -> pa.Table:
    """The first so many pairs in review, and those of these pupil rows whatever their outcome."""
    review = np.flatnonzero(np.asarray(pc.equal(links.column("outcome"), "review")))[:pictures]
    linked = np.asarray(pc.is_valid(links.column("household_row")))
    wanted = np.isin(np.asarray(links.column("pupil_row")), np.array(rows, np.int64)) & linked
    wanted[review] = True
    return links.filter(pa.array(wanted))


def write_pictures(folder: Path, explanation: pa.Table, links: pa.Table) -> int:
    """One waterfall a pair, named by the pupil's row; returns how many."""
    from shared.methods.linkage.explain.pictures import waterfall

    sentences = dict(zip(links.column("pupil_row").to_pylist(), links.column("sentence").to_pylist(), strict=True))
    parts: dict[int, list[tuple[str, float]]] = {}
    for line in explanation.to_pylist():
        parts.setdefault(line["pupil_row"], []).append((f"{line['part']} {line['says']}".strip(), line["bits"]))
    for row, bars in parts.items():
        write_bytes(folder / f"pupil-row-{row}.svg", waterfall(bars, sentences[row]).encode())
    return len(parts)
