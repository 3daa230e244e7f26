"""What two random rows agree on: the u of the model, from exact frequencies where a value can simply be counted, and
from random pairs for names and near misses."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from shared.methods.linkage.block.equi_join import SPREAD, equi_join
from shared.methods.linkage.compare.compare import compare, house_number
from shared.methods.linkage.compare.levels import LEVELS, Address, Dob, Forename, Identifier, Surname
from shared.methods.linkage.encode.arrays import Codes, Scores, counts
from shared.methods.linkage.encode.fields import Field
from shared.methods.linkage.encode.letters import ranks
from shared.methods.linkage.encode.pairs import Pairs
from shared.methods.linkage.encode.records import Records

FIELDS = ("dob", "surname", "surname_sound", "first_name", "forename_sound", "uprn", "postcode")
"""Fields of which the model keeps how often two random rows have the same value."""
SAMPLE = 100_000
"""Random pairs in all."""
_SEED = 20260901


@dataclass(frozen=True)
class Strangers:
    """Random pairs of one pair of files."""

    levels: dict[str, Scores]
    """By comparison, how many random pairs are at each level."""
    repeats: dict[str, float]
    """By field, the chance that a random left row and a random right row have the same value."""
    at_one_postcode: Scores
    """Of pairs of one postcode, the share at each level of `Address`."""
    weight: float
    """Pairs that these files could have made, in relation to which files are averaged."""


def strangers(records: Records, sample: int, similarity: float) -> Strangers:
    """Draw random pairs of one pair of files. The rows are drawn in an order that their values decide."""
    rng = np.random.default_rng(_SEED)
    left, right = (drawn(records, side, sample) for side in (0, 1))
    pairs = Pairs(rng.choice(left, sample), rng.choice(right, sample))
    levels = compare(records, pairs, similarity)
    found = {name: np.bincount(levels[name], minlength=len(kind)).astype(float) for name, kind in LEVELS.items()}
    return Strangers(
        found,
        {name: repeats(records.key(name)) for name in (*FIELDS, "whole_name", "upn", "uln")},
        _at_one_postcode(records),
        float(records.left_rows) * float(records.right_rows),
    )


def repeats(field: Field) -> float:
    """The chance that a random row of one side and one of the other have the same value, among those that say one."""
    left, right = counts(field.left, field.size), counts(field.right, field.size)
    pairs = math.prod(map(float, field.present))
    return float((left * right).sum()) / pairs if pairs else 0.0


def drawn(records: Records, side: int, most: int) -> Codes:
    """At most so many rows of one side, in an order that depends on what they say and not on how the file is sorted."""
    key = np.zeros((records.left_rows, records.right_rows)[side], np.uint64)
    for name in ("dob", "surname", "forename", "postcode"):
        field = records.key(name)
        mixed = np.append(ranks(field.values).astype(np.uint64) + np.uint64(1), np.uint64(0))
        key = (key ^ mixed[(field.left, field.right)[side]]) * SPREAD
        key ^= key >> np.uint64(29)
    if most >= len(key):
        return np.argsort(key, kind="stable")
    last = np.partition(key, most - 1)[most - 1]
    rows = np.flatnonzero(key <= last)
    return rows[np.argsort(key[rows], kind="stable")][:most]


def chances(samples: list[Strangers]) -> tuple[dict[str, Scores], dict[str, float]]:
    """u by comparison and level, and the repeats by field, over all pairs of files."""
    weights = np.array([each.weight for each in samples]) / sum(each.weight for each in samples)
    counted = {name: sum(each.levels[name] for each in samples) for name in LEVELS}
    same = {name: float(weights @ [each.repeats[name] for each in samples]) for name in samples[0].repeats}
    u = {}
    for name, found in counted.items():
        found = np.asarray(found)[1:]
        u[name] = np.append(0.0, (found + 0.5) / (found.sum() + 0.5 * len(found)))
    for name in ("upn", "uln"):
        u[name][Identifier.EXACT] = max(same[name], 1e-8)
    u["dob"][Dob.EXACT] = max(same["dob"], 1e-8)
    u["surname"][Surname.A_PARENTS] = 2 * u["surname"][Surname.EXACT]  # two parents, of whom few pairs are looked up
    u["surname"][Surname.OTHER_ORDER] = 1.0  # the forename carries it
    u["forename"][Forename.OTHER_ORDER] = u["surname"][Surname.EXACT] * u["forename"][Forename.EXACT]
    _addresses(u["address"], same, weights @ [each.at_one_postcode for each in samples])
    return u, {name: max(same[name], 1e-9) for name in (*FIELDS, "whole_name")}


def _addresses(u: Scores, same: dict[str, float], at_one_postcode: Scores) -> None:
    """Levels at one postcode are too rare for a sample: from how often two rows share a postcode, and from what pairs
    of one postcode are like. Whether they have one UPRN says how often files that have none would share a home."""
    home, postcode = max(same["uprn"], 1e-8), max(same["postcode"], 2e-8)
    u[Address.SAME_UPRN] = home
    for level in _AT_ONE_POSTCODE:
        u[level] = max(postcode * float(at_one_postcode[level]), 1e-9)


def _at_one_postcode(records: Records) -> Scores:
    """The share of each level of `Address` among pairs of one postcode, as if no UPRN were known."""
    left = drawn(records, 0, LOOKED_AT)
    postcode = records.postcode
    found = equi_join(postcode.left[left], postcode.right, postcode.size, MOST_AT_ONE_POSTCODE)
    counted = np.bincount(house_number(records, Pairs(left[found.left], found.right)), minlength=len(Address)).astype(
        float
    )
    counted[list(_AT_ONE_POSTCODE)] += 0.5
    shares: Scores = counted / counted.sum()
    return shares


LOOKED_AT, MOST_AT_ONE_POSTCODE = 5_000, 200
"""Left rows whose postcode is looked at, and right rows that share it, at most."""
_AT_ONE_POSTCODE = (Address.SAME_POSTCODE_OTHER_NUMBER, Address.SAME_POSTCODE, Address.SAME_POSTCODE_AND_NUMBER)
