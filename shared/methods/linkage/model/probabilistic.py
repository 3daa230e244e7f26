"""The tier under the cascade: every left row that is free is weighed against every free right row that may be it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from shared.methods.linkage.block.rules import FINE, block
from shared.methods.linkage.compare.compare import compare
from shared.methods.linkage.compare.levels import Family
from shared.methods.linkage.encode.arrays import Codes, Mask, Scores
from shared.methods.linkage.encode.keys import Runs
from shared.methods.linkage.encode.pairs import Pairs
from shared.methods.linkage.encode.records import Records
from shared.methods.linkage.guards.guards import GUARDS, UNLISTED, first_to_stop
from shared.methods.linkage.guards.scoring import ModelView, Scored, evidence_of
from shared.methods.linkage.model.expectation_maximisation import Blocked
from shared.methods.linkage.model.family import at_one_home, by_siblings
from shared.methods.linkage.model.fit import fitted, rows_to_learn_from, worth_fitting
from shared.methods.linkage.model.posterior import World, calibrated, of_families, posterior
from shared.methods.linkage.model.rivals import Rivals, rivals
from shared.methods.linkage.model.weigh import Weighed
from shared.methods.linkage.model.weights import Bits, Scale, weights_of

if TYPE_CHECKING:
    from shared.methods.linkage.policy import LinkageModel, LinkagePolicy

RULE = "probabilistic"
NEGLIGIBLE = -8.0
"""Log2 odds, before rivals, under which a pair is not followed further: it is not worth a look and nobody's rival."""
LIKELIER = 0.5
"""Chance from which a pair speaks for brothers and sisters. A wrong one is hardly ever in their very family."""
CLOSE = 3.0
"""Bits by which the best pair must lead; less is a tie, which a person decides."""


UNLISTED_RULE = "unlisted"


@dataclass(frozen=True)
class Offered:
    """Pairs with their chance, and how far the next candidate of either row is behind (bits, inf: none)."""

    scored: Scored
    considered: Codes
    """For each left row, how many right rows were weighed."""
    scale: Scale
    """What weighed them."""


@dataclass(frozen=True)
class _Weigher:
    """The model of a run on its records, for the right rows that are not matched."""

    records: Records
    model: LinkageModel
    scale: Scale
    world: World
    right: Mask

    def chances(self, among: Weighed) -> _Chances:
        """What these pairs weigh, and the chance of each in competition with the others."""
        bits = self.scale.bits(among.pairs, among.levels)
        competing = rivals(self.records, among.pairs)
        chance, prior = posterior(self.of_free(bits.total, among.pairs), bits.siblings, competing, self.world)
        return _Chances(bits, competing, calibrated(chance, self.model.calibration), prior)

    def of_free(self, bits: Scores, pairs: Pairs) -> Scores:
        """A right row that is matched to another left row is out of reach."""
        return np.where(self.right[pairs.right], bits, -np.inf)


@dataclass(frozen=True)
class _Chances:
    """Of every pair its weight, who competes with it, and the chance that it is one person."""

    bits: Bits
    competing: Rivals
    chance: Scores
    prior: float
    """Log2 odds before any comparison."""


def offer(records: Records, policy: LinkagePolicy, left: Mask, right: Mask, tier: int, matched: Pairs) -> Offered:
    """Weigh the pairs of these left rows; `right` are those that are not `matched`, which are settled. `tier` is the
    number that the pairs carry as their rule; the one above it is that of families that do not list the left row.

    Twice: what is likely enough by itself, and what is matched already, speaks for brothers and sisters of one family.
    """
    families, fits = policy.links_families, worth_fitting(records)
    weighed, model = _compared(records, policy, left, right)
    considered = np.bincount(weighed.pairs.left, minlength=records.left_rows)
    weights, world = weights_of(model), World(int(left.sum()), int(right.sum()), model.found)
    weigher = _Weigher(records, model, weights.on(records), world, right)
    weighed = _worth_following(weigher, weighed, matched, families)
    found = weigher.chances(weighed)
    pairs, levels, bits, chance = weighed.pairs, weighed.levels, found.bits, found.chance
    of = records.families[pairs.right] if families else pairs.right
    stated, rules, unlisted = chance, np.full(len(pairs), tier), np.zeros(len(pairs), np.bool_)
    if families:
        odds = weigher.of_free(bits.total, pairs) + found.prior
        family = of_families(odds, bits.siblings + found.prior, found.competing, of)
        stated = calibrated(family.chance, model.calibration)
        unlisted = family.unlisted > family.chance / 2
        rules[unlisted] += 1
    strangers = weights.strangers(levels, bits, records.right_rows)
    view = ModelView(strangers, model.siblings.per_child > FAMILIES, fits, stated)
    margin = margins(bits.total, pairs, of, both=not families)
    evidence = evidence_of(records, policy, pairs, levels, rivals=margin < CLOSE, model=view)
    guard = first_to_stop(evidence, policy.guards)
    # Whose name and birthday it is says nothing of a family that does not list the left row.
    guard[unlisted & ~records.suppressed[pairs.right]] = GUARDS.index(UNLISTED)
    return Offered(Scored(pairs, rules, levels, guard, stated, chance, margin), considered, weigher.scale)


def _compared(records: Records, policy: LinkagePolicy, left: Mask, right: Mask) -> tuple[Weighed, LinkageModel]:
    """The compared pairs of these left rows, and the model that weighs them: fitted to the files where they are large
    enough. Where families are linked, a right row that is matched stands for its family to who is at its home."""
    if policy.model is None:
        raise ValueError("the policy has no model")
    families, fits = policy.links_families, worth_fitting(records)
    teaching = rows_to_learn_from(records) if fits else np.zeros_like(left)
    pairs, rule = block(records, left | teaching, np.ones_like(right) if families or fits else right, wide=left)
    open_pairs = left[pairs.left] & right[pairs.right]
    kept = np.flatnonzero(open_pairs | teaching[pairs.left] | at_one_home(records, pairs))
    pairs, rule = pairs.where(kept), rule[kept]
    compared = Weighed(pairs, compare(records, pairs, policy.forename_similarity))
    model = policy.model
    if fits:
        taught = compared.where(np.flatnonzero(teaching[pairs.left] & (rule < len(FINE))))
        model = fitted(Blocked(records, int(teaching.sum()), taught.pairs, taught.levels), policy)
    return compared.where(np.flatnonzero(left[pairs.left] & (right[pairs.right] | families))), model


def _worth_following(weigher: _Weigher, compared: Weighed, matched: Pairs, families: bool) -> Weighed:
    """The pairs that are likely enough to be looked at, by themselves or because of a brother's or sister's match."""
    world, weights = weigher.world, weigher.scale.weights
    least = NEGLIGIBLE - world.odds(world.found * world.left_rows)
    bits = weigher.scale.bits(compared.pairs, compared.levels)
    most = np.maximum(bits.total, bits.siblings) if families else bits.total
    near = compared.where(np.flatnonzero(most >= least))
    likely = matched + near.pairs.where(weigher.chances(near).chance >= LIKELIER)
    spoken_for = by_siblings(weigher.records, compared.pairs, likely)
    compared.levels["family"][spoken_for] = Family.SIBLING_MATCHED
    most += np.where(spoken_for, weights.most("family"), 0.0)
    return compared.where(np.flatnonzero(most >= least))


FAMILIES = 0.1
"""Brothers and sisters on average, from which a table is one of families; a few rows of one home are not."""


def margins(bits: Scores, pairs: Pairs, of: Codes, *, both: bool) -> Scores:
    """How many bits each pair is ahead of the best other pair of its left row, or (`both`) of either row; below 0 it is
    behind. Pairs of one left row whose right rows are `of` one family are not one another's rivals."""
    margin = np.full(len(bits), np.inf)
    if not both:
        return _ahead_of_families(bits, pairs, of)
    for row in (pairs.left, pairs.right):
        runs = Runs.of(row, int(np.max(row, initial=-1)) + 1)
        if not len(runs.rows):
            break
        mine, run = bits[runs.rows], runs.run
        best = np.maximum.reduceat(mine, runs.starts)[run]
        leads = mine == best
        second = np.maximum.reduceat(np.where(leads, -np.inf, mine), runs.starts)[run]
        alone_at_the_top = np.add.reduceat(leads.astype(np.int64), runs.starts)[run] == 1
        margin[runs.rows] = np.minimum(margin[runs.rows], mine - np.where(leads & alone_at_the_top, second, best))
    return margin


def _ahead_of_families(bits: Scores, pairs: Pairs, of: Codes) -> Scores:
    margin = np.full(len(bits), np.inf)
    if not len(bits):
        return margin
    key = pairs.left.astype(np.int64) * (int(np.max(of)) + 1) + of
    _, first, family = np.unique(key, return_index=True, return_inverse=True)
    best = np.full(len(first), -np.inf)
    np.maximum.at(best, family, bits)
    between = margins(best, Pairs(pairs.left[first], np.arange(len(first))), first, both=True)
    ahead: Scores = between[family] + bits - best[family]
    return ahead
