"""What a match says of the family: a pupil whose brother or sister is matched to a claim is more likely to be on it."""

from __future__ import annotations

import numpy as np

from shared.linkage.context import joined
from shared.linkage.fields import Codes, Levels, Mask
from shared.linkage.levels import Address, Family
from shared.linkage.pairs import Pairs
from shared.linkage.records import Records


def by_siblings(records: Records, pairs: Pairs, levels: dict[str, Levels], matched: Pairs) -> Levels:
    """The level of `Family` of every pair, given pairs that are matched for themselves.

    Brother or sister is a pupil of the same postcode and surname, or of the same UPRN. Where the addresses of the pair
    agree, the sibling's match adds nothing to them, so it speaks only where they do not: the whole family has moved,
    or the two files have it at different homes.
    """
    level = np.zeros(len(pairs), np.int8)
    apart = np.flatnonzero(levels["address"] < Address.SAME_POSTCODE_OTHER_NUMBER)
    among = pairs.where(apart)
    found = np.zeros(len(apart), np.bool_)
    for home in ([records.postcode, records.surname_sound], [records.uprn]):
        key = joined([field.pupils for field in home])
        found |= _another(_families(records, key, matched), _families(records, key, among), matched, among)
    level[apart[found]] = Family.SIBLING_MATCHED
    return level


def _families(records: Records, home: Codes, pairs: Pairs) -> Codes:
    """One number for the pupil's home together with the child's claim."""
    return joined([home[pairs.pupils], records.household_ref.households[pairs.households]])


def _another(known: Codes, asked: Codes, matched: Pairs, pairs: Pairs) -> Mask:
    """Whether some matched pair of the same family has both another pupil and another child."""
    order = np.lexsort((matched.pupils, known))
    known, pupils, children = known[order], matched.pupils[order], matched.households[order]
    first, last = np.searchsorted(known, asked), np.searchsorted(known, asked, side="right")
    found: Mask = np.zeros(len(asked), np.bool_)
    # Families are small: a few rounds look at every sibling.
    for place in range(int(np.max(last - first, initial=0))):
        at = np.minimum(first + place, max(len(known) - 1, 0))
        found |= (
            (first + place < last) & (asked >= 0) & (pupils[at] != pairs.pupils) & (children[at] != pairs.households)
        )
    return found
