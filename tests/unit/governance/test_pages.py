"""Governance pages: every place is filled, and what only a person can decide is numbered and listed."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from docs.governance import facts, pages
from docs.governance.annex import annex_page
from docs.governance.dpia import dpia_page
from docs.governance.markdown import page, table
from docs.governance.record import record_page
from docs.governance.risks import RISKS, Risk, overall
from docs.governance.threats import Threat, threats
from shared.agreements.free_school_meals.contracts import CONTRACTS
from shared.kernel.terms.retention import LASTING, Container


@pytest.fixture
def template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(pages, "FOLDER", tmp_path)
    return tmp_path / "p.md.tmpl"


def test_a_place_without_a_fact_and_a_fact_without_a_place_are_errors(template: Path) -> None:
    template.write_text("${there}")
    assert pages.fill("p", {"there": "yes"}) == "yes\n"
    with pytest.raises(KeyError):
        pages.fill("p", {})
    with pytest.raises(KeyError, match="spare"):
        pages.fill("p", {"there": "yes", "spare": "no"})


def test_what_a_person_has_to_decide_is_numbered_and_listed(template: Path) -> None:
    template.write_text("One [[the DPO: who\nsigns]].\n\n${more}\n\n${decisions}")
    filled = pages.fill("p", {"more": "[[counsel: whether it is lawful]]"})
    assert "One **To decide (D1, the DPO): who signs**." in filled
    assert "| D2 | counsel | whether it is lawful |  |" in filled


def test_a_cell_does_not_end_at_a_bar_or_a_line() -> None:
    assert table(("a",), [("one | two\nthree",)]).splitlines()[-1] == "| one \\| two three |"


def test_prose_is_wrapped_and_tables_are_not() -> None:
    prose, row = "word " * 60, "| " + "cell " * 60 + "|"
    assert max(map(len, page(prose).splitlines())) <= 120
    assert page(row) == row + "\n"


def test_the_annex_shows_every_column_of_every_dataset() -> None:
    text = annex_page()
    for contract in CONTRACTS.values():
        for column in contract.columns:
            assert f"| {'**' * column.required}`{column.name}`{'**' * column.required} | {column.kind}" in text


def test_the_record_has_every_controller_and_a_list_of_what_is_to_be_decided() -> None:
    text = record_page()
    for borough in facts.parties():
        assert f"### {borough.name}\n" in text
        assert f"`{borough.slug}-inbox`" in text
    assert text.count("**To decide (D") == text.count("\n| D")


def test_every_kind_of_container_is_described() -> None:
    assert set(facts.HELD) == {*get_args(Container), *LASTING}


def test_facts_of_the_templates_are_found_where_they_stand() -> None:
    assert facts.region().startswith("UK South")
    assert facts.workspace_days() == 90
    assert set(facts.officers_named()) == set(facts.agreement().controllers)
    assert len(facts.rights()) == (facts.BICEP / "modules" / "roles.bicep").read_text().count("    key: '")


def threats_of(risk: Risk) -> list[Threat]:
    return [threat for threat in threats() if threat.id in risk.threats]


def test_every_threat_is_of_a_risk_and_every_risk_is_of_threats() -> None:
    numbers = {number for risk in RISKS for number in risk.threats}
    assert numbers == {threat.id for threat in threats()}
    assert [risk.id for risk in RISKS] == [f"R{number}" for number in range(1, len(RISKS) + 1)]


def test_a_risk_is_as_high_as_the_ico_says() -> None:
    assert overall("remote", "severe") == overall("probable", "minimal") == "low"
    assert overall("possible", "significant") == "medium"
    assert overall("possible", "severe") == overall("probable", "significant") == "high"


def test_what_is_open_of_a_risk_stands_beside_its_measures() -> None:
    text = dpia_page()
    assert text.count("| **open** |") == sum(threat.open for risk in RISKS for threat in threats_of(risk))
    for risk in RISKS:
        likelihood, severity = risk.after
        assert f"**{overall(likelihood, severity)} ({likelihood}, {severity})**" in " ".join(text.split())


def test_the_assessment_follows_the_icos_steps_and_counts_its_decisions() -> None:
    text = dpia_page()
    steps = [line.removeprefix("## ")[:1] for line in text.splitlines() if line.startswith("## ")]
    assert steps == [*"1234567", "T"]
    assert f": {text.count('**To decide (D')} of them" in " ".join(text.split())


def test_a_promise_is_about_an_object_and_the_pages_say_how_long_a_chain_may_be() -> None:
    assert facts.longest_chain() == 100
    assert "up to 100 days" in " ".join(dpia_page().split())
