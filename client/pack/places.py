"""Which authority a postcode lies in, from a directory that the borough has (such as the ONS postcode directory)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from client.codes import invalid
from client.pack.source import heading, read
from shared.kernel.contract.identifiers import postcodes_normal, postcodes_ok

_POSTCODE = ("postcode", "pcds", "pcd", "pcd7", "pcd8")
_AUTHORITY = ("ons_code", "oslaua", "laua", "lad", "ctyua")


@dataclass(frozen=True)
class Directory:
    """Postcodes in normal form and the ONS code of the authority of each."""

    postcode: pa.Array
    ons_code: pa.Array

    def authority(self, postcode: pa.Array) -> pa.Array:
        """The ONS code of each postcode; null when it is not in the directory."""
        return pc.take(self.ons_code, pc.index_in(postcodes_normal(postcode), self.postcode))


def read_directory(path: Path) -> Directory:
    """Read a CSV or Parquet with columns for the postcode (`postcode`, `pcds`) and authority (`ons_code`, `lad25cd`).

    Raises `InvalidInput` INP-001, 002 or 004.
    """
    if path.suffix.lower() == ".parquet":
        from client.files import read_parquet

        table = read_parquet(path)
        table = table.rename_columns([heading(name) for name in table.column_names])
    else:
        table = read(path).table
    names = table.column_names
    postcode = next((name for name in _POSTCODE if name in names), None)
    authority = next((name for name in names if name.startswith(_AUTHORITY) and not name.endswith("nm")), None)
    if postcode is None or authority is None:
        missing = "postcode" if postcode is None else "ons_code"
        raise invalid("INP-004", path=path, columns=missing, hint="the ONS postcode directory has both.")
    normal = postcodes_normal(table.column(postcode).cast(pa.string()).combine_chunks())
    valid = pa.array(postcodes_ok(normal))
    return Directory(normal.filter(valid), table.column(authority).cast(pa.string()).combine_chunks().filter(valid))
