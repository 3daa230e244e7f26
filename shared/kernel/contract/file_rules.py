"""What refuses a whole file: FIL codes, and the reading of a table into the contract's own types.

A file fault names columns, never values. A table that passes comes out with every column of the contract, in its
order and type; row faults are then for `shared.kernel.contract.rules`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as types

from shared.kernel.contract.columns import ARROW_TYPES, Column, Contract
from shared.kernel.errors import BadFile, Particulars

LONGEST_TEXT_BYTES = 10_000
"""A cell beyond this is a document or an attack, not a field; shorter ones that are still too long are a row fault."""

_KINDS: tuple[tuple[Callable[[pa.DataType], bool], str], ...] = (
    (types.is_string, "text"),
    (types.is_large_string, "text"),
    (types.is_string_view, "text"),
    (types.is_binary, "bytes without STRING"),
    (types.is_large_binary, "bytes without STRING"),
    (types.is_integer, "integer"),
    (types.is_floating, "float"),
    (types.is_decimal, "decimal"),
    (types.is_boolean, "flag"),
    (types.is_date, "date"),
    (types.is_timestamp, "timestamp"),
    (types.is_time, "time of day"),
)

MOST_NAMED = 10
"""How many columns a message names before it counts the rest."""


@dataclass(frozen=True)
class FileRule:
    """One reason to refuse a whole file; `message` has a place for the columns concerned, `{columns}`."""

    code: str
    message: str
    mend: str
    settings: Mapping[str, str] = field(default_factory=dict)
    """How a writer without our client sets what is asked, by the writer's name."""

    def broken_by(
        self, columns: Sequence[str] = (), *, also: str = "", settings: Mapping[str, str] | None = None
    ) -> BadFile:
        """The error that says so, naming the columns; `also` is a sentence about this file, `settings` are for it."""
        settings = settings or self.settings
        message = self.message.format(columns=name_columns(columns)) + (f" {also}" if also else "")
        without = "".join(f" {name}: {text}." for name, text in settings.items())
        return BadFile(self.code, message, self.mend + without, Particulars(message, self.mend, settings))


ARROW, JAVA = "Arrow C++, pyarrow", "parquet-java, Spark"
_LOWER_CASE = {
    ARROW: "table.rename_columns([name.lower() for name in table.column_names])",
    JAVA: "df.toDF(*[name.lower() for name in df.columns])",
}

NO_DATASET = FileRule("FIL-001", "There is no dataset of that name.", "Send one of the datasets of your agreement.")
NO_ROWS = FileRule(
    "FIL-002", "The file has no rows.", "Send at least one row; where there is nothing to send, send no file."
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


def read_columns(table: pa.Table, contract: Contract) -> pa.Table:
    """The table in the contract's columns and types; an absent optional column comes out empty.

    Raises BadFile (FIL-…) for the first kind of fault found, naming every column that has it.
    """
    _check_names(table.column_names, contract)
    if table.num_rows == 0:
        raise NO_ROWS.broken_by()
    sent = {field.name: field.type for field in table.schema}
    columns = [column for column in contract.columns if column.name in sent]
    if extension := [column.name for column in columns if isinstance(sent[column.name], pa.BaseExtensionType)]:
        raise EXTENSION.broken_by(extension)
    if nested := [column.name for column in columns if types.is_nested(_value_type(sent[column.name]))]:
        raise NESTED.broken_by(nested)
    if wrong := [column for column in columns if not _type_fits(_value_type(sent[column.name]), column)]:
        raise WRONG_TYPE.broken_by(
            [f"{column.name} (is {_kind(_value_type(sent[column.name]))}: must be {column.kind})" for column in wrong]
        )
    arrays = [
        _read(table.column(column.name), column)
        if column.name in sent
        else pa.nulls(table.num_rows, ARROW_TYPES[column.kind])
        for column in contract.columns
    ]
    return pa.table(arrays, schema=contract.arrow_schema())


def _check_names(names: Sequence[str], contract: Contract) -> None:
    known = set(contract.names)
    other_case = [name for name in dict.fromkeys(names) if name not in known and name.strip().lower() in known]
    cased = (
        f"In lower case {len(other_case)} of the names would belong to it: {name_columns(other_case)}."
        if other_case
        else ""
    )
    if known.isdisjoint(names):
        # Without a header row the first person's data stand where names belong: they must not be repeated.
        raise NO_HEADER.broken_by(also=cased, settings=_LOWER_CASE if cased else None)
    lacking = [column.name for column in contract.columns if column.required and column.name not in names]
    if unknown := [name for name in dict.fromkeys(names) if name not in known]:
        lacks = f"It also lacks: {name_columns(lacking)}." if lacking else ""
        only_cased = len(other_case) == len(unknown)
        raise UNKNOWN.broken_by(unknown, also=f"{cased} {lacks}".strip(), settings=_LOWER_CASE if only_cased else None)
    if repeated := [name for name, times in Counter(names).items() if times > 1]:
        raise REPEATED.broken_by(repeated)
    if lacking:
        raise LACKING.broken_by(lacking)


def _value_type(sent: pa.DataType) -> pa.DataType:
    return sent.value_type if types.is_dictionary(sent) else sent


def _kind(sent: pa.DataType) -> str:
    """What a type is, in words that are ours: a time zone, for one, is the sender's text."""
    return next((word for is_of, word in _KINDS if is_of(sent)), "another type")


def _type_fits(sent: pa.DataType, column: Column) -> bool:
    if types.is_null(sent):
        return True
    if column.kind == "text":
        return bool(types.is_string(sent) or types.is_large_string(sent) or types.is_string_view(sent))
    if column.kind == "date":
        return bool(types.is_date(sent) or types.is_timestamp(sent))
    if column.kind == "integer":
        return bool(types.is_integer(sent))
    if column.kind == "decimal":
        fractional = types.is_float64(sent) or types.is_float32(sent) or types.is_decimal(sent)
        return bool(fractional or types.is_integer(sent))
    return bool(types.is_boolean(sent))


def _read(sent: pa.ChunkedArray, column: Column) -> pa.Array:
    """One column in the contract's type, as one chunk."""
    try:
        if column.kind == "text":
            return _read_text(sent, column)
        plain = _decoded(sent)
        if column.kind == "date":
            return _read_dates(plain, column)
        values = plain.cast(ARROW_TYPES[column.kind])
        # The amount that was meant: in half the bits 412.37 is 412.3699951171875, and pence differ up to 131,072.
        return pc.round(values, 2) if types.is_float32(plain.type) else values
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        # Arrow's own message quotes the cell, so it is not kept as the cause.
        raise OUT_OF_RANGE.broken_by([column.name]) from None


def _decoded(sent: pa.ChunkedArray) -> pa.Array:
    whole = sent.combine_chunks()
    return whole.dictionary_decode() if isinstance(whole, pa.DictionaryArray) else whole


def _read_text(sent: pa.ChunkedArray, column: Column) -> pa.Array:
    for chunk in sent.chunks:
        # A dictionary is checked before it is decoded: one long value would be copied into every row.
        words = chunk.dictionary if isinstance(chunk, pa.DictionaryArray) else chunk
        try:
            words.validate(full=True)
        except pa.ArrowInvalid:
            raise NOT_UTF8.broken_by([column.name]) from None
        if len(words) and not types.is_null(words.type):
            longest = pc.max(pc.binary_length(words.cast(pa.large_string()))).as_py()
            if (longest or 0) > LONGEST_TEXT_BYTES:
                raise OVERLONG.broken_by([column.name])
    return _decoded(sent).cast(pa.string())


_UTC = frozenset({"UTC", "Etc/UTC", "GMT", "Z", "+00:00", "-00:00"})
_DAY, _HOUR = 86_400, 3_600
"""Seconds."""


def _read_dates(sent: pa.Array, column: Column) -> pa.Array:
    """Days. A moment is read as a day only where it can mean no other: at midnight, in UTC or in no time zone."""
    zone = sent.type.tz if types.is_timestamp(sent.type) else None
    if zone is not None:
        if zone not in _UTC:
            raise TIME_OF_DAY.broken_by([column.name], also="Its time zone is not UTC.")
        sent = sent.cast(pa.timestamp(sent.type.unit))
    days = sent.cast(pa.date32(), safe=False)
    if not types.is_date32(sent.type) and not types.is_null(sent.type):
        back = days.cast(sent.type, safe=False)
        elsewhere = sent.filter(pc.not_equal(back, sent))
        if len(elsewhere):
            raise TIME_OF_DAY.broken_by([column.name], also=_where(elsewhere, zone))
    return days


def _where(elsewhere: pa.Array, zone: str | None) -> str:
    """What is told of moments that are not at midnight."""
    if zone is not None:
        seconds = elsewhere.cast(pa.timestamp("s"), safe=False).cast(pa.int64()).to_numpy()
        if summer := int((seconds % _DAY == _DAY - _HOUR).sum()):
            return f"{summer} of its values are at 23:00 UTC: midnight in British Summer Time, of the day after."
    return f"{len(elsewhere)} of its values are not at midnight."
