"""Links left with right rows: the policy's cascade, guarded, one to one, the rest to people or to nobody."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shared.methods.linkage.block.cascade import Groups, alone_on_both_sides, candidates, group, only_pairs, shared_with
from shared.methods.linkage.encode.arrays import Codes, Mask, Scores
from shared.methods.linkage.encode.read import read_records
from shared.methods.linkage.encode.records import Records
from shared.methods.linkage.explain.released import released
from shared.methods.linkage.explain.sentence import sentences
from shared.methods.linkage.explain.words import describe
from shared.methods.linkage.guards.guards import GUARDS, UNLISTED
from shared.methods.linkage.guards.scoring import Scored, score, together
from shared.methods.linkage.model.probabilistic import LIKELIER, RULE, UNLISTED_RULE, offer
from shared.methods.linkage.model.weights import Scale
from shared.methods.linkage.schema import Schema, Wording
from shared.methods.linkage.workers import side_by_side

if TYPE_CHECKING:
    from shared.methods.linkage.policy import LinkagePolicy

LINKS = pa.schema(
    [
        ("left_row", pa.int32()),
        ("right_row", pa.int32()),
        ("outcome", pa.string()),
        ("rule", pa.string()),
        ("guard", pa.string()),
        ("probability", pa.float64()),
        ("row_probability", pa.float64()),
        ("match_weight", pa.float64()),
        ("evidence", pa.string()),
        ("runner_up", pa.int32()),
        ("margin", pa.float64()),
        ("sentence", pa.string()),
        ("parts", pa.string()),
    ]
)
"""One row per left row, in their order; see `link`."""


def link(left: pa.Table, right: pa.Table, schema: Schema, policy: LinkagePolicy) -> pa.Table:
    """Link every left row with at most one right row.

    Reads the columns that `schema` declares; any of them may be absent. Returns a table of schema `LINKS`:

    - `left_row`, `right_row`: 0-based positions; `right_row` is null for `unmatched`
    - `outcome`: `matched` (no two share a right row, but for `unlisted`), `review` (a person decides) or `unmatched`
    - `rule`: the tier of the cascade that offers the pair, or `probabilistic`, or `unlisted`: the right row stands for
      a family that probably does not list the left one
    - `guard`: code of the first guard that stops it, null where none does
    - `probability`: stated chance that the link is right (`LinkagePolicy.link`: this right row, or its family), and
      `match_weight`: its log2 odds
    - `row_probability`: stated chance that the two rows are one person
    - `evidence`: what agrees, in words, without values
    - `runner_up`: how many other right rows shared a key with the left row
    - `margin`: bits by which the pair leads the next one of either row, null where none came near
    - `sentence`: the same in one plain sentence
    - `parts`: of a pair in review that was weighed, the parts of its weight in whole bits (`explain.released`)

    The same rows in any order give the same links. Nothing is raised for what a row contains.
    """
    return link_records(read_records(left, right, schema), right, schema, policy)


def link_records(records: Records, right: pa.Table, schema: Schema, policy: LinkagePolicy) -> pa.Table:
    """`link` on records that are already read (`read_records`), of which `right` is the right table."""
    content = right.select([name for name in schema.right.ordered if name in right.column_names])
    groups = side_by_side(lambda tier: group(records, tier.keys), policy.cascade)
    matched, alone = _cascade(records, groups, policy)
    shared: Codes = np.stack([shared_with(keyed) for keyed in groups]).max(axis=0)
    if policy.model is None:
        offered, scale = _offer(records, groups, alone, policy, matched), None
    else:
        weighed = offer(records, policy, *_free(records, matched), len(groups), matched.pairs)
        scored = _once_each(weighed.scored, content, len(groups)) if policy.links_families else weighed.scored
        matched, offered = _settled(matched, scored, policy)
        shared, scale = np.maximum(shared, weighed.considered), weighed.scale
    review = _best(offered.where(offered.probability >= policy.review), content)
    parts = _parts(scale, review)
    return _links(policy, schema.wording, matched, review, shared, parts)


def _parts(scale: Scale | None, review: Scored) -> list[str | None]:
    if scale is None:  # a rule made the pair, and no weight
        return [None] * len(review)
    bits = scale.bits(review.pairs, review.levels)
    return [*released(bits, review.levels, _log_odds(review.probability))]


def _once_each(weighed: Scored, content: pa.Table, tier: int) -> Scored:
    """The best pair of each left row. Of several that share a right row, those that hardly are it themselves are of the
    family and not listed by it. (Two entries of one person both are it, and of two twins nobody may know.)"""
    best = _best(weighed, content)
    listed = np.flatnonzero(best.tier == tier)
    row, chance = best.pairs.right[listed], best.row_probability[listed]
    most = np.zeros(int(np.max(row, initial=-1)) + 1)
    np.maximum.at(most, row, chance)
    shared = listed[(chance < most[row]) & (chance < LIKELIER)]
    best.tier[shared] = tier + 1
    best.guard[shared] = np.where(best.guard[shared] < 0, GUARDS.index(UNLISTED), best.guard[shared])
    return best


def _free(records: Records, matched: Scored) -> tuple[Mask, Mask]:
    """Which left rows and which right rows are in no matched pair."""
    return _absent(matched.pairs.left, records.left_rows), _absent(matched.pairs.right, records.right_rows)


def _settled(matched: Scored, weighed: Scored, policy: LinkagePolicy) -> tuple[Scored, Scored]:
    """Match what is likely enough and stopped by no guard; of the rest, leave what touches no matched row.

    A chance above one half is that of the best pair of both its rows (`posterior`), so no two of these pairs share a
    row but copies of one person, and those are tied, which is a guard.
    """
    certain = (weighed.guard < 0) & (weighed.probability >= policy.automatic)
    taken = weighed.where(certain)
    rest = ~(np.isin(weighed.pairs.left, taken.pairs.left) | np.isin(weighed.pairs.right, taken.pairs.right))
    return matched + taken, weighed.where(rest)


def _cascade(records: Records, groups: list[Groups], policy: LinkagePolicy) -> tuple[Scored, list[Mask]]:
    """Each tier takes what is alone on both sides and no guard stops; the rest goes down to the next.

    Returns the matched pairs, and for each tier which of its groups were alone when it was their turn.
    """
    free_left = np.ones(records.left_rows, np.bool_)
    free_right = np.ones(records.right_rows, np.bool_)
    matched, alone = [], []
    for number, keyed in enumerate(groups):
        alone.append(alone_on_both_sides(keyed, free_left, free_right))
        pairs = only_pairs(keyed, alone[-1], free_left, free_right)
        scored = score(records, policy, pairs, np.full(len(pairs), number))
        taken = scored.where((scored.guard < 0) & (scored.probability >= policy.automatic))
        free_left[taken.pairs.left] = False
        free_right[taken.pairs.right] = False
        matched.append(taken)
    return together(matched), alone


def _offer(
    records: Records,
    groups: list[Groups],
    alone: list[Mask],
    policy: LinkagePolicy,
    matched: Scored,
) -> Scored:
    """Every pair that some tier offers for a left row that is not matched, under the first tier that offers it."""
    rest = np.flatnonzero(_absent(matched.pairs.left, records.left_rows))
    by_tier = [candidates(keyed, rest) for keyed in groups]
    pairs = sum(by_tier[1:], by_tier[0])
    tier = np.repeat(np.arange(len(by_tier)), [len(offered) for offered in by_tier])
    crowded = np.concatenate(
        [~mask[keyed.left[offered.left]] for mask, keyed, offered in zip(alone, groups, by_tier, strict=True)]
    )
    first = np.unique(pairs.left * records.right_rows + pairs.right, return_index=True)[1]
    pairs, tier, crowded = pairs.where(first), tier[first], crowded[first]
    taken = ~_absent(matched.pairs.right, records.right_rows)[pairs.right]
    return score(records, policy, pairs, tier, rivals=crowded & ~taken, taken=taken)


def _log_odds(probability: Scores) -> Scores:
    """Bits; certainty, which no pair has, is cut where a double ends."""
    odds: Scores = np.log2(probability / np.maximum(1 - probability, 2.0**-53))
    return odds


def _absent(rows: Codes, size: int) -> Mask:
    absent = np.ones(size, np.bool_)
    absent[rows] = False
    return absent


def _best(offered: Scored, content: pa.Table) -> Scored:
    """The best pair of each left row, by probability, forename, date of birth, address, tier; never by row order."""
    levels = offered.levels
    choices = np.bincount(offered.pairs.left)[offered.pairs.left]
    rank = np.zeros(len(offered), np.int64)
    rank[choices > 1] = _content_rank(content, offered.pairs.right[choices > 1])
    order = np.lexsort(
        (
            rank,
            offered.tier,
            -levels["surname"].astype(int),
            -levels["address"].astype(int),
            -levels["dob"].astype(int),
            -levels["forename"].astype(int),
            -offered.row_probability,
            -offered.probability,
            offered.pairs.left,
        )
    )
    ordered = offered.where(order)
    first = np.ones(len(ordered), np.bool_)
    first[1:] = ordered.pairs.left[1:] != ordered.pairs.left[:-1]
    return ordered.where(first)


def _content_rank(content: pa.Table, among: Codes) -> Codes:
    """An order of these right rows by what they say."""
    rows, place = np.unique(among, return_inverse=True)
    rank = np.zeros(len(rows), np.int64)
    # Not taken but sieved: to take rows out of many chunks, Arrow puts all chunks together first.
    selected = np.zeros(content.num_rows, np.bool_)
    selected[rows] = True
    content = content.filter(pa.array(selected))
    if content.num_columns:
        # Codes of a dictionary have no order of their own.
        spelled = pa.schema([(f.name, getattr(f.type, "value_type", f.type)) for f in content.schema])
        order = pc.sort_indices(content.cast(spelled), sort_keys=[(name, "ascending") for name in spelled.names])
        rank[order.to_numpy()] = np.arange(len(rows))
    return rank[place]


def _links(
    policy: LinkagePolicy,
    wording: Wording,
    matched: Scored,
    review: Scored,
    shared: Codes,
    parts: list[str | None],
) -> pa.Table:
    left = len(shared)
    chosen = matched + review
    place = np.full(left, -1)
    place[chosen.pairs.left] = np.arange(len(chosen))
    none = place < 0
    outcome = np.where(none, 2, np.where(place < len(matched), 0, 1))

    places = pa.array(place, mask=none)
    which = policy.links_families & (chosen.tier == len(policy.cascade)) & (chosen.row_probability < policy.automatic)
    which &= chosen.probability >= policy.automatic

    def settled(values: pa.Array) -> pa.Array:
        return values.take(places)

    def worded(codes: Codes, words: list[str]) -> pa.DictionaryArray:
        return pa.DictionaryArray.from_arrays(pa.array(codes, mask=codes < 0), words)

    rules = [*(tier.rule for tier in policy.cascade), RULE, UNLISTED_RULE]
    columns: dict[str, Callable[[], pa.Array]] = {
        "left_row": lambda: pa.array(np.arange(left)),
        "right_row": lambda: settled(pa.array(chosen.pairs.right)),
        "outcome": lambda: worded(outcome, ["matched", "review", "unmatched"]),
        "rule": lambda: settled(worded(chosen.tier, rules)),
        "guard": lambda: settled(worded(chosen.guard, [guard.code for guard in GUARDS])),
        "probability": lambda: settled(pa.array(chosen.probability)),
        "row_probability": lambda: settled(pa.array(chosen.row_probability)),
        "match_weight": lambda: settled(pa.array(_log_odds(chosen.probability))),
        "evidence": lambda: settled(describe(chosen.levels)),
        "runner_up": lambda: pa.array(np.where(none, shared, np.maximum(shared - 1, 0))),
        "margin": lambda: settled(pa.array(chosen.margin, mask=~np.isfinite(chosen.margin))),
        "sentence": lambda: settled(sentences(chosen.levels, chosen.margin, chosen.guard, which, wording)),
        "parts": lambda: settled(pa.array([*[None] * len(matched), *parts], pa.string())),
    }
    return pa.table(side_by_side(lambda field: columns[field.name]().cast(field.type), LINKS), schema=LINKS)
