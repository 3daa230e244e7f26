"""Canonical JSON, base64url, Thrift and the page of gates."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.envelope.canonical import canonical, from_text, to_text
from shared.envelope.gates import GATES, KEY_CODES, gate_page, refuse
from shared.envelope.thrift import read_struct

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(VALUES)
def test_canonical_json_is_json_and_has_one_form(value: object) -> None:
    written = canonical(value)
    assert json.loads(written) == value
    assert canonical(json.loads(written)) == written


def test_canonical_json_sorts_and_wastes_nothing() -> None:
    assert canonical({"b": [1, None], "a": {"d": True, "c": "é"}}) == '{"a":{"c":"é","d":true},"b":[1,null]}'.encode()


@given(st.binary())
def test_base64url_brings_every_byte_back(data: bytes) -> None:
    assert from_text(to_text(data)) == data
    assert re.fullmatch(r"[A-Za-z0-9_-]*", to_text(data))


@pytest.mark.parametrize("text", ["A", "AB", "AA==", "A A", "AA\n", "+/+/", "é", "AAA!"])
def test_base64url_has_one_spelling(text: str) -> None:
    with pytest.raises(ValueError, match=r"base64url|ASCII"):
        from_text(text)


@given(st.binary())
def test_thrift_of_any_bytes_is_read_or_refused(data: bytes) -> None:
    try:
        read_struct(data)
    except ValueError:
        return


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"\x00", {}),
        (b"\x15\x04\x00", {1: 2}),
        (b"\x15\x03\x00", {1: -2}),
        (b"\x11\x12\x00", {1: True, 2: False}),
        (b"\x13\x07\x00", {1: 7}),
        (b"\x18\x02hi\x00", {1: b"hi"}),
        (b"\x05\x20\x04\x00", {16: 2}),
        (b"\x19\x25\x02\x04\x00", {1: [1, 2]}),
        (b"\x19\x21\x01\x02\x00", {1: [1, 2]}),
        (b"\x1a\xf5\x10" + b"\x02" * 16 + b"\x00", {1: [1] * 16}),
        (b"\x1c\x15\x02\x00\x00", {1: {1: 1}}),
    ],
)
def test_thrift_values_are_read_as_written(data: bytes, expected: dict[int, object]) -> None:
    assert read_struct(data) == expected


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "cut short"),
        (b"\x18\x7fhi\x00", "cut short"),
        (b"\x19\xf5\xff\xff\xff\x0f", "longer than its file"),
        (b"\x15" + b"\xff" * 11, "without end"),
        (b"\x1b\x00\x00", "no use here"),
        (b"\x1c" * 40, "too deep"),
        (b"\x15\x02\x05\x02\x04\x00", "twice"),
    ],
)
def test_thrift_that_lies_about_lengths_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        read_struct(data)


def test_codes_are_numbered_in_the_order_of_the_gates() -> None:
    assert [gate.code for gate in GATES] == [f"ENV-{number:03d}" for number in range(1, len(GATES) + 1)]
    assert [reason.code for reason in KEY_CODES] == [f"KEY-{number:03d}" for number in range(1, len(KEY_CODES) + 1)]


def test_every_reason_says_what_it_means_and_what_to_do() -> None:
    for reason in GATES + KEY_CODES:
        assert reason.meaning.endswith(".")
        assert reason.mend.endswith(".")
        assert len({other.name for other in GATES + KEY_CODES}) == len(GATES + KEY_CODES)
        refusal = refuse(reason)
        assert (refusal.code, refusal.message, refusal.mend) == (reason.code, reason.meaning, reason.mend)


def test_the_page_of_gates_lists_every_code_once_and_in_order() -> None:
    page = gate_page()
    listed = re.findall(r"^\| ((?:ENV|KEY)-\d{3}) \|", page, re.MULTILINE)
    assert listed == [reason.code for reason in GATES + KEY_CODES]
    assert all(reason.mend in page for reason in GATES)
