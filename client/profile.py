"""Reads the profile `exchange.toml` as office programs write it: with a mark in front, in UTF-16, with curly quotes.

What can mean one thing alone is understood; of the rest the line is named and what to write instead. Values are never
shown, for two of them are passes.
"""

from __future__ import annotations

import codecs
import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

from client.codes import invalid
from client.disk import check_file
from shared.kernel.errors import InvalidInput

_CURLY = "“”„‟‘’‚‛«»"
_LINE = re.compile(r"at line (\d+)")
_VARIABLE = re.compile(r"\$\{(\w+)\}|\$(\w+)" + (r"|%(\w+)%" if os.name == "nt" else ""))


def read_profile(path: Path, known: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Keys and values. `known` are the keys, each with the values it may have, or none for any text.

    Raises `InvalidInput` INP-001 (not there), INP-009 (a wrong key), INP-110 (a line that cannot be read).
    """
    check_file(path)
    text = _decoded(path)
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _explained(path, text, error) from None
    for key, value in document.items():
        if key not in known:
            raise invalid("INP-009", path=path, key=f"it has no key {_plain(key)}")
        if not isinstance(value, str):
            raise invalid("INP-009", path=path, key=f"{key} must be text")
        if known[key] and value not in known[key]:
            raise invalid("INP-009", path=path, key=f"{key} must be one of {', '.join(known[key])}")
        if any(ord(letter) < 32 for letter in value):
            raise _backslash(path, _line_of(text, key))
    return document


def expanded(setting: str, text: str, environment: Mapping[str, str]) -> str:
    """A path with `~` and variables filled in. Raises `InvalidInput` INP-111 for a variable that is not set."""

    def value(found: re.Match[str]) -> str:
        name = next(part for part in found.groups() if part)
        if name not in environment:
            raise invalid("INP-111", setting=setting, variable=name)
        return environment[name]

    return str(Path(_VARIABLE.sub(value, text)).expanduser())


def _decoded(path: Path) -> str:
    data = path.read_bytes()
    encoding = "utf-8-sig"
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        encoding = "utf-16"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise _wrong(path, line, "it is not written in UTF-8", "Save the file as UTF-8.") from None
    if "\x00" in text:
        raise _wrong(path, 1, "it is not written in UTF-8", "Save the file as UTF-8.")
    return text.replace("\r\n", "\n")


def _explained(path: Path, text: str, error: tomllib.TOMLDecodeError) -> InvalidInput:
    found = _LINE.search(str(error))
    number = int(found[1]) if found else len(text.splitlines())
    lines = text.splitlines()
    # The parser may notice a quote that never closed only at the end.
    for place, line in enumerate(lines, 1):
        value = line.partition("=")[2].strip()
        if value[:1] and value[0] in _CURLY:
            return _wrong(path, place, "it has curly quotes", 'Write straight ones: key = "value".')
    line = lines[number - 1] if 0 < number <= len(lines) else ""
    value = line.partition("=")[2].strip()
    if value.startswith('"') and "\\" in value:
        return _backslash(path, number)
    if "=" in line and value and value[0] not in "\"'":
        return _wrong(path, number, "its value has no quotes", 'Write it in quotes: key = "value".')
    if line.strip() and "=" not in line:
        return _wrong(path, number, "it has no =", 'Write it as key = "value", on one line.')
    return invalid("INP-009", path=path, key=f"it is not TOML (line {number})")


def _backslash(path: Path, line: int) -> InvalidInput:
    remedy = r"Write the path in single quotes: keys = 'C:\Users\…', or with / for each \."
    return _wrong(path, line, "a backslash between double quotes means something else", remedy)


def _line_of(text: str, key: str) -> int:
    lines = text.splitlines()
    return next((n for n, line in enumerate(lines, 1) if line.partition("=")[0].strip().strip("\"'") == key), 1)


def _wrong(path: Path, line: int, reason: str, remedy: str) -> InvalidInput:
    return invalid("INP-110", path=path, line=line, reason=reason, remedy=remedy)


def _plain(key: str) -> str:
    """A key as it may be shown: one that is no word may be a part of a pass."""
    return key if re.fullmatch(r"[A-Za-z_-]{1,40}", key) else "of that kind"
