"""The saved model fitted to the files of a run: as far as they are large enough to say, and no further."""

from __future__ import annotations

import numpy as np

from shared.methods.linkage.block.rules import FINE, block
from shared.methods.linkage.compare.compare import compare
from shared.methods.linkage.encode.arrays import Levels, Mask
from shared.methods.linkage.encode.pairs import Pairs
from shared.methods.linkage.encode.records import Records
from shared.methods.linkage.model.expectation_maximisation import Blocked
from shared.methods.linkage.model.siblings import cut
from shared.methods.linkage.model.strangers import SAMPLE, drawn
from shared.methods.linkage.model.train import SAMPLE_AT_ONCE, learn
from shared.methods.linkage.policy import LevelChances, LinkageModel, LinkagePolicy, Siblings

FEWEST = 1000
"""Rows of either side from which files say something of their own."""
MATCHES, STRANGERS, ROWS = 200.0, 20_000.0, 200.0
"""What the saved model weighs: as so many matches (m), random pairs (u) and right rows (families)."""


def model_of_run(records: Records, policy: LinkagePolicy) -> LinkageModel:
    """The model that weighs the pairs of these files: fitted to them where they are large enough."""
    if policy.model is None:
        raise ValueError("the policy has no model")
    if not worth_fitting(records):
        return policy.model
    everyone = (np.ones(rows, np.bool_) for rows in (records.left_rows, records.right_rows))
    pairs, rule = block(records, *everyone)
    levels = compare(records, pairs, policy.forename_similarity)
    return fitted(records, policy, pairs, levels, rule < len(FINE))


def worth_fitting(records: Records) -> bool:
    """Whether the files are large enough to fit a model to them."""
    return min(records.left_rows, records.right_rows) >= FEWEST


def fitted(
    records: Records, policy: LinkagePolicy, pairs: Pairs, levels: dict[str, Levels], teaches: Mask
) -> LinkageModel:
    """The policy's model, drawn towards what these files show: the more, the more they have to show.

    `pairs` are all blocked pairs and `levels` theirs; those of wide blocking rules teach nothing.
    """
    saved = policy.model
    if saved is None:
        raise ValueError("the policy has no model")
    selected = np.zeros(records.left_rows, np.bool_)
    selected[drawn(records, 0, SAMPLE_AT_ONCE)] = True
    at = np.flatnonzero(teaches & selected[pairs.left])
    blocked = Blocked(
        records, int(selected.sum()), pairs.where(at), {name: level[at] for name, level in levels.items()}
    )
    own = learn([blocked], policy, name=saved.name, version=saved.version, trained_on=saved.trained_on)
    matches = own.found * int(selected.sum())
    comparisons = {
        name: {
            level: LevelChances(
                m=_between(chance.m, matches, saved_level.m, MATCHES),
                u=_between(chance.u, SAMPLE, saved_level.u, STRANGERS),
            )
            if (saved_level := saved.comparisons.get(name, {}).get(level))
            else chance
            for level, chance in chances.items()
        }
        for name, chances in own.comparisons.items()
    }
    siblings = _siblings(own.siblings, saved.siblings, records.right_rows)
    return own.model_copy(update={"comparisons": comparisons, "siblings": siblings, "rows": saved.rows})


def _siblings(own: Siblings, saved: Siblings, rows: int) -> Siblings:
    names = ("same_birthday", "same_forename", "unlisted")  # how many there are needs no guess: they are counted
    shares = {name: _between(getattr(own, name), rows, getattr(saved, name), ROWS) for name in names}
    return own.model_copy(update=shares)


def _between(own: float, rows: float, saved: float, borrowed: float) -> float:
    return cut((own * rows + saved * borrowed) / (rows + borrowed))
