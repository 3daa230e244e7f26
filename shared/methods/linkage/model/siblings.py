"""What brothers and sisters of one family are like: learned from the families of the right table itself.

A sibling who is not in the family's rows is the likeliest mistake there is. How often twins occur, and how alike the
forenames of twins and of other siblings are, the right table shows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from shared.methods.linkage.block.equi_join import equi_join
from shared.methods.linkage.compare.compare import dob_levels
from shared.methods.linkage.compare.levels import Dob, Forename, Sex
from shared.methods.linkage.compare.names import compare_forenames
from shared.methods.linkage.encode.arrays import Levels, Scores
from shared.methods.linkage.encode.fields import Field
from shared.methods.linkage.encode.pairs import Pairs, codes_of, ranked
from shared.methods.linkage.encode.records import Records
from shared.methods.linkage.model.strangers import drawn
from shared.methods.linkage.policy import Siblings

LARGEST = 12
"""Rows of one family, at most: beyond it it is none."""
SAMPLE = 10_000
"""Right rows whose siblings are looked at, at most."""
_BELIEVED = 20.0
"""Pairs of siblings that what is known of strangers (of twins: of siblings) weighs."""


def learn_siblings(files: Sequence[Records], u: dict[str, Scores], similarity: float) -> Siblings:
    """How many brothers and sisters a right row has in its family, how many are twins, and what their names are like.

    `u` is what strangers are like, by comparison and level. Of rows that name no family, those of one surname and
    postcode are taken for one (`read`).
    """
    counted = {name: np.zeros(len(u[_comparison(name)])) for name in ("dob", "forename", "forename_of_twins", "sex")}
    others = rows = 0.0
    for records in files:
        twice = _right_twice(records)
        pairs, share = _siblings(records)
        levels = _levels(twice, pairs, similarity)
        # One person entered twice is nobody's sibling.
        kept = np.flatnonzero((levels["dob"] < Dob.ONE_DIGIT_DIFFERS) | (levels["forename"] < Forename.SOUNDS_ALIKE))
        twins = levels["dob"] == Dob.EXACT
        for name, among in (("dob", kept), ("sex", kept), ("forename", kept), ("forename_of_twins", kept[twins[kept]])):
            counted[name] += np.bincount(levels[_comparison(name)][among], minlength=len(counted[name]))
        others += 2 * len(kept) / share
        rows += records.right_rows
    shares = {name: _shrunk(counted[name], u[_comparison(name)]) for name in ("dob", "sex", "forename")}
    shares["forename_of_twins"] = _shrunk(counted["forename_of_twins"], shares["forename"])
    kinds = {"dob": Dob, "forename": Forename, "forename_of_twins": Forename, "sex": Sex}
    levels_of = {
        name: {level.name.lower(): cut(float(shares[name][level])) for level in kind if level}
        for name, kind in kinds.items()
    }
    return Siblings(
        per_child=round(others / max(rows, 1), 4),
        same_birthday=cut(float(shares["dob"][Dob.EXACT])),
        same_forename=cut(float(shares["forename"][Forename.EXACT])),
        unlisted=0.1,
        levels=levels_of,
    )


def cut(share: float) -> float:
    """A share to six digits, neither none nor all: what was learned is not more exact than that."""
    return float(f"{min(max(share, 1e-9), 1 - 1e-6):.6g}")


def _siblings(records: Records) -> tuple[Pairs, float]:
    """Pairs of siblings, each once, and which part of all rows they are of."""
    family = records.family.right
    rows = drawn(records, 1, SAMPLE)
    of = equi_join(family[rows], family, records.family.size, LARGEST)
    pairs = Pairs(rows[of.left], of.right)
    if len(rows) == records.right_rows:
        return pairs.where(np.flatnonzero(pairs.left < pairs.right)), 1.0
    # Most siblings of who is drawn are not drawn themselves, so each pair is there once: as half of the two it is.
    return pairs.where(np.flatnonzero(pairs.left != pairs.right)), 2 * len(rows) / records.right_rows


def _right_twice(records: Records) -> Records:
    """The right rows on both sides, as far as siblings are compared."""

    def twice(field: Field) -> Field:
        return replace(field, left=field.right)

    return replace(
        records,
        dob=twice(records.dob),
        forename=twice(records.forename),
        first_name=twice(records.first_name),
        further_names=twice(records.further_names),
        forename_3=twice(records.forename_3),
        forename_sound=twice(records.forename_sound),
        sex=twice(records.sex),
    )


def _levels(twice: Records, pairs: Pairs, similarity: float) -> dict[str, Levels]:
    return {
        "dob": dob_levels(twice, pairs),
        "forename": compare_forenames(twice, pairs, similarity),
        "sex": ranked(codes_of(twice.sex, pairs), Sex.DIFFERS, Sex.EXACT),
    }


def _comparison(name: str) -> str:
    return name.removesuffix("_of_twins")


def _shrunk(counted: Scores, towards: Scores) -> Scores:
    """The share of each level among those that say something, with `towards` for what was seldom seen."""
    seen = counted.copy()
    seen[0] = 0.0
    believed = towards.copy()
    believed[0] = 0.0
    believed /= believed.sum()
    shares: Scores = (seen + _BELIEVED * believed) / (seen.sum() + _BELIEVED)
    return shares
