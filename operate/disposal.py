"""`exchange sweep`: the night's disposal and the morning's watchdog, by hand, where no timer runs: on one machine."""

from __future__ import annotations

import typer

from client import options
from client.console import answer, step, table
from operate import site


def sweep(profile: site.Profile = None, json: options.Json = False) -> None:
    """Destroy what is past its day, certify it, say what is not as promised and what waits. Ends with 1 at an alarm.

    Needs the exchange's own keys, to sign certificates: in the cloud nobody holds them and the timers do this.

    Example: exchange sweep --profile practice/operator.toml
    """
    from shared.kernel.disposal.account import DataPlane
    from shared.kernel.disposal.heads import state_heads
    from shared.kernel.disposal.remind import NoLog
    from shared.kernel.disposal.sweep import dispose
    from shared.kernel.disposal.watch import watch
    from shared.kernel.rights.night import before_the_sweep
    from shared.kernel.waiting.watch import look_at_waits

    chosen = site.load_site(profile)
    with step("Sweeping"), chosen.storage() as storage, chosen.poison() as poison:
        exchange = chosen.exchange(storage)
        untold = before_the_sweep(exchange)
        dispose(exchange, poison, NoLog())
        state_heads(exchange)
        findings = watch(exchange, poison, DataPlane(exchange))
        waited = look_at_waits(exchange)
    rows = [
        {"code": found.code.code, "severity": found.code.severity, "owner": found.owner, "where": found.where,
         "count": found.count}
        for found in findings
    ]  # fmt: skip
    rows += [
        {"code": wait.code.code, "severity": "alarm", "owner": wait.party, "where": wait.dataset, "count": wait.rows}
        for _, wait in waited.found
    ]
    alarms = sum(row["severity"] == "alarm" for row in rows)
    text = table(["code", "severity", "owner", "where", "count"], [list(row.values()) for row in rows])
    answer({"ok": not alarms, "findings": rows}, f"{text}\n\nSwept. {alarms} alarms.", as_json=json)
    if faults := (*untold, *waited.faults):
        raise faults[0]
    if alarms:
        raise typer.Exit(1)
