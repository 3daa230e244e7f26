"""Before the night's sweep: what is held is kept, what rests on quarantine is taken back, senders are told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.kernel.disposal.watch import watch_subject
from shared.kernel.envelope.manifest import EXCHANGE
from shared.kernel.errors import ExchangeError
from shared.kernel.rights.holds import keep
from shared.kernel.rights.out_of_use import tell_what_is_out_of_use
from shared.kernel.rights.taken_back import take_back_what_rests_on_stops

if TYPE_CHECKING:
    from collections.abc import Callable

    from shared.kernel.exchange import Exchange


def before_the_sweep(exchange: Exchange) -> tuple[ExchangeError, ...]:
    """Do all of it, whatever of it fails; the faults, to be raised once the sweep is done."""
    exchange = exchange.working_on(watch_subject(EXCHANGE, exchange.clock().date()))
    faults: list[ExchangeError] = []
    steps: tuple[Callable[[Exchange], object], ...] = (keep, take_back_what_rests_on_stops)
    for step in steps:
        try:
            step(exchange)
        except ExchangeError as fault:
            faults.append(fault)
    try:
        return (*faults, *tell_what_is_out_of_use(exchange))
    except ExchangeError as fault:
        return (*faults, fault)
