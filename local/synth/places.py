"""The 33 boroughs and the authorities around London: how big they are, and which pupils go from where to where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np

from local.synth.streams import Floats, cumulative
from shared.kernel.parties.register import authorities
from shared.kernel.yaml_once import load_yaml_once

DATA = Path(__file__).parent / "data"


@cache
def data(name: str) -> Any:
    """The document of one data file. It is read once; nobody alters it."""
    return load_yaml_once((DATA / name).read_text(encoding="utf-8"))


PUPILS_OF_LONDON = 1_170_000
CROSS_BORDER_PUPILS = 145_000
BENEFIT_CHILDREN = 600_000
FROM_OUTSIDE = 0.05
"""Part of the cross-border pupils who live beyond London."""

NEIGHBOUR, SECOND, FAR = 1.0, 0.05, 0.0002
"""How a pupil's way to a bordering borough weighs against one over a second border and one further off."""


@dataclass(frozen=True)
class Place:
    """A home authority. `facts` is its entry in boroughs.yaml; `dfe_code` is empty outside London."""

    slug: str
    ons_code: str
    dfe_code: str
    facts: Mapping[str, Any]


@dataclass(frozen=True)
class Places:
    """All home authorities: the boroughs first, in the agreement's order, then those outside London."""

    all: tuple[Place, ...]
    boroughs: int

    def index(self, slug: str) -> int:
        """The position of a slug in `all`."""
        return [place.slug for place in self.all].index(slug)

    def number(self, key: str) -> Floats:
        """One number of each place's facts, 0 where it has none."""
        return np.array([float(place.facts.get(key, 0)) for place in self.all])

    @cached_property
    def cross_border(self) -> Floats:
        """For each place, how many of its children go to school in a borough that is not their home, at scale 1."""
        inside = self.number("pupils") * self.number("cross")
        outside = self.number("weight")
        share = (1 - FROM_OUTSIDE) * inside / inside.sum() + FROM_OUTSIDE * outside / outside.sum()
        return np.asarray(CROSS_BORDER_PUPILS * share)

    @cached_property
    def cross_rate(self) -> Floats:
        """For each borough, the part of its pupils who go to school in another borough."""
        pupils = self.number("pupils")
        resident = PUPILS_OF_LONDON * pupils / pupils.sum()
        return np.asarray(np.divide(self.cross_border, resident, out=np.ones(len(self.all)), where=resident > 0))

    @cached_property
    def benefit_children(self) -> Floats:
        """For each borough, the children in its benefit extract, at scale 1."""
        claims = self.number("benefit")
        return np.asarray(BENEFIT_CHILDREN * claims / claims.sum())

    @cached_property
    def flow(self) -> Floats:
        """Row: home place. Column: school borough. The part of the home's cross-border pupils who go there."""
        touches = np.zeros((len(self.all), len(self.all)), dtype=bool)
        for row, place in enumerate(self.all):
            touches[row, [self.index(slug) for slug in place.facts["neighbours"]]] = True
        touches |= touches.T
        second = (touches.astype(int) @ touches.astype(int)) > 0
        near = np.where(touches, NEIGHBOUR, np.where(second, SECOND, FAR))[:, : self.boroughs]
        weights = near * np.sqrt(self.number("pupils")[: self.boroughs])
        weights[np.arange(self.boroughs), np.arange(self.boroughs)] = 0.0
        return np.asarray(weights / weights.sum(axis=1, keepdims=True))

    @property
    def inside(self) -> list[str]:
        """The slugs of London's boroughs."""
        return [place.slug for place in self.all[: self.boroughs]]

    def flow_bounds(self, only: Floats) -> Floats:
        """`flow` as bounds for drawing, restricted to the school boroughs where `only` is 1."""
        rows = self.flow * only
        return np.stack([cumulative(row) if row.any() else np.ones(len(row)) for row in rows])


@cache
def load_places() -> Places:
    """Read boroughs.yaml; codes, and the order, come from the register of authorities."""
    document = data("boroughs.yaml")
    register = (authority for authority in authorities() if authority.slug in document["boroughs"])
    inside = tuple(
        Place(borough.slug, ons_code, dfe_code, document["boroughs"][borough.slug])
        for borough in register
        if (ons_code := borough.ons_code) and (dfe_code := borough.dfe_code)  # every authority has both
    )
    outside = tuple(Place(slug, facts["ons_code"], "", facts) for slug, facts in document["outside"].items())
    return Places(inside + outside, len(inside))
