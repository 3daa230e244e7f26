"""The tier under the cascade: every pupil who is left is weighed against every child who is left and may be it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from shared.methods.linkage.blocking import block
from shared.methods.linkage.context import rivals
from shared.methods.linkage.family import by_siblings
from shared.methods.linkage.fields import Codes, Mask
from shared.methods.linkage.guards import first_to_stop
from shared.methods.linkage.keys import Runs
from shared.methods.linkage.levels import Family
from shared.methods.linkage.lots import at_once
from shared.methods.linkage.pairs import Pairs, Scores
from shared.methods.linkage.posterior import World, calibrated, posterior
from shared.methods.linkage.records import Records
from shared.methods.linkage.scoring import Scored, evidence_of
from shared.methods.linkage.weigh import Weighed, weigh
from shared.methods.linkage.weights import Bits, weights_of

if TYPE_CHECKING:
    from shared.methods.linkage.policy import LinkagePolicy

RULE = "probabilistic"
NEGLIGIBLE = -8.0
"""Log2 odds, before rivals, under which a pair is not followed further: it is not worth a look and nobody's rival."""
LIKELIER = 0.5
"""Chance from which a pair speaks for brothers and sisters. A wrong one is hardly ever on the very claim of theirs."""
CLOSE = 3.0
"""Bits by which the best pair must lead; less is a tie, which a person decides."""


@dataclass(frozen=True)
class Offered:
    """Pairs with their chance, and how far the next candidate of the pupil or the child is behind (bits, inf: none)."""

    scored: Scored
    considered: Codes
    """For each pupil row, how many children were weighed."""


def offer(
    records: Records, policy: LinkagePolicy, pupils: Mask, households: Mask, tier: int, matched: Pairs
) -> Offered:
    """Weigh the pairs of these rows. `tier` is the number that the pairs carry as their rule; `matched` are settled.

    Twice: what is likely enough by itself, and what is matched already, speaks for brothers and sisters on one claim.
    """
    model = policy.model
    if model is None:
        raise ValueError("the policy has no model")
    pairs, _ = block(records, pupils, households)
    considered = np.bincount(pairs.pupils, minlength=records.pupils)
    weights, world = weights_of(model), World(int(pupils.sum()), int(households.sum()), model.found)
    scale, least = weights.on(records), NEGLIGIBLE - world.odds(world.found * world.pupils)

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
        weighed = _instead(weighed, spoken_for, records.households)
        bits, chance = chances(weighed)
    pairs, levels = weighed.pairs, weighed.levels
    margin, strangers = at_once(
        lambda: margins(bits.total, pairs), lambda: weights.strangers(levels, bits, records.households)
    )
    families = model.siblings.per_child > 0
    evidence = evidence_of(records, policy, pairs, levels, rivals=margin < CLOSE, weighed=strangers, families=families)
    guard = first_to_stop(evidence, policy.guards)
    return Offered(Scored(pairs, np.full(len(pairs), tier), levels, guard, chance, margin), considered)


def _instead(weighed: Weighed, better: Weighed, households: int) -> Weighed:
    """All of these pairs in their order; of a pair in both, what is `better` known of it."""
    numbers, known = (lot.pairs.pupils * households + lot.pairs.households for lot in (weighed, better))
    left = np.flatnonzero(~np.isin(numbers, known))
    return (weighed.where(left) + better).where(np.argsort(np.concatenate((numbers[left], known))))


def margins(bits: Scores, pairs: Pairs) -> Scores:
    """How many bits each pair is ahead of the best other pair of its pupil or of its child; below 0 it is behind."""
    margin = np.full(len(bits), np.inf)
    for row in (pairs.pupils, pairs.households):
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
