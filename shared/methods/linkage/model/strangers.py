"""What two random rows agree on: the u of the model, from exact frequencies where a value can simply be counted, and
from random pairs for names and near misses."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from shared.methods.linkage.compare.compare import compare
from shared.methods.linkage.compare.levels import LEVELS, Address, Dob, Forename, Identifier, Surname
from shared.methods.linkage.encode.arrays import Codes, Scores, counts
from shared.methods.linkage.encode.fields import Field
from shared.methods.linkage.encode.pairs import Pairs
from shared.methods.linkage.encode.records import Records
from shared.methods.linkage.encode.short_text import SPREAD, ShortText

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
    numbered: float
    """Part of random pairs of addresses that both have a house number."""
    located: float
    """Part of random pairs that both have a UPRN."""
    weight: float
    """Pairs that these files could have made, in relation to which files are averaged."""


def strangers(records: Records, sample: int, similarity: float) -> Strangers:
    """Draw random pairs of one pair of files. The rows are drawn in an order that their values decide."""
    rng = np.random.default_rng(_SEED)
    left, right = (drawn(records, side, sample) for side in (0, 1))
    pairs = Pairs(rng.choice(left, sample), rng.choice(right, sample))
    levels = compare(records, pairs, similarity)
    found = {name: np.bincount(levels[name], minlength=len(kind)).astype(float) for name, kind in LEVELS.items()}
    few = pairs.where(np.arange(min(sample, 20_000)))
    numbered = [
        float(np.mean(side.house_numbers(rows)[0] >= 0)) if len(rows) else 1.0
        for side, rows in zip(records.addresses, (few.left, few.right), strict=True)
    ]
    located = [float(np.mean(side >= 0)) if len(side) else 0.0 for side in (records.uprn.left, records.uprn.right)]
    return Strangers(
        found,
        {name: repeats(records.key(name)) for name in (*FIELDS, "whole_name", "upn", "uln")},
        numbered[0] * numbered[1],
        located[0] * located[1],
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
        mixed = np.zeros(field.size + 1, np.uint64)
        if pa.types.is_string(field.values.type):
            text = ShortText.both_ends(field.values)
            mixed[text.rows] = text.mixed
        else:
            mixed[:-1] = field.values.to_numpy(zero_copy_only=False).astype(np.uint64)
        key = (key ^ mixed[(field.left, field.right)[side]]) * SPREAD[0]
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
    _addresses(u["address"], same, float(weights @ [each.numbered for each in samples]), samples, weights)
    return u, {name: max(same[name], 1e-9) for name in (*FIELDS, "whole_name")}


def _addresses(u: Scores, same: dict[str, float], numbered: float, samples: list[Strangers], weights: Scores) -> None:
    """Levels at one postcode are too rare for a sample: from the chances of one home and of one postcode."""
    located = float(weights @ [each.located for each in samples])
    home, postcode = max(same["uprn"], 1e-8), max(same["postcode"], 2e-8)
    others = max(postcode - home, home)
    apart = home * (1 - located)
    u[Address.SAME_UPRN] = home
    u[Address.SAME_POSTCODE_AND_NUMBER] = max(apart * numbered, 1e-9)
    u[Address.SAME_POSTCODE] = max((others + apart) * (1 - numbered), 1e-9)
    u[Address.SAME_POSTCODE_OTHER_NUMBER] = max(others * numbered, 1e-9)
