"""`exchange demo`: one term of some boroughs on this machine, from sealed drops to enrolments.

Everything between is the real thing: the emulator, the app's own triggers, real keys, each borough with its own pass
and key ring. Only the boroughs' data and the day are made up; the day is fixed, so that the demo is always the same.
"""

from __future__ import annotations

import json
import logging
import shutil
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated, Any

import typer

from client.console import answer
from client.exits import Exit
from local.boroughs import OF_PILOT, chosen, write_agreements
from local.order import Order
from local.synth.london import PILOT

FOLDER = Path(".exchange/demo")
SEED = 1
SCALE = 1.0
POLL_SECONDS, LONGEST_POLL_SECONDS = 0.125, 1.5
"""Between looks for new blobs, for each borough, and at most. In the cloud nobody looks; here each look is two requests
for a borough."""


def command(
    folder: Annotated[Path, typer.Option(help="Where everything is written; emptied first.")] = FOLDER,
    seed: Annotated[int, typer.Option(help="Another seed is another London.")] = SEED,
    scale: Annotated[float, typer.Option(help="1 is a whole term of these boroughs.")] = SCALE,
    boroughs: Annotated[
        str, typer.Option(help="Who takes part: pilot, all, or slugs with commas between them.")
    ] = OF_PILOT,
    order: Annotated[Order, typer.Option(help="Drops come all at once, or one after the other.")] = Order.BURST,
    report: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Where to write the summary, with what it took, as JSON.")
    ] = None,
    events: Annotated[
        bool, typer.Option("--events/--no-events", help="Without: no event reaches the app, and its timer finds all.")
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="The summary as JSON on stdout instead of tables.")] = False,
) -> None:
    """Run a whole term on this machine: drops in, matches out, decisions back, all destroyed, and the run audited.

    Ends with 3 when the audit finds a check broken or an operation that nothing explains.
    Example: exchange demo --boroughs all --scale 0.1 --order trickle --report took.json
    """
    # What the watchdog cannot see here it says at every look; whoever watches a demo has to hear only of failures.
    logging.getLogger("exchange").setLevel(logging.ERROR)
    summary = run(folder.resolve(), seed=seed, scale=scale, events=events, boroughs=chosen(boroughs), order=order)
    if report is not None:
        report.write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    audited = summary["audit"]
    broken = audited["explained_by"]["unexplained"] or "broken" in audited["checks"].values()
    from local.demo_tables import show, show_taken

    if as_json:
        answer({"ok": not broken, **summary}, "", as_json=True)
    else:
        show(summary, folder / "summary.json")
    show_taken(summary)
    if broken:
        raise typer.Exit(Exit.CHECK_BROKEN)


def run(
    folder: Path,
    *,
    seed: int = SEED,
    scale: float = SCALE,
    events: bool = True,
    boroughs: Sequence[str] = PILOT,
    order: Order = Order.BURST,
) -> dict[str, Any]:
    """Run the demo in `folder` (emptied first) and return the summary that is also written there.

    Without `events` nobody has subscribed to any: each time rounds of reconciliation alone do the work.
    """
    from client.pack.places import read_directory
    from local.clock import Clock
    from local.demo_cost import spent
    from local.demo_ending import RECORD, audit_itself, keep_what_is_held, weeks_pass
    from local.demo_term import DAY, Term, party_of, say
    from local.host import Host
    from local.measured import forget_peak, memory_mb
    from local.site import open_site
    from local.synth.files import write
    from local.synth.london import generate
    from local.triggers.grid import Delivery
    from operate.record import copy_account
    from operate.reference import bring_postcodes
    from shared.agreements.free_school_meals import ID

    started = time.monotonic()
    shutil.rmtree(folder, ignore_errors=True)
    say(started, f"making synthetic London (seed {seed}, scale {scale:g})")
    london = generate(seed, scale, boroughs)
    write(london, folder / "london", exports=False)
    say(started, "starting the storage emulator; making keys")
    clock = Clock(folder / "clock", DAY)
    terms = write_agreements(boroughs, folder)
    with open_site(folder, terms=terms, clock=clock) as site, ExitStack() as leaving:
        agreements = site.exchange.agreements
        parties = tuple(party_of(site, desk) for desk in site.desks if desk.slug in agreements[ID].terms.controllers)
        for party in parties:
            leaving.callback(party.close)
        bring_postcodes(site.operated, read_directory(folder / "london" / "reference" / "postcodes.parquet"))
        poll_seconds = min(POLL_SECONDS * len(parties), LONGEST_POLL_SECONDS)
        host = Host.of(site, delivery=Delivery(copies=int(events)), poll_seconds=poll_seconds)
        forget_peak()
        before, _ = memory_mb()
        done = Term(started, london, parties, host, clock, events, order).go_through(site)
        memory = (before, memory_mb()[1])
        keep_what_is_held(parties, folder)
        say(started, "every borough has collected; four weeks pass, and the sweep destroys what is past its day")
        with host.meter.step("weeks later"):
            last = weeks_pass(clock, host, DAY, agreements)
        copy_account(site.operated, agreements, DAY, clock(), folder / RECORD)
    say(started, "the exchange is audited, from the logs that emulator and key ring wrote")
    audited = audit_itself(folder, terms, agreements, (DAY.date(), last), done.drawn(london, agreements))
    summary = {**done.told(london), "events": dict(host.counts), "audit": audited, "seed": seed, "scale": scale}
    summary |= {"took": spent(folder, host.meter.steps, memory, agreements), "boroughs": list(london.boroughs)}
    summary |= {"order": order.value, "elapsed_seconds": round(time.monotonic() - started, 1)}
    (folder / "summary.json").write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    return summary
