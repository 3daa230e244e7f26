"""Reads the logs of a record, file by file and block by block, so that a month's fit into little memory."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import islice
from pathlib import Path

import pyarrow as pa

from shared.kernel.audit.logs import cells
from shared.kernel.audit.logs.blocks import Made, line_ends, read_block, read_records
from shared.kernel.audit.logs.files import LogFile, log_files
from shared.kernel.audit.logs.moments import Dating
from shared.kernel.audit.logs.rows import loads
from shared.kernel.audit.logs.stored import GZIP, Counted, text_of
from shared.kernel.audit.logs.text import BLOCK_BYTES, Text
from shared.kernel.audit.logs.unread import Unread, Why
from shared.kernel.audit.logs.values import Found, expand, values
from shared.kernel.audit.operations import OPERATIONS

_RECORDS_AT_ONCE = 20_000
_AT_ONCE = 2
"""Blocks that are read and parsed side by side; parsing holds no lock of Python's."""
_AHEAD = 6
"""Blocks that are begun or wait to be taken, so that nobody stands idle while a batch is explained."""
_SPACE = b" \t\r\n"
_CLASSIC = re.compile(rb"[12]\.0;\d{4}-\d\d-\d\dT")


@dataclass(frozen=True)
class Block:
    """Some operations of one file, in the order of its lines."""

    file: str
    """Relative to the record."""
    operations: pa.Table
    lines: int
    unread: Unread = field(default_factory=Unread)
    """What of this block is no operation."""
    bytes: int = 0
    """Of the file as it is stored, read since the block before."""


Work = Callable[[], Block]


def read_logs(record: Path, dating: Dating | None = None) -> Iterator[Block]:
    """Every operation of the record's logs, and what of them is none; nothing in a log raises. Of each file comes one
    block at least."""
    waiting: deque[Future[Block]] = deque()
    with ThreadPoolExecutor(_AT_ONCE) as workers:
        for file in log_files(record):
            for work in _works(file, dating or Dating()):
                waiting.append(workers.submit(work))
                if len(waiting) >= _AHEAD:
                    yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _works(file: LogFile, dating: Dating) -> Iterator[Work]:
    """What there is to do for a file: of an hour's, which is small, all of it at once and beside others."""
    if file.bytes < BLOCK_BYTES and not _is_packed(file):
        yield lambda: _joined([work() for work in _read_file(file, dating)])
    else:
        yield from _read_file(file, dating)


def _is_packed(file: LogFile) -> bool:
    """Whether more may come out of a file than is in it."""
    if file.why:
        return False
    try:
        with file.path.open("rb") as opened:
            return opened.read(len(GZIP)) == GZIP
    except OSError:
        return False


def _read_file(file: LogFile, dating: Dating) -> Iterator[Work]:
    """Its blocks; last comes one that is empty, with what was found of the file as a whole."""
    unread = Unread()
    if file.why:
        unread.add(0, file.why)
    else:
        ends: list[Why] = []
        try:
            with file.path.open("rb") as opened:
                counted = Counted(opened)
                text = Text(text_of(counted, ends.append), unread)
                for work in _read_text(text, dating, unread):
                    yield partial(_block, file.name, work, counted.since_then())
                unread.extend((text.line, why) for why in ends)
        except OSError:
            unread.add(0, Why.CANNOT_BE_OPENED)
    yield partial(Block, file.name, OPERATIONS.empty_table(), 0, unread)


def _block(file: str, work: Callable[[], tuple[Made, int]], stored: int) -> Block:
    (made, unread), lines = work()
    return Block(file, made, lines, unread, stored)


def _joined(blocks: list[Block]) -> Block:
    """The blocks of one file as one."""
    unread = Unread()
    for block in blocks:
        unread.merge(block.unread)
    return Block(
        blocks[0].file,
        pa.concat_tables([block.operations for block in blocks]),
        sum(block.lines for block in blocks),
        unread,
        sum(block.bytes for block in blocks),
    )


def _read_text(text: Text, dating: Dating, unread: Unread) -> Iterator[Callable[[], tuple[Made, int]]]:
    """The blocks of a text, by the form that its first line shows."""
    line = text.first()
    if _is_record(line):
        yield from _read_lines(text, dating)
    elif _headings(line) or cells.separator_of(_decoded(line)):
        yield from _read_cells(text, dating, unread)
    elif line.startswith((b"{", b"[", b'"{', b'"[')):
        yield from _by_records(text, values(text.pieces()), dating)
    elif _CLASSIC.match(line):
        unread.add(0, Why.CLASSIC)
    elif b"\n{" in text.head:
        yield from _read_lines(text, dating)
    elif line:
        unread.add(0, Why.NO_FORM)


def _read_lines(text: Text, dating: Dating) -> Iterator[Callable[[], tuple[Made, int]]]:
    for block, number in text.blocks():
        yield partial(_lines_of, block, number, dating)


def _read_cells(text: Text, dating: Dating, unread: Unread) -> Iterator[Callable[[], tuple[Made, int]]]:
    lines = ((number, _decoded(line)) for number, line in text.lines() if line.strip(_SPACE))
    line = next(lines)[1]
    separator = cells.separator_of(line)
    headings = cells.headings_of(next(lines, (0, ""))[1] if separator else line, separator)
    if headings is None:
        unread.add(0, Why.NO_FORM)
    else:
        yield from _by_records(text, cells.records(headings, lines), dating)


def _by_records(text: Text, found: Iterator[Found], dating: Dating) -> Iterator[Callable[[], tuple[Made, int]]]:
    while some := list(islice(found, _RECORDS_AT_ONCE)):
        text.line = some[-1][0]
        yield partial(_records_of, some, dating)


def _lines_of(block: bytes, first: int, dating: Dating) -> tuple[Made, int]:
    return read_block(block, first, dating), line_ends(block) + (not block.endswith(b"\n"))


def _records_of(found: list[Found], dating: Dating) -> tuple[Made, int]:
    return read_records(found, dating), len(found)


def _is_record(line: bytes) -> bool:
    """Whether a line is one record and no more: then the file has a record a line, as Azure writes it."""
    if not line.startswith(b"{"):
        return False
    found = loads(line)
    return isinstance(found, dict) and list(expand(found)) == [found]


def _headings(line: bytes) -> bool:
    return cells.headings_of(_decoded(line)) is not None


def _decoded(line: bytes) -> str:
    return line.decode("utf-8", "surrogateescape")
