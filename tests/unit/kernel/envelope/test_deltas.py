"""Numbers written as differences: read as the Parquet reader reads them, or refused."""

from __future__ import annotations

from itertools import pairwise

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.kernel.envelope.deltas import check_count, check_texts
from shared.kernel.envelope.layouts import PAGE_HEADER
from shared.kernel.envelope.thrift import Room, read_struct_at

TEXTS = st.lists(st.text("abcé", max_size=6) | st.text("a", min_size=100, max_size=400), min_size=1, max_size=700)


def page(texts: list[str], encoding: str) -> bytes:
    """The values of the one data page that Arrow writes for these texts."""
    sink = pa.BufferOutputStream()
    table = pa.table([texts], schema=pa.schema([pa.field("t", pa.string(), nullable=False)]))
    options = {"use_dictionary": False, "compression": "none", "column_encoding": encoding}
    pq.write_table(table, sink, data_page_size=2**24, write_batch_size=2**20, **options)
    data = sink.getvalue().to_pybytes()
    header, length = read_struct_at(data[4:], PAGE_HEADER, Room(0, 0))
    return data[4 + length : 4 + length + header[2]]


def common_prefix(one: bytes, other: bytes) -> int:
    """Bytes that two texts begin with alike."""
    places = (place for place, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
    return next(places, min(len(one), len(other)))


@settings(max_examples=100, deadline=None)
@given(TEXTS, st.booleans())
def test_what_texts_repeat_is_counted_to_the_byte(texts: list[str], in_order: bool) -> None:
    texts = sorted(texts) if in_order else texts
    written = [text.encode() for text in texts]
    repeated = sum(common_prefix(one, other) for one, other in pairwise(written))
    data = page(texts, "DELTA_BYTE_ARRAY")
    assert check_texts(data, len(texts)) == repeated
    with pytest.raises(ValueError, match="rows"):
        check_texts(data, len(texts) - 1)


def test_as_many_lengths_as_rows_pass_and_no_more() -> None:
    data = page([f"{number}" for number in range(1000)], "DELTA_LENGTH_BYTE_ARRAY")
    check_count(data, 1000)
    with pytest.raises(ValueError, match="rows"):
        check_count(data, 999)


@settings(deadline=None)
@given(st.binary(max_size=200), st.integers(0, 300))
def test_any_bytes_are_counted_or_refused(data: bytes, rows: int) -> None:
    try:
        assert check_texts(data, rows) >= 0
    except ValueError:
        return


@settings(max_examples=200, deadline=None)
@given(st.data(), TEXTS)
def test_a_page_with_bytes_changed_is_counted_or_refused(draw: st.DataObject, texts: list[str]) -> None:
    data = bytearray(page(texts, "DELTA_BYTE_ARRAY"))
    for _ in range(3):
        data[draw.draw(st.integers(0, len(data) - 1))] = draw.draw(st.integers(0, 255))
    try:
        assert check_texts(bytes(data), len(texts)) >= 0
    except ValueError:
        return
