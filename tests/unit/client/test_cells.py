"""Cells: what is read, and what is said to be unreadable rather than guessed."""

from __future__ import annotations

import re
from datetime import date

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from client.pack.cells import Cells, folded
from client.pack.dates import DATE_ORDERS, DATE_SHAPES, PLAIN, Order, evidence_of, read_dates
from client.pack.findings import Findings, count_by_code
from client.pack.names import ORDERS, split
from client.pack.source import Source, heading, tidy
from shared.agreements.free_school_meals.contracts import DECISIONS
from shared.kernel.errors import InvalidInput

_FORMATS = {
    "iso": "%Y-%m-%d",
    "uk": "%d/%m/%Y",
    "census": "%Y-%b-%d 00:00:00",
    "month": "%d-%b-%Y",
    "compact": "%Y%m%d",
    "us": "%m/%d/%Y",
}


def source(*cells: str | None) -> Source:
    import numpy as np

    table = pa.table({"cell": tidy(pa.array(cells, pa.string()))})
    return Source("cells.csv", table, np.arange(2, len(cells) + 2), np.array([], dtype=np.int64))


@given(st.dates(min_value=date(1000, 1, 1)), st.sampled_from(sorted(DATE_SHAPES)))
def test_every_day_is_read_back_from_every_shape(day, shape):
    assert read_dates(pa.array([day.strftime(_FORMATS[shape])]), (shape,)).to_pylist() == [day]


@given(st.dates(min_value=date(1000, 1, 1)), st.sampled_from(PLAIN), st.sampled_from(DATE_ORDERS))
def test_a_plain_shape_is_read_alike_whatever_the_order_of_day_and_month(day, shape, order):
    assert read_dates(pa.array([day.strftime(_FORMATS[shape])]), Order(order).shapes).to_pylist() == [day]


@given(st.lists(st.dates(min_value=date(1000, 1, 1)), min_size=1), st.sampled_from(DATE_ORDERS))
def test_a_column_in_one_order_never_speaks_against_it_and_is_never_read_in_the_other(days, order):
    column = pa.array([day.strftime(_FORMATS[order]) for day in days])
    evidence = evidence_of(column)
    assert not evidence.contradicts(Order(order))
    sure = sum(day.day > 12 for day in days)
    assert (evidence.day_first, evidence.month_first) == ((sure, 0) if order == "uk" else (0, sure))
    assert evidence.contradicts(Order("us" if order == "uk" else "uk")) is (sure > 0)


@given(st.lists(st.text(max_size=24) | st.none()))
def test_no_text_whatever_breaks_the_reading_of_dates(texts):
    read_dates(pa.array(texts, pa.string()), DATE_SHAPES)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("31/06/2016", "PAK-002"),
        ("29/02/2015", "PAK-002"),
        ("00/01/2016", "PAK-002"),
        ("2016-13-01", "PAK-002"),
        ("32/01/2016", "PAK-002"),
        ("42311", "PAK-002"),
        ("2015-06-03T23:00:00Z", "PAK-002"),  # the 4th of June in London
        ("3 Novembre 2015", "PAK-002"),
        ("2016", "PAK-002"),
        ("1/1/16", "PAK-061"),
        ("3-Nov-15", "PAK-061"),
    ],
)
def test_a_day_that_does_not_exist_or_a_short_year_is_never_guessed(text, code):
    findings = Findings()
    assert Cells(source(text), findings).date("cell").to_pylist() == [None]
    assert count_by_code(findings.table()) == {code: 1}


@pytest.mark.parametrize(
    "text",
    [
        *("2015-11-03", "2015/11/03", "2015-11-3", "2015-11-03 00:00:00", "2015-11-03T00:00:00.000Z", "20151103"),
        *("03/11/2015", "3/11/2015", "03 11 2015", "03.11.2015", "03/11/2015 00:00", "03/11/2015 12:00:00 AM"),
        *("03-Nov-2015", "3 November 2015", "03NOV2015", "2015-Nov-03 00:00:00", "\u200b03/11/2015", "'03/11/2015"),
    ],
)
def test_one_day_is_read_from_every_shape_that_people_and_spreadsheets_write(text):
    assert Cells(source(text), Findings()).date("cell").to_pylist() == [date(2015, 11, 3)]


@pytest.mark.parametrize(
    ("cells", "stated", "read_as"),
    [
        (("11/03/2015", "11/23/2015"), None, "INP-070"),
        (("11/23/2015", "23/11/2015"), None, "INP-070"),
        (("11/03/2015", "11/23/2015"), "us", [date(2015, 11, 3), date(2015, 11, 23)]),
        (("11/03/2015", "11/23/2015"), "uk", [date(2015, 3, 11), None]),
        (("23/11/2015", "11/03/2015"), "us", [None, date(2015, 11, 3)]),
        (("11/03/2015", "12/03/2015"), None, [date(2015, 3, 11), date(2015, 3, 12)]),
        (("2015-11-23", "11/03/2015"), None, [date(2015, 11, 23), date(2015, 3, 11)]),
    ],
)
def test_the_order_of_day_and_month_is_stated_or_refused_and_never_guessed(cells, stated, read_as):
    one, findings = source(*cells), Findings()
    order = Order(stated, stated=True) if stated else Order()
    if read_as == "INP-070":
        with pytest.raises(InvalidInput, match="fit only month first") as refused:
            Cells(one, findings, order=order).date("cell")
        assert not any(cell in str(refused.value) for cell in cells)
        return
    assert Cells(one, findings, order=order).date("cell").to_pylist() == read_as
    assert count_by_code(findings.table()) == ({"PAK-060": 1} if None in read_as else {})


def test_one_slip_among_many_dates_is_named_and_the_others_are_read():
    findings = Findings()
    read_back = Cells(source("11/23/2015", *(["23/11/2015"] * 20)), findings).date("cell").to_pylist()
    assert read_back == [None, *([date(2015, 11, 23)] * 20)]
    assert count_by_code(findings.table()) == {"PAK-060": 1}
    with pytest.raises(InvalidInput):
        Cells(source("11/23/2015", *(["23/11/2015"] * 19)), Findings()).date("cell")


def test_dates_that_a_spreadsheet_read_month_first_where_it_could_are_refused_and_never_read_as_they_look():
    """3 November 2015 became a date cell of 11 March; 23 November could not, and stayed as text."""
    cells = [f"2015-{day:02d}-03" for day in range(1, 6)], [f"{day}/11/2015" for day in range(23, 28)]
    with pytest.raises(InvalidInput, match="INP-076"):
        Cells(source(*cells[0], *cells[1]), Findings()).date("cell")
    stated = Order(stated=True)
    assert None not in Cells(source(*cells[0], *cells[1]), Findings(), order=stated).date("cell").to_pylist()
    for better in (["2015-11-13"], ["03/11/2015"]):
        assert None not in Cells(source(*cells[0], *cells[1], *better), Findings()).date("cell").to_pylist()
    few = cells[0][:4] * 5  # the same few days over and over are no sign
    assert None not in Cells(source(*few, *cells[1]), Findings()).date("cell").to_pylist()


@pytest.mark.parametrize("order", DATE_ORDERS)
def test_advice_on_a_date_names_only_shapes_that_are_really_read(order):
    findings = Findings()
    Cells(source("nonsense"), findings, order=Order(order, stated=True)).date("cell")
    (line,) = findings.table().to_pylist()
    advised = re.findall(r"\d[\w/-]*\d", line["remedy"])
    assert len(advised) == 3
    assert read_dates(pa.array(advised), Order(order).shapes).to_pylist() == [date(2015, 11, 23)] * 3


@pytest.mark.parametrize(
    ("text", "code"),
    [
        *((text, "C") for text in ("c", "C", " C ", "\u200bC", "single", "SINGLE", "Single  Registration")),
        *((text, "one two") for text in ("One Two", "ONE-TWO", "one - two", "one\u2011two")),
        *((text, "x(y)") for text in ("X (Y)", "x(y)", "X( y )")),
        *(
            (text, None)
            for text in ("C?", "(C)", "-C", "C-", "~C", "C.", "C!", "'C'", "1", "-1", "1-", "one.two", "x y")
        ),
    ],
)
def test_of_a_code_only_case_blanks_and_inner_hyphens_are_folded(text, code):
    known = {"C": "C", "Single": "C", "Single registration": "C", "one two": "one two", "x(y)": "x(y)"}
    findings = Findings()
    assert Cells(source(text), findings).code("cell", known).to_pylist() == [code]
    assert ("PAK-006" in count_by_code(findings.table())) == (code is None)


@pytest.mark.parametrize(
    "text", ["opted-out", "Opted Out", "opted_out?", "(opted_out)", "opted_out.", "opted\u00a0out"]
)
def test_of_a_decision_nothing_is_folded_but_case_and_outer_blanks(text):
    cells = Cells(source(text, " OPTED_OUT "), Findings())
    assert cells.read(DECISIONS.column("decision"), "cell").to_pylist() == [None, "opted_out"]


@given(st.text(st.sampled_from("aB1 -?().~_/"), max_size=8), st.text(st.sampled_from("aB1 -?().~_/"), max_size=8))
def test_two_spellings_are_alike_only_with_the_same_letters_digits_and_signs(one, other):
    def kept(text: str) -> str:
        """Everything but blanks and hyphens between two letters or digits."""
        return re.sub(r"(?<=[a-z0-9])[ -]+(?=[a-z0-9])", "", text.lower().strip(" ")).replace(" ", "")

    if folded(one) == folded(other):
        assert kept(one) == kept(other)


@pytest.mark.parametrize(
    ("text", "uprn", "code"),
    [
        ("100023336956", "100023336956", None),
        ("000012345678", "12345678", None),
        ("100023336956.0", "100023336956", "PAK-010"),
        ("1.00E+11", None, "PAK-004"),
        ("1E11", None, "PAK-004"),
        ("1.00023E+11", None, "PAK-004"),
        ("100023000000", None, "PAK-004"),
        ("10000000", None, "PAK-004"),
        ("000100023000000", None, "PAK-004"),
        ("100023336000", "100023336000", None),
        ("1000000", "1000000", None),
        ("100,023,336,956", "100023336956", "PAK-063"),
        ("10 0023 336956", "100023336956", "PAK-063"),
        ("'100023336956", "100023336956", "PAK-062"),
        ('="100023336956"', "100023336956", "PAK-062"),
        ("100023336956\u200b", "100023336956", "PAK-062"),
        ("1.0", None, "PAK-065"),
        ("-1", None, "PAK-065"),
        ("1,00023336956", None, "PAK-065"),
        ("1000233369561", None, "PAK-065"),
        ("UPRN 100023336956", None, "PAK-065"),
        ("0", None, "PAK-065"),
        ("#N/A", None, "PAK-007"),
    ],
)
def test_a_uprn_is_kept_mended_without_loss_or_listed(text, uprn, code):
    findings = Findings()
    assert Cells(source(text), findings).uprn("cell").to_pylist() == [uprn]
    assert count_by_code(findings.table()) == ({code: 1} if code else {})


@pytest.mark.parametrize(
    ("text", "identifier", "code"),
    [
        ("2104345", "2104345", None),
        ("210/4345", "2104345", "PAK-063"),
        ("210-4345", "2104345", "PAK-063"),
        ("210 4345", "2104345", "PAK-063"),
        ("210\\4345", "2104345", "PAK-063"),
        ("2104345.0", "2104345", None),
        ("100,785", "100785", "PAK-063"),
        ("9,276,308,686", "9276308686", "PAK-063"),
        ("9.276308686E+09", None, "PAK-064"),
        ("210/434", "210/434", None),  # for the contract's rule to refuse
        ("\ufeffV210434519001", "V210434519001", "PAK-062"),
        ("V2104\u00ad34519001\u202c", "V210434519001", "PAK-062"),
        ("'V210434519001", "V210434519001", "PAK-062"),
        ('="V210434519001"', "V210434519001", "PAK-062"),
    ],
)
def test_an_identifier_written_plainly_is_read_and_a_damaged_one_is_not(text, identifier, code):
    findings = Findings()
    assert Cells(source(text), findings).identifier("cell").to_pylist() == [identifier]
    assert count_by_code(findings.table()) == ({code: 1} if code else {})


@given(st.sampled_from(["V210434519001", "2104345", "9276308686"]), st.data())
def test_characters_that_do_not_show_never_change_an_identifier(identifier, data):
    unseen = st.text(st.sampled_from("\u200b\u200e\u2060\ufeff\u00ad\u202a\u2066"), min_size=1, max_size=3)
    place = data.draw(st.integers(0, len(identifier)))
    text = identifier[:place] + data.draw(unseen) + identifier[place:]
    findings = Findings()
    assert Cells(source(text), findings).identifier("cell").to_pylist() == [identifier]
    assert count_by_code(findings.table()) == {"PAK-062": 1}


@pytest.mark.parametrize(
    "text", ["12-Mar", "3-Dec", "Mar-26", "12-Mar-26", "2026-03-12", "2026-03-12 00:00:00", "12/03/2026"]
)
def test_a_house_number_that_became_a_date_is_left_out_and_named(text):
    findings = Findings()
    assert Cells(source(text), findings).house_number("cell").to_pylist() == [None]
    assert count_by_code(findings.table()) == {"PAK-066": 1}


@pytest.mark.parametrize("text", ["12/3", "12-14", "3/1", "12A", "March House", "12 May Court", "Flat 12-14"])
def test_a_house_number_is_no_date(text):
    assert Cells(source(text), Findings()).house_number("cell").to_pylist() == [text]


def test_joiners_stay_in_names_and_other_unseen_characters_do_not():
    findings = Findings()
    read_back = Cells(source("\u0645\u06cc\u200c\u062e", "Oka\u200bfor", "Anne\u00adMarie"), findings).text("cell")
    assert read_back.to_pylist() == ["\u0645\u06cc\u200c\u062e", "Okafor", "AnneMarie"]
    assert count_by_code(findings.table()) == {"PAK-062": 2}


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
