"""Trains the linkage model: u from strangers, m by expectation and maximisation over blocked pairs."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from shared.methods.linkage.block.rules import FINE, block
from shared.methods.linkage.compare.compare import compare
from shared.methods.linkage.compare.patterns import Patterns, pattern_of
from shared.methods.linkage.encode.arrays import Scores
from shared.methods.linkage.encode.read import read_records
from shared.methods.linkage.encode.records import Records
from shared.methods.linkage.model.expectation_maximisation import (
    Blocked,
    Facts,
    by_pairs,
    by_patterns,
    family_chances,
)
from shared.methods.linkage.model.siblings import learn_siblings
from shared.methods.linkage.model.strangers import SAMPLE, chances, drawn, strangers
from shared.methods.linkage.policy import Calibration, LinkageModel, LinkagePolicy
from shared.methods.linkage.schema import Schema

SAMPLE_AT_ONCE, SAMPLE_AT_LEISURE = 30_000, 200_000
"""Left rows to learn from: where a run trains its own model, and where one is made to be kept."""
ROUNDS_OF_PAIRS = 3
_NOTHING = "there is no pair of rows to learn from"


def train(
    files: Sequence[tuple[pa.Table, pa.Table]],
    schema: Schema,
    policy: LinkagePolicy,
    *,
    name: str,
    version: str,
    trained_on: str,
) -> LinkageModel:
    """Train a model on pairs of a left and a right table, of which no true links are known.

    `policy` gives `forename_similarity`, and its model, where it has one, the calibration. The same rows give the same
    model in whatever order. Raises ValueError when the files have no row or no pair to learn from.
    """
    return train_records(
        [read_records(left, right, schema) for left, right in files],
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
    """`train` on records that are already read, and on at most `sample` left rows of them."""
    share = min(1.0, sample / max(sum(records.left_rows for records in files), 1))
    wanted = [math.ceil(share * records.left_rows) for records in files]
    if not any(left * records.right_rows for left, records in zip(wanted, files, strict=True)):
        raise ValueError(_NOTHING)
    blocked = [_blocked(records, policy, left) for records, left in zip(files, wanted, strict=True)]
    return learn(blocked, policy, name=name, version=version, trained_on=trained_on)


def learn(
    blocked: Sequence[Blocked],
    policy: LinkagePolicy,
    *,
    name: str,
    version: str,
    trained_on: str,
    random_pairs: int = SAMPLE,
) -> LinkageModel:
    """The model of these compared pairs, and of so many random ones. Raises ValueError when there is none."""
    if not sum(len(each.pairs) for each in blocked):
        raise ValueError(_NOTHING)
    files, wanted = [each.records for each in blocked], [each.wanted for each in blocked]
    rows = sum(records.left_rows for records in files)
    possible = sum(left * records.right_rows for left, records in zip(wanted, files, strict=True))
    u, repeats = _by_chance(files, wanted, random_pairs, policy.forename_similarity)
    siblings = learn_siblings(files, u, policy.forename_similarity)
    right_rows = sum(records.right_rows for records in files)
    kept = Calibration() if policy.model is None else policy.model.calibration
    facts = Facts(name, version, trained_on, rows, right_rows, sum(wanted), u, repeats, siblings, kept)
    patterns = Patterns.counted(np.concatenate([pattern_of(each.levels) for each in blocked]))
    model = facts.model(*by_patterns(facts, patterns, possible))
    likely = [each.likely(model) for each in blocked]
    for _ in range(ROUNDS_OF_PAIRS):
        model = by_pairs(facts, model, likely)
    return model.model_copy(update={"comparisons": model.comparisons | {"family": family_chances(model, likely)}})


def _by_chance(
    files: Sequence[Records], wanted: Sequence[int], sample: int, similarity: float
) -> tuple[dict[str, Scores], dict[str, float]]:
    """What strangers agree on, of each pair of files as many as its part of all pairs is."""
    possible = [left * records.right_rows for left, records in zip(wanted, files, strict=True)]
    return chances(
        [
            strangers(records, int(sample * part / sum(possible)) + 1, similarity)
            for records, part in zip(files, possible, strict=True)
            if part
        ]
    )


def _blocked(records: Records, policy: LinkagePolicy, wanted: int) -> Blocked:
    selected = np.zeros(records.left_rows, np.bool_)
    selected[drawn(records, 0, wanted)] = True
    pairs, rule = block(records, selected, np.ones(records.right_rows, np.bool_))
    pairs = pairs.where(rule < len(FINE))
    return Blocked(records, wanted, pairs, compare(records, pairs, policy.forename_similarity))
