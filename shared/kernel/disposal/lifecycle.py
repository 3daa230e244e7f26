"""The account's lifecycle policy, the sweep's backstop, held against what the agreements say. Pure.

A rule reaches whatever begins with one of its prefixes. It must come after every sweep of what lies there and before
the promise of any of it: so agreements of other days want rules of their own, for each agreement's folders.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from shared.kernel.disposal.objects import HELD
from shared.kernel.terms.agreements import NONE, Agreements
from shared.kernel.terms.retention import LASTING

if TYPE_CHECKING:
    from shared.kernel.storage.management import LifecycleRule
    from shared.kernel.terms.retention import Container, Lasting, Line, Retention

LATE_DAYS = 3
"""By how much the lifecycle policy may be late: a day until it starts, and days that a run can take."""
RECORDS = ("ledger", "certificates", "reference")
SHARED: tuple[Container | Lasting, ...] = ("staging", "requests", "claims", *LASTING, "deadletter")
BOXES: tuple[Container, ...] = ("inbox", "outbox")
_IN_PARTS = ("staging", "requests", "claims", *LASTING)


def uncovered(
    rules: Iterable[LifecycleRule], there: frozenset[str], owners: Iterable[str], agreements: Agreements
) -> tuple[str, ...]:
    """The containers that no enabled rule covers, or that some cover for a part of the owners and agreements only.

    `there` are the containers that exist: who only collects has no inbox.
    """
    prefixes = tuple(prefix for rule in rules if rule.enabled for prefix in rule.prefixes)
    places = _places(there, tuple(owners), agreements)
    return tuple(place for place, parts in places if not _covers(prefixes, place, parts))


def is_wrong(rule: LifecycleRule, agreements: Agreements) -> bool:
    """Whether a rule has days that are too few or too many for anything that it reaches, or reaches what it may not."""
    days = (rule.blob_days, rule.snapshot_days, rule.version_days)
    return (
        not rule.prefixes
        or any(not prefix.endswith("/") for prefix in rule.prefixes)
        or any(f"{kept}/".startswith(prefix) for kept in (*RECORDS, HELD) for prefix in rule.prefixes)
        or any(
            count is None or not _earliest(prefix, agreements) <= count <= _latest(prefix, agreements)
            for prefix in rule.prefixes
            for count in days
        )
    )


def _places(
    there: frozenset[str], owners: tuple[str, ...], agreements: Agreements
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every container of personal data, and the folders that it has where those of all agreements are known."""
    folders = (*(agreed.terms.id for agreed in agreements), NONE)
    for owner in owners:
        if f"{owner}-inbox" in there:
            yield f"{owner}-inbox/", ()
        if f"{owner}-outbox" in there:
            yield f"{owner}-outbox/", tuple(f"{owner}-outbox/{folder}/" for folder in folders)
    kinds = {kind for agreed in agreements for kind in agreed.terms.retention.kinds}
    for container in (kind for kind in SHARED if kind in kinds):
        in_parts = container in _IN_PARTS
        yield f"{container}/", tuple(f"{container}/{owner}/{f}/" for owner in owners for f in folders if in_parts)


def _covers(prefixes: tuple[str, ...], place: str, parts: tuple[str, ...]) -> bool:
    return place.startswith(prefixes) or (bool(parts) and all(part.startswith(prefixes) for part in parts))


def _earliest(prefix: str, agreements: Agreements) -> int:
    """The day on which the last sweep of anything under the prefix has come."""
    return max((line.sweep for line in _lines(prefix, agreements)), default=0)


def _latest(prefix: str, agreements: Agreements) -> int:
    """The last day from which a run, however late, ends before the first promise about anything under the prefix."""
    return min((line.promise for line in _lines(prefix, agreements)), default=LATE_DAYS) - LATE_DAYS


def _lines(prefix: str, agreements: Agreements) -> tuple[Line, ...]:
    """The days of everything that can lie under the prefix."""
    kind, retentions = _reached(prefix, agreements)
    return tuple(each.line(of) for each in retentions for of in each.kinds if kind in ("", of))


def _reached(prefix: str, agreements: Agreements) -> tuple[str, tuple[Retention, ...]]:
    """The kind of container that begins so, empty for any; and the days of whatever can lie there."""
    container, *folders = prefix.rstrip("/").split("/")
    kind = container if container in SHARED else container.rpartition("-")[2]
    agreement = folders[kind in _IN_PARTS :][:1]
    if agreement and kind in (*_IN_PARTS, "outbox"):
        return kind, (agreements.retention_of(agreement[0]),)
    return kind if kind in (*SHARED, *BOXES) else "", tuple(agreed.terms.retention for agreed in agreements)
