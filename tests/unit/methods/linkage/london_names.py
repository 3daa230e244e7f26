"""The pairs of `names_of_london.yaml` in a borough's files: among as many other children as one run has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import yaml

from local.synth.names import Lexicon, Names
from shared.agreements.free_school_meals.linkage import link_pupils
from tests.unit.methods.linkage.families import WHOLE, children, pupils

FILE = Path(__file__).with_name("names_of_london.yaml")
OTHER_PUPILS, OTHER_CHILDREN = 1_000, 15_000
"""A home borough's pupils from elsewhere, and the children of its claims."""
_FIRST, _DAYS = date(2010, 9, 1), 5_000
IN_ONE_HOME = frozenset(("twins", "siblings"))


@dataclass(frozen=True)
class NamePair:
    """One line of the file: forename and surname on both sides."""

    kind: str
    half: str
    left: tuple[str, str]
    right: tuple[str, str]

    def __str__(self) -> str:
        return f"{' / '.join(self.left)} = {' / '.join(self.right)}"


@cache
def listed(which: str) -> tuple[NamePair, ...]:
    """The pairs under `same` or `other`."""
    document = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return tuple(
        NamePair(group["kind"], half, *(tuple(side.split(" / ")) for side in line.split(" = ")))
        for group in document[which]
        for half in ("before", "after")
        for line in group.get(half, ())
    )


def outcomes(pairs: tuple[NamePair, ...], *, moved: bool, alone: bool = False) -> list[dict[str, Any]]:
    """The link of the pupil of every pair, in a run with everybody else, or `alone`; `right`: it is the pair's child.

    Each pair has a birthday and a home of its own, `moved` two homes. Neither side gives sex, parents or identifiers.
    """
    born = np.random.default_rng(5).integers(0, _DAYS, len(pairs))
    left, right = [], []
    for number, (pair, day) in enumerate(zip(pairs, born.tolist(), strict=True)):
        birthday = _FIRST + timedelta(days=day)
        home = {"postcode": _postcode(number), "uprn": str(200_000_000 + number)}
        other = {"postcode": _postcode(9_000 + number), "uprn": str(300_000_000 + number)} if moved else home
        left.append({"forename": pair.left[0], "surname": pair.left[1], "dob": birthday, "sex": None} | home)
        later = birthday + timedelta(days=700) if pair.kind == "siblings" else birthday
        names = {"child_forename": pair.right[0], "child_surname": pair.right[1], "child_dob": later}
        right.append({"household_ref": f"P{number}"} | names | other)
    files = [pupils(*left)], [children(*right)]
    if not alone:
        for file, others in zip(files, _others(), strict=True):
            file.append(others)
    links = link_pupils(*map(pa.concat_tables, files), WHOLE)
    found = links.slice(0, len(pairs)).to_pylist()
    return [link | {"right": link["household_row"] == row} for row, link in enumerate(found)]


@cache
def _others() -> tuple[pa.Table, pa.Table]:
    """Families of one to four with names as frequent as in synthetic London: the children of claims, and pupils of whom
    four in ten are among them, one in ten of these at another address and some with a letter left out."""
    rng = np.random.default_rng(7)
    lexicon = Lexicon()
    names = Names(lexicon)
    share = names.custom("share")
    size = rng.integers(1, 5, (OTHER_CHILDREN + OTHER_PUPILS) // 2)
    family = np.repeat(np.arange(len(size)), size)
    origins = rng.choice(len(share), len(size), p=share / share.sum())
    surnames = lexicon.of(names.surnames(rng, origins)[family])
    forenames = lexicon.of(names.forenames(rng, origins[family], rng.random(len(family)) < 0.5))
    born = [_FIRST + timedelta(days=day) for day in rng.integers(0, _DAYS, len(family)).tolist()]
    each = list(zip(forenames, surnames, born, family.tolist(), strict=True))
    right = [
        {"household_ref": f"B{f}", "child_seq": n, "child_forename": a, "child_surname": b, "child_dob": d} | _home(f)
        for n, (a, b, d, f) in enumerate(each[:OTHER_CHILDREN])
    ]
    found = rng.choice(OTHER_CHILDREN, int(0.4 * OTHER_PUPILS), replace=False).tolist()
    absent = range(OTHER_CHILDREN, OTHER_CHILDREN + OTHER_PUPILS - len(found))
    left = []
    for place, row in enumerate([*found, *absent]):
        forename, surname, birthday, lives = each[row]
        forename = forename[:2] + forename[3:] if place % 20 == 0 else forename
        home = _home(lives if place % 10 else 40_000 + lives)
        left.append({"forename": forename, "surname": surname, "dob": birthday, "sex": None} | home)
    return pupils(*left), children(*right)


def _home(family: int) -> dict[str, str]:
    return {"postcode": _postcode(20_000 + family), "uprn": str(family)}


def _postcode(number: int) -> str:
    areas, letters = ("SE", "SW", "NW", "CR"), "ABDEFGHJLNPQRSTUWXYZ"
    district, rest = divmod(number // 4, 4_000)
    sector, unit = divmod(rest, 400)
    return f"{areas[number % 4]}{1 + district} {sector}{letters[unit // 20]}{letters[unit % 20]}"
