"""Columns of text under headings, as a reader of files found them; and what of them is no row or no value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from client.codes import invalid
from client.pack.codes import ESCAPED, HEADINGS_AGAIN, NO_ROW, NULL_NAME, NULL_WORD, OTHER_ORDER, SPOILT_TEXT, PackCode
from client.pack.headings import are_other_headings, heading, is_no_row, words_for_nothing
from client.pack.remarks import Remark

_SPOILT = (
    r"[ÂÃ][\x{80}-\x{BF}ŒœŠšŸŽžƒˆ˜–—‘’‚“”„†‡•…‰‹›€™]|â€|ï»¿|ï¿½|\x{FFFD}|√[©®°´¨£ß∂∑∏π∫Ω±≤≥]|├[^\w\s]|&#x?[0-9A-Fa-f]{2,6};"
    r"|&(?:amp|quot|apos|lt|gt|nbsp|[A-Za-z](?:acute|grave|circ|uml|tilde|cedil|slash|ring));"
)
_ROWS_AT_END = 5


@dataclass(frozen=True, eq=False)
class Rows:
    """What a reader found, before it is tidied."""

    names: tuple[str, ...]
    columns: list[pa.Array]
    line: np.ndarray
    out: np.ndarray
    """Numbers of the lines that are rows, or may be, and are not in `columns`."""
    remarks: tuple[Remark, ...]
    facts: Mapping[str, str | int]
    """How it was read, for people: encoding, separator, sheet, where the headings stand."""
    dates: Mapping[str, np.ndarray] = field(default_factory=dict)
    """For columns of a sheet that have true dates: which of its cells are."""
    hidden: np.ndarray | None = None
    """Which rows of a sheet are hidden."""


@dataclass(eq=False)
class Tidied:
    """`Rows` being tidied: each step takes out what is no row or no value, and says so."""

    table: pa.Table
    line: np.ndarray
    dates: dict[str, np.ndarray]
    hidden: np.ndarray
    out: np.ndarray
    remarks: list[Remark]

    def keep(self, rows: np.ndarray) -> None:
        """Keep these rows of the table, and of everything beside it."""
        if rows.all():
            return
        self.table = self.table.filter(pa.array(rows))
        self.line, self.hidden = self.line[rows], self.hidden[rows]
        self.dates = {name: mask[rows] for name, mask in self.dates.items()}

    def leave_out(self, code: PackCode, rows: np.ndarray) -> None:
        """Say of the lines of these rows that they are out; `keep` takes them out."""
        if rows.any():
            self.remarks.append(Remark(code, self.line[rows]))
            self.out = np.sort(np.r_[self.out, self.line[rows]])


def tidied(path: Path, rows: Rows) -> Tidied:
    """`rows` without blank rows, headings that come again, totals, and a database's words for nothing; all of it said.

    Raises `InvalidInput` INP-059 when other headings stand between the rows.
    """
    columns = dict(zip(rows.names, rows.columns, strict=True))
    hidden = np.zeros(len(rows.line), dtype=bool) if rows.hidden is None else rows.hidden
    columns, escaped = _without_backslashes(columns)
    table = pa.table({name: tidy(column) for name, column in columns.items()})
    state = Tidied(table, rows.line, dict(rows.dates), hidden, rows.out, list(rows.remarks))
    if escaped.any():
        state.remarks.append(Remark(ESCAPED, rows.line[escaped]))
    for name, column in columns.items():
        spoilt = np.asarray(pc.fill_null(pc.match_substring_regex(column, _SPOILT), False)).astype(bool)
        if spoilt.any():
            state.remarks.append(Remark(SPOILT_TEXT, rows.line[spoilt], name))
    state.keep(_filled(state.table))
    _read_by_own_headings(path, state)
    _leave_out_totals(state)
    _empty_words(state)
    state.keep(_filled(state.table))
    unnamed = [name for place, name in enumerate(rows.names, 1) if name == f"column_{place}"]
    empty = [name for name in unnamed if state.table.column(name).null_count == state.table.num_rows]
    state.table = state.table.drop_columns(empty)
    return state


def _without_backslashes(columns: dict[str, pa.Array]) -> tuple[dict[str, pa.Array], np.ndarray]:
    """The columns without the backslash before an apostrophe or quotation mark, and the rows that had one."""
    plain = {name: pc.replace_substring_regex(column, r"\\(['\"])", r"\1") for name, column in columns.items()}
    escaped = np.zeros(len(next(iter(columns.values()), ())), dtype=bool)
    for name, column in columns.items():
        escaped |= np.asarray(pc.fill_null(pc.not_equal(plain[name], column), False))
    return plain, escaped


def tidy(column: pa.Array) -> pa.Array:
    """Without space at the ends, with single spaces (of any kind) within; null when nothing is left."""
    spaced = pc.replace_substring_regex(column, r"[\s\x0b\x{85}\x{A0}\x{2007}\x{2028}\x{2029}\x{202F}]+", " ")
    trimmed = pc.utf8_trim(spaced, " ")
    return pc.if_else(pc.equal(trimmed, ""), pa.scalar(None, pa.string()), trimmed)


def _filled(table: pa.Table) -> np.ndarray:
    """Rows with at least one filled cell. The others are no rows, but they keep the count of lines."""
    filled = np.zeros(table.num_rows, dtype=bool)
    for column in table.columns:
        filled |= np.asarray(pc.is_valid(column))
    return filled


def _row(table: pa.Table, at: int) -> list[str]:
    return [column[at].as_py() or "" for column in table.columns]


def _read_by_own_headings(path: Path, state: Tidied) -> None:
    """Where headings stand again, read what is below them by them, and take them out."""
    names = state.table.column_names
    again = np.zeros(state.table.num_rows, dtype=bool)
    turns: list[tuple[int, list[str]]] = [(0, names)]
    plain = ["" if name == f"column_{place}" else name for place, name in enumerate(names, 1)]
    for at in _like_headings(state.table, set(names)):
        cells = [heading(cell) for cell in _row(state.table, at)]
        if cells == plain:
            again[at] = True
            turns.append((at + 1, names))
        elif sorted(cells) == sorted(names):
            again[at] = True
            turns.append((at + 1, cells))
        elif are_other_headings(cells, names):
            raise invalid("INP-059", path=path, line=int(state.line[at]))
    other = np.zeros(len(again), dtype=bool)
    other[[at - 1 for at, order in turns if order != names]] = True
    state.leave_out(HEADINGS_AGAIN, again & ~other)
    state.leave_out(OTHER_ORDER, again & other)
    if other.any():
        _turn(state, turns)
    state.keep(~again)


def _like_headings(table: pa.Table, names: set[str]) -> list[int]:
    """Rows whose first cell, or second, is the name of a column."""
    found: set[int] = set()
    for column in table.columns[:2]:
        words = pc.replace_substring_regex(pc.utf8_lower(column), r"[^\pL\pN]+", "_")
        alike = pc.is_in(pc.utf8_trim(words, "_"), pa.array(sorted(names), pa.string()))
        found |= set(np.flatnonzero(np.asarray(alike)).tolist())
    return sorted(found)


def _turn(state: Tidied, turns: list[tuple[int, list[str]]]) -> None:
    """Put the columns below each row of headings under their own names."""
    names, rows = state.table.column_names, state.table.num_rows
    ends = [at for at, _ in turns[1:]] + [rows]
    tables, dates = [], {name: np.zeros(rows, dtype=bool) for name in state.dates}
    for (begin, order), end in zip(turns, ends, strict=True):
        tables.append(state.table.slice(begin, end - begin).rename_columns(order).select(names))
        for place, name in enumerate(order):
            if names[place] in state.dates and state.dates[names[place]][begin:end].any():
                dates.setdefault(name, np.zeros(rows, dtype=bool))[begin:end] = state.dates[names[place]][begin:end]
    state.table, state.dates = pa.concat_tables(tables), dates


def _leave_out_totals(state: Tidied) -> None:
    """Totals and counts stand below the rows, ruled lines under the headings."""
    rows = state.table.num_rows
    near = [*range(min(1, rows)), *range(max(1, rows - _ROWS_AT_END), rows)]
    totals = np.zeros(rows, dtype=bool)
    totals[[at for at in near if is_no_row(_row(state.table, at))]] = True
    state.leave_out(NO_ROW, totals)
    state.keep(~totals)


def _empty_words(state: Tidied) -> None:
    """Empty the cells that hold a database's word for nothing; each word is said once, with its count."""
    counts: dict[str, Counter[str]] = {}
    always, elsewhere_a_name = words_for_nothing()
    words = pa.array(always + elsewhere_a_name, pa.string())
    for name, column in zip(state.table.column_names, state.table.columns, strict=True):
        for line in pc.value_counts(pc.filter(column, pc.is_in(column, words))):
            counts.setdefault(line["values"].as_py(), Counter())[name] = line["counts"].as_py()
    for word, by_column in counts.items():
        if word in elsewhere_a_name and all("name" in name for name in by_column):
            state.remarks.append(Remark(NULL_NAME.filled(word=word, count=by_column.total())))
            continue
        for name in by_column:
            place, column = state.table.column_names.index(name), state.table.column(name)
            emptied = pc.if_else(pc.equal(column, word), pa.scalar(None, pa.string()), column)
            state.table = state.table.set_column(place, name, emptied)
        told = NULL_WORD.filled(word=word, count=by_column.total(), columns=len(by_column))
        state.remarks.append(Remark(told))
