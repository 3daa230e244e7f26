"""The operators' commands, on the emulator: what they show, what they change, and what they never show."""

from __future__ import annotations

import base64
import gzip
import json
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

import pytest
from azure.storage.blob import BlobServiceClient, ContentSettings
from azure.storage.queue import QueueClient

from client.cli import run
from functions import wiring
from functions.reference import BlobReference
from local.triggers.app import Triggers
from operate.site import load_site
from shared.envelope.keys import Use, read_public, write_public
from shared.envelope.manifest import EXCHANGE
from shared.envelope.ring import LocalKeyRing
from shared.envelope.statement import verify_statement
from shared.ledger.events import Event
from shared.storage.access import BoroughDoor
from shared.storage.poison import QUEUE, PoisonMessage, PoisonQueue
from tests.world import World, household, pupil, table


@pytest.fixture
def operator(account: str, keys_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of an operator with a profile, as `exchange up` writes it."""
    monkeypatch.chdir(tmp_path)
    settings = {"account": account, "keys": str(keys_folder / "keys")}
    profile = tmp_path / "operator.toml"
    profile.write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in settings.items()), encoding="utf-8")
    return tmp_path


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


# Poison.


@dataclass
class App:
    """The app's blobs webhook: hands an event to the app's own functions, as the host does, or refuses it."""

    refuses: int = 0
    asked: list[dict[str, Any]] = field(default_factory=list)
    address: str = ""

    def take(self, query: dict[str, list[str]], headers: Any, events: list[dict[str, Any]]) -> int:
        self.asked.append({"query": query, "type": headers["aeg-event-type"], "events": events})
        if self.refuses:
            return self.refuses
        [function] = query["functionName"]
        [event] = events
        if not (where := event["data"].get("url")):
            return 500  # the host reads nothing but this
        container, _, name = unquote(urlsplit(where).path).lstrip("/").partition("/")
        Triggers.of_the_app().functions[function.removeprefix("Host.Functions.")](BlobReference(container, name))
        return 202


@pytest.fixture
def app(world: World) -> Iterator[App]:
    taking = App()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            url = urlsplit(self.path)
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(taking.take(parse_qs(url.query), self.headers, body))
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    taking.address = f"http://127.0.0.1:{server.server_port}/"
    wiring.use(world.exchange)
    yield taking
    wiring.use(None)
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def poison(account: str) -> Iterator[PoisonQueue]:
    with PoisonQueue.connect(account) as queue:
        queue.ensure()
        yield queue


def in_private_queue(account: str, poison: PoisonQueue, text: str) -> None:
    for name in ("drop-lambeth", "drop-lambeth-poison"):
        poison.ensure(name)
    with QueueClient.from_connection_string(account, "drop-lambeth-poison") as queue:
        queue.send_message(base64.b64encode(text.encode()).decode())


EVENT = json.dumps(
    {"subject": "/blobServices/default/containers/lambeth-inbox/blobs/Okafor.parquet", "data": {"eTag": "0x1"}}
)


def test_given_up_events_are_shown_without_a_name_that_a_sender_chose(
    operator: Path, account: str, poison: PoisonQueue, capsys: pytest.CaptureFixture[str]
) -> None:
    poison.put(PoisonMessage("Host.Functions.drop_southwark", "southwark-inbox", "Okafor.parquet", '"0x1"'))
    in_private_queue(account, poison, EVENT)

    assert run(["poison", "list"]) == 0
    shown = capsys.readouterr().out
    assert "kafor" not in shown
    assert "drop_southwark" in shown
    assert "drop-lambeth-poison" in shown
    assert run(["poison", "list", "--names", "--json"]) == 0
    assert {row["blob"] for row in said(capsys)["events"]} == {"Okafor.parquet"}
    assert poison.count() == 1


def test_where_nothing_was_given_up_that_is_said(operator: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["poison", "list"]) == 0
    assert capsys.readouterr().out == "No event was given up.\n"


def test_a_blob_event_is_replayed_through_the_webhook_and_is_then_gone(
    world: World, operator: Path, poison: PoisonQueue, app: App, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    good = world.seal("southwark", "pupils", table("pupils", [pupil()]))
    name = "Year 6%20 äöü.parquet"
    world.storage.inbox("southwark").create(name, good.data, good.metadata)
    poison.put(PoisonMessage("Host.Functions.drop_southwark", "southwark-inbox", name, '"0x1"'))
    monkeypatch.setenv("EXCHANGE_APP", app.address)
    monkeypatch.setenv("EXCHANGE_WEBHOOK_KEY", "a key/=")

    assert run(["poison", "replay", "--json"]) == 0

    assert len(said(capsys)["replayed"]) == 1
    assert poison.peek() == []
    [asked] = app.asked
    assert asked["query"] == {"functionName": ["Host.Functions.drop_southwark"], "code": ["a key/="]}
    assert asked["type"] == "Notification"
    assert any(subject.startswith("drop:") for subject in world.exchange.ledger.subjects())


def test_an_event_that_the_app_does_not_take_stays(
    operator: Path, poison: PoisonQueue, app: App, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    poison.put(PoisonMessage("Host.Functions.drop_southwark", "southwark-inbox", "x", '"0x1"'))
    monkeypatch.setenv("EXCHANGE_APP", app.address)
    assert run(["poison", "replay"]) == 2
    assert "INP-045" in capsys.readouterr().err

    monkeypatch.setenv("EXCHANGE_WEBHOOK_KEY", "secret")
    app.refuses = 401
    assert run(["poison", "replay"]) == 1
    told = capsys.readouterr().err
    assert "EVT-005" in told
    assert "401" in told
    assert "secret" not in told
    for address in ("http://127.0.0.1:9", "file:///etc"):
        monkeypatch.setenv("EXCHANGE_APP", address)
        assert run(["poison", "replay"]) == 1
    assert len(poison.peek()) == 1


def test_an_event_of_a_queue_is_put_back_into_its_queue(
    operator: Path, account: str, poison: PoisonQueue, capsys: pytest.CaptureFixture[str]
) -> None:
    in_private_queue(account, poison, EVENT)

    assert run(["poison", "replay", "--json"]) == 0

    assert len(said(capsys)["replayed"]) == 1
    with QueueClient.from_connection_string(account, "drop-lambeth") as queue:
        [again] = queue.receive_messages()
        assert base64.b64decode(again.content).decode() == EVENT
    with poison.letters() as letters:
        assert letters == ()


def test_only_the_function_that_was_named_and_nothing_unreadable_is_replayed(
    operator: Path, account: str, poison: PoisonQueue, capsys: pytest.CaptureFixture[str]
) -> None:
    in_private_queue(account, poison, EVENT)
    in_private_queue(account, poison, "{")
    in_private_queue(account, poison, "[" * 20_000)
    with QueueClient.from_connection_string(account, QUEUE) as queue:
        queue.send_message("no Base64")

    assert run(["poison", "replay", "--function", "drop_atlantis"]) == 2
    assert "INP-049" in capsys.readouterr().err
    assert run(["poison", "replay", "--function", "request", "--json"]) == 0
    assert len(said(capsys)["left"]) == 4
    assert run(["poison", "replay", "--json"]) == 0
    done = said(capsys)
    assert [row["function"] for row in done["replayed"]] == ["drop_lambeth"]
    assert [row["function"] for row in done["left"]] == ["(unreadable)"] * 3


# Dead letters.


def undelivered(container: str, name: str, **more: Any) -> dict[str, Any]:
    """As Event Grid writes it when it has given up."""
    return {
        "id": "831e1650-001e-001b-66ab-eeb76e069631",
        "topic": "/subscriptions/0/storageAccounts/stexchange",
        "subject": f"/blobServices/default/containers/{container}/blobs/{name}",
        "eventType": "Microsoft.Storage.BlobCreated",
        "eventTime": "2026-11-20T09:30:00.1234567Z",
        "dataVersion": "",
        "metadataVersion": "1",
        "data": {
            "api": "PutBlob",
            "eTag": "0x1",
            "blobType": "BlockBlob",
            "url": f"https://stexchange.blob.core.windows.net/{container}/{quote(name)}",
        },
        "deadLetterReason": "MaxDeliveryAttemptsExceeded",
        "deliveryAttempts": 30,
        "lastDeliveryOutcome": "NotFound",
        "publishTime": "2026-11-20T09:30:01Z",
        "lastDeliveryAttemptTime": "2026-11-21T09:30:01Z",
        **more,
    }


def bury(world: World, name: str, *events: object) -> None:
    world.storage.dead_letters().create(f"TOPIC/DROP/2026/11/21/9/{name}.json", json.dumps(events).encode())


def test_dead_letters_are_shown_by_borough_and_reason_and_never_by_a_name(
    world: World, operator: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["deadletter", "list"]) == 0
    assert capsys.readouterr().out == "Every event was delivered.\n"
    bury(world, "a", undelivered("lambeth-inbox", "Okafor.parquet"))
    bury(world, "b", undelivered("elsewhere", "Okafor.parquet", deadLetterReason="Okafor Amara", eventTime=1))
    bury(world, "c", "Okafor")
    world.storage.dead_letters().create("d.json", b"{")

    assert run(["deadletter", "list"]) == 0
    assert "kafor" not in capsys.readouterr().out
    assert run(["deadletter", "list", "--json"]) == 0
    first, other, *unreadable = said(capsys)["events"]
    assert first == {
        "feed": "drop-lambeth",
        "borough": "lambeth",
        "reason": "MaxDeliveryAttemptsExceeded",
        "attempts": 30,
        "since": "2026-11-20T09:30:00Z",
    }
    assert (other["feed"], other["reason"], other["since"]) == ("(unreadable)", "", "")
    assert [row["feed"] for row in unreadable] == ["(unreadable)", "(unreadable)"]
    assert len(list(world.storage.dead_letters().list())) == 4


def test_a_dead_letter_is_given_to_the_app_and_is_then_gone(
    world: World, operator: Path, app: App, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    name = world.drop("southwark", "pupils", [pupil()])
    bury(world, "a", undelivered("southwark-inbox", name))
    bury(world, "b", undelivered("elsewhere", "x"))
    bury(world, "c", undelivered("lambeth-inbox", "x"))
    monkeypatch.setenv("EXCHANGE_APP", app.address)
    assert run(["deadletter", "replay", "--borough", "southwark"]) == 2
    assert "INP-045" in capsys.readouterr().err
    monkeypatch.setenv("EXCHANGE_WEBHOOK_KEY", "a key/=")
    app.refuses = 401
    assert run(["deadletter", "replay", "--borough", "southwark"]) == 1
    assert "EVT-005" in capsys.readouterr().err
    assert len(list(world.storage.dead_letters().list())) == 3
    app.refuses = 0

    assert run(["deadletter", "replay", "--borough", "southwark", "--json"]) == 0

    told = said(capsys)
    assert [row["borough"] for row in told["replayed"]] == ["southwark"]
    assert sorted(row["feed"] for row in told["left"]) == ["(unreadable)", "drop-lambeth"]
    asked = app.asked[-1]
    assert asked["query"] == {"functionName": ["Host.Functions.drop_southwark"], "code": ["a key/="]}
    assert "deadLetterReason" not in asked["events"][0]
    assert any(subject.startswith("drop:") for subject in world.exchange.ledger.subjects())
    assert len(list(world.storage.dead_letters().list())) == 2
    assert run(["deadletter", "replay", "--borough", "atlantis"]) == 2


def test_a_dead_letter_of_a_queue_is_put_into_its_queue(
    world: World, operator: Path, account: str, poison: PoisonQueue, capsys: pytest.CaptureFixture[str]
) -> None:
    for queue in ("drop-lambeth", "policy-runs"):
        poison.ensure(queue)
    run_of_policy = undelivered("x", "y", eventType="Microsoft.Storage.LifecyclePolicyCompleted")
    bury(world, "a", undelivered("lambeth-inbox", "Okafor.parquet"), run_of_policy)

    assert run(["deadletter", "replay", "--json"]) == 0

    assert len(said(capsys)["replayed"]) == 2
    assert list(world.storage.dead_letters().list()) == []
    for queue, kind in (("drop-lambeth", "BlobCreated"), ("policy-runs", "LifecyclePolicyCompleted")):
        with QueueClient.from_connection_string(account, queue) as client:
            [again] = client.receive_messages()
        event = json.loads(base64.b64decode(again.content))
        assert event["eventType"] == f"Microsoft.Storage.{kind}"
        assert "deliveryAttempts" not in event


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
        assert list(door.list("results/"))
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
    term: World, operator: Path, poison: PoisonQueue, capsys: pytest.CaptureFixture[str]
) -> None:
    from shared.disposal.remind import NoLog
    from shared.disposal.sweep import dispose

    day = term.now[0].date()
    later = term.now[0] + timedelta(days=60)
    term.exchange.ledger._clock = lambda: later
    term.exchange.ledger.record("run:" + "0a" * 16, "released", service="release", tenant="lambeth")
    term.exchange.ledger._clock = lambda: term.now[0]
    term.now[0] = datetime.now(UTC) + timedelta(days=27)
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
    world: World, operator: Path, own_keys: Path, poison: PoisonQueue, capsys: pytest.CaptureFixture[str]
) -> None:
    """Two sweeps, with a rotation of the signing key between them; the record is copied with the key folder, with the
    files that boroughs got, and with the newest of these alone."""
    from shared.audit.certificates import read_certificates, read_keys
    from shared.audit.chains import read_ledger
    from shared.disposal.remind import NoLog
    from shared.disposal.sweep import dispose

    ring = LocalKeyRing(own_keys / "keys")
    day = datetime.now(UTC).replace(microsecond=0)
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
        copies = read_certificates(record, read_keys(record), read_ledger(record), 30)
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
