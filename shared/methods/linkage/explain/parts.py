"""Why a pair weighs what it weighs: bits that add up, comparison by comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shared.methods.linkage.compare.compare import compare
from shared.methods.linkage.compare.levels import LEVELS, Family
from shared.methods.linkage.encode.pairs import Pairs
from shared.methods.linkage.encode.read import read_records
from shared.methods.linkage.model.fit import model_of_run
from shared.methods.linkage.model.probabilistic import RULE
from shared.methods.linkage.model.weights import weights_of
from shared.methods.linkage.schema import Schema

if TYPE_CHECKING:
    from shared.methods.linkage.policy import LinkagePolicy

EXPLANATION = pa.schema(
    [("left_row", pa.int32()), ("part", pa.string()), ("says", pa.string()), ("bits", pa.float64())]
)
"""Long form: the parts of each pair in the order in which a picture shows them."""
TERM = "how common it is"
_SIBLING = Family.SIBLING_MATCHED.name.lower().replace("_", " ")
REST = "before comparing, other candidates, calibration"
STATED = "stated by the agreement for"
"""Where a rule and no weight made the pair: what the agreement states of that rule instead."""


def explain(left: pa.Table, right: pa.Table, links: pa.Table, schema: Schema, policy: LinkagePolicy) -> pa.Table:
    """The parts of every linked pair of `links` (rows of `link.link`), which was made from these tables and policy.

    Returns a table of schema `EXPLANATION`: the level's weight of each comparison that says something, the correction
    for how common the value is, and at last what remains to the pair's `match_weight`: for a weighed pair (`REST`) the
    odds before any comparison, the other candidates and the calibration, for any other (`STATED`) what the agreement
    states of its rule. Raises ValueError when the policy has no model.
    """
    if policy.model is None:
        raise ValueError("the policy has no model, so there are no weights to explain")
    linked = links.filter(pc.is_valid(links.column("right_row")))
    pairs = Pairs(*(np.asarray(linked.column(name), dtype=np.int64) for name in ("left_row", "right_row")))
    records = read_records(left, right, schema)
    levels = compare(records, pairs, policy.forename_similarity)
    by_sibling = pc.match_substring(linked.column("evidence").combine_chunks(), f"family {_SIBLING}")
    levels["family"] = np.where(np.asarray(by_sibling), np.int8(Family.SIBLING_MATCHED), np.int8(Family.MISSING))
    bits = weights_of(model_of_run(records, policy)).on(records).bits(pairs, levels)
    rest = np.asarray(linked.column("match_weight"), dtype=np.float64) - bits.total
    rules = linked.column("rule").to_pylist()
    rows: list[tuple[int, str, str, float]] = []
    for at, row in enumerate(pairs.left.tolist()):
        for name, kind in LEVELS.items():
            if level := int(levels[name][at]):
                rows.append((row, name, kind(level).name.lower().replace("_", " "), float(bits.comparisons[name][at])))
            if name in bits.terms and bits.terms[name][at]:
                rows.append((row, name, TERM, float(bits.terms[name][at])))
        last = (REST, "") if rules[at] == RULE else (STATED, rules[at])
        rows.append((row, *last, float(rest[at])))
    return pa.Table.from_pylist([dict(zip(EXPLANATION.names, row, strict=True)) for row in rows], schema=EXPLANATION)
