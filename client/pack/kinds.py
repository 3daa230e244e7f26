"""What a file really is, by what is in it; its name only says what somebody thought."""

from __future__ import annotations

import lzma
import re
import struct
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from client.codes import invalid
from client.disk import check_file
from shared.kernel.errors import InvalidInput

_HEAD = 8192
_MOST_COMPOUND_BYTES = 200_000_000
BROKEN_ARCHIVE = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error,
    OSError, ValueError, RuntimeError, EOFError,
)  # fmt: skip
"""What reading an archive may raise, whichever part of it is damaged; `RuntimeError` where a part has a password."""


@dataclass(frozen=True)
class Kind:
    """One kind of file that can be read."""

    title: str
    endings: tuple[str, ...]
    """Those that its name may have without anything being said."""


TEXT = Kind("text with separators", (".csv", ".txt", ".tsv", ".dat", ".psv", ""))
ZIPPED = Kind("a zip archive with one file of text in it", (".zip",))
XLSX = Kind("an Excel workbook (.xlsx)", (".xlsx", ".xlsm"))
XLS = Kind("an old Excel workbook (.xls)", (".xls",))
ODS = Kind("an OpenDocument spreadsheet (.ods)", (".ods",))

_AS_SHEET = "Open it in a spreadsheet and save it as an Excel workbook (.xlsx), then pack that."
_AS_DATA = "Export the rows from the system that holds them, as CSV or .xlsx."
_UNLOCK = "Open it, take the password off, and save it again; or save the sheet as CSV (UTF-8)."
_OFFICE = "a document of a word processor or of slides"

_BEGINNINGS: tuple[tuple[bytes, str, str], ...] = (
    (b"%PDF", "a PDF", _AS_DATA),
    (b"\x89PNG", "a picture", _AS_DATA),
    (b"\xff\xd8\xff", "a picture", _AS_DATA),
    (b"GIF8", "a picture", _AS_DATA),
    (b"II*\0", "a picture", _AS_DATA),
    (b"MM\0*", "a picture", _AS_DATA),
    (b"\x1f\x8b", "a gzip archive", "Unpack it, and give the file that is in it."),
    (b"7z\xbc\xaf", "a 7-Zip archive", "Unpack it, and give the file that is in it."),
    (b"Rar!", "a RAR archive", "Unpack it, and give the file that is in it."),
    (b"BZh", "a bzip2 archive", "Unpack it, and give the file that is in it."),
    (b"\xfd7zXZ", "an xz archive", "Unpack it, and give the file that is in it."),
    (b"\x28\xb5\x2f\xfd", "a zstd archive", "Unpack it, and give the file that is in it."),
    (b"{\\rtf", "a document of a word processor", _AS_DATA),
    (b"SQLite format 3", "an SQLite database", _AS_DATA),
    (b"\0\1\0\0Standard ", "an Access database", _AS_DATA),
    (b"PAR1", "a Parquet file", "A contract file needs no packing: `exchange check` looks at it."),
    (b"PARE", "a sealed Parquet file", "A sealed file needs no packing: `exchange drop` sends it."),
    (b"ID;P", "a SYLK spreadsheet", _AS_SHEET),
    (b"MIME-Version:", "a web archive", _AS_SHEET),
)
_COMPOUND = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_MARKS = (b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf")
_NO_TEXT = re.compile(rb"[\x01-\x08\x0e-\x19\x1b-\x1f]")
_JSON = re.compile(rb'\s*(?:\{\s*["}]|\[\s*[\[{"\d\]])')


def kind_of(path: Path, *, is_text: bool = False) -> Kind:
    """The kind of the file at `path`; `is_text` when somebody says so, for characters that look like none.

    Raises `InvalidInput` INP-001 (not there), 050 (of a kind that is not read, which is named), 060 (empty), 061 (an
    archive of several files).
    """
    check_file(path)
    with path.open("rb") as file:
        head = file.read(_HEAD)
    if not head.lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n\x1a") and path.stat().st_size <= _HEAD:
        raise invalid("INP-060", path=path)
    if zipfile.is_zipfile(path):
        return _kind_of_archive(path)
    if head.startswith(b"PK\3\4"):
        raise _refused(path, "a zip archive or workbook that is cut short or damaged", "Copy or export it again.")
    if head.startswith(_COMPOUND):
        return _kind_of_compound(path)
    _refuse_what_is_no_text(path, head, is_text=is_text)
    return TEXT


def open_archive(path: Path) -> zipfile.ZipFile:
    """The archive at `path`; INP-050 when it cannot be read."""
    try:
        return zipfile.ZipFile(path)
    except BROKEN_ARCHIVE:
        raise _refused(path, "a damaged zip archive", "Copy or export it again.") from None


def members(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    """The files of an archive, without folders and what a Mac adds."""
    return [part for part in archive.infolist() if not part.is_dir() and not part.filename.startswith("__MACOSX/")]


def _kind_of_archive(path: Path) -> Kind:
    with open_archive(path) as archive:
        parts = {part.filename.lower(): part for part in members(archive)}
        locked = any(part.flag_bits & 1 for part in parts.values())
        if locked:
            raise _refused(path, "an archive with a password", "Unpack it, and give the file that is in it.")
        if "xl/workbook.xml" in parts:
            return XLSX
        if "xl/workbook.bin" in parts:
            raise _refused(path, "a binary Excel workbook (.xlsb)", _AS_SHEET)
        if "mimetype" in parts:
            return _kind_of_document(path, archive, parts)
        if any(name.startswith(("word/", "ppt/")) for name in parts):
            raise _refused(path, _OFFICE, _AS_DATA)
        if any(name.endswith(".iwa") for name in parts):
            raise _refused(path, "a Numbers spreadsheet", "Export it from Numbers as Excel (.xlsx) or CSV.")
        if len(parts) != 1:
            raise invalid("INP-061", path=path, count=len(parts))
        [only] = parts.values()
        try:
            with archive.open(only) as file:
                head = file.read(_HEAD)
        except BROKEN_ARCHIVE:
            raise _refused(path, "a damaged zip archive", "Copy or export it again.") from None
    try:
        _refuse_what_is_no_text(path, head)
        if head.startswith((b"PK\3\4", _COMPOUND)):
            raise _refused(path, "a workbook in a zip archive", "Unpack it, and give the workbook.")
    except InvalidInput as inner:
        if inner.code != "INP-050":
            raise
        raise _refused(path, "a zip archive whose one file is no text", "Unpack it, and give that file.") from None
    return ZIPPED


def _kind_of_document(path: Path, archive: zipfile.ZipFile, parts: dict[str, zipfile.ZipInfo]) -> Kind:
    """Of an OpenDocument file: a spreadsheet, or what it is instead."""
    manifest = b""
    try:
        with archive.open(parts["mimetype"]) as file:
            kind = file.read(200)
        if "meta-inf/manifest.xml" in parts:
            with archive.open(parts["meta-inf/manifest.xml"]) as file:
                manifest = file.read(1_000_000)
    except BROKEN_ARCHIVE:
        raise _refused(path, "a damaged zip archive", "Copy or export it again.") from None
    if b"encryption-data" in manifest:
        raise _refused(path, "a spreadsheet with a password", _UNLOCK)
    if not kind.startswith(b"application/vnd.oasis.opendocument.spreadsheet"):
        raise _refused(path, _OFFICE, _AS_DATA)
    return ODS


def _kind_of_compound(path: Path) -> Kind:
    """Of the container that Office used until 2003, and still uses for what has a password."""
    with path.open("rb") as file:
        data = file.read(_MOST_COMPOUND_BYTES)
    if _named(data, "EncryptedPackage"):
        raise _refused(path, "a workbook with a password", _UNLOCK)
    if _named(data, "Workbook") or _named(data, "Book"):
        return XLS
    raise _refused(path, "an old Office document, and no workbook", _AS_DATA)


def _named(data: bytes, name: str) -> bool:
    return name.encode("utf-16-le") + b"\0\0" in data


def _refuse_what_is_no_text(path: Path, head: bytes, *, is_text: bool = False) -> None:
    for beginning, kind, advice in _BEGINNINGS:
        if head.startswith(beginning):
            raise _refused(path, kind, advice)
    if head.startswith(_MARKS[:2]):
        return
    lower = head.removeprefix(_MARKS[2]).lstrip().lower()
    if lower.startswith(b"<?xml") or lower.startswith(b"<workbook"):
        is_sheet = b"schemas-microsoft-com:office:spreadsheet" in lower
        kind = "an XML spreadsheet of Excel 2003" if is_sheet else "an XML document"
        raise _refused(path, kind, _AS_SHEET if is_sheet else _AS_DATA)
    if lower.startswith((b"<html", b"<!doctype html", b"<table", b"<head", b"<body", b"<meta", b"<style")):
        raise _refused(path, "a web page (HTML)", _AS_SHEET)
    if _JSON.match(lower):
        raise _refused(path, "JSON", _AS_DATA)
    if len(_NO_TEXT.findall(head)) * 20 > len(head) and not (is_text or _is_wide(head)):
        raise _refused(path, "neither text nor a workbook that this command knows", _AS_DATA)


def _is_wide(head: bytes) -> bool:
    """Text of two bytes a character, most of whose other bytes are zero."""
    return max(head[0::2].count(0), head[1::2].count(0)) * 5 > len(head) * 2


def _refused(path: Path, kind: str, advice: str) -> InvalidInput:
    return invalid("INP-050", path=path, kind=kind, advice=advice)
