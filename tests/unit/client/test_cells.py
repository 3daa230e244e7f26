"""Cells: what is read, and what is said to be unreadable rather than guessed."""

from __future__ import annotations

from datetime import date

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.pack.cells import DATE_SHAPES, Cells, read_dates
from client.pack.findings import Findings, count_by_code
from client.pack.names import ORDERS, split
from client.pack.source import Source, heading, tidy

_FORMATS = {
    "iso": "%Y-%m-%d",
    "uk": "%d/%m/%Y",
    "census": "%Y-%b-%d 00:00:00",
    "month": "%d-%b-%Y",
    "compact": "%Y%m%d",
}


def source(*cells: str | None) -> Source:
    import numpy as np

    table = pa.table({"cell": tidy(pa.array(cells, pa.string()))})
    return Source("cells.csv", table, np.arange(2, len(cells) + 2), np.array([], dtype=np.int64))


@given(st.dates(min_value=date(1000, 1, 1)), st.sampled_from(sorted(DATE_SHAPES)))
def test_every_day_is_read_back_from_every_shape(day, shape):
    assert read_dates(pa.array([day.strftime(_FORMATS[shape])]), (shape,)).to_pylist() == [day]


@given(st.lists(st.text(max_size=24) | st.none()))
def test_no_text_whatever_breaks_the_reading_of_dates(texts):
    read_dates(pa.array(texts, pa.string()), DATE_SHAPES)


@pytest.mark.parametrize(
    "text", ["31/06/2016", "29/02/2015", "00/01/2016", "2016-13-01", "32/01/2016", "1/1/16", "2016"]
)
def test_a_day_that_does_not_exist_or_a_short_year_is_never_guessed(text):
    findings = Findings()
    assert Cells(source(text), findings).date("cell").to_pylist() == [None]
    assert count_by_code(findings.table()) == {"PAK-002": 1}


@pytest.mark.parametrize(
    ("text", "uprn", "code"),
    [
        ("100023336956", "100023336956", None),
        ("000012345678", "12345678", None),
        ("100023336956.0", "100023336956", "PAK-010"),
        ("1.00E+11", None, "PAK-004"),
        ("1.0", None, "PAK-004"),
        ("-1", None, "PAK-004"),
        ("1000233369561", None, "PAK-004"),
        ("0", None, "PAK-004"),
        ("#N/A", None, "PAK-007"),
    ],
)
def test_a_uprn_is_kept_mended_without_loss_or_listed(text, uprn, code):
    findings = Findings()
    assert Cells(source(text), findings).uprn("cell").to_pylist() == [uprn]
    assert count_by_code(findings.table()) == ({code: 1} if code else {})


@pytest.mark.parametrize(
    ("text", "number"),
    [("1234.5", "1234.5"), ("\u00a31,234.50", "1234.50"), ("\u00a3 12", "12"), ("1,2", None), ("x", None)],
)
def test_an_amount_is_read_with_its_pound_sign_and_thousands(text, number):
    assert Cells(source(text), Findings()).decimal("cell").to_pylist() == [number]


def test_whole_numbers_lose_the_point_that_an_export_gave_them():
    cells = Cells(source("134.0", "12", "1.5", None), Findings())
    assert cells.integer("cell").to_pylist() == [134, 12, None, None]


def test_names_that_look_like_missing_values_are_names():
    assert Cells(source("NA", "Null", "None", "Nan"), Findings()).text("cell").to_pylist() == [
        "NA",
        "Null",
        "None",
        "Nan",
    ]


@pytest.mark.parametrize(
    ("order", "text", "expected"),
    [
        ("surname_comma_forename", "OKAFOR, MRS NGOZI ADA", ("Mrs", "NGOZI ADA", "OKAFOR")),
        ("surname_comma_forename", "Van der Berg,Jan", (None, "Jan", "Van der Berg")),
        ("surname_comma_forename", "OKAFOR NGOZI", (None, None, None)),
        ("surname_comma_forename", "OKAFOR,", (None, None, "OKAFOR")),
        ("surname_forename", "OKAFOR NGOZI ADA", (None, "NGOZI ADA", "OKAFOR")),
        ("forename_surname", "Dr. Ngozi Ada Okafor", ("Dr", "Ngozi", "Okafor")),
        ("forename_surname", "Cher", (None, None, None)),
    ],
)
def test_whole_names_are_split_or_listed(order, text, expected):
    assert order in ORDERS
    findings, one = Findings(), source(text)
    parts = split(one.column("cell"), order, one, findings, "cell")
    assert tuple(parts[name].to_pylist()[0] for name in ("title", "forename", "surname")) == expected
    assert ("PAK-009" in count_by_code(findings.table())) == (expected[2] is None)


@given(st.text(max_size=20))
def test_headings_are_compared_without_case_spaces_and_punctuation(text):
    assert heading(heading(text)) == heading(text)
    assert heading(f" {text} ") == heading(text)
