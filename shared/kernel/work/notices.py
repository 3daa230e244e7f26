"""Tells a party that rows which it has had are so no more: a signed notice in its outbox, by reference alone.

Whoever corrects or takes out a row tells the exchange by its next drop; the exchange tells whoever had the row (UK
GDPR, article 19). A notice holds references, reasons and ids, and no value: what is right now, the next results say.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.kernel.envelope.statement import sign_statement
from shared.kernel.errors import AlreadyExists
from shared.kernel.intake.identity import derived_id

if TYPE_CHECKING:
    from datetime import datetime

    from shared.kernel.exchange import Sharing
    from shared.kernel.terms.pipeline import Job, Notice, Word

SERVICE, NOTICE = "work", "notice"
"""The service; the kind of the statement, and of the chains of notices."""
SENT = "sent"
FILE = "notice.json"
FORMAT = 1


@dataclass(frozen=True)
class NoticeCode:
    """One kind of notice."""

    code: str
    meaning: str
    remedy: str


CORRECTION = NoticeCode(
    "NOT-001",
    "Something of a row that you have had through the exchange is otherwise now.",
    "Put right what you have made of it: your own record, a letter that is due. Your next results say what is so now.",
)
WITHDRAWAL = NoticeCode(
    "NOT-002",
    "A row that you have had through the exchange stands no more: it was taken out, has moved, or gives no right now.",
    "Stop what is under way for it, such as a letter. What was decided on it stays until whoever decided takes it "
    "back, of which all are told, too.",
)
RECALL = NoticeCode(
    "NOT-003",
    "A party recalls what was sent of a row: it should never have been sent.",
    "Use nothing of it, and destroy what you have made of it. Who recalls it says by the usual way what else is to do.",
)
NOTICE_CODES = (CORRECTION, WITHDRAWAL, RECALL)
OF_WORD: dict[Word, NoticeCode] = {"correction": CORRECTION, "withdrawal": WITHDRAWAL, "recall": RECALL}


def send_notices(sharing: Sharing, notices: Iterable[Notice], job: Job, id: str, at: datetime) -> None:
    """Write ``reports/<notice id>/notice.json`` for each that is about anything, once, and record that it was sent."""
    for notice in notices:
        if notice.about:
            _send(sharing, notice, job, id, at)


def _send(sharing: Sharing, notice: Notice, job: Job, id: str, at: datetime) -> None:
    code = OF_WORD[notice.word]
    own = derived_id(NOTICE, sharing.agreement.id, job.kind, id, notice.to, notice.word)
    body = {
        "format": FORMAT,
        "notice": own,
        "agreement": sharing.agreement.reference,
        "to": notice.to,
        "collection": job.collection,
        "code": code.code,
        "word": notice.word,
        "what_it_means": code.meaning,
        "what_to_do": code.remedy,
        "about": [{"ref": ref, "why": why} for ref, why in sorted(notice.about.items())],
        "of": {"kind": job.kind, "job": id},
    }
    document = sign_statement(body, NOTICE, sharing.keys, at)
    with suppress(AlreadyExists):  # an earlier try wrote it
        sharing.outbox(notice.to).create(f"reports/{own}/{FILE}", document, content_type="application/json")
    sharing.ledger.record(
        f"{NOTICE}:{own}",
        SENT,
        service=SERVICE,
        tenant=notice.to,
        counts={"references": len(notice.about)},
        hashes={"job": id},
        codes=(code.code, job.collection, *sorted(set(notice.about.values()))),
    )
