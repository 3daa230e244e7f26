"""The short check beside each reference: it says which row of the results the reference belongs to.

A column that is sorted on its own carries decisions to other children. The check is made of the reference and of what
an officer sees in its row, so that a row whose parts do not belong together shows it without the results at hand. It
keeps no secret and proves nothing against forgery: it finds slips (docs/adr/0088-a-decision-belongs-to-its-row.md).
"""

from __future__ import annotations

import re
import unicodedata
from base64 import b32encode
from collections.abc import Mapping, Sequence
from hashlib import sha256

import pyarrow as pa

from client.pack.dates import DATE_ORDERS, PLAIN, read_dates

CHECK = "row_check"
"""The column of the check."""
SHOWN = (
    *("household_ref", "child_seq", "child_forename", "child_surname", "child_dob"),
    *("pupil_forename", "pupil_surname", "pupil_dob", "school_name"),
)
"""What an officer knows the pair by. Each column stands in the results, in a first look and in a sheet of decisions."""
_DATES = ("child_dob", "pupil_dob")
_NUMBERS = ("household_ref", "child_seq")
_OF_ROW, _OF_CELL = 8, 2
"""Letters of five bits: of the whole row, and of each cell, which only names what differs."""
_SHAPE = re.compile(rf"[a-z2-7]{{{_OF_ROW}}}-[a-z2-7]{{{_OF_CELL * len(SHOWN)}}}")


def row_checks(rows: pa.Table) -> pa.Array:
    """The check of each row of results, which have `match_ref` and every column of `SHOWN`."""
    cells = {name: shown_as(name, rows.column(name)) for name in SHOWN}
    refs = rows.column("match_ref").to_pylist()
    made = (_check(ref, [cells[name][at] for name in SHOWN]) for at, ref in enumerate(refs))
    return pa.array(made, pa.string())


def differing(check: str, ref: str, cells: Mapping[str, str]) -> tuple[str, ...]:
    """Which columns are others than those that the check was made of; none where the row belongs to its reference.

    `cells` has every column of `SHOWN`, as `shown_as` gives it. Where all of them are those of the check, it is the
    reference that is another.
    """
    check = check.strip().lower()
    row = [cells[name] for name in SHOWN]
    if check == _check(ref, row):
        return ()
    if not _SHAPE.fullmatch(check):
        return (CHECK,)
    marks = check.partition("-")[2]
    given = [marks[at : at + _OF_CELL] for at in range(0, len(marks), _OF_CELL)]
    others = tuple(name for name, mark, cell in zip(SHOWN, given, row, strict=True) if mark != _mark(name, cell))
    return others or ("match_ref",)


def shown_as(name: str, column: pa.Array | pa.ChunkedArray, order: str = DATE_ORDERS[0]) -> list[str]:
    """The cells of a column as they are compared, whatever a spreadsheet has made of their spelling.

    Case, blanks, control and invisible characters, the apostrophe before a formula, zeros before a number and the shape
    of a date do not count. `order` is how day and month stand where both are numbers.
    """
    if isinstance(column, pa.ChunkedArray):
        column = column.combine_chunks()
    if pa.types.is_date(column.type):
        return [day.isoformat() if day else "" for day in column.to_pylist()]
    texts = [_plain("" if cell is None else str(cell)) for cell in column.to_pylist()]
    if name in _NUMBERS:
        return [re.sub(r"^(\d+)\.0+$", r"\1", text).lstrip("0") for text in texts]
    if name in _DATES:
        days = read_dates(pa.array(texts, pa.string()), (*PLAIN, order)).to_pylist()
        return [day.isoformat() if day else text for day, text in zip(days, texts, strict=True)]
    return texts


def _plain(text: str) -> str:
    """Without what is not seen, in one case and with single blanks."""
    spaced = " ".join(unicodedata.normalize("NFKC", text).split())
    seen = "".join(letter for letter in spaced if unicodedata.category(letter) not in ("Cc", "Cf"))
    return " ".join(seen.lstrip("'").casefold().split())


def plain_ref(ref: str | None) -> str:
    """A reference as it is compared."""
    return _plain(ref or "")


def _check(ref: str, row: Sequence[str]) -> str:
    whole = _letters("\0".join(("exchange row 1", plain_ref(ref), *row)), _OF_ROW)
    return f"{whole}-{''.join(_mark(name, cell) for name, cell in zip(SHOWN, row, strict=True))}"


def _mark(name: str, cell: str) -> str:
    return _letters("\0".join(("exchange cell 1", name, cell)), _OF_CELL)


def _letters(text: str, count: int) -> str:
    return b32encode(sha256(text.encode()).digest()[:10]).decode().lower()[:count]
