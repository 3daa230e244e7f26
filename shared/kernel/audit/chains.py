"""The copy of the ledger: its chains, what breaks in them, and what an operation that names one may rest on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from shared.kernel import names
from shared.kernel.errors import LedgerBroken, NewerVersion
from shared.kernel.ledger.chain import verify_chain
from shared.kernel.ledger.events import Event

FOLDER = "ledger"
_BLOB = re.compile(rf"{names.KIND}/[a-z0-9-]+/\d{{4}}\.json")


@dataclass(frozen=True)
class Chain:
    """One subject's events as far as they can be read."""

    subject: str
    events: tuple[Event, ...]
    broken: str = ""
    """What breaks; empty when the chain holds."""
    at: str = ""
    """The file, relative to the record, at which it breaks."""
    newer: bool = False
    """Whether an event was written by a newer version: whether the chain holds, this one cannot tell."""

    @property
    def kind(self) -> str:
        """``drop``, ``run`` …"""
        return self.subject.partition(":")[0]

    @property
    def tenant(self) -> str:
        """Whose work it is: its first event says."""
        return self.events[0].tenant if self.events else ""

    @property
    def agreement(self) -> str:
        """Id of the agreement under which it is: its first event says; `exchange` where it is of none."""
        return self.events[0].agreement.partition("@")[0] if self.events else ""

    @property
    def span(self) -> tuple[datetime, datetime]:
        """From the first event to the last."""
        return moment(self.events[0]), moment(self.events[-1])

    def step(self, name: str) -> Event | None:
        """The event of that step."""
        return next((event for event in self.events if event.step == name), None)


@dataclass(frozen=True)
class LedgerCopy:
    """All chains of the copy."""

    chains: Mapping[str, Chain]
    names: frozenset[str]
    """Of the blobs, as they are called in the container."""
    strays: tuple[str, ...]
    """Files that are no event of any chain, relative to the record."""

    @property
    def events(self) -> int:
        """How many events can be read."""
        return sum(len(chain.events) for chain in self.chains.values())

    def head_holds(self, subject: str, head: str) -> bool:
        """Whether the chain has the event with this hash."""
        return subject in self.chains and any(event.hash == head for event in self.chains[subject].events)


def read_ledger(record: Path) -> LedgerCopy:
    """Read every event. What cannot be read breaks its chain and raises nothing."""
    folder = record / FOLDER
    files: dict[str, list[Path]] = {}
    strays = []
    names = set()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix()
        if _BLOB.fullmatch(name):
            kind, subject, _ = name.split("/")
            files.setdefault(f"{kind}:{subject}", []).append(path)
            names.add(name)
        else:
            strays.append(f"{FOLDER}/(a file that is no event)")
    chains = {subject: _chain(subject, paths, record) for subject, paths in files.items()}
    return LedgerCopy(chains, frozenset(names), tuple(strays))


def _chain(subject: str, paths: list[Path], record: Path) -> Chain:
    events: list[Event] = []
    broken: tuple[str, str] | None = None
    where = ""
    for place, path in enumerate(paths, 1):
        where = path.relative_to(record).as_posix()
        try:
            event = Event.from_json(path.read_bytes())
        except NewerVersion:
            return Chain(subject, tuple(events), *(broken or ("", where)), newer=True)
        except LedgerBroken:
            broken = broken or ("An event was altered, or is none.", where)
            continue
        if event.subject != subject or path.stem != f"{event.seq:04d}":
            broken = broken or ("An event lies in the place of another.", where)
            continue
        if event.seq != place:
            broken = broken or ("An event is missing before this one.", where)
        events.append(event)
    if broken is None:
        try:
            verify_chain(events)
        except LedgerBroken:
            broken = ("The events do not follow from each other.", where)
    return Chain(subject, tuple(events), *(broken or ()))


def moment(event: Event) -> datetime:
    """When it was recorded."""
    return datetime.fromisoformat(event.at)
