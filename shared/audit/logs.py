"""The logs of a record, file by file and block by block, so that a month's fit into little memory."""

from __future__ import annotations

import csv
import io
import json
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from shared.audit.lines import read_block, read_lines

FOLDER = "logs"
BLOCK_BYTES = 24 * 2**20
_AT_ONCE = 2
"""Blocks that are read and parsed side by side; parsing holds no lock of Python's."""
_AHEAD = 6
"""Blocks that are begun or wait to be taken, so that nobody stands idle while a lot is explained."""
_BOM = b"\xef\xbb\xbf"
_KINDS = (".json", ".jsonl", ".csv")


@dataclass(frozen=True)
class Block:
    """Some operations of one file, in the order of its lines."""

    file: str
    """Relative to the record."""
    operations: pa.Table
    lines: int
    unreadable: int
    bytes: int


def log_files(record: Path) -> list[Path]:
    """Every file of logs, in the order of their names."""
    return sorted(path for path in (record / FOLDER).rglob("*") if path.suffix in _KINDS and path.is_file())


def read_logs(record: Path) -> Iterator[Block]:
    """Every operation of the record's logs. A line that is none is counted and left out; nothing in a log raises."""
    waiting: deque[Future[Block]] = deque()
    with ThreadPoolExecutor(_AT_ONCE) as workers:
        for work in _work(record):
            waiting.append(workers.submit(work))
            if len(waiting) >= _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _work(record: Path) -> Iterator[Callable[[], Block]]:
    for path in log_files(record):
        name = path.relative_to(record).as_posix()
        if path.suffix == ".csv":
            yield lambda path=path, name=name: _whole(name, path, _csv)  # type: ignore[misc]
        elif _begins_with(path) == b"[":
            yield lambda path=path, name=name: _whole(name, path, _array)  # type: ignore[misc]
        elif path.stat().st_size < BLOCK_BYTES:
            yield lambda path=path, name=name: _whole(name, path, _lines)  # type: ignore[misc]
        else:
            for block, first in _blocks(path):
                yield lambda block=block, first=first, name=name: Block(  # type: ignore[misc]
                    name, *read_block(block, first), len(block)
                )


def _begins_with(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(64).removeprefix(_BOM).lstrip()[:1]


def _blocks(path: Path) -> Iterator[tuple[bytes, int]]:
    """Whole lines, about `BLOCK_BYTES` at a time, with the number of the first."""
    number, rest = 1, b""
    with path.open("rb") as file:
        data = file.read(BLOCK_BYTES).removeprefix(_BOM)
        while data:
            following = file.read(BLOCK_BYTES)
            cut = data.rfind(b"\n") + 1 if following else len(data)
            whole = data if cut == len(data) else data[:cut]
            if cut:
                block = rest + whole if rest else whole
                yield block, number
                rest = data[cut:]
                if following:
                    number += block.count(b"\n")
            else:
                rest += data
            data = following
    if rest:
        yield rest, number


def _whole(name: str, path: Path, read: Callable[[bytes], tuple[pa.Table, int, int]]) -> Block:
    data = path.read_bytes().removeprefix(_BOM)
    return Block(name, *read(data), len(data))


def _lines(data: bytes) -> tuple[pa.Table, int, int]:
    return read_block(data, 1) if data else read_lines([], 0)


def _array(data: bytes) -> tuple[pa.Table, int, int]:
    """A JSON array of rows; a row's number is its place."""
    try:
        rows = json.loads(data)
    except (ValueError, RecursionError):
        return read_lines([(1, b"not JSON")], data.count(b"\n") + 1)
    return read_lines(((n, json.dumps(row).encode()) for n, row in enumerate(rows, 1)), len(rows))


def _csv(data: bytes) -> tuple[pa.Table, int, int]:
    """An export as the portal writes it: a heading may end in ``[UTC]``, and times may be without their zone."""
    reader = csv.reader(io.StringIO(data.decode("utf-8", "replace")))
    rows: list[tuple[int, bytes]] = []
    try:
        headings = [heading.removesuffix("[UTC]").strip() for heading in next(reader, [])]
        for cells in reader:
            row = dict(zip(headings, cells, strict=False))
            rows.append((reader.line_num, json.dumps(row).encode()))
    except csv.Error:
        rows.append((reader.line_num, b"not CSV"))
    return read_lines(rows, data.count(b"\n") + (not data.endswith(b"\n")))
