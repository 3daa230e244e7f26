"""What refuses a whole file: the FIL codes, each with what to do.

A file fault names columns, never values.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from shared.kernel.contract.columns import Contract
from shared.kernel.errors import BadFile, Particulars

LONGEST_TEXT_BYTES = 10_000
"""A cell beyond this is a document or an attack, not a field; shorter ones that are still too long are a row fault."""

MOST_NAMED = 10
"""How many columns a message names before it counts the rest."""


@dataclass(frozen=True)
class FileRule:
    """One reason to refuse a whole file; `message` has a place for the columns concerned, `{columns}`."""

    code: str
    message: str
    remedy: str
    settings: Mapping[str, str] = field(default_factory=dict)
    """How a writer without our client sets what is asked, by the writer's name."""

    def broken_by(
        self, columns: Sequence[str] = (), *, also: str = "", settings: Mapping[str, str] | None = None
    ) -> BadFile:
        """The error that says so, naming the columns; `also` is a sentence about this file, `settings` are for it."""
        settings = settings or self.settings
        message = self.message.format(columns=name_columns(columns)) + (f" {also}" if also else "")
        without = "".join(f" {name}: {text}." for name, text in settings.items())
        return BadFile(self.code, message, self.remedy + without, Particulars(message, self.remedy, settings))


ARROW, JAVA = "Arrow C++, pyarrow", "parquet-java, Spark"
LOWER_CASE = {
    ARROW: "table.rename_columns([name.lower() for name in table.column_names])",
    JAVA: "df.toDF(*[name.lower() for name in df.columns])",
}

NO_DATASET = FileRule("FIL-001", "There is no dataset of that name.", "Send one of the datasets of your agreement.")
NO_ROWS = FileRule(
    "FIL-002",
    "The file has no rows, and of this dataset that says nothing.",
    "Send at least one row; where there is nothing to send, send no file.",
)
NO_HEADER = FileRule(
    "FIL-003",
    "None of the file's columns belongs to this dataset.",
    "Check that your source starts with the template's column names, lower case, and that this is the right dataset.",
)
REPEATED = FileRule("FIL-004", "Columns stand in the file more than once: {columns}.", "Keep one column of each name.")
UNKNOWN = FileRule(
    "FIL-005",
    "The file has columns that this dataset does not know: {columns}.",
    "Remove them: only what the agreement needs may be sent. Names are lower case, exactly as in the template and on "
    "the page of datasets.",
    {ARROW: "table.drop_columns([…])", JAVA: 'df.drop("…")'},
)
LACKING = FileRule(
    "FIL-006",
    "The file lacks required columns: {columns}.",
    "Add them; the template and the page of datasets list every required column.",
)
EXTENSION = FileRule(
    "FIL-007", "Columns are of an Arrow extension type: {columns}.", "Write them as plain text, date or number."
)
NESTED = FileRule(
    "FIL-008",
    "Columns hold lists, structures or maps: {columns}.",
    "Write one plain value per cell and one row per record.",
)
WRONG_TYPE = FileRule(
    "FIL-009",
    "Columns are of the wrong type: {columns}.",
    "Text as string; dates as date; whole numbers as integer; amounts as float, double or decimal; flags as boolean. "
    "`exchange pack` writes them so.",
    {
        ARROW: "pa.string(), pa.date32(), pa.int64(), pa.float64(), pa.bool_()",
        JAVA: "string, date, bigint, double or decimal(9,2), boolean; in a schema of your own: BINARY with "
        "stringType(), INT32 with dateType(), INT64, DOUBLE, BOOLEAN",
    },
)
TIME_OF_DAY = FileRule(
    "FIL-010",
    "Date columns hold a time of day or a time zone: {columns}.",
    "Write them as dates, or as timestamps at midnight, UTC or without a time zone.",
    {ARROW: "pa.date32()", JAVA: "to_date(column), in a session whose time zone is Europe/London"},
)
NOT_UTF8 = FileRule(
    "FIL-011",
    "Text columns are not valid UTF-8: {columns}.",
    "Export again as UTF-8; Windows-1252 text must be converted.",
)
OVERLONG = FileRule(
    "FIL-012",
    f"Text columns have a cell of more than {LONGEST_TEXT_BYTES:,} bytes: {{columns}}.",
    "A field of this dataset is a name, a code or an address part; check which column was mapped here.",
)
OUT_OF_RANGE = FileRule(
    "FIL-013",
    "Columns hold numbers or dates that are out of any range: {columns}.",
    "Check how the column was exported.",
)

FILE_RULES: tuple[FileRule, ...] = (
    NO_DATASET,
    NO_ROWS,
    NO_HEADER,
    REPEATED,
    UNKNOWN,
    LACKING,
    EXTENSION,
    NESTED,
    WRONG_TYPE,
    TIME_OF_DAY,
    NOT_UTF8,
    OVERLONG,
    OUT_OF_RANGE,
)


def name_columns(columns: Sequence[str]) -> str:
    """Column names for a message: printable, short, and not more than a few.

    What a sender put where a column name belongs goes into reports and logs, so it may not carry control characters
    or be long.
    """
    shown = [re.sub(r"[^\w .:/()-]", "?", name, flags=re.ASCII)[:60] for name in columns[:MOST_NAMED]]
    more = len(columns) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def contract_for(contracts: Mapping[str, Contract], dataset: str) -> Contract:
    """The contract of a dataset, of these; BadFile FIL-001, which names them, where there is none."""
    if dataset not in contracts:
        # What was asked for came from outside, so the message does not repeat it.
        raise NO_DATASET.broken_by(also=f"There are: {', '.join(contracts)}.")
    return contracts[dataset]
