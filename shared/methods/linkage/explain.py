"""Why a pair weighs what it weighs: bits that add up, comparison by comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shared.methods.linkage.compare import compare
from shared.methods.linkage.levels import LEVELS, Family
from shared.methods.linkage.pairs import Pairs
from shared.methods.linkage.probabilistic import RULE
from shared.methods.linkage.records import read_records
from shared.methods.linkage.weights import weights_of

if TYPE_CHECKING:
    from shared.methods.linkage.policy import LinkagePolicy

EXPLANATION = pa.schema(
    [("pupil_row", pa.int32()), ("part", pa.string()), ("says", pa.string()), ("bits", pa.float64())]
)
"""Long form: the parts of each pair in the order in which a picture shows them."""
TERM = "how common it is"
_SIBLING = Family.SIBLING_MATCHED.name.lower().replace("_", " ")
REST = "before comparing, other candidates, calibration"
STATED = "stated by the agreement for"
"""Where a rule and no weight made the pair: what the agreement states of that rule instead."""


def explain(pupils: pa.Table, households: pa.Table, links: pa.Table, policy: LinkagePolicy) -> pa.Table:
    """The parts of every linked pair of `links` (rows of `link.link`), which was made from these tables and policy.

    Returns a table of schema `EXPLANATION`: the level's weight of each comparison that says something, the correction
    for how common the value is, and at last what remains to the pair's `match_weight`: for a weighed pair (`REST`) the
    odds before any comparison, the other candidates and the calibration, for any other (`STATED`) what the agreement
    states of its rule. Raises ValueError when the policy has no model.
    """
    if policy.model is None:
        raise ValueError("the policy has no model, so there are no weights to explain")
    linked = links.filter(pc.is_valid(links.column("household_row")))
    pairs = Pairs(*(np.asarray(linked.column(name), dtype=np.int64) for name in ("pupil_row", "household_row")))
    records = read_records(pupils, households)
    levels = compare(records, pairs, policy.forename_similarity)
    said = pc.match_substring(linked.column("evidence").combine_chunks(), f"family {_SIBLING}")
    levels["family"] = np.where(np.asarray(said), np.int8(Family.SIBLING_MATCHED), np.int8(Family.MISSING))
    bits = weights_of(policy.model).on(records).bits(pairs, levels)
    rest = np.asarray(linked.column("match_weight"), dtype=np.float64) - bits.total
    rules = linked.column("rule").to_pylist()
    rows: list[tuple[int, str, str, float]] = []
    for at, pupil in enumerate(pairs.pupils.tolist()):
        for name, kind in LEVELS.items():
            if level := int(levels[name][at]):
                rows.append(
                    (pupil, name, kind(level).name.lower().replace("_", " "), float(bits.comparisons[name][at]))
                )
            if name in bits.terms and bits.terms[name][at]:
                rows.append((pupil, name, TERM, float(bits.terms[name][at])))
        last = (REST, "") if rules[at] == RULE else (STATED, rules[at])
        rows.append((pupil, *last, float(rest[at])))
    return pa.Table.from_pylist([dict(zip(EXPLANATION.names, row, strict=True)) for row in rows], schema=EXPLANATION)
