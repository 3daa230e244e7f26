"""Which agreement's dataset a command works with, where several agreements have one of that name."""

from __future__ import annotations

from pathlib import Path

import pytest

from client import contracts
from client.contracts import find_contract, known_columns
from client.pack.styles import load_style
from shared.agreements.free_school_meals.contracts import CONTRACTS, HOUSEHOLDS, PUPILS
from shared.kernel.contract.columns import Contract, text
from shared.kernel.errors import InvalidInput
from tests.unit.client.conftest import Exchange

OTHERS = Contract("pupils", (text("upn", "Unique Pupil Number", "J210234519001", "MIS", required=True),))
ALONE = Contract("moves", (text("leaver_ref", "Who left", "1", "MIS", required=True),))


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch) -> None:
    every = {"fsm": CONTRACTS, "sync": {"pupils": OTHERS, "moves": ALONE}}
    monkeypatch.setattr(contracts, "contracts", lambda: every)


def refused(dataset: str, agreement: str | None = None) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        find_contract(dataset, agreement)
    return caught.value


@pytest.mark.usefixtures("two")
def test_a_dataset_that_one_agreement_has_needs_no_agreement() -> None:
    assert find_contract("households") == contracts.Found("fsm", HOUSEHOLDS)
    assert find_contract("moves").agreement == "sync"


@pytest.mark.usefixtures("two")
def test_of_two_datasets_of_one_name_the_agreement_says_which() -> None:
    assert find_contract("pupils", "fsm").contract is PUPILS
    assert find_contract("pupils", "sync").contract is OTHERS
    error = refused("pupils")
    assert error.code == "INP-000"
    assert "The agreements fsm and sync" in error.message
    assert "--agreement" in error.message


@pytest.mark.usefixtures("two")
def test_a_default_decides_between_several_and_nothing_else() -> None:
    assert find_contract("pupils", default="sync").contract is OTHERS
    assert find_contract("pupils", "fsm", default="sync").contract is PUPILS
    assert find_contract("households", default="sync").contract is HOUSEHOLDS
    with pytest.raises(InvalidInput, match="no agreement gone"):
        find_contract("households", default="gone")


@pytest.mark.usefixtures("two")
def test_what_no_agreement_has_is_refused_and_what_there_is_named() -> None:
    assert "pupils, households, decisions, moves" in refused("gossip").remedy
    error = refused("households", "sync")
    assert (error.code, "households in the agreement sync" in error.message) == ("INP-003", True)
    assert error.remedy.endswith("pupils, moves.")
    error = refused("pupils", "nobody")
    assert (error.code, "There is no agreement nobody; there are: fsm, sync." in error.message) == ("INP-000", True)


@pytest.mark.usefixtures("two")
def test_a_column_of_any_agreement_may_be_named() -> None:
    assert {"leaver_ref", "upn", "household_ref"} <= known_columns()


@pytest.mark.usefixtures("two")
def test_a_style_says_which_agreement_it_is_for(tmp_path: Path) -> None:
    style = tmp_path / "ours.yaml"
    style.write_text("title: Ours\ndataset: pupils\ncolumns: {upn: [UPN No]}\n")
    with pytest.raises(InvalidInput, match="fsm and sync"):
        load_style(style)
    style.write_text("title: Ours\nagreement: sync\ndataset: pupils\ncolumns: {upn: [UPN No]}\n")
    assert load_style(style).contract is OTHERS


@pytest.mark.usefixtures("two")
def test_commands_take_the_agreement_and_ask_for_it(exchange: Exchange, tmp_path: Path) -> None:
    out = tmp_path / "pupils.csv"
    said = exchange("template", "pupils", "--out", str(out), "--json")
    assert (said.code, said.json["error"]["code"]) == (2, "INP-000")
    assert exchange("template", "pupils", "--agreement", "sync", "--out", str(out)).code == 0
    assert out.read_text(encoding="utf-8-sig") == "upn\n"
    packed = tmp_path / "pupils.parquet"
    out.write_text("upn\nJ210234519001\n")
    table = ("pack", "table", str(out), "--dataset", "pupils", "--out", str(packed))
    assert exchange(*table).code == 2
    assert exchange("check", str(packed), "--dataset", "pupils").code == 2
    profile = tmp_path / "exchange.toml"
    profile.write_text('default_agreement = "fsm"\n')
    assert exchange("template", "pupils", "--profile", str(profile), "--out", str(out)).code == 0
    assert out.read_text(encoding="utf-8-sig").startswith("upn,uln,")
