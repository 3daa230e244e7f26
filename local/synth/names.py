"""Names as integer codes: a lexicon that grows as records are written wrongly, and weighted draws by origin and sex."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from local.synth.places import Places, data
from local.synth.streams import Floats, Ints, chance, cumulative, pick, pick_by_row

NONE = -1
"""The code of a name that is not there."""


class Lexicon:
    """Every distinct text and its code. Codes are given in the order in which texts come."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self._codes: dict[str, int] = {}

    def code(self, text: str) -> int:
        """The code of `text`, which becomes part of the lexicon."""
        found = self._codes.get(text)
        if found is None:
            found = self._codes[text] = len(self.texts)
            self.texts.append(text)
        return found

    def codes(self, texts: Iterable[str]) -> Ints:
        """The codes of `texts`."""
        return np.fromiter((self.code(text) for text in texts), dtype=np.int64)

    def of(self, codes: Ints) -> list[str]:
        """The texts of `codes`; `NONE` is an empty text."""
        return [self.texts[code] if code >= 0 else "" for code in codes.tolist()]

    def changed(self, codes: Ints, change: Callable[[str], str]) -> Ints:
        """The codes of the changed texts, worked out once for each distinct one; `NONE` stays."""
        distinct, which = np.unique(codes, return_inverse=True)
        filled = distinct[distinct != NONE]
        after = self.codes([change(text) for text in self.of(filled)])
        return np.concatenate([distinct[distinct == NONE], after])[which]

    def column(self, codes: Ints) -> pa.Array:
        """The texts as an Arrow column; `NONE` is null."""
        return pa.array(self.texts, pa.string()).take(pa.array(codes, pa.int64(), mask=codes < 0))


@dataclass(frozen=True)
class Pool:
    """Names to draw from, by weight."""

    codes: Ints
    weights: Floats

    def draw(self, rng: np.random.Generator, size: int) -> Ints:
        """`size` codes."""
        return self.codes[pick(rng, self.weights, size)]


@dataclass(frozen=True)
class Origin:
    """One name origin group: its pools, and its customs as numbers (names.yaml says what each means)."""

    name: str
    surnames: Pool
    women: Pool | None
    male: Pool
    female: Pool
    customs: Mapping[str, float]


class Names:
    """Draws names by origin. Origins are numbered in the order of names.yaml."""

    def __init__(self, lexicon: Lexicon) -> None:
        document = data("names.yaml")
        self.lexicon = lexicon
        self.origins = tuple(_origin(lexicon, name, facts) for name, facts in document.items())
        self.labels = tuple(origin.name for origin in self.origins)

    def custom(self, key: str) -> Floats:
        """One custom of each origin."""
        return np.array([origin.customs.get(key, 0.0) for origin in self.origins])

    def mix(self, places: Places) -> Floats:
        """Row: place. Bounds for drawing an origin there."""
        share = self.custom("share")
        rows = []
        for place in places.all:
            factors = place.facts.get("origins", {})
            rows.append(cumulative(share * np.array([float(factors.get(label, 1.0)) for label in self.labels])))
        return np.stack(rows)

    def draw_origins(self, rng: np.random.Generator, mix: Floats, places: Ints) -> Ints:
        """An origin for each family, by the mix of its place."""
        return pick_by_row(rng, mix, places)

    def surnames(self, rng: np.random.Generator, origins: Ints) -> Ints:
        """A family name for each origin given."""
        return self._draw(rng, origins, lambda origin: origin.surnames)

    def forenames(self, rng: np.random.Generator, origins: Ints, female: np.ndarray) -> Ints:
        """A forename for each, by origin and sex."""
        drawn = self._draw(rng, origins, lambda origin: origin.male)
        women = np.flatnonzero(female)
        drawn[women] = self._draw(rng, origins[women], lambda origin: origin.female)
        return drawn

    def womens(self, rng: np.random.Generator, surnames: Ints, origins: Ints) -> Ints:
        """How girls and women bear `surnames`: another name in some origins, a feminine ending in others."""
        borne = surnames.copy()
        for number, origin in enumerate(self.origins):
            here = np.flatnonzero(origins == number)
            if origin.women is not None:
                own = here[chance(rng, origin.customs["women_share"], len(here))]
                borne[own] = origin.women.draw(rng, len(own))
        return self.lexicon.changed(borne, _feminine)

    def _draw(self, rng: np.random.Generator, origins: Ints, pool: Callable[[Origin], Pool]) -> Ints:
        drawn = np.full(len(origins), NONE, dtype=np.int64)
        for number, origin in enumerate(self.origins):
            here = np.flatnonzero(origins == number)
            drawn[here] = pool(origin).draw(rng, len(here))
        return drawn


def _feminine(surname: str) -> str:
    """A Polish surname as a woman bears it."""
    endings = (("dzki", "dzka"), ("ski", "ska"), ("cki", "cka"))
    return next((surname[: -len(a)] + b for a, b in endings if surname.endswith(a)), surname)


def folded(text: str) -> str:
    """`text` without accents, as a system that knows only unaccented letters stores it."""
    plain = unicodedata.normalize("NFKD", text.translate(_STROKES))
    return "".join(letter for letter in plain if not unicodedata.combining(letter))


_STROKES = str.maketrans({"ł": "l", "Ł": "L", "ı": "i", "đ": "d", "Đ": "D", "ø": "o", "Ø": "O"})


def _origin(lexicon: Lexicon, name: str, facts: dict[str, Any]) -> Origin:
    flatness = float(facts["flatness"])
    customs = {key: float(value) for key, value in facts.items() if isinstance(value, int | float)}
    women = _ranked(lexicon, facts["women"], 2.0) if "women" in facts else None
    surnames = _ranked(lexicon, facts["surnames"], flatness)
    if "stems" in facts:
        stems = facts["stems"]
        tail = lexicon.codes(first + last for first in stems["first"] for last in stems["last"])
        share = customs["stem_share"]
        surnames = Pool(
            np.concatenate([surnames.codes, tail]),
            np.concatenate([(1 - share) * surnames.weights, np.full(len(tail), share / len(tail))]),
        )
    male, female = (_ranked(lexicon, facts[sex], flatness) for sex in ("male", "female"))
    return Origin(name, surnames, women, male, female, customs)


def _ranked(lexicon: Lexicon, names: list[str], flatness: float) -> Pool:
    weights = 1.0 / (np.arange(len(names)) + 1.0 + flatness)
    return Pool(lexicon.codes(names), weights / weights.sum())
