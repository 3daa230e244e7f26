"""Reading contract files and writing results. A file appears whole or not at all, and never holds a live formula.

What is written is private to who writes it, unless the profile says that a group may read it too. What a killed command
left half written is removed by the next one that writes into the same folder.
"""

from __future__ import annotations

import errno
import io
import os
import re
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from client.codes import invalid
from client.disk import check_file, disk
from client.locks import free, held, runs

if TYPE_CHECKING:
    import pyarrow as pa

    from shared.kernel.terms.model import Limits

SEALED_MARK = b"PARE"
_HALF = ".half"
"""What a file is called while it is written: `.<name>.<process>-<random>.half`."""
_BINARY = getattr(os, "O_BINARY", 0)
_READERS = {"owner": {"file": 0o600, "folder": 0o700}, "group": {"file": 0o640, "folder": 0o750}}
_MODES = dict(_READERS["owner"])
_WIDEST = 400
"""Pixels of a column, at most."""
_LARGEST = {"bytes": 2_000_000_000, "rows": 5_000_000, "columns": 256, "decompressed_bytes": 1_000_000_000}
"""Of a Parquet file that no agreement bounds, such as a postcode directory."""
_LIVE = r"^[=+\-@\t\r\n＝＋－＠]"


def read_parquet(path: Path, limits: Limits | None = None) -> pa.Table:
    """Read a plain Parquet file, looked through beforehand, so that no file takes more memory than `limits` allow.

    `limits` are the agreement's where the file is to be sent: what does not keep to them is refused as the exchange
    would (`UntrustedDrop`, ENV-…). Raises `InvalidInput` INP-001 (not there), 002 (not Parquet), 013 (sealed), 063 (no
    limits given, and larger than any file that is worked with here).
    """
    from client.parquet import read_bounded
    from shared.kernel.envelope.gates import DAMAGED
    from shared.kernel.errors import UntrustedDrop
    from shared.kernel.terms.model import Limits

    check_file(path)
    with path.open("rb") as file:
        if file.read(4) == SEALED_MARK:
            raise invalid("INP-013", path=path)
    try:
        return read_bounded(path, limits or Limits(**_LARGEST))
    except UntrustedDrop as refusal:
        if refusal.code == DAMAGED.code:
            raise invalid("INP-002", path=path, kind="Parquet (pack a CSV or XLSX first)") from None
        if limits is not None:
            raise
        raise invalid("INP-063", path=path, reason=refusal.message) from None


def share_with(readers: str) -> None:
    """Say for this process who may read what it writes: `owner` (alone, the default) or `group`."""
    _MODES.update(_READERS[readers])


def make_folder(folder: Path) -> None:
    """Make a folder and those above it that are not there. Raises `InvalidInput` INP-080 to INP-087."""
    with disk(folder):
        missing = [part for part in (folder, *folder.parents) if not part.exists()]
        for part in reversed(missing):
            part.mkdir(mode=_MODES["folder"], exist_ok=True)
        if not folder.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, "")


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file, making its folder; a reader sees the old file or the new one, never a part.

    Raises `InvalidInput` INP-080 to INP-087: no room, not allowed, a folder, open elsewhere.
    """
    write_together({path: data})


def write_together(files: Mapping[Path, bytes]) -> None:
    """Write files that belong together: none appears before all are written, and then each whole. Raises the same."""
    for path in files:
        make_folder(path.parent)
        sweep(path)
    with ExitStack() as halves:
        written = [(path, halves.enter_context(_half(path, data))) for path, data in files.items()]
        for path, half in written:
            with disk(path):
                half.replace(path)


@contextmanager
def _half(path: Path, data: bytes) -> Iterator[Path]:
    """The file under another name, written whole; it is gone afterwards, if it was not renamed."""
    half = path.with_name(f".{path.name[:60]}.{os.getpid()}-{secrets.token_hex(4)}{_HALF}")
    try:
        with ExitStack() as writing:
            with disk(path):
                if path.is_dir():
                    raise IsADirectoryError(errno.EISDIR, "")
                # Unbuffered: what a full disk did not take must not be tried once more when the file is closed.
                file = writing.enter_context(
                    open(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, 0o600), "wb", buffering=0)  # noqa: PTH123
                )
                writing.enter_context(held(file.fileno()))
                rest = memoryview(data)
                while rest:
                    rest = rest[file.write(rest) :]
                os.fsync(file.fileno())
                half.chmod(_MODES["file"])
            if os.name == "nt":
                writing.close()  # where what is open cannot be renamed
            yield half
    finally:
        with suppress(OSError):  # where nothing can be written nothing can be removed, and why was said
            half.unlink(missing_ok=True)


def sweep(path: Path) -> None:
    """Remove what a killed command has left half written in the folder of `path`; one that still runs keeps its own."""
    earlier = re.compile(rf"\.{re.escape(path.name)}\.[a-z0-9_]{{8}}")  # as versions before this one named it
    with suppress(OSError):
        for left in path.parent.iterdir():
            ours = left.name.startswith(".") and (left.name.endswith(_HALF) or earlier.fullmatch(left.name))
            # One that is empty may have been made this moment, and not have been locked yet.
            if ours and (left.stat().st_size or not runs(_maker(left.name))) and free(left):
                left.unlink(missing_ok=True)


def _maker(half: str) -> int:
    """The process that made a half file; 0 when its name does not say."""
    found = re.search(rf"\.(\d+)-[0-9a-f]{{8}}{re.escape(_HALF)}$", half)
    return int(found[1]) if found else 0


def write_table(path: Path, table: pa.Table, choices: Mapping[str, Sequence[str]] | None = None) -> None:
    """Write a table as Parquet, CSV, XLSX or JSON, by the ending of `path`.

    `choices` are columns that somebody is to fill in, each with what may stand there: in XLSX a list to choose from.

    In CSV and XLSX a text cell that a spreadsheet would run (it starts with = + - @, tab or line break) is preceded by
    an apostrophe. Raises `InvalidInput` INP-015 for another ending.
    """
    kinds: dict[str, Callable[[pa.Table], bytes]] = {
        ".parquet": _parquet,
        ".csv": _csv,
        ".xlsx": partial(_xlsx, choices=choices or {}),
        ".json": _json,
    }
    if path.suffix.lower() not in kinds:
        raise invalid("INP-015", path=path, known=", ".join(kinds))
    write_bytes(path, kinds[path.suffix.lower()](table))


def neutralised(table: pa.Table) -> pa.Table:
    """The table with every text cell, and every heading, such that no spreadsheet takes it for a formula."""
    import pyarrow as pa
    import pyarrow.compute as pc

    columns = {}
    for name, column in zip(table.column_names, table.columns, strict=True):
        if pa.types.is_string(column.type) or pa.types.is_large_string(column.type):
            live = pc.match_substring_regex(column, _LIVE)
            column = pc.if_else(
                live,
                pc.binary_join_element_wise(pa.scalar("'", column.type), column, pa.scalar("", column.type)),
                column,
            )
        heading = f"'{name}" if name[:1] in "=+-@\t\r\n＝＋－＠" else name
        columns[heading] = column
    return pa.table(columns)


def _parquet(table: pa.Table) -> bytes:
    import pyarrow.parquet as pq

    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()


def _csv(table: pa.Table) -> bytes:
    from pyarrow import csv

    buffer = io.BytesIO()
    buffer.write(b"\xef\xbb\xbf")  # without the mark, Excel reads UTF-8 as Windows-1252
    csv.write_csv(neutralised(table), buffer)
    return buffer.getvalue()


def _xlsx(table: pa.Table, choices: Mapping[str, Sequence[str]]) -> bytes:
    import xlsxwriter

    safe, buffer = neutralised(table), io.BytesIO()
    off = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "default_date_format": "yyyy-mm-dd", **off})
    book.set_properties({"created": datetime(2026, 1, 1, tzinfo=UTC)})  # the same rows are the same bytes
    sheet = book.add_worksheet("rows")
    bold = book.add_format({"bold": True})
    for place, (name, column) in enumerate(zip(safe.column_names, safe.columns, strict=True)):
        sheet.write_string(0, place, name, bold)
        for line, cell in enumerate(column.to_pylist(), 1):
            _write_cell(sheet, line, place, cell)
        if name in choices:
            allowed = {"validate": "list", "source": list(choices[name])}
            sheet.data_validation(1, place, max(safe.num_rows, 1), place, allowed)
    sheet.freeze_panes(1, 0)
    sheet.autofit(_WIDEST)
    book.close()
    return buffer.getvalue()


def _write_cell(sheet: Any, line: int, place: int, cell: Any) -> None:
    if cell is None:
        return
    if isinstance(cell, bool):
        sheet.write_boolean(line, place, cell)
    elif isinstance(cell, int | float):
        sheet.write_number(line, place, cell)
    elif isinstance(cell, date):
        sheet.write_datetime(line, place, cell)
    else:
        sheet.write_string(line, place, str(cell))


def _json(table: pa.Table) -> bytes:
    import json

    return json.dumps(table.to_pylist(), ensure_ascii=False, indent=1, default=str).encode()
