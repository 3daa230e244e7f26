"""Which pairs are looked at: a few keys, so chosen that a true pair with any one thing wrong still meets under one.

Rules are data. Each key joins fields into integers and is joined by counting and sorting; a key that too many children
share (a placeholder, an institution) offers nobody under that rule. A pair is kept under the first rule that makes it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shared.linkage.cascade import Groups, counts, join_keys
from shared.linkage.pairs import Pairs
from shared.linkage.records import MISSING, Codes, Field, Mask, Records


@dataclass(frozen=True)
class Block:
    """One rule: the fields that must be the same. `crossed` exchanges surname and forename on the household side."""

    name: str
    fields: tuple[str, ...]
    survives: str
    crossed: bool = False


BLOCKS: tuple[Block, ...] = (
    Block("upn", ("upn",), "everything else wrong"),
    Block("uln", ("uln",), "everything else wrong"),
    Block("born-forename", ("unordered_dob", "forename_sound"), "changed surname, moved family, swapped day and month"),
    Block("born-postcode", ("unordered_dob", "postcode"), "any name, swapped day and month"),
    Block("born-surname", ("unordered_dob", "surname_sound"), "other forename, moved family, swapped day and month"),
    Block("home-forename", ("postcode", "forename_sound"), "wrong date of birth, changed surname"),
    Block("year-names", ("birth_year", "surname_sound", "forename_sound"), "wrong day or month, moved family"),
    Block("born-crossed", ("unordered_dob", "surname_sound"), "names in the other order, moved family", crossed=True),
)

MOST_CHILDREN = 200
"""Children under one key, at most. Beyond it the key tells too little to be worth looking."""


def block(records: Records, pupils: Mask, households: Mask) -> tuple[Pairs, Codes]:
    """Every pair of these rows that some rule makes, once each, and the position of the first rule that makes it.

    The pairs are in the order of pupil row, then household row.
    """
    width = records.households
    made = np.zeros(0, np.int64)
    rule = np.zeros(0, np.int64)
    for number, at in enumerate(BLOCKS):
        pairs = _pairs(_key(records, at), pupils, households)
        codes = pairs.pupils * width + pairs.households
        codes.sort()
        fresh = codes[~_within(codes, made)]
        order = np.argsort(np.concatenate((made, fresh)), kind="stable")
        made, rule = np.concatenate((made, fresh))[order], np.concatenate((rule, np.full(len(fresh), number)))[order]
    return Pairs(made // max(width, 1), made % max(width, 1)), rule


def _within(codes: Codes, among: Codes) -> Mask:
    """Which of `codes` are in the sorted `among`."""
    if not len(among):
        return np.zeros(len(codes), np.bool_)
    place = np.minimum(np.searchsorted(among, codes), len(among) - 1)
    found: Mask = among[place] == codes
    return found


def _key(records: Records, at: Block) -> Groups:
    fields = [records.key(name) for name in at.fields]
    if at.crossed:
        surname, forename = records.surname_sound, records.forename_sound
        fields = [f for f in fields if f is not surname] + [
            Field(surname.values, surname.pupils, forename.households),
            Field(surname.values, forename.pupils, surname.households),
        ]
    return join_keys(fields, records.pupils)


def _pairs(groups: Groups, pupils: Mask, households: Mask) -> Pairs:
    children = np.flatnonzero(households & (groups.households >= 0))
    keys = groups.households[children]
    children = children[np.argsort(keys, kind="stable")]
    sizes = counts(keys, groups.size)
    starts = np.cumsum(sizes) - sizes
    sizes = np.where(sizes <= MOST_CHILDREN, sizes, 0)
    asked = np.flatnonzero(pupils & (groups.pupils != MISSING))
    group = groups.pupils[asked]
    offered = sizes[group]
    position = np.arange(offered.sum()) - np.repeat(np.cumsum(offered) - offered, offered)
    return Pairs(np.repeat(asked, offered), children[np.repeat(starts[group], offered) + position])
