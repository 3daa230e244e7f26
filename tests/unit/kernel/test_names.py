"""Every grammar of a name stands once, and every reader of a name asks it."""

from __future__ import annotations

import ast
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from shared.kernel import names
from shared.kernel.envelope.keys import check_owner
from shared.kernel.envelope.manifest import Manifest
from shared.kernel.errors import LedgerRefused
from shared.kernel.intake.ties import Tie
from shared.kernel.ledger.events import START, Event
from shared.kernel.terms.partition import Partition
from shared.kernel.texts import Collection, Dataset, Reference, Slug

ROOT = Path(__file__).resolve().parents[3]
DROP = "0" * 31 + "a"
PERIODS = ("2026-autumn", "2027-spring", "2027-summer", "2026", "2025-26", "2099-00")
NO_PERIODS = (
    "2026-autum",
    "2026-winter",
    "2026-Autumn",
    "2026_autumn",
    "2026-autumn ",
    "2026-autumn\n",
    "26-autumn",
    "1926-autumn",
    "autumn-2026",
    "2025-27",
    "2025-2026",
    "2025/26",
    "2026-",
    "2026-25",
    "٢٠٢٦-autumn",
    "",
)
SLUGS = ("lambeth", "kensington-and-chelsea", "school-100785", "hub-2", "a" * 56)
NO_SLUGS = (
    "",
    "a",
    "1school",
    "-lambeth",
    "lambeth-",
    "two--words",
    "Lambeth",
    "two words",
    "two_words",
    "a" * 57,
    "x\n",
    "e10",
    "b801200005001",
    "ab123456c",
    "born-2014-05-01",
    "lambeth-20140501",
    "lambeth-1-2",
)


@pytest.mark.parametrize("text", PERIODS)
def test_a_period_is_a_collection_for_everybody(text: str) -> None:
    assert names.is_collection(text)
    assert TypeAdapter(Collection).validate_python(text) == text
    assert _manifest(collection=text).collection == text
    assert _event(codes=(text,)).codes == (text,)
    assert Partition.named(name := _partition(text).name) == _partition(text), name
    assert Tie.named(_tie(text).name) == _tie(text)


@pytest.mark.parametrize("text", NO_PERIODS)
def test_what_is_no_period_is_a_collection_for_nobody(text: str) -> None:
    assert not names.is_collection(text)
    with pytest.raises(ValidationError):
        TypeAdapter(Collection).validate_python(text)
    with pytest.raises(ValidationError):
        _manifest(collection=text)
    with pytest.raises(ValueError, match="not the name"):
        Partition.named(_partition(text).name)
    with pytest.raises(ValueError, match="not the name"):
        Tie.named(_tie(text).name)


@pytest.mark.parametrize("text", [text for text in NO_PERIODS if text])
def test_the_ledger_takes_no_word_for_a_period(text: str) -> None:
    if re.fullmatch(r"20\d\d-\d\d|autumn-2026", text, re.ASCII):
        return  # two years in the wrong order are no value of a person's; a word and digits is a code like others
    with pytest.raises(LedgerRefused):
        _event(codes=(text,))


@pytest.mark.parametrize("text", SLUGS)
def test_a_slug_is_one_for_everybody(text: str) -> None:
    assert names.is_slug(text)
    assert TypeAdapter(Slug).validate_python(text) == text
    assert check_owner(text) == text
    assert _manifest(sender=text).sender == text
    assert _event(tenant=text).tenant == text
    assert Partition.named(_partition("2026-autumn", text).name).sender == text
    assert len(f"{text}-outbox") <= 63


@pytest.mark.parametrize("text", NO_SLUGS)
def test_what_is_no_slug_is_one_for_nobody(text: str) -> None:
    assert not names.is_slug(text)
    with pytest.raises(ValidationError):
        TypeAdapter(Slug).validate_python(text)
    with pytest.raises(ValidationError):
        _manifest(sender=text)
    if len(text) <= names.LONGEST_SLUG:  # the ledger has one bound for all words
        with pytest.raises(LedgerRefused):
            _event(tenant=text)
    with pytest.raises(ValueError, match="not a slug"):
        check_owner(text)


@pytest.mark.parametrize("text", ["pupils", "ehc_plans", "a" * 32])
def test_a_dataset(text: str) -> None:
    assert TypeAdapter(Dataset).validate_python(text) == text
    assert _manifest(dataset=text).dataset == text


@pytest.mark.parametrize("text", ["", "p", "ks2", "ehc-plans", "ehc__plans", "pupils_", "Pupils", "a" * 33, "../x"])
def test_no_dataset(text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Dataset).validate_python(text)
    with pytest.raises(ValidationError):
        _manifest(dataset=text)


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("fsm@1.0.0", True),
        ("origin-destination@12.3.45", True),
        ("fsm@1.0", False),
        ("fsm", False),
        ("@1.0.0", False),
        ("fsm@1.0.0 ", False),
        ("FSM@1.0.0", False),
        ("fsm@1.0.0@1.0.0", False),
        ("fsm@1.0.1234567", False),
    ],
)
def test_a_reference(text: str, holds: bool) -> None:
    assert names.is_reference(text) is holds
    if holds:
        assert TypeAdapter(Reference).validate_python(text) == text
        assert _event(agreement=text).agreement == text
        return
    with pytest.raises(ValidationError):
        TypeAdapter(Reference).validate_python(text)
    with pytest.raises(LedgerRefused):
        _event(agreement=text)


@given(st.integers(2000, 2099), st.sampled_from(["autumn", "spring", "summer"]))
def test_every_term_of_a_school_year(year: int, term: str) -> None:
    assert names.is_collection(f"{year}-{term}")


@given(st.text(max_size=14))
def test_whatever_else_is_written_is_no_collection(text: str) -> None:
    parts = text.split("-")
    term = len(parts) == 2 and parts[1] in ("autumn", "spring", "summer")
    year = parts[0].isascii() and parts[0].isdecimal() and len(parts[0]) == 4 and parts[0].startswith("20")
    years = len(parts) == 2 and year and parts[1] == f"{(int(parts[0]) + 1) % 100:02}"
    assert names.is_collection(text) is (year and (len(parts) == 1 or term or years))


def test_no_other_file_has_a_grammar_of_its_own() -> None:
    """What a name may be stands in `names.py` alone: no other regular expression spells out a collection, a party's
    slug or an id, even as a part of a longer name."""
    spelled = {
        "a collection": r"\d{4}-[a-z]",
        "terms": r"autumn\|spring",
        "a slug": r"[a-z](-?[a-z])",
        "a slug of letters": r"[a-z-]+",
        "an id": "[0-9a-f]{32}",
    }
    found = {
        f"{path.relative_to(ROOT)}: {what}"
        for folder in ("shared", "client", "operate", "local", "functions")
        for path in sorted((ROOT / folder).rglob("*.py"))
        if path != ROOT / "shared/kernel/names.py"
        for what, text in spelled.items()
        if any(text in constant for constant in _texts(path.read_text(encoding="utf-8")))
    }
    assert not found


def _texts(source: str) -> list[str]:
    return [
        node.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]


def _partition(collection: str, sender: str = "lambeth") -> Partition:
    return Partition("pupils", collection, sender, datetime(2026, 10, 1, tzinfo=UTC), DROP)


def _tie(collection: str) -> Tie:
    return Tie("pupils", collection, "lambeth", DROP, "f" * 32, "meets")


def _event(**facts: object) -> Event:
    plain = {"seq": 1, "subject": f"drop:{DROP}", "step": "staged", "at": "2026-10-01T09:30:00Z", "service": "intake"}
    return Event(**(plain | {"tenant": "lambeth", "agreement": "fsm@1.0.0", "previous": START} | facts))  # type: ignore[arg-type]


def _manifest(**facts: object) -> Manifest:
    plain = {
        "sender": "lambeth",
        "receiver": "exchange",
        "agreement": "fsm",
        "agreement_version": "1.0.0",
        "dataset": "pupils",
        "collection": "2026-autumn",
        "rows": 1,
        "sha256": "0" * 64,
        "key_id": "ring:lambeth/drop/0123456789ab",
        "signing_key_id": "ring:lambeth/sign/0123456789ab",
        "prepared_at": datetime(2026, 10, 1, tzinfo=UTC),
    }
    return Manifest(**(plain | facts))  # type: ignore[arg-type]
