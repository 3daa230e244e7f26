"""Governance pages: every place is filled, and what only a person can decide is numbered and listed."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from docs.governance import facts, pages
from docs.governance.annex import annex_page
from docs.governance.markdown import page, table
from docs.governance.record import record_page
from shared.agreement.model import Container
from shared.contract.datasets import CONTRACTS


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
    assert set(facts.HELD) == set(get_args(Container))


def test_facts_of_the_templates_are_found_where_they_stand() -> None:
    assert facts.region().startswith("UK South")
    assert facts.workspace_days() == 90
    assert set(facts.officers_named()) == set(facts.agreement().controllers)
    assert len(facts.rights()) == (facts.BICEP / "modules" / "roles.bicep").read_text().count("    key: '")
