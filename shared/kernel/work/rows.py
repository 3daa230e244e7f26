"""Tells the party whose input a job was over what became of single rows of it: a report like that on a drop."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from shared.kernel.contract.report import report_json, report_xlsx
from shared.kernel.contract.validate import Validation
from shared.kernel.errors import AlreadyExists
from shared.kernel.intake.answer import XLSX
from shared.kernel.terms.partition import Partition

if TYPE_CHECKING:
    from shared.kernel.exchange import Sharing
    from shared.kernel.terms.pipeline import Job


def tell_of_rows(sharing: Sharing, job: Job, id: str, rows: pa.Table, told: pa.Table) -> None:
    """Write ``reports/<job id>/report.json`` and ``report.xlsx`` into the party's outbox, once; neither where nothing
    is told. `rows` are those of the job's one input."""
    if not told.num_rows:
        return
    [name] = job.inputs
    file = Partition.named(name)
    outcome = Validation(
        dataset=file.dataset,
        accepted=rows,
        findings=told,
        rows_in=rows.num_rows,
        rows_rejected=0,
        rejected_by_code={},
        grouped_by=None,
        groups=pa.nulls(pc.max(rows.column("row")).as_py() + 1, pa.string()),
    )
    facts: dict[str, str | int] = {
        job.kind: id,
        "drop": file.drop,
        "dataset": file.dataset,
        "collection": file.collection,
        "agreement": sharing.agreement.reference,
    }
    documents = {
        "report.json": (report_json(outcome, facts), "application/json"),
        "report.xlsx": (report_xlsx(outcome, facts), XLSX),
    }
    for name, (document, content_type) in documents.items():
        with suppress(AlreadyExists):  # an earlier try wrote it
            sharing.outbox(job.party).create(f"reports/{id}/{name}", document, content_type=content_type)
