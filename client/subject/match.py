"""Which rows of a table are about somebody, and how that is known.

Columns are known by what they are called: `upn`, `child_upn`, `household_ref`; a person by `…forename`, `…surname` and
`…dob` with the same beginning. So a table of any agreement can be looked through. What only comes near is told apart:
it may be a brother, a cousin or a stranger, and somebody has to look before it is given out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from client.person import Person, compact, day_of, plain

Mask = npt.NDArray[np.bool_]
CHILD = ("", "child_", "pupil_")
"""How columns about a child begin. Others of a person are about a grown-up of the claim."""
NEAR = "comes near"
_NUMBERS = {"upn": "UPN", "uln": "ULN", "nino": "National Insurance number"}
_OTHER_SURNAMES = ("preferred_surname", "former_surname")


@dataclass
class Known:
    """What the rows found so far say of somebody: by these, further rows are theirs. Never shown."""

    upns: set[str] = field(default_factory=set)
    children: set[tuple[str, str]] = field(default_factory=set)
    """Claim, and number of the child in it."""
    claims: set[str] = field(default_factory=set)
    """As a whole, where the claim or a grown-up of it is asked about."""
    pairs: set[str] = field(default_factory=set)
    """References of matches."""


@dataclass(frozen=True)
class Hit:
    """One row that is theirs."""

    row: int
    """From 0."""
    by: tuple[str, ...]
    """How that is known, in words; `NEAR` alone where it is not certain."""

    @property
    def is_certain(self) -> bool:
        """Whether it is known, or only comes near."""
        return self.by != (NEAR,)


def find(table: pa.Table, person: Person, known: Known) -> tuple[Hit, ...]:
    """The rows of a table that are about somebody, in order; what they add goes into `known`."""
    marks: dict[str, Mask] = {}

    def mark(word: str, mask: Mask) -> None:
        marks[word] = marks[word] | mask if word in marks else mask

    names = set(table.column_names)
    for number, word in _NUMBERS.items():
        wanted = {own for own in (getattr(person, number),) if own} | (known.upns if number == "upn" else set())
        for column in sorted(name for name in names if name == number or name.endswith(f"_{number}")):
            mark(word, _among(table, column, wanted))
    near = np.zeros(table.num_rows, np.bool_)
    for prefix in _people(names):
        exact, nearly = _named(table, prefix, person)
        mark("name with birthday" if prefix in CHILD else "name with birthday, of a grown-up", exact)
        near |= nearly
    if "household_ref" in names:
        claims = known.claims | ({compact(person.claim)} if person.claim else set())
        mark("claim", _among(table, "household_ref", claims))
        mark("child of the claim", _children(table, known.children))
    if "match_ref" in names:
        mark("reference of a match", _among(table, "match_ref", known.pairs))
    hits = _hits(table.num_rows, marks, near)
    _learn(table, hits, known)
    return hits


def _hits(rows: int, marks: Mapping[str, Mask], near: Mask) -> tuple[Hit, ...]:
    certain = np.zeros(rows, np.bool_)
    for mask in marks.values():
        certain |= mask
    return tuple(
        Hit(int(row), tuple(word for word, mask in marks.items() if mask[row]) or (NEAR,))
        for row in np.flatnonzero(certain | near)
    )


def _learn(table: pa.Table, hits: Iterable[Hit], known: Known) -> None:
    """Of a table of results a row adds the reference of its match and nothing else: that the pupil and the child in it
    are one is what the exchange thinks, and may be wrong."""
    certain = [hit for hit in hits if hit.is_certain]
    names = set(table.column_names)
    for hit in certain:
        row = {name: _text(table, name, hit.row) for name in ("match_ref", "household_ref", "child_seq", "upn")}
        if "match_ref" in names:
            known.pairs.add(row["match_ref"])
            continue
        grown_up = any("grown-up" in way or way == _NUMBERS["nino"] for way in hit.by)
        if "household_ref" in names and grown_up:
            known.claims.add(row["household_ref"])
        elif "household_ref" in names:
            known.children.add((row["household_ref"], row["child_seq"]))
        known.upns |= {_text(table, name, hit.row) for name in ("upn", "child_upn") if name in names and not grown_up}
    for found in (known.upns, known.claims, known.pairs):
        found.discard("")


def _text(table: pa.Table, name: str, row: int) -> str:
    if name not in table.column_names:
        return ""
    cell = table.column(name)[row].as_py()
    return "" if cell is None else compact(str(cell))


def _people(names: set[str]) -> list[str]:
    """The beginnings of columns that name a person."""
    ends = [name.removesuffix("surname") for name in names if name.endswith("surname")]
    return sorted(prefix for prefix in ends if f"{prefix}forename" in names)


def _among(table: pa.Table, column: str, wanted: set[str]) -> Mask:
    if not wanted:
        return np.zeros(table.num_rows, np.bool_)
    return _mask(table.column(column), lambda cell: compact(str(cell)) in wanted)


def _children(table: pa.Table, children: set[tuple[str, str]]) -> Mask:
    if not children or "child_seq" not in table.column_names:
        return np.zeros(table.num_rows, np.bool_)
    mask = np.zeros(table.num_rows, np.bool_)
    for claim, number in children:
        mask |= _among(table, "household_ref", {claim}) & _among(table, "child_seq", {number})
    return mask


def _named(table: pa.Table, prefix: str, person: Person) -> tuple[Mask, Mask]:
    """Rows whose person has the name and the birthday; and rows that come near: one of the two names with the birthday,
    or both with a birthday of which one part is another, or none."""
    nobody = np.zeros(table.num_rows, np.bool_)
    born = person.born
    if born is None:
        return nobody, nobody
    surname, forename = nobody, _mask(table.column(f"{prefix}forename"), partial(_is_one, person.forenames))
    for column in (f"{prefix}{end}" for end in ("surname", *_OTHER_SURNAMES)):
        if column in table.column_names:
            surname = surname | _mask(table.column(column), partial(_is_one, person.surnames))
    both = forename & surname
    if f"{prefix}dob" not in table.column_names:
        return nobody, both
    days = table.column(f"{prefix}dob")
    exact = _mask(days, lambda cell: day_of(cell) == born)
    parts = (born.year, born.month, born.day)

    def differs_once(cell: object) -> bool:
        day = day_of(cell)
        if day is None:
            return True
        return sum(a == b for a, b in zip(parts, (day.year, day.month, day.day), strict=True)) == 2

    nearly = _mask(days, differs_once) | np.asarray(pc.is_null(days))
    return both & exact, ((forename | surname) & exact & ~both) | (both & nearly & ~exact)


def _is_one(names: tuple[str, ...], cell: object) -> bool:
    return plain(str(cell)) in names


def _is_number(number: str, cell: object) -> bool:
    return compact(str(cell)) == number


def _mask(column: pa.ChunkedArray, holds: Callable[[object], bool]) -> Mask:
    """Which cells hold; each distinct cell is asked once, empty ones are not."""
    found = pc.dictionary_encode(column).combine_chunks() if column.num_chunks != 1 else column.chunk(0)
    if not isinstance(found, pa.DictionaryArray):
        found = found.dictionary_encode()
    values = np.array([cell is not None and holds(cell) for cell in found.dictionary.to_pylist()] or [False])
    places = np.asarray(pc.fill_null(found.indices, -1))
    return np.where(places >= 0, values[np.maximum(places, 0)], False)


def find_by_cells(table: pa.Table, person: Person) -> tuple[Hit, ...]:
    """The rows of a file in another layout, such as a supplier's, that bear a number or reference, or forename, surname
    and birthday, in whatever columns."""
    marks: dict[str, Mask] = {}
    for word, number in (
        *((word, getattr(person, key)) for key, word in _NUMBERS.items()),
        ("claim", compact(person.claim)),
    ):
        if number:
            marks[word] = _anywhere(table, partial(_is_number, number))
    if person.born is not None:
        parts = (
            lambda cell: day_of(cell) == person.born,
            partial(_is_one, person.forenames),
            partial(_is_one, person.surnames),
        )
        born, forename, surname = (_anywhere(table, part) for part in parts)
        marks["name with birthday"] = born & forename & surname
    return _hits(table.num_rows, marks, np.zeros(table.num_rows, np.bool_))


def _anywhere(table: pa.Table, holds: Callable[[object], bool]) -> Mask:
    mask = np.zeros(table.num_rows, np.bool_)
    for column in table.columns:
        mask |= _mask(column, holds)
    return mask
