"""Compares surnames and forenames of pairs of rows: the levels of `Surname` and `Forename`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from rapidfuzz import fuzz
from rapidfuzz.distance import OSA, JaroWinkler, Postfix, Prefix

from shared.methods.linkage.compare.levels import Forename, Surname
from shared.methods.linkage.compare.similarity import scored
from shared.methods.linkage.encode.arrays import MISSING, Codes, Levels, Mask
from shared.methods.linkage.encode.fields import Field
from shared.methods.linkage.encode.letters import may_be_alike, may_be_shortened, shares_letters
from shared.methods.linkage.encode.pairs import Pairs, codes_of, ranked
from shared.methods.linkage.encode.records import Records

SIMILAR_SURNAMES = 0.9
"""Jaro-Winkler similarity of surnames that is named in the evidence. No surname that is only similar is ever a key."""
ALIKE = 0.7
"""What names that sound alike must also share in letters, so that short keys (`MA`) do not join Mia and Maya."""
SHORTEST_ENDING = 4
"""Letters from which the end of a name is taken for its short form."""
SHORTEST_SLIP = 5
"""Letters from which two names with one letter typed wrong, left out, doubled or exchanged count as similar."""
SHORTEST_NAME, BORNE = 3, 5
"""Of shorter names, from three letters on, only a form that nobody else bears (Jcak) is taken for a slip, and only of a
name that at least so many rows have: Mia and Lia are two persons."""
SLIP = 0.86
"""What the letters of two names that are a slip apart say at least of their similarity."""


def compare_surnames(records: Records, pairs: Pairs) -> Levels:
    """The level of `Surname` of every pair, but for names in the other order (see `in_other_order`)."""
    codes = codes_of(records.surname, pairs)
    level = ranked(codes, Surname.DIFFERS, Surname.EXACT)
    unequal = np.flatnonzero(level == Surname.DIFFERS)
    among = pairs.where(unequal)
    similarity, shared = np.zeros(len(unequal)), np.zeros(len(unequal))
    near = may_be_near_surnames(records, among)
    at = np.flatnonzero(near.similar | near.sounds_alike)
    spelled = codes[0][unequal[at]], codes[1][unequal[at]]
    similarity[at] = scored(records.surname.names, spelled, JaroWinkler.similarity, least=ALIKE)
    at = np.flatnonzero(near.one_part)
    words = codes_of(records.surname_words, among.where(at))
    shared[at] = scored(records.surname_words.names, words, fuzz.partial_token_set_ratio)
    variant = records.known_surnames.are((codes[0][unequal], codes[1][unequal]))
    # From the weakest level to the strongest: each later one overrules.
    for best, holds in (
        (Surname.OF_NO_FAMILY, is_of_no_family(records, among)),
        (Surname.SIMILAR, similarity >= SIMILAR_SURNAMES),
        (Surname.SOUNDS_ALIKE, near.sounds_alike & (similarity >= ALIKE) | variant),
        (Surname.ONE_PART_AGREES, shared == 100),
    ):
        level[unequal[holds]] = best
    level[is_former_or_preferred(records, pairs) & (level != Surname.EXACT)] = Surname.FORMER_OR_PREFERRED
    return level


@dataclass(frozen=True)
class NearSurnames:
    """What two surnames may be to one another, from codes alone; letters decide."""

    similar: Mask
    sounds_alike: Mask
    one_part: Mask


def may_be_near_surnames(records: Records, pairs: Pairs) -> NearSurnames:
    """Which of these pairs of unequal surnames may reach a level above `Surname.DIFFERS`."""
    codes, names = codes_of(records.surname, pairs), records.surname.names
    one, other = codes_of(records.surname_sound, pairs)
    sounds = np.flatnonzero((one == other) & (one >= 0))
    sounds_alike = np.zeros(len(pairs), np.bool_)
    sounds_alike[sounds] = may_be_alike(names, (codes[0][sounds], codes[1][sounds]), ALIKE)
    one, other = codes_of(records.surname_words, pairs)
    words = records.surname_words.names
    parts = np.flatnonzero((words.double[one] | words.double[other] | (one == other)) & (np.minimum(one, other) >= 0))
    one_part = np.zeros(len(pairs), np.bool_)
    one_part[parts] = shares_letters(words, one[parts], other[parts])
    return NearSurnames(may_be_alike(names, codes, SIMILAR_SURNAMES), sounds_alike, one_part)


def is_former_or_preferred(records: Records, pairs: Pairs) -> Mask:
    """Whether the right surname is one that the left row gives beside the legal one."""
    right = records.surname.right[pairs.right]
    found = np.zeros(len(pairs), np.bool_)
    for other in records.other_surnames:
        left = other[pairs.left]
        found |= (left == right) & (left >= 0)
    return found


def is_of_no_family(records: Records, pairs: Pairs) -> Mask:
    """Whether one of the surnames marks sex or rank (`variants.OF_NO_FAMILY`); both must be there."""
    left, right = codes_of(records.surname, pairs)
    marks = records.surnames_of_no_family
    found: Mask = (marks[left] | marks[right]) & (np.minimum(left, right) >= 0)
    return found


def is_a_parents(records: Records, pairs: Pairs) -> Mask:
    """Whether the left surname is that of a parent on the right."""
    left = records.surname.left[pairs.left]
    parents = (parent[pairs.right] for parent in records.parents)
    found: Mask = np.any([parent == left for parent in parents], axis=0) & (left >= 0)
    return found


def in_other_order(records: Records, pairs: Pairs, similarity: float) -> Mask:
    """Whether the left surname is the right forename, and the other way about.

    Both must fit: as one word or its first (`Al-Hassan`, `Ho Yin`), as known forms of one name, by their sound, or
    letter by letter as forenames do (`similarity`).
    """

    def alike(codes: tuple[Codes, Codes]) -> Mask:
        fits = records.known_names.are(codes)
        near = np.flatnonzero(may_be_alike(records.every_name, codes, similarity))
        among = codes[0][near], codes[1][near]
        likeness = scored(records.every_name, among, JaroWinkler.similarity, least=similarity)
        fits[near] |= likeness >= similarity
        return fits

    return _in_other_order(records, pairs, alike)


def may_be_in_other_order(records: Records, pairs: Pairs, similarity: float) -> Mask:
    """Which pairs `in_other_order` may hold of, from codes alone; of all others it does not."""
    return _in_other_order(
        records,
        pairs,
        lambda codes: may_be_alike(records.every_name, codes, similarity) | records.known_names.may_be(codes),
    )


def _in_other_order(records: Records, pairs: Pairs, alike: Callable[[tuple[Codes, Codes]], Mask]) -> Mask:
    fields = (records.surname, records.forename, records.first_name)
    starts = (0, records.surname.size, records.surname.size + records.forename.size)
    rows = np.arange(len(pairs))
    for side in (0, 1):  # the left surname with the right forename, then the right one with the left
        among = pairs.where(rows)
        surname, whole, first = (
            _placed(codes_of(field, among)[at], start)
            for field, start, at in zip(fields, starts, (side, 1 - side, 1 - side), strict=True)
        )
        sounds = codes_of(records.surname_sound, among)[side], codes_of(records.forename_sound, among)[1 - side]
        fits = (sounds[0] == sounds[1]) & (sounds[0] >= 0)
        for name in (whole, first):
            fits |= alike((surname, name))
        rows = rows[fits & (surname >= 0) & (whole >= 0)]
    exchanged = np.zeros(len(pairs), np.bool_)
    exchanged[rows] = True
    return exchanged


def _placed(codes: Codes, start: int) -> Codes:
    return np.where(codes < 0, MISSING, codes + start)


def compare_forenames(records: Records, pairs: Pairs, similarity: float) -> Levels:
    """The level of `Forename` of every pair, but for names in the other order (see `in_other_order`)."""
    codes = codes_of(records.forename, pairs)
    level = ranked(codes, Forename.DIFFERS, Forename.EXACT)
    unequal = np.flatnonzero(level == Forename.DIFFERS)
    among = pairs.where(unequal)
    first, further = codes_of(records.first_name, among), codes_of(records.further_names, among)
    start = codes_of(records.forename_3, among)
    same_first, variant = first[0] == first[1], records.known_forenames.are(first)
    one_sided = (further[0] < 0) | (further[1] < 0)
    # After Mohammed, a letter makes another name of what the child is called: Rakib and Sakib.
    begins = _begins(records.further_names, further, (same_first | variant) & ~one_sided, records.honours[first[0]])
    spelled = _spelling(records, among, ~(same_first | variant), similarity)
    # From the weakest level to the strongest: each later one overrules.
    reached: tuple[tuple[Forename, Mask], ...] = (
        (Forename.FIRST_THREE_LETTERS, start[0] == start[1]),
        (Forename.SIMILAR, spelled.similar),
        (Forename.SOUNDS_ALIKE, spelled.sounds_alike),
        (Forename.SHORTENED, spelled.shortened),
        (Forename.MIDDLE_NAME, _first_among_further(records, first, further, ~same_first)),
        (Forename.KNOWN_VARIANT, variant),
        (Forename.FURTHER_NAMES_DIFFER, (same_first | variant) & ~one_sided & ~begins),
        (Forename.FIRST_NAME, same_first & one_sided),
        (Forename.EXACT, same_first & ~one_sided & begins),
    )
    for best, holds in reached:
        level[unequal[holds]] = best
    return level


@dataclass(frozen=True)
class NearForenames:
    """What two forenames may be to one another, from codes alone; letters decide."""

    similar: Mask
    sounds_alike: Mask
    shortened: Mask


def may_be_near_forenames(records: Records, pairs: Pairs, similarity: float) -> NearForenames:
    """Which of these pairs of unequal first names may be alike letter by letter."""
    whole, first = codes_of(records.forename, pairs), codes_of(records.first_name, pairs)
    one, other = codes_of(records.forename_sound, pairs)
    sounds = np.flatnonzero((one == other) & (one >= 0))
    sounds_alike = np.zeros(len(pairs), np.bool_)
    sounds_alike[sounds] = may_be_alike(records.first_name.names, (first[0][sounds], first[1][sounds]), ALIKE)
    return NearForenames(
        may_be_alike(records.forename.names, whole, similarity)
        | may_be_alike(records.first_name.names, first, min(similarity, SLIP)),
        sounds_alike,
        may_be_shortened(records.forename.names, whole) | may_be_shortened(records.first_name.names, first),
    )


def _spelling(records: Records, pairs: Pairs, selected: Mask, similarity: float) -> NearForenames:
    """What the letters say of the pairs that are selected."""
    may = may_be_near_forenames(records, pairs, similarity)
    found = NearForenames(*(np.zeros(len(pairs), np.bool_) for _ in range(3)))
    near = np.flatnonzero(selected & (may.similar | may.sounds_alike | may.shortened))
    first = codes_of(records.first_name, pairs.where(near))
    likeness = np.zeros(len(pairs))
    likeness[near] = scored(records.first_name.names, first, JaroWinkler.similarity)
    found.sounds_alike[near] = may.sounds_alike[near] & (likeness[near] >= ALIKE)
    near = np.flatnonzero(selected & may.similar)
    whole, first = (codes_of(field, pairs.where(near)) for field in (records.forename, records.first_name))
    similar = likeness[near] >= similarity
    similar |= scored(records.first_name.names, first, OSA.similarity) >= _one_slip(records, first)
    similar |= scored(records.forename.names, whole, JaroWinkler.similarity) >= similarity
    found.similar[near] = similar
    near = np.flatnonzero(selected & may.shortened)
    found.shortened[near] = _is_part(records.forename, pairs.where(near))
    near = near[(likeness[near] >= ALIKE) & ~found.shortened[near]]
    found.shortened[near] = _is_part(records.first_name, pairs.where(near))
    return found


def _is_part(field: Field, pairs: Pairs) -> Mask:
    """Whether one name is the beginning of the other, or its end."""
    names, codes = field.names, codes_of(field, pairs)
    shorter = np.minimum(names.lengths[codes[0]], names.lengths[codes[1]])
    ending = (scored(names, codes, Postfix.similarity) == shorter) & (shorter >= SHORTEST_ENDING)
    part: Mask = ending | (scored(names, codes, Prefix.similarity) == shorter)
    return part


def _one_slip(records: Records, first: tuple[Codes, Codes]) -> Codes:
    """The similarity of two first names that are one slip of the hand apart; else out of reach."""
    lengths = records.first_name.names.lengths
    longer = np.maximum(lengths[first[0]], lengths[first[1]])
    rows = np.append(records.first_name.rows, 0)
    seldom, often = np.minimum(rows[first[0]], rows[first[1]]), np.maximum(rows[first[0]], rows[first[1]])
    slip = (longer >= SHORTEST_SLIP) | ((longer >= SHORTEST_NAME) & (seldom == 1) & (often >= BORNE))
    return np.where(slip, longer - 1, 1000)


def _begins(field: Field, codes: tuple[Codes, Codes], selected: Mask, to_the_letter: Mask) -> Mask:
    """Whether one side's further names begin the other's (an initial, or one name fewer), or differ by a slip."""
    begins = np.zeros(len(selected), np.bool_)
    lengths = field.names.lengths
    left, right = codes[0][selected], codes[1][selected]
    shorter, longer = np.minimum(lengths[left], lengths[right]), np.maximum(lengths[left], lengths[right])
    slip = (scored(field.names, (left, right), OSA.similarity) >= longer - 1) & (longer >= SHORTEST_SLIP)
    slip &= ~to_the_letter[selected]
    begins[selected] = slip | (scored(field.names, (left, right), Prefix.similarity) == shorter)
    return begins


def _first_among_further(
    records: Records, first: tuple[Codes, Codes], further: tuple[Codes, Codes], among: Mask
) -> Mask:
    """Whether one side's first name is one of the other's further names. An initial is not a name."""
    names = records.first_and_further
    long = records.first_name.names.lengths > 2
    offset = records.first_name.size
    found = np.zeros(len(first[0]), np.bool_)
    for one, others in ((first[0], further[1]), (first[1], further[0])):
        selected = np.flatnonzero(among & (one >= 0) & (others >= 0) & long[one])
        selected = selected[shares_letters(names, one[selected], others[selected] + offset)]
        codes = one[selected], others[selected] + offset
        found[selected] |= scored(names, codes, fuzz.partial_token_set_ratio) == 100
    return found
