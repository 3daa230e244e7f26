"""Which boroughs a local exchange has."""

from __future__ import annotations

from pathlib import Path

import pytest

from client.codes import INPUT_CODES
from local.boroughs import chosen, write_agreements
from local.synth.london import PILOT
from local.up import _terms
from shared.agreements.registry import load_agreements
from shared.kernel.errors import InvalidInput


@pytest.mark.parametrize(
    ("named", "slugs"),
    [("pilot", PILOT), ("sutton,croydon", ("croydon", "sutton")), (" sutton , croydon,sutton,", ("croydon", "sutton"))],
)
def test_boroughs_are_named_by_a_word_or_one_by_one(named: str, slugs: tuple[str, ...]) -> None:
    assert chosen(named) == slugs


def test_all_are_the_33_of_london() -> None:
    every = chosen("all")
    assert len(every) == 33
    assert set(PILOT) < set(every)


@pytest.mark.parametrize(
    ("named", "code", "told"),
    [
        ("croydon,surrey,atlantis", "INP-140", "atlantis, surrey"),
        ("croydon", "INP-141", "alone"),
        (",", "INP-141", "alone"),
        ("croydon,croydon", "INP-141", "alone"),
    ],
)
def test_others_than_two_boroughs_or_more_are_refused(named: str, code: str, told: str) -> None:
    with pytest.raises(InvalidInput, match=told) as refused:
        chosen(named)
    assert refused.value.code == code


def test_the_shipped_agreements_are_written_for_others_and_say_the_same_otherwise(tmp_path: Path) -> None:
    slugs = ("croydon", "lambeth", "sutton")
    folder = write_agreements(slugs, tmp_path)
    assert folder == tmp_path / "agreements"
    for shipped, written in zip(load_agreements(), load_agreements(folder), strict=True):
        assert written.terms.controllers == slugs
        assert {dataset.dropped_by for dataset in written.terms.datasets.values()} == {slugs}
        theirs = {"controllers": shipped.terms.controllers, "datasets": shipped.terms.datasets}
        assert written.terms.model_copy(update=theirs).model_dump() == shipped.terms.model_dump()


def test_between_the_boroughs_of_the_shipped_agreements_nothing_is_written(tmp_path: Path) -> None:
    assert write_agreements(PILOT[::-1], tmp_path) is None
    assert list(tmp_path.iterdir()) == []


def test_who_takes_part_is_remembered_until_others_are_named(tmp_path: Path) -> None:
    other = tmp_path / "other"
    assert _terms(tmp_path, None, None) is None
    assert _terms(tmp_path, "croydon,sutton", None) == tmp_path / "agreements"
    assert _terms(tmp_path, None, None) == tmp_path / "agreements"
    assert _terms(tmp_path, None, other) == other
    assert _terms(tmp_path, "pilot", None) is None
    assert _terms(tmp_path, None, None) is None
    with pytest.raises(InvalidInput) as refused:
        _terms(tmp_path, "pilot", other)
    assert refused.value.code == "INP-142"
    assert refused.value.code in INPUT_CODES
