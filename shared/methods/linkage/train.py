"""Trains the linkage model: u from strangers, m by expectation and maximisation over the patterns of blocked pairs.

First the patterns alone decide (a few thousand numbers, milliseconds); then, with one pupil to one child, the pairs
themselves do, so that a twin whose own record is absent does not teach the model that forenames may differ.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pyarrow as pa

from shared.methods.linkage.blocking import FINE, block
from shared.methods.linkage.compare import compare
from shared.methods.linkage.context import rivals
from shared.methods.linkage.family import by_siblings
from shared.methods.linkage.fields import Codes, Field, Levels, counts
from shared.methods.linkage.keys import join
from shared.methods.linkage.levels import LEVELS, Address, Dob, Forename, Surname
from shared.methods.linkage.lots import WORKERS
from shared.methods.linkage.meet import repeated
from shared.methods.linkage.pairs import Pairs, Scores
from shared.methods.linkage.patterns import Patterns, levels_of, pattern_of
from shared.methods.linkage.policy import Calibration, LevelChances, LinkageModel, LinkagePolicy, Siblings
from shared.methods.linkage.posterior import Rivals, World, posterior
from shared.methods.linkage.records import Records, read_records
from shared.methods.linkage.strangers import SAMPLE, chances, drawn, strangers
from shared.methods.linkage.weights import weights_of

SAMPLE_AT_ONCE, SAMPLE_AT_LEISURE = 30_000, 200_000
"""Pupils to learn from: where a run trains its own model, and where one is made to be kept."""
ROUNDS_OF_PATTERNS = 30
ROUNDS_OF_PAIRS = 3
_UNLIKELY = -12.0
"""Log2 odds of a pair, before rivals, under which it is left out when pairs compete."""
_SURE = 0.95
"""Chance from which a pair counts as found when families are learned."""
_NOTHING = "there is no pair of rows to learn from"
_SAID = 0.5
"""Pairs that each level has before the first is seen, so that none is impossible."""


@dataclass(frozen=True)
class Lot:
    """One pair of files: its blocked pairs and their levels."""

    records: Records
    pupils: int
    """How many pupils were asked for."""
    pairs: Pairs
    levels: dict[str, Levels]

    @cached_property
    def rivals(self) -> Rivals:
        """Which of the pairs compete."""
        return rivals(self.records, self.pairs)

    def likely(self, model: LinkageModel) -> Lot:
        """The lot without the pairs that teach nothing, because by this model they hardly can be one child."""
        total = weights_of(model).on(self.records).bits(self.pairs, self.levels).total
        prior = self.world(model).odds(model.found * self.pupils)
        near = np.flatnonzero(total + prior >= _UNLIKELY)
        levels = {name: level[near] for name, level in self.levels.items()}
        return replace(self, pairs=self.pairs.where(near), levels=levels)

    def world(self, model: LinkageModel) -> World:
        """Among how many rows the pairs are."""
        return World(self.pupils, self.records.households, model.found)


def train(
    files: Sequence[tuple[pa.Table, pa.Table]], policy: LinkagePolicy, *, name: str, version: str, trained_on: str
) -> LinkageModel:
    """Train a model on pairs of pupils and households tables, of which no true links are known.

    `policy` gives `forename_similarity`, and its model, where it has one, the calibration. The same rows give the same
    model in whatever order. Raises ValueError when the files have no row or no pair to learn from.
    """
    return train_records(
        [read_records(*pair) for pair in files],
        policy,
        name=name,
        version=version,
        trained_on=trained_on,
        sample=SAMPLE_AT_LEISURE,
    )


def train_records(
    files: Sequence[Records],
    policy: LinkagePolicy,
    *,
    name: str,
    version: str,
    trained_on: str,
    sample: int = SAMPLE_AT_ONCE,
) -> LinkageModel:
    """`train` on records that are already read, and on at most `sample` pupils of them."""
    rows = sum(records.pupils for records in files)
    share = min(1.0, sample / max(rows, 1))
    wanted = [math.ceil(share * records.pupils) for records in files]
    asked = sum(wanted)
    possible = sum(pupils * records.households for pupils, records in zip(wanted, files, strict=True))
    if not possible:
        raise ValueError(_NOTHING)
    with ThreadPoolExecutor(max_workers=WORKERS) as workers:  # strangers and pairs know nothing of one another
        by_chance = workers.submit(_by_chance, files, wanted, policy.forename_similarity)
        learned = workers.submit(_siblings, files)
        lots = [_lot(records, policy, pupils) for records, pupils in zip(files, wanted, strict=True)]
    if not sum(len(lot.pairs) for lot in lots):
        raise ValueError(_NOTHING)
    (u, repeats), siblings = by_chance.result(), learned.result()
    households = sum(lot.records.households for lot in lots)
    kept = Calibration() if policy.model is None else policy.model.calibration
    facts = _Facts(name, version, trained_on, rows, households, asked, u, repeats, siblings, kept)
    patterns = Patterns.counted(np.concatenate([pattern_of(lot.levels) for lot in lots]))
    model = facts.model(*_by_patterns(facts, patterns, possible))
    lots = [lot.likely(model) for lot in lots]
    for _ in range(ROUNDS_OF_PAIRS):
        model = _by_pairs(facts, model, lots)
    return model.model_copy(update={"comparisons": model.comparisons | {"family": _family(model, lots)}})


def _by_chance(
    files: Sequence[Records], wanted: Sequence[int], similarity: float
) -> tuple[dict[str, Scores], dict[str, float]]:
    """What strangers agree on, of each pair of files as many as its part of all pairs is."""
    possible = [pupils * records.households for pupils, records in zip(wanted, files, strict=True)]
    return chances(
        [
            strangers(records, int(SAMPLE * part / sum(possible)) + 1, similarity)
            for records, part in zip(files, possible, strict=True)
            if part
        ]
    )


def _lot(records: Records, policy: LinkagePolicy, wanted: int) -> Lot:
    asked = np.zeros(records.pupils, np.bool_)
    asked[drawn(records, 0, wanted)] = True
    pairs, rule = block(records, asked, np.ones(records.households, np.bool_))
    pairs = pairs.where(rule < len(FINE))
    return Lot(records, wanted, pairs, compare(records, pairs, policy.forename_similarity))


@dataclass(frozen=True)
class _Facts:
    """All of a model but m and how many are found."""

    name: str
    version: str
    trained_on: str
    pupils: int
    households: int
    asked: int
    """Pupils among whom matches are counted."""
    u: dict[str, Scores]
    repeats: dict[str, float]
    siblings: Siblings
    calibration: Calibration
    """The agreement's, until decisions on what the new model states say another (`calibrate.fit`)."""

    def model(self, m: dict[str, Scores], found: float) -> LinkageModel:
        """The model with these m. Numbers are cut to six digits: what was learned is not more exact than that."""
        comparisons = {
            name: {
                level.name.lower(): LevelChances(m=_cut(m[name][level]), u=_cut(self.u[name][level]))
                for level in kind
                if level and name != "family" and not (name == "surname" and level == Surname.OTHER_ORDER)
            }
            for name, kind in LEVELS.items()
        }
        return LinkageModel(
            name=self.name,
            version=self.version,
            trained_on=self.trained_on,
            pupils=self.pupils,
            households=self.households,
            found=_cut(found),
            comparisons=comparisons,
            repeats={name: _cut(share) for name, share in self.repeats.items()},
            siblings=self.siblings,
            calibration=self.calibration,
        )


def _cut(share: float) -> float:
    return float(f"{min(max(share, 1e-9), 1 - 1e-6):.6g}")


def _siblings(lots: Sequence[Records]) -> Siblings:
    """How many brothers and sisters a child has on its claim, and how many of them are of one birth.

    Where no row names its claim nothing is known, and one sibling is assumed: guards against them must stand.
    """
    others = same_day = same_name = rows = 0.0
    for records in lots:
        others += _together(records)
        same_day += _together(records, records.dob)
        same_name += _together(records, records.first_name)
        rows += records.households
    named = any((records.household_ref.households >= 0).any() for records in lots)
    return Siblings(
        per_child=round(others / max(rows, 1), 4) if named else 1.0,
        same_birthday=_cut((same_day + 1) / (others + 100)),
        same_forename=_cut((same_name + 0.5) / (others + 1000)),
        unlisted=0.1,
    )


def _together(records: Records, *fields: Field) -> float:
    """Ordered pairs of children of one claim who have the same value of these fields."""
    codes, size = join([(field.households, field.size) for field in (records.household_ref, *fields)])
    few = size <= 2 * len(codes)
    sizes = (counts(codes, size) if few else repeated(codes, size).lengths).astype(float)
    return float((sizes * (sizes - 1)).sum())


def _by_patterns(facts: _Facts, patterns: Patterns, possible: float) -> tuple[dict[str, Scores], float]:
    """EM over counted patterns: each is a match, strangers, or siblings."""
    levels = levels_of(patterns.numbers)
    m = {name: _first_guess(len(kind)) for name, kind in LEVELS.items()}
    matches = 0.5 * facts.asked
    same_day = levels["dob"] == Dob.EXACT
    twin = np.log2(facts.siblings.same_birthday / facts.repeats["dob"])
    namesake = np.log2(facts.siblings.same_forename / facts.repeats["first_name"])
    same_name = levels["forename"] == Forename.EXACT
    for _ in range(ROUNDS_OF_PATTERNS):
        bits = {name: _bits(m[name], facts.u[name], name)[levels[name]] for name in LEVELS}
        prior = np.log2(matches / (possible * (1 - matches / facts.asked)))
        as_siblings = bits["surname"] + bits["address"] + bits["contact"] + np.where(same_day, twin, 0.0)
        as_siblings += np.where(same_name, namesake, 0.0) + prior
        as_siblings += np.log2(max(facts.siblings.per_child, 1e-9) * facts.siblings.unlisted)
        instead = np.logaddexp2(0.0, as_siblings)
        chance = 1 / (1 + np.exp2(np.clip(instead - sum(bits.values()) - prior, -1000, 1000)))
        share = chance * patterns.pairs
        m = {name: _shares(levels[name], share, len(kind)) for name, kind in LEVELS.items()}
        matches = min(max(float(share.sum()), 1.0), 0.95 * facts.asked)
    return m, matches / facts.asked


def _by_pairs(facts: _Facts, model: LinkageModel, lots: list[Lot]) -> LinkageModel:
    """One more step of EM, in which pairs compete for their pupil and their child."""
    weights = weights_of(model)
    seen = {name: np.zeros(len(kind)) for name, kind in LEVELS.items()}
    total = twins = 0.0
    for lot in lots:
        bits = weights.on(lot.records).bits(lot.pairs, lot.levels)
        chance, _ = posterior(bits.total, bits.siblings, lot.rivals, lot.world(model))
        # Of a pair that nobody competes for, what is not one child may be a twin whose own record is missing.
        instead = np.minimum(chance * np.exp2(np.minimum(bits.siblings - bits.total, 100.0)), 1 - chance)
        twins += float(np.round(instead[lot.levels["dob"] == Dob.EXACT] * 2**20).sum())
        chance = np.round(chance * 2**20)
        for name, kind in LEVELS.items():
            seen[name] += np.bincount(lot.levels[name], weights=chance, minlength=len(kind))
        total += float(chance.sum())
    m = {name: _shares(np.arange(len(found)), found / 2**20, len(found)) for name, found in seen.items()}
    found = min(total / 2**20 / facts.asked, 0.95)
    expected = total / 2**20 * facts.siblings.per_child * facts.siblings.same_birthday
    unlisted = _cut(min((twins / 2**20 + 0.1) / (expected + 1), 0.9))
    return replace(facts, siblings=facts.siblings.model_copy(update={"unlisted": unlisted})).model(m, found)


def _family(model: LinkageModel, lots: list[Lot]) -> dict[str, LevelChances]:
    """How often a sibling's match speaks for a true pair whose addresses do not agree.

    A stranger is on the very claim of the pupil's sibling no oftener than two random rows have one home.
    """
    weights = weights_of(model)
    spoken = apart = 0
    for lot in lots:
        bits = weights.on(lot.records).bits(lot.pairs, lot.levels)
        sure = np.flatnonzero(posterior(bits.total, bits.siblings, lot.rivals, lot.world(model))[0] >= _SURE)
        pairs, levels = lot.pairs.where(sure), {name: level[sure] for name, level in lot.levels.items()}
        spoken += int(by_siblings(lot.records, pairs, pairs).sum())
        apart += int((levels["address"] < Address.SAME_POSTCODE_OTHER_NUMBER).sum())
    m = (spoken + _SAID) / (apart + 2 * _SAID)
    return {"sibling_matched": LevelChances(m=_cut(m), u=_cut(m * model.repeats["uprn"]))}


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
    seen[1:] += _SAID
    shares: Scores = seen / seen.sum()
    return shares
