"""Canonical JSON, base64url and the page of gates."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.envelope.canonical import canonical, from_text, to_text
from shared.kernel.envelope.gates import GATES, KEY_CODES, gate_page, refuse

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


def test_codes_are_numbered_in_the_order_of_the_gates() -> None:
    assert [gate.code for gate in GATES] == [f"ENV-{number:03d}" for number in range(1, len(GATES) + 1)]
    numbers = (*range(1, 7), 10, 11, 12)  # those from 10 on are about the time of a key
    assert [reason.code for reason in KEY_CODES] == [f"KEY-{number:03d}" for number in numbers]


def test_every_reason_says_what_it_means_and_what_to_do() -> None:
    for reason in GATES + KEY_CODES:
        assert reason.meaning.endswith(".")
        assert reason.remedy.endswith(".")
        assert len({other.name for other in GATES + KEY_CODES}) == len(GATES + KEY_CODES)
        refusal = refuse(reason)
        assert (refusal.code, refusal.message, refusal.remedy) == (reason.code, reason.meaning, reason.remedy)


def test_the_page_of_gates_lists_every_code_once_and_in_order() -> None:
    page = gate_page()
    listed = re.findall(r"^\| ((?:ENV|KEY)-\d{3}) \|", page, re.MULTILINE)
    assert listed == [reason.code for reason in GATES + KEY_CODES]
    assert all(reason.remedy in page for reason in GATES)
