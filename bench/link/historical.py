"""Real historical people with realistic errors. Gathered by others and not part of this repository.

Read from the folder that `BENCH_SHARED` names, or `../shared` beside this repository. Birth place and occupation are
no columns of the contract, so no contestant sees them; every first of January stays the date that it says.
"""

from __future__ import annotations

import os
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bench.link.tables import contract_table, truth_table

NAMES = {
    "pupils": ("forename", "surname", "dob", "sex"),
    "households": tuple(f"child_{n}" for n in ("forename", "surname", "dob", "sex")),
}


def source() -> Path:
    """The folder of the three files."""
    beside = Path(__file__).resolve().parents[3] / "shared"
    return Path(os.environ.get("BENCH_SHARED") or beside) / "data" / "linkage"


def present() -> bool:
    """Whether they are there."""
    return all((source() / f"historical_{part}.parquet").is_file() for part in ("a", "b", "truth"))


def historical_set(folder: Path) -> tuple[pa.Table, pa.Table, pa.Table]:
    """Side `a` as pupils, side `b` as benefit children, and the truth."""
    sides = (
        side(pq.read_table(folder / f"historical_{part}.parquet"), name)
        for part, name in (("a", "pupils"), ("b", "households"))
    )
    truth = pq.read_table(folder / "historical_truth.parquet")
    return (*sides, truth_table(truth.column("a_row").combine_chunks(), truth.column("b_row").combine_chunks()))


def side(people: pa.Table, dataset: str) -> pa.Table:
    """People in the contract's columns."""
    sex = pc.if_else(
        pc.equal(people.column("gender"), "male"),
        "M",
        pc.if_else(pc.equal(people.column("gender"), "female"), "F", None),
    )
    values = (
        people.column("first_name"),
        people.column("surname"),
        dates(people.column("dob").combine_chunks()),
        sex,
    )
    columns = dict(zip(NAMES[dataset], values, strict=True)) | {
        "postcode": pc.utf8_upper(people.column("postcode_fake"))
    }
    if dataset == "households":
        columns["household_ref"] = each_alone(people.num_rows)
    return contract_table(dataset, columns, people.num_rows)


def each_alone(rows: int) -> pa.Array:
    """A claim of its own for every person: these are no families."""
    return pa.array([f"H{row}" for row in range(rows)])


def dates(texts: pa.Array) -> pa.Array:
    """`YYYY-MM-DD` texts as dates; what is no date is null."""
    parsed = pc.strptime(texts, format="%Y-%m-%d", unit="s", error_is_null=True).cast(pa.date32())
    return pc.if_else(pc.equal(pc.strftime(parsed, "%Y-%m-%d"), texts), parsed, pa.scalar(None, pa.date32()))


if __name__ == "__main__":
    print("present" if present() else "absent")
