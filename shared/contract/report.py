"""The validation report that goes back to the sender, as JSON and as a workbook: rows and codes, never a value.

Lines are in the order school, row; a line says school (URN), pupil reference, message, how to mend, field, severity and
code. A pupil reference is "row 17": the row as a spreadsheet numbers it, where the header is row 1, so the first row of
data is row 2. The same outcome and facts give the same bytes.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from io import BytesIO

import numpy as np

from shared.contract.sheets import new_workbook
from shared.contract.validate import REJECTED, Validation
from shared.errors import RejectedDrop

MOST_SHEET_LINES = 50_000
"""Beyond this nobody reads a sheet, and it would take longer to write than the file to check; the JSON has all."""

NUMBERING = "Rows are numbered as in a spreadsheet: the header is row 1, the first row of data is row 2."

Facts = Mapping[str, str | int]
"""What the report is about (drop id, dataset, collection, agreement …): ids and codes that the caller vouches for."""


@dataclass(frozen=True)
class Line:
    """One finding as people read it."""

    school: str
    reference: str
    message: str
    mend: str
    field: str
    severity: str
    code: str


def report_json(outcome: Validation | RejectedDrop, facts: Facts) -> bytes:
    """The report as UTF-8 JSON. A drop refused as a whole has no row counts (null) and one line, about the file."""
    document = {
        "facts": dict(facts),
        **_counts(outcome),
        "row_numbering": NUMBERING,
        "findings": [asdict(line) for line in lines_of(outcome)],
    }
    return (json.dumps(document, ensure_ascii=False, indent=1) + "\n").encode()


def report_xlsx(outcome: Validation | RejectedDrop, facts: Facts) -> bytes:
    """The report as a workbook: a sheet `Summary`, and a sheet `Findings` with at most MOST_SHEET_LINES lines."""
    buffer = BytesIO()
    with new_workbook(buffer) as workbook:
        bold = workbook.add_format({"bold": True})
        lines = list(lines_of(outcome))
        summary = workbook.add_worksheet("Summary")
        summary.set_column(0, 0, 24)
        summary.set_column(1, 1, 70)
        for position, (name, value) in enumerate(_summary(outcome, facts, len(lines))):
            summary.write_string(position, 0, name, bold)
            summary.write(position, 1, value)
        findings = workbook.add_worksheet("Findings")
        header = ("School (URN)", "Pupil reference", "Message", "How to mend", "Field", "Severity", "Code")
        for column, (name, width) in enumerate(zip(header, (14, 16, 70, 70, 20, 10, 10), strict=True)):
            findings.set_column(column, column, width)
            findings.write_string(0, column, name, bold)
        findings.freeze_panes(1, 0)
        for position, line in enumerate(lines[:MOST_SHEET_LINES], 1):
            cells = (line.school, line.reference, line.message, line.mend, line.field, line.severity, line.code)
            for column, cell in enumerate(cells):
                findings.write_string(position, column, cell)
    return buffer.getvalue()


def lines_of(outcome: Validation | RejectedDrop) -> Iterator[Line]:
    """Every finding by school, row and code; a drop refused as a whole gives one line."""
    if isinstance(outcome, RejectedDrop):
        yield Line("", "file", outcome.message, outcome.mend, "", "error", outcome.code)
        return
    rows = outcome.findings.column("row").combine_chunks()
    schools = np.asarray(outcome.schools.take(rows).fill_null("").to_pylist(), dtype=np.str_)
    order = np.argsort(schools, kind="stable")
    told = outcome.findings.take(order)
    columns = [told.column(name).to_pylist() for name in ("row", "message", "mend", "field", "severity", "code")]
    for school, row, message, mend, field, severity, code in zip(schools[order], *columns, strict=True):
        yield Line(str(school), row_reference(row), message, mend, field, severity, code)


def row_reference(row: int) -> str:
    """How people find the 0-based row of the file: its number in a spreadsheet, under one header row."""
    return f"row {row + 2}"


def status_of(outcome: Validation | RejectedDrop) -> str:
    """One of the four statuses; a drop refused as a whole is `rejected`."""
    return REJECTED if isinstance(outcome, RejectedDrop) else outcome.status


def _counts(outcome: Validation | RejectedDrop) -> dict[str, object]:
    if isinstance(outcome, RejectedDrop):
        counts: dict[str, object] = {"rows_in": None, "rows_accepted": None, "rows_rejected": None}
        return {"status": REJECTED, **counts, "rejected_by_code": {}, "findings_by_code": {outcome.code: 1}}
    return {
        "status": outcome.status,
        "rows_in": outcome.rows_in,
        "rows_accepted": outcome.accepted.num_rows,
        "rows_rejected": outcome.rows_rejected,
        "rejected_by_code": outcome.rejected_by_code,
        "findings_by_code": dict(sorted(Counter(outcome.findings.column("code").to_pylist()).items())),
    }


def _summary(outcome: Validation | RejectedDrop, facts: Facts, lines: int) -> Iterator[tuple[str, str | int]]:
    counts = _counts(outcome)
    yield from facts.items()
    yield "Status", status_of(outcome).replace("_", " ")
    for name in ("rows_in", "rows_accepted", "rows_rejected"):
        value = counts[name]
        yield name.replace("_", " ").capitalize(), "not read" if value is None else int(str(value))
    if isinstance(outcome, Validation):
        for code, count in outcome.rejected_by_code.items():
            yield f"Rejected by {code}", count
    yield "Findings", lines
    if lines > MOST_SHEET_LINES:
        yield "Listed here", f"The first {MOST_SHEET_LINES:,}; the JSON report lists all."
    yield "Row numbers", NUMBERING
