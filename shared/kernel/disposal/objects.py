"""What the exchange holds: every object in every container that may hold personal data, as certificates may know it.

An object is known by an id, never by its name: in an inbox the party chose the name and may have put a child's into
it. The id covers container, name, ETag and snapshot. Whoever has the storage logs, which hold these, can compute it
again; whoever has only the certificate cannot guess the name from it, because nobody knows the ETag.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from shared.kernel import names
from shared.kernel.envelope.manifest import EXCHANGE, Manifest, from_metadata
from shared.kernel.errors import UntrustedDrop
from shared.kernel.intake.due import MARKS
from shared.kernel.intake.identity import derived_id, drop_id
from shared.kernel.terms.agreements import NONE, Agreements
from shared.kernel.terms.current import FILE

if TYPE_CHECKING:
    from shared.kernel.storage.areas import Area
    from shared.kernel.storage.copies import Copy
    from shared.kernel.storage.poison import PoisonQueue
    from shared.kernel.storage.queues import QueueMessage
    from shared.kernel.storage.storage import Storage

POISON = "poison"
DEAD_LETTERS = "deadletter"
HELD = "held"

Judge = Callable[[str, str, str, "Manifest | None"], str]
"""Why what lies in this kind of container, of this owner, under this name, with this manifest, may not be used: a code;
empty where it may (`stopped`)."""

_AREAS: dict[str, Callable[[Storage, str], Area]] = {
    "inbox": lambda storage, slug: storage.inbox(slug),
    "outbox": lambda storage, slug: storage.outbox(slug),
    "staging": lambda storage, slug: storage.staging(slug),
    "pending": lambda storage, slug: storage.pending(slug),
    "decisions": lambda storage, slug: storage.decisions(slug),
    HELD: lambda storage, slug: storage.held(slug),
    "requests": lambda storage, slug: storage.requests(slug),
    "claims": lambda storage, slug: storage.claims(slug),
    DEAD_LETTERS: lambda storage, _: storage.dead_letters(),
}
_OF_A_BOROUGH = ("inbox", "outbox", "staging", "pending", "decisions", HELD, "requests", "claims")
"""In this order: a claim goes after the work that it is about, so that no event finds the work without its claim."""
_OF_THE_EXCHANGE = (DEAD_LETTERS, "claims")
_IN_FOLDERS = ("outbox", "staging", "pending", "decisions", "requests", "claims")
"""Of a party, with a folder for each agreement."""

OWN = f"{NONE}/disposal-"
"""Claims whose names begin so are the sweep's own notes. It looks after them itself."""

DELIVERED = f"{NONE}/certificates/"
"""Where in an outbox certificates are delivered."""
HEADS = "heads"
"""Where among the exchange's certificates the daily heads are kept."""
HEADS_DELIVERED = f"{NONE}/{HEADS}/"
"""Where in an outbox they are delivered."""

_WORK = re.compile(rf"(?<![0-9a-f]){names.ID}(?![0-9a-f])")


@dataclass(frozen=True)
class HeldObject:
    """One object that is held. Every field may stand in a ledger, a log or a certificate."""

    id: str
    kind: str
    """Of container, as the agreement's `retention` names them."""
    state: str
    """`current`, `snapshot`, `version`, `deleted` (softly), `uncommitted`; `discarded`: the empty blob
    that is left of such blocks where a sweep was killed; `message` in a queue."""
    created: str
    """UTC, whole seconds: ``2026-11-21T09:30:00Z``; empty where the service does not say."""
    bytes: int
    rows: int | None
    """As its manifest says; `None` where it has none."""
    sha256: str
    """As its manifest says; empty where it has none."""
    md5: str
    """As the service computed it; empty where it did not."""
    work: str
    """Id of the drop, run or enrolment that it belongs to in the ledger; empty where there is none."""
    bar: str
    """What would keep it from being destroyed: a lease, a hold, soft deletion; empty if nothing does."""
    delivery: bool = False
    """Whether it is the copy of a certificate, or of daily heads, in an outbox. When that goes no certificate is
    written, or there would be no end of them; the document itself is kept elsewhere."""
    passing: bool = False
    """Whether it comes and goes with the work, as a mark of work that waits, or the word which result is current: it
    holds nothing of anybody, and what became of it is in the ledger alone."""
    agreement: str = ""
    """Id of the agreement whose days it has, `exchange` where it belongs to none; in an inbox, what its manifest says.
    Empty where that is not known."""
    stop: str = ""
    """Why it may not be used any more: a code; empty where it may. Under a hold: that it is kept."""

    def facts(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return asdict(self)

    @property
    def since(self) -> datetime | None:
        """`created` as a time."""
        return datetime.fromisoformat(self.created) if self.created else None


@dataclass(frozen=True)
class Found:
    """An object that is held, and how to destroy it."""

    held: HeldObject
    destroy: Callable[[], None]
    """Raises `Missing` when it is gone, `Held` or `Changed` when it cannot be."""


@dataclass(frozen=True)
class Shelf:
    """All that is held of one owner in one container or queue."""

    kind: str
    container: str
    found: tuple[Found, ...]


def owners(agreements: Agreements, storage: Storage, there: frozenset[str]) -> tuple[str, ...]:
    """Whose objects there are: the parties, those that were parties and have left containers, and the exchange.

    `there` are the containers that exist.
    """
    parts = {part.rstrip("/") for found in storage.parts().values() for part in found if part.endswith("/")}
    former = [
        slug
        for slug in agreements.known
        if slug not in agreements.parties and (slug in parts or there & {f"{slug}-inbox", f"{slug}-outbox"})
    ]
    return (*agreements.parties, *former, EXCHANGE)


@contextmanager
def look(
    storage: Storage, poison: PoisonQueue, owner: str, there: frozenset[str], judge: Judge
) -> Iterator[tuple[Shelf, ...]]:
    """All that the owner has, wherever it is; `there` are the containers that exist.

    A context, because messages of the queue are out of sight of others as long as it is looked at.
    """
    shelves = []
    for kind in _OF_THE_EXCHANGE if owner == EXCHANGE else _OF_A_BOROUGH:
        area = _AREAS[kind](storage, owner)
        if area.container in there:
            copies = (copy for copy in area.copies() if not _own(kind, copy.name))
            shelves.append(
                Shelf(kind, area.container, tuple(_found(kind, area, owner, copy, judge) for copy in copies))
            )
    if owner != EXCHANGE:
        yield tuple(shelves)
        return
    with poison.messages() as messages:
        yield (*shelves, Shelf(POISON, POISON, tuple(_as_found(poison, message) for message in messages)))


def _as_found(poison: PoisonQueue, message: QueueMessage) -> Found:
    return Found(_as_held(message), lambda: poison.remove(message))


def _as_held(message: QueueMessage) -> HeldObject:
    """A message of the poison queue, as an object."""
    return HeldObject(
        id=derived_id("message", message.id),
        kind=POISON,
        state="message",
        created=stamp(message.created),
        bytes=message.size,
        rows=None,
        sha256="",
        md5="",
        work="",
        bar="",
    )


def past(held: HeldObject, now: datetime, days: int) -> bool:
    """Whether the object is past its day.

    Blocks that were never committed are at once: every write of the exchange and of a party is one request, so
    nobody is about to finish them. So is what is left of them where a sweep was killed. Anything else without a date is
    left for the watchdog to name.
    """
    if held.state == "discarded":
        return True
    if held.since is None:
        return held.state == "uncommitted"
    return held.since <= now - timedelta(days=days)


def stamp(moment: datetime | None) -> str:
    """UTC, whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if moment else ""


def _own(kind: str, name: str) -> bool:
    return kind == "claims" and name.startswith(OWN)


def _found(kind: str, area: Area, owner: str, copy: Copy, judge: Judge) -> Found:
    manifest = _manifest(copy)
    # A version has the ETag that it had as the current blob, and is the same object.
    snapshot = copy.mark if copy.state == "snapshot" else ""
    held = HeldObject(
        id=object_id(area.container, area.prefix + copy.name, copy.etag, snapshot),
        kind=kind,
        state=copy.state,
        created=stamp(copy.created),
        bytes=copy.size,
        rows=manifest.rows if manifest else None,
        sha256=manifest.sha256 if manifest else "",
        md5=copy.md5,
        work=_work(kind, owner, copy, manifest),
        bar=copy.bar,
        delivery=kind == "outbox" and copy.name.startswith((DELIVERED, HEADS_DELIVERED)),
        passing=_passes(kind, copy.name),
        agreement=_agreement(kind, copy, manifest),
        stop=judge(kind, owner, copy.name, manifest),
    )
    return Found(held, lambda: area.destroy(copy))


def object_id(container: str, name: str, etag: str, snapshot: str = "") -> str:
    """The id of one copy of a blob: what certificates call it. `name` is the blob's whole name in the container."""
    return derived_id("object", container, name, etag.strip('"'), snapshot)


def _manifest(copy: Copy) -> Manifest | None:
    try:
        return from_metadata(copy.metadata)[0]
    except UntrustedDrop:
        return None


def _agreement(kind: str, copy: Copy, manifest: Manifest | None) -> str:
    """Of a name that the exchange gave, its first folder; of a drop, what its manifest says."""
    if kind == "inbox":
        return manifest.agreement if manifest else ""
    if kind == HELD:  # behind the hold and the kind of container that it lay in
        return "".join(copy.name.split("/")[2:3])
    first, folder, _ = copy.name.partition("/")
    return first if folder and kind in _IN_FOLDERS else ""


def _passes(kind: str, name: str) -> bool:
    if kind == "outbox":
        return name.endswith(f"/{FILE}")
    return kind == "claims" and name.split("/")[1:2] == [MARKS]


def _work(kind: str, owner: str, copy: Copy, manifest: Manifest | None) -> str:
    """An inbox's names are the party's and are not looked at; elsewhere the exchange gave them."""
    if kind == "inbox":
        return drop_id(owner, manifest.dataset, manifest.sha256, manifest.replaces) if manifest else ""
    if kind == DEAD_LETTERS:
        return ""
    found = _WORK.search(copy.name)
    return found[0] if found else ""
