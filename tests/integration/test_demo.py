"""`make demo` does what the README shows."""

from __future__ import annotations

import json
import logging
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
import typer

from local.demo import command, run
from local.order import Order
from local.triggers.real import SETTING
from shared.kernel.audit.register import read_register
from tests.trigger_host import program
from tests.witnessed import lines

README = Path(__file__).resolve().parents[2] / "README.md"


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """What a whole demo prints, and the folder it wrote."""
    folder = tmp_path_factory.mktemp("demo") / "demo"
    command = [sys.executable, "-m", "client.cli", "demo", "--folder", str(folder)]
    environment = {name: value for name, value in os.environ.items() if name != SETTING}
    done = subprocess.run(command, cwd=README.parent, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout, folder


def steady(text: str) -> list[str]:
    """Lines without what differs from run to run: where a terminal breaks a line, and of the ending every number.

    How often a run is superseded, and so how many requests and objects there are, hangs on timing.
    """
    # A long path is broken anywhere, so what follows says where it ends.
    text = re.sub(r"(As a map): .*?(?= Operations)", r"\1: …", re.sub(r"\s+", " ", text).strip())
    matched, ends, ending = text.partition(" Operations in the logs")
    assert ends
    ending = re.sub(r"(officer|auditor|JSON): .*?(?= For an| As JSON|$)", r"\1: …", ending)
    return [*matched.split(". "), *re.sub(r"\d[\d,.]*", "…", ending).split(". ")]


def test_the_readme_shows_what_the_demo_prints(printed: tuple[str, Path]) -> None:
    [shown] = re.findall(r"```text\n(What became.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert steady(printed[0]) == steady(shown)


def test_the_demo_matches_precisely_and_accounts_for_every_row(printed: tuple[str, Path]) -> None:
    summary = json.loads((printed[1] / "summary.json").read_text(encoding="utf-8"))
    assert set(summary["homes"]) == {"lambeth", "lewisham", "southwark", "wandsworth"}
    assert summary["precision"] >= 0.999
    ends = [
        home["rejected"] + sum(home["excluded"].values()) + home["matched"] + home["review"] + home["unmatched"]
        for home in summary["homes"].values()
    ]
    assert ends == [home["rows_in"] for home in summary["homes"].values()]
    assert sum(ends) + sum(summary["beyond_the_exchange"].values()) == summary["pupil_rows"]
    matched = sum(home["matched"] for home in summary["homes"].values())
    assert sum(summary["enrolled_by_school_borough"].values()) == matched > 500
    assert set(summary["events"]) == {"done"}


def test_the_demo_ends_with_an_audit_of_itself_in_which_everything_is_explained(printed: tuple[str, Path]) -> None:
    summary = json.loads((printed[1] / "summary.json").read_text(encoding="utf-8"))
    audited = summary["audit"]
    assert audited["explained_by"]["unexplained"] == 0
    assert audited["operations"] == audited["explained_by"]["ledger"] + audited["explained_by"]["right"] > 1000
    # The demo takes some minutes of two days, four weeks apart: of the hours between nothing says what happened.
    assert {code: said for code, said in audited["checks"].items() if said != "holds"} == {"AUD-010": "not known"}
    assert audited["left"] == 0
    assert audited["certificates"] == {"issued": 5, "hold": 5}
    assert audited["destroyed_rows"] > summary["household_rows"] + summary["pupil_rows"] // 2
    assert Path(audited["page"]).read_text(encoding="utf-8").startswith("<!doctype html>")


def test_everybody_came_as_themselves_and_nobody_with_the_accounts_key(printed: tuple[str, Path]) -> None:
    seen = lines(printed[1] / "record" / "logs")
    assert {line["identity"].get("type", "vault") for line in seen} == {"OAuth", "DelegationSas", "vault"}
    who = {line["identity"].get("requester", {}).get("objectId") for line in seen if line["category"] != "AuditEvent"}
    named = read_register(printed[1] / "record" / "register.yaml")
    assert who <= {named.id for named in named.principals()}
    boroughs = {slug: named.boroughs[slug] for slug in ("lambeth", "lewisham", "southwark")}
    assert {parties.identity.id for parties in boroughs.values() if parties.identity} <= who
    assert {officer.id for parties in boroughs.values() for officer in parties.officers} <= who


@pytest.fixture
def journal() -> Iterator[None]:
    """The command quietens the journal; tests that come after want to hear it."""
    yield
    logging.getLogger("exchange").setLevel(logging.NOTSET)


@pytest.mark.usefixtures("journal")
@pytest.mark.parametrize(
    ("unexplained", "result", "code"), [(0, "holds", 0), (1, "holds", 3), (0, "broken", 3), (0, "not known", 0)]
)
def test_a_demo_with_which_the_audit_finds_fault_ends_with_3(
    monkeypatch: pytest.MonkeyPatch, unexplained: int, result: str, code: int
) -> None:
    audited = {"explained_by": {"unexplained": unexplained}, "checks": {"AUD-001": result}}
    monkeypatch.setattr("local.demo.run", lambda *_, **__: {"audit": audited})
    monkeypatch.setattr("local.demo_tables.show_taken", lambda _: None)
    with nullcontext() if code == 0 else pytest.raises(typer.Exit) as ended:
        command(as_json=True)
    assert ended is None or ended.value.exit_code == code


def test_two_others_drop_one_file_after_the_other_under_agreements_of_their_own(tmp_path: Path) -> None:
    summary = run(tmp_path, scale=0.05, boroughs=("croydon", "sutton"), order=Order.TRICKLE)
    assert summary["boroughs"] == list(summary["homes"]) == ["croydon", "sutton"]
    assert summary["audit"]["explained_by"]["unexplained"] == 0
    assert "broken" not in summary["audit"]["checks"].values()
    assert summary["took"]["jobs"]["run"] >= 2
    assert all(step["cpu_seconds"] > 0 for step in summary["took"]["functions"].values())
    assert len(summary["took"]["functions"]) == 4 < summary["took"]["unwraps"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for the demos below: each comes after what another left there."""
    return tmp_path_factory.mktemp("again") / "demo"


def story(folder: Path) -> dict[str, Any]:
    """What a demo tells, without how long it took, and how many requests were superseded, which hangs on timing."""
    summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    assert summary["audit"]["explained_by"]["unexplained"] == 0
    assert {code for code, said in summary["audit"]["checks"].items() if said != "holds"} == {"AUD-010"}
    return {key: value for key, value in summary.items() if key not in ("elapsed_seconds", "events", "audit", "took")}


def test_without_any_event_two_rounds_of_reconciliation_tell_the_same_story(
    printed: tuple[str, Path], folder: Path
) -> None:
    assert run(folder, events=False)["events"] == {}
    assert story(folder) == story(printed[1])


def test_behind_the_real_triggers_it_is_the_same_story(
    printed: tuple[str, Path], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SETTING, str(program()))
    assert set(run(folder)["events"]) == {"done"}
    assert story(folder) == story(printed[1])
