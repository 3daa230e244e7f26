"""`exchange demo`: one term of four boroughs on this machine, from sealed drops to enrolments.

Everything between is the real thing: the emulator, the app's own triggers, real keys, each borough with its own pass
and key ring. Only the boroughs' data and the day are made up; the day is fixed, so that the demo is always the same.
"""

from __future__ import annotations

import json
import logging
import shutil
import time
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from client.console import answer, note
from client.exits import Exit

if TYPE_CHECKING:
    import pyarrow as pa

    from client.totals.table import Totals
    from local.clock import Clock
    from local.demo_account import Collected
    from local.host import Host
    from local.party import Party
    from local.site import Desk, Site
    from local.synth.london import London

DAY = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
FOLDER = Path(".exchange/demo")
RECORD, EVIDENCE = "record", "evidence"
"""Within the folder: what an auditor would be given, and what the audit gives a data protection officer."""
SEED = 1
SCALE = 1.0
POLL_SECONDS = 0.5
"""Between looks for new blobs. In the cloud nobody looks; here each look is eight requests."""
QUIET = timedelta(minutes=31)
"""After so long without a file a run begins: a little more than the shipped agreements say."""
OFFICER = "demo-officer"
WITHOUT_ACCOUNTS = "wandsworth"
"""The borough that has passes and nothing else."""


def command(
    folder: Annotated[Path, typer.Option(help="Where everything is written; emptied first.")] = FOLDER,
    seed: Annotated[int, typer.Option(help="Another seed is another London.")] = SEED,
    scale: Annotated[float, typer.Option(help="1 is a whole term of the four boroughs.")] = SCALE,
    events: Annotated[
        bool, typer.Option("--events/--no-events", help="Without: no event reaches the app, and its timer finds all.")
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="The summary as JSON on stdout instead of tables.")] = False,
) -> None:
    """Run a whole term on this machine: drops in, matches out, decisions back, all destroyed, and the run audited.

    Ends with 3 when the audit finds a check broken or an operation that nothing explains.
    Example: exchange demo --seed 7 --scale 0.3
    """
    # What the watchdog cannot see here it says at every look; whoever watches a demo has to hear only of failures.
    logging.getLogger("exchange").setLevel(logging.ERROR)
    summary = run(folder.resolve(), seed=seed, scale=scale, events=events)
    audited = summary["audit"]
    broken = audited["explained_by"]["unexplained"] or "broken" in audited["checks"].values()
    if as_json:
        answer({"ok": not broken, **summary}, "", as_json=True)
    else:
        from local.demo_tables import show

        show(summary, folder / "summary.json")
    if broken:
        raise typer.Exit(Exit.CHECK_BROKEN)


def run(folder: Path, *, seed: int = SEED, scale: float = SCALE, events: bool = True) -> dict[str, Any]:
    """Run the demo in `folder` (emptied first) and return the summary that is also written there.

    Without `events` nobody has subscribed to any: each time rounds of reconciliation alone do the work.
    """
    from client.pack.places import read_directory
    from client.totals.collect import AGREEMENT
    from local.clock import Clock
    from local.demo_ending import audit_itself, weeks_pass
    from local.demo_totals import drawn, told
    from local.host import Host
    from local.site import open_site
    from local.synth.files import write
    from local.synth.london import generate
    from local.triggers.grid import Delivery
    from operate.record import copy_account
    from operate.reference import bring_postcodes
    from shared.agreements.free_school_meals import ID

    started = time.monotonic()
    shutil.rmtree(folder, ignore_errors=True)
    _say(started, f"making synthetic London (seed {seed}, scale {scale:g})")
    london = generate(seed, scale)
    write(london, folder / "london", exports=False)
    _say(started, "starting the storage emulator; making keys")
    clock = Clock(folder / "clock", DAY)
    with open_site(folder, clock=clock) as site, ExitStack() as leaving:
        agreements = site.exchange.agreements
        parties = tuple(_party(site, desk) for desk in site.desks if desk.slug in agreements[ID].terms.controllers)
        for party in parties:
            leaving.callback(party.close)
        bring_postcodes(site.operated, read_directory(folder / "london" / "reference" / "postcodes.parquet"))
        host = Host.of(site, delivery=Delivery(copies=int(events)), poll_seconds=POLL_SECONDS)
        term = _Term(started, london, parties, host, clock, events)
        collected = term.drop()
        enrolled = term.decide(collected)
        totals = term.count(collected, site)
        _say(started, "every borough has collected; four weeks pass, and the sweep destroys what is past its day")
        last = weeks_pass(clock, host, DAY, agreements)
        copy_account(site.operated, agreements, DAY, clock(), folder / RECORD)
    _say(started, "the exchange is audited, from the logs that emulator and key ring wrote")
    beside = drawn(totals, london.collection, agreements[AGREEMENT].terms.reference)
    days = (DAY.date(), last)
    audited = audit_itself(folder, folder / RECORD, folder / EVIDENCE, agreements, days, beside)
    summary = {
        **collected.account(london),
        "enrolled_by_school_borough": enrolled,
        "totals": told(totals),
        "events": dict(host.counts),
        "audit": audited,
        "seed": seed,
        "scale": scale,
        "elapsed_seconds": round(time.monotonic() - started, 1),
    }
    (folder / "summary.json").write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    return summary


@dataclass(frozen=True)
class _Term:
    """What the boroughs do in the term, one step after the other."""

    started: float
    london: London
    parties: tuple[Party, ...]
    host: Host
    clock: Clock
    events: bool

    def drop(self) -> Collected:
        """Every borough drops what it holds; what they then find in their outboxes."""
        from local.demo_account import Collected

        for party in self.parties:
            for dataset, tables in (("pupils", self.london.pupils), ("households", self.london.households)):
                rows = tables[party.slug]
                _say(self.started, f"{party.slug} seals and drops {rows.num_rows} {dataset}")
                party.drop(dataset, self.london.collection, rows, prepared_at=DAY)
        _say(self.started, "the functions fire: intake, linkage, eligibility, release")
        self._work()
        return Collected.by(self.parties)

    def decide(self, collected: Collected) -> dict[str, int]:
        """Every officer decides on the matches; how many enrolments each school borough then collects."""
        for party in self.parties:
            decided = _confirmed(collected.matches[party.slug])
            _say(self.started, f"{party.slug} opens {decided.num_rows} matches with its own key, and confirms them")
            party.decide(self.london.collection, decided, prepared_at=DAY)
        self._work()
        return {party.slug: sum(rows.num_rows for rows in party.releases("enrolments")) for party in self.parties}

    def count(self, collected: Collected, site: Site) -> Totals:
        """The second agreement; the table that the hub collects."""
        from client.totals.collect import AGREEMENT
        from local.demo_totals import collect_totals, drop_totals

        told = "the boroughs drop their pupils without a name: one table of who lives where goes to the hub"
        _say(self.started, told)
        for party in self.parties:
            drop_totals(party, self.london, collected.matches[party.slug], prepared_at=DAY)
        self._work()
        hub = next(desk for desk in site.desks if desk.slug in site.exchange.agreements[AGREEMENT].terms.recipients)
        with closing(_party(site, hub)) as alliance:
            return collect_totals(alliance)

    def _work(self) -> None:
        """Functions fire for what was dropped; nothing more comes, and what waits is asked for and done."""
        from local.host import RECONCILE_SECONDS

        soon = timedelta(seconds=RECONCILE_SECONDS)
        self.host.run_to_quiescence(timeout=300)
        for span in (QUIET,) if self.events else (soon, QUIET, soon):
            self.clock.go(self.clock() + span)
            self.host.fire("reconcile")
            self.host.run_to_quiescence(timeout=300)


def _party(site: Site, desk: Desk) -> Party:
    from local.party import Party

    return Party.with_passes(site, desk) if desk.slug == WITHOUT_ACCOUNTS else Party.with_accounts(site, desk)


def _confirmed(matches: pa.Table) -> pa.Table:
    """The officer confirms every automatic match; what is in review is left for a person."""
    import pyarrow as pa

    from shared.agreements.free_school_meals.contracts import DECISIONS

    rows = matches.num_rows
    columns = {
        "match_ref": matches.column("match_ref"),
        "decision": pa.repeat("confirm", rows),
        "decided_by": pa.repeat(OFFICER, rows),
        "decided_on": pa.repeat(pa.scalar(DAY.date()), rows),
        "reason": pa.nulls(rows, pa.string()),
    }
    return pa.table([columns[name] for name in DECISIONS.names], schema=DECISIONS.arrow_schema())


def _say(started: float, what: str) -> None:
    note(f"{time.monotonic() - started:5.1f} s  {what}")
