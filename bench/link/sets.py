"""The sets: two tables with the contract's column names, and who is truly who.

`python -m bench.link.sets SET FOLDER` writes `pupils.parquet`, `households.parquet`, `truth.parquet` (`pupil_row`,
`household_row`, `other_household_row` where two records are right, `group`) and `set.json`. What a set does not have
stays null, so that every contestant reads the same files.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from bench.link.historical import historical_set, source

ROWS_IN_A_GROUP = 122_880
"""What DuckDB reads best; with one large group it would read in one thread."""
HELD_OUT_SEED, DEVELOPMENT_SEED = 3, 1


@dataclass(frozen=True)
class Set:
    """One set by its name. `rows` is per side, 0 where the data decide it; `pupils` where the sides differ."""

    name: str
    kind: str
    role: str
    rows: int = 0
    pupils: int = 0
    seed: int = 0


def london(rows: int, seed: int, role: str, pupils: int = 0) -> Set:
    """Synthetic London with `rows` on each side."""
    size = f"{rows // 1_000_000}m" if rows >= 1_000_000 else f"{rows // 1000}k"
    name = "daily" if pupils else f"london-{size}"
    return Set(f"{name}-seed{seed}", "london", role, rows, pupils or rows, seed)


HELD_OUT, DEVELOPMENT = "held out", "development"
FEBRL3 = Set("febrl3", "febrl", DEVELOPMENT)
FEBRL4 = Set("febrl4", "febrl", HELD_OUT)
HISTORICAL = Set("historical", "historical", DEVELOPMENT)
SETS: dict[str, Set] = {
    each.name: each
    for each in (
        FEBRL3,
        FEBRL4,
        HISTORICAL,
        *(
            london(rows, seed, role)
            for seed, role in ((DEVELOPMENT_SEED, DEVELOPMENT), (2, DEVELOPMENT), (HELD_OUT_SEED, HELD_OUT))
            for rows in (10_000, 100_000, 1_000_000)
        ),
        *(
            london(30_000, seed, role, pupils=500)
            for seed, role in ((DEVELOPMENT_SEED, DEVELOPMENT), (HELD_OUT_SEED, HELD_OUT))
        ),
    )
}


def write_set(which: Set, folder: Path, pupils: pa.Table, households: pa.Table, truth: pa.Table) -> None:
    """Write the files of a set; `set.json` comes last and says that it is complete."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in (("pupils", pupils), ("households", households), ("truth", truth)):
        pq.write_table(table, folder / f"{name}.parquet", compression="zstd", row_group_size=ROWS_IN_A_GROUP)
    facts = asdict(which) | {
        "pupils": pupils.num_rows,
        "households": households.num_rows,
        "true_links": truth.num_rows,
        "findable": findable(truth),
    }
    (folder / "set.json").write_text(json.dumps(facts), encoding="utf-8")


def findable(truth: pa.Table) -> int:
    """How many true links one-to-one linkage can make at most: two rows of one child cannot both have its record."""
    return int(truth.column("household_row").combine_chunks().unique().drop_null().__len__())


def make(which: Set, folder: Path) -> None:
    """Make a set that needs no package beyond ours."""
    if which.kind == "london":
        from bench.link.london import london_set  # FEBRL is made where the peers are, without what London needs

        write_set(which, folder, *london_set(which.seed, which.pupils, which.rows))
    elif which.kind == "historical":
        write_set(which, folder, *historical_set(source()))
    else:
        raise ValueError(f"{which.name} is made by its own module")


if __name__ == "__main__":
    make(SETS[sys.argv[1]], Path(sys.argv[2]))
