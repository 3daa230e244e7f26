"""A pair with its tier, its levels, the guard that stops it and the probability that it states."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np

from shared.methods.linkage.compare.compare import compare
from shared.methods.linkage.compare.levels import Address, Forename
from shared.methods.linkage.encode.arrays import Codes, Levels, Mask, Scores
from shared.methods.linkage.encode.pairs import Pairs
from shared.methods.linkage.encode.records import Records
from shared.methods.linkage.guards.evidence import Evidence
from shared.methods.linkage.guards.guards import LENIENCE, judge
from shared.methods.linkage.guards.neighbours import expected_strangers, twin_beside

if TYPE_CHECKING:
    from shared.methods.linkage.policy import LinkagePolicy


@dataclass(frozen=True)
class Scored:
    """Pairs, one entry each in every array."""

    pairs: Pairs
    tier: Codes
    """Position in the policy's cascade."""
    levels: dict[str, Levels]
    guard: Codes
    """Position in `guards.GUARDS` of the first guard that stops the pair, -1 for none."""
    probability: Scores
    """That what is linked (`LinkagePolicy.link`) is right: the tier's, lowered by every guard that stops the pair; of
    the model, its own."""
    row_probability: Scores
    """That the right row itself is the left one."""
    margin: Scores
    """Bits by which the pair leads the next one of either row; infinite where there is none, NaN where a key and not a
    weight made the pair."""

    def __len__(self) -> int:
        return len(self.pairs)

    def where(self, chosen: Codes | Mask) -> Scored:
        """The chosen pairs, by mask or position."""
        levels = {name: level[chosen] for name, level in self.levels.items()}
        return Scored(
            self.pairs.where(chosen),
            self.tier[chosen],
            levels,
            self.guard[chosen],
            self.probability[chosen],
            self.row_probability[chosen],
            self.margin[chosen],
        )

    def __add__(self, other: Scored) -> Scored:
        levels = {name: np.concatenate((level, other.levels[name])) for name, level in self.levels.items()}
        return Scored(
            self.pairs + other.pairs,
            np.concatenate((self.tier, other.tier)),
            levels,
            np.concatenate((self.guard, other.guard)),
            np.concatenate((self.probability, other.probability)),
            np.concatenate((self.row_probability, other.row_probability)),
            np.concatenate((self.margin, other.margin)),
        )


@dataclass(frozen=True)
class ModelView:
    """What a model that has weighed the pairs knows beside their levels."""

    strangers: Scores
    """How many right rows are expected to agree as well by chance."""
    families: bool
    """Whether it was trained on families of several persons."""
    fitted: bool
    """Whether it was fitted to these files."""
    chance: Scores
    """That the link is right."""


def together(parts: Sequence[Scored]) -> Scored:
    """All pairs of several batches (at least one)."""
    return reduce(Scored.__add__, parts)


def score(
    records: Records,
    policy: LinkagePolicy,
    pairs: Pairs,
    tier: Codes,
    *,
    rivals: Mask | None = None,
    taken: Mask | None = None,
) -> Scored:
    """Compare pairs that the tiers `tier` offer and let the guards judge them.

    `rivals` and `taken` say which pairs are not one to one; `None` is none. A stopped pair always states less than
    `policy.automatic`.
    """
    levels = compare(records, pairs, policy.forename_similarity)
    guard, chance = judge(evidence_of(records, policy, pairs, levels, rivals, taken), policy.guards)
    stated = np.array([rule.probability for rule in policy.cascade])[tier] * chance
    below = np.nextafter(policy.automatic, 0.0)
    probability = np.where(guard < 0, stated, np.minimum(stated, below))
    return Scored(pairs, tier, levels, guard, probability, probability, np.full(len(pairs), np.nan))


def evidence_of(
    records: Records,
    policy: LinkagePolicy,
    pairs: Pairs,
    levels: dict[str, Levels],
    rivals: Mask | None = None,
    taken: Mask | None = None,
    model: ModelView | None = None,
) -> Evidence:
    """What the guards look at. `model` is what is known where a model has weighed the pairs.

    Neighbours are looked for only where a guard can ask for them.
    """
    nobody = np.zeros(len(pairs), np.bool_)
    twin = nobody.copy()
    other_name = np.flatnonzero(levels["forename"] < Forename.KNOWN_VARIANT)
    twin[other_name] = twin_beside(records, pairs.where(other_name))
    if model is None:
        strangers = np.zeros(len(pairs))
        apart = np.flatnonzero(levels["address"] < Address.SAME_POSTCODE)
        strangers[apart] = expected_strangers(records, pairs.where(apart))
    else:
        strangers = model.strangers
    return Evidence(
        levels=levels,
        twin=twin,
        strangers=strangers,
        chance=1.0 if model is None else model.chance,
        families=model is None or model.families,
        most_strangers=policy.expected_strangers * (1.0 if model is None else LENIENCE),
        rivals=nobody if rivals is None else rivals,
        taken=nobody if taken is None else taken,
        suppressed=records.suppressed[pairs.right],
        family_linked=policy.links_families,
        counted=model is not None and model.fitted,
        weighed=model is not None,
    )
