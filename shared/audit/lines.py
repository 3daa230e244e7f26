"""Lines of logs as `RAW` columns: many at once where all are sound, else one by one, so that damage costs one line.

Two forms: a resource log as Azure writes it, and a row of a Log Analytics table.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj

from shared.audit.operations import OPERATIONS, RAW, operations
from shared.audit.schema import KEYS

_ZONED = re.compile(r"(Z|[+-]\d\d:?\d\d)$")
_OID = "http://schemas.microsoft.com/identity/claims/objectidentifier"


def _text(*names: str) -> list[tuple[str, pa.DataType]]:
    return [(name, pa.string()) for name in names]


_PARSED_AT_ONCE = 2**22
"""Bytes, as measured; more are no faster. A longer line is read line by line."""
_COUNTED_AT_ONCE = 2**18
_TOP = ("time", "category", "operationName", "callerIpAddress")
STORAGE_LOG = pa.schema(
    [
        *_text(*_TOP, "statusText", "uri"),
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
        ("identity", pa.struct([("claim", pa.struct(_text("oid", _OID)))])),
        ("properties", pa.struct([*_text("id", "clientInfo", "requestUri"), ("httpStatusCode", pa.int32())])),
    ]
)
"""What is read of a line; the rest is passed over without being built, which is most of what reading costs."""

_FIELDS = {
    "time": ("time",),
    "category": ("category",),
    "operation": ("operationName",),
    "status_text": ("statusText", "resultSignature"),
    "authentication": ("identity/type",),
    "token": ("identity/tokenHash",),
    "object_id": ("identity/requester/objectId", "identity/claim/oid", f"identity/claim/{_OID.replace('/', '|')}"),
    "object_key": ("properties/objectKey",),
    "request": ("properties/clientRequestId",),
    "agent": ("properties/userAgentHeader", "properties/clientInfo"),
    "uri": ("uri",),
    "ip": ("callerIpAddress",),
    "account": ("properties/accountName",),
    "service": ("properties/serviceType",),
    "resource": ("resourceId",),
    "key": ("properties/id", "properties/requestUri"),
    "correlation": ("correlationId",),
    "status": ("statusCode", "properties/httpStatusCode"),
}
"""Where a line has each column of `RAW`; the first that says something. ``|`` stands for a slash within a name."""

TABLE_COLUMNS = {
    "time": ("TimeGenerated",),
    "category": ("Category",),
    "operation": ("OperationName",),
    "status_text": ("StatusText", "ResultSignature"),
    "authentication": ("AuthenticationType",),
    "token": ("AuthenticationHash",),
    "object_id": (
        "RequesterObjectId",
        "identity_claim_http_schemas_microsoft_com_identity_claims_objectidentifier_g",
        "identity_claim_oid_g",
    ),
    "object_key": ("ObjectKey",),
    "request": ("ClientRequestId",),
    "agent": ("UserAgentHeader", "ClientInfo", "clientInfo_s"),
    "uri": ("Uri",),
    "ip": ("CallerIpAddress", "CallerIPAddress"),
    "account": ("AccountName",),
    "service": ("ServiceType",),
    "resource": ("_ResourceId", "ResourceId"),
    "key": ("Id", "id_s", "RequestUri", "requestUri_s"),
    "correlation": ("CorrelationId",),
    "status": ("StatusCode", "HttpStatusCode", "httpStatusCode_d"),
}
"""Columns of `StorageBlobLogs`, `StorageQueueLogs`, `AZKVAuditLogs` and `AzureDiagnostics`; the first that says."""


def read_block(block: bytes, first: int) -> tuple[pa.Table, int, int]:
    """`OPERATIONS` of a block of whole lines of a resource log, how many lines it has, and how many are unreadable.

    `first` is the number of its first line. Empty lines count as lines and are nothing.
    """
    lines = _line_ends(block) + (not block.endswith(b"\n"))
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
        made = operations(_raw(table, form, first))
        of_vaults = pc.all(pc.equal(pc.equal(made.column("category"), KEYS), form is VAULT_LOG)).as_py()
        if not _all_are_operations(made) or not of_vaults:
            raise pa.ArrowInvalid("a line is no operation, or has the other form")
    except (pa.ArrowException, ValueError):
        return read_lines(enumerate(block.splitlines(), first), lines)
    return made, lines, 0


def _line_ends(block: bytes) -> int:
    """How many; counted piece by piece, so that other threads are not kept waiting."""
    data = np.frombuffer(block, np.uint8)
    pieces = (data[start : start + _COUNTED_AT_ONCE] for start in range(0, len(data), _COUNTED_AT_ONCE))
    return sum(int(np.count_nonzero(piece == ord("\n"))) for piece in pieces)


def read_lines(numbered: Iterable[tuple[int, bytes]], lines: int) -> tuple[pa.Table, int, int]:
    """The same, line by line: what is no operation is counted and left out."""
    rows: list[pa.Table] = []
    unreadable = 0
    raws: list[dict[str, Any]] = []
    for number, line in numbered:
        if not line.strip():
            continue
        found, broken = _documents(line)
        unreadable += broken
        for document in found:
            raw = row_of(document, number)
            if raw is None:
                unreadable += 1
            else:
                raws.append(raw)
    for start in range(0, len(raws), 4096):
        table, lost = _sound(raws[start : start + 4096])
        rows.append(table)
        unreadable += lost
    return pa.concat_tables([OPERATIONS.empty_table(), *rows]), lines, unreadable


def row_of(document: object, number: int) -> dict[str, Any] | None:
    """One line's object, of either form, as a row of `RAW`; `None` for what is none."""
    if not isinstance(document, dict):
        return None
    raw = _from_table(document) if "TimeGenerated" in document else _from_log(document)
    row: dict[str, Any] = {name: _as_text(raw.get(name)) for name in RAW.names}
    row["status"] = _as_number(raw.get("status"))
    row["line"] = number
    return row


def _documents(line: bytes) -> tuple[list[object], int]:
    """What a line holds: an object, or, in the older form of vault logs, an object with a list of them."""
    try:
        document = json.loads(line)
    except (ValueError, RecursionError):
        return [], 1
    if isinstance(document, dict) and isinstance(document.get("records"), list):
        return document["records"], 0
    return [document], 0


def _sound(raws: list[dict[str, Any]]) -> tuple[pa.Table, int]:
    """Those that are operations, and how many are not: halves until the damaged ones stand alone."""
    try:
        made = operations(pa.Table.from_pylist(raws, schema=RAW))
        if _all_are_operations(made):
            return made, 0
    except (pa.ArrowException, ValueError):
        pass
    if len(raws) == 1:
        return OPERATIONS.empty_table(), 1
    middle = len(raws) // 2
    (one, lost), (other, more) = _sound(raws[:middle]), _sound(raws[middle:])
    return pa.concat_tables([one, other]), lost + more


def _all_are_operations(made: pa.Table) -> bool:
    """Whether every row says what was done; a JSON object of another kind would pass for a silent operation."""
    said = pc.all(pc.and_(pc.not_equal(made.column("operation"), ""), pc.not_equal(made.column("category"), "")))
    return bool(said.as_py()) or not made.num_rows


def _raw(table: pa.Table, form: pa.Schema, first: int) -> pa.Table:
    columns = {
        name: _coalesced([_column(table, path) for path in _FIELDS[name] if _has(form, path)], type_, table.num_rows)
        for name, type_ in zip(RAW.names, RAW.types, strict=True)
        if name != "line"
    }
    return pa.table({**columns, "line": pa.array(np.arange(first, first + table.num_rows, dtype=np.int32))}, schema=RAW)


def _path(path: str) -> list[str]:
    return [part.replace("|", "/") for part in path.split("/")]


def _has(form: pa.Schema, path: str) -> bool:
    found = pa.struct(list(form))
    for name in _path(path):
        if not pa.types.is_struct(found) or found.get_field_index(name) < 0:
            return False
        found = found.field(name).type
    return True


def _column(table: pa.Table, path: str) -> pa.ChunkedArray:
    top, *rest = _path(path)
    return pc.struct_field(table.column(top), rest) if rest else table.column(top)


def _coalesced(columns: list[pa.ChunkedArray], type_: pa.DataType, rows: int) -> pa.ChunkedArray:
    if not columns:
        return pa.chunked_array([pa.nulls(rows, type_)])
    return columns[0] if len(columns) == 1 else pc.coalesce(*columns)


def _from_log(document: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: next(filter(_says, (_reach(document, path) for path in paths)), None) for name, paths in _FIELDS.items()
    }


def _says(value: Any) -> bool:
    return value not in (None, "")


def _reach(document: Mapping[str, Any], path: str) -> Any:
    *names, last = _path(path)
    for name in names:
        document = _inner(document, name)
    return document.get(last)


def _from_table(document: Mapping[str, Any]) -> dict[str, Any]:
    raw = {name: _first(document, *columns) for name, columns in TABLE_COLUMNS.items()}
    claim = _inner(_inner(document, "Identity"), "claim")
    raw["object_id"] = raw["object_id"] or _first(claim, "oid", _OID)
    raw["time"] = _moment(str(raw["time"]))
    if not raw["category"] and document.get("Type") == "AZKVAuditLogs":
        raw["category"] = KEYS
    return raw


def _moment(text: str) -> str | None:
    """ISO 8601 with its zone; the portal writes ``10/1/2026, 9:30:00.604 AM`` and leaves the zone to the heading."""
    for form in ("%m/%d/%Y, %I:%M:%S.%f %p", "%m/%d/%Y, %I:%M:%S %p"):
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC).isoformat()
        except ValueError:
            continue
    text = text.replace(" ", "T")
    return text if _ZONED.search(text) else text + "Z"


def _inner(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """An object within; exports have some as text."""
    inner = document.get(name)
    if isinstance(inner, str):
        try:
            inner = json.loads(inner)
        except (ValueError, RecursionError):
            return {}
    return inner if isinstance(inner, dict) else {}


def _first(document: Mapping[str, Any], *names: str) -> Any:
    return next((document[name] for name in names if document.get(name) not in (None, "")), None)


def _as_text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _as_number(value: Any) -> int | None:
    try:
        number = int(float(value))
    except (TypeError, ValueError, OverflowError):
        return None
    return number if abs(number) < 2**31 else None
