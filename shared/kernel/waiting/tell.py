"""Tells of what waits, once: a report in the outbox of whoever can end it, and an event in the ledger."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from shared.kernel.contract.report import report_json, report_xlsx
from shared.kernel.days import london_day
from shared.kernel.envelope.manifest import EXCHANGE
from shared.kernel.errors import AlreadyExists
from shared.kernel.intake.answer import XLSX
from shared.kernel.intake.identity import derived_id
from shared.kernel.waiting.codes import FEWER, LACKED

if TYPE_CHECKING:
    from datetime import datetime

    from shared.kernel.exchange import Sharing
    from shared.kernel.waiting.look import Wait

SERVICE = WAITING = "waiting"
"""The service, and the kind of its chains."""
TOLD = "told"
"""The one step of such a chain."""


def tell(sharing: Sharing, wait: Wait, now: datetime) -> None:
    """Write ``reports/<id>/report.json`` and ``report.xlsx`` into the party's outbox and record that it was told.

    Done once, however often it is found. The operators have the event, and the log, alone.
    """
    about = (wait.code.code, wait.party, wait.dataset, wait.collection, wait.lacked, wait.work)
    id = derived_id(WAITING, sharing.agreement.id, *about)
    subject = f"{WAITING}:{id}"
    sharing = sharing.working_on(subject)
    if sharing.ledger.recorded(subject, TOLD):
        return
    if wait.party != EXCHANGE:
        _report(sharing, id, wait, now)
    sharing.ledger.record(
        subject,
        TOLD,
        service=SERVICE,
        tenant=wait.party,
        counts={"days": (now - wait.since).days, "rows": wait.rows, "others": len(wait.others)},
        hashes={"work": wait.work},
        codes=tuple(filter(None, (wait.code.code, wait.dataset, wait.collection, wait.lacked))),
    )


def _report(sharing: Sharing, id: str, wait: Wait, now: datetime) -> None:
    outcome = wait.code.about(_sentence(sharing, wait, now))
    facts: dict[str, str | int] = {
        "dataset": wait.dataset,
        "collection": wait.collection,
        "agreement": sharing.agreement.reference,
        "looked_at": now.isoformat(timespec="seconds"),
        "waits_since": wait.since.isoformat(timespec="seconds"),
        "destroyed_on": london_day(wait.until).isoformat(),
        **({"rows_waiting": wait.rows} if wait.rows else {}),
        **({"waits_for": wait.lacked} if wait.lacked else {}),
        **({"of": ", ".join(wait.others)} if wait.others else {}),
        ("job" if wait.code is FEWER else "drop"): wait.work,
        "code": outcome.code,
        "what_it_means": outcome.message,
        "what_to_do": outcome.remedy,
    }
    documents = {"report.json": (report_json(outcome, facts), "application/json")}
    documents["report.xlsx"] = (report_xlsx(outcome, facts), XLSX)
    for name, (document, content_type) in documents.items():
        with suppress(AlreadyExists):  # an earlier try wrote it
            sharing.outbox(wait.party).create(f"reports/{id}/{name}", document, content_type=content_type)


def _sentence(sharing: Sharing, wait: Wait, now: datetime) -> str:
    """The case, in numbers and names of parties."""
    names = ", ".join(sharing.agreement.by_slug[slug].name for slug in wait.others)
    if wait.code is FEWER:
        return f"No longer covered: {wait.dataset} of {names}."
    what = f"Rows of {wait.dataset}{f' of {names}' if wait.code is LACKED else ''} that wait: {wait.rows:,}"
    what += f", for {(now - wait.since).days} days now"
    if wait.lacked:
        what += f", for {wait.lacked} of {'you' if wait.code is LACKED else names or 'any party'}"
    last = london_day(wait.until)
    return f"{what}. They are destroyed on {last.day} {last:%B %Y}."
