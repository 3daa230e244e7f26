"""Under which versions of each agreement a period's work was done."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shared.kernel.ledger.events import Event
    from shared.kernel.terms.agreements import Agreements


@dataclass(frozen=True)
class Version:
    """One version of an agreement of which the ledger has events in the period, or that there is now."""

    reference: str
    """`id@version`."""
    first: str
    """Days of the first and the last event under it, empty where there is none in the period."""
    last: str
    file: str
    """Its copy in the folder; empty where nobody has kept one."""


def versions_of(
    events: Iterable[Event], agreements: Agreements, earlier: Mapping[str, Path]
) -> tuple[tuple[Version, ...], dict[str, bytes]]:
    """Every version, by reference, and the copies of the earlier ones, by their place in the folder."""
    days: dict[str, list[str]] = {agreed.terms.reference: [] for agreed in agreements}
    ids = {agreed.terms.id for agreed in agreements}
    for event in events:
        if event.agreement.partition("@")[0] in ids:
            days.setdefault(event.agreement, []).append(event.at[:10])
    now = {agreed.terms.reference: f"agreements/{agreed.terms.id}.yaml" for agreed in agreements}
    copies = {f"agreements/{name}.yaml": path.read_bytes() for name, path in earlier.items() if name in days}
    found = tuple(
        Version(
            reference,
            min(seen, default=""),
            max(seen, default=""),
            now.get(reference) or (f"agreements/{reference}.yaml" if reference in earlier else ""),
        )
        for reference, seen in sorted(days.items())
    )
    return found, copies
