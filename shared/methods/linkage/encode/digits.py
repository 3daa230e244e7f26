"""Identifiers of digits alone (UPRN), read as numbers: eight digits at a time, and never hashed as text."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shared.methods.linkage.encode.arrays import MISSING, Codes, Mask
from shared.methods.linkage.encode.fields import Field, Standard
from shared.methods.linkage.encode.keys import renumbered
from shared.methods.linkage.encode.short_text import Words

MOST_DIGITS = 12
_WORD = 8


def encode_digits(standard: Standard, left: pa.ChunkedArray, right: pa.ChunkedArray) -> Field:
    """Codes of columns of at most twelve digits, by their `standard` form; leading zeros do not count.

    The field has numbers but no values to show.
    """
    chunks = [chunk.cast(pa.string()) for column in (left, right) for chunk in column.chunks]
    numbers = np.concatenate([np.zeros(0, np.int64), *(_numbers(chunk, standard) for chunk in chunks)])
    renamed, size = renumbered(numbers, 10**MOST_DIGITS)
    codes = renamed.astype(np.int32)
    return Field(pa.nulls(size), codes[: len(left)], codes[len(left) :])


def _numbers(texts: pa.Array, standard: Standard) -> Codes:
    """The number of each text; missing where it is null or its standard form is."""
    numbers, plain = read_digits(texts)
    others = np.flatnonzero(texts.is_valid().to_numpy(zero_copy_only=False) & ~plain)
    if len(others):
        normal = standard(texts.take(pa.array(others)))
        numbers[others] = pc.fill_null(normal.cast(pa.int64()), MISSING).to_numpy(zero_copy_only=False)
    return numbers


def read_digits(texts: pa.Array) -> tuple[Codes, Mask]:
    """The numbers of those texts that are one to twelve digits and not zero, and which these are."""
    numbers, plain = np.full(len(texts), MISSING), np.zeros(len(texts), np.bool_)
    _, offsets, data = texts.buffers()
    if data is None or not len(texts):
        return numbers, plain
    bounds = np.frombuffer(offsets, np.int32)[texts.offset : texts.offset + len(texts) + 1]
    lengths, low, high = np.diff(bounds), int(bounds[0]), int(bounds[-1])
    # Two words before the text, so that nothing is read from before it.
    text = np.zeros(high - low + 2 * _WORD, np.uint8)
    text[2 * _WORD :] = np.frombuffer(data, np.uint8)[low:high]
    words: Words = np.ndarray((len(text) - _WORD + 1,), "<u8", buffer=text, strides=(1,))
    ends = bounds[1:].astype(np.int64) - low
    digits = np.minimum(lengths, 2 * _WORD)
    last, last_plain = _eight_digits(words[ends + _WORD], np.minimum(digits, _WORD))
    first, first_plain = _eight_digits(words[ends], np.maximum(digits - _WORD, 0))
    found = first * 10**_WORD + last
    plain = (lengths > 0) & (lengths <= MOST_DIGITS) & last_plain & first_plain & (found > 0)
    numbers[plain] = found[plain]
    return numbers, plain


def _eight_digits(words: Words, digits: Codes) -> tuple[Codes, Mask]:
    """The number that the last `digits` characters of each word are, and whether they are digits."""
    words = words & _LAST[digits] | _ZEROS & ~_LAST[digits]
    plain: Mask = ((words & _HIGH) | ((words + _SIX) & _HIGH) >> np.uint64(4)) == _THREES
    words = (words & np.uint64(0x0F0F0F0F0F0F0F0F)) * np.uint64(2561) >> np.uint64(8)
    words = (words & np.uint64(0x00FF00FF00FF00FF)) * np.uint64(6553601) >> np.uint64(16)
    words = (words & np.uint64(0x0000FFFF0000FFFF)) * np.uint64(42949672960001) >> np.uint64(32)
    return words.astype(np.int64), plain


_ZEROS, _SIX = np.uint64(0x3030303030303030), np.uint64(0x0606060606060606)
_HIGH, _THREES = np.uint64(0xF0F0F0F0F0F0F0F0), np.uint64(0x3333333333333333)
_LAST: Words = np.array([(1 << 64) - (1 << 64 - 8 * count) for count in range(_WORD + 1)], np.uint64)
"""By how many characters count, the bytes of a word that they are: the last, in which the text ends."""
