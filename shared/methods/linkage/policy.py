"""What a linkage is told: the policy of an agreement, and the trained model, as files that are checked when read.

The model holds frequencies only (how often each comparison level is seen in true pairs and in strangers) and no value
of any row, so it ships with the agreement and may be published.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, AliasChoices, BaseModel, ConfigDict, Field, StringConstraints, model_validator

Key = Literal["upn", "uln", "dob", "surname", "forename", "forename_3", "postcode", "uprn"]
"""What rows may have to agree on."""
GuardName = Literal["twin", "forename", "dob", "stranger", "identifier", "dob_postcode", "suppressed"]
"""What may stop a pair (`guards`)."""
Chance = Annotated[float, Field(gt=0, lt=1)]


def _once(values: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(values)) != len(values):
        raise ValueError("names something twice")
    return values


class Part(BaseModel):
    """A part of a policy or a model: frozen, and an unknown key is an error rather than a silence."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class LevelChances(Part):
    """One level of one comparison."""

    m: Chance
    """Its share among pairs that are one person and say something here."""
    u: Chance
    """Its share among pairs drawn at random that say something here."""


class Siblings(Part):
    """What brothers and sisters add: they agree on nearly everything."""

    per_child: Annotated[float, Field(ge=0)]
    """Other rows of the family, on average over right rows."""
    same_birthday: Chance
    """Part of them who have the same date of birth."""
    same_forename: Chance
    """Part of them who have the same first name."""
    unlisted: Chance
    """Part of the persons with siblings in a family who are not in it themselves."""
    levels: dict[str, dict[str, Chance]] = {}
    """By comparison (`dob`, `forename`, `sex`; `forename_of_twins`) and level, its share among brothers and sisters of
    one family, as the right table has them. What is not named is as among strangers."""


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
    left_rows: Annotated[int, Field(ge=1, validation_alias=AliasChoices("left_rows", "pupils"))]
    """Rows that it was trained on. Models up to version 1.2.0 call the two sides pupils and households."""
    right_rows: Annotated[int, Field(ge=1, validation_alias=AliasChoices("right_rows", "households"))]
    found: Chance
    """Part of the left rows that have a right row."""
    rows: Annotated[int, Field(ge=1)] = 300
    """How many rows the frequencies below weigh against those of the files at hand: nearly all in a small file, little
    in a large one."""
    comparisons: dict[str, dict[str, LevelChances]]
    """By comparison and level, in lower case; a level that is not named (missing) says nothing."""
    repeats: dict[str, Chance]
    """By field, the chance that two random rows have the same value: what term frequencies are relative to."""
    siblings: Siblings
    calibration: Calibration = Calibration()


class CascadeTier(Part):
    """One deterministic linkage rule: a pair that agrees on every key, and is alone in doing so on both sides."""

    rule: Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
    keys: Annotated[tuple[Key, ...], Field(min_length=1), AfterValidator(_once)]
    probability: Chance
    """Stated chance that such a pair is one person; not estimated from the data at hand."""


class LinkagePolicy(Part):
    """How left rows are linked with right rows, and where the bands lie."""

    automatic: Chance
    review: Chance
    cascade: Annotated[tuple[CascadeTier, ...], Field(min_length=1)]
    guards: Annotated[tuple[GuardName, ...], AfterValidator(_once)]
    forename_similarity: Chance
    """Jaro-Winkler similarity under which two forenames disagree."""
    expected_strangers: Annotated[float, Field(gt=0)]
    """How many strangers of the same name and birthday may be expected before a pair of other addresses goes
    to a person."""
    link: Literal["child", "household"] = "child"
    """What is linked. `child`: the right row itself, so that the wrong one of two twins is a harm. `household`: its
    family, whichever of its rows it is; what may only be another child of the family needs no person."""
    model: LinkageModel | None = None
    """The trained model of the probabilistic tier, which the agreement file names (`model: model-1.3.0.json`). Without
    one the cascade stands alone."""

    @property
    def links_families(self) -> bool:
        """Whether a right row stands for its family."""
        return self.link == "household"

    @model_validator(mode="after")
    def _bands(self) -> LinkagePolicy:
        if self.automatic <= self.review:
            raise ValueError("automatic must lie above review")
        _once(tuple(tier.rule for tier in self.cascade))
        return self
