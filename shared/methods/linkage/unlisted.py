"""A claim of the pupil's home and surname that does not list the pupil: for a person, and never a match."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from shared.methods.linkage.compare import compare
from shared.methods.linkage.compare_names import is_a_parents
from shared.methods.linkage.fields import Codes, Mask
from shared.methods.linkage.guards import GUARDS, UNLISTED
from shared.methods.linkage.keys import joined
from shared.methods.linkage.levels import Address, Surname
from shared.methods.linkage.meet import meet
from shared.methods.linkage.pairs import Pairs
from shared.methods.linkage.records import Records
from shared.methods.linkage.scoring import Scored

if TYPE_CHECKING:
    from shared.methods.linkage.policy import LinkagePolicy

RULE = "unlisted"
MOST_AT_HOME = 12
"""Children of one home, at most: beyond it the home is an institution, and its claims say nothing of a pupil."""


def unlisted(records: Records, policy: LinkagePolicy, left: Mask, tier: int) -> Scored:
    """Pairs of pupils who are `left`, with no child offered, with a child of a claim that may be their family's.

    The UPRN is the same, or postcode and house number; and the surname is that child's, the claimant's or the
    partner's. The child is not the pupil: it stands for the claim. The chance is the agreement's (`unlisted`).
    """
    pairs = _at_home(records, np.flatnonzero(left))
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


def _at_home(records: Records, pupils: Codes) -> Pairs:
    """Pupils with the children of their UPRN, and with those of their postcode and surname."""
    lots = []
    for home in ([records.uprn], [records.postcode, records.surname]):
        ours, theirs, size = joined(home)
        met = meet(ours[pupils], theirs, size, MOST_AT_HOME)
        lots.append(pupils[met.pupils] * records.households + met.households)
    both = np.unique(np.concatenate(lots))
    width = max(records.households, 1)
    return Pairs(both // width, both % width)
