"""Guards: what no key agreement can override. Each is data with a code, a meaning and one test over all pairs.

A guard that stops a pair keeps it from being matched without a person. `chance` is what remains of the tier's stated
probability; a pair that two guards stop keeps the product, which is mostly too little even for a person's time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from shared.linkage.compare import Scores
from shared.linkage.levels import Address, Dob, Forename, Identifier, Sex, Surname
from shared.linkage.records import Codes, Levels, Mask


@dataclass(frozen=True)
class Evidence:
    """The levels of every pair (see `levels`) and what their neighbours say."""

    levels: dict[str, Levels]
    twin: Mask
    """A twin stands beside the pupil or beside the child."""
    strangers: Scores
    """Children who are expected to share name and birthday with the pupil by chance."""
    most_strangers: float
    """What the agreement allows of them where the address does not agree."""
    rivals: Mask
    """The pupil has another candidate, or the child another pupil, under the same key."""
    taken: Mask
    """The child is matched to another pupil."""

    def __getitem__(self, comparison: str) -> Levels:
        return self.levels[comparison]

    @property
    def identified(self) -> Mask:
        """UPN or ULN agrees."""
        agrees: Mask = (self["upn"] == Identifier.EXACT) | (self["uln"] == Identifier.EXACT)
        return agrees

    @property
    def together(self) -> Mask:
        """The address agrees at least in the postcode, and no house number speaks against it."""
        agrees: Mask = self["address"] >= Address.SAME_POSTCODE
        return agrees


@dataclass(frozen=True)
class Guard:
    """One reason to stop a pair."""

    code: str
    meaning: str
    chance: float
    stops: Callable[[Evidence], Mask]


def _twin(pairs: Evidence) -> Mask:
    same_family = (pairs["surname"] == Surname.EXACT) & (pairs["dob"] == Dob.EXACT) & pairs.together
    another = (pairs["forename"] != Forename.MISSING) & (pairs["forename"] < Forename.SIMILAR)
    stopped: Mask = (same_family & another) | (pairs.twin & (pairs["forename"] < Forename.EXACT))
    return stopped


def _forename(pairs: Evidence) -> Mask:
    forename = pairs["forename"]
    other = (forename != Forename.MISSING) & (forename < Forename.SIMILAR)
    # Daniel and Danielle: one name begins the other, the sexes tell them apart.
    other_sex = (pairs["sex"] == Sex.DIFFERS) & (forename < Forename.EXACT)
    stopped: Mask = other | other_sex | ((forename == Forename.MISSING) & ~pairs.identified)
    return stopped


def _dob(pairs: Evidence) -> Mask:
    dob = pairs["dob"]
    slip = (dob == Dob.ONE_DIGIT_DIFFERS) | (dob == Dob.DAY_AND_MONTH_SWAPPED)
    same_child = (pairs["forename"] == Forename.EXACT) & (pairs["surname"] == Surname.EXACT) & pairs.together
    stopped: Mask = (dob != Dob.EXACT) & ~(slip & same_child) & ~pairs.identified
    return stopped


def _stranger(pairs: Evidence) -> Mask:
    apart = ~pairs.together & ~pairs.identified
    known_elsewhere = (pairs["address"] != Address.MISSING) & (pairs["forename"] < Forename.KNOWN_VARIANT)
    stopped: Mask = apart & (known_elsewhere | (pairs.strangers > pairs.most_strangers))
    return stopped


def _identifier(pairs: Evidence) -> Mask:
    contradicted = (pairs["upn"] == Identifier.DIFFERS) | (pairs["uln"] == Identifier.DIFFERS)
    other_name = (pairs["forename"] < Forename.SIMILAR) | (pairs["surname"] < Surname.SIMILAR)
    other_child = pairs.identified & (pairs["dob"] < Dob.ONE_DIGIT_DIFFERS) & other_name
    stopped: Mask = contradicted | other_child
    return stopped


POLICY_GUARDS: tuple[Guard, ...] = (
    Guard(
        "twin",
        "Twins share everything but the forename: a twin stands beside the pupil or the child and the forenames are "
        "not exactly the same, or surname, date of birth and address agree and the forename is another.",
        0.6,
        _twin,
    ),
    Guard(
        "identifier",
        "A UPN or ULN contradicts the pair, or it agrees while date of birth and name both do not.",
        0.6,
        _identifier,
    ),
    Guard(
        "forename",
        "The forenames begin alike and are not the same name, or the sex differs where they are not exactly the same.",
        0.6,
        _forename,
    ),
    Guard(
        "dob",
        "The dates of birth differ by more than one digit or a swap of day and month, or one is missing, or they "
        "differ a little while name or address do not fully agree: a brother, a sister or a cousin.",
        0.6,
        _dob,
    ),
    Guard(
        "stranger",
        "Name and date of birth agree and the address does not, and the name is too common, or the forename not sure "
        "enough, to say that it is not another child.",
        0.6,
        _stranger,
    ),
)
"""Guards that an agreement may name, in the order in which the first to stop a pair is reported."""

ONE_TO_ONE: tuple[Guard, ...] = (
    Guard("taken", "The child is already matched to another pupil.", 0.1, lambda pairs: pairs.taken),
    Guard("not_unique", "Another pupil or another child shares the key.", 0.7, lambda pairs: pairs.rivals),
)
"""Guards that always stand: one pupil to one child is what linking means."""


def judge(pairs: Evidence, enabled: Iterable[str]) -> tuple[Codes, Scores]:
    """The first guard that stops each pair, as its position in `GUARDS` (-1: none), and the chance that remains."""
    chosen = set(enabled)
    first = np.full(len(pairs.twin), -1)
    chance = np.ones(len(pairs.twin))
    for position, guard in enumerate(GUARDS):
        if guard in ONE_TO_ONE or guard.code in chosen:
            stopped = guard.stops(pairs)
            first[stopped & (first < 0)] = position
            chance[stopped] *= guard.chance
    return first, chance


GUARDS: tuple[Guard, ...] = (*POLICY_GUARDS, *ONE_TO_ONE)
