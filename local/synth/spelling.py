"""One name written in another way: the slip of a hand, and a choice among known spellings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from local.synth.names import Lexicon
from local.synth.streams import Flags, Ints


def slip(text: str, where: float, how: float, which: float) -> str:
    """`text` with one typing error; the three numbers, each below 1, decide. The first letter mostly stays."""
    if len(text) < 3:
        return text + text[-1:]
    at = 1 + int(where * (len(text) - 1)) if how < 0.93 else 0
    letter = _NEAR.get(text[at].lower(), "aeiou")
    near = letter[int(which * len(letter))]
    if how < 0.30 and at + 1 < len(text):
        return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    if how < 0.55:
        return text[:at] + text[at + 1 :]
    if how < 0.75:
        return text[:at] + text[at] + text[at:]
    return text[:at] + (near.upper() if text[at].isupper() else near) + text[at + 1 :]


_NEAR = {
    "a": "sqe",
    "b": "vn",
    "c": "xk",
    "d": "sf",
    "e": "ia",
    "f": "dg",
    "g": "fh",
    "h": "gj",
    "i": "eyu",
    "j": "hk",
    "k": "cj",
    "l": "ik",
    "m": "n",
    "n": "mb",
    "o": "ua",
    "p": "o",
    "q": "w",
    "r": "te",
    "s": "zd",
    "t": "ry",
    "u": "oi",
    "v": "b",
    "w": "e",
    "x": "z",
    "y": "ui",
    "z": "sx",
}


@dataclass(frozen=True)
class Choices:
    """For some name codes, others that may stand instead."""

    start: Ints
    count: Ints
    others: Ints

    def has(self, codes: Ints) -> Flags:
        """Which of `codes` have another spelling."""
        return self._counts(codes) > 0

    def draw(self, rng: np.random.Generator, codes: Ints) -> Ints:
        """One of the others for each of `codes`, which must have one."""
        return self.others[self.start[codes] + (rng.random(len(codes)) * self.count[codes]).astype(np.int64)]

    def _counts(self, codes: Ints) -> Ints:
        known = (codes >= 0) & (codes < len(self.count))
        return np.where(known, self.count[np.where(known, codes, 0)], 0)


def choices_of(lexicon: Lexicon, table: dict[str, list[str]]) -> Choices:
    """The other spellings of `table`, by code."""
    by_code = {lexicon.code(name): lexicon.codes(others).tolist() for name, others in table.items()}
    size = len(lexicon.texts)
    count = np.zeros(size, dtype=np.int64)
    count[list(by_code)] = [len(others) for others in by_code.values()]
    start = np.cumsum(count) - count
    return Choices(
        start, count, np.array([other for code in sorted(by_code) for other in by_code[code]], dtype=np.int64)
    )


def alike(groups: list[list[str]]) -> dict[str, list[str]]:
    """Each name of a group, and the others of it. A name of two groups keeps the first."""
    table: dict[str, list[str]] = {}
    for group in groups:
        for name in group:
            table.setdefault(name, [other for other in dict.fromkeys(group) if other != name])
    return table
