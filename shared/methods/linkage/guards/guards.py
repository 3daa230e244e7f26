"""Guards: what no key agreement can override. Each is data with a code, a meaning and one test over all pairs.

A guard that stops a pair keeps it from being matched without a person. Where a model has weighed the pair, a guard
keeps only what no weight can know (`weighed`), and leaves the stated chance as it is: it is about who decides, not
about how likely the pair is. Where only a tier of the cascade offers the pair, nothing else has judged it, and `chance`
is what remains of the tier's stated probability. Guards that doubt the same thing count once; doubts about two things
multiply, which mostly leaves too little even for a person's time. Those chances are judgements, set so that on
synthetic London the pairs that reach a person are mostly right and those below are not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from shared.methods.linkage.compare.levels import Address, Contact, Dob, Forename, Identifier, Sex, Surname
from shared.methods.linkage.encode.arrays import Codes, Mask, Scores
from shared.methods.linkage.guards.evidence import Evidence

LENIENCE = 20.0
"""How many times the strangers that the agreement allows are allowed to a pair that a model has weighed."""


SURE = 0.99
"""The chance that a family of another address needs whose names and birthday are not all exact: what it can be instead
is another family."""


@dataclass(frozen=True)
class Guard:
    """One reason to stop a pair."""

    code: str
    doubts: str
    """What it doubts: a comparison, or that the link is one to one."""
    chance: float
    says: str
    """In a few words, for the sentence of a pair. What rows and families are called (`schema.Wording`) is put in."""
    meaning: str
    stops: Callable[[Evidence], Mask]
    weighed: Callable[[Evidence], Mask] | None = None
    """Which of the pairs that a model has weighed it stops; None: the same."""
    of_family: Callable[[Evidence], Mask] | None = None
    """The same where the family is what is linked; None: as `weighed`."""

    def stopped(self, pairs: Evidence) -> Mask:
        """The pairs that it stops."""
        if not pairs.weighed:
            return self.stops(pairs)
        of_unit = self.of_family if pairs.family_linked else None
        return (of_unit or self.weighed or self.stops)(pairs)


def _twin(pairs: Evidence) -> Mask:
    same_family = (pairs["surname"] == Surname.EXACT) & (pairs["dob"] == Dob.EXACT) & pairs.together
    another = (pairs["forename"] != Forename.MISSING) & (pairs["forename"] < Forename.SIMILAR)
    stopped: Mask = (same_family & another) | (pairs.twin & (pairs["forename"] < Forename.KNOWN_VARIANT))
    return stopped


def _twin_weighed(pairs: Evidence) -> Mask:
    # What only sounds like the name of a twin beside it has been weighed against that twin's own name.
    same_family = (pairs["surname"] == Surname.EXACT) & (pairs["dob"] == Dob.EXACT) & pairs.together
    another = (pairs["forename"] != Forename.MISSING) & (pairs["forename"] < Forename.SIMILAR)
    same_family &= pairs.families
    stopped: Mask = (same_family & another) | (pairs.twin & (pairs["forename"] < Forename.SOUNDS_ALIKE))
    return stopped


def _nobody(pairs: Evidence) -> Mask:
    # Twins are of one family, so to take one for the other is no harm to anybody else.
    return np.zeros(len(pairs.twin), np.bool_)


def _forename(pairs: Evidence) -> Mask:
    forename = pairs["forename"]
    other = (forename != Forename.MISSING) & (forename < Forename.SIMILAR)
    # Daniel and Danielle: one name begins the other, the sexes tell them apart.
    other_sex = (pairs["sex"] == Sex.DIFFERS) & (forename < Forename.OTHER_ORDER)
    stopped: Mask = other | other_sex | ((forename == Forename.MISSING) & ~pairs.identified)
    return stopped


def _forename_weighed(pairs: Evidence) -> Mask:
    forename = pairs["forename"]
    other = (forename != Forename.MISSING) & (forename < Forename.SIMILAR) & pairs.families
    other_sex = (pairs["sex"] == Sex.DIFFERS) & (forename < Forename.KNOWN_VARIANT) & pairs.families
    # A child not yet named on one side: everything else must be there, and a twin is another guard's.
    otherwise = (pairs["surname"] == Surname.EXACT) & (pairs["dob"] == Dob.EXACT) & pairs.together
    unnamed = (forename == Forename.MISSING) & ~pairs.identified & ~otherwise & pairs.families
    stopped: Mask = other | other_sex | unnamed
    return stopped


def _forename_of_family(pairs: Evidence) -> Mask:
    # At their home another forename is another child of the family; elsewhere it may be a cousin or a stranger.
    forename = pairs["forename"]
    other = (forename != Forename.MISSING) & (forename < Forename.SIMILAR) & ~pairs.supported
    other_sex = (pairs["sex"] == Sex.DIFFERS) & (forename < Forename.FIRST_NAME)
    otherwise = (pairs["surname"] == Surname.EXACT) & (pairs["dob"] == Dob.EXACT) & pairs.together
    unnamed = (forename == Forename.MISSING) & ~pairs.identified & ~otherwise
    stopped: Mask = (other | other_sex | unnamed) & pairs.families
    return stopped


def _dob(pairs: Evidence) -> Mask:
    dob, forename = pairs["dob"], pairs["forename"]
    # Where the home agrees, a swap is borne, because it is hardly ever a sibling's birthday, and a slip where the first
    # name is the same, because siblings do not bear one name.
    turned = (dob == Dob.DAY_AND_MONTH_SWAPPED) & (forename >= Forename.SOUNDS_ALIKE)
    named = np.isin(dob, (Dob.ONE_DIGIT_DIFFERS, Dob.ONE_PART_DIFFERS)) & (forename >= Forename.FIRST_NAME)
    slip = pairs.together & (turned | (named & (pairs["surname"] >= Surname.SIMILAR)))
    stopped: Mask = (dob != Dob.EXACT) & ~slip & ~pairs.identified
    return stopped


def _dob_weighed(pairs: Evidence) -> Mask:
    # A brother or cousin may be born a digit apart; one who bears the same name is not, or lives elsewhere.
    dob, forename, together = pairs["dob"], pairs["forename"], pairs.together
    surname = pairs["surname"] >= Surname.SIMILAR
    named = surname & (forename >= Forename.FIRST_NAME)
    known = forename >= Forename.KNOWN_VARIANT
    spelled = (forename == Forename.SOUNDS_ALIKE) & (pairs["sex"] != Sex.DIFFERS)
    borne = dob >= Dob.DAY_AND_MONTH_SWAPPED
    borne |= (dob == Dob.ONE_DIGIT_DIFFERS) & (together & (known | spelled) | named)
    borne |= (dob == Dob.ONE_PART_DIFFERS) & together & (known | spelled)
    borne |= np.isin(dob, (Dob.TWO_DIGITS_DIFFER, Dob.MISSING)) & together & surname & known
    # Where families hold one person each there is no brother, sister or cousin to be confused with.
    stopped: Mask = ~borne & ~pairs.identified & pairs.families
    return stopped


def _dob_of_family(pairs: Evidence) -> Mask:
    # A brother or sister at one home is of the family; a cousin elsewhere is not.
    borne = pairs.supported & (pairs["surname"] >= Surname.SIMILAR)
    stopped: Mask = _dob_weighed(pairs) & ~borne
    return stopped


def _stranger(pairs: Evidence) -> Mask:
    apart = ~pairs.together & ~pairs.identified & (pairs["contact"] != Contact.SAME_FORENAME)
    unsure = (pairs["forename"] < Forename.KNOWN_VARIANT) | (pairs["sex"] == Sex.DIFFERS)
    # Akhtar and Akter may be one family or two; without the home there is nothing to tell.
    unsure |= pairs["surname"] < Surname.ONE_PART_AGREES
    known_elsewhere = (pairs["address"] != Address.MISSING) & unsure
    stopped: Mask = apart & (known_elsewhere | (pairs.strangers > pairs.most_strangers))
    return stopped


def _stranger_weighed(pairs: Evidence) -> Mask:
    apart = ~pairs.together & ~pairs.identified & (pairs["contact"] != Contact.SAME_FORENAME)
    # A forename that only looks or sounds like the other is mostly another one; where families live, it is a cousin's.
    similar = (pairs["forename"] >= Forename.FIRST_THREE_LETTERS) & (pairs["forename"] < Forename.KNOWN_VARIANT)
    stopped: Mask = apart & (pairs.strangers > pairs.most_strangers) | apart & similar & pairs.families
    return stopped


def _stranger_of_family(pairs: Evidence) -> Mask:
    apart = ~pairs.together & ~pairs.identified & (pairs["contact"] != Contact.SAME_FORENAME)
    # Elsewhere, a name of which only the forename agrees may be another family's: only files that are large enough to
    # count such names can tell that hardly anybody else has one. Names that have changed places, and a forename that
    # only looks or sounds like the other, are mostly others, however seldom.
    forename, surname = pairs["forename"], pairs["surname"]
    unsure = (surname > Surname.MISSING) & (surname < Surname.A_PARENTS)
    if pairs.counted:
        unsure &= pairs.strangers * LENIENCE > pairs.most_strangers
    unsure |= (forename < Forename.KNOWN_VARIANT) | (forename == Forename.OTHER_ORDER)
    unsure &= pairs["address"] != Address.MISSING
    exact = (surname == Surname.EXACT) & (pairs["dob"] == Dob.EXACT)
    exact &= (forename == Forename.EXACT) | (forename == Forename.FIRST_NAME)
    unsure |= (pairs.chance < SURE) & ~exact
    unsure &= pairs.families
    stopped: Mask = apart & (unsure | (pairs.strangers > pairs.most_strangers))
    return stopped


def _identifier(pairs: Evidence) -> Mask:
    contradicted = (pairs["upn"] == Identifier.DIFFERS) | (pairs["uln"] == Identifier.DIFFERS)
    other_name = (pairs["forename"] < Forename.SIMILAR) | (pairs["surname"] < Surname.SIMILAR)
    other_child = pairs.identified & (pairs["dob"] < Dob.ONE_DIGIT_DIFFERS) & other_name
    stopped: Mask = contradicted | other_child
    return stopped


def _dob_postcode(pairs: Evidence) -> Mask:
    nameless = (pairs["forename"] < Forename.SIMILAR) & (pairs["surname"] < Surname.SIMILAR)
    stopped: Mask = nameless & ~pairs.identified
    return stopped


def _dob_postcode_of_family(pairs: Evidence) -> Mask:
    # Where nobody has a brother or sister, two birthdays at one home are one person's, whatever became of the names.
    stopped: Mask = _dob_postcode(pairs) & pairs.families
    return stopped


def _suppressed(pairs: Evidence) -> Mask:
    return pairs.suppressed


POLICY_GUARDS: tuple[Guard, ...] = (
    Guard(
        "twin",
        "forename",
        0.6,
        "it may be a twin",
        "Twins share everything but the forename: a twin stands beside one of the rows and the forenames are "
        "not the same or known forms of one, or surname, date of birth and address agree and the forename is another.",
        _twin,
        _twin_weighed,
        _nobody,
    ),
    Guard(
        "identifier",
        "identifier",
        0.55,
        "an identifier contradicts",
        "A UPN or ULN contradicts the pair, or it agrees while date of birth and name both do not.",
        _identifier,
    ),
    Guard(
        "forename",
        "forename",
        0.55,
        "the forenames are not clearly one name",
        "The forenames begin alike and are not the same name, or the sex differs where they are not the same.",
        _forename,
        _forename_weighed,
        _forename_of_family,
    ),
    Guard(
        "dob",
        "dob",
        0.55,
        "the date of birth is not sure",
        "The dates of birth differ by more than one part or a swap of day and month, or one is missing, or they "
        "differ a little while name or address do not agree well enough: a brother, a sister or a cousin.",
        _dob,
        _dob_weighed,
        _dob_of_family,
    ),
    Guard(
        "stranger",
        "address",
        0.9,
        "it may be another {right} of that name and birthday",
        "Name and date of birth agree and the address does not, and the name is too common, or forename, surname or "
        "sex not sure enough, to say that it is not another person.",
        _stranger,
        _stranger_weighed,
        _stranger_of_family,
    ),
    Guard(
        "dob_postcode",
        "forename",
        0.5,
        "only date of birth and address agree",
        "Only date of birth and address agree: neither forename nor surname does.",
        _dob_postcode,
        None,
        _dob_postcode_of_family,
    ),
    Guard(
        "suppressed",
        "nothing",
        1.0,
        "nobody of this {family} may be written to",
        "Nobody of the family may be written to (refuge, witness protection, adoption, care): whatever agrees, a "
        "person sees it first.",
        _suppressed,
    ),
)
"""Guards that an agreement may name, in the order in which the first to stop a pair is reported."""

ONE_TO_ONE: tuple[Guard, ...] = (
    Guard(
        "taken",
        "one to one",
        0.1,
        "the {right} is taken",
        "The right row is already matched to another left row.",
        lambda pairs: pairs.taken,
    ),
    Guard(
        "not_unique",
        "one to one",
        0.7,
        "another fits as well",
        "Another row fits the key, or weighs nearly the same.",
        lambda pairs: pairs.rivals,
    ),
)
"""Guards that always stand: one row to one row is what linking means."""


def first_to_stop(pairs: Evidence, enabled: Iterable[str]) -> Codes:
    """The first guard that stops each pair, as its position in `GUARDS`; -1 is none."""
    return judge(pairs, enabled)[0]


def judge(pairs: Evidence, enabled: Iterable[str]) -> tuple[Codes, Scores]:
    """The first guard that stops each pair, as its position in `GUARDS` (-1: none), and the chance that remains."""
    chosen = set(enabled)
    first = np.full(len(pairs.twin), -1)
    chances = {guard.doubts: np.ones(len(pairs.twin)) for guard in GUARDS}
    for position, guard in enumerate(GUARDS):
        if guard in ONE_TO_ONE or guard.code in chosen:
            stopped = guard.stopped(pairs)
            first[stopped & (first < 0)] = position
            remains = chances[guard.doubts]
            remains[stopped] = np.minimum(remains[stopped], guard.chance)
    return first, np.prod(list(chances.values()), axis=0)


UNLISTED = Guard(
    "unlisted",
    "nothing",
    1.0,
    "the {family} does not list the {left}",
    "No right row is the left one, and a family at the same home bears the same surname: the right row that is shown "
    "stands for the family, and may be a brother or sister.",
    lambda pairs: np.zeros(len(pairs.twin), np.bool_),
)
"""Stands with every pair that `unlisted` makes, and with no other."""

GUARDS: tuple[Guard, ...] = (*POLICY_GUARDS, *ONE_TO_ONE, UNLISTED)
