"""Reads a table into the contract's own types: every column of the contract, in its order.

What cannot be read so refuses the whole file (`shared.kernel.contract.file_rules`), by the names of columns and never
by a value; faults of rows are then for `shared.kernel.contract.rules`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.types as types

from shared.kernel.contract.columns import ARROW_TYPES, Column, Contract
from shared.kernel.contract.file_rules import (
    EXTENSION,
    LACKING,
    LONGEST_TEXT_BYTES,
    LOWER_CASE,
    NESTED,
    NO_HEADER,
    NO_ROWS,
    NOT_UTF8,
    OUT_OF_RANGE,
    OVERLONG,
    REPEATED,
    TIME_OF_DAY,
    UNKNOWN,
    WRONG_TYPE,
    name_columns,
)

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


def read_columns(table: pa.Table, contract: Contract) -> pa.Table:
    """The table in the contract's columns and types; an absent optional column comes out empty.

    Raises BadFile (FIL-…) for the first kind of fault found, naming every column that has it.
    """
    _check_names(table.column_names, contract)
    if table.num_rows == 0 and not contract.may_be_empty:
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
        raise NO_HEADER.broken_by(also=cased, settings=LOWER_CASE if cased else None)
    lacking = [column.name for column in contract.columns if column.required and column.name not in names]
    if unknown := [name for name in dict.fromkeys(names) if name not in known]:
        lacks = f"It also lacks: {name_columns(lacking)}." if lacking else ""
        only_cased = len(other_case) == len(unknown)
        raise UNKNOWN.broken_by(unknown, also=f"{cased} {lacks}".strip(), settings=LOWER_CASE if only_cased else None)
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
