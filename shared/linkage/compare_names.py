"""Compares surnames and forenames of pairs of rows: the levels of `Surname` and `Forename`."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from rapidfuzz import fuzz
from rapidfuzz.distance import OSA, JaroWinkler, Postfix, Prefix

from shared.linkage.fields import MISSING, Codes, Field, Levels, Mask
from shared.linkage.letters import Names, may_be_alike, shares_letters
from shared.linkage.levels import Forename, Surname
from shared.linkage.pairs import Pairs, codes_of, ranked, scored
from shared.linkage.records import Records
from shared.linkage.variants import FORENAMES, SURNAMES, groups_by_name

SIMILAR_SURNAMES = 0.9
"""Jaro-Winkler similarity of surnames that is named in the evidence. No surname that is only similar is ever a key."""
SHORTEST_ENDING = 4
"""Letters from which the end of a name is taken for its short form."""
SHORTEST_SLIP = 5
"""Letters from which two names with one letter typed wrong, left out, doubled or exchanged count as similar."""
SHORTEST_NAME, BORNE = 3, 5
"""Of shorter names, from three letters on, only a form that nobody else bears (Jcak) is taken for a slip, and only of a
name that at least so many rows have: Mia and Lia are two children."""
ALIKE = 0.7
"""What names that sound alike must also share in letters, so that short keys (`MA`) do not join Mia and Maya."""


def compare_surnames(records: Records, pairs: Pairs) -> Levels:
    """The level of `Surname` of every pair, but for names in the other order (see `in_other_order`)."""
    codes = codes_of(records.surname, pairs)
    level = ranked(codes, Surname.MISSING, Surname.DIFFERS, Surname.EXACT)
    unequal = np.flatnonzero(level == Surname.DIFFERS)
    among = pairs.where(unequal)
    similarity, shared = np.zeros(len(unequal)), np.zeros(len(unequal))
    left, right = codes[0][unequal], codes[1][unequal]
    near = np.flatnonzero(may_be_alike(records.surname.names, (left, right)))
    similarity[near] = scored(records.surname.values, (left[near], right[near]), JaroWinkler.similarity, least=ALIKE)
    one, other = codes_of(records.surname_words, among)
    double = np.append(pc.match_substring(records.surname_words.values, " ").to_numpy(zero_copy_only=False), False)
    in_parts = np.flatnonzero((double[one] | double[other]) & (one >= 0) & (other >= 0) | (one == other))
    in_parts = in_parts[shares_letters(records.surname_words.names, one[in_parts], other[in_parts])]
    shared[in_parts] = scored(
        records.surname_words.values, (one[in_parts], other[in_parts]), fuzz.partial_token_set_ratio
    )
    one, other = codes_of(records.surname_sound, among)
    variant = _variants(records.surname.values, (left, right), SURNAMES)
    # From the weakest claim to the strongest: each later one overrules.
    for claim, holds in (
        (Surname.SIMILAR, similarity >= SIMILAR_SURNAMES),
        (Surname.SOUNDS_ALIKE, (one == other) & (one >= 0) & (similarity >= ALIKE) | variant),
        (Surname.ONE_PART_AGREES, shared == 100),
    ):
        level[unequal[holds]] = claim
    for former in (records.preferred_surname, records.former_surname):
        agrees = (former[pairs.pupils] == codes[1]) & (codes[1] >= 0) & (level != Surname.EXACT)
        level[agrees] = Surname.FORMER_OR_PREFERRED
    return level


def is_a_parents(records: Records, pairs: Pairs) -> Mask:
    """Whether the pupil's surname is that of the claimant or the partner of the child's claim."""
    ours = records.surname.pupils[pairs.pupils]
    parents = (parent[pairs.households] for parent in records.parents)
    found: Mask = np.any([parent == ours for parent in parents], axis=0) & (ours >= 0)
    return found


def in_other_order(records: Records, pairs: Pairs, similarity: float) -> Mask:
    """Whether the pupil's surname is the child's forename, and the other way about.

    Both must fit: as one word or its first (`Al-Hassan`, `Ho Yin`), as known forms of one name, by their sound, or
    letter by letter as forenames do (`similarity`).
    """
    fields = (records.surname, records.forename, records.first_name)
    starts = (0, records.surname.size, records.surname.size + records.forename.size)
    rows = np.arange(len(pairs))
    for side in (0, 1):  # the pupil's surname with the child's forename, then the child's with the pupil's
        among = pairs.where(rows)
        surname, whole, first = (
            _placed(codes_of(field, among)[at], start)
            for field, start, at in zip(fields, starts, (side, 1 - side, 1 - side), strict=True)
        )
        sounds = codes_of(records.surname_sound, among)[side], codes_of(records.forename_sound, among)[1 - side]
        fits = _alike(records.every_name, surname, whole, similarity)
        fits |= _alike(records.every_name, surname, first, similarity)
        fits |= (sounds[0] == sounds[1]) & (sounds[0] >= 0)
        rows = rows[fits & (surname >= 0) & (whole >= 0)]
    exchanged = np.zeros(len(pairs), np.bool_)
    exchanged[rows] = True
    return exchanged


def _placed(codes: Codes, start: int) -> Codes:
    return np.where(codes < 0, MISSING, codes + start)


def _alike(names: Names, one: Codes, other: Codes, similarity: float) -> Mask:
    """Whether two names of one vocabulary are equal, known forms of one name, or as near as `similarity`."""
    alike = np.zeros(len(one), np.bool_)
    near = np.flatnonzero(may_be_alike(names, (one, other)))
    codes = one[near], other[near]
    alike[near] = scored(names.values, codes, JaroWinkler.similarity, least=similarity) >= similarity
    return alike | _variants(names.values, (one, other), FORENAMES)


def compare_forenames(records: Records, pairs: Pairs, similarity: float) -> Levels:
    """The level of `Forename` of every pair, but for names in the other order (see `in_other_order`)."""
    codes = codes_of(records.forename, pairs)
    level = ranked(codes, Forename.MISSING, Forename.DIFFERS, Forename.EXACT)
    unequal = np.flatnonzero(level == Forename.DIFFERS)
    among = pairs.where(unequal)
    first, further = codes_of(records.first_name, among), codes_of(records.further_names, among)
    start, sound = codes_of(records.forename_3, among), codes_of(records.forename_sound, among)
    same_first, variant = first[0] == first[1], _variants(records.first_name.values, first, FORENAMES)
    one_sided = (further[0] < 0) | (further[1] < 0)
    begins = _begins(records.further_names, further, (same_first | variant) & ~one_sided)
    spelled = _spelling(records, among, ~(same_first | variant), similarity)
    # From the weakest claim to the strongest: each later one overrules.
    claims: tuple[tuple[Forename, Mask], ...] = (
        (Forename.FIRST_THREE_LETTERS, start[0] == start[1]),
        (Forename.SIMILAR, spelled.similar),
        (Forename.SOUNDS_ALIKE, (sound[0] == sound[1]) & (sound[0] >= 0) & spelled.alike),
        (Forename.SHORTENED, spelled.shortened),
        (Forename.MIDDLE_NAME, _first_among_further(records, first, further, ~same_first)),
        (Forename.KNOWN_VARIANT, variant),
        (Forename.FURTHER_NAMES_DIFFER, (same_first | variant) & ~one_sided & ~begins),
        (Forename.FIRST_NAME, same_first & one_sided),
        (Forename.EXACT, same_first & ~one_sided & begins),
    )
    for claim, holds in claims:
        level[unequal[holds]] = claim
    return level


@dataclass(frozen=True)
class _Spelled:
    """What the letters of two forenames say."""

    similar: Mask
    alike: Mask
    shortened: Mask


def _spelling(records: Records, pairs: Pairs, asked: Mask, similarity: float) -> _Spelled:
    """Compare the letters of those pairs that are asked for and can be alike at all."""
    found = _Spelled(*(np.zeros(len(pairs), np.bool_) for _ in range(3)))
    names, firsts = records.forename.values, records.first_name.values
    whole, first = codes_of(records.forename, pairs), codes_of(records.first_name, pairs)
    near = np.flatnonzero(
        asked & (may_be_alike(records.forename.names, whole) | may_be_alike(records.first_name.names, first))
    )
    whole, first = (whole[0][near], whole[1][near]), (first[0][near], first[1][near])
    first_likeness = scored(firsts, first, JaroWinkler.similarity)
    slip = scored(firsts, first, OSA.similarity) >= _one_slip(records, first)
    found.alike[near] = first_likeness >= ALIKE
    found.similar[near] = (
        slip | (first_likeness >= similarity) | (scored(names, whole, JaroWinkler.similarity) >= similarity)
    )
    found.shortened[near] = _is_part(names, whole)
    further = np.flatnonzero(found.alike[near] & ~found.shortened[near])
    found.shortened[near[further]] = _is_part(firsts, (first[0][further], first[1][further]))
    return found


def _is_part(names: pa.Array, codes: tuple[Codes, Codes]) -> Mask:
    """Whether one name is the beginning of the other, or its end."""
    lengths = pc.utf8_length(names).to_numpy(zero_copy_only=False)
    shorter = np.minimum(lengths[codes[0]], lengths[codes[1]])
    ending = (scored(names, codes, Postfix.similarity) == shorter) & (shorter >= SHORTEST_ENDING)
    part: Mask = ending | (scored(names, codes, Prefix.similarity) == shorter)
    return part


def _one_slip(records: Records, first: tuple[Codes, Codes]) -> Codes:
    """The similarity of two first names that are one slip of the hand apart; else out of reach."""
    lengths = np.append(pc.utf8_length(records.first_name.values).to_numpy(zero_copy_only=False), 0)
    longer = np.maximum(lengths[first[0]], lengths[first[1]])
    rows = np.append(records.first_name.rows, 0)
    seldom, often = np.minimum(rows[first[0]], rows[first[1]]), np.maximum(rows[first[0]], rows[first[1]])
    slip = (longer >= SHORTEST_SLIP) | ((longer >= SHORTEST_NAME) & (seldom == 1) & (often >= BORNE))
    return np.where(slip, longer - 1, 1000)


def _begins(field: Field, codes: tuple[Codes, Codes], asked: Mask) -> Mask:
    """Whether one side's further names begin the other's (an initial, or one name fewer), or differ by a slip."""
    begins = np.zeros(len(asked), np.bool_)
    lengths = pc.utf8_length(field.values).to_numpy(zero_copy_only=False)
    left, right = codes[0][asked], codes[1][asked]
    shorter, longer = np.minimum(lengths[left], lengths[right]), np.maximum(lengths[left], lengths[right])
    slip = (scored(field.values, (left, right), OSA.similarity) >= longer - 1) & (longer >= SHORTEST_SLIP)
    begins[asked] = slip | (scored(field.values, (left, right), Prefix.similarity) == shorter)
    return begins


def _first_among_further(
    records: Records, first: tuple[Codes, Codes], further: tuple[Codes, Codes], among: Mask
) -> Mask:
    """Whether one side's first name is one of the other's further names. An initial is not a name."""
    names = records.first_and_further
    long = pc.greater(pc.utf8_length(records.first_name.values), 2).to_numpy(zero_copy_only=False)
    offset = records.first_name.size
    found = np.zeros(len(first[0]), np.bool_)
    for one, others in ((first[0], further[1]), (first[1], further[0])):
        asked = np.flatnonzero(among & (one >= 0) & (others >= 0) & np.append(long, False)[one])
        asked = asked[shares_letters(names, one[asked], others[asked] + offset)]
        codes = one[asked], others[asked] + offset
        found[asked] |= scored(names.values, codes, fuzz.partial_token_set_ratio) == 100
    return found


def _variants(names: pa.Array, codes: tuple[Codes, Codes], table: tuple[tuple[str, ...], ...]) -> Mask:
    """Whether two names stand in one group of a table of `variants`."""
    listed, groups = _variant_table(table)
    row = pc.fill_null(pc.index_in(names, pa.array(listed)), MISSING).to_numpy(zero_copy_only=False)
    shared = np.zeros(len(codes[0]), np.bool_)
    listed_both = np.flatnonzero((row[codes[0]] >= 0) & (row[codes[1]] >= 0))
    left, right = (groups[row[side[listed_both]]] for side in codes)
    shared[listed_both] = ((left[:, :, None] == right[:, None, :]) & (left[:, :, None] >= 0)).any(axis=(1, 2))
    return shared


@cache
def _variant_table(listed: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], Codes]:
    """Every listed name, and a row of its groups each; the last row is of names that are not listed."""
    groups = groups_by_name(listed)
    table = np.full((len(groups) + 1, max(map(len, groups.values()))), MISSING)
    for row, numbers in enumerate(groups.values()):
        table[row, : len(numbers)] = numbers
    return tuple(groups), table
