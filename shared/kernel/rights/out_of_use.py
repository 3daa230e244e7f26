"""What lies here and may not be used any more: found, and told to whoever sent it.

The sweep destroys and certifies it (`disposal`): that night where nothing keeps it, after its hold where one does.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shared.kernel.contract.report import report_json, report_xlsx
from shared.kernel.disposal.objects import owners
from shared.kernel.envelope.manifest import EXCHANGE, from_metadata
from shared.kernel.errors import AlreadyExists, ExchangeError, Missing, OutOfUse, UntrustedDrop
from shared.kernel.intake.answer import XLSX
from shared.kernel.intake.identity import derived_id
from shared.kernel.intake.stops import as_it_stands
from shared.kernel.intake.usable import why_unusable
from shared.kernel.terms.partition import Partition
from shared.kernel.terms.stops import HELD

if TYPE_CHECKING:
    from shared.kernel.exchange import Exchange, Sharing
    from shared.kernel.storage.areas import BlobFacts
    from shared.kernel.terms.gates import AgreementCode

SERVICE = "rights"
OUT_OF_USE = "stopped"
"""The kind of the chains of what was told, one for each file and reason."""
TOLD = "told"


@dataclass(frozen=True)
class Unusable:
    """Rows of one drop for one party that nobody may work with."""

    partition: Partition
    party: str
    """Whose work they were."""
    rows: int
    code: AgreementCode


def tell_what_is_out_of_use(exchange: Exchange) -> tuple[ExchangeError, ...]:
    """Tell every sender, once, of its rows that may not be used any more. Returns the faults: of others it was told."""
    exchange = as_it_stands(exchange)
    there = exchange.storage.containers()
    faults: list[ExchangeError] = []
    everybody = owners(exchange.agreements, exchange.storage, there)
    for agreed in exchange.agreements:
        sharing = exchange.under(agreed.terms.id)
        for party in (owner for owner in everybody if owner != EXCHANGE):
            try:
                for unusable in find(sharing, party):
                    _tell(sharing, unusable, there)
            except ExchangeError as fault:
                faults.append(fault)
    return tuple(faults)


def find(sharing: Sharing, party: str) -> Iterator[Unusable]:
    """The files of drops in a party's part of staging that may not be used."""
    for blob in sharing.staging(party).list():
        with suppress(ValueError):  # an index, a tie: they hold no row
            partition = Partition.named(blob.name)
            code = why_unusable(sharing, party, partition)
            if code is not None and partition.dataset in sharing.pipeline.contracts:
                yield Unusable(partition, party, _rows(blob), code)


def _tell(sharing: Sharing, unusable: Unusable, there: frozenset[str]) -> None:
    partition = unusable.partition
    id = derived_id(OUT_OF_USE, sharing.agreement.id, unusable.code.code, unusable.party, partition.name)
    subject = f"{OUT_OF_USE}:{id}"
    sharing = sharing.working_on(subject)
    if sharing.ledger.recorded(subject, TOLD):
        return
    if sharing.outbox(partition.sender).container in there:
        _report(sharing, id, unusable)
    sharing.ledger.record(
        subject,
        TOLD,
        service=SERVICE,
        tenant=partition.sender,
        counts={"rows": unusable.rows},
        hashes={"drop": partition.drop},
        codes=(unusable.code.code, partition.dataset, partition.collection),
    )


def _report(sharing: Sharing, id: str, unusable: Unusable) -> None:
    code, partition = unusable.code, unusable.partition
    kept = code is HELD
    name = sharing.agreement.by_slug[unusable.party].name
    told = f"Rows of {partition.dataset} that were for {name}: {unusable.rows:,}. "
    told += "They are kept until the hold ends." if kept else "They are destroyed by the next sweep, and certified."
    outcome = OutOfUse(code.code, f"{code.meaning} {told}", code.remedy)
    facts: dict[str, str | int] = {
        "dataset": partition.dataset,
        "collection": partition.collection,
        "agreement": sharing.agreement.reference,
        "looked_at": sharing.clock().isoformat(timespec="seconds"),
        "drop": partition.drop,
        "rows": unusable.rows,
        "of": name,
        "code": code.code,
        "what_it_means": outcome.message,
        "what_to_do": outcome.remedy,
    }
    put_report(sharing, partition.sender, id, outcome, facts)


def put_report(sharing: Sharing, party: str, id: str, outcome: OutOfUse, facts: dict[str, str | int]) -> None:
    """Write ``reports/<id>/report.json`` and ``report.xlsx`` into the party's outbox, once."""
    documents = {"report.json": (report_json(outcome, facts), "application/json")}
    documents["report.xlsx"] = (report_xlsx(outcome, facts), XLSX)
    for name, (document, content_type) in documents.items():
        with suppress(AlreadyExists, Missing):  # an earlier try wrote it; the party has no outbox any more
            sharing.outbox(party).create(f"reports/{id}/{name}", document, content_type=content_type)


def _rows(blob: BlobFacts) -> int:
    try:
        return from_metadata(blob.metadata)[0].rows
    except UntrustedDrop:
        return 0
