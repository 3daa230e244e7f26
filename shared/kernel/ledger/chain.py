"""The ledger's chains: one per subject, one event per step, each event bearing the hash of the one before it.

An event is a create-only blob ``<kind>/<id>/<seq>.json``. The name holds the place in the chain and nothing else, so
two workers who would take the same place meet, one yields, and the chain cannot fork. Each blob's metadata repeats its
step, hash and time: an index, so that recording takes one listing and one write, and a period is read without opening
what lies outside of it. What counts is in the blob.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any

from shared.kernel.errors import AlreadyExists, ConservationBroken, LedgerBroken, Missing, StorageUnavailable
from shared.kernel.ledger.conservation import Tally, check_conservation
from shared.kernel.ledger.events import OF_NONE, REPEATED, START, Event, check_subject

if TYPE_CHECKING:
    from shared.kernel.storage.areas import Area, BlobFacts

_TRIES = 20
"""Each lost race means that somebody else recorded another step of the same subject; there are fewer steps."""

_DAY = timedelta(days=1)
_MOST_ENDS = 1000


@dataclass(frozen=True)
class _End:
    """Where a chain ended when this process last saw it. What is written there on the word of it is written on
    condition that nothing is there, so that an end which is out of date is found out."""

    length: int
    before: tuple[str, str]
    """The hash and the time of its last event."""
    steps: frozenset[str]


SET_BACK = "CLK-002"
"""Stands among the codes of an event whose clock was behind the event before it by more than `_APART`: its time is
then that of the event before."""
_APART = timedelta(minutes=1)
"""So far two machines' clocks may be apart without a word."""


def utc_now() -> datetime:
    """The time, where nobody says otherwise."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Head:
    """Where one chain ends: the hash of its last event vouches for all of it."""

    subject: str
    seq: int
    hash: str
    at: str
    """When the last event was recorded; UTC, whole seconds."""
    written: datetime | None
    """The same by the clock of the service; `None` where it does not say."""


class Ledger:
    """All chains in one area, timed by `clock` (aware times); what is recorded bears `agreement` (``fsm@1.0.0``)."""

    def __init__(self, area: Area, *, agreement: str = OF_NONE, clock: Callable[[], datetime] = utc_now) -> None:
        self._area = area
        self._agreement = agreement
        self._clock = clock
        self._marks: dict[str, dict[str, str]] = {}
        self._ends: dict[str, _End] = {}

    def under(self, agreement: str) -> Ledger:
        """The same chains; what is recorded from here on bears this agreement."""
        other = copy(self)
        other._agreement = agreement
        return other

    def marking(self, subject: str, hashes: Mapping[str, str]) -> Ledger:
        """The same chains; every event of this subject that is recorded from here on bears these hashes, too."""
        other = copy(self)
        other._marks = {**self._marks, subject: dict(hashes)}
        return other

    def record(
        self,
        subject: str,
        step: str,
        *,
        service: str,
        tenant: str,
        counts: Mapping[str, int] | None = None,
        hashes: Mapping[str, str] | None = None,
        codes: Sequence[str] = (),
    ) -> Event:
        """Append the step to the subject's chain, or return the event that already records it. A chain to which this
        process has recorded before is not listed again, unless it has grown since.

        A step of `REPEATED` is appended each time or, where it has hashes, once for each set of them. Raises
        `LedgerRefused` (LED-003) when a field could hold personal data.
        """
        for _ in range(_TRIES):
            end = self._ends.pop(subject, None)
            if end is None or step in end.steps:
                chain = self._stored(subject)
                if (event := self._recorded(chain, step, hashes)) is not None:
                    return event
                end = self._end_of(chain)
            event = self._next(
                subject,
                step,
                end.length,
                end.before,
                service=service,
                tenant=tenant,
                counts=dict(counts or {}),
                hashes=dict(hashes or {}),
                codes=tuple(codes),
            )
            try:
                self._append(event)
            except AlreadyExists:
                continue
            if len(self._ends) >= _MOST_ENDS:
                self._ends.clear()
            self._ends[subject] = _End(event.seq, (event.hash, event.at), end.steps | {step})
            return event
        raise StorageUnavailable("STO-004", f"The chain of {subject} is too busy to be written to.", "Try again.")

    def _recorded(self, chain: Iterable[BlobFacts], step: str, hashes: Mapping[str, str] | None) -> Event | None:
        """The event of the chain that records this already."""
        for blob in chain:
            if _index(blob, "step") != step:
                continue
            if step not in REPEATED:
                return self._read(blob)
            if hashes and (event := self._read(blob)).hashes == hashes:
                return event
        return None

    def follow(self, last: Event | None, subject: str, step: str, **facts: Any) -> Event:
        """Append the step after this event, the last of the subject's chain as it was read (`None`: it had none): what
        was decided by it still holds. `facts` are those of `record`, all of them.

        Raises `AlreadyExists` when the chain has grown since.
        """
        before = (last.hash, last.at) if last else _NONE_BEFORE
        event = self._next(subject, step, last.seq if last else 0, before, **facts)
        self._append(event)
        return event

    def recorded(self, subject: str, step: str) -> bool:
        """Whether the subject's chain has the step."""
        return any(_index(blob, "step") == step for blob in self._stored(subject))

    def steps(self, subject: str) -> frozenset[str]:
        """All steps that the subject's chain has."""
        return frozenset(_index(blob, "step") for blob in self._stored(subject))

    def conserve(
        self,
        subject: str,
        *,
        service: str,
        tenant: str,
        rows_in: int,
        ends: Mapping[str, int],
    ) -> Event:
        """Record the step ``conserved`` with the counts of a drop or a job, by the end that each row came to.

        When rows in are not rows out, records ``unbalanced`` with the counts instead and raises `ConservationBroken`
        (LED-002).
        """
        tally = Tally(rows_in, ends)
        try:
            check_conservation(tally)
        except ConservationBroken:
            # A negative count is one of the ways to be unbalanced, and not one that an event can hold.
            counts = {end: count for end, count in tally.counts().items() if count >= 0}
            self.record(subject, "unbalanced", service=service, tenant=tenant, counts=counts, codes=("LED-002",))
            raise
        return self.record(subject, "conserved", service=service, tenant=tenant, counts=tally.counts())

    def subjects(self, kind: str = "") -> Iterator[str]:
        """Every subject, or those of one kind (``drop``), in the order of their names."""
        for subject, _ in self._chains(f"{kind}/" if kind else ""):
            yield subject

    def written(self) -> Iterator[tuple[str, datetime | None]]:
        """Every subject, and when the last event of its chain was written; `None` where the service does not say."""
        for subject, chain in self._chains():
            yield subject, chain[-1].created

    def heads(self) -> Iterator[Head]:
        """Where every chain ends, by one listing: what the events' own blobs say is for a reader to compare."""
        for subject, chain in self._chains():
            last = chain[-1]
            yield Head(subject, len(chain), _index(last, "hash"), self._at(last), last.created)

    def of_period(self, begins: datetime, ends: datetime, kind: str = "") -> Iterator[dict[str, bytes]]:
        """Every chain, or every one of a kind, of which an event falls into the period, whole, as its blobs are: by
        name, in their order.

        No event is opened of a chain that lies outside. What a blob says of its time can be altered, so a chain is
        taken, too, where the service says that it was written within a day of the period.
        """
        for _, chain in self._chains(f"{kind}/" if kind else ""):
            if any(_may_fall(blob, begins, ends) for blob in chain):
                yield {blob.name: self._area.read(blob.name).data for blob in chain}

    def _chains(self, prefix: str = "") -> Iterator[tuple[str, list[BlobFacts]]]:
        """Every subject with the facts of its events."""
        for subject, blobs in groupby(self._area.list(prefix), lambda blob: ":".join(blob.name.split("/")[:2])):
            yield subject, list(blobs)

    def over(self, area: Area) -> Ledger:
        """The same ledger reached through another area, and so with other rights."""
        other = copy(self)
        other._area = area
        return other

    def end(self, subject: str) -> None:
        """Delete a whole chain whose days are over, its last event first: what is left at any moment is a chain that
        holds."""
        self._ends.pop(subject, None)
        for blob in reversed(self._stored(subject)):
            try:
                self._area.delete(blob.name)
            except Missing:
                continue  # another worker was quicker

    def events(self, subject: str) -> tuple[Event, ...]:
        """The subject's chain as it is stored. Raises `LedgerBroken` (LED-001) for an event that was altered."""
        return tuple(self._read(blob) for blob in self._stored(subject))

    def newest_first(self, subject: str) -> Iterator[Event]:
        """The same from its end, each event read when it is come to: who needs the last few reads no more."""
        return map(self._read, reversed(self._stored(subject)))

    def head(self, subject: str) -> Event | None:
        """The last event; `None` where there is none. Its hash vouches for the whole chain: state it in receipts."""
        chain = self._stored(subject)
        return self._read(chain[-1]) if chain else None

    def _stored(self, subject: str) -> list[BlobFacts]:
        """The chain's blobs in order. Raises `LedgerBroken` (LED-001) when one is missing, or is none of ours."""
        folder = _folder(subject)
        chain = list(self._marked(subject).list(folder))
        if [blob.name for blob in chain] != [f"{folder}{place:04d}.json" for place in range(1, len(chain) + 1)]:
            raise LedgerBroken("LED-001", f"The chain of {subject} has a gap.", "Compare with a copy of the ledger.")
        return chain

    def _read(self, blob: BlobFacts) -> Event:
        subject = ":".join(blob.name.split("/")[:2])
        return Event.from_json(self._marked(subject).read(blob.name).data)

    def _marked(self, subject: str) -> Area:
        """The area, with the subject as every request's id: the storage logs repeat it."""
        return replace(self._area, request_id=subject)

    def _at(self, blob: BlobFacts) -> str:
        """When a stored event was recorded. Those of the first months do not say it in their metadata."""
        return blob.metadata.get("at") or self._read(blob).at

    def _end_of(self, chain: Sequence[BlobFacts]) -> _End:
        steps = frozenset(_index(blob, "step") for blob in chain)
        before = (_index(chain[-1], "hash"), self._at(chain[-1])) if chain else _NONE_BEFORE
        return _End(len(chain), before, steps)

    def _next(self, subject: str, step: str, length: int, before: tuple[str, str], **facts: Any) -> Event:
        """The event after the first `length`, of which the last has the hash and the time `before`.

        No event goes back in time: where this clock is behind, the event has the time of the one before it.
        """
        previous, last = before
        now = self._clock().astimezone(UTC)
        at = now.strftime("%Y-%m-%dT%H:%M:%SZ")
        if at < last:
            at = last
            if datetime.fromisoformat(last) - now > _APART:
                facts["codes"] = (*facts.get("codes", ()), SET_BACK)
        if subject in self._marks:
            facts["hashes"] = {**self._marks[subject], **facts["hashes"]}
        return Event(length + 1, subject, step, at, agreement=self._agreement, previous=previous, **facts)

    def _append(self, event: Event) -> None:
        self._marked(event.subject).create(
            f"{_folder(event.subject)}{event.seq:04d}.json",
            event.to_json(),
            {"step": event.step, "hash": event.hash, "at": event.at},
            content_type="application/json",
        )


_NONE_BEFORE = (START, "")


def _folder(subject: str) -> str:
    check_subject(subject)
    return f"{subject.replace(':', '/')}/"


def _index(blob: BlobFacts, key: str) -> str:
    if key not in blob.metadata:
        raise LedgerBroken("LED-001", f"Blob {blob.name} of the ledger is no event.", "Compare with a copy.")
    return blob.metadata[key]


def falls(chain: Iterable[Event], begins: datetime, ends: datetime) -> bool:
    """Whether one of the events falls into the period."""
    return any(begins <= datetime.fromisoformat(event.at) < ends for event in chain)


def _may_fall(blob: BlobFacts, begins: datetime, ends: datetime) -> bool:
    stated = blob.metadata.get("at")
    if stated is None or blob.created is None:
        return True  # written before events said so, or by something that is no exchange: whoever reads it will see
    written = blob.created
    return begins <= datetime.fromisoformat(stated) < ends or (begins <= written + _DAY and written - _DAY < ends)


def verify_chain(events: Sequence[Event], *, vouched: str | None = None) -> None:
    """Raise `LedgerBroken` (LED-001) when an event was altered, removed, reordered or inserted, or goes back in time.

    Events cut off at the end leave a shorter chain that holds. `vouched` is the hash of an event that somebody stated,
    say a signed receipt in its `ledger_head`: a chain that was cut before that event is found out.
    """
    previous, last, format_ = START, "", 1
    steps: set[str] = set()
    hashes: set[str] = set()
    for place, event in enumerate(events, start=1):
        if event.seq != place or event.subject != events[0].subject or event.previous != previous:
            raise LedgerBroken("LED-001", f"The chain breaks at place {place}.", "Compare with a copy of the ledger.")
        if event.step in steps - REPEATED:
            raise LedgerBroken("LED-001", f"A step is there again at place {place}.", "Compare with a copy.")
        if event.format < format_:
            raise LedgerBroken("LED-001", f"An older format follows at place {place}.", "Compare with a copy.")
        if event.format > 1 and event.at < last:
            raise LedgerBroken("LED-001", f"Time goes back at place {place}.", "Compare with a copy of the ledger.")
        steps.add(event.step)
        hashes.add(event.hash)
        previous, last, format_ = event.hash, event.at, event.format
    if vouched is not None and vouched not in hashes:
        raise LedgerBroken("LED-001", "The chain lacks an event that was vouched for.", "Compare with a copy.")
