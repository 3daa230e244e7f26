"""What a record says, as a row of `RAW`: a resource log as Azure writes it, or a row of a Log Analytics table."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo
from typing import Any

from shared.kernel.audit.logs.moments import Dating, read_time
from shared.kernel.audit.logs.unread import Why
from shared.kernel.audit.operations import RAW
from shared.kernel.audit.schema import KEYS
from shared.kernel.json_once import Twice, loads_once

OBJECT_ID = "http://schemas.microsoft.com/identity/claims/objectidentifier"

LOG_FIELDS = {
    "time": ("time",),
    "category": ("category",),
    "operation": ("operationName",),
    "status_text": ("statusText", "resultSignature"),
    "authentication": ("identity/type",),
    "token": ("identity/tokenHash",),
    "object_id": (
        "identity/requester/objectId",
        "identity/claim/oid",
        f"identity/claim/{OBJECT_ID.replace('/', '|')}",
    ),
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

_TIME = "TimeGenerated"


class TableRow(dict[str, Any]):
    """A row of an export that declares its columns: what is not among them was not asked for."""

    zone: tzinfo | None = None
    """Of its times, where a heading says it."""


class _Unreadable(Exception):
    """A record is none."""

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why = why


def loads(text: str | bytes) -> object | Why:
    """One JSON value, or why it is none."""
    try:
        found: object = loads_once(text)
    except Twice:
        return Why.TWICE
    except (ValueError, RecursionError):
        return Why.NOT_JSON
    return found


def row_of(record: object, line: int, dating: Dating) -> dict[str, Any] | Why:
    """A record as a row of `RAW`, or why it is none."""
    if not isinstance(record, dict):
        return record if isinstance(record, Why) else Why.NO_RECORD
    try:
        raw = _from_table(record) if _TIME in record else _from_log(record)
    except _Unreadable as error:
        return error.why
    time = read_time(raw["time"], record.zone if isinstance(record, TableRow) else None, dating)
    if isinstance(time, Why):
        return time
    row: dict[str, Any] = {name: _as_text(raw.get(name)) for name in RAW.names}
    return row | {"time": time, "status": _as_number(raw["status"]), "line": line}


def lacks_identity(record: object) -> bool:
    """Whether a row was exported without the column that says how they came: then nobody can say who it was."""
    if not isinstance(record, TableRow) or "AuthenticationType" in record:
        return False
    return record.get("Category") != KEYS and record.get("Type") != "AZKVAuditLogs"


def _from_log(record: Mapping[str, Any]) -> dict[str, Any]:
    if "time" not in record:
        raise _Unreadable(Why.EVENT if "eventType" in record or "specversion" in record else Why.NO_TIME)
    return {
        name: next(filter(_says, (_reach(record, path) for path in paths)), None) for name, paths in LOG_FIELDS.items()
    }


def _from_table(record: Mapping[str, Any]) -> dict[str, Any]:
    raw = {name: _first(record, *columns) for name, columns in TABLE_COLUMNS.items()}
    claim = _inner(_inner(record, "Identity"), "claim")
    raw["object_id"] = raw["object_id"] or _first(claim, "oid", OBJECT_ID)
    if not raw["category"] and record.get("Type") == "AZKVAuditLogs":
        raw["category"] = KEYS
    return raw


def path_of(path: str) -> list[str]:
    """The names on the way to a field."""
    return [part.replace("|", "/") for part in path.split("/")]


def _reach(record: Mapping[str, Any], path: str) -> Any:
    *names, last = path_of(path)
    for name in names:
        record = _inner(record, name)
    return record.get(last)


def _inner(record: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """An object within; exports and event hubs have some as text. Raises `_Unreadable` when the text is no JSON."""
    inner = record.get(name)
    if isinstance(inner, str) and inner.strip():
        inner = loads(inner)
        if isinstance(inner, Why):
            raise _Unreadable(inner)
    return inner if isinstance(inner, dict) else {}


def _says(value: Any) -> bool:
    return value not in (None, "")


def _first(record: Mapping[str, Any], *names: str) -> Any:
    return next((record[name] for name in names if _says(record.get(name))), None)


def _as_text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _as_number(value: Any) -> int | None:
    try:
        number = int(float(value))
    except (TypeError, ValueError, OverflowError):
        return None
    return number if abs(number) < 2**31 else None
