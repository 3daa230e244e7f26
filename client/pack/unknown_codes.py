"""Which texts of a column of codes may be shown: codes are nobody's data, but a shifted column may hold names."""

from __future__ import annotations

import re

import pyarrow as pa
import pyarrow.compute as pc

from client.pack.findings import UnknownCodes
from client.pack.source import Source

MOST_CODES = 20
"""More distinct texts than this in one column are no codes; the column is another than was thought."""
LONGEST_CODE, MOST_WORDS, MOST_DIGITS = 40, 4, 4
_PERSONAL = re.compile(
    r"name|surname|title|address|addr|street|town|locality|building|flat|house|note|comment|remark|reason|partner|child|claimant"
    r"|email|phone|_ref|reference"
)
_OF_CODES = re.compile(r"sex|gender|year|status|seq|dob|date|flag|type")
_WORD = re.compile(r"[^\W\d_]{2,}")


def unknown_codes(source: Source, column: str, unknown: pa.Array, *, most_words: int = MOST_WORDS) -> UnknownCodes:
    """The distinct texts of `unknown` that can be codes, with their counts; all else is only counted.

    A text is shown when it is short, holds no long number, and no word of it stands in a column of names, addresses
    or free text of the same file. Of more than `MOST_CODES` distinct ones none is shown.
    """
    counts = {line["values"]: line["counts"] for line in pc.value_counts(unknown.drop_null()).to_pylist()}
    codes = {text: count for text, count in counts.items() if _short(text, most_words)}
    if len(counts) > MOST_CODES:
        codes = {}
    if codes:
        personal = _words_beside(source, column, {word for text in codes for word in _words(text)})
        codes = {text: count for text, count in codes.items() if not personal & _words(text)}
    return UnknownCodes(column, dict(sorted(codes.items())), sum(counts.values()) - sum(codes.values()))


def _short(text: str, most_words: int) -> bool:
    digits = max((len(run) for run in re.findall(r"\d+", text)), default=0)
    return (
        len(text) <= LONGEST_CODE and digits <= MOST_DIGITS and len(text.split()) <= most_words and text.isprintable()
    )


def _words(text: str) -> set[str]:
    return {word.casefold() for word in _WORD.findall(text)}


def _words_beside(source: Source, column: str, words: set[str]) -> set[str]:
    """Those of `words` that stand in any other column which may hold what is somebody's own."""
    found: set[str] = set()
    pattern = f"(?i){'|'.join(sorted(words))}"  # words are letters only
    for name in source.table.column_names if words else []:
        if name != column and _PERSONAL.search(name) and not _OF_CODES.search(name):
            texts = pc.unique(source.column(name))
            for text in texts.filter(pc.fill_null(pc.match_substring_regex(texts, pattern), False)).to_pylist():
                found |= _words(text)
    return found & words
