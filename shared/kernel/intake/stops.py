"""The operators' orders that take rows out of use, as the ledger has them: one chain ``stop:<id>`` each."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from shared.kernel.envelope.manifest import EXCHANGE
from shared.kernel.intake.identity import derived_id
from shared.kernel.terms.stops import Stop, Stops, Word

if TYPE_CHECKING:
    from shared.kernel.exchange import Exchange
    from shared.kernel.ledger.chain import Ledger
    from shared.kernel.ledger.events import Event

STOP = "stop"
"""The kind of these chains."""
ORDERED: dict[str, Word] = {"held": "hold", "quarantined": "quarantine", "left": "leaving"}
"""The first step of a chain, and which order it is."""
CONSENTED, ENDED = "consented", "ended"
"""Steps of a hold, once for each person: that it keeps rows, that it ends before its day."""
KEPT = "kept"
"""The step of a hold whenever it has found files to keep."""
_UNDER = "under."
BY, DROP, WORK, KEY = "by", "drop", "work", "key"
"""What the hashes of an order are named, those of which there may be several with a number behind a dot."""

SIGNED_WITH = "signed_with"
"""What every event of a drop that is believed names its signing key, as `key_mark` makes it."""

SEALED_TO = "sealed_to."
"""Before the name of a release, in the event that records it: the key that opens it, as `key_mark` makes it."""


def as_it_stands(exchange: Exchange) -> Exchange:
    """The exchange as it may work now: without the parties that have left, and knowing what is out of use."""
    return exchange.with_stops(stops_of(exchange))


def stops_of(exchange: Exchange) -> Stops:
    """Every order that the exchange's ledger has; whose work it is to look is in the requests' ids."""
    return stops_in(exchange.ledger.over(exchange.storage.ledger()))


def stops_in(ledger: Ledger) -> Stops:
    """Every order that a ledger has, the oldest first."""
    chains = (ledger.events(subject) for subject in ledger.subjects(STOP))
    return Stops(tuple(sorted((read_stop(chain) for chain in chains if chain), key=lambda stop: (stop.at, stop.id))))


def read_stop(chain: tuple[Event, ...]) -> Stop:
    """What one chain says. Its later events add who agreed, and what else was found to rest on the same rows."""
    first, *later = chain
    why, under = ([code for code in first.codes if code.startswith(_UNDER) is is_one] for is_one in (False, True))
    stop = Stop(
        id=first.subject.partition(":")[2],
        word=ORDERED[first.step],
        at=datetime.fromisoformat(first.at),
        party="" if first.tenant == EXCHANGE else first.tenant,
        agreement="".join(under).removeprefix(_UNDER),
        drops=_named(first, DROP),
        works=_named(first, WORK),
        keys=_named(first, KEY),
        day=day_of(first.counts["day"]) if "day" in first.counts else date.min,
        why="".join(why),
        needed=first.counts.get("needed", 1),
        said=_named(first, BY),
        since=datetime.fromtimestamp(first.counts["since"], UTC) if "since" in first.counts else None,
    )
    for event in later:
        if event.step == CONSENTED:
            stop = replace(stop, said=stop.said | _named(event, BY))
        if event.step == ENDED:
            stop = replace(stop, ended_by=stop.ended_by | _named(event, BY))
    return stop


def codes_of(why: str, agreement: str) -> tuple[str, ...]:
    """The codes of an order: the reason of a hold, and under which agreement it is, if under one alone."""
    return tuple(filter(None, (why, f"{_UNDER}{agreement}" if agreement else "")))


def number_of(day: date) -> int:
    """A day as an event can count it: 20270131."""
    return day.year * 10_000 + day.month * 100 + day.day


def day_of(number: int) -> date:
    """The day that `number_of` made a number of."""
    return date(number // 10_000, number // 100 % 100, number % 100)


def key_mark(key_id: str) -> str:
    """How events name a key: a digest of its id, which anybody who knows the id can compute."""
    return derived_id("key", key_id)


def _named(event: Event, word: str) -> frozenset[str]:
    return frozenset(value for name, value in event.hashes.items() if name.partition(".")[0] == word)
