"""What an agreement says, typed. Every field is read from `agreements/*.yaml`; a key that is wrong is named on load."""

from __future__ import annotations

from datetime import date
from functools import cached_property
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from shared.methods.linkage.policy import LinkagePolicy

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z](-?[a-z]){1,56}$")]
Version = Annotated[str, StringConstraints(pattern=r"^\d+\.\d+\.\d+$")]
Dataset = Literal["pupils", "households", "decisions"]
Release = Literal["matches", "review", "enrolments"]
Receiver = Literal["own", "others", "any"]
"""Of a release: the party whose job it is, any other participant, or both."""
Container = Literal["inbox", "outbox", "staging", "requests", "claims", "poison", "deadletter"]
Collection = Annotated[str, StringConstraints(pattern=r"^\d{4}-(autumn|spring|summer)$")]
"""A school census by its year and term: `2026-autumn`."""
Days = Annotated[int, Field(ge=1)]


def _once(values: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(values)) != len(values):
        raise ValueError("names something twice")
    return values


Slugs = Annotated[tuple[Slug, ...], Field(min_length=1), AfterValidator(_once)]
Columns = Annotated[tuple[str, ...], Field(min_length=1), AfterValidator(_once)]


class Terms(BaseModel):
    """A part of the agreement: frozen, and an unknown key is an error rather than a silence."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Borough(Terms):
    """One local authority. Codes of different registers do not sort together: join on them, never by position."""

    slug: Slug
    name: str
    ons_code: Annotated[str, StringConstraints(pattern=r"^E09\d{6}$")]
    """ONS geography code, as `home_la` and postcode directories give it."""
    dfe_code: Annotated[str, StringConstraints(pattern=r"^\d{3}$")]
    """DfE code: the first three digits of a LAESTAB."""


class Period(Terms):
    """Days on which something holds, both ends included."""

    first: date = Field(alias="from")
    last: date = Field(alias="to")

    @model_validator(mode="after")
    def _ordered(self) -> Period:
        if self.last < self.first:
            raise ValueError("ends before it begins")
        return self

    def covers(self, on: date) -> bool:
        """Whether `on` is within the period."""
        return self.first <= on <= self.last


class Purpose(Terms):
    """One purpose that data may be used for."""

    id: Slug
    text: str


class LawfulBasis(Terms):
    """One article or section that allows the sharing."""

    article: str
    text: str


class DatasetTerms(Terms):
    """Who may drop a dataset, for what, when, and how old it may be."""

    dropped_by: Slugs
    purpose: Slug
    stale_after_days: Days
    collections: Annotated[dict[Collection, Period], Field(min_length=1)]
    """The collections that there are, and the days on which each takes drops. Datasets meet within one collection."""

    def open_on(self, on: date) -> tuple[str, ...]:
        """The collections that take drops on that day."""
        return tuple(name for name, days in self.collections.items() if days.covers(on))


class ReleaseTerms(Terms):
    """Which columns of a release go to which side."""

    to: Receiver
    columns: Columns


STAGED_ROW_BYTES = 64
"""What a row may take in a staged file beyond what it took in the drop: the number of the row, and room to spare."""


class Limits(Terms):
    """What one drop may be at most; beyond it the file is refused before it is read whole."""

    bytes: Annotated[int, Field(ge=1)]
    rows: Annotated[int, Field(ge=1)]
    columns: Annotated[int, Field(ge=1)]
    decompressed_bytes: Annotated[int, Field(ge=1)]

    @property
    def staged(self) -> Limits:
        """What the exchange's own copy of a drop's rows may be: it packs them in its own way, with a column more, and
        what was taken in must find room."""
        grown = self.decompressed_bytes + STAGED_ROW_BYTES * self.rows
        return Limits(bytes=grown, rows=self.rows, columns=self.columns + 1, decompressed_bytes=grown)


class LinkagePolicyFile(LinkagePolicy):
    """The policy as the agreement file has it: the model is a file beside it."""

    model: Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]*\.json$")] | None = None  # type: ignore[assignment]


class EligibilityTerms(Terms):
    """Which dated rule set decides the tier."""

    rule_set: Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+$")]


class Retention(Terms):
    """Days until data goes: the reminder, the sweep, the lifecycle policy as backstop, the alarm, the promise."""

    promise_days: Days
    watchdog_days: Days
    lifecycle_days: Days
    reminder_days: Days
    """When a result that nobody has collected is named, so that it can be collected before the sweep takes it."""
    sweep_days: dict[Container, Days]

    @model_validator(mode="after")
    def _ordered(self) -> Retention:
        if unsaid := set(get_args(Container)) - set(self.sweep_days):
            raise ValueError(f"sweep_days: no days for {', '.join(sorted(unsaid))}")
        if not self.reminder_days < self.sweep_days["outbox"]:
            raise ValueError("the reminder must come before the sweep of the outbox")
        if not max(self.sweep_days.values(), default=0) < self.lifecycle_days < self.watchdog_days < self.promise_days:
            raise ValueError("sweep, lifecycle, watchdog and promise must follow each other in days")
        return self


class Records(Terms):
    """Days that records without personal data are kept."""

    ledger_days: Days
    certificate_days: Days
    """Certificates of destruction: kept as long as the ledger that they state the head of, or longer."""

    @model_validator(mode="after")
    def _ordered(self) -> Records:
        if self.certificate_days < self.ledger_days:
            raise ValueError("certificates must be kept as long as the ledger")
        return self


class Agreement(Terms):
    """A data sharing agreement and the authorities it names.

    `boroughs` are all 33 London authorities, participants or not: a pupil's home may be any of them.
    """

    id: Slug
    title: str
    version: Version
    in_force: Period
    controllers: Slugs
    purposes: Annotated[tuple[Purpose, ...], Field(min_length=1)]
    lawful_basis: Annotated[tuple[LawfulBasis, ...], Field(min_length=1)]
    datasets: dict[Dataset, DatasetTerms]
    limits: Limits
    releases: dict[Release, ReleaseTerms]
    linkage: LinkagePolicy
    eligibility: EligibilityTerms
    retention: Retention
    records: Records
    officers_per_borough: Annotated[int, Field(ge=1)]
    boroughs: tuple[Borough, ...]

    @model_validator(mode="after")
    def _names_hold(self) -> Agreement:
        known = {borough.slug for borough in self.boroughs}
        purposes = {purpose.id for purpose in self.purposes}
        if unknown := set(self.controllers) - known:
            raise ValueError(f"controllers: not a London authority: {', '.join(sorted(unknown))}")
        for name, terms in self.datasets.items():
            if outside := set(terms.dropped_by) - set(self.controllers):
                raise ValueError(f"datasets.{name}.dropped_by: not a controller: {', '.join(sorted(outside))}")
            if terms.purpose not in purposes:
                raise ValueError(f"datasets.{name}.purpose: no such purpose: {terms.purpose}")
        return self

    @property
    def reference(self) -> str:
        """`fsm@1.0.0`: how events, manifests and results name this agreement."""
        return f"{self.id}@{self.version}"

    @cached_property
    def by_slug(self) -> dict[str, Borough]:
        """All 33 authorities by slug."""
        return {borough.slug: borough for borough in self.boroughs}

    def terms_of(self, dataset: str) -> DatasetTerms:
        """The terms of a dataset. Raises `KeyError` when the agreement has no such dataset."""
        return {str(name): terms for name, terms in self.datasets.items()}[dataset]

    def release_terms(self, release: str) -> ReleaseTerms | None:
        """The terms of a release, `None` when the agreement has no such release."""
        return {str(name): terms for name, terms in self.releases.items()}.get(release)

    @property
    def participants(self) -> tuple[Borough, ...]:
        """The authorities that are party to this agreement, in the order in which it names them."""
        return tuple(self.by_slug[slug] for slug in self.controllers)


class BoroughRegister(Terms):
    """The file `boroughs.yaml`."""

    boroughs: tuple[Borough, ...]

    @model_validator(mode="after")
    def _codes_are_unique(self) -> BoroughRegister:
        for field in ("slug", "ons_code", "dfe_code"):
            _once(tuple(getattr(borough, field) for borough in self.boroughs))
        return self


class AgreementFile(Agreement):
    """The file `fsm.yaml` as an editor sees it: an agreement without the register of boroughs."""

    boroughs: tuple[Borough, ...] = Field(default=(), exclude=True)
    linkage: LinkagePolicyFile
