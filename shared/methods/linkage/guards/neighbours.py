"""What a pair's neighbours say: is there a twin, and how many strangers of that name and birthday must be expected?"""

from __future__ import annotations

import numpy as np

from shared.methods.linkage.encode.arrays import Mask, Scores
from shared.methods.linkage.encode.pairs import Pairs, others_of
from shared.methods.linkage.encode.records import Records
from shared.methods.linkage.guards.twins import with_a_twin
from shared.methods.linkage.workers import side_by_side

DAYS_OF_BIRTH = 6000
"""Days on which children of all school years may be born: the weight of a date where the files are too small to say."""


def twin_beside(records: Records, pairs: Pairs) -> Mask:
    """Whether one of the rows of each pair has a twin beside it in its own table (`with_a_twin`)."""
    beside = side_by_side(lambda side: with_a_twin(records, side, getattr(pairs, side)), ("left", "right"))
    found: Mask = np.logical_or(*beside)
    return found


def expected_strangers(records: Records, pairs: Pairs) -> Scores:
    """How many right rows share name and date of birth with the left one by chance alone.

    Name and date are taken from both tables, less the pair itself: the share of the name, times the share of the
    date (1 January and other registrars' favourites are heavier), times the right rows there are.
    """
    rows = records.left_rows + records.right_rows
    share_of_name = (others_of(records.whole_name, pairs) + 0.5) / max(rows, 1)
    share_of_date = (others_of(records.dob, pairs) + 1) / (rows + DAYS_OF_BIRTH)
    expected: Scores = share_of_name * share_of_date * records.right_rows
    return expected
