"""Match weights in bits: what each comparison level of a pair speaks for one person rather than two.

A weight is log2(m/u), the level's share among true pairs over its share among random pairs. Sharing a rare value says
more than sharing a common one, so where values agree the weight is corrected by how often the value occurs (term
frequency). A higher level of a comparison never weighs less than a lower one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from shared.methods.linkage.compare.levels import LEVELS, Address, Dob, Forename, Surname
from shared.methods.linkage.encode.arrays import Levels, Scores
from shared.methods.linkage.encode.fields import Field
from shared.methods.linkage.encode.pairs import Pairs, others_of
from shared.methods.linkage.encode.records import Records

if TYPE_CHECKING:
    from shared.methods.linkage.policy import LinkageModel, Siblings

ASIDE: dict[str, int] = {"surname": Surname.OTHER_ORDER, "forename": Forename.OTHER_ORDER}
"""Levels outside the order. Names that have changed places are one finding: the forename's weight carries it whole."""


@dataclass(frozen=True)
class Term:
    """One term frequency: a field, and the levels of a comparison at which its value agrees."""

    field: str
    comparison: str
    levels: tuple[IntEnum, ...]


FIRST_NAMES = (Forename.FIRST_NAME, Forename.OTHER_ORDER, Forename.EXACT)
TERMS: tuple[Term, ...] = (
    Term("dob", "dob", (Dob.EXACT,)),
    Term("surname", "surname", (Surname.A_PARENTS, Surname.EXACT)),
    Term("surname_sound", "surname", (Surname.SOUNDS_ALIKE,)),
    Term("first_name", "forename", FIRST_NAMES),
    Term("surname", "forename", (Forename.OTHER_ORDER,)),
    Term("forename_sound", "forename", (Forename.SOUNDS_ALIKE,)),
    Term("uprn", "address", (Address.SAME_UPRN,)),
    Term("postcode", "address", (Address.SAME_POSTCODE_AND_NUMBER, Address.SAME_POSTCODE)),
)


@dataclass(frozen=True)
class Bits:
    """The weight of every pair in parts. The parts add up to the whole."""

    comparisons: dict[str, Scores]
    """By comparison, the weight of the level."""
    terms: dict[str, Scores]
    """By comparison, the correction for how common the value is."""
    siblings: Scores
    """What the pair would weigh if the two were brother and sister, or twins."""

    @property
    def total(self) -> Scores:
        """The sum over comparisons, always in the same order."""
        first, *others = (*self.comparisons.values(), *self.terms.values())
        total = first.copy()
        for part in others:
            total += part
        return total


@dataclass(frozen=True)
class Weights:
    """A model's weights by comparison and level, in bits; 0 where a level says nothing."""

    tables: dict[str, Scores]
    repeats: dict[str, float]
    borrowed: int
    """Rows that the model's frequencies weigh."""
    siblings: Siblings
    by_chance: dict[str, Scores]
    """By comparison and level, log2 of its share among strangers; 0 where a level says nothing."""
    as_siblings: dict[str, Scores]
    """By comparison (`Siblings.levels`) and level, by how many bits it is likelier of siblings than of strangers."""

    def most(self, comparison: str) -> float:
        """The weight of the highest level of a comparison."""
        return float(np.max(self.tables[comparison]))

    def strangers(self, levels: dict[str, Levels], bits: Bits, right: int) -> Scores:
        """How many of so many right rows agree by chance on names and date of birth with the left one as this does."""
        names = ("dob", "surname", "forename")
        shares = [self.by_chance[name][levels[name]] - bits.terms[name] for name in names]
        expected: Scores = right * np.exp2(np.sum(shares, axis=0))
        return expected

    def on(self, records: Records) -> Scale:
        """These weights for pairs of these records."""
        return Scale(self, records)

    def least(self, comparison: str, agrees: int, alike: tuple[IntEnum, ...]) -> float:
        """The lowest correction of a level. However common the value, agreeing on it is not less than almost agreeing.

        Levels at which the same value agrees (`alike`) are corrected with it, and are no measure; nor has a level
        outside the order a lower one.
        """
        if agrees == ASIDE.get(comparison):
            return -np.inf
        table = self.tables[comparison]
        below = max((table[lower] for lower in range(1, agrees) if lower not in alike), default=0.0)
        return float(min(below - table[agrees], 0.0))


@dataclass(frozen=True)
class Scale:
    """Weighs pairs of records. What depends on a value alone, how common it is, is found once for every value."""

    weights: Weights
    records: Records

    @cached_property
    def corrections(self) -> dict[tuple[str, int, str], Scores]:
        """By comparison, level and field, the correction of each value of that field; the last is of a missing one."""
        found = {}
        for term in TERMS:
            field, usual = self.records.key(term.field), self.weights.repeats.get(term.field)
            rarity = np.zeros(field.size) if usual is None else np.log2(usual / self._share(field, usual))
            for level in term.levels:
                least = self.weights.least(term.comparison, level, term.levels)
                found[term.comparison, int(level), term.field] = np.append(np.maximum(rarity, least), 0.0)
        return found

    @cached_property
    def best_forenames(self) -> tuple[Scores, Scores]:
        """The most that each first name can weigh by its letters, and the most that it can by its sound; the last is of
        a missing one."""
        table, corrections = self.weights.tables["forename"], self.corrections
        named = [
            table[level] + corrections["forename", level, "first_name"]
            for level in (Forename.FIRST_NAME, Forename.EXACT)
        ]
        sounds = corrections["forename", Forename.SOUNDS_ALIKE, "forename_sound"]
        best = np.maximum(np.maximum(*named), np.max(table[: Forename.FIRST_NAME]))
        return best, table[Forename.SOUNDS_ALIKE] + sounds

    def _share(self, field: Field, usual: float) -> Scores:
        """The share of each value, without the pair itself, which says nothing of strangers."""
        rows, borrowed = self.records.left_rows + self.records.right_rows, self.weights.borrowed
        share: Scores = (np.maximum(field.rows - 2, 0) + borrowed * usual) / (rows - 2 + borrowed)
        return share

    def bits(self, pairs: Pairs, levels: dict[str, Levels]) -> Bits:
        """The weights of every pair, from its levels (`compare`)."""
        parts = {name: self.weights.tables[name][level] for name, level in levels.items()}
        terms = {name: np.zeros(len(pairs)) for name in dict.fromkeys(term.comparison for term in TERMS)}
        for (comparison, level, field), correction in self.corrections.items():
            at = np.flatnonzero(levels[comparison] == level)
            terms[comparison][at] += correction[self.records.key(field).left[pairs.left[at]]]
        terms["forename"] += self._whole_name(pairs, levels)
        for agrees in (Forename.FIRST_NAME, Forename.EXACT):
            at = levels["forename"] == agrees
            least = self.weights.least("forename", agrees, FIRST_NAMES)
            terms["forename"][at] = np.maximum(terms["forename"][at], least)
        return Bits(parts, terms, self._as_siblings(parts, terms, levels))

    def _whole_name(self, pairs: Pairs, levels: dict[str, Levels]) -> Scores:
        """What surname and first name say less together than each for itself: names go with one another (Mohammed
        Ali), so the whole name is counted too. Seldom seen, it is taken for as rare as its parts and the model say."""
        correction = np.zeros(len(pairs))
        repeats = self.weights.repeats
        usual = repeats.get("whole_name")
        if usual is None:
            return correction
        agrees = (levels["surname"] == Surname.EXACT) & (levels["forename"] >= Forename.FIRST_NAME)
        at = np.flatnonzero(agrees & (levels["forename"] != Forename.OTHER_ORDER))
        rows, among = self.records.left_rows + self.records.right_rows, pairs.where(at)
        apart = np.ones(len(at))
        for name in ("surname", "first_name"):
            field = self.records.key(name)
            apart *= self._share(field, repeats[name])[field.left[among.left]]
        expected = apart * usual / (repeats["surname"] * repeats["first_name"])
        together = (others_of(self.records.whole_name, among) + _SEEN) / (rows + _SEEN / expected)
        correction[at] = np.minimum(np.log2(apart / together), 0.0)
        return correction

    def _as_siblings(self, parts: dict[str, Scores], terms: dict[str, Scores], levels: dict[str, Levels]) -> Scores:
        """Siblings share surname, home and contact as a person does with itself; other forenames and sex as strangers
        do. That a sibling is the best there is also needs the person's own record to be missing from the family."""
        known, as_siblings = self.weights.siblings, self.weights.as_siblings
        shared = sum(parts[name] + terms.get(name, 0.0) for name in ("surname", "address", "contact", "family"))
        twins = levels["dob"] == Dob.EXACT
        named = np.where(
            twins,
            as_siblings["forename_of_twins"][levels["forename"]],
            as_siblings["forename"][levels["forename"]],
        )
        siblings: Scores = shared + named + as_siblings["dob"][levels["dob"]] + as_siblings["sex"][levels["sex"]]
        siblings += np.where(twins, terms["dob"], 0.0)
        siblings += np.where(np.isin(levels["forename"], FIRST_NAMES), terms["forename"], 0.0)
        siblings += np.log2(max(known.per_child, 1e-9) * known.unlisted)
        return siblings


_SEEN = 0.5
"""Times that a whole name counts as seen by expectation alone."""


def weights_of(model: LinkageModel) -> Weights:
    """The weights of a model. Raises ValueError when it names a comparison or level that does not exist."""
    tables = {name: np.zeros(len(kind)) for name, kind in LEVELS.items()}
    by_chance = {name: np.zeros(len(kind)) for name, kind in LEVELS.items()}
    for name, chances in model.comparisons.items():
        kind = LEVELS.get(name)
        known = {} if kind is None else {level.name.lower(): level for level in kind}
        if kind is None or set(chances) - set(known):
            raise ValueError(f"the model has a comparison or level that linkage has not: {name}")
        levels = sorted(known[level] for level in chances)
        ordered = [level for level in levels if level != ASIDE.get(name)]
        stated = {known[level]: (chance.m, chance.u) for level, chance in chances.items()}
        tables[name][ordered] = rising([stated[level][0] for level in ordered], [stated[level][1] for level in ordered])
        for level in levels:
            by_chance[name][level] = np.log2(stated[level][1])
        for level in set(levels) - set(ordered):
            tables[name][level] = np.log2(stated[level][0] / stated[level][1])
    as_siblings = sibling_bits(model.siblings, by_chance, model.repeats)
    return Weights(tables, dict(model.repeats), model.rows, model.siblings, by_chance, as_siblings)


def sibling_bits(known: Siblings, by_chance: dict[str, Scores], repeats: Mapping[str, float]) -> dict[str, Scores]:
    """How much likelier each level is of siblings than of strangers (`by_chance`, log2). Without levels that were
    learned, siblings have one birthday or first name as often as is known, and are as strangers in all else."""
    found = {
        name: np.zeros(len(LEVELS[name.split("_")[0]])) for name in ("dob", "forename", "forename_of_twins", "sex")
    }
    found["dob"][Dob.EXACT] = np.log2(known.same_birthday / repeats["dob"])
    for name in ("forename", "forename_of_twins"):
        found[name][list(FIRST_NAMES)] = np.log2(known.same_forename / repeats["first_name"])
        found[name][Forename.OTHER_ORDER] = 0.0
    for name, shares in known.levels.items():
        comparison = name.split("_")[0]
        for level in LEVELS[comparison]:
            share = shares.get(level.name.lower())
            if share is not None:
                found[name][level] = np.log2(share) - by_chance[comparison][level]
    return found


def rising(m: list[float], u: list[float]) -> list[float]:
    """log2(m/u) of levels in order; neighbours that fall are pooled until none does."""
    pools: list[tuple[float, float, int]] = []
    for pool in zip(m, u, [1] * len(m), strict=True):
        pools.append(pool)
        while len(pools) > 1 and pools[-2][0] * pools[-1][1] > pools[-1][0] * pools[-2][1]:
            last, before = pools.pop(), pools.pop()
            pools.append((last[0] + before[0], last[1] + before[1], last[2] + before[2]))
    return [float(np.log2(pool[0] / pool[1])) for pool in pools for _ in range(pool[2])]
