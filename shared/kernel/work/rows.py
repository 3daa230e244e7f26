"""Tells the party whose input a job was over what became of single rows of it: a report like that on a drop."""

from __future__ import annotations

from collections import Counter
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


def tell_of_rows(sharing: Sharing, job: Job, id: str, rows: pa.Table, told: pa.Table, headline: str) -> None:
    """Write ``reports/<job id>/report.json`` and ``report.xlsx`` into the party's outbox, once; neither where nothing
    is told. `rows` are those of the job's one input; those that are told more than a warning count as rejected, and the
    `headline`, where there is one, says it in a sentence."""
    if not told.num_rows:
        return
    [name] = job.inputs
    file = Partition.named(name)
    undone = told.filter(pc.not_equal(told.column("severity").cast(pa.string()), "warning")).unify_dictionaries()
    left = rows.filter(pc.invert(pc.is_in(rows.column("row"), undone.column("row").combine_chunks())))
    length = pc.max(rows.column("row")).as_py() + 1
    outcome = Validation(
        dataset=file.dataset,
        accepted=left,
        findings=told,
        rows_in=rows.num_rows,
        rows_rejected=rows.num_rows - left.num_rows,
        rejected_by_code=dict(sorted(Counter(undone.column("code").to_pylist()).items())),
        grouped_by=None,
        groups=pa.nulls(length, pa.string()),
        numbers=_numbers(rows, sharing.pipeline.contracts[file.dataset].numbered_by, length),
    )
    facts: dict[str, str | int] = {
        job.kind: id,
        "drop": file.drop,
        "dataset": file.dataset,
        "collection": file.collection,
        "agreement": sharing.agreement.reference,
        **({"headline": headline} if headline else {}),
    }
    documents = {
        "report.json": (report_json(outcome, facts), "application/json"),
        "report.xlsx": (report_xlsx(outcome, facts), XLSX),
    }
    for name, (document, content_type) in documents.items():
        with suppress(AlreadyExists):  # an earlier try wrote it
            sharing.outbox(job.party).create(f"reports/{id}/{name}", document, content_type=content_type)


def _numbers(rows: pa.Table, column: str | None, length: int) -> pa.Array | None:
    """By position in the file, the number of each row in its sender's own sheet. Older files have none."""
    if column is None or column not in rows.column_names:
        return None
    numbers: list[int | None] = [None] * length
    for row, number in zip(rows.column("row").to_pylist(), rows.column(column).to_pylist(), strict=True):
        numbers[row] = number
    return pa.array(numbers, pa.int64())
