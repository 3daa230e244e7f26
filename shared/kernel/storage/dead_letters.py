"""Dead letters: events that Event Grid could not deliver for a day, as an operator sees them, and what to give again.

Event Grid writes a file of events in its own schema, each with why it gave up. They name blobs, and a borough may have
put a child's name into one: whoever shows an event shows its feed, reason and times.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from shared.kernel import names
from shared.kernel.errors import Changed, Missing, Unreadable, UnusableName
from shared.kernel.json_once import loads_once
from shared.kernel.storage.grid import CREATED, NamedBlob, named_blob

if TYPE_CHECKING:
    from shared.kernel.storage.areas import Area, BlobFacts

POLICY_RUNS = "policy-runs"
_LARGEST = 4 * 2**20
_POLICY_RUN = "Microsoft.Storage.LifecyclePolicyCompleted"
_CONTAINER = re.compile(rf"({names.SLUG})-inbox|requests")
_SENT = ("id", "topic", "subject", "eventType", "eventTime", "data", "dataVersion", "metadataVersion")
"""What an event has when it is delivered; the rest is of the dead letter."""
_CODE = re.compile(r"[A-Za-z]{1,60}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")


@dataclass(frozen=True)
class Undelivered:
    """One event. All but `named` and `event` may be shown."""

    feed: str
    """Its subscription and queue: ``drop-<slug>``, ``request`` or ``policy-runs``; empty if it is none of ours."""
    borough: str
    reason: str
    """Why Event Grid gave up, in its own code; empty where it says none."""
    attempts: int
    published: str
    """When the event happened, UTC; empty where that cannot be read."""
    named: NamedBlob | None = field(repr=False)
    """The blob that it is about; `None` where it names none."""
    event: dict[str, Any] = field(repr=False)

    @property
    def function(self) -> str:
        """The function that takes events of this feed, where they are pushed."""
        return self.feed.replace("-", "_")

    @property
    def text(self) -> str:
        """The event as Event Grid would have delivered it."""
        return json.dumps({key: self.event[key] for key in _SENT if key in self.event})


@dataclass(frozen=True)
class DeadLetter:
    """One file of them. An empty `events`: it cannot be read."""

    blob: BlobFacts
    events: tuple[Undelivered, ...]


def dead_letters(letters: Area) -> Iterator[DeadLetter]:
    """Every dead letter that there is, the oldest name first; a file that goes meanwhile is passed over."""
    for blob in letters.list():
        if blob.size > _LARGEST:
            yield DeadLetter(blob, ())
            continue
        try:
            yield DeadLetter(blob, _read(letters.read(blob.name, if_match=blob.etag).data))
        except Missing:
            continue
        except (Changed, Unreadable, UnusableName):
            yield DeadLetter(blob, ())


def _read(document: bytes) -> tuple[Undelivered, ...]:
    try:
        events = loads_once(document)
        return tuple(_event(event) for event in (events if isinstance(events, list) else [events]))
    except (ValueError, TypeError, AttributeError, RecursionError):
        return ()


def _event(event: dict[str, Any]) -> Undelivered:
    kind, named = event.get("eventType"), named_blob(event)
    found = _CONTAINER.fullmatch(named.container) if named else None
    borough = (found[1] or "") if found else ""
    feed = POLICY_RUNS if kind == _POLICY_RUN else ""
    if kind == CREATED and found:
        feed = f"drop-{borough}" if borough else "request"
    attempts, reason = event.get("deliveryAttempts"), str(event.get("deadLetterReason"))
    at = _TIME.match(str(event.get("eventTime")))
    return Undelivered(
        feed,
        borough,
        reason if _CODE.fullmatch(reason) and event.get("deadLetterReason") else "",
        attempts if isinstance(attempts, int) else 0,
        f"{at[0]}Z" if at else "",
        named,
        event,
    )
