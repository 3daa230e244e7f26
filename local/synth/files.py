"""Writes synthetic London to files, always with the same settings, so that the same tables are the same bytes."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from local.synth.census_export import census_tables
from local.synth.london import London
from local.synth.supplier_styles import load_styles, supplier_extract
from local.synth.text_files import csv_bytes
from local.synth.world import Progress


def write(london: London, folder: Path, *, exports: bool = True, progress: Progress = lambda _: None) -> list[Path]:
    """Write everything under `folder`; `exports` adds the census and supplier CSVs. Returns the files, in order.

    `drops/<slug>/{pupils,households}.parquet`, `reference/postcodes.parquet`, `truth/truth.parquet`, `census/<slug>/…`,
    `households_csv/<slug>/…`.
    """
    files = [
        write_parquet(london.postcodes, folder / "reference" / "postcodes.parquet"),
        write_parquet(london.truth, folder / "truth" / "truth.parquet"),
    ]
    for slug in london.boroughs:
        progress(f"files of {slug}")
        files.append(write_parquet(london.pupils[slug], folder / "drops" / slug / "pupils.parquet"))
        files.append(write_parquet(london.households[slug], folder / "drops" / slug / "households.parquet"))
        if exports:
            files += write_census(london, slug, folder / "census" / slug)
            files += write_extracts(london, slug, folder / "households_csv" / slug)
    return files


def write_census(london: London, slug: str, folder: Path) -> list[Path]:
    """The census tables of one borough: the pupils of its drop, and some who live in it."""
    on_roll = pa.concat_tables([london.pupils[slug], london.residents[slug]]).combine_chunks()
    tables = census_tables(on_roll, london.schools, seed=london.seed, slug=slug, collection=london.collection)
    return [write_bytes(csv_bytes(table), folder / f"{name}.csv") for name, table in tables.items()]


def write_extracts(london: London, slug: str, folder: Path) -> list[Path]:
    """The households of one borough in each supplier's style."""
    return [
        write_bytes(
            supplier_extract(london.households[slug], style, seed=london.seed, slug=slug), folder / f"{style.name}.csv"
        )
        for style in load_styles()
    ]


def write_parquet(table: pa.Table, path: Path) -> Path:
    """One Parquet file with one row group; nothing in it depends on the machine."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(
        table,
        path,
        compression="zstd",
        compression_level=3,
        row_group_size=max(1, table.num_rows),
        store_schema=False,
        write_statistics=False,
    )
    return path


def write_bytes(data: bytes, path: Path) -> Path:
    """One file of `data`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path
