"""What a match says of the family: a pupil whose brother or sister is matched to a claim is more likely to be on it."""

from __future__ import annotations

import numpy as np

from shared.linkage.fields import MISSING, Codes, Mask
from shared.linkage.keys import by_code, join
from shared.linkage.meet import may_meet
from shared.linkage.pairs import Pairs, codes_of
from shared.linkage.records import Records


def by_siblings(records: Records, pairs: Pairs, matched: Pairs) -> Mask:
    """Whether a brother's or sister's match speaks for each pair, given pairs that are likelier than not for
    themselves.

    Brother or sister is a pupil of the same postcode or UPRN, whatever the surname: that a neighbour has a candidate on
    the very claim of the pupil's own is hardly ever chance. Where the addresses of the pair agree, the sibling's match
    adds nothing to them, so it speaks only where they do not: the whole family has moved, or the two files have it at
    different homes.
    """
    claims = records.household_ref
    is_matched = np.zeros(claims.size + 1, np.bool_)
    is_matched[claims.households[matched.households]] = True
    is_matched[MISSING] = False
    on_claim = np.flatnonzero(is_matched[claims.households][pairs.households])
    by_any = np.zeros(len(pairs), np.bool_)
    by_any[on_claim] = _by_siblings_on_claim(records, pairs.where(on_claim), matched)
    return by_any


def _by_siblings_on_claim(records: Records, pairs: Pairs, matched: Pairs) -> Mask:
    """`by_siblings` of pairs whose claim has some matched pair."""
    claims, split, both = records.household_ref, len(pairs), pairs + matched
    found = np.zeros(split, np.bool_)
    for home in (records.postcode, records.uprn):
        family, size = join([(home.pupils[both.pupils], home.size), (claims.households[both.households], claims.size)])
        asked, known = may_meet(family[:split], family[split:], size)
        found[asked] |= _another(family[split + known], family[asked], size, matched.where(known), pairs.where(asked))
    spoken_for = np.flatnonzero(found)
    found[spoken_for] = ~_at_one_home(records, pairs.where(spoken_for))
    return found


def _at_one_home(records: Records, pairs: Pairs) -> Mask:
    """Whether UPRN or postcode agrees: the levels of `Address` from the same postcode on."""
    same: Mask = np.zeros(len(pairs), np.bool_)
    for field in (records.uprn, records.postcode):
        ours, theirs = codes_of(field, pairs)
        same |= (ours == theirs) & (ours >= 0)
    return same


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
