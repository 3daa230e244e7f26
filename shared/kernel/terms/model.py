"""What any agreement says, typed. Every field is read from its file; a key that is wrong is named on load.

An agreement's package adds to this what its own method needs, as a subclass with keys of its own (`terms.py` there).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from datetime import date
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from shared.kernel.objected import OBJECTIONS
from shared.kernel.parties.model import RESERVED, Party, check_distinct
from shared.kernel.parties.register import authorities
from shared.kernel.terms.base import Days, Terms
from shared.kernel.terms.retention import Records, Retention
from shared.kernel.texts import Collection, Dataset, Slug, Version

Receiver = Literal["own", "others", "any"]
"""Of a release: the party whose job it is, any other participant, or both."""


def _once(values: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(values)) != len(values):
        raise ValueError("names something twice")
    return values


Slugs = Annotated[tuple[Slug, ...], AfterValidator(_once)]
SomeSlugs = Annotated[tuple[Slug, ...], Field(min_length=1), AfterValidator(_once)]
Columns = Annotated[tuple[str, ...], Field(min_length=1), AfterValidator(_once)]


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

    def is_over(self, on: date) -> bool:
        """Whether its last day has gone by."""
        return on > self.last


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

    dropped_by: SomeSlugs
    purpose: Slug
    stale_after_days: Days
    collections: Annotated[dict[Collection, Period], Field(min_length=1)]
    """The collections that there are, and the days on which each takes drops. Datasets meet within one collection."""

    def open_on(self, on: date) -> tuple[str, ...]:
        """The collections that take drops on that day."""
        return tuple(name for name, days in self.collections.items() if days.covers(on))


class ReleaseTerms(Terms):
    """Which columns of a release go to whom."""

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


class Waits(Terms):
    """How long work of a kind that waits (`Rights.waits`) is put off while files still come."""

    quiet_minutes: Annotated[int, Field(ge=1)]
    """Work begins once nothing has come for so long; "come" means taken in, by the exchange's clock."""
    at_most_hours: Annotated[int, Field(ge=1)]
    """It begins then, whatever still comes: counted from the first file that it has not seen."""

    @model_validator(mode="after")
    def _ordered(self) -> Waits:
        if self.quiet_minutes >= self.at_most_hours * 60:
            raise ValueError("quiet_minutes must be less than at_most_hours")
        return self


class Agreement(Terms):
    """A data sharing agreement.

    A package's subclass adds its own keys, and says which datasets it has a contract for (`CONTRACTED`) and which
    columns of which release its pipeline makes (`MADE`): terms that ask for more are refused on load.
    """

    CONTRACTED: ClassVar[frozenset[str]] = frozenset()
    MADE: ClassVar[Mapping[str, frozenset[str]]] = {}

    id: Slug
    title: str
    version: Version
    in_force: Period
    controllers: SomeSlugs
    """The parties that decide together what is shared, and drop or collect."""
    recipients: Slugs = ()
    """Parties that only collect, such as a hub."""
    parties: tuple[Party, ...] = ()
    """Those of its parties that the register of authorities has not, such as a hub."""
    purposes: Annotated[tuple[Purpose, ...], Field(min_length=1)]
    lawful_basis: Annotated[tuple[LawfulBasis, ...], Field(min_length=1)]
    datasets: Annotated[dict[Dataset, DatasetTerms], Field(min_length=1)]
    limits: Limits
    releases: dict[Dataset, ReleaseTerms]
    retention: Retention
    records: Records
    officers_per_party: Annotated[int, Field(ge=1)]
    review: date | None = None
    """The day by which the parties look at the agreement again."""
    hold_consents: Annotated[int, Field(ge=1, le=2)] = 1
    """As many people have to agree before rows are kept beyond their day, or a hold ends before its own."""
    waits: Waits | None = None
    """Without it all work is asked for with the file that makes it due."""
    signing_keys: tuple[Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")], ...] = ()
    """Fingerprints (RFC 7638) of the keys with which the exchange signs, as the parties agreed them: where there are
    some, an audit believes no statement that is signed with another."""

    @classmethod
    def with_files(cls, document: dict[str, Any], read: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
        """The document with what it names by a file's name in the place of that name. `read` takes a file beside it."""
        return document

    @model_validator(mode="after")
    def _names_hold(self) -> Agreement:
        check_distinct((*authorities(), *self.parties))
        if self.id in RESERVED:
            raise ValueError(f"id: {self.id} is the exchange's own")
        for key in ("controllers", "recipients"):
            if unknown := set(getattr(self, key)) - set(self.by_slug):
                raise ValueError(f"{key}: neither a known authority nor one of `parties`: {_told(unknown)}")
        if twice := set(self.controllers) & set(self.recipients):
            raise ValueError(f"recipients: a controller collects without being named here: {_told(twice)}")
        if idle := {party.slug for party in self.parties} - {*self.controllers, *self.recipients}:
            raise ValueError(f"parties: neither a controller nor a recipient: {_told(idle)}")
        purposes = {purpose.id for purpose in self.purposes}
        for name, terms in self.datasets.items():
            if outside := set(terms.dropped_by) - set(self.controllers):
                raise ValueError(f"datasets.{name}.dropped_by: not a controller: {_told(outside)}")
            if terms.purpose not in purposes:
                raise ValueError(f"datasets.{name}.purpose: no such purpose: {terms.purpose}")
        return self

    @model_validator(mode="after")
    def _can_be_carried_out(self) -> Agreement:
        for name in self.datasets:
            if name not in self.CONTRACTED:
                raise ValueError(f"datasets.{name}: there is no contract for it, but for {_told(self.CONTRACTED)}")
        for name, terms in self.releases.items():
            if name not in self.MADE:
                raise ValueError(f"releases.{name}: the pipeline makes no such release, but {_told(self.MADE)}")
            if unmade := set(terms.columns) - self.MADE[name]:
                raise ValueError(f"releases.{name}.columns: the pipeline makes no column {_told(unmade)}")
        return self

    @property
    def reference(self) -> str:
        """`<id>@<version>`: how events, manifests and results name this agreement."""
        return f"{self.id}@{self.version}"

    @property
    def authorities(self) -> tuple[Party, ...]:
        """Every authority that is known, party to this agreement or not: somebody may live in any of them."""
        own = (party for party in self.parties if party.kind == "authority")
        return (*authorities(), *own)

    @cached_property
    def by_slug(self) -> dict[str, Party]:
        """All that can be a party, by slug: the authorities, and the agreement's own parties."""
        return {party.slug: party for party in (*authorities(), *self.parties)}

    def terms_of(self, dataset: str) -> DatasetTerms:
        """The terms of a dataset. Raises `KeyError` when the agreement has no such dataset.

        Of objections nothing need be said: whoever drops anything may drop them, whenever anything may be dropped.
        """
        if dataset == OBJECTIONS and self.takes_objections:
            every = tuple(self.datasets.values())
            return DatasetTerms(
                dropped_by=tuple(dict.fromkeys(slug for terms in every for slug in terms.dropped_by)),
                purpose=every[0].purpose,
                stale_after_days=min(terms.stale_after_days for terms in every),
                collections={
                    name: Period.model_validate(
                        {"from": min(p.first for p in periods), "to": max(p.last for p in periods)}
                    )
                    for name, periods in self._periods().items()
                },
            )
        return self.datasets[dataset]

    @property
    def takes_objections(self) -> bool:
        """Whether objections can be remembered under it."""
        return OBJECTIONS not in self.datasets and self.retention.decisions_days is not None

    def _periods(self) -> dict[str, list[Period]]:
        found: dict[str, list[Period]] = {}
        for terms in self.datasets.values():
            for name, period in terms.collections.items():
                found.setdefault(name, []).append(period)
        return found

    def release_terms(self, release: str) -> ReleaseTerms | None:
        """The terms of a release, `None` when the agreement has no such release."""
        return self.releases.get(release)

    def without(self, slugs: Set[str]) -> Self:
        """These terms as they stand once the parties of these slugs have left: they neither drop nor collect."""

        def kept(named: tuple[str, ...]) -> tuple[str, ...]:
            return tuple(slug for slug in named if slug not in slugs)

        datasets = {
            name: terms.model_copy(update={"dropped_by": kept(terms.dropped_by)})
            for name, terms in self.datasets.items()
        }
        parties = {"controllers": kept(self.controllers), "recipients": kept(self.recipients)}
        return self.model_copy(update={**parties, "datasets": datasets})

    @property
    def participants(self) -> tuple[Party, ...]:
        """The parties to this agreement, in the order in which it names them: controllers, then recipients."""
        return tuple(self.by_slug[slug] for slug in (*self.controllers, *self.recipients))


def _told(names: Any) -> str:
    return ", ".join(sorted(names))
