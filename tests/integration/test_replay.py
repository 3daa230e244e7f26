"""Events that were given up or not delivered: how operators see them, and how they give them to the app again."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from azure.storage.blob import StandardBlobTier
from azure.storage.queue import QueueClient

from client.cli import run
from functions import wiring
from local.triggers.app import Triggers
from operate.site import OperatedSite
from shared.kernel.errors import NotAllowed
from shared.kernel.ledger.chain import Ledger
from shared.kernel.storage.deployment import Deployment
from shared.kernel.storage.management import SCOPE
from shared.kernel.storage.poison import QUEUE, PoisonMessage, PoisonQueue
from tests.azure_deployment import APP, TOPIC, Azure
from tests.azure_services import Credential, served
from tests.poison import give_up, how_many, in_sight
from tests.webhook import App, serving
from tests.world import World, pupil, table

KEY = "a key/="
DEEP = "[" * 20_000


def said(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    return dict(json.loads(capsys.readouterr().out))


@pytest.fixture
def app(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    """The app behind its webhook, which an operator can reach and has the key of."""

    def is_there(container: str, name: str) -> bool:
        return bool(world.storage.service.get_blob_client(container, name).exists())

    with serving(App(lambda: Triggers.of_the_app().functions, is_there)) as taking:
        wiring.use(world.exchange)
        monkeypatch.setenv("EXCHANGE_APP", taking.address)
        monkeypatch.setenv("EXCHANGE_WEBHOOK_KEY", KEY)
        yield taking
        wiring.use(None)


def lies_in_an_inbox(world: World, *names: str) -> None:
    """Files of these names, which `exchange drop` would not all have given."""
    good = world.seal("southwark", "pupils", table("pupils", [pupil()]))
    for name in names:
        blob = world.storage.service.get_blob_client("southwark-inbox", name)
        blob.upload_blob(good.data, metadata=dict(good.metadata))


def given_up(poison: PoisonQueue, name: str, function: str = "drop_southwark", box: str = "southwark-inbox") -> None:
    give_up(poison, PoisonMessage(f"Host.Functions.{function}", box, name, '"0x1"'))


def put(account: str, queue: str, text: str) -> None:
    with QueueClient.from_connection_string(account, queue) as client:
        client.send_message(base64.b64encode(text.encode()).decode())


def in_private_queue(account: str, poison: PoisonQueue, text: str) -> None:
    for name in ("drop-lambeth", "drop-lambeth-poison"):
        poison.every.ensure(name)
    put(account, "drop-lambeth-poison", text)


def replays(world: World) -> list[tuple[str, dict[str, int]]]:
    """What the ledger says of them: step and counts."""
    ledger = world.exchange.ledger
    return [(event.step, dict(event.counts)) for one in ledger.subjects("replay") for event in ledger.events(one)]


def subject_event(container: str, name: str) -> str:
    return json.dumps(
        {"subject": f"/blobServices/default/containers/{container}/blobs/{name}", "data": {"eTag": "0x1"}}
    )


EVENT = subject_event("lambeth-inbox", "Okafor.parquet")


# What is shown of poison.


def test_given_up_events_are_shown_without_a_name_that_a_sender_chose(
    operator: Path, account: str, poison: PoisonQueue, capsys: pytest.CaptureFixture[str]
) -> None:
    given_up(poison, "Okafor.parquet")
    in_private_queue(account, poison, EVENT)

    assert run(["poison", "list"]) == 0
    shown = capsys.readouterr().out
    assert "kafor" not in shown
    assert "drop_southwark" in shown
    assert "drop-lambeth-poison" in shown
    assert run(["poison", "list", "--names", "--json"]) == 0
    assert {row["blob"] for row in said(capsys)["events"]} == {"Okafor.parquet"}
    assert how_many(poison) == 1


def test_where_nothing_was_given_up_that_is_said(operator: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["poison", "list"]) == 0
    assert capsys.readouterr().out == "No event was given up.\n"


def test_its_age_is_shown_and_the_day_on_which_azure_removes_it(
    operator: Path,
    account: str,
    poison: PoisonQueue,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    given_up(poison, "x.parquet")
    with QueueClient.from_connection_string(account, QUEUE) as queue:
        queue.send_message(base64.b64encode(b"{}").decode(), time_to_live=-1)
    with poison.messages() as letters:
        [expires] = [letter.expires for letter in letters if letter.expires and letter.expires.year < 9999]
        [since] = {letter.created for letter in letters if letter.expires == expires}
    assert since is not None
    assert (expires - since).days == 7, "as the service gives it to a message that says nothing"
    monkeypatch.setattr("operate.site.now", lambda: since + timedelta(days=3, minutes=1))

    assert run(["poison", "list", "--json"]) == 0

    assert sorted((row["gone_on"], row["days"]) for row in said(capsys)["events"]) == [
        (f"{expires:%Y-%m-%d}", 3),
        ("never", 3),
    ]


UNREADABLE = [
    "no Base64",
    DEEP,
    "{",
    "[]",
    "7",
    json.dumps({"FunctionId": 7, "BlobType": "BlockBlob", "ContainerName": [], "BlobName": {}, "ETag": None}),
    json.dumps({"FunctionId": "Host.Functions.drop_southwark"}),
    '{"FunctionId": ' * 900,
]


def test_messages_that_cannot_be_read_stop_neither_list_nor_replay(
    world: World, operator: Path, account: str, poison: PoisonQueue, app: App, capsys: pytest.CaptureFixture[str]
) -> None:
    lies_in_an_inbox(world, "x.parquet")
    given_up(poison, "x.parquet")
    in_private_queue(account, poison, EVENT)
    with QueueClient.from_connection_string(account, QUEUE) as queue:
        queue.send_message("no Base64")
    for text in UNREADABLE[1:]:
        put(account, QUEUE, text)
        in_private_queue(account, poison, text)

    assert run(["poison", "list", "--json"]) == 0
    rows = said(capsys)["events"]
    assert sum(row["function"] == "(unreadable)" for row in rows) == 2 * len(UNREADABLE) - 1
    assert run(["poison", "replay", "--json"]) == 8
    done = said(capsys)
    assert sorted(row["function"] for row in done["replayed"]) == ["drop_lambeth", "drop_southwark"]
    assert {(row["function"], row["code"]) for row in done["left"]} == {("(unreadable)", "EVT-011")}
    assert len(done["left"]) == 2 * len(UNREADABLE) - 1
    assert app.called == [("drop_southwark", "x.parquet")]


# Poison is given again.


NAMES = [
    "pupils-2026-autumn-0a1b2c3d4e5f.parquet",
    "Year 6%20 \u00e4\u00f6\u00fc.parquet",
    "a?b#c&d.parquet",
    "a%2Fb.parquet",
    "a+b.parquet",
    "ends in a blank ",
    '\U0001f9d2 "quoted".parquet',
    "folder/deeper//x.parquet",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_blob_event_is_replayed_through_the_webhook_and_is_then_gone(
    world: World, operator: Path, poison: PoisonQueue, app: App, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    lies_in_an_inbox(world, name)
    given_up(poison, name)

    assert run(["poison", "replay", "--json"]) == 0

    assert len(said(capsys)["replayed"]) == 1
    assert app.called == [("drop_southwark", name)], "as it is called, whatever is in its name"
    assert in_sight(poison) == []
    [asked] = app.asked
    assert asked["query"] == {"functionName": ["Host.Functions.drop_southwark"], "code": [KEY]}
    assert asked["type"] == "Notification"
    assert replays(world) == [("given", {"drop-southwark": 1, "poison": 1}), ("done", {"removed": 1, "left": 0})]


@pytest.mark.parametrize("name", ["./x.parquet", "x/../y.parquet", "..", "\ud800.parquet"])
def test_a_name_that_would_get_lost_on_the_way_is_kept_and_said(
    world: World, operator: Path, poison: PoisonQueue, app: App, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    given_up(poison, name)

    assert run(["poison", "list", "--names"]) == 0
    capsys.readouterr()
    assert run(["poison", "replay", "--json"]) == 2
    assert [row["code"] for row in said(capsys)["left"]] == ["STO-008"]
    assert app.asked == []
    assert how_many(poison) == 1


@pytest.mark.parametrize(
    ("status", "code"), [(401, 6), (403, 6), (404, 4), (400, 4), (429, 5), (500, 5), (503, 5), (204, 4)]
)
def test_an_event_that_the_app_does_not_take_stays_and_the_code_says_why(
    operator: Path,
    world: World,
    poison: PoisonQueue,
    app: App,
    capsys: pytest.CaptureFixture[str],
    status: int,
    code: int,
) -> None:
    given_up(poison, "x")
    app.refuses = status

    assert run(["poison", "replay"]) == code

    told = capsys.readouterr()
    assert "EVT-005" in told.out
    assert str(status) in told.out
    assert KEY not in told.out + told.err
    assert len(in_sight(poison)) == 1
    assert replays(world) == []


def test_a_page_to_sign_in_at_is_no_app_that_took_it(
    operator: Path, world: World, poison: PoisonQueue, app: App, capsys: pytest.CaptureFixture[str]
) -> None:
    given_up(poison, "x")
    app.redirects = f"{app.address}sign-in"

    assert run(["poison", "replay"]) == 4
    assert "302" in capsys.readouterr().out
    assert len(in_sight(poison)) == 1


def test_without_address_or_key_nothing_is_begun(
    operator: Path, world: World, account: str, poison: PoisonQueue, app: App, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    given_up(poison, "x")
    in_private_queue(account, poison, EVENT)
    monkeypatch.delenv("EXCHANGE_WEBHOOK_KEY")
    assert run(["poison", "replay"]) == 2
    assert "INP-045" in capsys.readouterr().err
    monkeypatch.delenv("EXCHANGE_APP")
    assert run(["poison", "replay"]) == 2
    assert "INP-040" in capsys.readouterr().err
    with poison.messages() as letters:
        assert len(letters) == 2
    # What needs neither is done without them.
    assert run(["poison", "replay", "--function", "drop_lambeth"]) == 0


@pytest.mark.parametrize("address", ["http://127.0.0.1:9", "file:///etc"])
def test_where_nobody_answers_only_the_first_few_are_asked(
    operator: Path, world: World, account: str, poison: PoisonQueue, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str], address: str,
) -> None:  # fmt: skip
    for number in range(5):
        given_up(poison, f"{number}")
    in_private_queue(account, poison, EVENT)
    monkeypatch.setenv("EXCHANGE_APP", address)
    monkeypatch.setenv("EXCHANGE_WEBHOOK_KEY", KEY)

    assert run(["poison", "replay", "--json"]) == 8, "the event of a queue was put back"

    done = said(capsys)
    assert ([row["function"] for row in done["replayed"]], len(done["left"])) == (["drop_lambeth"], 5)
    assert sum("does not answer" in row["why"] for row in done["left"]) == 2
    assert run(["poison", "replay", "--json"]) == 5


def test_one_that_fails_does_not_stop_the_others(
    operator: Path, world: World, poison: PoisonQueue, app: App, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    for name in ("a", "b", "c"):
        lies_in_an_inbox(world, name)
        given_up(poison, name)
    taking = app.take
    monkeypatch.setattr(
        app, "take", lambda query, headers, body: 500 if b"inbox/a" in body else taking(query, headers, body)
    )

    assert run(["poison", "replay", "--json"]) == 8

    done = said(capsys)
    assert (len(done["replayed"]), [row["code"] for row in done["left"]]) == (2, ["EVT-005"])
    assert [message.blob for message in in_sight(poison)] == ["a"]
    assert replays(world) == [("given", {"drop-southwark": 2, "poison": 2}), ("done", {"removed": 2, "left": 0})]


def test_an_event_for_a_function_that_the_app_does_not_have_is_kept_and_said(
    operator: Path, world: World, account: str, poison: PoisonQueue, app: App, capsys: pytest.CaptureFixture[str]
) -> None:
    given_up(poison, "x", function="drop_atlantis", box="atlantis-inbox")
    poison.every.ensure("drop-camden")
    poison.every.ensure("drop-camden-poison")
    put(account, "drop-camden-poison", subject_event("camden-inbox", "x"))

    assert run(["poison", "replay", "--json"]) == 4

    done = said(capsys)
    assert done["replayed"] == []
    assert [row["code"] for row in done["left"]] == ["EVT-012"] * 2
    assert app.asked == [], "the host would have answered 202, and dropped it"
    with poison.messages() as letters:
        assert len(letters) == 2


def test_what_azure_says_of_the_app_goes_before_the_agreement(
    operator: Path, world: World, poison: PoisonQueue, app: App, monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    names = ("drop_southwark", "drop_lambeth", "drop_lewisham")
    azure = Azure()
    azure.functions = {"drop_southwark": False, "drop_lambeth": True}
    lies_in_an_inbox(world, "x")
    for function in names:
        given_up(poison, "x", function, f"{function.removeprefix('drop_')}-inbox")
        bury(world, function, undelivered(f"{function.removeprefix('drop_')}-inbox", "x"))
    (tmp_path / "azure").mkdir()
    with served(azure.answer, tmp_path / "azure") as (service, options):
        azure.url = service.url
        monkeypatch.setattr(OperatedSite, "deployment", lambda _: Deployment(APP, TOPIC, Credential(SCOPE), **options))
        monkeypatch.setenv("EXCHANGE_APP_ID", APP)
        monkeypatch.setenv("EXCHANGE_TOPIC_ID", TOPIC)

        for source in ("poison", "deadletter"):
            assert run([source, "replay", "--json"]) == 8
            assert sorted(row["code"] for row in said(capsys)["left"]) == ["EVT-012", "EVT-016"]
        assert app.called == [("drop_southwark", "x")] * 2
        # Azure that says nothing stops nothing.
        service.fault = (503, "ServiceUnavailable")
        assert run(["poison", "replay", "--json"]) == 0
        assert "not known" in capsys.readouterr().err


def test_an_event_of_a_queue_is_put_back_into_its_queue(
    operator: Path, world: World, account: str, poison: PoisonQueue, capsys: pytest.CaptureFixture[str]
) -> None:
    in_private_queue(account, poison, EVENT)

    assert run(["poison", "replay", "--json"]) == 0

    assert len(said(capsys)["replayed"]) == 1
    with QueueClient.from_connection_string(account, "drop-lambeth") as queue:
        [again] = queue.receive_messages()
        assert base64.b64decode(again.content).decode() == EVENT
    with poison.messages() as letters:
        assert letters == ()
    assert replays(world)[0] == ("given", {"drop-lambeth": 1, "poison": 1})


def test_only_the_function_that_was_named_is_replayed(
    operator: Path, world: World, account: str, poison: PoisonQueue, capsys: pytest.CaptureFixture[str]
) -> None:
    in_private_queue(account, poison, EVENT)
    in_private_queue(account, poison, "{")

    assert run(["poison", "replay", "--function", "drop_atlantis"]) == 2
    assert "INP-049" in capsys.readouterr().err
    assert run(["poison", "replay", "--function", "request", "--json"]) == 0
    left = said(capsys)["left"]
    assert [(row["code"], row["why"]) for row in left] == [("", "It was not asked for.")] * 2


def test_what_cannot_be_recorded_is_not_removed(
    operator: Path, world: World, account: str, poison: PoisonQueue, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    in_private_queue(account, poison, EVENT)

    def refuse(*_: Any, **__: Any) -> None:
        raise NotAllowed("STO-005", "No.")

    monkeypatch.setattr(Ledger, "record", refuse)

    assert run(["poison", "replay", "--json"]) == 4

    assert [row["code"] for row in said(capsys)["left"]] == ["EVT-013"]
    with poison.messages() as letters:
        assert len(letters) == 1


def test_what_somebody_else_has_removed_meanwhile_is_said(
    operator: Path, world: World, account: str, poison: PoisonQueue, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    in_private_queue(account, poison, EVENT)
    removing = PoisonQueue.remove

    def twice(queue: PoisonQueue, letter: Any) -> None:
        removing(queue, letter)
        removing(queue, letter)

    monkeypatch.setattr(PoisonQueue, "remove", twice)

    assert run(["poison", "replay", "--json"]) == 0, "it is gone, and that is what was wanted"
    assert replays(world)[1] == ("done", {"removed": 1, "left": 0})


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


def letters_of(world: World) -> list[str]:
    return [blob.name.rpartition("/")[2] for blob in world.storage.dead_letters().list()]


def test_dead_letters_are_shown_by_borough_and_reason_and_never_by_a_name(
    world: World, operator: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["deadletter", "list"]) == 0
    assert capsys.readouterr().out == "Every event was delivered.\n"
    bury(world, "a", undelivered("lambeth-inbox", "Okafor.parquet"))
    bury(world, "b", undelivered("elsewhere", "Okafor.parquet", deadLetterReason="Okafor Amara", eventTime=1))
    bury(world, "c", "Okafor")
    world.storage.dead_letters().create("d.json", b"{")
    world.storage.dead_letters().create("e.json", DEEP.encode())
    world.storage.dead_letters().create("f.json", b"{}")
    archived = world.storage.service.get_blob_client("deadletter", "f.json")
    archived.set_standard_blob_tier(StandardBlobTier.ARCHIVE)

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
    assert [row["feed"] for row in unreadable] == ["(unreadable)"] * 4
    assert len(letters_of(world)) == 6


def test_a_dead_letter_is_given_to_the_app_and_is_then_gone(
    world: World, operator: Path, app: App, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    name = world.drop("southwark", "pupils", [pupil()])
    bury(world, "a", undelivered("southwark-inbox", name))
    bury(world, "b", undelivered("elsewhere", "x"))
    bury(world, "c", undelivered("lambeth-inbox", "x"))
    monkeypatch.delenv("EXCHANGE_WEBHOOK_KEY")
    assert run(["deadletter", "replay", "--borough", "southwark"]) == 2
    assert "INP-045" in capsys.readouterr().err
    monkeypatch.setenv("EXCHANGE_WEBHOOK_KEY", KEY)
    app.refuses = 401
    assert run(["deadletter", "replay", "--borough", "southwark"]) == 6
    assert "EVT-005" in capsys.readouterr().out
    assert len(letters_of(world)) == 3
    app.refuses = 0

    assert run(["deadletter", "replay", "--borough", "southwark", "--json"]) == 0

    told = said(capsys)
    assert [row["borough"] for row in told["replayed"]] == ["southwark"]
    assert sorted(row["feed"] for row in told["left"]) == ["(unreadable)", "drop-lambeth"]
    assert app.asked[-1]["query"] == {"functionName": ["Host.Functions.drop_southwark"], "code": [KEY]}
    assert "deadLetterReason" not in app.events[-1]
    assert app.called == [("drop_southwark", name)]
    assert any(subject.startswith("drop:") for subject in world.exchange.ledger.subjects())
    assert letters_of(world) == ["b.json", "c.json"]
    assert replays(world) == [("given", {"drop-southwark": 1, "deadletter": 1}), ("done", {"removed": 1, "left": 0})]
    assert run(["deadletter", "replay", "--borough", "atlantis"]) == 2


@pytest.mark.parametrize(
    ("subject", "url"),
    [
        ("raw", "encoded"),
        ("raw", "raw"),
        ("raw", ""),
        ("encoded", "encoded"),
        ("raw", "elsewhere"),
        ("encoded", "elsewhere"),
    ],
)
def test_whatever_event_grid_makes_of_a_name_its_blob_is_found(
    world: World, operator: Path, app: App, capsys: pytest.CaptureFixture[str], subject: str, url: str
) -> None:
    lies_in_an_inbox(world, *NAMES)
    for number, name in enumerate(NAMES):
        event = undelivered("southwark-inbox", name if subject == "raw" else quote(name))
        host = "elsewhere.example" if url == "elsewhere" else "stexchange.blob.core.windows.net"
        event["data"] |= {"url": f"https://{host}/southwark-inbox/{name if url == 'raw' else quote(name)}"}
        bury(world, f"{number}", event if url else event | {"data": {"api": "PutBlob"}})

    assert run(["deadletter", "replay", "--json"]) == 0

    assert app.called == [("drop_southwark", name) for name in NAMES]
    ours = f"https://{world.storage.service.account_name}."
    assert all(event["data"]["url"].startswith(ours) for event in app.events)
    assert letters_of(world) == []


def test_letters_that_nobody_takes_stay_and_are_said_and_the_others_go(
    world: World, operator: Path, app: App, capsys: pytest.CaptureFixture[str]
) -> None:
    name = world.drop("southwark", "pupils", [pupil()])
    bury(world, "a", undelivered("atlantis-inbox", "x"))
    bury(world, "b", undelivered("southwark-inbox", name), undelivered("camden-inbox", "x"))
    bury(world, "c", "no event")
    world.storage.dead_letters().create("z.json", DEEP.encode())
    bury(world, "e", undelivered("x", "y", eventType="Microsoft.Storage.LifecyclePolicyCompleted"))
    bury(world, "f", undelivered("southwark-inbox", "../x"))
    bury(world, "g", undelivered("southwark-inbox", name))

    assert run(["deadletter", "replay", "--json"]) == 8

    told = said(capsys)
    assert [(row["feed"], row["code"]) for row in told["left"]] == [
        ("drop-atlantis", "EVT-012"),
        ("drop-southwark", "EVT-012"),
        ("drop-camden", "EVT-012"),
        ("(unreadable)", "EVT-011"),
        ("policy-runs", "EVT-012"),
        ("drop-southwark", "STO-008"),
        ("(unreadable)", "EVT-011"),
    ]
    assert [row["feed"] for row in told["replayed"]] == ["drop-southwark"]
    assert "g.json" not in letters_of(world)
    assert len(letters_of(world)) == 6
    assert app.called == [("drop_southwark", name)], "whole or not at all"


def test_a_dead_letter_of_a_queue_is_put_into_its_queue(
    world: World, operator: Path, account: str, poison: PoisonQueue, capsys: pytest.CaptureFixture[str]
) -> None:
    for queue in ("drop-lambeth", "policy-runs"):
        poison.every.ensure(queue)
    run_of_policy = undelivered("x", "y", eventType="Microsoft.Storage.LifecyclePolicyCompleted")
    bury(world, "a", undelivered("lambeth-inbox", "Okafor.parquet"), run_of_policy)

    assert run(["deadletter", "replay", "--json"]) == 0

    assert len(said(capsys)["replayed"]) == 2
    assert letters_of(world) == []
    for queue, kind in (("drop-lambeth", "BlobCreated"), ("policy-runs", "LifecyclePolicyCompleted")):
        with QueueClient.from_connection_string(account, queue) as client:
            [again] = client.receive_messages()
        event = json.loads(base64.b64decode(again.content))
        assert event["eventType"] == f"Microsoft.Storage.{kind}"
        assert "deliveryAttempts" not in event


def test_a_letter_whose_event_is_too_deep_to_be_written_again_stays(
    world: World, operator: Path, account: str, poison: PoisonQueue, app: App, capsys: pytest.CaptureFixture[str]
) -> None:
    for depth in (200, 900, 990, 2_000, 9_000):
        event = json.dumps(undelivered("lambeth-inbox", "x", data=None))
        deep = event.replace('"data": null', '"data": ' + "[" * depth + "]" * depth)
        world.storage.dead_letters().create(f"{depth}.json", f"[{deep}]".encode())
    name = world.drop("southwark", "pupils", [pupil()])
    bury(world, "a", undelivered("southwark-inbox", name))

    assert run(["deadletter", "list"]) == 0
    assert run(["deadletter", "replay"]) in (0, 8)
    assert ("drop_southwark", name) in app.called


def test_a_webhook_shows_no_key() -> None:
    from operate.webhook import Webhook

    assert "secret" not in repr(Webhook("https://x.example", "secret"))
