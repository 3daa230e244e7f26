"""The tier under the cascade: every left row that is free is weighed against every free right row that may be it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from shared.methods.linkage.block.rules import block
from shared.methods.linkage.compare.levels import Family
from shared.methods.linkage.encode.arrays import Codes, Mask, Scores
from shared.methods.linkage.encode.keys import Runs
from shared.methods.linkage.encode.pairs import Pairs
from shared.methods.linkage.encode.records import Records
from shared.methods.linkage.guards.guards import first_to_stop
from shared.methods.linkage.guards.scoring import ModelView, Scored, evidence_of
from shared.methods.linkage.model.family import by_siblings
from shared.methods.linkage.model.posterior import World, calibrated, posterior
from shared.methods.linkage.model.rivals import rivals
from shared.methods.linkage.model.weigh import Weighed, weigh
from shared.methods.linkage.model.weights import Bits, weights_of
from shared.methods.linkage.workers import at_once

if TYPE_CHECKING:
    from shared.methods.linkage.policy import LinkagePolicy

RULE = "probabilistic"
NEGLIGIBLE = -8.0
"""Log2 odds, before rivals, under which a pair is not followed further: it is not worth a look and nobody's rival."""
LIKELIER = 0.5
"""Chance from which a pair speaks for brothers and sisters. A wrong one is hardly ever in their very family."""
CLOSE = 3.0
"""Bits by which the best pair must lead; less is a tie, which a person decides."""


@dataclass(frozen=True)
class Offered:
    """Pairs with their chance, and how far the next candidate of either row is behind (bits, inf: none)."""

    scored: Scored
    considered: Codes
    """For each left row, how many right rows were weighed."""


def offer(records: Records, policy: LinkagePolicy, left: Mask, right: Mask, tier: int, matched: Pairs) -> Offered:
    """Weigh the pairs of these rows. `tier` is the number that the pairs carry as their rule; `matched` are settled.

    Twice: what is likely enough by itself, and what is matched already, speaks for brothers and sisters of one family.
    """
    model = policy.model
    if model is None:
        raise ValueError("the policy has no model")
    pairs, _ = block(records, left, right)
    considered = np.bincount(pairs.left, minlength=records.left_rows)
    weights, world = weights_of(model), World(int(left.sum()), int(right.sum()), model.found)
    scale, least = weights.on(records), NEGLIGIBLE - world.odds(world.found * world.left_rows)

    def chances(among: Weighed) -> tuple[Bits, Scores]:
        bits, competing = at_once(lambda: scale.bits(among.pairs, among.levels), lambda: rivals(records, among.pairs))
        chance, _ = posterior(bits.total, bits.siblings, competing, world)
        return bits, calibrated(chance, model.calibration)

    weighed = weigh(scale, pairs, policy.forename_similarity, least)
    bits, chance = chances(weighed)
    likely = matched + weighed.pairs.where(chance >= LIKELIER)
    spoken_for = weigh(
        scale,
        pairs.where(np.flatnonzero(by_siblings(records, pairs, likely))),
        policy.forename_similarity,
        least - weights.most("family"),
    )
    if len(spoken_for.pairs):
        spoken_for.levels["family"][:] = Family.SIBLING_MATCHED
        weighed = _instead(weighed, spoken_for, records.right_rows)
        bits, chance = chances(weighed)
    pairs, levels = weighed.pairs, weighed.levels
    margin, strangers = at_once(
        lambda: margins(bits.total, pairs), lambda: weights.strangers(levels, bits, records.right_rows)
    )
    view = ModelView(strangers, families=model.siblings.per_child > 0)
    evidence = evidence_of(records, policy, pairs, levels, rivals=margin < CLOSE, model=view)
    guard = first_to_stop(evidence, policy.guards)
    return Offered(Scored(pairs, np.full(len(pairs), tier), levels, guard, chance, margin), considered)


def _instead(weighed: Weighed, better: Weighed, right_rows: int) -> Weighed:
    """All of these pairs in their order; of a pair in both, what is `better` known of it."""
    numbers, known = (each.pairs.left * right_rows + each.pairs.right for each in (weighed, better))
    others = np.flatnonzero(~np.isin(numbers, known))
    return (weighed.where(others) + better).where(np.argsort(np.concatenate((numbers[others], known))))


def margins(bits: Scores, pairs: Pairs) -> Scores:
    """How many bits each pair is ahead of the best other pair of either row; below 0 it is behind."""
    margin = np.full(len(bits), np.inf)
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
