"""What the sender gets back for every drop: a report as workbook and JSON, and a signed receipt. No personal value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import TYPE_CHECKING

import pyarrow as pa

from shared.kernel.contract.report import refusal_of, report_json, report_xlsx, status_of
from shared.kernel.contract.validate import FINDINGS, Validation
from shared.kernel.days import london_day
from shared.kernel.envelope.manifest import Manifest
from shared.kernel.envelope.statement import sign_statement
from shared.kernel.errors import AlreadyExists, RejectedDrop
from shared.kernel.exchange import Sharing
from shared.kernel.intake.standing import Standing, told
from shared.kernel.terms.agreements import NONE
from shared.kernel.terms.ahead import ahead

if TYPE_CHECKING:
    from shared.kernel.exchange import Exchange
    from shared.kernel.terms.model import Agreement
    from shared.kernel.terms.pipeline import Routed

RECEIPT = "receipt"
NO_ROWS_STATED = "none"
"""What a file of no rows states: its sender has none from now on."""
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Arrival:
    """One blob that arrived, before anything it says of itself is believed."""

    tenant: str
    """The party whose inbox it arrived in: the container, never what the file says."""
    id: str
    sha256: str
    """Of the bytes; empty when they were too many to read."""
    received_at: datetime


@dataclass(frozen=True)
class Verdict:
    """What became of a drop: refused whole, or validated and its rows sent on."""

    outcome: Validation | RejectedDrop
    routed: Mapping[str, int] = field(default_factory=dict)
    """Rows staged, by the party whose work they are."""
    excluded: Mapping[str, int] = field(default_factory=dict)
    """Rows that are nobody's work, by reason."""
    standing: Standing | None = None
    """Its place among its sender's other files; `None` where it has none: it was refused, or nothing replaces it."""


def answer(under: Exchange | Sharing, drop: str, arrival: Arrival, manifest: Manifest | None, verdict: Verdict) -> None:
    """Write `reports/<drop>/report.json`, `report.xlsx` and `receipt.json` into the sender's outbox, each once.

    They go into the agreement's folder. When the manifest could not be believed, `manifest` is `None`,
    there is no agreement, and they go into the folder `exchange`.
    """
    exchange = under.exchange if isinstance(under, Sharing) else under
    box, reference = NONE, "unknown"
    if isinstance(under, Sharing):
        box, reference = under.agreement.id, under.agreement.reference
    facts: dict[str, str | int] = {
        "drop": drop,
        "dataset": manifest.dataset if manifest else "unknown",
        "collection": manifest.collection if manifest else "unknown",
        "agreement": reference,
        "received_at": arrival.received_at.isoformat(),
    }
    if not isinstance(verdict.outcome, RejectedDrop) and verdict.outcome.rows_in == 0:
        facts["states"] = NO_ROWS_STATED
    if verdict.standing is not None:
        facts |= told(verdict.standing)
    if isinstance(under, Sharing):
        facts |= _ahead(under.agreement, london_day(arrival.received_at))
    head = exchange.ledger.head(f"drop:{drop}")
    receipt: dict[str, object] = {
        **facts,
        "sender": arrival.tenant,
        "sha256": arrival.sha256,
        "status": status_of(verdict.outcome),
        "code": verdict.outcome.code if isinstance(verdict.outcome, RejectedDrop) else "",
        **_counts(verdict),
        "ledger_head": head.hash if head else "",
        "ledger": [head.vouched()] if head else [],
        **({"signing_key_id": manifest.signing_key_id} if manifest else {}),
    }
    documents = {
        "report.json": (report_json(verdict.outcome, facts), "application/json"),
        "report.xlsx": (report_xlsx(verdict.outcome, facts), XLSX),
        "receipt.json": (
            sign_statement(receipt, RECEIPT, exchange.keys, arrival.received_at),
            "application/json",
        ),
    }
    outbox = exchange.storage.outbox(arrival.tenant).folder(box)
    for name, (document, content_type) in documents.items():
        try:
            outbox.create(f"reports/{drop}/{name}", document, content_type=content_type)
        except AlreadyExists:
            continue  # an earlier try wrote it, from the same facts


def _ahead(agreement: Agreement, on: date) -> dict[str, str | int]:
    """What the sender is told of the agreement itself: its last day and, if that or a review is near, how near."""
    told: dict[str, str | int] = {"agreement_ends": agreement.in_force.last.isoformat()}
    for found in ahead(agreement, on):
        told |= {f"agreement_notice_{found.code.code.lower().replace('-', '_')}": f"{found.told} {found.code.remedy}"}
    return told


def with_nowhere(validation: Validation, routed: Routed) -> Validation:
    """The validation with a finding for every accepted row that is nobody's work."""
    found = [validation.findings]
    for why, rows in routed.nowhere.items():
        words = {
            "code": why.code,
            "severity": "excluded",
            "field": why.field,
            "message": why.message,
            "remedy": why.remedy,
        }
        columns = [rows, *(pa.repeat(words[name], len(rows)).dictionary_encode() for name in FINDINGS.names[1:])]
        found.append(pa.table(columns, schema=FINDINGS))
    return replace(validation, findings=pa.concat_tables(found).unify_dictionaries().sort_by("row"))


def _counts(verdict: Verdict) -> dict[str, object]:
    if isinstance(verdict.outcome, RejectedDrop):
        return {"refusal": refusal_of(verdict.outcome)}
    return {
        "rows_in": verdict.outcome.rows_in,
        "rejected": verdict.outcome.rows_rejected,
        "routed": dict(verdict.routed),
        "excluded": dict(verdict.excluded),
    }
