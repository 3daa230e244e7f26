"""Which texts of a column of codes may be shown: codes are nobody's data, but a shifted column may hold names."""

from __future__ import annotations

import re
from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

from client.pack.findings import UnknownCodes
from client.pack.source import Source

MOST_CODES = 20
"""More distinct texts than this in one column are no codes; the column is another than was thought."""
FEWEST_SCATTERED = 6
"""From so many distinct texts on they must repeat: codes do, names do not."""
LONGEST_CODE, MOST_WORDS, MOST_DIGITS = 40, 4, 4
MOST_LETTERS, BEGINNING = 2, 4
"""A text of so few letters is a code whatever else stands in its column; a word is like one that begins alike."""
_PERSONAL = re.compile(
    r"name|surname|title|address|addr|street|town|locality|building|flat|house|note|comment|remark|reason|partner|child|claimant"
    r"|email|phone|_ref|reference"
)
_OF_CODES = re.compile(r"sex|gender|year|status|seq|dob|date|flag|type")
_WORD = re.compile(r"[^\W\d_]{2,}")


def unknown_codes(
    source: Source, column: str, unknown: pa.Array, known: Iterable[str], *, free_hand: bool = False
) -> UnknownCodes:
    """The distinct texts of `unknown` that can be codes, with their counts; all else is only counted.

    A text is shown when it is short, holds no comma and no long number, and no word of it stands in a column of names,
    addresses or free text of the same file. Texts that hardly repeat, and those of a column in which people write by
    `free_hand`, must also be like one of the `known` spellings, or of a few letters. Of more than `MOST_CODES` distinct
    ones none is shown, nor of a column whose heading says that it holds something else.
    """
    counts = {line["values"]: line["counts"] for line in pc.value_counts(unknown.drop_null()).to_pylist()}
    scattered = len(counts) >= FEWEST_SCATTERED and 2 * len(counts) > sum(counts.values())
    starts = {word[:BEGINNING] for spelling in known for word in _words(spelling) if len(word) >= BEGINNING}
    codes = {
        text: count
        for text, count in counts.items()
        if _short(text) and (not (scattered or free_hand) or _alike(text, starts))
    }
    if len(counts) > MOST_CODES or _is_personal(column):
        codes = {}
    if codes:
        personal = _words_beside(source, column, {word for text in codes for word in _words(text)})
        codes = {text: count for text, count in codes.items() if not personal & _words(text)}
    return UnknownCodes(column, dict(sorted(codes.items())), sum(counts.values()) - sum(codes.values()))


def _short(text: str) -> bool:
    digits = max((len(run) for run in re.findall(r"\d+", text)), default=0)
    few = len(text) <= LONGEST_CODE and digits <= MOST_DIGITS and len(text.split()) <= MOST_WORDS
    return few and "," not in text and text.isprintable()


def _alike(text: str, starts: set[str]) -> bool:
    """Has it few letters, or does each longer word of it begin as a known one does?"""
    words = [word for word in _words(text) if len(word) >= BEGINNING]
    letters = sum(letter.isalpha() for letter in text)
    return letters <= MOST_LETTERS or (bool(words) and all(word[:BEGINNING] in starts for word in words))


def _is_personal(heading: str) -> bool:
    return _PERSONAL.search(heading) is not None and _OF_CODES.search(heading) is None


def _words(text: str) -> set[str]:
    return {word.casefold() for word in _WORD.findall(text)}


def _words_beside(source: Source, column: str, words: set[str]) -> set[str]:
    """Those of `words` that stand in any other column which may hold what is somebody's own."""
    found: set[str] = set()
    pattern = f"(?i){'|'.join(sorted(words))}"  # words are letters only
    for name in source.table.column_names if words else []:
        if name != column and _is_personal(name):
            texts = pc.unique(source.column(name))
            for text in texts.filter(pc.fill_null(pc.match_substring_regex(texts, pattern), False)).to_pylist():
                found |= _words(text)
    return found & words
