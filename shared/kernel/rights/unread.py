"""Whether notices are read: the storage logs know, and one that lies unread for days is alarmed every day.

That a party was told is only half of the duty (UK GDPR, article 19): a letter to the wrong family goes out while the
notice lies in the outbox.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from shared.kernel.work.notices import FILE, NOTICE, NOTICE_CODES, NoticeCode

if TYPE_CHECKING:
    from shared.kernel.disposal.remind import CollectionLog
    from shared.kernel.exchange import Exchange
    from shared.kernel.storage.areas import BlobFacts

SERVICE = "rights"
READ, OVERDUE = "read", "overdue"
"""Steps of a notice's chain: each is recorded once, when it is first seen."""
READ_WITHIN = timedelta(days=3)
"""A working day, and the weekend that may come before it."""

UNREAD = NoticeCode(
    "NOT-010",
    "A notice has lain unread in a party's outbox for more than three days.",
    "Ring the party: `exchange fetch` collects the notice. Its rows may be in a letter that is about to go.",
)
NOT_KNOWN = NoticeCode(
    "NOT-011",
    "No log can tell whether a notice of more than three days ago has been read.",
    "Ask the party; and see to it that the storage logs reach the workspace.",
)
ALL_CODES = (*NOTICE_CODES, UNREAD, NOT_KNOWN)


@dataclass(frozen=True)
class Unread:
    """Notices of one party that are overdue."""

    code: NoticeCode
    party: str
    count: int


def look_at_notices(exchange: Exchange, log: CollectionLog) -> tuple[Unread, ...]:
    """Record of each notice once that it was read, or is overdue; the parties that have overdue ones."""
    found: list[Unread] = []
    for slug in sorted({party.slug for agreed in exchange.agreements for party in agreed.terms.participants}):
        outbox = exchange.storage.outbox(slug)
        notices = [blob for blob in outbox.list() if blob.name.endswith(f"/{FILE}")]
        if not notices:
            continue
        collected = log.collected(slug)
        overdue = 0
        for blob in notices:
            if collected is not None and blob.name in collected:
                _record(exchange, slug, blob, READ)
            elif _is_old(exchange, blob):
                _record(exchange, slug, blob, OVERDUE, *(() if collected is not None else ("not_known",)))
                overdue += 1
        if overdue:
            found.append(Unread(UNREAD if collected is not None else NOT_KNOWN, slug, overdue))
    return tuple(found)


def _is_old(exchange: Exchange, blob: BlobFacts) -> bool:
    return blob.created is None or blob.created <= exchange.clock() - READ_WITHIN


def _record(exchange: Exchange, slug: str, blob: BlobFacts, step: str, *codes: str) -> None:
    agreement, _, rest = blob.name.partition("/")
    subject = f"{NOTICE}:{rest.split('/')[1]}"
    exchange.under(agreement).ledger.record(subject, step, service=SERVICE, tenant=slug, codes=codes)
