"""The parts of a weight as a release carries them: text of whole bits, which says no more of strangers than a sentence.

What a level weighs stands in the model, which is no secret. How common a value is was counted among other people, so it
is told in steps of four bits (sixteen times), as coarsely as a sentence tells how far the next one is behind. What was
rounded goes into the last part, so the parts add up to the weight in whole bits.
"""

from __future__ import annotations

import re

import numpy as np

from shared.methods.linkage.compare.levels import LEVELS
from shared.methods.linkage.encode.arrays import Levels, Scores
from shared.methods.linkage.explain.parts import REST, TERM
from shared.methods.linkage.model.weights import Bits

STEP = 4
"""Bits of one step of how common a value is."""
_PART = re.compile(r"(?P<says>[a-z][a-z ,]*) (?P<bits>[+-]\d+)")


def released(bits: Bits, levels: dict[str, Levels], weight: Scores) -> list[str]:
    """The parts of every pair of this `weight` in bits, e.g. `dob exact +12; forename sounds alike +4; … -13`."""
    whole = {name: np.rint(part).astype(int) for name, part in bits.comparisons.items()}
    steps = {name: STEP * np.rint(part / STEP).astype(int) for name, part in bits.terms.items()}
    found = []
    for at, total in enumerate(np.rint(weight).astype(int).tolist()):
        parts = []
        for name, kind in LEVELS.items():
            if level := int(levels[name][at]):
                parts.append((f"{name} {kind(level).name.lower().replace('_', ' ')}", int(whole[name][at])))
            if name in steps and steps[name][at]:
                parts.append((f"{name} {TERM}", int(steps[name][at])))
        parts.append((REST, total - sum(each for _, each in parts)))
        found.append("; ".join(f"{says} {each:+d}" for says, each in parts))
    return found


def parts_of(text: str) -> list[tuple[str, int]]:
    """What `released` has written, as labels with their bits. Raises ValueError where it is something else."""
    found = [_PART.fullmatch(part) for part in text.split("; ")]
    if not all(found):
        raise ValueError("not the parts of a weight")
    return [(part["says"], int(part["bits"])) for part in found if part]
