"""How records come to differ from the person: spellings, short names, typing errors, turned dates, missing parts.

A record is first a copy of what is true. Each kind of error then takes its part of the records, by the rates of the
side that wrote them, and leaves its mark in `marks`, so that the truth can tell what made a pair hard.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from local.synth.names import NONE, Lexicon, Names, folded
from local.synth.places import data
from local.synth.rates import BIT, Rates
from local.synth.spelling import alike, choices_of, slip
from local.synth.streams import Flags, Ints, chance

PLACEHOLDER_DAY = (date(1900, 1, 1) - date(1970, 1, 1)).days


@dataclass(frozen=True)
class Records:
    """Names, birthday and sex as written. `marks` has a bit for each error that was made (`BIT`)."""

    forename: Ints
    middle: Ints
    surname: Ints
    born: Ints
    female: Flags
    marks: Ints

    def __len__(self) -> int:
        return len(self.forename)


class Misspeller:
    """Other spellings and short forms by name code, and the hand that slips."""

    def __init__(self, names: Names) -> None:
        document = data("spellings.yaml")
        self.names = names
        self.lexicon: Lexicon = names.lexicon
        self.forenames = choices_of(self.lexicon, alike(document["forenames"]))
        self.surnames = choices_of(self.lexicon, alike(document["surnames"]))
        self.short = choices_of(self.lexicon, document["nicknames"])

    def write(
        self, rng: np.random.Generator, person: Records, origin: Ints, other_surname: Ints, rates: Rates
    ) -> Records:
        """The records of `person` as a side with `rates` writes them; the child may bear `other_surname`."""
        size = len(person)
        record = self._forenames(rng, person, rates)
        record = self._surnames(rng, record, other_surname, rates)
        record = _birthdays(rng, record, rates)
        swapped = chance(rng, self.names.custom("order_swap")[origin], size)
        other_sex = chance(rng, rates.sex, size)
        record = replace(
            record,
            forename=np.where(swapped, record.surname, record.forename),
            surname=np.where(swapped, record.forename, record.surname),
            female=record.female ^ other_sex,
            marks=record.marks | np.where(swapped, BIT["names_swapped"], 0) | np.where(other_sex, BIT["sex"], 0),
        )
        unknown = np.flatnonzero(chance(rng, rates.name_placeholder, size))
        forename = record.forename.copy()
        forename[unknown] = self.lexicon.codes(["Unknown", "Baby", "Not Known"])[unknown % 3]
        record = _marked(replace(record, forename=forename), unknown, "name_placeholder")
        return self._characters(rng, record, rates)

    def _forenames(self, rng: np.random.Generator, person: Records, rates: Rates) -> Records:
        size = len(person)
        record = replace(person, forename=person.forename.copy(), marks=person.marks.copy())
        for mark, rate, choices in (
            ("forename_spelling", rates.spelling, self.forenames),
            ("nickname", rates.nickname, self.short),
        ):
            rows = np.flatnonzero(chance(rng, rate, size) & choices.has(record.forename))
            record.forename[rows] = choices.draw(rng, record.forename[rows])
            record = _marked(record, rows, mark)
        throw = rng.random(size)
        has_middle = person.middle != NONE
        rows = np.flatnonzero(has_middle & (throw < rates.known_by_middle))
        record.forename[rows] = person.middle[rows]
        record = _marked(record, rows, "known_by_middle")
        rows = np.flatnonzero(has_middle & (throw > 1 - rates.middle_in_forename))
        pairs = zip(self.lexicon.of(record.forename[rows]), self.lexicon.of(person.middle[rows]), strict=True)
        record.forename[rows] = self.lexicon.codes(f"{first} {second}" for first, second in pairs)
        record = _marked(record, rows, "middle_in_forename")
        return self._typed(rng, record, "forename", rates.typo)

    def _surnames(self, rng: np.random.Generator, record: Records, other_surname: Ints, rates: Rates) -> Records:
        size = len(record)
        surname = record.surname.copy()
        spelled = np.flatnonzero(chance(rng, rates.spelling, size) & self.surnames.has(surname))
        surname[spelled] = self.surnames.draw(rng, surname[spelled])
        changed = np.flatnonzero(chance(rng, rates.surname_changed, size) & (other_surname != surname))
        surname[changed] = other_surname[changed]
        first, last = (self.lexicon.changed(surname, part) for part in (_first_part, _last_part))
        halved = np.flatnonzero((first != surname) & chance(rng, rates.part_of_double, size))
        surname[halved] = np.where(chance(rng, 0.35, len(halved)), last[halved], first[halved])
        record = replace(record, surname=surname)
        for rows, mark in ((spelled, "surname_spelling"), (changed, "surname_changed"), (halved, "surname_part")):
            record = _marked(record, rows, mark)
        return self._typed(rng, record, "surname", rates.typo)

    def _typed(self, rng: np.random.Generator, record: Records, field: str, rate: float) -> Records:
        rows = np.flatnonzero(chance(rng, rate, len(record)))
        throws = rng.random((len(rows), 3)).tolist()
        codes = getattr(record, field).copy()
        codes[rows] = self.lexicon.codes(
            slip(text, *throw) for text, throw in zip(self.lexicon.of(codes[rows]), throws, strict=True)
        )
        return _marked(replace(record, **{field: codes}), rows, f"{field}_typo")

    def _characters(self, rng: np.random.Generator, record: Records, rates: Rates) -> Records:
        """Accents and punctuation that the system of this side cannot hold."""
        for rate, change in ((rates.unaccented, folded), (rates.unpunctuated, _unpunctuated)):
            rows = np.flatnonzero(chance(rng, rate, len(record)))
            parts = {}
            for field in ("forename", "middle", "surname"):
                codes = getattr(record, field).copy()
                codes[rows] = self.lexicon.changed(codes[rows], change)
                parts[field] = codes
            record = replace(record, **parts)
        return record


def _birthdays(rng: np.random.Generator, record: Records, rates: Rates) -> Records:
    size = len(record)
    throw = rng.random(size)
    born = record.born.copy()
    month_start = born.astype("datetime64[D]").astype("datetime64[M]")
    day = born - month_start.astype("datetime64[D]").astype(np.int64) + 1
    month = month_start.astype(np.int64) % 12 + 1
    # Only a day that is also a month can change places with it, so the rate among those is higher.
    turned = np.flatnonzero((day <= 12) & (day != month) & (throw < rates.day_month * 2.6))
    year_start = month_start[turned].astype("datetime64[Y]").astype("datetime64[M]")
    born[turned] = (year_start + (day[turned] - 1)).astype("datetime64[D]").astype(np.int64) + month[turned] - 1
    typed = np.flatnonzero(throw > 1 - rates.dob_typo)
    steps = np.array([1, -1, 10, -10, 30, -31, 365, -365, 366, 2])
    born[typed] += steps[rng.integers(0, len(steps), len(typed))]
    unknown = np.flatnonzero((throw > 0.5) & (throw < 0.5 + rates.dob_placeholder))
    born[unknown] = PLACEHOLDER_DAY
    record = replace(record, born=born)
    for rows, mark in ((turned, "dob_day_month"), (typed, "dob_typo"), (unknown, "dob_placeholder")):
        record = _marked(record, rows, mark)
    return record


def _marked(record: Records, rows: Ints, mark: str) -> Records:
    marks = record.marks.copy()
    marks[rows] |= BIT[mark]
    return replace(record, marks=marks)


def _first_part(text: str) -> str:
    return _parts(text)[0]


def _last_part(text: str) -> str:
    return _parts(text)[-1]


def _parts(text: str) -> list[str]:
    """The parts of a double name; `Al-Hassan`, `da Silva` and `St Louis` are one name."""
    parts = text.replace("-", " ").split(" ")
    return parts if all(len(part) > 3 for part in parts) else [text]


def _unpunctuated(text: str) -> str:
    return text.replace("'", "").replace("-", " ")
