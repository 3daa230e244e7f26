"""What the boroughs do in a demo's term: drop, decide, count."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from client.console import note
from client.totals.collect import AGREEMENT
from local.demo_account import Collected
from local.demo_totals import collect_totals, drawn, drop_totals, told
from local.host import RECONCILE_SECONDS
from local.order import Order
from local.party import Party
from shared.agreements.free_school_meals.contracts import DECISIONS

if TYPE_CHECKING:
    from client.totals.table import Totals
    from local.clock import Clock
    from local.host import Host
    from local.site import Desk, Site
    from local.synth.london import London
    from shared.kernel.terms.agreements import Agreements

DAY = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
QUIET = timedelta(minutes=31)
"""After so long without a file a run begins: a little more than the shipped agreements say."""
SECONDS_OF_WORK = 3600
"""For which the functions may go on with what was dropped, before the demo gives up."""
OFFICER = "demo-officer"
WITHOUT_ACCOUNTS = "wandsworth"
"""The borough that has passes and nothing else."""


@dataclass(frozen=True)
class Done:
    """What boroughs and hub have at the end of a term."""

    collected: Collected
    enrolled: Mapping[str, int]
    """How many enrolments each school borough collected."""
    totals: Totals

    def told(self, london: London) -> dict[str, Any]:
        """As the demo's summary has it."""
        enrolled = {"enrolled_by_school_borough": dict(self.enrolled)}
        return {**self.collected.account(london), **enrolled, "totals": told(self.totals)}

    def drawn(self, london: London, agreements: Agreements) -> dict[str, bytes]:
        """The hub's table and the map of it, for the evidence."""
        return drawn(self.totals, london.collection, agreements[AGREEMENT].terms.reference)


@dataclass(frozen=True)
class Term:
    """What the boroughs do in the term, one step after the other."""

    started: float
    london: London
    parties: tuple[Party, ...]
    host: Host
    clock: Clock
    events: bool
    order: Order

    def go_through(self, site: Site) -> Done:
        """The whole term: files, decisions, and the second agreement."""
        with self.host.meter.step("files to matches"):
            collected = self.drop()
        with self.host.meter.step("decisions to enrolments"):
            enrolled = self.decide(collected)
        with self.host.meter.step("totals"):
            return Done(collected, enrolled, self.count(collected, site))

    def drop(self) -> Collected:
        """Every borough drops what it holds; what they then find in their outboxes."""
        for party in self.parties:
            for dataset, tables in (("pupils", self.london.pupils), ("households", self.london.households)):
                rows = tables[party.slug]
                say(self.started, f"{party.slug} seals and drops {rows.num_rows} {dataset}")
                party.drop(dataset, self.london.collection, rows, prepared_at=DAY)
                self._next()
        say(self.started, "the functions fire: intake, linkage, eligibility, release")
        self._work()
        return Collected.by(self.parties)

    def decide(self, collected: Collected) -> dict[str, int]:
        """Every officer decides on the matches; how many enrolments each school borough then collects."""
        for party in self.parties:
            decided = _confirmed(collected.matches[party.slug])
            say(self.started, f"{party.slug} opens {decided.num_rows} matches with its own key, and confirms them")
            if decided.num_rows:
                party.decide(self.london.collection, decided, prepared_at=DAY)
                self._next()
        self._work()
        return {party.slug: sum(rows.num_rows for rows in party.releases("enrolments")) for party in self.parties}

    def count(self, collected: Collected, site: Site) -> Totals:
        """The second agreement; the table that the hub collects."""
        say(self.started, "the boroughs drop their pupils without a name: one table of who lives where goes to the hub")
        for party in self.parties:
            drop_totals(party, self.london, collected.matches[party.slug], prepared_at=DAY)
            self._next()
        self._work()
        hub = next(desk for desk in site.desks if desk.slug in site.exchange.agreements[AGREEMENT].terms.recipients)
        with closing(party_of(site, hub)) as alliance:
            return collect_totals(alliance)

    def _next(self) -> None:
        """One file after the other: the functions fire for this one, and after a minute the next one comes."""
        if self.order is Order.TRICKLE:
            self._fire()
            self.clock.go(self.clock() + MINUTE)

    def _work(self) -> None:
        """Functions fire for what was dropped; nothing more comes, and what waits is asked for and done."""
        soon = timedelta(seconds=RECONCILE_SECONDS)
        self._fire()
        for span in (QUIET,) if self.events else (soon, QUIET, soon):
            self.clock.go(self.clock() + span)
            self.host.fire("reconcile")
            self._fire()

    def _fire(self) -> None:
        self.host.run_to_quiescence(timeout=SECONDS_OF_WORK)


def party_of(site: Site, desk: Desk) -> Party:
    """The party at that desk, with an account or with its passes."""
    return Party.with_passes(site, desk) if desk.slug == WITHOUT_ACCOUNTS else Party.with_accounts(site, desk)


def _confirmed(matches: pa.Table) -> pa.Table:
    """The officer confirms every automatic match; what is in review is left for a person."""
    rows = matches.num_rows
    columns = {
        "match_ref": matches.column("match_ref"),
        "decision": pa.repeat("confirm", rows),
        "decided_by": pa.repeat(OFFICER, rows),
        "decided_on": pa.repeat(pa.scalar(DAY.date()), rows),
        "reason": pa.nulls(rows, pa.string()),
        "sheet_row": pa.array(range(2, rows + 2), pa.int64()),
    }
    return pa.table([columns[name] for name in DECISIONS.names], schema=DECISIONS.arrow_schema())


def say(started: float, what: str) -> None:
    """Tell whoever waits how far it is."""
    note(f"{time.monotonic() - started:5.1f} s  {what}")
