"""A family of the left row's home and surname that does not list it: for somebody to look at, never a match."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from shared.methods.linkage.block.equi_join import equi_join
from shared.methods.linkage.compare.compare import compare
from shared.methods.linkage.compare.levels import Address, Surname
from shared.methods.linkage.compare.names import is_a_parents
from shared.methods.linkage.encode.arrays import Codes, Mask
from shared.methods.linkage.encode.keys import joined
from shared.methods.linkage.encode.pairs import Pairs
from shared.methods.linkage.encode.records import Records
from shared.methods.linkage.guards.guards import GUARDS, UNLISTED
from shared.methods.linkage.guards.scoring import Scored

if TYPE_CHECKING:
    from shared.methods.linkage.policy import LinkagePolicy

RULE = "unlisted"
MOST_AT_HOME = 12
"""Right rows of one home, at most: beyond it the home is an institution, and its families say nothing."""


def unlisted(records: Records, policy: LinkagePolicy, rest: Mask, tier: int) -> Scored:
    """Pairs of the `rest` of the left rows, to which nothing is offered, with a right row of what may be their family.

    The UPRN is the same, or postcode and house number; and the surname is that of the right row or of a parent. The
    right row is another person and stands for the family. The chance is the policy's (`unlisted`).
    """
    pairs = _at_home(records, np.flatnonzero(rest))
    levels = compare(records, pairs, policy.forename_similarity)
    home = levels["address"] >= Address.SAME_POSTCODE_AND_NUMBER
    of_parents = np.flatnonzero(home & (levels["surname"] < Surname.FORMER_OR_PREFERRED))
    named = levels["surname"] >= Surname.FORMER_OR_PREFERRED
    named[of_parents] = is_a_parents(records, pairs.where(of_parents))
    chosen = np.flatnonzero(home & named)
    size = len(chosen)
    return Scored(
        pairs.where(chosen),
        np.full(size, tier),
        {name: level[chosen] for name, level in levels.items()},
        np.full(size, GUARDS.index(UNLISTED)),
        np.full(size, policy.unlisted or 0.0),
        np.full(size, np.nan),
    )


def _at_home(records: Records, among: Codes) -> Pairs:
    """Left rows with the right rows of their UPRN, and with those of their postcode and surname."""
    found = []
    for home in ([records.uprn], [records.postcode, records.surname]):
        left, right, size = joined(home)
        pairs = equi_join(left[among], right, size, MOST_AT_HOME)
        found.append(among[pairs.left] * records.right_rows + pairs.right)
    both = np.unique(np.concatenate(found))
    width = max(records.right_rows, 1)
    return Pairs(both // width, both % width)
