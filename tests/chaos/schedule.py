"""What the boroughs of one schedule send: files, later corrections of some, and decisions in halves."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

from tests.world import NOW, World, decision, household, pupil, table, upn

HOMES = {
    "lambeth": ("E09000022", "SW2 5SG"),
    "lewisham": ("E09000023", "SE13 6TT"),
    "southwark": ("E09000028", "SE15 4QP"),
}
"""ONS code and a postcode of each."""
_FORENAMES = ("Amara", "Bola", "Chi", "Dayo", "Efua", "Femi", "Gozi", "Halima", "Ife", "Jide", "Kemi", "Lola")
_SURNAMES = ("Okafor", "Adeyemi", "Eze", "Mensah", "Nowak", "Patel", "Quaye", "Rossi", "Silva", "Tran", "Usman", "Vaz")
_CHOICES = ("confirm", "confirm", "reject", "opted_out")


@dataclass(frozen=True)
class File:
    """One sealed file of a party."""

    slug: str
    name: str
    data: bytes
    metadata: dict[str, str]


@dataclass(frozen=True)
class Child:
    """A child who lives in one borough and goes to school in another."""

    number: int
    home: str
    school: str

    @property
    def _person(self) -> tuple[str, str, date]:
        return _FORENAMES[self.number], _SURNAMES[self.number], date(2013, 1 + self.number, 3 + self.number)

    def pupil(self) -> dict[str, Any]:
        """As its school has it."""
        forename, surname, dob = self._person
        code, postcode = HOMES[self.home]
        return pupil(upn=upn(self.number), forename=forename, surname=surname, dob=dob, home_la=code, postcode=postcode)

    def claim(self) -> dict[str, Any]:
        """As its home borough has it."""
        forename, surname, dob = self._person
        return household(
            f"H{self.number}",
            child_forename=forename,
            child_surname=surname,
            child_dob=dob,
            claimant_surname=surname,
            postcode=HOMES[self.home][1],
        )


def files(world: World, chance: Random) -> list[File]:
    """Everybody's files, each party's in the order in which it made them; some are corrected by a later one."""
    boroughs = chance.sample(sorted(HOMES), chance.choice((2, 2, 3)))
    children = [Child(number, *chance.sample(boroughs, 2)) for number in range(1, chance.randint(5, len(_FORENAMES)))]
    made: list[File] = []
    for slug in boroughs:
        pupils = [child.pupil() for child in children if child.school == slug]
        claims = [child.claim() for child in children if child.home == slug and chance.random() < 0.8]
        made += _versions(world, chance, slug, "pupils", pupils)
        made += _versions(world, chance, slug, "households", claims)
    return made


def decisions(world: World, chance: Random, found: dict[str, list[str]]) -> list[File]:
    """What the officers of each home decide of the pairs that it has, by `match_ref`: one half, then the other."""
    made = []
    for slug, refs in sorted(found.items()):
        rows = [decision(ref, chance.choice(_CHOICES)) for ref in sorted(refs)]
        for number, half in enumerate((rows[::2], rows[1::2])):
            if half:
                made.append(_file(world, slug, "decisions", half, number))
    return made


def _versions(world: World, chance: Random, slug: str, dataset: str, rows: list[dict[str, Any]]) -> list[File]:
    if not rows:
        return []
    made = [_file(world, slug, dataset, rows, 0)]
    if len(rows) > 1 and chance.random() < 0.5:
        left = [row for row in rows if row is not rows[chance.randrange(len(rows))]]
        made.append(_file(world, slug, dataset, left, 1))
    return made


def _file(world: World, slug: str, dataset: str, rows: list[dict[str, Any]], number: int) -> File:
    sealed = world.seal(slug, dataset, table(dataset, rows), prepared_at=NOW - timedelta(minutes=60 - number))
    return File(slug, f"{dataset}-{number}.parquet", sealed.data, dict(sealed.metadata))
