"""What codes alone can tell of a pair's weight: most pairs of one key are told apart without a letter.

Where codes decide a level (equal values, dates, areas) its weight is taken, and where letters would, the best weight
that they could still give. So nothing that weighs enough is lost: `tests/property/test_linkage_properties.py`.
"""

from __future__ import annotations

import numpy as np

from shared.methods.linkage.compare.compare import area_levels, contact_levels, dob_levels
from shared.methods.linkage.compare.levels import Address, Dob, Forename, Identifier, Sex, Surname
from shared.methods.linkage.compare.names import (
    is_a_parents,
    is_former_or_preferred,
    is_of_no_family,
    may_be_in_other_order,
    may_be_near_forenames,
    may_be_near_surnames,
)
from shared.methods.linkage.compare.whole_names import may_share_words
from shared.methods.linkage.encode.arrays import Codes, Mask, Scores
from shared.methods.linkage.encode.pairs import Pairs, codes_of, ranked
from shared.methods.linkage.model.weights import Scale


def may_weigh(scale: Scale, pairs: Pairs, similarity: float, least: float) -> Codes:
    """Positions of the pairs that may weigh at least so many bits; no other does, but for what siblings may add."""
    bits = _besides_names(scale, pairs)
    surname = bits + _surname(scale, pairs)
    exchanged = bits + _exchanged(scale, pairs)
    selected = np.flatnonzero(np.maximum(surname + _best_forename(scale, pairs), exchanged) >= least)
    among = pairs.where(selected)
    enough = surname[selected] + _forename(scale, among, similarity) >= least
    crossed = np.flatnonzero(~enough & (exchanged[selected] >= least))
    crossed_pairs = among.where(crossed)
    enough[crossed] = may_be_in_other_order(scale.records, crossed_pairs, similarity) | may_share_words(
        scale.records, crossed_pairs
    )
    return selected[enough]


def _besides_names(scale: Scale, pairs: Pairs) -> Scores:
    records, tables = scale.records, scale.weights.tables
    bits = tables["sex"][ranked(codes_of(records.sex, pairs), Sex.DIFFERS, Sex.EXACT)]
    bits += tables["contact"][contact_levels(records, pairs)]
    for name in ("upn", "uln"):
        # A temporary UPN never contradicts, so disagreement is taken to say nothing.
        left, right = codes_of(records.key(name), pairs)
        bits[(left == right) & (left >= 0)] += tables[name][Identifier.EXACT]
    dob = dob_levels(records, pairs)
    bits += tables["dob"][dob]
    exact = np.flatnonzero(dob == Dob.EXACT)
    bits[exact] += _corrected(scale, "dob", Dob.EXACT, "dob", pairs.where(exact))
    return bits + _address(scale, pairs)


def _corrected(scale: Scale, comparison: str, level: int, field: str, pairs: Pairs) -> Scores:
    """How common the left row's value is, in bits."""
    return scale.corrections[comparison, level, field][scale.records.key(field).left[pairs.left]]


def _address(scale: Scale, pairs: Pairs) -> Scores:
    table, level = scale.weights.tables["address"], area_levels(scale.records, pairs)
    bits = table[level]
    home = np.flatnonzero(level == Address.SAME_UPRN)
    bits[home] += _corrected(scale, "address", Address.SAME_UPRN, "uprn", pairs.where(home))
    # House numbers may still be the same, other ones or none.
    near = np.flatnonzero(level == Address.SAME_POSTCODE)
    possible = [
        table[number] + _corrected(scale, "address", number, "postcode", pairs.where(near))
        for number in (Address.SAME_POSTCODE, Address.SAME_POSTCODE_AND_NUMBER)
    ]
    bits[near] = np.maximum(np.maximum(*possible), table[Address.SAME_POSTCODE_OTHER_NUMBER])
    return bits


def _surname(scale: Scale, pairs: Pairs) -> Scores:
    table, records = scale.weights.tables["surname"], scale.records
    level = ranked(codes_of(records.surname, pairs), Surname.DIFFERS, Surname.EXACT)
    bits = table[level]
    equal = np.flatnonzero(level == Surname.EXACT)
    bits[equal] += _corrected(scale, "surname", Surname.EXACT, "surname", pairs.where(equal))
    # Where the legal surname is missing there may still be a former one.
    unequal = np.flatnonzero(level < Surname.EXACT)
    among = pairs.where(unequal)
    near = may_be_near_surnames(records, among)
    known = records.known_surnames.may_be(codes_of(records.surname, among))
    sounds, parents = np.flatnonzero(near.sounds_alike | known), np.flatnonzero(is_a_parents(records, among))
    best = _at_least(bits[unequal], is_of_no_family(records, among), table[Surname.OF_NO_FAMILY])
    best = _at_least(best, may_share_words(records, among), table[Surname.ONE_PART_AGREES])
    best = _at_least(best, near.similar, table[Surname.SIMILAR])
    best = _at_least(best, near.one_part, table[Surname.ONE_PART_AGREES])
    best = _at_least(best, is_former_or_preferred(records, among), table[Surname.FORMER_OR_PREFERRED])
    for reached, at, field in (
        (Surname.SOUNDS_ALIKE, sounds, "surname_sound"),
        (Surname.A_PARENTS, parents, "surname"),
    ):
        correction = _corrected(scale, "surname", reached, field, among.where(at))
        best[at] = np.maximum(best[at], table[reached] + correction)
    bits[unequal] = best
    return bits


def _forename(scale: Scale, pairs: Pairs, similarity: float) -> Scores:
    table, records = scale.weights.tables["forename"], scale.records
    whole, first = codes_of(records.forename, pairs), codes_of(records.first_name, pairs)
    level = ranked(whole, Forename.DIFFERS, Forename.EXACT)
    bits = table[level]
    equal = np.flatnonzero((first[0] == first[1]) & (level > Forename.MISSING))
    bits[equal] = _best_forename(scale, pairs.where(equal))
    unequal = np.flatnonzero((level == Forename.DIFFERS) & (first[0] != first[1]))
    among = pairs.where(unequal)
    near = may_be_near_forenames(records, among, similarity)
    start, further = codes_of(records.forename_3, among), codes_of(records.further_names, among)
    variants = records.known_forenames.may_be((first[0][unequal], first[1][unequal]))
    best = _at_least(bits[unequal], start[0] == start[1], table[Forename.FIRST_THREE_LETTERS])
    best = _at_least(best, np.maximum(*further) >= 0, table[Forename.MIDDLE_NAME])
    best = _at_least(best, may_share_words(records, among), table[Forename.KNOWN_VARIANT])
    best = _at_least(best, near.similar, table[Forename.SIMILAR])
    best = _at_least(best, near.shortened, table[Forename.SHORTENED])
    best = _at_least(best, variants, table[Forename.KNOWN_VARIANT])
    at = np.flatnonzero(near.sounds_alike)
    correction = _corrected(scale, "forename", Forename.SOUNDS_ALIKE, "forename_sound", among.where(at))
    best[at] = np.maximum(best[at], table[Forename.SOUNDS_ALIKE] + correction)
    bits[unequal] = best
    return bits


def _best_forename(scale: Scale, pairs: Pairs) -> Scores:
    """What the forename of each left row weighs at best, if the names are where they should be."""
    records, rows = scale.records, pairs.left
    best, sounds = scale.best_forenames
    found: Scores = np.maximum(best[records.first_name.left[rows]], sounds[records.forename_sound.left[rows]])
    return found


def _exchanged(scale: Scale, pairs: Pairs) -> Scores:
    """What both names weigh where they have changed places; minus infinity where they have not."""
    records = scale.records
    bits = np.full(len(pairs), scale.weights.tables["forename"][Forename.OTHER_ORDER])
    for name in ("first_name", "surname"):
        bits += _corrected(scale, "forename", Forename.OTHER_ORDER, name, pairs)
    for field in (records.surname, records.forename):
        left, right = codes_of(field, pairs)
        bits[(left == right) | (np.minimum(left, right) < 0)] = -np.inf
    return bits


def _at_least(bits: Scores, where: Mask, weight: float) -> Scores:
    return np.where(where, np.maximum(bits, weight), bits)
