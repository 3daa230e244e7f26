"""Identifiers: column checks agree with the readable ones, and both with checks written another way."""

from __future__ import annotations

import re
import string
from collections.abc import Callable

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.contract.identifiers import (
    UPN_ALPHABET,
    identifiers_normal,
    is_pseudo_postcode,
    nino_bodies_ok,
    nino_ok,
    ninos_ok,
    postcode_normal,
    postcodes_normal,
    postcodes_ok,
    pseudo_postcodes,
    rounded_uprns,
    uln_ok,
    ulns_ok,
    upn_check_letter,
    upn_ok,
    upn_temporary,
    upns_ok,
    upns_shaped,
    upns_temporary,
    uprn_normal,
    uprn_ok,
    uprns_normal,
    uprns_ok,
)

bodies = st.builds(
    lambda digits, last: digits + last,
    st.text(string.digits, min_size=11, max_size=11),
    st.sampled_from(string.digits + UPN_ALPHABET),
)
upns = bodies.map(lambda body: upn_check_letter(body) + body)
# Near misses matter more than noise: shapes that are almost right, and characters that only look like ASCII.
almost = st.text(string.digits + string.ascii_uppercase, min_size=8, max_size=14)
noise = st.text(max_size=20)
texts = st.lists(st.one_of(st.none(), upns, almost, noise), max_size=30)


def column(values: list[str | None]) -> pa.Array:
    return pa.array(values, pa.string())


@pytest.mark.parametrize("upn", ["B801200005001", "J210234519001", "E208401221037", "V21023451900A", "X21023451900K"])
def test_upns_of_the_guidance_hold(upn: str) -> None:
    assert upn_ok(upn)
    assert upn_temporary(upn) is upn[-1].isalpha()


@pytest.mark.parametrize(
    "upn",
    [
        "A210234519001",
        "J210234519010",
        "J21023451900I",
        "UN1",
        "",
        "J2102345190012",
        "j210234519001",
        "J21023451900\u0661",
    ],
)
def test_what_is_no_upn_does_not_hold(upn: str) -> None:
    assert not upn_ok(upn)
    assert not upns_ok([upn])[0]


def test_a_check_letter_is_made_of_a_body_only() -> None:
    assert upn_check_letter("801200005001") == "B"
    with pytest.raises(ValueError, match="body"):
        upn_check_letter("80120000500")


@pytest.mark.parametrize(
    ("uln", "holds"),
    [
        ("9276308686", True),
        ("1234567899", True),
        ("1000000043", True),
        ("9276308687", False),
        ("0276308686", False),
        ("927630868", False),
    ],
)
def test_ulns_of_the_guidance(uln: str, holds: bool) -> None:
    assert uln_ok(uln) is holds
    assert ulns_ok([uln]).tolist() == [holds]


@pytest.mark.parametrize(
    ("nino", "holds"),
    [
        ("AB123456C", True),
        ("OA123456A", True),
        ("NN123456C", True),
        ("QQ123456C", False),
        ("AO123456A", False),
        ("BG123456A", False),
        ("AB123456E", False),
        ("AB123456", False),
        ("11a11111", False),
    ],
)
def test_ninos_of_the_guidance(nino: str, holds: bool) -> None:
    assert nino_ok(nino) is holds
    assert ninos_ok([nino]).tolist() == [holds]
    assert nino_bodies_ok([nino[:8]]).tolist() == [nino_ok(nino[:8] + "A")]


@pytest.mark.parametrize(
    ("sent", "normal"),
    [
        ("100023336956", "100023336956"),
        ("000100", "100"),
        (" 7 ", "7"),
        ("1.0", None),
        ("-1.0", None),
        ("1E+11", None),
        ("1.0E+11", None),
        ("0", None),
        ("", None),
        ("1234567890123", None),
    ],
)
def test_uprns_are_digits_as_text_and_nothing_a_spreadsheet_made_of_them(sent: str, normal: str | None) -> None:
    assert uprn_normal(sent) == normal
    assert uprn_ok(sent) is (normal is not None)
    assert uprns_ok(uprns_normal([sent])).tolist() == [normal is not None]


@pytest.mark.parametrize(
    ("sent", "normal"),
    [
        ("se154qp", "SE15 4QP"),
        ("W1A 0AX", "W1A 0AX"),
        ("EC1A1BB", "EC1A 1BB"),
        ("E1W 1AA", "E1W 1AA"),
        ("n1c4ax", "N1C 4AX"),
        ("CR2  6XH", "CR2 6XH"),
        ("GIR 0AA", "GIR 0AA"),
        ("SE15-4QP.", "SE15 4QP"),
        ("Y0 2RV", None),
        ("SW2 1CV", None),
        ("ZZ99 3VZ", None),
        ("W1T 1J0", None),
        ("SE1", None),
        ("SE15\u00a04QP", "SE15 4QP"),
        ("SE15 4QP\u200b", "SE15 4QP"),
        ("SE15\u20114QP", "SE15 4QP"),
        ("SE15 4QPÉ", None),
        ("SE15 4QP?", None),
        ("(SE15 4QP)", None),
        ("SE15 4QP/SW2 5SG", None),
        ("junk SE15 4QP", None),
        ("ABCDE99Z 123AB", None),
        ("...", None),
        ("", None),
    ],
)
def test_postcodes_have_one_spelling_or_are_none(sent: str, normal: str | None) -> None:
    assert postcode_normal(sent) == normal
    # What a cell becomes may not depend on the cells beside it.
    for beside in ("SE15 4QP", "n/a", "É"):
        cells = postcodes_normal([sent, beside])
        assert postcodes_ok(cells).tolist()[0] is (normal is not None)
        assert normal is None or cells.to_pylist()[0] == normal


@pytest.mark.parametrize(("sent", "pseudo"), [("zz99 3vz", True), ("ZZ993WZ", True), ("Z99 3VZ", False), ("", False)])
def test_pseudo_postcodes_are_known_as_such(sent: str, pseudo: bool) -> None:
    assert is_pseudo_postcode(sent) is pseudo
    assert pseudo_postcodes(postcodes_normal([sent])).tolist() == [pseudo]


@given(upns, st.integers(1, 11), st.sampled_from(string.digits))
def test_no_single_wrong_digit_leaves_a_upn_that_holds(upn: str, place: int, digit: str) -> None:
    wrong = upn[:place] + digit + upn[place + 1 :]
    assert upn_ok(wrong) is (wrong == upn)


@given(upns, st.integers(1, 10))
def test_no_two_swapped_neighbours_leave_a_upn_that_holds(upn: str, place: int) -> None:
    swapped = upn[:place] + upn[place + 1] + upn[place] + upn[place + 2 :]
    assert upn_ok(swapped) is (swapped == upn)


@given(upns, st.integers(0, 13), st.text(st.sampled_from("\u200b\u00ad\ufeff\u202a \u00a0\u2007"), max_size=3))
def test_what_does_not_show_is_no_part_of_an_identifier(upn: str, place: int, unseen: str) -> None:
    assert identifiers_normal([upn[:place] + unseen + upn[place:]]).to_pylist() == [upn]


@pytest.mark.parametrize(
    ("uprn", "rounded"),
    [
        ("100000000000", True),
        ("100023000000", True),
        ("10000000", True),
        ("100023336956", False),
        ("100023300000", False),
        ("1000000", False),
        ("10000000000000", False),
    ],
)
def test_a_uprn_that_a_spreadsheet_rounded_is_known_by_its_zeros(uprn: str, rounded: bool) -> None:
    assert rounded_uprns([uprn]).tolist() == [rounded]


@given(texts)
def test_a_column_is_judged_cell_by_cell_as_a_single_text_is(cells: list[str | None]) -> None:
    values = column(cells)
    for single, plural in (
        (upn_ok, upns_ok),
        (upn_temporary, upns_temporary),
        (uln_ok, ulns_ok),
        (nino_ok, ninos_ok),
        (lambda text: re.fullmatch("[A-HJ-NP-RT-Z][0-9]{11}[0-9A-HJ-NP-RT-Z]", text) is not None, upns_shaped),
    ):
        assert plural(values).tolist() == [cell is not None and single(cell) for cell in cells]


@given(texts)
def test_postcodes_and_uprns_of_a_column_are_what_single_ones_are(cells: list[str | None]) -> None:
    for normal, normals, ok in (
        (postcode_normal, postcodes_normal, postcodes_ok),
        (uprn_normal, uprns_normal, uprns_ok),
    ):
        spelt = normals(column(cells))
        expected = [None if cell is None else normal(cell) for cell in cells]
        got = [cell if holds else None for cell, holds in zip(spelt.to_pylist(), ok(spelt).tolist(), strict=True)]
        assert got == expected


@given(st.lists(upns, min_size=1, max_size=20))
def test_a_column_may_be_arrow_numpy_pandas_or_a_list_and_sliced(cells: list[str]) -> None:
    wrong = ["A" + cell[1:] for cell in cells]
    expected = [upn_ok(cell) for cell in wrong]
    for values in (
        wrong,
        column(wrong),
        pa.chunked_array([column(wrong[:1]), column(wrong[1:])]),
        pa.array(wrong, pa.large_string()),
        pa.array(wrong).dictionary_encode(),
        np.array(wrong, dtype=object),
        pd.Series(wrong),
        column(["x", *wrong]).slice(1),
    ):
        assert upns_ok(values).tolist() == expected


@given(texts)
def test_a_normal_form_is_normal_already(cells: list[str | None]) -> None:
    for normal in (identifiers_normal, uprns_normal, postcodes_normal):
        once = normal(column(cells))
        assert normal(once).equals(once)


@pytest.mark.parametrize("zero", "٠０߀𝟎", ids=["Arabic", "full width", "N'Ko", "mathematical"])
@pytest.mark.parametrize(
    ("ok", "identifier"),
    [(upn_ok, "B801200005001"), (uln_ok, "9276308686"), (nino_ok, "AB123456C"), (uprn_ok, "100023336956")],
)
def test_a_digit_that_only_looks_like_one_makes_no_identifier(
    ok: Callable[[str], bool], identifier: str, zero: str
) -> None:
    """Python takes them all for digits; so does `\\d`."""
    assert ok(identifier)
    for place, digit in enumerate(identifier):
        if digit.isdigit():
            assert not ok(identifier[:place] + chr(ord(zero) + int(digit)) + identifier[place + 1 :])
