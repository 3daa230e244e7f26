"""The validation report that goes back to the sender, as JSON and as a workbook: rows and codes, never a value.

Lines with something to do come first, those that need nothing done after them; each kind in the order group, row. A
line says group (such as a URN, where the contract is grouped by one), row, message, remedy, field, severity, code, and
whether there is something to do. Its row is "row 17" as a spreadsheet numbers it, where the header is row 1, so the
first row of data is row 2. The same outcome and facts give the same bytes.

A file in which every row is wrong in the same way gives more lines than anybody reads and than a report should weigh:
beyond MOST_LINES they are counted, and the JSON has every row number of every code.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from io import BytesIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from shared.kernel.contract.identifiers import as_mask
from shared.kernel.contract.sheets import new_workbook, write_sheet
from shared.kernel.contract.validate import REJECTED, Validation
from shared.kernel.errors import NOTHING, Delayed, OutOfUse, Particulars, RejectedDrop, Waiting

VERSION = 2
"""Of the JSON. In the first, which does not say its version, `group` had another name."""

MOST_LINES = 50_000
"""How many lines a report spells out."""

DELAYED = "delayed"
"""The status of a drop that the exchange has not been able to take in yet."""
WAITING = "waiting"
"""The status of what was taken in, and is in no finished work."""
STOPPED = "stopped"
"""Status of a drop that was taken in, and may not be used any more."""

NUMBERING = "Rows are numbered as in a spreadsheet: the header is row 1, the first row of data is row 2."
OWN_NUMBERING = "Rows are numbered as in your own sheet, which the file says of each."

Facts = Mapping[str, str | int]
"""What the report is about (drop id, dataset, collection, agreement …): ids and codes that the caller vouches for."""


@dataclass(frozen=True)
class Line:
    """One finding as people read it."""

    group: str
    """Empty where the contract is not grouped, or the row says no group."""
    reference: str
    message: str
    remedy: str
    field: str
    severity: str
    code: str
    to_do: str
    """yes, or no where nobody has to do anything."""


@dataclass(frozen=True)
class CodeCount:
    """How many lines a code has."""

    code: str
    severity: str
    lines: int
    to_do: str
    message: str
    remedy: str


_HEADER = (
    ("Row", 16),
    ("Message", 70),
    ("Remedy", 70),
    ("Field", 20),
    ("Severity", 10),
    ("Code", 10),
)
_CODES_HEADER = (
    ("Code", 10),
    ("Severity", 10),
    ("Lines", 10),
    ("To do", 14),
    ("Message", 70),
    ("Remedy", 70),
)


def report_json(outcome: Validation | RejectedDrop, facts: Facts) -> bytes:
    """The report as UTF-8 JSON. A drop refused as a whole has no row counts (null) and one line, about the file."""
    head = {
        "version": VERSION,
        "facts": dict(facts),
        **_counts(outcome),
        "row_numbering": _numbering(outcome),
        "codes": [asdict(counted) for counted in counts_of(outcome)],
        "rows_by_code": _rows_by_code(outcome),
        "refusal": refusal_of(outcome),
    }
    # One line of text per finding, so that two reports can be compared line by line.
    findings = ",\n".join(json.dumps(asdict(line), ensure_ascii=False) for line in lines_of(outcome, MOST_LINES))
    return f'{json.dumps(head, ensure_ascii=False)[:-1]}, "findings": [\n{findings}\n]}}\n'.encode()


def report_xlsx(outcome: Validation | RejectedDrop, facts: Facts) -> bytes:
    """The report as a workbook: a sheet `Summary`, and a sheet `Findings`."""
    buffer = BytesIO()
    with new_workbook(buffer) as workbook:
        bold = workbook.add_format({"bold": True})
        summary = workbook.add_worksheet("Summary")
        summary.set_column(0, 0, 24)
        summary.set_column(1, 1, 70)
        for position, (name, value) in enumerate(_summary(outcome, facts)):
            summary.write_string(position, 0, name, bold)
            summary.write(position, 1, value)
        codes = [(c.code, c.severity, c.lines, c.to_do, c.message, c.remedy) for c in counts_of(outcome)]
        write_sheet(workbook, "Codes", _CODES_HEADER, codes)
        lines = list(lines_of(outcome, MOST_LINES))
        by = None if isinstance(outcome, RejectedDrop) else outcome.grouped_by
        header = ((by.heading, 14), *_HEADER) if by else _HEADER
        for name, to_do in (("Findings", "yes"), ("Nothing to do", "no")):
            told = [_cells(line, grouped=by is not None) for line in lines if line.to_do == to_do]
            write_sheet(workbook, name, header, told)
    return buffer.getvalue()


def _cells(line: Line, *, grouped: bool) -> tuple[str, ...]:
    cells = (line.reference, line.message, line.remedy, line.field, line.severity, line.code)
    return (line.group, *cells) if grouped else cells


def counts_of(outcome: Validation | RejectedDrop) -> list[CodeCount]:
    """Every code with how many lines it has, in the order of the codes."""
    if isinstance(outcome, RejectedDrop):
        return [CodeCount(outcome.code, "error", 1, _to_do(outcome.remedy), outcome.message, outcome.remedy)]
    names = ("code", "severity", "message", "remedy")
    findings = outcome.findings.select(names)
    plain = findings.cast(pa.schema([(name, pa.string()) for name in names]))
    counted = plain.group_by(list(names)).aggregate([([], "count_all")]).sort_by("code").to_pylist()
    return [
        CodeCount(x["code"], x["severity"], x["count_all"], _to_do(x["remedy"]), x["message"], x["remedy"])
        for x in counted
    ]


def _to_do(remedy: str) -> str:
    return "no" if remedy.startswith(NOTHING) else "yes"


def lines_of(outcome: Validation | RejectedDrop, most: int | None = None) -> Iterator[Line]:
    """The findings, at most so many: those to be put right first, each kind by group, row and code.

    A drop refused as a whole gives one line.
    """
    if isinstance(outcome, RejectedDrop):
        yield Line("", "file", outcome.message, outcome.remedy, "", "error", outcome.code, _to_do(outcome.remedy))
        return
    groups = outcome.groups.fill_null("").dictionary_encode()
    words = groups.dictionary.to_pylist()
    # Sorting a number per row, not a text per finding, keeps a bad file's report as quick as its check.
    places = np.empty(len(words), dtype=np.int64)
    places[sorted(range(len(words)), key=words.__getitem__)] = np.arange(len(words))
    rows = outcome.findings.column("row").to_numpy()
    quiet = as_mask(pc.starts_with(outcome.findings.column("remedy").cast(pa.string()), NOTHING))
    order = np.lexsort((places[groups.indices.to_numpy()[rows]], quiet))[:most]
    told = outcome.findings.take(order)
    columns = [told.column(name).to_pylist() for name in ("row", "message", "remedy", "field", "severity", "code")]
    for row, message, remedy, field, severity, code in zip(*columns, strict=True):
        group = words[groups.indices[row].as_py()]
        yield Line(group, row_reference(row, outcome.numbers), message, remedy, field, severity, code, _to_do(remedy))


def row_reference(row: int, numbers: pa.Array | None = None) -> str:
    """How people find the 0-based row of the file: its number in their sheet, where the file says it (`numbers`), else
    in a spreadsheet under one header row."""
    return f"row {_sheet_row(row, numbers)}"


def status_of(outcome: Validation | RejectedDrop) -> str:
    """One of the five statuses; a drop refused as a whole is `rejected`, one that waits for the exchange `delayed`, one
    that waits for something else `waiting`, one that was taken out of use since it was taken in `stopped`."""
    if isinstance(outcome, Delayed):
        return DELAYED
    if isinstance(outcome, Waiting):
        return WAITING
    if isinstance(outcome, OutOfUse):
        return STOPPED
    return REJECTED if isinstance(outcome, RejectedDrop) else outcome.status


def refusal_of(outcome: Validation | RejectedDrop) -> dict[str, object] | None:
    """Why a drop is refused as a whole, as data: code, what was found, what is asked, how a writer sets it."""
    if not isinstance(outcome, RejectedDrop):
        return None
    particulars = outcome.particulars or Particulars(outcome.message, outcome.remedy)
    return {"code": outcome.code, **particulars.document()}


def _sheet_row(row: int, numbers: pa.Array | None) -> int:
    stated = numbers[row].as_py() if numbers is not None else None
    return row + 2 if stated is None else int(stated)


def _rows_by_code(outcome: Validation | RejectedDrop) -> dict[str, list[int]]:
    """The rows of every code, as a spreadsheet numbers them, each once."""
    if isinstance(outcome, RejectedDrop):
        return {}
    codes = outcome.findings.column("code").combine_chunks()
    rows = outcome.findings.column("row").to_numpy()
    found = sorted(zip(codes.dictionary.to_pylist(), range(len(codes.dictionary)), strict=True))
    of = codes.indices.to_numpy()
    return {
        code: [_sheet_row(row, outcome.numbers) for row in np.unique(rows[of == place]).tolist()]
        for code, place in found
    }


def _numbering(outcome: Validation | RejectedDrop) -> str:
    numbers = None if isinstance(outcome, RejectedDrop) else outcome.numbers
    return NUMBERING if numbers is None or numbers.null_count else OWN_NUMBERING


def _counts(outcome: Validation | RejectedDrop) -> dict[str, object]:
    if isinstance(outcome, RejectedDrop):
        counts: dict[str, object] = {"rows_in": None, "rows_accepted": None, "rows_rejected": None}
        return {"status": status_of(outcome), **counts, "rejected_by_code": {}}
    return {
        "status": outcome.status,
        "rows_in": outcome.rows_in,
        "rows_accepted": outcome.accepted.num_rows,
        "rows_rejected": outcome.rows_rejected,
        "rejected_by_code": outcome.rejected_by_code,
    }


def _summary(outcome: Validation | RejectedDrop, facts: Facts) -> Iterator[tuple[str, str | int]]:
    counts = _counts(outcome)
    yield from facts.items()
    yield "Status", status_of(outcome).replace("_", " ")
    for name in ("rows_in", "rows_accepted", "rows_rejected"):
        value = counts[name]
        yield name.replace("_", " ").capitalize(), "not read" if value is None else int(str(value))
    if isinstance(outcome, RejectedDrop) and outcome.particulars:
        yield "Found", outcome.particulars.found
        yield "Asked", outcome.particulars.asked
        for writer, setting in outcome.particulars.settings.items():
            yield f"Set in {writer}", setting
    if isinstance(outcome, Validation):
        for code, count in outcome.rejected_by_code.items():
            yield f"Rejected by {code}", count
        counted = {to_do: sum(c.lines for c in counts_of(outcome) if c.to_do == to_do) for to_do in ("yes", "no")}
        yield "Findings with something to do", counted["yes"]
        yield "Findings that need nothing done", counted["no"]
        if outcome.findings.num_rows > MOST_LINES:
            yield "Listed here", f"The first {MOST_LINES:,}; the JSON report has the row numbers of all."
    yield "Row numbers", _numbering(outcome)
