"""Reads names into which somebody has written a note: a death, executors, "do not contact", another name.

Which words are notes is a list of the agreement (YAML, `notes_of`). How a note stands beside a name is known here: in
brackets, quotation marks or asterisks, behind a dash, before a date, or as words that are nobody's name. A name that
merely is such a word is left alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, TypeAlias, get_args

import pyarrow as pa
import pyarrow.compute as pc

from shared.kernel.contract.identifiers import Mask, as_mask

Effect = Literal["stop", "person", "guardian", "name", "nothing"]
Names: TypeAlias = pa.Array | pa.ChunkedArray

_DATE = (
    r"(?:\d{1,2}[./ -]\d{1,2}[./ -]\d{2,4}|\d{4}[./-]\d{1,2}[./-]\d{1,2}|\d{0,2}[ -]?[a-z]{3,9}[ -]?\d{2,4}"
    r"|\d{1,2}[./-]\d{2,4}|(?:19|20)\d{2})"
)
_WHEN = rf"\s*(?:on|in|since|from|until|[:-])?\s*{_DATE}"
_ENCLOSED = re.compile(
    r"\(([^()]*)(\)|$)|\[([^\[\]]*)(\]|$)|\{([^{}]*)(\}|$)|<([^<>]*)(>|$)|\"([^\"]*)(\"|$)|\*+([^*]*)(\*+|$)"
)
_PARTED = re.compile(r"\s+[-\u2010-\u2015]+\s*|[-\u2010-\u2015]+\s+|\s*[;:|,]\s*|\s+/\s+")
_EDGES = " \t-\u2010\u2011\u2012\u2013\u2014\u2015,;:./|"
_LIKE_APOSTROPHES = "`´‘’ʼ′"
_APOSTROPHES = str.maketrans(dict.fromkeys(_LIKE_APOSTROPHES, "'"))
# What else than a word of the list can make a note, for all names at once: a superset, since RE2 sees no neighbour.
_MARKS = r"[(\[{<*\"&+;:|,]|\s[-/\x{2010}-\x{2015}]|[-\x{2010}-\x{2015}]\s|\d"


@dataclass(frozen=True)
class Kind:
    """One kind of note, as the list has it; the list says what its keys mean."""

    name: str
    effect: Effect
    codes: Mapping[str, str]
    message: str
    remedy: str
    words: Sequence[str] = ()
    marked: Sequence[str] = ()
    joins: Sequence[str] = ()
    between: Sequence[str] = ()
    rest: bool = False
    otherwise: bool = False


@dataclass(frozen=True)
class Read:
    """One name as it is read: without notes (empty: nothing is left), other names in it, the kinds of its notes."""

    plain: str
    others: str
    kinds: frozenset[str]


@dataclass(frozen=True, eq=False)
class ReadNames:
    """A column of names as they are read."""

    plain: Names
    """Without notes, in the type of the column; null where nothing else is in the cell."""
    compared: Names
    """The same, followed by the other names that the cell gives."""
    kinds: Mapping[str, Mask]
    """By kind of note, which rows hold one; a kind that no row holds is not there."""


class _Marked(NamedTuple):
    """What stands in brackets or behind a dash: notes of these kinds, what is left without them, another name."""

    kinds: set[str]
    left: str
    other: str


class _Shapes:
    """The words of a kind as patterns."""

    def __init__(self, kind: Kind) -> None:
        self.name = kind.name
        rest = ".*" if kind.rest else ""
        self.taken = [_own(kind.words, rf"(?:{_WHEN})?{rest}")] if kind.words else []
        if kind.marked and not kind.joins:
            self.taken.append(_own(kind.marked, _WHEN))
        listed = [] if kind.joins else [*kind.words, *kind.marked]
        self.anywhere = _own(listed, rf"(?:{_WHEN})?{rest}") if listed else None
        self.joined = _own(kind.joins, r"\s+(?P<other>\S.*)$", before=r"^(?P<name>.*\S)\s+") if kind.joins else None
        self.joining = _own([*kind.joins, *kind.marked], r"[\s:]+(?P<other>\S.*)$") if kind.joins else None
        signs = "|".join(re.escape(word) for word in kind.between if not word.isalpha())
        words = "|".join(word for word in kind.between if word.isalpha())
        self.between = re.compile(rf"\s*(?:{signs})\s*|(?<=\S)\s+(?:{words})\s+(?=\S)", re.I) if kind.between else None


class Notes:
    """The kinds of notes of an agreement, in their order."""

    def __init__(self, kinds: Iterable[Kind]) -> None:
        self.kinds = tuple(kinds)
        self._shapes = tuple(map(_Shapes, self.kinds))
        self._otherwise = {kind.name for kind in self.kinds if kind.otherwise}
        words = [word for kind in self.kinds for word in (*kind.words, *kind.joins)]
        between = [rf"\s{word}\s" for kind in self.kinds for word in kind.between if word.isalpha()]
        suspicious = "(?i)" + "|".join((_MARKS, _phrases(words), *between))
        self._suspicious = suspicious.replace("'", f"['{_LIKE_APOSTROPHES}]")

    def of(self, *effects: Effect) -> tuple[str, ...]:
        """The kinds that have one of these effects."""
        return tuple(kind.name for kind in self.kinds if kind.effect in effects)

    def read(self, names: Names) -> ReadNames:
        """Read a column of text, which may be coded by a dictionary. Most names hold no note, and stay as they are."""
        distinct = pc.unique(names)
        texts = distinct.dictionary if pa.types.is_dictionary(distinct.type) else distinct
        composed = pc.utf8_normalize(texts, form="NFC")
        suspects = texts.filter(pc.match_substring_regex(composed, self._suspicious)).to_pylist()
        found = {text: read for text in suspects if text and (read := self.read_one(text)).kinds}
        if not found:
            return ReadNames(names, names, {})
        whole = names.cast(pa.string())
        whole = whole.combine_chunks() if isinstance(whole, pa.ChunkedArray) else whole
        place = pc.index_in(whole, pa.array(found, pa.string()))

        def read_as(texts: list[str]) -> Names:
            column = pc.if_else(
                place.is_valid(), pa.array([text or None for text in texts], pa.string()).take(place), whole
            )
            if pa.types.is_dictionary(names.type):
                column = column.dictionary_encode()
            return pa.chunked_array([column]) if isinstance(names, pa.ChunkedArray) else column

        reads = list(found.values())
        masks = {
            kind.name: as_mask(pa.array([kind.name in read.kinds for read in reads]).take(place))
            for kind in self.kinds
            if any(kind.name in read.kinds for read in reads)
        }
        compared = [f"{read.plain} {read.others}".strip() for read in reads]
        return ReadNames(read_as([read.plain for read in reads]), read_as(compared), masks)

    def read_one(self, name: str) -> Read:
        """Read one name."""
        kinds: set[str] = set()
        others: list[str] = []

        def take(marked: _Marked) -> None:
            kinds.update(marked.kinds)
            others.extend(filter(None, [marked.other]))

        def enclosed(found: re.Match[str]) -> str:
            inner, end = (part for part in found.groups() if part is not None)
            marked = self._marked(inner)
            take(marked if marked.kinds or not _has_letters(inner) else marked._replace(kinds=self._otherwise))
            return " " if end else f" {marked.left} "

        text = _ENCLOSED.sub(enclosed, unicodedata.normalize("NFC", name).translate(_APOSTROPHES))
        for shape in self._shapes:
            for pattern in shape.taken:
                text, times = pattern.subn(" ", text)
                kinds |= {shape.name} if times else set()
        text = self._without_parts(text, take)
        for shape in self._shapes:
            if shape.joined and (found := shape.joined.search(text)):
                take(_Marked({shape.name}, "", found["other"]))
                text = found["name"]
            if shape.between:
                text, times = shape.between.subn(" ", text)
                kinds |= {shape.name} if times else set()
        if not kinds:
            return Read(name, "", frozenset())
        plain = _tidy(text)
        if not plain and kinds <= self._otherwise:  # the whole name stands in brackets
            plain = _tidy(re.sub(r"[()\[\]{}<>\"*]", " ", name))
        return Read(plain, _tidy(" ".join(others)), frozenset(kinds))

    def _without_parts(self, text: str, take: Callable[[_Marked], None]) -> str:
        """Without what is nothing but a note between dashes, colons or commas, where something else is there."""
        parts = [part for part in _PARTED.split(text) if part.strip(_EDGES)]
        notes = [marked if not _has_letters(marked.left) else None for marked in map(self._marked, parts)]
        if len(parts) < 2 or not any(notes):
            return text
        for marked in filter(None, notes):
            take(marked)
        return " ".join(part for part, note in zip(parts, notes, strict=True) if not note)

    def _marked(self, text: str) -> _Marked:
        """What a text in a marked place says."""
        kinds, left = set(), text
        for shape in self._shapes:
            if shape.anywhere:
                left, times = shape.anywhere.subn(" ", left)
                kinds |= {shape.name} if times else set()
        if not kinds:
            for shape in self._shapes:
                if shape.joining and (found := shape.joining.search(text)):
                    return _Marked({shape.name}, text[: found.start()], found["other"])
        return _Marked(kinds, left, "")


def notes_of(listed: Mapping[str, Mapping[str, Any]]) -> Notes:
    """The list of an agreement, by kind. Raises TypeError or ValueError for a key or an effect that it cannot have."""
    kinds = [Kind(name=name, **facts) for name, facts in listed.items()]
    if odd := [kind.name for kind in kinds if kind.effect not in get_args(Effect)]:
        raise ValueError(f"{odd[0]} has no effect that is known")
    return Notes(kinds)


def _own(words: Sequence[str], after: str, before: str = "") -> re.Pattern[str]:
    """One of the words by itself: no letter, digit or apostrophe touches it, and it is no month of a day."""
    return re.compile(
        rf"{before}(?<![\w'])(?<!\d[ ./-]){_phrases(words)}\.?(?![\w']){after}", re.IGNORECASE | re.DOTALL
    )


def _phrases(words: Sequence[str]) -> str:
    longest_first = sorted(words, key=len, reverse=True)
    return f"(?:{'|'.join(re.escape(word).replace(chr(92) + ' ', '[ _-]+') for word in longest_first)})"


def _has_letters(text: str) -> bool:
    return any(letter.isalpha() for letter in text)


def _tidy(text: str) -> str:
    return " ".join(text.strip(_EDGES).split())
