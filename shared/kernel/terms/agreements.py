"""All agreements that the exchange carries out, each with its pipeline."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from shared.kernel.terms.gates import OTHER_AGREEMENT
from shared.kernel.terms.model import Agreement, Limits
from shared.kernel.terms.retention import Records, Retention

if TYPE_CHECKING:
    from datetime import date

    from shared.kernel.contract.columns import Contract
    from shared.kernel.terms.pipeline import Pipeline

NONE = "exchange"
"""Stands where an agreement's id stands, for what comes before any agreement is known: an arrival, an event's outcome,
the answer to a drop whose manifest cannot be believed."""


class Brought(Protocol):
    """What an agreement's package brings. It is imported when it is asked for: a trigger is indexed, and a command
    answers, by the terms alone."""

    @property
    def contracts(self) -> Mapping[str, Contract]:
        """The datasets' contracts."""

    @property
    def pipeline(self) -> Pipeline:
        """What is done with rows."""


@dataclass(frozen=True)
class Agreed:
    """One agreement: what it says, and what its package brings."""

    terms: Agreement
    brought: Brought

    @property
    def contracts(self) -> Mapping[str, Contract]:
        """The datasets' contracts. All that a party's own side needs beside the terms."""
        return self.brought.contracts

    @property
    def pipeline(self) -> Pipeline:
        """What is done with rows. The exchange alone asks for it."""
        return self.brought.pipeline

    @property
    def both(self) -> tuple[Agreement, Pipeline]:
        """As `Sharing` takes them."""
        return self.terms, self.pipeline


@dataclass(frozen=True)
class Agreements:
    """Every agreement, in the order of the registry. There is one version of each."""

    every: tuple[Agreed, ...]

    def __iter__(self) -> Iterator[Agreed]:
        return iter(self.every)

    def __contains__(self, agreement: object) -> bool:
        return any(agreed.terms.id == agreement for agreed in self.every)

    def __getitem__(self, agreement: str) -> Agreed:
        """The agreement of that id. Raises `KeyError`."""
        for agreed in self.every:
            if agreed.terms.id == agreement:
                return agreed
        raise KeyError(agreement)

    def named(self, reference: str) -> Agreed:
        """The agreement of that reference (`id@version`). Raises `NotAgreed` (AGR-002), naming what is in force."""
        for agreed in self.every:
            if agreed.terms.reference == reference:
                return agreed
        told = ", ".join(f"{agreed.terms.id}, version {agreed.terms.version}" for agreed in self.every)
        raise OTHER_AGREEMENT.refusal(f"In force: {told}.")

    def in_force(self, on: date) -> tuple[Agreed, ...]:
        """Those that are in force on that day."""
        return tuple(agreed for agreed in self.every if agreed.terms.in_force.covers(on))

    @cached_property
    def parties(self) -> tuple[str, ...]:
        """The slug of every party to any agreement, once."""
        return tuple(dict.fromkeys(party.slug for agreed in self.every for party in agreed.terms.participants))

    @cached_property
    def senders(self) -> tuple[str, ...]:
        """The slugs of those who may drop anything under any agreement. Who only collects has no inbox."""
        dropping = {
            slug for agreed in self.every for dataset in agreed.terms.datasets.values() for slug in dataset.dropped_by
        }
        return tuple(slug for slug in self.parties if slug in dropping)

    @cached_property
    def known(self) -> tuple[str, ...]:
        """The slugs of all that can be parties: a borough that has left may still have containers."""
        return tuple(dict.fromkeys(slug for agreed in self.every for slug in agreed.terms.by_slug))

    def retention_of(self, agreement: str) -> Retention:
        """How long what belongs to the agreement of this id lives; where it belongs to none, or to one that is no
        more, the shortest days of all."""
        return self[agreement].terms.retention if agreement in self else self._shortest

    @cached_property
    def _shortest(self) -> Retention:
        each = [agreed.terms.retention.model_dump() for agreed in self.every]
        sweep = {kind: min(days["sweep_days"][kind] for days in each) for kind in each[0]["sweep_days"]}
        others = {name: [days[name] for days in each if days[name] is not None] for name in each[0]}
        del others["sweep_days"]
        return Retention(sweep_days=sweep, **{name: min(days) for name, days in others.items() if days})

    @cached_property
    def records(self) -> Records:
        """How long records without personal data are kept: as long as any of them says."""
        each = [agreed.terms.records for agreed in self.every]
        return Records(**{name: max(getattr(days, name) for days in each) for name in Records.model_fields})

    @cached_property
    def widest(self) -> Limits:
        """What a drop may be at most under any of them: the measure of what is not opened yet."""
        limits = [agreed.terms.limits for agreed in self.every]
        return Limits(**{name: max(getattr(limit, name) for limit in limits) for name in Limits.model_fields})
