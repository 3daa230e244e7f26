"""The daily heads: where every chain of the ledger ends, signed, and put into every party's hands.

A ledger that is rewritten whole, from the first event on and with its hashes made anew, agrees with itself. It does not
agree with what parties have collected: each day's heads name the end of every chain that grew since the day before, and
count and digest all of them. Each names the one before it, so that none can be left out later.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from shared.kernel.disposal.objects import HEADS, HEADS_DELIVERED, stamp
from shared.kernel.envelope.manifest import EXCHANGE
from shared.kernel.envelope.statement import sign_statement
from shared.kernel.errors import AlreadyExists
from shared.kernel.intake.identity import derived_id
from shared.kernel.json_once import loads_once

if TYPE_CHECKING:
    from shared.kernel.exchange import Exchange
    from shared.kernel.ledger.chain import Head
    from shared.kernel.storage.areas import Area

SERVICE = "heads"
KIND = "heads"
"""Of the statement, and of its chain in the ledger."""
_OVERLAP = timedelta(hours=1)
"""A chain that grew so long before the heads of the day before were taken is named again: two machines wrote it."""


def heads_subject(day: date) -> str:
    """The ledger's subject of one day's heads."""
    return f"{KIND}:{derived_id(KIND, EXCHANGE, day.isoformat())}"


def state_heads(exchange: Exchange) -> int:
    """Sign where every chain ends, keep it, and put it into every party's outbox; return how many chains it names.

    Once a day: a second call delivers what the first one could not.
    """
    now = exchange.clock()
    subject = heads_subject(now.date())
    if exchange.ledger.recorded(subject, "stated"):
        return 0
    exchange = exchange.working_on(subject)
    kept, name = exchange.storage.certificates(EXCHANGE).folder(HEADS), f"{now.date()}-{subject.partition(':')[2]}.json"
    try:
        document = _signed(exchange, kept, name, now)
        kept.create(name, document, content_type="application/json")
    except AlreadyExists:
        document = kept.read(name).data
    there = exchange.storage.containers()
    for party in exchange.agreements.parties:
        outbox = exchange.storage.outbox(party)
        if outbox.container in there:
            _deliver(outbox, HEADS_DELIVERED + name, document)
    body = _body(document)
    exchange.ledger.record(
        subject,
        "stated",
        service=SERVICE,
        tenant=EXCHANGE,
        counts={"chains": body["all"]["chains"], "events": body["all"]["events"], "named": len(body["chains"])},
        hashes={"statement": hashlib.sha256(document).hexdigest()},
    )
    return len(body["chains"])


def _signed(exchange: Exchange, kept: Area, name: str, now: datetime) -> bytes:
    earlier = [blob for blob in kept.list() if blob.name < name]
    previous, since = None, None
    if earlier:
        before = kept.read(earlier[-1].name).data
        previous = {"file": earlier[-1].name, "sha256": hashlib.sha256(before).hexdigest()}
        since = datetime.fromisoformat(_body(before)["taken_at"]) - _OVERLAP
    every = list(exchange.ledger.over(exchange.storage.ledger()).heads())
    body: dict[str, Any] = {
        "day": now.date().isoformat(),
        "taken_at": stamp(now),
        "previous": previous,
        "chains": [
            {"subject": head.subject, "seq": head.seq, "head": head.hash, "at": head.at}
            for head in every
            if since is None or head.written is None or head.written >= since
        ],
        "all": {"chains": len(every), "events": sum(head.seq for head in every), "sha256": digest(every)},
    }
    return sign_statement(body, KIND, exchange.keys, now)


def _body(document: bytes) -> dict[str, Any]:
    """What our own heads say. They are not verified: the key that signed them may have been revoked since."""
    body: dict[str, Any] = loads_once(document)["payload"]["body"]
    return body


def digest(heads: Iterable[Head]) -> str:
    """SHA-256 of all heads, a line each, ``<subject> <seq> <hash>``, in the order of the lines' bytes."""
    lines = sorted(f"{head.subject} {head.seq} {head.hash}\n".encode() for head in heads)
    return hashlib.sha256(b"".join(lines)).hexdigest()


def _deliver(outbox: Area, name: str, document: bytes) -> None:
    try:
        outbox.create(name, document, content_type="application/json")
    except AlreadyExists:
        return  # an earlier try put it there
