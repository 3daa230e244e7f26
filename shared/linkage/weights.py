"""Match weights in bits: what each comparison level of a pair speaks for one child rather than two.

A weight is log2(m/u), the level's share among true pairs over its share among random pairs. Sharing a rare value says
more than sharing a common one, so where values agree the weight is corrected by how often the value occurs (term
frequency). A higher level of a comparison never weighs less than a lower one.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

from shared.linkage.context import others_of
from shared.linkage.fields import Levels
from shared.linkage.levels import LEVELS, Address, Dob, Forename, Surname
from shared.linkage.pairs import Pairs, Scores
from shared.linkage.records import Records

if TYPE_CHECKING:
    from shared.agreement.linkage_model import LinkageModel, Siblings

ASIDE: dict[str, int] = {"surname": Surname.OTHER_ORDER, "forename": Forename.OTHER_ORDER}
"""Levels outside the order. Names that have changed places are one finding: the forename's weight carries it whole."""


@dataclass(frozen=True)
class Term:
    """One term frequency: a field, and the levels of a comparison at which its value agrees."""

    field: str
    comparison: str
    levels: tuple[IntEnum, ...]


_FIRST_NAMES = (Forename.FIRST_NAME, Forename.OTHER_ORDER, Forename.EXACT)
TERMS: tuple[Term, ...] = (
    Term("dob", "dob", (Dob.EXACT,)),
    Term("surname", "surname", (Surname.A_PARENTS, Surname.EXACT)),
    Term("surname_sound", "surname", (Surname.SOUNDS_ALIKE,)),
    Term("first_name", "forename", _FIRST_NAMES),
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

    def most(self, comparison: str) -> float:
        """The weight of the highest level of a comparison."""
        return float(np.max(self.tables[comparison]))

    def bits(self, records: Records, pairs: Pairs, levels: dict[str, Levels]) -> Bits:
        """The weights of every pair, from its levels (`compare`)."""
        parts = {name: self.tables[name][level] for name, level in levels.items()}
        terms = {name: np.zeros(len(pairs)) for name in dict.fromkeys(term.comparison for term in TERMS)}
        for term in TERMS:
            terms[term.comparison] += self._term(records, pairs, levels[term.comparison], term)
        terms["forename"] += self._whole_name(records, pairs, levels)
        for agrees in (Forename.FIRST_NAME, Forename.EXACT):
            at = levels["forename"] == agrees
            least = _least(self.tables["forename"], agrees, _FIRST_NAMES)
            terms["forename"][at] = np.maximum(terms["forename"][at], least)
        return Bits(parts, terms, self._as_siblings(parts, terms, levels))

    def _term(self, records: Records, pairs: Pairs, level: Levels, term: Term) -> Scores:
        field, usual = records.key(term.field), self.repeats.get(term.field)
        correction = np.zeros(len(pairs))
        if usual is None:
            return correction
        rows = records.pupils + records.households
        # Without the pair itself, which says nothing of strangers.
        others = np.maximum(field.rows - 2, 0)
        share = (others + self.borrowed * usual) / (rows - 2 + self.borrowed)
        table = self.tables[term.comparison]
        for agrees in term.levels:
            at = np.flatnonzero((level == agrees) & (field.pupils[pairs.pupils] >= 0))
            least = _least(table, agrees, term.levels) if agrees != ASIDE.get(term.comparison) else -np.inf
            correction[at] = np.maximum(np.log2(usual / share[field.pupils[pairs.pupils[at]]]), least)
        return correction

    def _whole_name(self, records: Records, pairs: Pairs, levels: dict[str, Levels]) -> Scores:
        """What surname and first name say less together than each for itself: names go with one another (Mohammed
        Ali), so the whole name is counted too. Seldom seen, it is taken for as rare as its parts and the model say."""
        correction = np.zeros(len(pairs))
        usual = self.repeats.get("whole_name")
        if usual is None:
            return correction
        agrees = (levels["surname"] == Surname.EXACT) & (levels["forename"] >= Forename.FIRST_NAME)
        at = np.flatnonzero(agrees & (levels["forename"] != Forename.OTHER_ORDER))
        rows, among = records.pupils + records.households, pairs.where(at)
        apart = np.ones(len(at))
        for name in ("surname", "first_name"):
            field = records.key(name)
            others = np.maximum(field.rows - 2, 0)[field.pupils[among.pupils]]
            apart *= (others + self.borrowed * self.repeats[name]) / (rows - 2 + self.borrowed)
        expected = apart * usual / (self.repeats["surname"] * self.repeats["first_name"])
        together = (others_of(records.whole_name, among) + _SEEN) / (rows + _SEEN / expected)
        correction[at] = np.minimum(np.log2(apart / together), 0.0)
        return correction

    def strangers(self, levels: dict[str, Levels], bits: Bits, households: int) -> Scores:
        """How many children of so many agree with the pupil by chance on names and date of birth as this child does."""
        names = ("dob", "surname", "forename")
        shares = [self.by_chance[name][levels[name]] - bits.terms[name] for name in names]
        expected: Scores = households * np.exp2(np.sum(shares, axis=0))
        return expected

    def _as_siblings(self, parts: dict[str, Scores], terms: dict[str, Scores], levels: dict[str, Levels]) -> Scores:
        """Siblings share surname, home and contact as a child does with itself; other forenames and sex as strangers
        do. That a sibling is the best there is also needs the child's own record to be missing from the claim."""
        shared = sum(parts[name] + terms.get(name, 0.0) for name in ("surname", "address", "contact", "family"))
        born = _instead(self.siblings.same_birthday, self.repeats["dob"]) + terms["dob"]
        named = _instead(self.siblings.same_forename, self.repeats["first_name"]) + terms["forename"]
        same_name = (levels["forename"] == Forename.EXACT) | (levels["forename"] == Forename.FIRST_NAME)
        siblings: Scores = shared + np.where(levels["dob"] == Dob.EXACT, born, 0.0) + np.where(same_name, named, 0.0)
        siblings += np.log2(max(self.siblings.per_child, 1e-9) * self.siblings.unlisted)
        return siblings


def _least(table: Scores, agrees: int, alike: tuple[IntEnum, ...]) -> float:
    """The lowest correction of a level. However common the value, agreeing on it is not less than almost agreeing.

    Levels at which the same value agrees (`alike`) are corrected with it, and are no measure.
    """
    below = max((table[lower] for lower in range(1, agrees) if lower not in alike), default=0.0)
    return float(min(below - table[agrees], 0.0))


_SEEN = 0.5
"""Times that a whole name counts as seen by expectation alone."""


def _instead(siblings: float, strangers: float) -> float:
    """Bits by which siblings agree more often (or less) than strangers."""
    return float(np.log2(siblings / strangers))


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
        said = {known[level]: (chance.m, chance.u) for level, chance in chances.items()}
        tables[name][ordered] = rising([said[level][0] for level in ordered], [said[level][1] for level in ordered])
        for level in levels:
            by_chance[name][level] = np.log2(said[level][1])
        for level in set(levels) - set(ordered):
            tables[name][level] = np.log2(said[level][0] / said[level][1])
    return Weights(tables, dict(model.repeats), model.rows, model.siblings, by_chance)


def rising(m: list[float], u: list[float]) -> list[float]:
    """log2(m/u) of levels in order; neighbours that fall are pooled until none does."""
    pools: list[tuple[float, float, int]] = []
    for pool in zip(m, u, [1] * len(m), strict=True):
        pools.append(pool)
        while len(pools) > 1 and pools[-2][0] * pools[-1][1] > pools[-1][0] * pools[-2][1]:
            last, before = pools.pop(), pools.pop()
            pools.append((last[0] + before[0], last[1] + before[1], last[2] + before[2]))
    return [float(np.log2(pool[0] / pool[1])) for pool in pools for _ in range(pool[2])]
