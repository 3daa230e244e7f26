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
    from shared.methods.linkage.policy import LinkagePolicy

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


def offer(records: Records, policy: LinkagePolicy, left: Mask, right: Mask, tier: int, matched: Pairs) -> Offered:
    """Weigh the pairs of these left rows; `right` are those that are not `matched`, which are settled. `tier` is the
    number that the pairs carry as their rule; the one above it is that of families that do not list the left row.

    Twice: what is likely enough by itself, and what is matched already, speaks for brothers and sisters of one family.
    """
    if policy.model is None:
        raise ValueError("the policy has no model")
    families = policy.links_families
    fits = worth_fitting(records)
    candidates = np.ones_like(right) if families or fits else right
    teaching = rows_to_learn_from(records) if fits else np.zeros_like(left)
    pairs, rule = block(records, left | teaching, candidates, wide=left)
    # A right row that is matched stands for its family at most, and only who is at its home may be of that.
    open_pairs = left[pairs.left] & right[pairs.right]
    kept = np.flatnonzero(open_pairs | teaching[pairs.left] | at_one_home(records, pairs))
    pairs, rule = pairs.where(kept), rule[kept]
    levels = compare(records, pairs, policy.forename_similarity)
    model = policy.model
    if fits:
        at = np.flatnonzero(teaching[pairs.left] & (rule < len(FINE)))
        seen = Weighed(pairs, levels).where(at)
        blocked = Blocked(records, int(teaching.sum()), seen.pairs, seen.levels)
        model = fitted(blocked, policy)
    free = np.flatnonzero(left[pairs.left] & (right[pairs.right] | families))
    considered = np.bincount(pairs.left[free], minlength=records.left_rows)
    weights, world = weights_of(model), World(int(left.sum()), int(right.sum()), model.found)
    scale, least = weights.on(records), NEGLIGIBLE - world.odds(world.found * world.left_rows)
    weighed = Weighed(pairs.where(free), {name: level[free] for name, level in levels.items()})

    def chances(among: Weighed) -> tuple[Bits, Rivals, Scores, float]:
        bits = scale.bits(among.pairs, among.levels)
        open_to = np.where(right[among.pairs.right], bits.total, -np.inf)
        competing = rivals(records, among.pairs)
        chance, prior = posterior(open_to, bits.siblings, competing, world)
        return bits, competing, calibrated(chance, model.calibration), prior

    bits = scale.bits(weighed.pairs, weighed.levels)
    most = np.maximum(bits.total, bits.siblings) if families else bits.total
    near = weighed.where(np.flatnonzero(most >= least))
    _, _, chance, _ = chances(near)
    likely = matched + near.pairs.where(chance >= LIKELIER)
    spoken_for = by_siblings(records, weighed.pairs, likely)
    weighed.levels["family"][spoken_for] = Family.SIBLING_MATCHED
    most += np.where(spoken_for, weights.most("family"), 0.0)
    weighed = weighed.where(np.flatnonzero(most >= least))
    bits, competing, chance, prior = chances(weighed)
    pairs, levels = weighed.pairs, weighed.levels
    family = np.where(records.family.right >= 0, records.family.right, records.family.size + np.arange(len(right)))
    of = family[pairs.right] if families else pairs.right
    stated, rules, unlisted = chance, np.full(len(pairs), tier), np.zeros(len(pairs), np.bool_)
    if families:
        open_to = np.where(right[pairs.right], bits.total, -np.inf)
        found = of_families(open_to + prior, bits.siblings + prior, competing, of)
        stated = calibrated(found.chance, model.calibration)
        unlisted = found.unlisted > found.chance / 2
        rules[unlisted] += 1
    strangers = weights.strangers(levels, bits, records.right_rows)
    view = ModelView(strangers, model.siblings.per_child > FAMILIES, fits, stated)
    margin = margins(bits.total, pairs, of, both=not families)
    evidence = evidence_of(records, policy, pairs, levels, rivals=margin < CLOSE, model=view)
    guard = first_to_stop(evidence, policy.guards)
    # Whose name and birthday it is says nothing of a family that does not list the left row.
    nobody_listed = unlisted & ~records.suppressed[pairs.right]
    guard[nobody_listed] = GUARDS.index(UNLISTED)
    return Offered(Scored(pairs, rules, levels, guard, stated, chance, margin), considered, scale)


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
