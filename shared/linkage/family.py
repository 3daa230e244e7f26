"""What a match says of the family: a pupil whose brother or sister is matched to a claim is more likely to be on it."""

from __future__ import annotations

import numpy as np

from shared.linkage.fields import MISSING, Codes, Field, Mask
from shared.linkage.keys import by_code, join
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
    asked, among = _of_claims(claims, pairs, matched)
    apart = ~_at_one_home(records, among)
    asked, among = asked[apart], among.where(apart)
    _, known = _of_claims(claims, matched, among)
    both = known + among
    claim = claims.households[both.households], claims.size
    found = np.zeros(len(among), np.bool_)
    for home in ([records.postcode], [records.uprn]):
        family, size = join([*((field.pupils[both.pupils], field.size) for field in home), claim])
        found |= _another(family[: len(known)], family[len(known) :], size, known, among)
    spoken_for = np.zeros(len(pairs), np.bool_)
    spoken_for[asked[found]] = True
    return spoken_for


def _of_claims(claims: Field, pairs: Pairs, others: Pairs) -> tuple[Codes, Pairs]:
    """Positions of the pairs whose child is on a claim of some other pair's child, and these pairs."""
    on_claim = np.zeros(claims.size + 1, np.bool_)
    on_claim[claims.households[others.households]] = True
    on_claim[MISSING] = False
    asked = np.flatnonzero(on_claim[claims.households[pairs.households]])
    return asked, pairs.where(asked)


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
