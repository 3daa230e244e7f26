"""An exercise of an incident: a pass to an outbox is lost, and the operators answer for it, on the small world."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from client.cli import run
from operate import site
from shared.kernel.audit.report import Access
from shared.kernel.envelope.keys import Use
from shared.kernel.envelope.statement import sign_statement
from shared.kernel.ledger.chain import verify_chain
from shared.kernel.storage.storage import Storage
from tests.memory import MemoryBlobs, account, service, storage
from tests.world import NOW, World, decision, household, make_world, pupil, put_postcodes

__all__ = ["account", "service", "storage"]

SECRETS = ("Okafor", "Amara", "Acre Lane", "SW2 5SG")


class Duty:
    """Operators at work: the exchange's clock is theirs."""

    def __init__(self, world: World, capsys: pytest.CaptureFixture[str]) -> None:
        self.world, self._capsys = world, capsys

    def run(self, *words: object, code: int = 0) -> Any:
        self._capsys.readouterr()
        assert run(["incident", *map(str, words), "--json"]) == code, self._capsys.readouterr()
        said = self._capsys.readouterr()
        assert not [secret for secret in SECRETS if secret in said.out + said.err]
        return json.loads(said.out)

    def text(self, *words: object) -> str:
        self._capsys.readouterr()
        run(["incident", *map(str, words)])
        return self._capsys.readouterr().out

    def wait(self, hours: float) -> None:
        self.world.now[0] += timedelta(hours=hours)


@pytest.fixture
def duty(
    service: MemoryBlobs,
    storage: Storage,
    keys_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Duty:
    world = make_world(storage, keys_folder)
    storage.ensure_containers(world.agreement.controllers)
    put_postcodes(storage)
    world.receive("southwark", world.drop("southwark", "pupils", [pupil(1), pupil(2, home_la="E09000023")]))
    world.receive("lambeth", world.drop("lambeth", "households", [household()]))
    world.carry_out_all()
    world.now[0] = NOW + timedelta(hours=30)
    chosen = site.OperatedSite()
    monkeypatch.setattr(site, "load_site", lambda *_: chosen)
    monkeypatch.setattr(site.OperatedSite, "storage", lambda _: service.storage())
    monkeypatch.setattr(site, "now", lambda: world.now[0])
    return Duty(world, capsys)


def certify(world: World, owner: str, work: str, kinds: tuple[str, ...], at: datetime) -> None:
    """A certificate that the objects of some work are gone."""
    entries = [{"kind": kind, "work": work, "destroyed": f"{at:%Y-%m-%dT%H:%M:%SZ}"} for kind in kinds]
    body = {"certificate": "0" * 32, "borough": owner, "destroyed": entries}
    document = sign_statement(body, "certificate", world.exchange.keys, at)
    world.storage.certificates(owner).create(f"{at:%Y-%m-%d}-{'0' * 32}.json", document)


def subject_of(world: World, kind: str) -> str:
    [subject] = world.exchange.ledger.subjects(kind)
    return subject


def test_the_exercise(duty: Duty) -> None:
    """A pass to Lambeth's outbox was lost on Saturday at nine; somebody notices on Sunday."""
    about = ("--container", "lambeth-outbox", "--from", "2026-11-21T09:00", "--until", "2026-11-22T12:00")
    seen = duty.run("look", *about)
    assert seen["counts"] == {"drops": 0, "rows": 0, "releases": 2, "rows.released": 1, "parties": 2}
    assert list(duty.world.exchange.ledger.subjects("incident")) == []  # a look records nothing

    noticed = "2026-11-22T11:30"
    opened = duty.run("open", "--why", "pass-lost", "--noticed", noticed, *about)
    assert duty.run("open", "--why", "pass-lost", "--noticed", noticed, *about)["incident"] == opened["incident"]
    id = opened["incident"]
    assert opened["parties"] == opened["untold"] == ["lambeth", "southwark"]  # whose pupils are in the results
    assert opened["hours_left"] == 68  # of 72, from when it was noticed and not from when it was typed
    assert {one["what"] for one in opened["releases"]} == {"matches", "review"}

    assert duty.run("close", "--incident", id[:6], "--outcome", "told", code=2)["error"]["code"] == "INC-004"
    duty.wait(1)
    duty.run("told", "lambeth", "--incident", id[:6], "--when", "2026-11-22T16:00")
    assert "southwark" in duty.run("close", "--incident", id[:6], "--outcome", "told", code=2)["error"]["message"]
    duty.run("told", "southwark", "--incident", id[:6])
    assert duty.run("close", "--incident", id, "--outcome", "told", code=2)["error"]["code"] == "INC-005"

    duty.wait(70)
    assert duty.run("show", code=3)["incident"] == id  # the only one that is open
    late = duty.run("show", "--incident", id, code=3)
    assert (late["overdue"], late["untold"]) == (True, [])
    assert "over since" in duty.text("show", "--incident", id)
    duty.run("told", "ico", "--incident", id)
    shown = duty.run("show", "--incident", id)
    assert [one["whom"] for one in shown["told"]] == ["lambeth", "southwark", "ico"]
    assert "late: say why" in duty.text("show", "--incident", id)

    run_id = subject_of(duty.world, "run").partition(":")[2]
    certify(duty.world, "lambeth", run_id, ("outbox",), NOW + timedelta(days=26))
    destroyed = duty.run("show", "--incident", id)["releases"][0]["destroyed"]
    assert destroyed == ["outbox 2026-12-17T09:30:00Z"]

    duty.run("close", "--incident", id, "--outcome", "told")
    assert duty.run("close", "--incident", id, "--outcome", "no-risk", code=2)["error"]["code"] == "INC-006"
    [listed] = duty.run("list")["incidents"]
    assert listed["outcome"] == "told"
    verify_chain(duty.world.exchange.ledger.events(f"incident:{id}"))
    said = json.dumps([json.loads(e.to_json()) for e in duty.world.exchange.ledger.events(f"incident:{id}")])
    assert not [secret for secret in SECRETS if secret in said]


def test_what_lay_there_counts_and_not_only_what_came(duty: Duty) -> None:
    def look(*words: str) -> dict[str, int]:
        return dict(duty.run("look", *words)["counts"])

    week_later = ("--from", "2026-11-28", "--until", "2026-11-29")
    assert look(*week_later)["drops"] == 2
    assert look("--until", "2026-11-21")["drops"] == 0
    assert look("--from", "2027-01-05")["drops"] == 0  # gone by the promise of 30 days
    pupils = next(s for s in duty.world.exchange.ledger.subjects("drop") if "southwark" in _tenant(duty, s))
    certify(duty.world, "southwark", pupils.partition(":")[2], ("inbox", "staging"), NOW + timedelta(days=2))
    assert look(*week_later)["drops"] == 1
    assert look("--container", "inbox", "--from", "2026-11-22", "--until", "2026-11-23")["drops"] == 2


def _tenant(duty: Duty, subject: str) -> str:
    return duty.world.exchange.ledger.events(subject)[0].tenant


def test_a_borough_is_reached_by_what_it_sent_and_what_it_was_given(duty: Duty) -> None:
    southwark = duty.run("look", "--borough", "southwark")
    assert [(one["what"], one["rows"]) for one in southwark["drops"]] == [("pupils", 2)]
    assert southwark["releases"] == []
    lambeth = duty.run("look", "--borough", "lambeth")
    assert ([one["what"] for one in lambeth["drops"]], len(lambeth["releases"])) == (["households"], 2)


def test_an_outbox_is_reached_by_what_lies_in_it_and_not_by_what_its_borough_sent_elsewhere(duty: Duty) -> None:
    [match] = duty.world.results("lambeth", "matches").to_pylist()
    duty.world.receive("lambeth", duty.world.drop("lambeth", "decisions", [decision(match["match_ref"])]))
    duty.world.carry_out_all()
    assert {one["party"] for one in duty.run("look", "--container", "lambeth-outbox")["releases"]} == {"lambeth"}
    [enrolled] = duty.run("look", "--container", "southwark-outbox")["releases"]
    assert (enrolled["rows"], enrolled["parties"]) == (1, ["lambeth", "southwark"])
    assert "southwark" in {one["party"] for one in duty.run("look", "--borough", "lambeth")["releases"]}


def test_a_key_is_reached_by_what_it_signed_and_what_is_sealed_to_it(duty: Duty) -> None:
    signing = duty.world.rings["southwark"].current("southwark", Use.SIGN)
    assert [one["party"] for one in duty.run("look", "--key", signing)["drops"]] == ["southwark"]
    release = duty.world.rings["lambeth"].current("lambeth", Use.RELEASE)
    found = duty.run("look", "--key", release)
    assert (found["drops"], {one["party"] for one in found["releases"]}) == ([], {"lambeth"})
    assert duty.run("look", "--key", "ring:lambeth/sign/000000000000")["counts"]["drops"] == 0


def test_who_read_is_told_from_the_logs(duty: Duty, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def access(**facts: Any) -> Access:
        plain = {"principal": "unknown pass 1a2b", "role": "unknown pass", "borough": "", "of": "lambeth"}
        plain |= {"container": "outbox", "operation": "GetBlob", "outcome": "done", "authentication": "SAS"}
        times = {"operations": 4, "first": "2026-11-21T18:00:00Z", "last": "2026-11-21T18:10:00Z", "origins": 1}
        return Access(**(plain | times | facts))

    found = (access(), access(of="wandsworth"), access(container="ledger"), access(outcome="denied"))
    asked: list[Any] = []

    def audited(*words: Any) -> Any:
        asked.append(words)
        return type("Report", (), {"access": found})

    monkeypatch.setattr("client.auditing.audit_record", audited)
    id = duty.run("open", "--why", "pass-lost", "--container", "lambeth-outbox", "--from", "2026-11-21T09:00")[
        "incident"
    ]
    shown = duty.run("show", "--incident", id, "--record", tmp_path)
    assert [(one["outcome"], one["of"], one["operations"]) for one in shown["read"]] == [
        ("done", "lambeth", 4), ("denied", "lambeth", 4)
    ]  # fmt: skip
    assert [f"{day:%Y-%m-%d}" for day in asked[0][2]] == ["2026-11-21", "2026-11-22"]
    assert "unknown pass 1a2b" in duty.text("show", "--incident", id, "--record", tmp_path)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("look",), "INC-001"),
        (("look", "--borough", "atlantis"), "INP-023"),
        (("look", "--container", "ledger"), "INP-049"),
        (("look", "--from", "2026-11-22", "--until", "2026-11-21"), "INP-044"),
        (("open", "--why", "curiosity", "--borough", "lambeth"), "INP-049"),
        (("open", "--why", "read", "--noticed", "2030-01-01", "--borough", "lambeth"), "INC-002"),
        (("show", "--incident", "0a"), "INP-049"),
    ],
)
def test_what_cannot_be_meant_is_refused(duty: Duty, words: tuple[str, ...], code: str) -> None:
    assert duty.run(*words, code=2)["error"]["code"] == code


def test_nobody_was_told_before_it_was_noticed_or_in_the_future(duty: Duty) -> None:
    id = duty.run("open", "--why", "read", "--borough", "lambeth")["incident"]
    for when in ("2026-11-21T00:00", "2026-12-21T00:00"):
        assert duty.run("told", "ico", "--incident", id, "--when", when, code=2)["error"]["code"] == "INC-003"
    assert duty.run("told", "somebody", "--incident", id, code=2)["error"]["code"] == "INP-049"
    duty.run("close", "--incident", id, "--outcome", "no-breach")
