"""What an incident reaches: which drops, releases and rows, whose, and what of it was destroyed since.

By the ledger and the certificates alone, so counts and ids. What lay there at the time counts, not only what came in
it: a stranger who looks into an outbox on Friday sees Monday's results, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from shared.kernel.audit.jobs import id_of, rights_of
from shared.kernel.audit.report import Access
from shared.kernel.intake.stops import SEALED_TO, SIGNED_WITH
from shared.kernel.rights.incidents import Scope

if TYPE_CHECKING:
    from shared.kernel.ledger.events import Event
    from shared.kernel.terms.agreements import Agreements

_OF_DROPS, _OF_JOBS = ("inbox", "staging"), ("pending", "outbox")
CONTAINERS = (*_OF_DROPS, *_OF_JOBS)
"""Kinds of container in which rows lie."""
_READS = frozenset({"GetBlob", "CopyBlobSource", "ListBlobs"})
_EVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Reached:
    """One drop, or one release of a job."""

    subject: str
    """``drop:<id>``, ``run:<id>``: as `exchange ledger show` and `exchange hold add` take it."""
    what: str
    """The dataset, or the release."""
    agreement: str
    party: str
    """Who sent it, or whose outbox it went to."""
    parties: tuple[str, ...]
    """All whose rows, or work, it is."""
    rows: int
    """Of a release those that the job had for this party in all its releases: the ledger does not tell them apart."""
    at: str
    destroyed: tuple[str, ...]
    """Of its objects those that certificates name: kind and time."""
    gone_by: str
    """By when all of it is gone, by the agreement's promise."""


@dataclass(frozen=True)
class Reach:
    """Everything."""

    drops: tuple[Reached, ...]
    releases: tuple[Reached, ...]

    @property
    def parties(self) -> tuple[str, ...]:
        """All whose rows, or work, it reached."""
        return tuple(sorted({party for one in (*self.drops, *self.releases) for party in one.parties}))

    @property
    def counts(self) -> dict[str, int]:
        """As the record of an incident has them. Rows that were dropped and rows that were released are counted apart:
        they are the same children."""
        return {
            "drops": len(self.drops),
            "rows": sum(one.rows for one in self.drops),
            "releases": len(self.releases),
            "rows.released": sum({(one.subject, one.party): one.rows for one in self.releases}.values()),
            "parties": len(self.parties),
        }


def reach(
    chains: Iterable[Sequence[Event]], certificates: Iterable[Mapping[str, Any]], agreements: Agreements, scope: Scope
) -> Reach:
    """What of these chains is in the scope. `certificates` are the bodies of certificates that were verified."""
    gone = _gone(certificates)
    drops: list[Reached] = []
    releases: list[Reached] = []
    for chain in chains:
        if chain and chain[0].subject.startswith("drop:"):
            drops += _of_drop(chain, gone, agreements, scope)
        elif chain:
            releases += _of_job(chain, gone, agreements, scope)

    def order(one: Reached) -> tuple[str, str, str]:
        return one.at, one.subject, one.what

    return Reach(tuple(sorted(drops, key=order)), tuple(sorted(releases, key=order)))


Gone = Mapping[str, Sequence[tuple[str, str]]]
"""By the drop or job: kind of container and time of each object that was destroyed."""


def _gone(certificates: Iterable[Mapping[str, Any]]) -> Gone:
    gone: dict[str, list[tuple[str, str]]] = {}
    for body in certificates:
        for entry in body.get("destroyed", ()):
            gone.setdefault(str(entry["work"]), []).append((str(entry["kind"]), str(entry["destroyed"])))
    return gone


def _of_drop(chain: Sequence[Event], gone: Gone, agreements: Agreements, scope: Scope) -> Iterable[Reached]:
    first = chain[0]
    if scope.container and scope.container not in _OF_DROPS:
        return
    if scope.key and scope.key not in {event.hashes.get(SIGNED_WITH) for event in chain}:
        return
    if scope.party and scope.party != first.tenant:
        return
    received = next((event for event in chain if event.step == "received"), None)
    what = received.codes[0] if received and received.codes else "refused"
    rows = received.counts.get("rows", 0) if received else 0
    one = _reached(first, what, first.tenant, (first.tenant,), rows, gone, agreements)
    if _lay(one, gone, _kinds(scope, _OF_DROPS), scope):
        yield one


def _of_job(chain: Sequence[Event], gone: Gone, agreements: Agreements, scope: Scope) -> Iterable[Reached]:
    released = next((event for event in chain if event.step == "released"), None)
    if released is None or (scope.container and scope.container not in _OF_JOBS):
        return
    rights = rights_of(agreements, released.agreement, released.subject.partition(":")[0])
    if rights is None:
        return
    for name in released.hashes:
        if name.startswith(SEALED_TO) or name == SIGNED_WITH:
            continue
        # A job's hashes stand under the release or, of one that went elsewhere, under who got it.
        to = released.tenant if name in rights.sends else name
        if to not in agreements.known:
            continue
        if scope.key and scope.key != released.hashes.get(f"{SEALED_TO}{name}"):
            continue
        if not _is_of(scope, to, released.tenant):
            continue
        own = name in rights.sends
        rows = sum(n for end, n in released.counts.items() if own or end.endswith(f".{to}"))
        # A job counts its rows by the party that the other side of them came from: it is reached, too.
        others = {end.rpartition(".")[2] for end in released.counts if own} & set(agreements.known)
        parties = tuple(sorted({to, released.tenant, *others}))
        one = _reached(released, name, to, parties, rows, gone, agreements)
        if _lay(one, gone, _kinds(scope, _OF_JOBS), scope):
            yield one


def _is_of(scope: Scope, to: str, owner: str) -> bool:
    """Whether it is the party's that is asked about: of its outbox what lies in it, otherwise its own work, too."""
    return scope.party in ("", to) or (scope.party == owner and scope.container != "outbox")


def _kinds(scope: Scope, kinds: tuple[str, ...]) -> tuple[str, ...]:
    return (scope.container,) if scope.container else kinds


def _reached(
    event: Event,
    what: str,
    party: str,
    parties: tuple[str, ...],
    rows: int,
    gone: Gone,
    agreements: Agreements,
) -> Reached:
    promise = agreements.retention_of(id_of(event.agreement)).promise_days
    return Reached(
        subject=event.subject,
        what=what,
        agreement=event.agreement,
        party=party,
        parties=parties,
        rows=rows,
        at=event.at,
        destroyed=tuple(f"{kind} {at}" for kind, at in sorted(gone.get(event.subject.partition(":")[2], ()))),
        gone_by=(datetime.fromisoformat(event.at) + timedelta(days=promise)).date().isoformat(),
    )


def _lay(one: Reached, gone: Gone, kinds: tuple[str, ...], scope: Scope) -> bool:
    """Whether it lay there in the time: it had come before the time was over, and was not destroyed before it began.

    Where no certificate says when it went, it is taken to have been there until its promised day.
    """
    came = datetime.fromisoformat(one.at)
    times = [at for kind, at in gone.get(one.subject.partition(":")[2], ()) if kind in kinds]
    promised = datetime.fromisoformat(f"{one.gone_by}T23:59:59+00:00")
    went = max(map(datetime.fromisoformat, times)) if times else promised
    return came < (scope.ends or _EVER) and (scope.begins is None or went >= scope.begins)


def who_read(access: Iterable[Access], scope: Scope, parties: Iterable[str]) -> tuple[Access, ...]:
    """By the storage logs: who read, or listed, what the incident is about, in the days that were audited. Those who
    were turned away are among them: an attempt belongs to the report."""
    kinds = _kinds(scope, CONTAINERS)
    whose = {scope.party} if scope.party else set(parties)
    return tuple(
        part
        for part in access
        if part.container in kinds and part.of in whose and part.operation in _READS and part.outcome != "failed"
    )
