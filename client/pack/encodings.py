"""Turns the bytes of a text file into UTF-8, line by line, and says what was assumed; nothing is repaired.

A line that is UTF-8 is UTF-8: other encodings hardly ever look like it. A line that is not is read as Windows-1252, and
said. DOS (cp850) and older Macs wrote accents in other places, and no line can tell which: who knows states it.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from client.codes import invalid
from client.pack.codes import ASSUMED_ENCODING
from client.pack.lines import Lines
from client.pack.remarks import Remark

CODECS = {
    "utf-8": "utf-8",
    "utf-16": "utf-16",
    "utf-16-le": "utf-16-le",
    "utf-16-be": "utf-16-be",
    "windows-1252": "cp1252",
    "cp1252": "cp1252",
    "cp850": "cp850",
    "cp437": "cp437",
    "mac-roman": "mac_roman",
    "iso-8859-1": "iso-8859-1",
    "iso-8859-15": "iso-8859-15",
}
"""What may be stated, and what Python calls it."""

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_NEVER_BESIDE_LETTERS = "‚ƒ„†‡ˆ‰‹›˜¡¢¤¥¦§¨©«»¬®¯±¶¸¿×÷"
_UNLIKELY = re.compile(f"[^\\W\\d_][{_NEVER_BESIDE_LETTERS}]|[{_NEVER_BESIDE_LETTERS}][^\\W\\d_]")
"""What Windows-1252 makes of the accents of DOS and Mac: `JOS‚`."""


@dataclass(frozen=True)
class Decoded:
    """The text of a file."""

    data: bytes
    """In UTF-8, without a byte order mark."""
    encoding: str
    """As it is told to people."""
    remarks: tuple[Remark, ...] = ()


def decode(data: bytes, path: Path, stated: str | None = None) -> Decoded:
    """The text of `data`; `stated` is one of `CODECS`.

    Raises `InvalidInput` INP-057 (lines that are no such text), 058 (no such encoding).
    """
    if stated is not None:
        name = stated.lower().replace("_", "-")
        if name not in CODECS:
            raise invalid("INP-058", name=stated, known=", ".join(CODECS))
        return Decoded(_strictly(data, CODECS[name], path, name), name)
    for mark, codec in _MARKS:
        if data.startswith(mark):
            rest = data[len(mark) :]
            if codec == "utf-8":
                return _line_by_line(rest, path)
            return Decoded(_strictly(rest, codec, path, codec), codec)
    if wide := _wide(data):
        return Decoded(_strictly(data, wide, path, wide), wide)
    return _line_by_line(data, path)


def _strictly(data: bytes, codec: str, path: Path, name: str) -> bytes:
    try:
        text = data.decode(codec)
    except UnicodeDecodeError as error:
        line = len(re.findall(r"\r\n|\r|\n", data[: error.start].decode(codec, "ignore"))) + 1
        raise _no_text(path, name, 1, line) from None
    # A lone half of a pair is no character; UTF-8 cannot write it.
    return text.removeprefix("\ufeff").encode("utf-8", "replace")


def _wide(data: bytes) -> str | None:
    """UTF-16 without its mark: every other byte of mostly Latin text is zero."""
    head = data[:8192]
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if max(even, odd) * 5 < len(head) * 2 or min(even, odd) * 10 > len(head):
        return None
    return "utf-16-le" if odd > even else "utf-16-be"


def _line_by_line(data: bytes, path: Path) -> Decoded:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        return Decoded(data, "utf-8")
    lines = Lines.of(data)
    accented = np.unique(lines.holding(np.flatnonzero(np.frombuffer(data, np.uint8) >= 0x80)))
    pieces: list[bytes] = []
    assumed: list[int] = []
    unclear: list[int] = []
    at = 0
    for line in accented.tolist():
        start, end = int(lines.start[line]), int(lines.end[line])
        try:
            data[start:end].decode("utf-8")
        except UnicodeDecodeError:
            text = data[start:end].decode("cp1252", "replace")
            (unclear if "\ufffd" in text or _UNLIKELY.search(text) else assumed).append(line + 1)
            pieces += [data[at:start], text.encode()]
            at = end
    if unclear:
        raise _no_text(path, "UTF-8 or Windows-1252", len(unclear), unclear[0])
    remark = ASSUMED_ENCODING.filled(count=len(assumed), line=assumed[0], encoding="Windows-1252")
    mixed = len(assumed) < len(accented)
    noted = Remark(remark, np.array(assumed, np.int64) if mixed else None)
    encoding = "utf-8, some lines windows-1252" if mixed else "windows-1252"
    return Decoded(b"".join([*pieces, data[at:]]), encoding, (noted,))


def _no_text(path: Path, encoding: str, count: int, line: int) -> Exception:
    return invalid("INP-057", path=path, count=count, line=line, encoding=encoding, known=", ".join(CODECS))
