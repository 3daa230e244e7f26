"""Records as `OPERATIONS`: blocks of lines at once where all are sound, else one by one, so that damage costs one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj

from shared.kernel.audit.logs.moments import Dating
from shared.kernel.audit.logs.rows import LOG_FIELDS, OBJECT_ID, lacks_identity, loads, path_of, row_of
from shared.kernel.audit.logs.unread import Unread, Why
from shared.kernel.audit.logs.values import MOST, Found, expand
from shared.kernel.audit.operations import OPERATIONS, RAW, operations
from shared.kernel.audit.schema import FOLDERS, KEYS


def _text(*names: str) -> list[tuple[str, pa.DataType]]:
    return [(name, pa.string()) for name in names]


_PARSED_AT_ONCE = 2**22
"""Bytes, as measured; more are no faster. A longer line is read line by line."""
_COUNTED_AT_ONCE = 2**18
_MADE_AT_ONCE = 4096
_CATEGORIES = pa.array(list(FOLDERS))
_TOP = ("time", "category", "operationName", "callerIpAddress")
STORAGE_LOG = pa.schema(
    [
        *_text(*_TOP, "correlationId", "statusText", "uri"),
        ("statusCode", pa.int32()),
        ("identity", pa.struct([*_text("type", "tokenHash"), ("requester", pa.struct(_text("objectId")))])),
        (
            "properties",
            pa.struct(
                _text(
                    "accountName",
                    "userAgentHeader",
                    "clientRequestId",
                    "serviceType",
                    "objectKey",
                )
            ),
        ),
    ]
)
VAULT_LOG = pa.schema(
    [
        *_text(*_TOP, "correlationId", "resultSignature", "resourceId"),
        ("identity", pa.struct([("claim", pa.struct(_text("oid", OBJECT_ID)))])),
        ("properties", pa.struct([*_text("id", "clientInfo", "requestUri"), ("httpStatusCode", pa.int32())])),
    ]
)
"""What is read of a line; the rest is passed over without being built, which is most of what reading costs."""

Made = tuple[pa.Table, Unread]
"""`OPERATIONS`, and what is none."""


def read_block(block: bytes, first: int, dating: Dating) -> Made:
    """A block of whole lines of a resource log, `first` being the number of the first. Empty lines are nothing."""
    lines = line_ends(block) + (not block.endswith(b"\n"))
    form = VAULT_LOG if b'"AuditEvent"' in block[: block.find(b"\n") + 1] else STORAGE_LOG
    try:
        if not block.startswith(b"{"):
            raise pa.ArrowInvalid("a block that begins with null kills the reader")
        table = pj.read_json(
            pa.BufferReader(block),
            read_options=pj.ReadOptions(use_threads=False, block_size=_PARSED_AT_ONCE),
            parse_options=pj.ParseOptions(explicit_schema=form, unexpected_field_behavior="ignore"),
        )
        if table.num_rows != lines:
            raise pa.ArrowInvalid("not an object a line")
        raw = _raw(table, form, first)
        made = operations(raw)
        of_vaults = pc.all(pc.equal(pc.equal(made.column("category"), KEYS), form is VAULT_LOG)).as_py()
        if not of_vaults or any(pc.any(wanting).as_py() for _, wanting in _wanting(raw, made)):
            raise pa.ArrowInvalid("a line is no operation, or has the other form")
    except (pa.ArrowException, ValueError):
        return read_records(_of_lines(enumerate(block.splitlines(), first)), dating)
    return made, Unread()


def line_ends(block: bytes) -> int:
    """How many; counted piece by piece, so that other threads are not kept waiting."""
    data = np.frombuffer(block, np.uint8)
    pieces = (data[start : start + _COUNTED_AT_ONCE] for start in range(0, len(data), _COUNTED_AT_ONCE))
    return sum(int(np.count_nonzero(piece == ord("\n"))) for piece in pieces)


def _of_lines(numbered: Iterable[tuple[int, bytes]]) -> Iterator[Found]:
    """What each line holds: a record, or in older forms several."""
    for number, line in numbered:
        if len(line) > MOST:
            yield number, Why.TOO_LONG
        elif line.strip():
            found = loads(line)
            yield from ((number, record) for record in ([found] if isinstance(found, Why) else expand(found)))


def read_records(found: Iterable[Found], dating: Dating) -> Made:
    """Records one by one: what is no operation is counted and left out, what says too little is counted, too."""
    unread = Unread()
    rows = []
    for line, record in found:
        row = row_of(record, line, dating)
        if isinstance(row, Why):
            unread.add(line, row)
            continue
        rows.append(row)
        if lacks_identity(record):
            unread.add(line, Why.NO_IDENTITY)
    made = [_sound(rows[start : start + _MADE_AT_ONCE], unread) for start in range(0, len(rows), _MADE_AT_ONCE)]
    return pa.concat_tables([OPERATIONS.empty_table(), *made]), unread


def _sound(rows: list[dict[str, Any]], unread: Unread) -> pa.Table:
    """Those rows that are operations; the others are noted. Halves until the damaged ones stand alone."""
    try:
        raw = pa.Table.from_pylist(rows, schema=RAW)
        made = operations(raw)
    except (pa.ArrowException, ValueError):
        if len(rows) == 1:
            unread.add(int(rows[0]["line"]), Why.TEXT)
            return OPERATIONS.empty_table()
        middle = len(rows) // 2
        return pa.concat_tables([_sound(rows[:middle], unread), _sound(rows[middle:], unread)])
    whole = pa.array(np.ones(made.num_rows, bool))
    for why, wanting in _wanting(raw, made):
        missing = pc.and_(wanting, whole)
        unread.extend((line, why) for line in made.column("line").filter(missing).to_pylist())
        whole = pc.and_(whole, pc.invert(missing))
    return made.filter(whole)


def _wanting(raw: pa.Table, made: pa.Table) -> Iterator[tuple[Why, pa.ChunkedArray]]:
    """Which rows do not say what every operation says: without it none could be explained, or is another's."""
    yield Why.NO_OPERATION, pc.equal(made.column("operation"), "")
    yield Why.OTHER_LOG, pc.invert(pc.is_in(made.column("category"), value_set=_CATEGORIES))
    yield Why.NO_ACCOUNT, pc.equal(made.column("account"), "")
    in_storage = pc.not_equal(made.column("category"), KEYS)
    yield Why.NO_STATUS, pc.and_(pc.is_null(raw.column("status")), in_storage)


def _raw(table: pa.Table, form: pa.Schema, first: int) -> pa.Table:
    columns = {
        name: _coalesced([_column(table, path) for path in LOG_FIELDS[name] if _has(form, path)], type_, table.num_rows)
        for name, type_ in zip(RAW.names, RAW.types, strict=True)
        if name != "line"
    }
    return pa.table({**columns, "line": pa.array(np.arange(first, first + table.num_rows, dtype=np.int32))}, schema=RAW)


def _has(form: pa.Schema, path: str) -> bool:
    found = pa.struct(list(form))
    for name in path_of(path):
        if not pa.types.is_struct(found) or found.get_field_index(name) < 0:
            return False
        found = found.field(name).type
    return True


def _column(table: pa.Table, path: str) -> pa.ChunkedArray:
    top, *rest = path_of(path)
    return pc.struct_field(table.column(top), rest) if rest else table.column(top)


def _coalesced(columns: list[pa.ChunkedArray], type_: pa.DataType, rows: int) -> pa.ChunkedArray:
    if not columns:
        return pa.chunked_array([pa.nulls(rows, type_)])
    return columns[0] if len(columns) == 1 else pc.coalesce(*columns)
