"""What the commands on incidents look up: what was typed as a scope, what that reaches, which incident is meant."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from operate import site
from shared.kernel.json_once import loads_once

if TYPE_CHECKING:
    from shared.kernel.audit.reach import Reach
    from shared.kernel.audit.report import Access
    from shared.kernel.ledger.chain import Ledger
    from shared.kernel.rights.incidents import Incident, Scope
    from shared.kernel.storage.storage import Storage
    from shared.kernel.terms.agreements import Agreements


def scope_of(
    agreements: Agreements,
    times: tuple[datetime | None, datetime | None],
    key: str | None,
    party: str | None,
    container: str | None,
) -> Scope:
    """The scope that somebody typed.

    Raises `InvalidInput` INC-001 (nothing narrows it), INP-023, INP-044, INP-049.
    """
    from client.codes import invalid
    from shared.kernel.audit.reach import CONTAINERS
    from shared.kernel.intake.stops import key_mark
    from shared.kernel.rights.incidents import Scope

    begins, ends = (utc(at) for at in times)
    slug, dash, box = (container or "").rpartition("-")
    if dash and party in (None, slug):
        party, container = slug, box
    if container and container not in CONTAINERS:
        raise invalid("INP-049", what="kind of container", name=container, known=", ".join(CONTAINERS))
    if party is not None and party not in agreements.known:
        raise invalid("INP-023", name=party, known=", ".join(agreements.parties))
    if begins and ends and ends <= begins:
        raise invalid("INP-044")
    if not (begins or ends or key or party or container):
        raise invalid("INC-001")
    return Scope(begins, ends, key_mark(key) if key else "", party or "", container or "")


def reach_of(storage: Storage, agreements: Agreements, scope: Scope) -> Reach:
    """What lies in the reach of a scope, by the ledger and the certificates as they are now."""
    from shared.kernel.audit.reach import reach

    ledger = ledger_of(storage)
    chains = (ledger.events(subject) for subject in ledger.subjects() if _is_work(subject, agreements))
    return reach(chains, _certificates(storage, agreements), agreements, scope)


def _is_work(subject: str, agreements: Agreements) -> bool:
    kinds = {"drop", *(kind for agreed in agreements for kind in agreed.pipeline.kinds)}
    return subject.partition(":")[0] in kinds


def _certificates(storage: Storage, agreements: Agreements) -> Iterator[dict[str, Any]]:
    """The bodies of all certificates. That they hold is the audit's to say (AUD-014)."""
    from shared.kernel.envelope.manifest import EXCHANGE

    for owner in (*agreements.known, EXCHANGE):
        area = storage.certificates(owner)
        for blob in area.list():
            yield loads_once(area.read(blob.name).data)["payload"]["body"]


def readers_of(
    record: Path, agreements: Agreements, incident: Incident, reached: Reach, now: datetime
) -> tuple[Access, ...]:
    """Who read any of it, by the logs of a record."""
    from client import auditing
    from shared.kernel.audit.reach import who_read

    first, last = incident.scope.begins or incident.noticed, incident.scope.ends or now
    days = (first.replace(hour=0, minute=0), last.replace(hour=0, minute=0))
    report = auditing.audit_record(record, agreements, days, None, auditing.dating(None, None))
    return who_read(report.access, incident.scope, reached.parties)


def incident_of(ledger: Ledger, id: str) -> Incident:
    """The incident whose id begins so; without any the one that alone is open. Raises `InvalidInput` INP-049."""
    from client.codes import invalid
    from shared.kernel.rights.incidents import incidents_in

    every = incidents_in(ledger)
    found = [one for one in every if (one.id.startswith(id) if id else not one.outcome)]
    if len(found) != 1:
        known = ", ".join(one.id for one in every) or "(there is none)"
        raise invalid("INP-049", what="one incident", name=id or "that alone is open", known=known)
    return found[0]


def ledger_of(storage: Storage) -> Ledger:
    """The exchange's ledger, written by the operators' clock."""
    from shared.kernel.ledger.chain import Ledger

    return Ledger(storage.ledger(), clock=site.now)


def utc(at: datetime | None) -> datetime | None:
    """What was typed is in UTC."""
    return at.replace(tzinfo=UTC) if at else None
