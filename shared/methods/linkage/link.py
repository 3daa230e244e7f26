"""Links pupils with benefit children: the agreement's cascade, guarded, one to one, the rest to people or to nobody."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shared.methods.linkage.cascade import Groups, alone_on_both_sides, candidates, group, only_pairs, shared_with
from shared.methods.linkage.evidence import describe
from shared.methods.linkage.fields import Codes, Mask
from shared.methods.linkage.guards import GUARDS
from shared.methods.linkage.lots import side_by_side
from shared.methods.linkage.pairs import Scores
from shared.methods.linkage.probabilistic import RULE, offer
from shared.methods.linkage.records import Records, read_records
from shared.methods.linkage.scoring import Scored, score, together
from shared.methods.linkage.sentence import sentences
from shared.methods.linkage.unlisted import RULE as OF_UNLISTED
from shared.methods.linkage.unlisted import unlisted

if TYPE_CHECKING:
    from shared.methods.linkage.policy import LinkagePolicy

LINKS = pa.schema(
    [
        ("pupil_row", pa.int32()),
        ("household_row", pa.int32()),
        ("outcome", pa.string()),
        ("rule", pa.string()),
        ("guard", pa.string()),
        ("probability", pa.float64()),
        ("match_weight", pa.float64()),
        ("evidence", pa.string()),
        ("runner_up", pa.int32()),
        ("margin", pa.float64()),
        ("sentence", pa.string()),
    ]
)
"""One row per pupil row, in their order; see `link`."""


def link(pupils: pa.Table, households: pa.Table, policy: LinkagePolicy) -> pa.Table:
    """Link every pupil row with at most one household child row.

    Reads contract columns of `pupils` and `households`; any of them may be absent. Returns a table of schema `LINKS`:

    - `pupil_row`, `household_row`: 0-based positions; `household_row` is null for `unmatched`
    - `outcome`: `matched` (no two share a child), `review` (a person decides) or `unmatched`
    - `rule`: the tier of the cascade that offers the pair, or `probabilistic`, or `unlisted`: the child is not the
      pupil but of a claim that may be the family's, always for review
    - `guard`: code of the first guard that stops it, null where none does
    - `probability`: stated chance that the two are one child, and `match_weight`: its log2 odds
    - `evidence`: what agrees, in words, without values
    - `runner_up`: how many other children shared a key with the pupil
    - `margin`: bits by which the pair leads the next one of its pupil or its child, null where none came near
    - `sentence`: the same in one plain sentence

    The same rows in any order give the same links. Nothing is raised for what a row contains.
    """
    return link_records(read_records(pupils, households), households, policy)


def link_records(records: Records, households: pa.Table, policy: LinkagePolicy) -> pa.Table:
    """`link` on records that are already read (`records.read_records`) from a pupils table and these households."""
    groups = side_by_side(lambda tier: group(records, tier.keys), policy.cascade)
    matched, alone = _cascade(records, groups, policy)
    shared: Codes = np.stack([shared_with(keyed) for keyed in groups]).max(axis=0)
    if policy.model is None:
        offered = _offer(records, groups, alone, policy, matched)
    else:
        weighed = offer(records, policy, *_free(records, matched), len(groups), matched.pairs)
        matched, offered = _settled(matched, weighed.scored, policy)
        shared = np.maximum(shared, weighed.considered)
    offered = offered.where(offered.probability >= policy.review)
    review = [lambda: _best(offered, households)]
    if policy.unlisted is not None:
        left = _absent(np.concatenate((matched.pairs.pupils, offered.pairs.pupils)), records.pupils)
        review.append(lambda: _best(unlisted(records, policy, left, len(groups) + 1), households))
    return _links(policy, matched, together(side_by_side(lambda lot: lot(), review)), shared)


def _free(records: Records, matched: Scored) -> tuple[Mask, Mask]:
    """Which pupil rows and which household rows are in no matched pair."""
    return _absent(matched.pairs.pupils, records.pupils), _absent(matched.pairs.households, records.households)


def _settled(matched: Scored, weighed: Scored, policy: LinkagePolicy) -> tuple[Scored, Scored]:
    """Match what is likely enough and stopped by no guard; of the rest, leave what touches no matched row.

    A chance above one half is that of the best pair of both its rows (`posterior`), so no two of these pairs share a
    row but copies of one person, and those are tied, which is a guard.
    """
    certain = (weighed.guard < 0) & (weighed.probability >= policy.automatic)
    taken = weighed.where(certain)
    rest = ~(
        np.isin(weighed.pairs.pupils, taken.pairs.pupils) | np.isin(weighed.pairs.households, taken.pairs.households)
    )
    return matched + taken, weighed.where(rest)


def _cascade(records: Records, groups: list[Groups], policy: LinkagePolicy) -> tuple[Scored, list[Mask]]:
    """Each tier takes what is alone on both sides and no guard stops; the rest goes down to the next.

    Returns the matched pairs, and for each tier which of its groups were alone when it was their turn.
    """
    free_pupils = np.ones(records.pupils, np.bool_)
    free_households = np.ones(records.households, np.bool_)
    matched, alone = [], []
    for number, keyed in enumerate(groups):
        alone.append(alone_on_both_sides(keyed, free_pupils, free_households))
        pairs = only_pairs(keyed, alone[-1], free_pupils, free_households)
        scored = score(records, policy, pairs, np.full(len(pairs), number))
        taken = scored.where((scored.guard < 0) & (scored.probability >= policy.automatic))
        free_pupils[taken.pairs.pupils] = False
        free_households[taken.pairs.households] = False
        matched.append(taken)
    return together(matched), alone


def _offer(
    records: Records,
    groups: list[Groups],
    alone: list[Mask],
    policy: LinkagePolicy,
    matched: Scored,
) -> Scored:
    """Every pair that some tier offers for a pupil who is not matched, under the first tier that offers it."""
    rest = np.flatnonzero(_absent(matched.pairs.pupils, records.pupils))
    lots = [candidates(keyed, rest) for keyed in groups]
    pairs = sum(lots[1:], lots[0])
    tier = np.repeat(np.arange(len(lots)), [len(lot) for lot in lots])
    crowded = np.concatenate(
        [~mask[keyed.pupils[lot.pupils]] for mask, keyed, lot in zip(alone, groups, lots, strict=True)]
    )
    first = np.unique(pairs.pupils * records.households + pairs.households, return_index=True)[1]
    pairs, tier, crowded = pairs.where(first), tier[first], crowded[first]
    taken = ~_absent(matched.pairs.households, records.households)[pairs.households]
    return score(records, policy, pairs, tier, rivals=crowded & ~taken, taken=taken)


def _log_odds(probability: Scores) -> Scores:
    """Bits; certainty, which no pair has, is cut where a double ends."""
    odds: Scores = np.log2(probability / np.maximum(1 - probability, 2.0**-53))
    return odds


def _absent(rows: Codes, size: int) -> Mask:
    absent = np.ones(size, np.bool_)
    absent[rows] = False
    return absent


def _best(offered: Scored, households: pa.Table) -> Scored:
    """The best pair of each pupil: probability first, then forename, date of birth, address, tier; never row order."""
    levels = offered.levels
    choices = np.bincount(offered.pairs.pupils)[offered.pairs.pupils]
    rank = np.zeros(len(offered), np.int64)
    rank[choices > 1] = _content_rank(households, offered.pairs.households[choices > 1])
    order = np.lexsort(
        (
            rank,
            offered.tier,
            -levels["surname"].astype(int),
            -levels["address"].astype(int),
            -levels["dob"].astype(int),
            -levels["forename"].astype(int),
            -offered.probability,
            offered.pairs.pupils,
        )
    )
    ordered = offered.where(order)
    first = np.ones(len(ordered), np.bool_)
    first[1:] = ordered.pairs.pupils[1:] != ordered.pairs.pupils[:-1]
    return ordered.where(first)


_CONTENT = (
    *("household_ref", "child_seq", "child_surname", "child_forename", "child_dob"),
    *("postcode", "uprn", "child_upn", "child_uln", "child_sex"),
)


def _content_rank(households: pa.Table, children: Codes) -> Codes:
    """An order of these children by what their rows say."""
    rows, place = np.unique(children, return_inverse=True)
    rank = np.zeros(len(rows), np.int64)
    # Not taken but sieved: to take rows out of many chunks, Arrow puts all chunks together first.
    asked = np.zeros(households.num_rows, np.bool_)
    asked[rows] = True
    content = households.select([name for name in _CONTENT if name in households.column_names]).filter(pa.array(asked))
    if content.num_columns:
        # Codes of a dictionary have no order of their own.
        spelled = pa.schema([(f.name, getattr(f.type, "value_type", f.type)) for f in content.schema])
        order = pc.sort_indices(content.cast(spelled), sort_keys=[(name, "ascending") for name in spelled.names])
        rank[order.to_numpy()] = np.arange(len(rows))
    return rank[place]


def _links(policy: LinkagePolicy, matched: Scored, review: Scored, shared: Codes) -> pa.Table:
    pupils = len(shared)
    chosen = matched + review
    place = np.full(pupils, -1)
    place[chosen.pairs.pupils] = np.arange(len(chosen))
    none = place < 0
    outcome = np.where(none, 2, np.where(place < len(matched), 0, 1))

    places = pa.array(place, mask=none)

    def settled(values: pa.Array) -> pa.Array:
        return values.take(places)

    def worded(codes: Codes, words: list[str]) -> pa.DictionaryArray:
        return pa.DictionaryArray.from_arrays(pa.array(codes, mask=codes < 0), words)

    rules = [*(tier.rule for tier in policy.cascade), RULE, OF_UNLISTED]
    columns: dict[str, Callable[[], pa.Array]] = {
        "pupil_row": lambda: pa.array(np.arange(pupils)),
        "household_row": lambda: settled(pa.array(chosen.pairs.households)),
        "outcome": lambda: worded(outcome, ["matched", "review", "unmatched"]),
        "rule": lambda: settled(worded(chosen.tier, rules)),
        "guard": lambda: settled(worded(chosen.guard, [guard.code for guard in GUARDS])),
        "probability": lambda: settled(pa.array(chosen.probability)),
        "match_weight": lambda: settled(pa.array(_log_odds(chosen.probability))),
        "evidence": lambda: settled(describe(chosen.levels)),
        "runner_up": lambda: pa.array(np.where(none, shared, np.maximum(shared - 1, 0))),
        "margin": lambda: settled(pa.array(chosen.margin, mask=~np.isfinite(chosen.margin))),
        "sentence": lambda: settled(sentences(chosen.levels, chosen.margin, chosen.guard)),
    }
    return pa.table(side_by_side(lambda field: columns[field.name]().cast(field.type), LINKS), schema=LINKS)
