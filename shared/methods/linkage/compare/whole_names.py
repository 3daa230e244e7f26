"""Whole names whose words are in each other's, wherever they stand: family name first, a name left out, an initial."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from shared.methods.linkage.compare.levels import Forename, Surname
from shared.methods.linkage.encode.arrays import Codes, Levels, Mask
from shared.methods.linkage.encode.name_words import INITIAL, Bits, Word
from shared.methods.linkage.encode.pairs import Pairs
from shared.methods.linkage.encode.records import Records
from shared.methods.linkage.encode.variants import FAMILY_FIRST, HONOURS

LEAST_WORDS = 2
"""Words that must be the same; one and an initial are less."""


def compare_whole_names(records: Records, pairs: Pairs, surname: Levels, forename: Levels) -> None:
    """Raise the levels of pairs of which all words of one whole name are in the other's.

    Where one of the two names agrees, the other is a known form of itself with words left out; where neither does, the
    names stand in another order. One word and an initial say less: similar surnames, a shortened forename.
    """
    known = (surname > Surname.MISSING) & (forename > Forename.MISSING)
    selected = np.flatnonzero(
        known & ((surname < Surname.SIMILAR) | (forename < Forename.KNOWN_VARIANT) | (forename == Forename.OTHER_ORDER))
    )
    selected = selected[may_share_words(records, pairs.where(selected))]
    common = _in_common(records, pairs.where(selected))
    whole, initial = common.words >= LEAST_WORDS, common.words == 1
    exchanged = forename[selected] == Forename.OTHER_ORDER
    surnames_agree = (surname[selected] >= Surname.SIMILAR) & ~exchanged
    forenames_agree = ~surnames_agree & ~exchanged & (forename[selected] >= Forename.KNOWN_VARIANT)
    for at, name, level in (
        (whole & surnames_agree & common.called_alike, forename, Forename.KNOWN_VARIANT),
        (initial & surnames_agree, forename, Forename.SHORTENED),
        (whole & forenames_agree, surname, Surname.ONE_PART_AGREES),
        (initial & forenames_agree, surname, Surname.SIMILAR),
    ):
        rows = selected[at]
        name[rows] = np.maximum(name[rows], np.int8(level))
    moved = selected[(common.words > 0) & ~surnames_agree & ~forenames_agree & common.surnames_in]
    surname[moved], forename[moved] = Surname.OTHER_ORDER, Forename.OTHER_ORDER
    # By custom the family name comes first: no word has changed its meaning.
    first = selected[whole & ~surnames_agree & ~forenames_agree & common.family_first]
    surname[first], forename[first] = Surname.ONE_PART_AGREES, Forename.KNOWN_VARIANT


def may_share_words(records: Records, pairs: Pairs) -> Mask:
    """Which pairs may have all words of one whole name in the other's; all others have not."""
    (left, fewer_left), (right, fewer_right) = (_bits(records, pairs, side) for side in ("left", "right"))
    # An initial is no whole word, and two words that share a bit are seen as one.
    one_is_enough = (((left | right) & INITIAL) != 0) | fewer_left | fewer_right
    may: Mask = np.bitwise_count(left & right & ~INITIAL) >= np.where(one_is_enough, 1, LEAST_WORDS)
    return may


def _bits(records: Records, pairs: Pairs, side: str) -> tuple[Bits, Mask]:
    """The bits of each row's words, and whether there are fewer bits than words."""
    rows, found, words = getattr(pairs, side), np.zeros(len(pairs), np.uint64), np.zeros(len(pairs), np.int8)
    for field, vocabulary in records.name_words:
        codes = getattr(field, side)[rows]
        found |= vocabulary.bits[codes]
        words += vocabulary.counts[codes]
    return found, np.bitwise_count(found) < words


@dataclass(frozen=True)
class Common:
    """What the whole names of pairs have in common, if all words of one are in the other."""

    words: Codes
    """Whole words in common; 0 where a word of the shorter name is not in the longer."""
    surnames_in: Mask
    """A word of either surname is in the other's whole name."""
    called_alike: Mask
    """No forename is left out but an honour."""
    family_first: Mask
    """The surname of one, and no other word, is a family name that stands first in the other (`FAMILY_FIRST`)."""


def _in_common(records: Records, pairs: Pairs) -> Common:
    words = [vocabulary.words for _, vocabulary in records.name_words]

    def name(codes: tuple[int, ...]) -> Name:
        first, further, surname = (of[code] for of, code in zip(words, codes, strict=True))
        return Name(first + further, surname)

    @cache
    def common(left: tuple[int, ...], right: tuple[int, ...]) -> tuple[int, bool, bool, bool]:
        return words_in_common(name(left), name(right))

    sides = (
        zip(*(getattr(field, side)[getattr(pairs, side)].tolist() for field, _ in records.name_words), strict=True)
        for side in ("left", "right")
    )
    found = [common(left, right) for left, right in zip(*sides, strict=True)]
    counted, *holds = np.array(found, np.int64).reshape(-1, 4).T
    return Common(counted, *(each > 0 for each in holds))


@dataclass(frozen=True)
class Name:
    """A whole name in words."""

    forename: tuple[Word, ...]
    surname: tuple[Word, ...]

    @property
    def words(self) -> tuple[Word, ...]:
        """All of them."""
        return self.forename + self.surname


def words_in_common(left: Name, right: Name) -> tuple[int, bool, bool, bool]:
    """The entries of `Common` for two names.

    Known forms of one word are one word. An initial stands for one word that begins with it and is counted as none.
    """
    few, many = sorted((left, right), key=lambda name: len(name.words))
    rest, unmatched = list(many.words), []
    for word in few.words:
        fits = next((each for each in rest if each.known_as == word.known_as and not word.is_initial), None)
        if fits is None:
            unmatched.append(word)
        else:
            rest.remove(fits)
    for word in unmatched:
        fits = next((each for each in rest if each.may_be_initial_of(word)), None)
        if fits is None:
            return 0, False, False, False
        rest.remove(fits)
    called_alike = all(word.spelled in HONOURS for word in many.forename if word in rest)
    surnames_in = any(word not in rest for word in many.surname)
    return len(few.words) - len(unmatched), surnames_in, called_alike, _family_first(left, right)


def _family_first(left: Name, right: Name) -> bool:
    first = [
        surname
        for one, other in ((left, right), (right, left))
        for surname in one.surname
        if other.forename and surname == other.forename[0] and surname.spelled in FAMILY_FIRST
    ]
    return len(first) == 1
