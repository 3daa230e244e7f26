"""The forms in which the same lines of a log may lie in a file, as others write them."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

from tests.unit.kernel.audit.exports import exported

Lines = list[dict[str, Any]]


def _json_lines(lines: Lines) -> bytes:
    return b"".join(json.dumps(line).encode() + b"\n" for line in lines)


def _rows(lines: Lines) -> Lines:
    return [exported(line) for line in lines]


def _table(lines: Lines, separator: str = ",", zone: str = " [UTC]") -> bytes:
    out = io.StringIO()
    rows = _rows(lines)
    headings = list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.writer(out, delimiter=separator)
    writer.writerow([f"{name}{zone}" if name == "TimeGenerated" else name for name in headings])
    for row in rows:
        writer.writerow(["" if row.get(name) is None else row[name] for name in headings])
    return out.getvalue().encode()


def _answer(lines: Lines, **beside: Any) -> bytes:
    rows = _rows(lines)
    names = list(dict.fromkeys(name for row in rows for name in row))
    table = {
        "name": "PrimaryResult",
        "columns": [{"name": name, "type": "string"} for name in names],
        "rows": [[row.get(name) for name in names] for row in rows],
    }
    return json.dumps({"tables": [table], **beside}).encode()


def _as_text_within(lines: Lines) -> Lines:
    """As event hubs have it: what is an object elsewhere is JSON as a text."""
    return [
        {name: json.dumps(value) if name in ("properties", "identity") else value for name, value in line.items()}
        for line in lines
    ]


def _members(data: bytes) -> bytes:
    """A gzip file of several members, as when pieces were appended."""
    middle = len(data) // 2
    return gzip.compress(data[:middle]) + gzip.compress(data[middle:]) + bytes(512)


def _zip(data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("PT1H.json", data)
    return out.getvalue()


READ: dict[str, Callable[[Lines], bytes]] = {
    "a line each": _json_lines,
    "a line each, ends of Windows": lambda lines: _json_lines(lines).replace(b"\n", b"\r\n"),
    "a line each, no end at the end": lambda lines: _json_lines(lines).rstrip(),
    "a line each, empty lines between": lambda lines: b"\n\r\n" + _json_lines(lines).replace(b"\n", b"\n\n"),
    "a line each, a mark": lambda lines: b"\xef\xbb\xbf" + _json_lines(lines),
    "a line each, UTF-16": lambda lines: _json_lines(lines).decode().encode("utf-16"),
    "a line each, UTF-16 without a mark": lambda lines: _json_lines(lines).decode().encode("utf-16-le"),
    "a line each, UTF-16 of big ends": lambda lines: b"\xfe\xff" + _json_lines(lines).decode().encode("utf-16-be"),
    "a line each, UTF-32": lambda lines: _json_lines(lines).decode().encode("utf-32"),
    "a line each, gzip": lambda lines: gzip.compress(_json_lines(lines)),
    "a line each, gzip in members": lambda lines: _members(_json_lines(lines)),
    "a line each, gzip twice": lambda lines: gzip.compress(gzip.compress(_json_lines(lines))),
    "over many lines": lambda lines: b"\n".join(json.dumps(line, indent=2).encode() for line in lines),
    "over many lines, no space between": lambda lines: b"".join(json.dumps(line, indent=2).encode() for line in lines),
    "on one line": lambda lines: b"".join(json.dumps(line).encode() for line in lines),
    "an array": lambda lines: json.dumps(lines).encode(),
    "an array over many lines": lambda lines: json.dumps(lines, indent=1).encode(),
    "arrays, one after another": lambda lines: b"".join(json.dumps([line]).encode() + b"\n" for line in lines),
    "records": lambda lines: json.dumps({"records": lines}).encode(),
    "records over many lines": lambda lines: json.dumps({"records": lines}, indent=4).encode(),
    "records, a batch a line": lambda lines: b"".join(
        json.dumps({"records": lines[n : n + 2]}).encode() + b"\n" for n in range(0, len(lines), 2)
    ),
    "records behind another name": lambda lines: json.dumps({"count": 3, "records": lines}).encode(),
    "records as text": lambda lines: json.dumps({"records": json.dumps(lines)}).encode(),
    "records of an event hub": lambda lines: json.dumps({"records": _as_text_within(lines)}).encode(),
    "an array of batches": lambda lines: json.dumps([{"records": lines[:1]}, {"records": lines[1:]}]).encode(),
    "an answer of the query interface": _answer,
    "an answer with what it cost": lambda lines: _answer(lines, statistics={"query": {}}, render={}),
    "an answer of REST": lambda lines: json.dumps({"value": _rows(lines), "@odata.context": "x"}).encode(),
    "rows of az monitor": lambda lines: json.dumps(_rows(lines), indent=2).encode(),
    "rows of a data export": lambda lines: _json_lines(_rows(lines)),
    "a table": _table,
    "a table with a mark": lambda lines: b"\xef\xbb\xbf" + _table(lines),
    "a table in UTF-16": lambda lines: _table(lines, "\t").decode().encode("utf-16"),
    "a table with semicolons": lambda lines: _table(lines, ";"),
    "a table with tabs": lambda lines: _table(lines, "\t"),
    "a table that names its separator": lambda lines: b"sep=;\r\n" + _table(lines, ";"),
    "a table with ends of old Macs": lambda lines: _table(lines).replace(b"\r\n", b"\r"),
    "a table without the zone in its heading": lambda lines: _table(lines, zone=""),
}
"""Each says the same, and is read."""

NAMED: dict[str, tuple[Callable[[Lines], bytes], str]] = {
    "a zip": (lambda lines: _zip(_json_lines(lines)), "ZIP"),
    "gzip thrice": (lambda lines: gzip.compress(gzip.compress(gzip.compress(_json_lines(lines)))), "PACKED_TWICE"),
    "gzip, cut off": (lambda lines: gzip.compress(_json_lines(lines))[:-400], "GZIP_CUT_OFF"),
    "gzip, cut off by its last byte": (lambda lines: gzip.compress(_json_lines(lines))[:-1], "GZIP_CUT_OFF"),
    "gzip, with something behind it": (lambda lines: gzip.compress(b"{}") + _json_lines(lines), "GZIP_DAMAGED"),
    "bzip2": (lambda lines: b"BZh9" + _json_lines(lines), "PACKED"),
    "Parquet": (lambda lines: b"PAR1" + _json_lines(lines), "COLUMNAR"),
    "Avro": (lambda lines: b"Obj\x01" + _json_lines(lines), "COLUMNAR"),
    "a folder view of macOS": (lambda lines: b"\0\0\0\x01Bud1" + _json_lines(lines), "FOREIGN"),
    "an answer that is not whole": (lambda lines: _answer(lines, error={"code": "PartialError"}), "NOT_WHOLE"),
    "an answer of which there is more": (lambda lines: _answer(lines, nextLink="https://x"), "NOT_WHOLE"),
    "records, and a record beside them": (
        lambda lines: json.dumps({"records": [], **lines[-1]}).encode(),
        "FOREIGN_MEMBER",
    ),
    "a table, and a record beside it": (
        lambda lines: json.dumps({"columns": [], "rows": [], **lines[-1]}).encode(),
        "FOREIGN_MEMBER",
    ),
    "headings that are no names": (lambda lines: b"TimeGenerated,OperationName,\0C\0a\0t\0e\n", "NO_FORM"),
    "records twice": (lambda lines: b'{"records":[],"records":' + json.dumps(lines).encode() + b"}", "TWICE"),
    "a name twice": (lambda lines: _json_lines(lines).replace(b'{"time"', b'{"uri": "", "time"'), "TWICE"),
    "a name twice within": (
        lambda lines: _json_lines(lines).replace(b'{"accountName"', b'{"accountName": "", "accountName"'),
        "TWICE",
    ),
    "a name twice, in records": (
        lambda lines: json.dumps({"records": lines}).encode().replace(b'{"time"', b'{"uri": "", "time"'),
        "TWICE",
    ),
    "an array, cut off": (lambda lines: json.dumps(lines).encode()[:-1], "NOT_JSON"),
    "records, cut off": (lambda lines: json.dumps({"records": lines}, indent=1).encode()[:-30], "NOT_JSON"),
    "deep within arrays": (lambda lines: b"[" * 9 + json.dumps(lines).encode() + b"]" * 9, "NO_RECORD"),
    "deep beyond all measure": (lambda lines: b"[" * 200_000 + json.dumps(lines).encode(), "NOT_JSON"),
    "an event of Event Grid": (
        lambda lines: json.dumps([{"eventType": "x", "topic": "t", "data": line} for line in lines]).encode(),
        "EVENT",
    ),
    "within a member that nobody knows": (
        lambda lines: json.dumps([{"body": line} for line in lines]).encode(),
        "NO_TIME",
    ),
    "without a time": (
        lambda lines: _json_lines([{k: v for k, v in line.items() if k != "time"} for line in lines]),
        "NO_TIME",
    ),
    "without a zone": (lambda lines: _json_lines([line | {"time": line["time"][:-1]} for line in lines]), "NO_ZONE"),
    "a time of no kind": (lambda lines: _json_lines([line | {"time": 1_790_000_000} for line in lines]), "NOT_A_TIME"),
    "of another kind of log": (
        lambda lines: _json_lines([line | {"category": "Administrative"} for line in lines]),
        "OTHER_LOG",
    ),
    "without an account": (
        lambda lines: _json_lines([line | {"properties": {}, "resourceId": ""} for line in lines]),
        "NO_ACCOUNT",
    ),
    "without how it ended": (
        lambda lines: _json_lines([{k: v for k, v in line.items() if k != "statusCode"} for line in lines]),
        "NO_STATUS",
    ),
    "a table without who came": (
        lambda lines: _table(lines).replace(b"AuthenticationType", b"Something"),
        "NO_IDENTITY",
    ),
    "a table with a cell too many": (
        lambda lines: _table(lines).replace(b"\r\n", b",x\r\n").replace(b",x", b"", 1),
        "CELLS",
    ),
    "a table with a quote that is open": (
        lambda lines: _table(lines).replace(b",StorageRead", b',"StorageRead'),
        "QUOTES",
    ),
    "a table with a heading twice": (lambda lines: _table(lines).replace(b"AccountName", b"Category"), "TWICE"),
    "a table in local time": (
        lambda lines: _table([line | {"time": line["time"][:-1]} for line in lines], zone=" [Local Time]"),
        "NO_ZONE",
    ),
    "a table without headings": (lambda lines: _table(lines).partition(b"\n")[2], "NO_FORM"),
    "a log of classic Storage Analytics": (
        lambda lines: b"1.0;2026-10-14T09:30:00Z;GetBlob;Success;200;7;7;authenticated;account;account;blob\n",
        "CLASSIC",
    ),
    "text": (lambda lines: b"a\tb\n" + str(lines).encode(), "NO_FORM"),
    "nothing but zeros": (lambda lines: bytes(5000), "NO_FORM"),
    "a page of the web": (lambda lines: b"<!doctype html><pre>" + _json_lines(lines), "NOT_JSON"),
    "text that is not UTF-8": (
        lambda lines: _json_lines(lines).replace(b'"GetBlob"', b'"Get\xffBlob"'),
        "TEXT",
    ),
    "UTF-16, cut within a letter": (lambda lines: _json_lines(lines).decode().encode("utf-16")[:-1], "ENCODING"),
}
"""Each is named by its reason, as something that was not read, or not wholly."""

NAMES = (
    "PT1H.json",
    "PT1H.JSON",
    "PT1H.json.gz",
    "PT1H.gz",
    "storage.log",
    "lines.ndjson",
    "lines.jsonl",
    "query_data.csv",
    "export.tsv",
    "export.zip",
    "export.xlsx",
    "copy",
    ".hidden",
    ".DS_Store",
    "~$lock.json",
    "a name with spaces (1).txt",
    "deep/er/and.deeper/PT1H",
    "PT1H.json.bak",
)
