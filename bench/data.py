"""What the stages work on: synthetic London, cut to a number of rows, sealed, validated and linked beforehand.

`python -m bench.data FOLDER ROWS…` writes, for each size, what every stage reads, so that a stage's process holds
nothing but its own input.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.feather as feather

from local.synth.london import AS_OF, London, generate
from local.synth.places import load_places
from shared.agreements.free_school_meals.contracts import CONTRACTS
from shared.agreements.free_school_meals.linkage import link_pupils
from shared.agreements.registry import load_agreement
from shared.kernel.contract.validate import validate
from shared.kernel.envelope.keys import Use
from shared.kernel.envelope.manifest import EXCHANGE
from shared.kernel.envelope.ring import LocalKeyRing
from shared.kernel.envelope.seal import Label, seal

ROWS_AT_FULL_SCALE = 145_000
"""Cross-borough pupils of the 33 boroughs at scale 1 (`local.synth.london.generate`)."""
HOME, SCHOOL, COLLECTION = "lambeth", "southwark", "2026-autumn"
NOON = datetime(AS_OF.year, AS_OF.month, AS_OF.day, 12, tzinfo=UTC)


def write(folder: Path, sizes: list[int]) -> None:
    """Write `<folder>/keys` and `<folder>/<rows>/…` for each size."""
    keys = make_keys(folder / "keys")
    agreement = load_agreement("fsm")
    slugs = load_places().inside
    # A tenth more than asked for, because boroughs differ and the size must be exact.
    london = generate(1, min(1.1 * max(sizes) / ROWS_AT_FULL_SCALE, 4.0), slugs)
    for rows in sizes:
        cut = folder / str(rows)
        cut.mkdir(parents=True)
        tables = dict(zip(("pupils", "households"), cut_to(london, rows), strict=True))
        for dataset, table in tables.items():
            write_table(table, cut / f"{dataset}.arrow")
            accepted = validate(table, CONTRACTS[dataset], as_of=AS_OF, stale_after_days=365).accepted
            tables[dataset] = accepted.append_column("drop", pa.repeat("0" * 32, accepted.num_rows))
        pupils = tables["pupils"].append_column("school_borough", pa.repeat(SCHOOL, tables["pupils"].num_rows))
        write_table(pupils, cut / "pupils-accepted.arrow")
        write_table(tables["households"], cut / "households-accepted.arrow")
        write_table(link_pupils(pupils, tables["households"], agreement.linkage), cut / "links.arrow")
        label = Label(SCHOOL, EXCHANGE, "pupils", COLLECTION, NOON)
        key = keys.current(SCHOOL, Use.DROP)
        sealed = seal(read_table(cut / "pupils.arrow"), label, agreement=agreement, key_id=key, keys=keys)
        (cut / "pupils.sealed").write_bytes(sealed.data)
        (cut / "pupils.sealed.json").write_text(json.dumps(sealed.metadata), encoding="utf-8")


def make_keys(folder: Path) -> LocalKeyRing:
    """One ring with every party's keys: who holds which does not change how long anything takes."""
    ring = LocalKeyRing(folder)
    for owner, use in ((SCHOOL, Use.DROP), (SCHOOL, Use.SIGN), (EXCHANGE, Use.SIGN), (HOME, Use.RELEASE)):
        ring.create_key(owner, use)
    return ring


def cut_to(london: London, rows: int) -> tuple[pa.Table, pa.Table]:
    """`rows` pupils, and `rows` benefit children, among them every one that is truly one of the pupils."""
    pupils = pa.concat_tables(london.pupils.values()).slice(0, rows)
    if pupils.num_rows < rows:
        raise ValueError(f"synthetic London has only {pupils.num_rows} pupils")
    households = pa.concat_tables(london.households.values())
    offsets = dict(
        zip(london.households, np.cumsum([0, *(t.num_rows for t in london.households.values())]), strict=False)
    )
    truth = london.truth.slice(0, rows)
    truth = truth.filter(pc.is_valid(truth.column("household_row")))
    first = pa.array([offsets[slug] for slug in truth.column("household_slug").to_pylist()])
    partners = np.unique(np.asarray(pc.add(first, pc.cast(truth.column("household_row"), pa.int64()))))
    others = np.setdiff1d(np.arange(households.num_rows), partners)
    chosen = np.sort(np.concatenate([partners, others])[:rows])
    return pupils.combine_chunks(), households.take(pa.array(chosen)).combine_chunks()


def write_table(table: pa.Table, path: Path) -> None:
    """As it is in memory, so that reading it back costs a stage nothing but the rows themselves."""
    feather.write_feather(table, path, compression="uncompressed")


def read_table(path: Path) -> pa.Table:
    """Read `write_table` back into memory of its own."""
    return feather.read_table(path, memory_map=False).combine_chunks()


if __name__ == "__main__":
    write(Path(sys.argv[1]), [int(rows) for rows in sys.argv[2:]])
