"""The words of names, numbered so that known forms of one word have one number."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from zlib import crc32

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from shared.methods.linkage.encode.arrays import Levels
from shared.methods.linkage.encode.spellings import respelled
from shared.methods.linkage.encode.variants import FORENAMES, SURNAMES, groups_by_name

Bits = npt.NDArray[np.uint64]
INITIAL = np.uint64(1) << np.uint64(63)
"""The bit of a name that has a word of one letter."""


@dataclass(frozen=True)
class Word:
    """One word of a name."""

    spelled: str
    known_as: str
    """The same for forms of one word: the first group of `variants` that lists it, or how it sounds."""

    @property
    def is_initial(self) -> bool:
        """Whether it is one letter."""
        return len(self.spelled) == 1

    def may_be_initial_of(self, other: Word) -> bool:
        """Whether one of the two is the initial of the other, or both are one initial."""
        return self.spelled[0] == other.spelled[0] and (self.is_initial or other.is_initial)


@dataclass(frozen=True)
class NameWords:
    """A vocabulary of names of one or more words."""

    values: pa.Array

    @cached_property
    def words(self) -> list[tuple[Word, ...]]:
        """The words of each name; the last are those of a missing one, which has none."""
        spelled = [name.split(" ") for name in self.values.to_pylist()]
        distinct = sorted({word for name in spelled for word in name})
        heard = respelled(pa.array(distinct, pa.string())).to_pylist()
        first = _first_group()
        words = {
            word: Word(word, first.get(word) or sound or word) for word, sound in zip(distinct, heard, strict=True)
        }
        return [*(tuple(words[word] for word in name) for name in spelled), ()]

    @cached_property
    def bits(self) -> Bits:
        """The words of each name as bits of one number; several words share a bit. The last is of a missing one."""
        bit = cache(lambda known_as: 1 << crc32(known_as.encode()) % 63)
        found = np.zeros(len(self.words), np.uint64)
        for code, words in enumerate(self.words):
            bits = 0
            for word in words:
                bits |= int(INITIAL) if word.is_initial else bit(word.known_as)
            found[code] = bits
        return found

    @cached_property
    def counts(self) -> Levels:
        """How many words each name has; the last is a missing one."""
        return np.array([len(words) for words in self.words], np.int8)


@cache
def _first_group() -> dict[str, str]:
    """The first group of each listed name; a name that is listed as a surname too is known as the forename is."""
    found: dict[str, str] = {}
    for of, groups in (("surname", SURNAMES), ("forename", FORENAMES)):
        found |= {name: f"{of} {numbers[0]}" for name, numbers in groups_by_name(groups).items()}
    return found
