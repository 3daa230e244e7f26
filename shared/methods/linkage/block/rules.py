"""Which pairs are looked at: a few keys, so chosen that a true pair with any one thing wrong still shares one.

Rules are data. Each key joins fields into integers and is joined by counting and sorting; a key of too many right rows
(a placeholder, an institution) offers nobody under that rule. A pair is kept under the first rule that makes it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import reduce

import numpy as np

from shared.methods.linkage.block.equi_join import equi_join
from shared.methods.linkage.encode.arrays import MISSING, Codes, Mask
from shared.methods.linkage.encode.pairs import Pairs
from shared.methods.linkage.encode.records import Records
from shared.methods.linkage.workers import side_by_side


@dataclass(frozen=True)
class Block:
    """One rule: the fields that must be the same."""

    name: str
    fields: tuple[str, ...]
    survives: str
    crossed: bool = False
    """Exchanges surname and forename on the right side."""
    wide: bool = False
    """Says so little that it is used in small files only (`SMALL`), and that its pairs teach a model nothing."""


BLOCKS: tuple[Block, ...] = (
    Block("upn", ("upn",), "everything else wrong"),
    Block("uln", ("uln",), "everything else wrong"),
    Block("born-forename", ("unordered_dob", "forename_sound"), "changed surname, moved family, swapped day and month"),
    Block("born-postcode", ("unordered_dob", "postcode"), "any name, swapped day and month"),
    Block("born-surname", ("unordered_dob", "surname_sound"), "other forename, moved family, swapped day and month"),
    Block("home-forename", ("postcode", "forename_sound"), "wrong date of birth, changed surname"),
    Block("year-names", ("birth_year", "surname_sound", "forename_sound"), "wrong day or month, moved family"),
    Block("born-start", ("unordered_dob", "forename_3"), "changed surname, a slip late in the forename"),
    Block("home-year", ("uprn", "birth_year"), "any name, wrong day or month"),
    Block("home-surname", ("postcode", "surname_sound", "birth_year"), "other forename, wrong day or month"),
    Block("born-crossed-surname", ("unordered_dob", "surname_sound"), "names in the other order, moved family", True),
    Block("born-crossed-forename", ("unordered_dob", "forename_sound"), "names in the other order, moved family", True),
    Block("home-crossed", ("postcode", "surname_sound", "forename_sound"), "names in the other order, any date", True),
    Block("birthday-surname", ("birthday", "surname_sound"), "wrong year of birth, other forename, moved family"),
    Block("birthday-home", ("birthday", "postcode"), "wrong year of birth, any name"),
    Block("born-known-forename", ("unordered_dob", "known_forename"), "another form of the forename, changed surname"),
    Block("born-wide", ("unordered_dob",), "any name, in any order of its words, moved family", wide=True),
    Block("home-wide", ("uprn",), "another person of the family", wide=True),
    Block("home-surname-wide", ("postcode", "surname_sound"), "other forename, no date of birth", wide=True),
    Block(
        "names-wide", ("surname_sound", "forename_sound"), "no date of birth or a wrong one, moved family", wide=True
    ),
    Block("year-surname-wide", ("birth_year", "surname_sound"), "other forename, wrong day or month", wide=True),
)

FINE: tuple[Block, ...] = tuple(at for at in BLOCKS if not at.wide)
"""The rules for files of any size. They come first, so that a pair keeps its number in both lists."""
SMALL = 50_000
"""Right rows up to which a file is small: that of one authority is, those of a whole city together are not."""
MOST_RIGHT_ROWS = 200
"""Right rows under one key, at most. Beyond it the key tells too little to be worth looking."""


def block(records: Records, left: Mask, right: Mask, wide: Mask | None = None) -> tuple[Pairs, Codes]:
    """Every pair of these rows that some rule makes, once each, and the position of the first rule that makes it.

    The pairs are in the order of left row, then right row. The wide rules are for the left rows `wide` (None: all).
    """
    every, rights = np.flatnonzero(left), np.flatnonzero(right)
    few = every if wide is None else np.flatnonzero(left & wide)
    # Rules in the last bits, so that of equal pairs the first rule comes first.
    rule_bits, right_bits = len(BLOCKS).bit_length(), records.right_rows.bit_length()

    def made_by(rule: tuple[int, Block]) -> Codes:
        number, at = rule
        lefts = few if at.wide else every
        pairs = equi_join(*_key(records, at, lefts, rights), MOST_RIGHT_ROWS)
        return (lefts[pairs.left] << right_bits | rights[pairs.right]) << rule_bits | number

    made = np.concatenate(side_by_side(made_by, enumerate(BLOCKS if len(rights) <= SMALL else FINE)))
    made.sort()
    pair = made >> rule_bits
    first = np.flatnonzero(np.append(True, pair[1:] != pair[:-1])[: len(pair)])
    pair, rule = pair[first], made[first] & ((1 << rule_bits) - 1)
    return Pairs(pair >> right_bits, pair & ((1 << right_bits) - 1)), rule


def _key(records: Records, at: Block, lefts: Codes, rights: Codes) -> tuple[Codes, Codes, int]:
    """The rule's key of both sides, and how many keys there could be."""
    sides, size = [], 1
    for rows, of_right in ((lefts, False), (rights, True)):
        crossed = _CROSSED if at.crossed and of_right else {}
        fields = [records.key(crossed.get(name, name)) for name in at.fields]
        columns = [(field.right if of_right else field.left)[rows] for field in fields]
        key = columns[0].astype(np.int64)
        for field, codes in zip(fields[1:], columns[1:], strict=True):
            key *= field.size
            key += codes
        key[reduce(np.minimum, columns) < 0] = MISSING
        sides.append(key)
        size = math.prod(max(field.size, 1) for field in fields)
    return sides[0], sides[1], size


_CROSSED = {"surname_sound": "forename_sound", "forename_sound": "surname_sound"}
