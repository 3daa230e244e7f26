"""The operators' commands, on the emulator: what they show, what they change, and what they never show."""

from __future__ import annotations

import gzip
import json
import shutil
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from azure.storage.blob import BlobServiceClient, ContentSettings

from client.cli import run
from operate.site import load_site
from shared.kernel.envelope.keys import Use, read_public, write_public
from shared.kernel.envelope.manifest import EXCHANGE
from shared.kernel.envelope.ring import LocalKeyRing
from shared.kernel.envelope.statement import verify_statement
from shared.kernel.ledger.chain import Ledger
from shared.kernel.ledger.events import Event
from shared.kernel.storage.access import BoroughDoor
from shared.kernel.storage.poison import PoisonQueue
from shared.kernel.work.carry_out import carry_out
from tests.clock import both_say
from tests.world import COLLECTION, World, household, pupil


@pytest.fixture
def term(world: World, operator: Path) -> World:
    """A small term, worked through."""
    world.receive("southwark", world.drop("southwark", "pupils", [pupil()]))
    world.receive("lambeth", world.drop("lambeth", "households", [household()]))
    world.carry_out_all()
    return world


def said(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    return dict(json.loads(capsys.readouterr().out))


# The account.


def test_without_an_account_the_command_says_how_to_name_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("EXCHANGE_ACCOUNT", raising=False)

    assert run(["ledger", "list"]) == 2
    assert "INP-040: account is not set." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "key"), [("accounts = 'x'", "no key accounts"), ("account = 1", "must be text"), ("account", "not TOML")]
)
def test_a_wrong_profile_is_refused_by_its_key(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, key: str
) -> None:
    profile = tmp_path / "operator.toml"
    profile.write_text(text, encoding="utf-8")

    assert run(["ledger", "list", "--profile", str(profile)]) == 2
    assert key in capsys.readouterr().err
    assert run(["ledger", "list", "--profile", str(tmp_path / "none.toml")]) == 2


def test_an_account_is_named_or_connected_to_and_the_environment_goes_before_the_profile(operator: Path) -> None:
    site = load_site(environment={"EXCHANGE_ACCOUNT": "bxexch0a1b", "EXCHANGE_APP": "https://app.example"})

    assert site.app == "https://app.example"
    assert site.keys
    with site.storage() as storage:
        assert str(storage.service.url) == "https://bxexch0a1b.blob.core.windows.net/"
    assert load_site(environment={}).logs() is None
    assert "AccountKey" not in repr(load_site(environment={}))


# The ledger.


def test_every_chain_is_listed_and_verified(term: World, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["ledger", "list", "--json"]) == 0
    listed = said(capsys)
    assert (listed["ok"], listed["broken"]) == (True, 0)
    assert {line["subject"] for line in listed["chains"]} == set(term.exchange.ledger.subjects())

    assert run(["ledger", "list", "run"]) == 0
    assert "conserved released done" in capsys.readouterr().out
    assert run(["ledger", "list", "--unfinished", "--json"]) == 0
    assert said(capsys)["chains"] == []


def test_the_chains_of_a_period_are_listed_alone(term: World, capsys: pytest.CaptureFixture[str]) -> None:
    later = term.now[0] + timedelta(days=60)
    subject = "drop:" + "0a" * 16
    Ledger(term.storage.ledger(), clock=lambda: later).record(subject, "received", service="intake", tenant="lambeth")

    assert run(["ledger", "list", "--from", f"{later.date()}", "--json"]) == 0
    assert [line["subject"] for line in said(capsys)["chains"]] == [subject]
    assert run(["ledger", "list", "drop", "--to", f"{later.date() - timedelta(days=1)}", "--json"]) == 0
    before = {line["subject"] for line in said(capsys)["chains"]}
    assert before == set(term.exchange.ledger.subjects("drop")) - {subject}
    assert run(["ledger", "list", "--from", "2026-11-22", "--to", "2026-11-21"]) == 2
    assert "INP-044" in capsys.readouterr().err


def test_work_that_is_not_at_its_end_can_be_listed_alone(term: World, capsys: pytest.CaptureFixture[str]) -> None:
    subject = "drop:" + "0a" * 16
    term.exchange.ledger.record(subject, "received", service="intake", tenant="lambeth")

    assert run(["ledger", "list", "--unfinished", "--json"]) == 0
    assert [line["subject"] for line in said(capsys)["chains"]] == [subject]


def test_a_chain_that_was_altered_is_named_and_ends_the_command_with_1(
    term: World, capsys: pytest.CaptureFixture[str]
) -> None:
    subject = next(iter(term.exchange.ledger.subjects("run")))
    name = f"{subject.replace(':', '/')}/0002.json"
    blob = term.storage.ledger().read(name)
    term.storage.ledger().replace(name, blob.data.replace(b'"seq":2', b'"seq":3'), blob.etag, blob.metadata)

    assert run(["ledger", "list", "--json"]) == 1
    listed = said(capsys)
    assert [(line["subject"], line["fault"]) for line in listed["chains"] if line["fault"]] == [(subject, "LED-001")]
    assert run(["ledger", "show", subject]) == 1
    assert "LED-001" in capsys.readouterr().err


def test_one_chain_is_shown_with_its_head_and_what_vouches_for_it(
    term: World, capsys: pytest.CaptureFixture[str]
) -> None:
    subject = next(iter(term.exchange.ledger.subjects("run")))
    head = term.exchange.ledger.events(subject)[-1].hash

    assert run(["ledger", "show", subject, "--vouched", head]) == 0
    assert f"Its head is {head}." in capsys.readouterr().out
    assert run(["ledger", "show", subject, "--vouched", "0" * 64]) == 1
    assert run(["ledger", "show", "run:" + "0a" * 16]) == 2
    assert "INP-042" in capsys.readouterr().err
    for wrong, code in ((["show", "run"], "INP-048"), (["list", "runs"], "INP-049")):
        assert run(["ledger", *wrong]) == 2
        assert code in capsys.readouterr().err


# Passes.


def test_a_pass_lets_the_borough_drop_and_collect_and_is_known_by_its_hash(
    term: World, operator: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = operator / "lambeth" / "exchange.toml"

    assert run(["pass", "issue", "lambeth", "--out", str(out)]) == 0
    shown = capsys.readouterr().out
    profile = dict(line.split(" = ", 1) for line in out.read_text(encoding="utf-8").splitlines())
    urls = [json.loads(profile[key]) for key in ("inbox_url", "outbox_url")]
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    with BoroughDoor(*urls) as door:
        door.put("x", b"1", {})
        assert list(door.list("fsm/results/"))
    assert not any(parse_qs(urlsplit(url).query)["sig"][0] in shown for url in urls)

    assert run(["pass", "issue", "lambeth", "--out", str(out), "--json"]) == 0
    assert {entry["box"]: len(entry["signature"]) for entry in said(capsys)["passes"]} == {"inbox": 64, "outbox": 64}


def test_nobody_but_a_party_gets_a_pass(operator: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["pass", "issue", "camden", "--out", "x.toml"]) == 2
    assert "INP-023" in capsys.readouterr().err


# The record.


@pytest.fixture
def audit_account(unused_accounts: Iterator[str], monkeypatch: pytest.MonkeyPatch) -> BlobServiceClient:
    """An account with logs as Azure Monitor writes them: one hour of the term, one of another month."""
    connection = next(unused_accounts)
    monkeypatch.setenv("EXCHANGE_AUDIT_ACCOUNT", connection)
    service = BlobServiceClient.from_connection_string(connection)
    container = service.create_container("insights-logs-storageread")
    service.create_container("other").upload_blob("y=2026/m=11/d=21/h=09/m=00/PT1H.json", b"{}")
    for day in ("m=11/d=21", "m=10/d=21"):
        container.upload_blob(f"resourceId=/subscriptions/0/y=2026/{day}/h=09/m=00/PT1H.json", day.encode())
    container.upload_blob("resourceId=/subscriptions/0/y=2026/m=11/d=21/h=10/m=00/PT1H.JSON.gz", gzip.compress(b"x"))
    labelled = "resourceId=/subscriptions/0/y=2026/m=11/d=21/h=11/m=00/copy"
    container.upload_blob(labelled, gzip.compress(b"y"), content_settings=ContentSettings(content_encoding="gzip"))
    container.upload_blob("notes.txt", b"x")
    service.close()
    container.close()
    return service


@pytest.mark.usefixtures("audit_account")
def test_the_record_of_a_period_has_logs_whole_chains_certificates_and_keys(
    term: World,
    operator: Path,
    poison: PoisonQueue,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from shared.kernel.disposal.remind import NoLog
    from shared.kernel.disposal.sweep import dispose

    day = term.now[0].date()
    later = term.now[0] + timedelta(days=60)
    term.exchange.ledger._clock = lambda: later
    term.exchange.ledger.record("run:" + "0a" * 16, "released", service="release", tenant="lambeth")
    term.exchange.ledger._clock = lambda: term.now[0]
    term.now[0] = datetime.now(UTC) + timedelta(days=27)
    both_say(monkeypatch, lambda: term.now[0])
    dispose(term.exchange, poison, NoLog())
    to = max(day, term.now[0].date())

    assert run(["record", "fetch", "--from", f"{day}", "--to", f"{to}", "--out", "record", "--json"]) == 0

    counted = said(capsys)["files"]
    record = operator / "record"
    assert [path.read_text() for path in (record / "logs").rglob("*.json")] == ["m=11/d=21"]
    hours = record / "logs/insights-logs-storageread/resourceId=/subscriptions/0/y=2026/m=11/d=21"
    assert (hours / "h=09/m=00").is_dir()
    assert gzip.decompress((hours / "h=10/m=00/PT1H.JSON.gz").read_bytes()) == b"x"
    assert gzip.decompress((hours / "h=11/m=00/copy").read_bytes()) == b"y", "as stored, whatever its label says"
    assert (record / "logs/insights-logs-storageread/notes.txt").read_bytes() == b"x", "it may be of any hour"
    events = [Event.from_json(path.read_bytes()) for path in (record / "ledger").rglob("*.json")]
    assert counted["ledger"] == len(events)
    assert {event.subject for event in events} == set(term.exchange.ledger.subjects()) - {"run:" + "0a" * 16}
    [keys] = (record / "keys").iterdir()
    [public] = read_public(keys.read_bytes())
    assert (public.owner, public.use) == (EXCHANGE, Use.SIGN)
    certificates = list((record / "certificates").rglob("*.json"))
    assert len(certificates) == counted["certificates"] == 2
    for path in certificates:
        verify_statement(path.read_bytes(), term.exchange.keys.public_key)


@pytest.fixture
def own_keys(keys_folder: Path, tmp_path: Path) -> Iterator[Path]:
    """The keys of the world, to be rotated: as they were for whoever comes next, since all tests share them."""
    kept = shutil.copytree(keys_folder, tmp_path / "kept")
    yield keys_folder
    shutil.rmtree(keys_folder)
    shutil.copytree(kept, keys_folder)


def test_certificates_of_before_a_rotation_still_verify_in_the_record(
    world: World,
    operator: Path,
    own_keys: Path,
    poison: PoisonQueue,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two sweeps, with a rotation of the signing key between them; the record is copied with the key folder, with the
    files that boroughs got, and with the newest of these alone."""
    from shared.kernel.audit.certificates import read_certificates, read_keys
    from shared.kernel.audit.chains import read_ledger
    from shared.kernel.disposal.remind import NoLog
    from shared.kernel.disposal.sweep import dispose

    ring = LocalKeyRing(own_keys / "keys")
    day = datetime.now(UTC).replace(microsecond=0)
    both_say(monkeypatch, lambda: world.now[0])
    (operator / "before.json").write_bytes(ring.export_public(EXCHANGE, Use.SIGN))
    for number in range(2):
        world.storage.inbox("lambeth").create(f"{number}", b"x")
        world.now[0] = day + timedelta(days=27 + number)
        dispose(world.exchange, poison, NoLog())
        if number == 0:
            newest = ring.public_key(ring.rotate(EXCHANGE, Use.SIGN))
    (operator / "newest.json").write_bytes(write_public((newest,)))
    period = ["--from", f"{day.date()}", "--to", f"{world.now[0].date()}"]

    def judged(*more: str) -> list[bool | None]:
        record = operator / f"record-{len(list(operator.iterdir()))}"
        assert run(["record", "fetch", *period, "--out", str(record), *more]) == 0
        copies = read_certificates(record, read_keys(record), read_ledger(record), lambda *_: 30)
        return sorted(not copy.wrong for copy in copies)

    assert judged() == [True, True]
    assert capsys.readouterr().err.count("signed with a key") == 0
    (operator / "operator.toml").write_text(
        (operator / "operator.toml").read_text(encoding="utf-8").partition("keys")[0], encoding="utf-8"
    )
    assert judged("--public", "newest.json", "--public", "before.json") == [True, True]
    assert judged("--public", "newest.json") == [False, True]
    assert "1 certificates are signed with a key" in capsys.readouterr().err


def test_what_cannot_be_copied_is_said(term: World, operator: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (operator / "operator.toml").write_text(
        (operator / "operator.toml").read_text(encoding="utf-8").partition("keys")[0], encoding="utf-8"
    )
    period = ["--from", "2026-11-21", "--to", "2026-11-21"]

    assert run(["record", "fetch", *period, "--out", "record"]) == 0
    told = capsys.readouterr()
    assert "EXCHANGE_AUDIT_ACCOUNT is not set" in told.err
    assert "No public keys were copied" in told.err
    assert run(["record", "fetch", *period, "--out", "record"]) == 2
    assert "INP-036" in capsys.readouterr().err
    assert run(["record", "fetch", "--from", "2026-11-22", "--to", "2026-11-21", "--out", "r"]) == 2
    assert run(["record", "fetch", *period, "--out", "r", "--public", "none.json"]) == 2
    assert run(["record", "fetch", *period, "--out", "r", "--public", "operator.toml"]) == 2
    assert "KEY-004" in capsys.readouterr().err
    Path("others.json").write_bytes(term.exchange.keys.export_public(EXCHANGE, Use.STAGING))
    assert run(["record", "fetch", *period, "--out", "r", "--public", "others.json"]) == 2
    assert "INP-046" in capsys.readouterr().err
    assert not Path("r").exists()


# Disposal and reference data.


def test_a_sweep_by_hand_sweeps_and_ends_with_1_at_an_alarm(
    world: World, operator: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    world.storage.inbox("lambeth").create("x", b"1")
    monkeypatch.setattr("operate.site.now", lambda: datetime.now(UTC) + timedelta(days=27))
    assert run(["sweep"]) == 1, "the storage service contradicts"
    assert "CLK-001" in capsys.readouterr().err
    assert list(world.storage.inbox("lambeth").copies())
    both_say(monkeypatch, lambda: datetime.now(UTC) + timedelta(days=27))

    assert run(["sweep"]) == 0
    assert "0 alarms" in capsys.readouterr().out
    assert not list(world.storage.inbox("lambeth").copies())

    world.storage.service.create_container("somebodys")
    assert run(["sweep", "--json"]) == 1
    assert ("DSP-011", "alarm") in {(row["code"], row["severity"]) for row in said(capsys)["findings"]}


def test_a_postcode_directory_is_loaded_and_replaced(
    world: World, operator: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sample = Path(__file__).resolve().parents[2] / "local/synth/sample/reference/postcodes.csv"

    assert run(["postcodes", "load", str(sample), "--json"]) == 0
    assert said(capsys)["postcodes"] == world.storage.postcode_directory().num_rows > 100
    assert run(["postcodes", "load", "none.csv"]) == 2


def test_an_operator_asks_for_work_that_waits_and_the_app_does_it(
    world: World, operator: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    world.receive("southwark", world.drop("southwark", "pupils", [pupil()]))
    world.receive("lambeth", world.drop("lambeth", "households", [household()]))
    chosen = ["--agreement", "fsm", "--collection", COLLECTION, "--json"]
    assert run(["run", "now", "--party", "lambeth", *chosen]) == 0
    asked = said(capsys)["asked"]
    assert asked == [{"party": "lambeth", "agreement": "fsm", "collection": COLLECTION}]

    [blob] = world.storage.requests("lambeth").list()
    carry_out(world.exchange, party="lambeth", name=blob.name)

    assert len(list(world.storage.requests("lambeth").list())) == 2

    assert run(["run", "now", "--everybody", *chosen]) == 0
    everybody = [one["party"] for one in json.loads(capsys.readouterr().out)["asked"]]
    assert everybody == list(world.agreement.controllers)
    assert run(["run", "now", "--party", "somebody", *chosen]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["code"] == "INP-023"
