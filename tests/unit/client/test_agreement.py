"""`exchange agreement` says which agreements there are, and what one says."""

from __future__ import annotations

import pytest

from shared.agreements.registry import PACKAGES, load_agreement
from tests.agreements import copied


def test_list_prints_every_agreement_in_a_line(exchange):
    said = exchange("agreement", "list")
    assert said.code == 0
    heading, _, *lines = said.out.splitlines()
    assert heading.split() == ["agreement", "title", "in", "force", "parties"]
    assert len(lines) == len(PACKAGES)
    for id, line in zip(PACKAGES, lines, strict=True):
        terms = load_agreement(id)
        for part in (terms.reference, terms.title, f"{terms.in_force.first} to {terms.in_force.last}"):
            assert part in line
        assert line.endswith(" ".join(party.slug for party in terms.participants))


def test_list_says_the_same_in_json(exchange):
    every = exchange("agreement", "list", "--json").json["agreements"]
    assert [one["agreement"] for one in every] == [load_agreement(id).reference for id in PACKAGES]
    assert set(every[0]) == {"agreement", "title", "in_force", "parties"}


@pytest.mark.parametrize("id", PACKAGES)
def test_show_says_what_one_says(exchange, id):
    terms = load_agreement(id)
    out = exchange("agreement", "show", id).out
    for part in (terms.reference, terms.title, *terms.controllers, f"{terms.retention.promise_days} days"):
        assert part in out
    [said] = exchange("agreement", "show", id, "--json").json["agreements"]
    assert said["agreement"] == terms.reference
    assert said["retention"]["sweep_days"] == terms.retention.sweep_days


def test_show_without_an_id_shows_all(exchange):
    every = exchange("agreement", "show", "--json").json["agreements"]
    assert [one["agreement"] for one in every] == [load_agreement(id).reference for id in PACKAGES]
    assert all(load_agreement(id).reference in exchange("agreement", "show").out for id in PACKAGES)


def test_an_unknown_id_is_told_and_those_there_are(exchange):
    said = exchange("agreement", "show", "gossip")
    assert said.code == 2
    assert "AGR-007" in said.err
    assert all(id in said.err for id in PACKAGES)


@pytest.mark.parametrize("words", [("list",), ("show",), ("show", "fsm")])
def test_a_wrong_key_of_a_folder_is_named(exchange, tmp_path, words):
    terms = copied(tmp_path / "agreements") / "fsm.yaml"
    terms.write_text(terms.read_text(encoding="utf-8").replace("to: own", "to: home"), encoding="utf-8")
    said = exchange("agreement", *words, "--agreements", terms.parent)
    assert said.code == 2
    assert "AGR-000: fsm.yaml: releases.matches.to" in said.err


def test_a_recipient_is_shown_apart(exchange, tmp_path):
    terms = copied(tmp_path / "agreements") / "fsm.yaml"
    added = "recipients: [a-hub]\nparties:\n  - {slug: a-hub, name: A hub, kind: hub}\n"
    terms.write_text(terms.read_text(encoding="utf-8") + added, encoding="utf-8")
    assert "only collect      a-hub\n" in exchange("agreement", "show", "fsm", "--agreements", terms.parent).out
    assert exchange("agreement", "list", "--agreements", terms.parent).out.splitlines()[2].endswith(" a-hub")
