"""CSV text from Arrow columns, quoted only where it must be, as the systems that are imitated write it."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc


def csv_bytes(columns: Mapping[str, pa.Array], *, encoding: str = "utf-8", line_end: str = "\r\n") -> bytes:
    """A CSV with a header. Columns are text; null is an empty cell; what the encoding lacks becomes `?`."""
    cells = [_quoted(column) for column in columns.values()]
    header = ",".join(_quoted(pa.array(list(columns))).to_pylist())
    lines = pc.binary_join_element_wise(*cells, ",")
    return (line_end.join([header, *lines.to_pylist()]) + line_end).encode(encoding, errors="replace")


def dates_text(column: pa.Array, pattern: str) -> pa.Array:
    """Dates in a strftime pattern of numbers; null stays null."""
    return pc.strftime(column.cast(pa.timestamp("s")), format=pattern).cast(pa.string())


def _quoted(column: pa.Array) -> pa.Array:
    text = pc.fill_null(column.cast(pa.string()), "")
    inside = pc.replace_substring(text, '"', '""')
    return pc.if_else(
        pc.match_substring_regex(text, '[",\r\n]'), pc.binary_join_element_wise('"', inside, '"', ""), text
    )
