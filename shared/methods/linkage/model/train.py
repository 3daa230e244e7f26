"""Trains the linkage model: u from strangers, m by expectation and maximisation over blocked pairs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pyarrow as pa

from shared.methods.linkage.block.rules import FINE, block
from shared.methods.linkage.compare.compare import compare
from shared.methods.linkage.compare.patterns import Patterns, pattern_of
from shared.methods.linkage.encode.arrays import Scores, counts
from shared.methods.linkage.encode.fields import Field
from shared.methods.linkage.encode.key_filter import repeated
from shared.methods.linkage.encode.keys import join
from shared.methods.linkage.encode.read import read_records
from shared.methods.linkage.encode.records import Records
from shared.methods.linkage.model.expectation_maximisation import (
    Blocked,
    Facts,
    by_pairs,
    by_patterns,
    cut,
    family_chances,
)
from shared.methods.linkage.model.strangers import SAMPLE, chances, drawn, strangers
from shared.methods.linkage.policy import Calibration, LinkageModel, LinkagePolicy, Siblings
from shared.methods.linkage.schema import Schema
from shared.methods.linkage.workers import WORKERS

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
    rows = sum(records.left_rows for records in files)
    share = min(1.0, sample / max(rows, 1))
    wanted = [math.ceil(share * records.left_rows) for records in files]
    possible = sum(left * records.right_rows for left, records in zip(wanted, files, strict=True))
    if not possible:
        raise ValueError(_NOTHING)
    with ThreadPoolExecutor(max_workers=WORKERS) as workers:  # strangers and pairs know nothing of one another
        by_chance = workers.submit(_by_chance, files, wanted, policy.forename_similarity)
        learned = workers.submit(_siblings, files)
        blocked = [_blocked(records, policy, left) for records, left in zip(files, wanted, strict=True)]
    if not sum(len(each.pairs) for each in blocked):
        raise ValueError(_NOTHING)
    (u, repeats), siblings = by_chance.result(), learned.result()
    right_rows = sum(records.right_rows for records in files)
    kept = Calibration() if policy.model is None else policy.model.calibration
    facts = Facts(name, version, trained_on, rows, right_rows, sum(wanted), u, repeats, siblings, kept)
    patterns = Patterns.counted(np.concatenate([pattern_of(each.levels) for each in blocked]))
    model = facts.model(*by_patterns(facts, patterns, possible))
    blocked = [each.likely(model) for each in blocked]
    for _ in range(ROUNDS_OF_PAIRS):
        model = by_pairs(facts, model, blocked)
    return model.model_copy(update={"comparisons": model.comparisons | {"family": family_chances(model, blocked)}})


def _by_chance(
    files: Sequence[Records], wanted: Sequence[int], similarity: float
) -> tuple[dict[str, Scores], dict[str, float]]:
    """What strangers agree on, of each pair of files as many as its part of all pairs is."""
    possible = [left * records.right_rows for left, records in zip(wanted, files, strict=True)]
    return chances(
        [
            strangers(records, int(SAMPLE * part / sum(possible)) + 1, similarity)
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


def _siblings(files: Sequence[Records]) -> Siblings:
    """How many brothers and sisters a right row has in its family, and how many of them are of one birth.

    Where no row names its family nothing is known, and one sibling is assumed: guards against them must stand.
    """
    others = same_day = same_name = rows = 0.0
    for records in files:
        others += _together(records)
        same_day += _together(records, records.dob)
        same_name += _together(records, records.first_name)
        rows += records.right_rows
    named = any((records.family.right >= 0).any() for records in files)
    return Siblings(
        per_child=round(others / max(rows, 1), 4) if named else 1.0,
        same_birthday=cut((same_day + 1) / (others + 100)),
        same_forename=cut((same_name + 0.5) / (others + 1000)),
        unlisted=0.1,
    )


def _together(records: Records, *fields: Field) -> float:
    """Ordered pairs of right rows of one family who have the same value of these fields."""
    codes, size = join([(field.right, field.size) for field in (records.family, *fields)])
    few = size <= 2 * len(codes)
    sizes = (counts(codes, size) if few else repeated(codes, size).lengths).astype(float)
    return float((sizes * (sizes - 1)).sum())
