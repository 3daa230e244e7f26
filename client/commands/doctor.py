"""`exchange doctor`: looks at everything that a drop needs, one by one, and says what is wrong and the remedy."""

from __future__ import annotations

import typer

from client import options
from client.console import answer, step, table
from client.exits import Exit

app = typer.Typer()


@app.command("doctor", epilog="Example: exchange doctor --json")
def look(
    profile: options.Profile = None,
    borough: options.Borough = None,
    keys: options.Keys = None,
    agreements: options.Agreements = None,
    json: options.Json = False,
) -> None:
    """Check profile, passes, proxy, certificate, clock, keys, disk, versions and agreement. Nothing is sent.

    The answer holds no secret: it can be given to a help desk. Exit codes: 0 all is well; 2 something of yours is
    wrong; 5 the exchange cannot be reached now; 6 something on the way does not let it through.
    """
    from client.examine import examine

    with step("Looking"):
        found = examine(profile, borough=borough, keys=keys, agreements=agreements)
    rows = [[each.what, "ok" if each.holds else "NOT OK", each.found] for each in found]
    remedies = [f"{each.what}: {each.remedy}" for each in found if each.remedy]
    text = table(["what", "", "found"], rows) + ("\n\n" + "\n".join(remedies) if remedies else "")
    wrong = [each for each in found if not each.holds]
    answer({"ok": not wrong, "checks": [each.shown() for each in found]}, text, as_json=json)
    if wrong:
        raise typer.Exit(min((each.exit for each in wrong), default=Exit.BAD_INPUT))
