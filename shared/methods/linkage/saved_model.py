"""The trained linkage model as a file: how often each comparison level is seen in true pairs and in strangers.

It holds frequencies only, no value of any row, so it ships with the agreement and may be published.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Share = Annotated[float, Field(ge=0, le=1)]
Chance = Annotated[float, Field(gt=0, lt=1)]


class Part(BaseModel):
    """A part of the model: frozen, and an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class LevelChances(Part):
    """One level of one comparison."""

    m: Chance
    """Its share among pairs that are one child and say something here."""
    u: Chance
    """Its share among pairs drawn at random that say something here."""


class Siblings(Part):
    """What brothers and sisters add: they agree on nearly everything."""

    per_child: Annotated[float, Field(ge=0)]
    """Other children of the claim, on average over children."""
    same_birthday: Chance
    """Part of them who have the same date of birth."""
    same_forename: Chance
    """Part of them who have the same first name."""
    unlisted: Chance
    """Part of the children with siblings on a claim who are not on it themselves."""


class Calibration(Part):
    """What known pairs said of stated chances: log2 odds are `shift` + `slope` times those of the weights.

    Never upwards at even odds, so that of two pairs that exclude each other only one can be likelier than not.
    """

    slope: Annotated[float, Field(ge=0.5, le=2)] = 1.0
    shift: Annotated[float, Field(ge=-4, le=0)] = 0.0
    """In bits."""


class LinkageModel(Part):
    """A trained model. A large pair of files trains its own; small ones reuse this."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+([.-][a-z0-9]+)*$")]
    version: Annotated[str, StringConstraints(pattern=r"^\d+\.\d+\.\d+$")]
    trained_on: str
    """Which data, in words."""
    pupils: Annotated[int, Field(ge=1)]
    """Rows that it was trained on."""
    households: Annotated[int, Field(ge=1)]
    found: Chance
    """Part of the pupils who have a child on the other side."""
    rows: Annotated[int, Field(ge=1)] = 300
    """How many rows the frequencies below weigh against those of the files at hand: nearly all in a small file, little
    in a large one."""
    comparisons: dict[str, dict[str, LevelChances]]
    """By comparison and level, in lower case; a level that is not named (missing) says nothing."""
    repeats: dict[str, Chance]
    """By field, the chance that two random rows have the same value: what term frequencies are relative to."""
    siblings: Siblings
    calibration: Calibration = Calibration()
