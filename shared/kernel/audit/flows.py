"""What went where, in files: from each party to the exchange, and back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.kernel.audit.jobs import rights_of
from shared.kernel.audit.report import Access
from shared.kernel.intake.stops import SEALED_TO
from shared.kernel.objected import OBJECTED
from shared.kernel.terms.pipeline import EXCLUDED

if TYPE_CHECKING:
    from shared.kernel.ledger.events import Event
    from shared.kernel.terms.agreements import Agreements

_READS = ("GetBlob",)
_LEFT_OUT = f"{EXCLUDED}{OBJECTED}"


@dataclass(frozen=True)
class Flow:
    """Files of one party. Files, not children: a number of files may be shown however small it is."""

    party: str
    dropped: int
    """Drops that the exchange answered, refused ones included; the same bytes again are one drop."""
    refused: int
    """Of those, refused whole."""
    released: int
    """Sealed files that were put into its outbox, of whatever agreement."""
    collected: int
    """Reads of its outbox by the party's own people, by the storage logs; one file may be read several times."""
    lists: int = 0
    """Lists of objections of it that were taken."""
    objected: int = 0
    """The most rows that were left out of one of its files because their people have objected: a number of people, so
    that a small one is not shown. Not of all files together: the same people are left out of each."""


@dataclass(frozen=True)
class LastSweep:
    """What a party still had after the last sweep of the period."""

    party: str
    """A slug, or `exchange`."""
    at: str
    held: int
    """Objects, of every kind that the sweep looks after."""


def count_flows(
    events: Iterable[Event], access: Iterable[Access], parties: Sequence[str], agreements: Agreements
) -> tuple[Flow, ...]:
    """The flows of `parties`, in their order, by the ledger's events of the period and the access of its logs."""
    dropped: dict[str, set[str]] = {}
    refused: dict[str, set[str]] = {}
    released: Counter[str] = Counter()
    lists: Counter[str] = Counter()
    objected: dict[str, int] = {}
    for event in events:
        kind = event.subject.partition(":")[0]
        if kind == "drop" and event.step in ("received", "refused"):
            dropped.setdefault(event.tenant, set()).add(event.subject)
            if event.step == "refused":
                refused.setdefault(event.tenant, set()).add(event.subject)
        elif kind == "drop" and _LEFT_OUT in event.counts:
            objected[event.tenant] = max(objected.get(event.tenant, 0), event.counts[_LEFT_OUT])
        elif kind == OBJECTED and event.step == "done":
            lists[event.tenant] += 1
        elif event.step == "released" and (rights := rights_of(agreements, event.agreement, kind)):
            # A job's hashes stand under the release or, of one that went elsewhere, under who got it.
            files = [name for name in event.hashes if not name.startswith(SEALED_TO)]
            released.update(event.tenant if name in rights.sends else name for name in files)
    collected: Counter[str] = Counter()
    for part in access:
        if part.borough and part.borough == part.of and part.container == "outbox":
            collected[part.of] += part.operations if part.operation in _READS and part.outcome == "done" else 0
    return tuple(
        Flow(
            slug,
            len(dropped.get(slug, ())),
            len(refused.get(slug, ())),
            released[slug],
            collected[slug],
            lists[slug],
            objected.get(slug, 0),
        )
        for slug in parties
    )


def last_sweeps(events: Iterable[Event]) -> tuple[LastSweep, ...]:
    """The last finished sweep of everybody who had one, by name."""
    done = sorted(
        (event for event in events if event.subject.startswith("sweep:") and event.step == "done"),
        key=lambda event: (event.at, event.subject),
    )
    newest = {event.tenant: LastSweep(event.tenant, event.at, event.counts.get("held", 0)) for event in done}
    return tuple(newest[tenant] for tenant in sorted(newest))
