"""Which rows have a twin beside them in their own table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from shared.methods.linkage.encode.arrays import MISSING, Codes, Mask, marked
from shared.methods.linkage.encode.keys import Runs, join

if TYPE_CHECKING:
    from shared.methods.linkage.encode.records import Records


def with_a_twin(records: Records, side: str, rows: Codes) -> Mask:
    """Which of these rows of one side (`left` or `right`) have a twin beside them.

    A twin has the same date of birth and another forename, and either the same surname and postcode (or no postcode),
    or the same UPRN, or the same family. Only who shares one of these rows' homes is looked at.
    """
    dob, surname, forename, postcode, uprn, family = (
        getattr(field, side)
        for field in (
            *(records.dob, records.surname, records.forename),
            *(records.postcode, records.uprn, records.family),
        )
    )
    twins = np.zeros(len(dob), np.bool_)
    for homes, size, with_surname in (
        (postcode, records.postcode.size, True),
        (uprn, records.uprn.size, False),
        (family, records.family.size, False),
    ):
        selected = marked(homes[rows], size)
        selected[MISSING] &= with_surname  # of one surname, to have no postcode is to have the same
        near = np.flatnonzero(selected[homes])
        home = homes[near]
        parts = [(dob[near], records.dob.size), (np.where(home < 0, np.int32(size), home), size + 1)]
        if with_surname:
            parts.append((surname[near], records.surname.size))
        key, keys = join(parts)
        names = forename[near]
        runs = Runs.of(np.where(names < 0, MISSING, key), keys)
        if len(runs.rows):
            names = names[runs.rows]
            several = np.minimum.reduceat(names, runs.starts) < np.maximum.reduceat(names, runs.starts)
            twins[near[runs.rows[several[runs.run]]]] = True
    found: Mask = twins[rows]
    return found
