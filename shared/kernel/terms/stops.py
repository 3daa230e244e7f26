"""What takes rows out of use beside the agreement's own words: an order of the operators, as the ledger has it. Pure.

Three words. `hold`: an inquiry, a court or an incident wants them kept; they lie sealed, and nobody works with them.
`quarantine`: they may be somebody else's; they are destroyed. `leaving`: a party leaves; its rows are destroyed.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Literal

from shared.kernel.terms.gates import LEFT, NOT_IN_FORCE, AgreementCode

if TYPE_CHECKING:
    from shared.kernel.terms.model import Agreement

Word = Literal["hold", "quarantine", "leaving"]

QUARANTINED = AgreementCode(
    "QUA-001",
    "The operators have put these rows into quarantine: it is not certain whose they are.",
    "If they are yours: make a new key, have the operators import it, and extract, seal and drop the file again.",
)
HELD = AgreementCode(
    "HLD-001",
    "The rows are kept under a hold: sealed, and out of use.",
    "Nothing while the hold lasts; you are told of its end. Ask the operators which inquiry it is for.",
)
RELEASED = AgreementCode(
    "HLD-002",
    "The hold under which the rows were kept is over, and they are destroyed.",
    "If they are still needed: extract, seal and drop the file again.",
)
STOP_CODES = (QUARANTINED, HELD, RELEASED)


@dataclass(frozen=True)
class Stop:
    """One order. It concerns the drops and jobs that it names or, where it names none, all rows of a party."""

    id: str
    word: Word
    at: datetime
    """When it was first given."""
    party: str = ""
    """Whose rows it concerns."""
    agreement: str = ""
    """The id of the agreement under which; empty: under each."""
    drops: frozenset[str] = frozenset()
    works: frozenset[str] = frozenset()
    """Jobs whose results rest on these drops."""
    day: date = date.min
    """Of a hold, its last day; of a leaving, the first day (London's) without the party."""
    why: str = ""
    """Of a hold: `inquiry`, `court`, `incident`."""
    needed: int = 1
    """As many people have to say so before a hold keeps anything, or ends early."""
    said: frozenset[str] = frozenset()
    """Who has, as digests."""
    ended_by: frozenset[str] = frozenset()
    """Who has said that a hold ends early, as digests."""
    keys: frozenset[str] = frozenset()
    """Digests of the keys with which drops were signed that a quarantine concerns."""
    since: datetime | None = None
    """A quarantine concerns what came from then on."""

    @property
    def is_agreed(self) -> bool:
        """Whether as many people have said so as must."""
        return len(self.said) >= self.needed

    def is_over(self, on: date) -> bool:
        """Of a hold: whether its last day has gone by, or as many people have ended it as must."""
        return self.word == "hold" and (on > self.day or len(self.ended_by) >= self.needed)

    def keeps(self, on: date) -> bool:
        """Whether it is a hold that keeps rows that day."""
        return self.word == "hold" and self.is_agreed and not self.is_over(on)

    def concerns(self, agreement: str, *parties: str, work: str = "") -> bool:
        """Whether it is about rows of one of these parties, or of this drop or job, under the agreement."""
        if self.agreement not in ("", agreement):
            return False
        if self.drops or self.works:
            return work in self.drops or work in self.works
        return self.names_all and self.party in parties

    @property
    def names_all(self) -> bool:
        """Whether it is about all rows of its party: neither a drop, nor a key, nor a time was named."""
        return not (self.drops or self.works or self.keys or self.since)

    def brings(self, agreement: str, party: str, drop: str, key: str, at: datetime) -> bool:
        """Of a quarantine: whether it concerns a drop that arrived at `at`, signed with the key of this digest."""
        if self.word != "quarantine" or self.party != party or self.agreement not in ("", agreement):
            return False
        if drop in self.drops:
            return True
        named = bool(self.keys or self.since)
        return named and (not self.keys or key in self.keys) and (self.since is None or at >= self.since)

    def code(self, on: date) -> AgreementCode:
        """What is said of the rows that it concerns."""
        if self.word == "leaving":
            return LEFT
        if self.word == "quarantine":
            return QUARANTINED
        return RELEASED if self.is_over(on) else HELD


@dataclass(frozen=True)
class Stops:
    """All orders there are."""

    every: tuple[Stop, ...] = ()

    def left(self, agreement: str, on: date) -> frozenset[str]:
        """The parties that have left the agreement by that day."""
        return frozenset(
            stop.party
            for stop in self.every
            if stop.word == "leaving" and stop.agreement in ("", agreement) and on >= stop.day
        )

    def on(self, agreement: str, *parties: str, work: str, on: date) -> Stop | None:
        """The order that takes these rows out of use: first one that keeps them, last one that waits for somebody
        else's consent to."""
        found = [
            stop for stop in self.every if stop.word != "leaving" and stop.concerns(agreement, *parties, work=work)
        ]

        def rank(stop: Stop) -> tuple[bool, bool, datetime]:
            return not stop.keeps(on), stop.word == "hold" and not stop.is_agreed, stop.at

        return min(found, key=rank, default=None)

    def bringing(self, agreement: str, party: str, drop: str, key: str, at: datetime) -> Stop | None:
        """The quarantine that concerns a drop that arrives."""
        found = (stop for stop in self.every if stop.brings(agreement, party, drop, key, at))
        return next(found, None)


NO_STOPS = Stops()


def why_not(agreement: Agreement, *, party: str, sender: str, dataset: str, on: date) -> AgreementCode | None:
    """Why the terms do not allow rows that `sender` dropped to be worked with for `party` on that day; `None`: they do.

    `dataset` is empty for what is of no drop: what a party's jobs have left. An agreement that has not begun is no
    reason: its rows wait.
    """
    if agreement.in_force.is_over(on):
        return NOT_IN_FORCE
    participants = {*agreement.controllers, *agreement.recipients}
    if party not in participants or sender not in participants:
        return LEFT
    if dataset and (dataset not in agreement.datasets or sender not in agreement.terms_of(dataset).dropped_by):
        return LEFT
    return None


def first_code(reasons: Iterable[AgreementCode | None]) -> str:
    """The code of the first that is one; empty where none is."""
    return next((reason.code for reason in reasons if reason), "")
