"""Which rows of one table have a twin beside them."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from shared.linkage.fields import MISSING, Codes, Mask
from shared.linkage.keys import join
from shared.linkage.meet import repeated


def with_a_twin(names: Codes, families: Iterable[list[tuple[Codes, int]]]) -> Mask:
    """Rows beside which stands one of the same family and birthday with another name.

    A family is any columns (codes and their size, date of birth among them) on which two rows agree.
    """
    twins = np.zeros(len(names), np.bool_)
    for family in families:
        key, size = join(family)
        runs = repeated(np.where(names < 0, MISSING, key), size)
        if len(runs.rows):
            named = names[runs.rows]
            several = np.minimum.reduceat(named, runs.starts) < np.maximum.reduceat(named, runs.starts)
            twins[runs.rows[several[runs.run]]] = True
    return twins
