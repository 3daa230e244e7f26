"""The saved model fitted to the files of a run: as far as they are large enough to say, and no further."""

from __future__ import annotations

import numpy as np

from shared.methods.linkage.block.rules import block
from shared.methods.linkage.compare.compare import compare
from shared.methods.linkage.encode.arrays import Mask
from shared.methods.linkage.encode.records import Records
from shared.methods.linkage.model.expectation_maximisation import Blocked
from shared.methods.linkage.model.siblings import cut
from shared.methods.linkage.model.strangers import drawn
from shared.methods.linkage.model.train import SAMPLE_AT_ONCE, learn
from shared.methods.linkage.policy import LevelChances, LinkageModel, LinkagePolicy, Siblings

FEWEST = 1000
"""Rows of either side from which files say something of their own."""
MATCHES, STRANGERS, ROWS = 200.0, 20_000.0, 200.0
"""What the saved model weighs: as so many matches (m), random pairs (u) and right rows (families)."""
SAMPLE = 20_000
"""Random pairs of the files at hand."""


def model_of_run(records: Records, policy: LinkagePolicy) -> LinkageModel:
    """The model that weighs the pairs of these files: fitted to them where they are large enough."""
    if policy.model is None:
        raise ValueError("the policy has no model")
    if not worth_fitting(records):
        return policy.model
    selected = rows_to_learn_from(records)
    pairs, _ = block(records, selected, np.ones(records.right_rows, np.bool_), wide=~selected)
    levels = compare(records, pairs, policy.forename_similarity)
    return fitted(Blocked(records, int(selected.sum()), pairs, levels), policy)


def worth_fitting(records: Records) -> bool:
    """Whether the files are large enough to fit a model to them."""
    return min(records.left_rows, records.right_rows) >= FEWEST


def rows_to_learn_from(records: Records) -> Mask:
    """The left rows of which the fit looks at every pair but those of wide blocking rules, which teach nothing."""
    selected = np.zeros(records.left_rows, np.bool_)
    selected[drawn(records, 0, SAMPLE_AT_ONCE)] = True
    return selected


def fitted(blocked: Blocked, policy: LinkagePolicy) -> LinkageModel:
    """The policy's model, drawn towards what these pairs show: the more, the more they have to show."""
    saved, records = policy.model, blocked.records
    if saved is None:
        raise ValueError("the policy has no model")
    facts = {"name": saved.name, "version": saved.version, "trained_on": saved.trained_on}
    own = learn([blocked], policy, **facts, random_pairs=SAMPLE)
    matches = own.found * blocked.wanted
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
