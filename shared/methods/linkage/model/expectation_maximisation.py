"""Expectation and maximisation: m, and how many matches there are, from levels of which nobody knows the true pairs.

First the patterns alone decide (a few thousand numbers, milliseconds); then, with one row to one row, the pairs
themselves do, so that a twin whose own record is absent does not teach the model that forenames may differ.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from shared.methods.linkage.compare.levels import LEVELS, Address, Dob, Surname
from shared.methods.linkage.compare.patterns import Patterns, levels_of
from shared.methods.linkage.encode.arrays import Codes, Levels, Scores
from shared.methods.linkage.encode.pairs import Pairs
from shared.methods.linkage.encode.records import Records
from shared.methods.linkage.model.family import by_siblings
from shared.methods.linkage.model.posterior import World, posterior
from shared.methods.linkage.model.rivals import Rivals, rivals
from shared.methods.linkage.model.siblings import cut
from shared.methods.linkage.model.weights import sibling_bits, weights_of
from shared.methods.linkage.policy import Calibration, LevelChances, LinkageModel, Siblings

ROUNDS_OF_PATTERNS = 30
_UNLIKELY = -12.0
"""Log2 odds of a pair, before rivals, under which it is left out when pairs compete."""
_SURE = 0.95
"""Chance from which a pair counts as found when families are learned."""
_SEEN_BEFORE = 0.5
"""Pairs that each level has before the first is seen, so that none is impossible."""


@dataclass(frozen=True)
class Blocked:
    """One pair of files: its blocked pairs and their levels."""

    records: Records
    wanted: int
    """How many left rows were selected."""
    pairs: Pairs
    levels: dict[str, Levels]

    @cached_property
    def rivals(self) -> Rivals:
        """Which of the pairs compete."""
        return rivals(self.records, self.pairs)

    def likely(self, model: LinkageModel) -> Blocked:
        """Without the pairs that teach nothing, because by this model they hardly can be one person."""
        total = weights_of(model).on(self.records).bits(self.pairs, self.levels).total
        prior = self.world(model).odds(model.found * self.wanted)
        near = np.flatnonzero(total + prior >= _UNLIKELY)
        levels = {name: level[near] for name, level in self.levels.items()}
        return replace(self, pairs=self.pairs.where(near), levels=levels)

    def world(self, model: LinkageModel) -> World:
        """Among how many rows the pairs are."""
        return World(self.wanted, self.records.right_rows, model.found)


@dataclass(frozen=True)
class Facts:
    """All of a model but m and how many are found."""

    name: str
    version: str
    trained_on: str
    left_rows: int
    right_rows: int
    selected: int
    """Left rows among which matches are counted."""
    u: dict[str, Scores]
    repeats: dict[str, float]
    siblings: Siblings
    calibration: Calibration
    """The agreement's, until decisions on what the new model states say another (`calibrate.fit`)."""

    def model(self, m: dict[str, Scores], found: float) -> LinkageModel:
        """The model with these m. Numbers are cut to six digits: what was learned is not more exact than that."""
        comparisons = {
            name: {
                level.name.lower(): LevelChances(m=cut(m[name][level]), u=cut(self.u[name][level]))
                for level in kind
                if level and name != "family" and not (name == "surname" and level == Surname.OTHER_ORDER)
            }
            for name, kind in LEVELS.items()
        }
        return LinkageModel(
            name=self.name,
            version=self.version,
            trained_on=self.trained_on,
            left_rows=self.left_rows,
            right_rows=self.right_rows,
            found=cut(found),
            comparisons=comparisons,
            repeats={name: cut(share) for name, share in self.repeats.items()},
            siblings=self.siblings,
            calibration=self.calibration,
        )


def by_patterns(facts: Facts, patterns: Patterns, possible: float) -> tuple[dict[str, Scores], float]:
    """EM over counted patterns: each is a match, strangers, or siblings."""
    levels = levels_of(patterns.numbers)
    m = {name: _first_guess(len(kind)) for name, kind in LEVELS.items()}
    matches = 0.5 * facts.selected
    by_chance = {name: np.log2(np.maximum(share, 1e-12)) for name, share in facts.u.items()}
    known = sibling_bits(facts.siblings, by_chance, facts.repeats)
    of_siblings = known["dob"][levels["dob"]] + known["sex"][levels["sex"]]
    twins = levels["dob"] == Dob.EXACT
    of_siblings += np.where(
        twins, known["forename_of_twins"][levels["forename"]], known["forename"][levels["forename"]]
    )
    for _ in range(ROUNDS_OF_PATTERNS):
        bits = {name: _bits(m[name], facts.u[name], name)[levels[name]] for name in LEVELS}
        prior = np.log2(matches / (possible * (1 - matches / facts.selected)))
        as_siblings = bits["surname"] + bits["address"] + bits["contact"] + of_siblings + prior
        as_siblings += np.log2(max(facts.siblings.per_child, 1e-9) * facts.siblings.unlisted)
        instead = np.logaddexp2(0.0, as_siblings)
        chance = 1 / (1 + np.exp2(np.clip(instead - sum(bits.values()) - prior, -1000, 1000)))
        share = chance * patterns.pairs
        m = {name: _shares(levels[name], share, len(kind)) for name, kind in LEVELS.items()}
        matches = min(max(float(share.sum()), 1.0), 0.95 * facts.selected)
    return m, matches / facts.selected


def by_pairs(facts: Facts, model: LinkageModel, blocked: list[Blocked]) -> LinkageModel:
    """One more step of EM, in which pairs compete for their rows."""
    weights = weights_of(model)
    seen = {name: np.zeros(len(kind)) for name, kind in LEVELS.items()}
    total = twins = 0.0
    for each in blocked:
        bits = weights.on(each.records).bits(each.pairs, each.levels)
        chance, _ = posterior(bits.total, bits.siblings, each.rivals, each.world(model))
        # Of a pair that nobody competes for, what is not one person may be a twin whose own record is missing.
        instead = np.minimum(chance * np.exp2(np.minimum(bits.siblings - bits.total, 100.0)), 1 - chance)
        twins += float(np.round(instead[each.levels["dob"] == Dob.EXACT] * 2**20).sum())
        chance = np.round(chance * 2**20)
        for name, kind in LEVELS.items():
            seen[name] += np.bincount(each.levels[name], weights=chance, minlength=len(kind))
        total += float(chance.sum())
    m = {name: _shares(np.arange(len(found)), found / 2**20, len(found)) for name, found in seen.items()}
    found = min(total / 2**20 / facts.selected, 0.95)
    expected = total / 2**20 * facts.siblings.per_child * facts.siblings.same_birthday
    unlisted = cut(min((twins / 2**20 + 0.1) / (expected + 1), 0.9))
    return replace(facts, siblings=facts.siblings.model_copy(update={"unlisted": unlisted})).model(m, found)


def family_chances(model: LinkageModel, blocked: list[Blocked]) -> dict[str, LevelChances]:
    """How often a sibling's match speaks for a true pair whose addresses do not agree.

    A stranger is in the very family of a sibling no more often than two random rows have one home.
    """
    weights = weights_of(model)
    spoken = apart = 0
    for each in blocked:
        bits = weights.on(each.records).bits(each.pairs, each.levels)
        sure = np.flatnonzero(posterior(bits.total, bits.siblings, each.rivals, each.world(model))[0] >= _SURE)
        pairs, levels = each.pairs.where(sure), {name: level[sure] for name, level in each.levels.items()}
        spoken += int(by_siblings(each.records, pairs, pairs).sum())
        apart += int((levels["address"] < Address.SAME_POSTCODE_OTHER_NUMBER).sum())
    m = (spoken + _SEEN_BEFORE) / (apart + 2 * _SEEN_BEFORE)
    return {"sibling_matched": LevelChances(m=cut(m), u=cut(m * model.repeats["uprn"]))}


def _first_guess(size: int) -> Scores:
    """Most true pairs agree."""
    guess = np.full(size, 0.1 / max(size - 2, 1))
    guess[0], guess[-1] = 0.0, 0.9
    return guess


def _bits(m: Scores, u: Scores, name: str) -> Scores:
    bits = np.zeros(len(m))
    bits[1:] = np.log2(m[1:] / u[1:])
    if name == "surname":
        bits[Surname.OTHER_ORDER] = 0.0
    return bits


def _shares(levels: Codes, weight: Scores, size: int) -> Scores:
    """The share of each level among the weighted pairs that say something."""
    seen = np.bincount(levels, weights=weight, minlength=size)
    seen[0] = 0.0
    seen[1:] += _SEEN_BEFORE
    shares: Scores = seen / seen.sum()
    return shares
