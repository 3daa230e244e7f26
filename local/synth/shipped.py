"""The generated census set that is shipped in `sample/`: one school borough's census, one home borough's extracts.

`python -m local.synth.shipped` writes it again; a test compares the bytes.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from local.synth.columns import EMPTY
from local.synth.files import write_bytes, write_census
from local.synth.london import London, generate
from local.synth.supplier_styles import load_styles, supplier_extract
from local.synth.text_files import csv_bytes

FOLDER = Path(__file__).parent / "sample"
SEED, SCALE = 2026, 0.08
SCHOOL_BOROUGH, HOME_BOROUGH = "southwark", "lambeth"
OTHER_CHILDREN = 200
"""Children of the extract who are in no pupils file, as most are."""


def write_sample(folder: Path = FOLDER) -> list[Path]:
    """Write census/, households_csv/, reference/postcodes.csv and truth/truth.csv under `folder`. Returns the files."""
    london = generate(SEED, SCALE, (SCHOOL_BOROUGH, HOME_BOROUGH), elsewhere=0.1)
    households, new_row = _fewer_households(london)
    files = write_census(london, SCHOOL_BOROUGH, folder / "census" / SCHOOL_BOROUGH)
    for style in load_styles():
        data = supplier_extract(households, style, seed=SEED, slug=HOME_BOROUGH)
        files.append(write_bytes(data, folder / "households_csv" / HOME_BOROUGH / f"{style.name}.csv"))
    files.append(write_bytes(_postcodes(london, households), folder / "reference" / "postcodes.csv"))
    files.append(write_bytes(_truth(london, new_row), folder / "truth" / "truth.csv"))
    return files


def _fewer_households(london: London) -> tuple[pa.Table, dict[int, int]]:
    """Whole claims: those of pupils of the census, and some others. With the new place of each row that is kept."""
    table = london.households[HOME_BOROUGH]
    claim = table.column("household_ref").combine_chunks().dictionary_encode().indices.to_numpy()
    wanted = np.unique(
        claim[[row for row in _pupils_truth(london).column("household_row").to_pylist() if row is not None]]
    )
    others = np.setdiff1d(np.unique(claim[:OTHER_CHILDREN]), wanted)
    kept = np.flatnonzero(np.isin(claim, np.concatenate([wanted, others])))
    return table.take(pa.array(kept)).combine_chunks(), {int(old): new for new, old in enumerate(kept)}


def _pupils_truth(london: London) -> pa.Table:
    """The truth of the pupils of the census, with household rows of the home borough's extract alone."""
    truth = london.truth.filter(pc.equal(london.truth.column("school_slug"), SCHOOL_BOROUGH))
    here = pc.fill_null(pc.equal(truth.column("household_slug"), HOME_BOROUGH), False)
    for name in ("household_row", "other_household_row"):
        column = pc.if_else(here, truth.column(name), pa.scalar(None, pa.int32()))
        truth = truth.set_column(truth.column_names.index(name), name, column)
    slug = pc.if_else(here, HOME_BOROUGH, EMPTY)
    return truth.set_column(truth.column_names.index("household_slug"), "household_slug", slug)


def _postcodes(london: London, households: pa.Table) -> bytes:
    """The part of the directory that the sample's records need."""
    used = [london.pupils[SCHOOL_BOROUGH], london.residents[SCHOOL_BOROUGH], households]
    written = pa.chunked_array([column for table in used for column in table.column("postcode").chunks])
    spaced = pc.replace_substring_regex(written, r"^([A-Z0-9]{2,4}) ?([0-9][A-Z]{2})$", r"\1 \2")
    here = london.postcodes.filter(pc.is_in(london.postcodes.column("postcode"), spaced.combine_chunks()))
    return _csv(here)


def _truth(london: London, new_row: dict[int, int]) -> bytes:
    """By UPN as well as by row: packing a census puts its rows in another order than the drop."""
    truth = _pupils_truth(london)
    for name in ("household_row", "other_household_row"):
        rows = [new_row.get(row) if row is not None else None for row in truth.column(name).to_pylist()]
        truth = truth.set_column(truth.column_names.index(name), name, pa.array(rows, pa.int32()))
    upn = london.pupils[SCHOOL_BOROUGH].column("upn").take(truth.column("pupil_row").combine_chunks())
    reference = london.households[HOME_BOROUGH].column("household_ref")
    old = _pupils_truth(london).column("household_row").combine_chunks()
    return _csv(truth.append_column("upn", upn).append_column("household_ref", reference.take(old)))


def _csv(table: pa.Table) -> bytes:
    columns = {name: table.column(name).combine_chunks().cast(pa.string()) for name in table.column_names}
    return csv_bytes(columns, line_end="\n")


if __name__ == "__main__":
    write_sample()
