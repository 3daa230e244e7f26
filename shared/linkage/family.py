"""What a match says of the family: a pupil whose brother or sister is matched to a claim is more likely to be on it."""

from __future__ import annotations

import numpy as np

from shared.linkage.fields import MISSING, Codes, Levels, Mask
from shared.linkage.keys import by_code, join
from shared.linkage.levels import Address, Family
from shared.linkage.pairs import Pairs
from shared.linkage.records import Records


def by_siblings(records: Records, pairs: Pairs, levels: dict[str, Levels], matched: Pairs) -> Levels:
    """The level of `Family` of every pair, given pairs that are likelier than not for themselves.

    Brother or sister is a pupil of the same postcode or UPRN, whatever the surname: that a neighbour has a candidate on
    the very claim of the pupil's own is hardly ever chance. Where the addresses of the pair agree, the sibling's match
    adds nothing to them, so it speaks only where they do not: the whole family has moved, or the two files have it at
    different homes.
    """
    level = np.zeros(len(pairs), np.int8)
    claims = records.household_ref
    spoken_for = np.zeros(claims.size + 1, np.bool_)
    spoken_for[claims.households[matched.households]] = True
    spoken_for[MISSING] = False
    apart = np.flatnonzero(
        (levels["address"] < Address.SAME_POSTCODE_OTHER_NUMBER) & spoken_for[claims.households[pairs.households]]
    )
    among = pairs.where(apart)
    both = matched + among
    claim = claims.households[both.households], claims.size
    found = np.zeros(len(apart), np.bool_)
    for home in ([records.postcode], [records.uprn]):
        family, size = join([*((field.pupils[both.pupils], field.size) for field in home), claim])
        found |= _another(family[: len(matched)], family[len(matched) :], size, matched, among)
    level[apart[found]] = Family.SIBLING_MATCHED
    return level


def _another(known: Codes, asked: Codes, size: int, matched: Pairs, pairs: Pairs) -> Mask:
    """Whether some matched pair of the same family has both another pupil and another child."""
    found: Mask = np.zeros(len(asked), np.bool_)
    families, order = by_code(known, size)
    pupils, children = matched.pupils[order], matched.households[order]
    first, last = np.searchsorted(families, asked), np.searchsorted(families, asked, side="right")
    # Families are small: a few rounds look at every sibling.
    for place in range(int(np.max(last - first, initial=0))):
        of = np.flatnonzero(first + place < last)
        at = first[of] + place
        found[of] |= (pupils[at] != pairs.pupils[of]) & (children[at] != pairs.households[of])
    return found
