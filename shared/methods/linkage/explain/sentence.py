"""One plain sentence a pair, for who decides: what is the same, what is not, how close the next one comes."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pyarrow as pa

from shared.methods.linkage.compare.levels import Address, Contact, Dob, Family, Forename, Identifier, Surname
from shared.methods.linkage.compare.patterns import SIZE, levels_of, pattern_of
from shared.methods.linkage.encode.arrays import Codes, Levels, Mask, Scores
from shared.methods.linkage.guards.guards import GUARDS
from shared.methods.linkage.schema import Wording

SAME: dict[tuple[str, int], str] = {
    ("upn", Identifier.EXACT): "UPN",
    ("uln", Identifier.EXACT): "ULN",
    ("dob", Dob.EXACT): "date of birth",
    ("surname", Surname.EXACT): "surname",
    ("forename", Forename.EXACT): "forename",
    ("address", Address.SAME_UPRN): "UPRN",
    ("address", Address.SAME_POSTCODE_AND_NUMBER): "postcode and house number",
    ("address", Address.SAME_POSTCODE): "postcode",
    ("contact", Contact.SAME_FORENAME): "parent's forename",
}
OTHER: dict[tuple[str, int], str] = {
    ("upn", Identifier.DIFFERS): "another UPN",
    ("uln", Identifier.DIFFERS): "another ULN",
    ("dob", Dob.MISSING): "a date of birth is missing",
    ("dob", Dob.DIFFERS): "another date of birth",
    ("dob", Dob.TWO_DIGITS_DIFFER): "two digits of the date of birth differ",
    ("dob", Dob.ONE_PART_DIFFERS): "day, month or year of birth differs",
    ("dob", Dob.ONE_DIGIT_DIFFERS): "one digit of the date of birth differs",
    ("dob", Dob.DAY_AND_MONTH_SWAPPED): "day and month of birth have changed places",
    ("surname", Surname.MISSING): "a surname is missing",
    ("surname", Surname.DIFFERS): "another surname",
    ("surname", Surname.OF_NO_FAMILY): "another surname, of which one is not a family's",
    ("surname", Surname.A_PARENTS): "the surname is that of a parent on the {family}",
    ("surname", Surname.SIMILAR): "the surnames are similar",
    ("surname", Surname.SOUNDS_ALIKE): "the surnames sound alike",
    ("surname", Surname.ONE_PART_AGREES): "one part of the surname is the same",
    ("surname", Surname.FORMER_OR_PREFERRED): "the surname is the {left}'s former or preferred one",
    ("surname", Surname.OTHER_ORDER): "surname and forename have changed places",
    ("forename", Forename.MISSING): "a forename is missing",
    ("forename", Forename.DIFFERS): "another forename",
    ("forename", Forename.FIRST_THREE_LETTERS): "only the beginning of the forename is the same",
    ("forename", Forename.FURTHER_NAMES_DIFFER): "the first name is the same and the further names are not",
    ("forename", Forename.SIMILAR): "the forenames are similar",
    ("forename", Forename.SOUNDS_ALIKE): "the forenames sound alike",
    ("forename", Forename.SHORTENED): "one forename is part of the other",
    ("forename", Forename.MIDDLE_NAME): "one's first name is a further name of the other",
    ("forename", Forename.KNOWN_VARIANT): "the forenames are known forms of one name",
    ("forename", Forename.FIRST_NAME): "the first name is the same",
    ("sex", 1): "another sex",
    ("address", Address.MISSING): "an address is missing",
    ("address", Address.ELSEWHERE): "another address",
    ("address", Address.SAME_AREA): "another address in the same postcode area",
    ("address", Address.SAME_DISTRICT): "another address in the same postcode district",
    ("address", Address.SAME_SECTOR): "another address near by",
    ("address", Address.SAME_POSTCODE_OTHER_NUMBER): "the same postcode with another house number",
    ("contact", Contact.DIFFERS): "another parent's name",
    ("family", Family.SIBLING_MATCHED): "a brother or sister is matched to the same {family}",
}
LEADS = (
    "no other {right} comes near",
    "the next best {right} is far behind",
    "the next best {right} is some way behind",
    "another {right} fits nearly as well",
    "another {right} fits better",
    "nobody else comes under the rule's key",
)
FAR, SOME = 10.0, 3.0
"""Bits: a thousand times likelier, and eight times."""


WHICH = " Which {right} of the {family} it is, is less sure."


def sentences(
    levels: dict[str, Levels], margin: Scores, guard: Codes, which: Mask, wording: Wording
) -> pa.DictionaryArray:
    """One sentence a pair, in the words of who reads it.

    `margin` in bits (infinite: no rival), `guard` the position in `GUARDS` (-1: none); `which` says where the family is
    surer than which of its rows it is.
    """
    called = asdict(wording)
    cases = (np.isnan(margin), np.isinf(margin), margin >= FAR, margin >= SOME, margin >= 0)
    lead = np.select(cases, (5, 0, 1, 2, 3), 4)
    reasons = ((guard + 1) * len(LEADS) + lead) * 2 + which
    coded = pa.array(reasons * SIZE + pattern_of(levels)).dictionary_encode()
    numbers = coded.dictionary.to_numpy()
    distinct = levels_of(numbers % SIZE)
    lines = [
        _sentence({name: int(level[row]) for name, level in distinct.items()}, int(numbers[row] // SIZE)).format(
            **called
        )
        for row in range(len(numbers))
    ]
    return pa.DictionaryArray.from_arrays(coded.indices, pa.array(lines, pa.string()))


def _sentence(levels: dict[str, int], reasons: int) -> str:
    (guard, lead), which = divmod(reasons // 2, len(LEADS)), reasons % 2
    same = [SAME[item] for item in levels.items() if item in SAME]
    parts = [f"the same {_listed(same)}"] if same else []
    parts += [OTHER[item] for item in levels.items() if item in OTHER]
    parts.append(LEADS[lead])
    text = "; ".join(parts)
    decides = f" A person decides: {GUARDS[guard - 1].says}." if guard else ""
    return f"{text[0].upper()}{text[1:]}.{WHICH if which else ''}{decides}"


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
