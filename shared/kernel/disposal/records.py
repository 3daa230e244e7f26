"""The end of records: ledger and certificates hold no personal data, and still do not last for ever.

A chain of the ledger ends whole, once its last event has had its days: a chain of which a part is missing proves
nothing and looks like tampering. It is deleted from its end, so that what is left of it at any moment still holds. A
certificate ends once it has had its own days and the chain whose head it states is gone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from shared.kernel.disposal.clock import check_clock
from shared.kernel.envelope.canonical import canonical
from shared.kernel.envelope.manifest import EXCHANGE
from shared.kernel.errors import Missing
from shared.kernel.intake.identity import derived_id

if TYPE_CHECKING:
    from shared.kernel.exchange import Exchange
    from shared.kernel.storage.areas import Area
    from shared.kernel.storage.storage import Storage

SERVICE = "records"


def end_records(exchange: Exchange, archive: Storage) -> None:
    """Delete what has had its days, and record it: what is due before the first deletion, and that it is done.

    `archive` is the same account, reached with an identity that may delete records: the app's own may not. Once a day;
    raises a `StorageFault` when it could not be finished, and the next call goes on; raises `ClockImplausible`
    (CLK-001) when the clock and a second one do not agree: years ahead, it would end everything.
    """
    now, terms = exchange.clock(), exchange.agreements.records
    subject = f"records:{derived_id('records', now.date().isoformat())}"
    if exchange.ledger.recorded(subject, "done"):
        return
    exchange, archive = exchange.working_on(subject), archive.with_request_id(subject)
    check_clock(exchange, EXCHANGE)
    ledger = exchange.ledger.over(archive.ledger())
    written = dict(ledger.written())
    chains = sorted(name for name, last in written.items() if _past(last, now, terms.ledger_days))
    lasting = set(written) - set(chains)
    certificates = [
        (area, name)
        for area, name, created in _certificates(exchange, archive)
        if _past(created, now, terms.certificate_days) and chain_of(name) not in lasting
    ]
    if chains or certificates:
        names = [*chains, *(name for _, name in certificates)]
        exchange.ledger.record(
            subject,
            "due",
            service=SERVICE,
            tenant="exchange",
            counts={"chains": len(chains), "certificates": len(certificates)},
            hashes={"listing": hashlib.sha256(canonical(names)).hexdigest()},
        )
    for chain in chains:
        ledger.end(chain)
    for area, name in certificates:
        _delete(area, name)
    exchange.ledger.record(
        subject,
        "done",
        service=SERVICE,
        tenant="exchange",
        counts={"chains_left": len(lasting), "chains_ended": len(chains), "certificates_ended": len(certificates)},
    )


def chain_of(certificate: str) -> str:
    """The subject of the sweep whose chain a certificate states the head of, from its name `<day>-<sweep id>.json`."""
    return f"sweep:{certificate.removesuffix('.json').rpartition('-')[2]}"


def _certificates(exchange: Exchange, archive: Storage) -> Iterator[tuple[Area, str, datetime | None]]:
    for part in sorted(exchange.storage.parts()["certificates"]):
        if part.endswith("/"):
            area = archive.certificates(part.rstrip("/"))
            for blob in area.list():
                yield area, blob.name, blob.created


def _past(written: datetime | None, now: datetime, days: int) -> bool:
    return written is not None and written <= now - timedelta(days=days)


def _delete(area: Area, name: str) -> None:
    try:
        area.delete(name)
    except Missing:
        return  # another worker was quicker
