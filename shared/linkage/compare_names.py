"""Compares surnames and forenames of pairs of rows: the levels of `Surname` and `Forename`."""

from __future__ import annotations

from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from rapidfuzz import fuzz
from rapidfuzz.distance import OSA, JaroWinkler, Postfix, Prefix

from shared.linkage.levels import Forename, Surname
from shared.linkage.pairs import Pairs, codes_of, ranked, scored
from shared.linkage.records import MISSING, Codes, Field, Levels, Mask, Records
from shared.linkage.variants import groups_by_name

SIMILAR_SURNAMES = 0.9
"""Jaro-Winkler similarity of surnames that is named in the evidence. No surname that is only similar is ever a key."""
SHORTEST_ENDING = 4
"""Letters from which the end of a name is taken for its short form."""
SHORTEST_SLIP = 5
"""Letters from which two names with one letter typed wrong, left out, doubled or exchanged count as similar."""
ALIKE = 0.7
"""What names that sound alike must also share in letters, so that short keys (`MA`) do not join Mia and Maya."""


def compare_surnames(records: Records, pairs: Pairs) -> Levels:
    """The level of `Surname` of every pair, but for names in the other order (see `in_other_order`)."""
    codes = codes_of(records.surname, pairs)
    level = ranked(codes, Surname.MISSING, Surname.DIFFERS, Surname.EXACT)
    unequal = np.flatnonzero(level == Surname.DIFFERS)
    among = pairs.where(unequal)
    shared = scored(records.surname_words.values, codes_of(records.surname_words, among), fuzz.partial_token_set_ratio)
    similarity = scored(
        records.surname.values, (codes[0][unequal], codes[1][unequal]), JaroWinkler.similarity, least=ALIKE
    )
    one, other = codes_of(records.surname_sound, among)
    # From the weakest claim to the strongest: each later one overrules.
    for claim, holds in (
        (Surname.SIMILAR, similarity >= SIMILAR_SURNAMES),
        (Surname.SOUNDS_ALIKE, (one == other) & (one >= 0) & (similarity >= ALIKE)),
        (Surname.ONE_PART_AGREES, shared == 100),
    ):
        level[unequal[holds]] = claim
    for former in (records.preferred_surname, records.former_surname):
        agrees = (former[pairs.pupils] == codes[1]) & (codes[1] >= 0) & (level != Surname.EXACT)
        level[agrees] = Surname.FORMER_OR_PREFERRED
    return level


def in_other_order(records: Records, pairs: Pairs) -> Mask:
    """Whether the pupil's surname is the child's forename, and the other way about (as they sound)."""
    surnames, forenames = codes_of(records.surname_sound, pairs), codes_of(records.forename_sound, pairs)
    crossed = (surnames[0] == forenames[1]) & (forenames[0] == surnames[1])
    said = (surnames[0] >= 0) & (forenames[0] >= 0)
    exchanged: Mask = crossed & said & (surnames[0] != surnames[1])
    return exchanged


def compare_forenames(records: Records, pairs: Pairs, similarity: float) -> Levels:
    """The level of `Forename` of every pair, but for names in the other order (see `in_other_order`)."""
    codes = codes_of(records.forename, pairs)
    level = ranked(codes, Forename.MISSING, Forename.DIFFERS, Forename.EXACT)
    unequal = np.flatnonzero(level == Forename.DIFFERS)
    among = pairs.where(unequal)
    whole, first = (codes[0][unequal], codes[1][unequal]), codes_of(records.first_name, among)
    further, start = codes_of(records.further_names, among), codes_of(records.forename_3, among)
    sound = codes_of(records.forename_sound, among)
    names = records.forename.values
    lengths = pc.utf8_length(names).to_numpy(zero_copy_only=False)
    shorter = np.minimum(lengths[whole[0]], lengths[whole[1]])
    same_first = first[0] == first[1]
    variant = _variants(records.first_name.values, first)
    one_sided = (further[0] < 0) | (further[1] < 0)
    begins = _begins(records.further_names, further)
    likeness = scored(names, whole, JaroWinkler.similarity)
    first_likeness = scored(records.first_name.values, first, JaroWinkler.similarity)
    # From the weakest claim to the strongest: each later one overrules.
    claims: tuple[tuple[Forename, Mask], ...] = (
        (Forename.FIRST_THREE_LETTERS, start[0] == start[1]),
        (Forename.SIMILAR, (likeness >= similarity) | (first_likeness >= similarity)),
        (Forename.SIMILAR, (scored(records.first_name.values, first, OSA.similarity) >= _one_slip(records, first))),
        (Forename.SOUNDS_ALIKE, (sound[0] == sound[1]) & (sound[0] >= 0) & (first_likeness >= ALIKE)),
        (Forename.SHORTENED, scored(names, whole, Prefix.similarity) == shorter),
        (Forename.SHORTENED, (scored(names, whole, Postfix.similarity) == shorter) & (shorter >= SHORTEST_ENDING)),
        (Forename.MIDDLE_NAME, _first_among_further(records, first, further)),
        (Forename.KNOWN_VARIANT, variant),
        (Forename.FURTHER_NAMES_DIFFER, (same_first | variant) & ~one_sided & ~begins),
        (Forename.FIRST_NAME, same_first & one_sided),
        (Forename.EXACT, same_first & ~one_sided & begins),
    )
    for claim, holds in claims:
        level[unequal[holds]] = claim
    return level


def _one_slip(records: Records, first: tuple[Codes, Codes]) -> Codes:
    """The similarity of two first names that are one slip of the hand apart; of short names, out of reach."""
    lengths = np.append(pc.utf8_length(records.first_name.values).to_numpy(zero_copy_only=False), 0)
    longer = np.maximum(lengths[first[0]], lengths[first[1]])
    return np.where(longer >= SHORTEST_SLIP, longer - 1, 1000)


def _begins(field: Field, codes: tuple[Codes, Codes]) -> Mask:
    """Whether one side's further names begin the other's: an initial, or one name fewer."""
    lengths = np.append(pc.utf8_length(field.values).to_numpy(zero_copy_only=False), MISSING)
    begins: Mask = scored(field.values, codes, Prefix.similarity) == np.minimum(lengths[codes[0]], lengths[codes[1]])
    return begins


def _first_among_further(records: Records, first: tuple[Codes, Codes], further: tuple[Codes, Codes]) -> Mask:
    """Whether one side's first name is one of the other's further names. An initial is not a name."""
    names = pa.concat_arrays([records.first_name.values, records.further_names.values])
    long = pc.greater(pc.utf8_length(records.first_name.values), 2).to_numpy(zero_copy_only=False)
    offset = records.first_name.size
    found = np.zeros(len(first[0]), np.bool_)
    for one, others in ((first[0], further[1]), (first[1], further[0])):
        asked = np.flatnonzero((one >= 0) & (others >= 0) & np.append(long, False)[one])
        codes = one[asked], others[asked] + offset
        found[asked] |= scored(names, codes, fuzz.partial_token_set_ratio) == 100
    return found


def _variants(names: pa.Array, codes: tuple[Codes, Codes]) -> Mask:
    """Whether two first names stand in one group of `variants`."""
    listed, groups = _variant_table()
    row = pc.fill_null(pc.index_in(names, pa.array(listed)), MISSING).to_numpy(zero_copy_only=False)
    left, right = (groups[row[side]] for side in codes)
    shared: Mask = ((left[:, :, None] == right[:, None, :]) & (left[:, :, None] >= 0)).any(axis=(1, 2))
    return shared


@cache
def _variant_table() -> tuple[tuple[str, ...], Codes]:
    """Every listed name, and a row of its groups each; the last row is of names that are not listed."""
    groups = groups_by_name()
    table = np.full((len(groups) + 1, max(map(len, groups.values()))), MISSING)
    for row, numbers in enumerate(groups.values()):
        table[row, : len(numbers)] = numbers
    return tuple(groups), table
