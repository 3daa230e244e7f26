"""What a match says of a family: whose brother or sister is matched to one is more likely to be on it too."""

from __future__ import annotations

import numpy as np

from shared.methods.linkage.encode.arrays import MISSING, Codes, Mask
from shared.methods.linkage.encode.fields import Field
from shared.methods.linkage.encode.keys import by_code, join
from shared.methods.linkage.encode.pairs import Pairs, codes_of
from shared.methods.linkage.encode.records import Records
from shared.methods.linkage.workers import side_by_side


def by_siblings(records: Records, pairs: Pairs, matched: Pairs) -> Mask:
    """Whether a brother's or sister's match speaks for each pair, given pairs that are likelier than not for
    themselves.

    Brother or sister is a left row of the same postcode or UPRN, whatever the surname: that a neighbour has a candidate
    in the very family of one's own is hardly ever chance. Where the addresses of the pair agree, the sibling's match
    adds nothing to them, so it speaks only where they do not: the whole family has moved, or the two files have it at
    different homes.
    """
    homes = (records.postcode, records.uprn)
    found: Mask = np.any(side_by_side(lambda home: _of_one_home(home, records.family, pairs, matched), homes), axis=0)
    spoken_for = np.flatnonzero(found)
    found[spoken_for] = ~at_one_home(records, pairs.where(spoken_for))
    return found


def _of_one_home(home: Field, families: Field, pairs: Pairs, matched: Pairs) -> Mask:
    """Whether another left row of one home is matched to another right row of one family."""
    possible = np.flatnonzero(_may_be_of_one_home(home, families, pairs, matched))
    selected, split = pairs.where(possible), len(possible)
    both = selected + matched
    family, size = join([(home.left[both.left], home.size), (families.right[both.right], families.size)])
    mine, theirs = family[:split], family[split:]
    at = np.flatnonzero(np.isin(mine, theirs) & (mine >= 0))
    known = np.flatnonzero(np.isin(theirs, mine) & (theirs >= 0))
    another = _another(family[split + known], family[at], size, matched.where(known), selected.where(at))
    found = np.zeros(len(pairs), np.bool_)
    found[possible[at[another]]] = True
    return found


def _may_be_of_one_home(home: Field, families: Field, pairs: Pairs, matched: Pairs) -> Mask:
    """Whether the home lies between the least and the greatest of those that are matched to the family.

    Most families have one such home, and of the many pairs with a family hardly any is of it.
    """
    family, homes = families.right[matched.right], home.left[matched.left]
    present = np.flatnonzero(homes >= 0)
    least, greatest = np.full(families.size + 1, home.size, np.int32), np.full(families.size + 1, MISSING, np.int32)
    np.minimum.at(least, family[present], homes[present])
    np.maximum.at(greatest, family[present], homes[present])
    left = home.left[pairs.left]
    may: Mask = least[families.right][pairs.right] <= left
    may &= greatest[families.right][pairs.right] >= left
    return may


def at_one_home(records: Records, pairs: Pairs) -> Mask:
    """Whether UPRN or postcode agrees: the levels of `Address` from the same postcode on."""
    same: Mask = np.zeros(len(pairs), np.bool_)
    for field in (records.uprn, records.postcode):
        left, right = codes_of(field, pairs)
        same |= (left == right) & (left >= 0)
    return same


def _another(known: Codes, selected: Codes, size: int, matched: Pairs, pairs: Pairs) -> Mask:
    """Whether some matched pair of the same family has both another left row and another right row."""
    found: Mask = np.zeros(len(selected), np.bool_)
    families, order = by_code(known, size)
    left, right = matched.left[order], matched.right[order]
    first, last = np.searchsorted(families, selected), np.searchsorted(families, selected, side="right")
    # Families are small: a few rounds look at every sibling.
    for place in range(int(np.max(last - first, initial=0))):
        of = np.flatnonzero(first + place < last)
        at = first[of] + place
        found[of] |= (left[at] != pairs.left[of]) & (right[at] != pairs.right[of])
    return found
