"""What the boroughs of one schedule send: files, later corrections of some, lists of objections, and decisions in
halves; and what the operators order meanwhile."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random
from typing import Any

import pyarrow as pa

from shared.kernel.contract.objections import CONTRACT as LIST
from shared.kernel.envelope.manifest import Manifest, read_manifest
from shared.kernel.intake.identity import drop_id
from shared.kernel.terms.orders import Order, digest_of
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

    @property
    def manifest(self) -> Manifest:
        """What it says of itself."""
        return read_manifest(self.metadata)


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


def objections(world: World, chance: Random, sent: Iterable[File]) -> list[File]:
    """One child or claim is on the list of each of some boroughs."""
    made = []
    for slug in sorted({file.slug for file in sent}):
        if chance.random() < 0.6:
            number = chance.randrange(1, len(_FORENAMES))
            named = chance.choice(
                ({"named_by": "upn", "upn": upn(number)}, {"named_by": "claim", "claim": f"H{number}"})
            )
            row = {"objection_ref": "o-1", "reason": "objection", "from_day": NOW.date(), **named}
            rows = pa.Table.from_pylist([row], schema=LIST.arrow_schema())
            sealed = world.seal(slug, "objections", rows, prepared_at=NOW)
            made.append(File(slug, "objections.parquet", sealed.data, dict(sealed.metadata)))
    return made


def orders(chance: Random, sent: Iterable[File]) -> list[Order]:
    """What is ordered of some of the files, each of another; and now and then a borough leaves."""
    files = [file for file in sent if file.manifest.dataset in ("pupils", "households")]
    found = []
    for file in chance.sample(files, min(len(files), chance.randint(1, 2))):
        one = file.manifest
        drops = (drop_id(file.slug, one.dataset, one.sha256, one.replaces),)
        by = digest_of("operator1")
        if chance.random() < 0.5:
            day = NOW.date() + timedelta(days=30)
            found.append(Order(word="hold", party=file.slug, by=by, drops=drops, why="court", day=day))
        else:
            found.append(Order(word="quarantine", party=file.slug, by=by, drops=drops))
    if chance.random() < 0.2:
        slug = chance.choice(files).slug
        found.append(Order(word="leave", party=slug, by=digest_of("operator1"), day=NOW.date()))
    return found


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
