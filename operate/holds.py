"""`exchange hold`: keep rows that an inquiry, a court or an incident wants, sealed and out of use."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from client import options
from client.console import answer, table
from operate import ordering, site

if TYPE_CHECKING:
    from datetime import date

    from shared.kernel.terms.stops import Stop

app = typer.Typer(no_args_is_help=True, help="For operators: keep rows for an inquiry, a court or an incident.")


@app.command("add", epilog="Example: exchange hold add drop:0a1b… --why inquiry --until 2027-03-31")
def add(
    scope: Annotated[str, typer.Argument(help="drop:<id>, run:<id>, or a party's slug: all rows of it and for it.")],
    why: Annotated[str, typer.Option("--why", help="inquiry, court or incident.")],
    until: Annotated[datetime, typer.Option("--until", formats=["%Y-%m-%d"], help="The last day of the hold.")],
    agreement: ordering.Agreement = None,
    by: ordering.By = None,
    profile: site.Profile = None,
    json: options.Json = False,
) -> None:
    """Take rows out of use at once and keep them, sealed as they lie, until the hold ends.

    Where the agreement wants two people, the second types the same again: until then the rows are out of use, and are
    kept no longer than otherwise.
    """
    from client.codes import invalid
    from shared.kernel.terms.orders import WHY, Order

    chosen = site.load_site(profile)
    if why not in WHY:
        raise invalid("INP-049", what="reason of a hold", name=why, known=", ".join(WHY))
    about = ordering.scope_of(chosen, scope)
    order = Order(
        word="hold",
        party=about.party,
        agreement=agreement or "",
        drops=about.drops,
        jobs=about.jobs,
        day=until.date(),
        why=why,
        by=ordering.digest(by),
    )
    id = ordering.give(chosen, order)
    text = (
        f"Ordered: hold {id} on rows of {about.party}, until {until:%Y-%m-%d}. `exchange hold list` says how it stands."
    )
    answer({"ok": True, "hold": id, "party": about.party, "until": f"{until:%Y-%m-%d}"}, text, as_json=json)


@app.command("list", epilog="Example: exchange hold list")
def list_holds(profile: site.Profile = None, json: options.Json = False) -> None:
    """List every hold: on what, why, until when, who agreed, and whether it keeps rows today."""
    from shared.kernel.days import london_day

    today = london_day(site.now())
    rows = [_row(stop, today) for stop in ordering.orders(site.load_site(profile)) if stop.word == "hold"]
    text = table(["hold", "party", "on", "why", "until", "agreed", "stands"], [list(row.values()) for row in rows])
    answer({"ok": True, "holds": rows}, text if rows else "There is no hold.", as_json=json)


@app.command("end", epilog="Example: exchange hold end 0a1b2c3d4e5f60718293a4b5c6d7e8f9")
def end(
    hold: Annotated[str, typer.Argument(help="The hold's id, as `hold list` shows it.")],
    by: ordering.By = None,
    profile: site.Profile = None,
    json: options.Json = False,
) -> None:
    """End a hold before its day: the next sweep destroys what it kept, and certifies it. There is no way back.

    Where the agreement wants two people to agree to a hold, it wants two to end it.
    """
    from client.codes import invalid
    from shared.kernel.terms.orders import Order

    chosen = site.load_site(profile)
    holds = {stop.id: stop for stop in ordering.orders(chosen) if stop.word == "hold"}
    if hold not in holds:
        raise invalid("INP-049", what="hold", name=hold, known=", ".join(holds) or "(there is none)")
    found = holds[hold]
    ordering.give(chosen, Order(word="end", party=found.party, hold=hold, by=ordering.digest(by)))
    answer({"ok": True, "hold": hold}, f"Ordered: the end of hold {hold}.", as_json=json)


def _row(stop: Stop, today: date) -> dict[str, Any]:
    about = [f"drop:{id}" for id in sorted(stop.drops)] or [f"job:{id}" for id in sorted(stop.works)]
    stands = "keeps" if stop.keeps(today) else "over" if stop.is_over(today) else "waits for another person"
    return {
        "hold": stop.id,
        "party": stop.party,
        "on": " ".join(about) if not stop.names_all else "all rows",
        "why": stop.why,
        "until": stop.day.isoformat(),
        "agreed": f"{len(stop.said)} of {stop.needed}",
        "stands": stands,
    }
