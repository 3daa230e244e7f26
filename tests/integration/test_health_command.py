"""`exchange health`: what it says of the app, of who is told of what, of what waits; and what it may not call fine."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.metadata import version
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from azure.storage.queue import QueueClient

from client.cli import run
from operate.replaying import feeds_of
from operate.site import OperatedSite
from operate.standing import BESIDE
from shared.agreements.registry import load_agreements
from shared.kernel.storage.deployment import Deployment
from shared.kernel.storage.management import SCOPE
from shared.kernel.storage.poison import PoisonMessage, PoisonQueue
from tests.azure_deployment import APP, TOPIC, Azure
from tests.azure_services import Credential, served
from tests.poison import give_up, how_many
from tests.world import World

AGREEMENTS = load_agreements()
REFERENCES = [agreed.terms.reference for agreed in AGREEMENTS]
NOW = datetime.now(UTC).replace(microsecond=0)
BLOBS = "/blobServices/default/containers"


def said(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    return dict(json.loads(capsys.readouterr().out))


def found(capsys: pytest.CaptureFixture[str]) -> set[tuple[str, str, str]]:
    return {(row["code"], row["state"], row["where"]) for row in said(capsys)["findings"]}


class Page:
    """The app's health page."""

    def __init__(self) -> None:
        self.status = 200
        self.body: bytes = b""
        self.says(status="ok", in_force=REFERENCES, version=version("borough-exchange"), agreements=REFERENCES)

    def says(self, **facts: object) -> None:
        self.body = json.dumps(facts).encode()


@contextmanager
def page_of(page: Page) -> Iterator[str]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(page.status if self.path == "/api/health" else 404)
            if page.status == 302:
                self.send_header("Location", "/sign-in")
            self.send_header("Content-Length", str(len(page.body)))
            self.end_headers()
            self.wfile.write(page.body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    shown = Page()
    with page_of(shown) as address:
        monkeypatch.setenv("EXCHANGE_APP", address)
        yield shown


@pytest.fixture
def azure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Azure]:
    """Azure Resource Manager, with all that the templates deploy."""
    deployed = Azure()
    deployed.functions = dict.fromkeys((*feeds_of(AGREEMENTS).values(), *BESIDE), False)
    for slug in AGREEMENTS.senders:
        function = f"Host.Functions.drop_{slug.replace('-', '_')}"
        deployed.pushed(f"drop-{slug}", f"{BLOBS}/{slug}-inbox/blobs/", function)
    deployed.pushed("request", f"{BLOBS}/requests/blobs/", "Host.Functions.request")
    deployed.queued("policy-runs", "", "policy-runs")
    folder = tmp_path / "azure"
    folder.mkdir()
    monkeypatch.setenv("EXCHANGE_APP_ID", APP)
    monkeypatch.setenv("EXCHANGE_TOPIC_ID", TOPIC)
    with served(deployed.answer, folder) as (service, options):
        deployed.url = service.url

        def reach(site: OperatedSite) -> Deployment:
            return Deployment(site.need("app_id"), site.need("topic_id"), Credential(SCOPE), **options)

        monkeypatch.setattr(OperatedSite, "deployment", reach)
        yield deployed


def round_of(world: World, at: datetime, number: int, **counts: int) -> None:
    """A round of reconciliation, as it is recorded."""
    world.exchange.ledger._clock = lambda: at
    subject = f"reconcile:{at:%Y%m%d-%H%M}-{number:08x}"
    world.exchange.ledger.record(subject, "began", service="reconcile", tenant="exchange")
    world.exchange.ledger.record(subject, "reconciled", service="reconcile", tenant="exchange", counts=counts)


def test_a_deployment_as_it_should_be_is_well(
    world: World, operator: Path, page: Page, azure: Azure, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["health", "--json"]) == 0

    report = said(capsys)
    assert (report["ok"], report["answer"], report["findings"]) == (True, "well", [])
    assert report["app"]["agreements"] == REFERENCES
    assert len(report["deployed"]["subscriptions"]) == len(AGREEMENTS.senders) + 2
    assert run(["health"]) == 0
    shown = capsys.readouterr().out
    assert "All in all: well." in shown
    assert azure.KEY not in shown


def test_a_subscription_that_is_wrong_is_said_and_the_code_is_3(
    world: World, operator: Path, page: Page, azure: Azure, capsys: pytest.CaptureFixture[str]
) -> None:
    del azure.functions["drop_lambeth"]
    azure.functions["drop_southwark"] = True
    azure.subscriptions = [one for one in azure.subscriptions if one["name"] != "drop-lewisham"]

    assert run(["health", "--json"]) == 3

    assert found(capsys) == {
        ("EVT-014", "wrong", "drop-lambeth"),
        ("EVT-017", "wrong", "drop_lambeth"),
        ("EVT-016", "wrong", "drop_southwark"),
        ("EVT-015", "wrong", "drop-lewisham"),
    }


def test_what_cannot_be_seen_from_here_is_not_known_and_never_fine(
    world: World, operator: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As on one machine: no address of an app, no resource ids."""
    assert run(["health", "--json"]) == 9

    report = said(capsys)
    assert (report["ok"], report["answer"]) == (False, "not known")
    assert {(row["state"], row["where"]) for row in report["findings"]} == {
        ("not known", "app"),
        ("not known", "deployed"),
    }
    assert (report["app"], report["deployed"]) == ("not known", "not known")


@pytest.mark.parametrize("forbidden", ["sites", "eventSubscriptions", "getFullUrl"])
def test_what_this_identity_may_not_ask_is_not_known(
    world: World, operator: Path, page: Page, azure: Azure, capsys: pytest.CaptureFixture[str], forbidden: str
) -> None:
    azure.forbidden = {forbidden}

    assert run(["health", "--json"]) == 9
    assert {state for _, state, _ in found(capsys)} == {"not known"}


@pytest.mark.parametrize(
    ("status", "body", "code", "state", "exit_code"),
    [
        (503, {"status": "unavailable", "code": "STO-005"}, "EVT-026", "wrong", 3),
        (200, {"status": "ok", "in_force": [], "agreements": REFERENCES}, "EVT-026", "wrong", 3),
        (403, None, "EVT-020", "not known", 9),
        (503, None, "EVT-020", "not known", 9),
        (404, None, "EVT-020", "not known", 9),
        (302, None, "EVT-020", "not known", 9),
        (200, None, "EVT-020", "not known", 9),
        (200, {"status": "ok", "in_force": ["fsm@99.0.0"], "agreements": ["fsm@99.0.0"]}, "EVT-020", "not known", 9),
        (200, {"status": "ok", "in_force": True, "agreement": "fsm@1.0.0"}, "EVT-020", "not known", 9),
        (
            200,
            {"status": "ok", "in_force": REFERENCES, "agreements": REFERENCES, "version": "99.0"},
            "EVT-027",
            "noted",
            0,
        ),
    ],
)
def test_what_the_app_says_of_itself(
    world: World, operator: Path, page: Page, azure: Azure, capsys: pytest.CaptureFixture[str], status: int,
    body: dict[str, Any] | None, code: str, state: str, exit_code: int,
) -> None:  # fmt: skip
    page.status = status
    page.body = b"<html>a page of somebody else's</html>"
    if body is not None:
        page.says(**body)

    assert run(["health", "--json"]) == exit_code
    assert found(capsys) == {(code, state, "app")}


def test_an_app_that_says_something_else_is_not_repeated(
    world: World, operator: Path, page: Page, azure: Azure, capsys: pytest.CaptureFixture[str]
) -> None:
    page.says(
        status="ok", in_force=["Amara Okafor"], version="Amara Okafor, 9", agreements=["Amara Okafor"], code={"a": 1}
    )

    run(["health"])
    assert "kafor" not in capsys.readouterr().out
    page.body = b"[" * 9_000
    assert run(["health", "--json"]) == 9


def test_rounds_of_the_last_days_are_added_up(
    world: World, operator: Path, page: Page, azure: Azure, capsys: pytest.CaptureFixture[str]
) -> None:
    round_of(world, NOW - timedelta(days=8), 1, no_event=100, taken=100)
    round_of(world, NOW - timedelta(days=3), 2, no_event=2, taken=3, cleared=4, waiting=5, given_up=0)
    round_of(world, NOW, 3, no_event=1, taken=1, cleared=0, waiting=0)

    assert run(["health", "--days", "7", "--json"]) == 0, "that events never came is a figure, and mended"

    report = said(capsys)
    figures = report["reconciliation"]
    expected = {"rounds": 2, "no_event": 3, "taken": 4, "cleared": 4, "given_up": 0, "waiting": 0}
    assert figures | expected == figures
    assert [(row["code"], row["state"]) for row in report["findings"]] == [("EVT-023", "noted")]
    assert run(["health", "--days", "1", "--json"]) == 0
    assert said(capsys)["reconciliation"]["rounds"] == 1


@pytest.mark.parametrize(
    ("minutes_ago", "counts", "codes", "expected"),
    [
        (0, {"waiting": 2}, {"EVT-022"}, 0),
        (0, {"waiting": 2, "oldest_minutes": 15}, {"EVT-022"}, 0),
        (60, {"waiting": 2, "oldest_minutes": 16}, {"EVT-022"}, 3),
        (100, {"waiting": 2, "oldest_minutes": 500}, set(), 0),
        (45, {"waiting": 0, "given_up": 1}, {"EVT-021"}, 3),
    ],
)
def test_what_was_given_up_or_waits_for_long_is_wrong_and_what_waits_is_noted(
    world: World, operator: Path, page: Page, azure: Azure, capsys: pytest.CaptureFixture[str], minutes_ago: int,
    counts: dict[str, int], codes: set[str], expected: int,
) -> None:  # fmt: skip
    round_of(world, NOW - timedelta(minutes=minutes_ago), 1, **counts)

    assert run(["health", "--json", "--days", "2"]) == expected
    assert {row["code"] for row in said(capsys)["findings"]} == codes


def test_poison_and_dead_letters_that_stay_are_wrong_with_their_age(
    world: World, operator: Path, account: str, poison: PoisonQueue, page: Page, azure: Azure,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    give_up(poison, PoisonMessage("Host.Functions.drop_southwark", "southwark-inbox", "Okafor.parquet", '"0x1"'))
    poison.every.ensure("drop-lambeth-poison")
    with QueueClient.from_connection_string(account, "drop-lambeth-poison") as queue:
        queue.send_message("no Base64")
        queue.send_message("[" * 20_000)
    world.storage.dead_letters().create("a/Okafor.json", b"{}")
    assert run(["health", "--json"]) == 0, "reconciliation clears them within minutes"
    report = said(capsys)
    assert [(row["queue"], row["messages"]) for row in report["poison"]] == [
        ("drop-lambeth-poison", 2),
        ("webjobs-blobtrigger-poison", 1),
    ]
    assert all(row["gone_on"] >= f"{NOW + timedelta(days=6):%Y-%m-%d}" for row in report["poison"])
    monkeypatch.setattr("operate.site.now", lambda: datetime.now(UTC).replace(microsecond=0) + timedelta(days=3))

    assert run(["health"]) == 3
    shown = capsys.readouterr().out
    assert "kafor" not in shown
    for code in ("EVT-024", "EVT-025"):
        assert code in shown
    assert "3 days" in shown
    assert how_many(poison) == 1, "it looks, and takes nothing"


def test_a_part_that_fails_hides_no_other(
    world: World, operator: Path, page: Page, azure: Azure, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    at = NOW - timedelta(minutes=1)
    round_of(world, at, 1, taken=1)
    _, blob = world.storage.ledger().list("reconcile/")
    stored = world.storage.ledger().read(blob.name)
    world.storage.ledger().replace(
        blob.name, stored.data.replace(b'"taken":1', b'"taken":2'), stored.etag, stored.metadata
    )
    azure.functions["disposal"] = True

    assert run(["health", "--json"]) == 3

    report = said(capsys)
    assert report["reconciliation"] == "not known"
    states = {(row["code"], row["state"], row["where"]) for row in report["findings"]}
    assert states == {("LED-001", "wrong", "ledger"), ("EVT-016", "wrong", "disposal")}


def test_without_an_account_it_says_how_to_name_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("EXCHANGE_ACCOUNT", raising=False)
    assert run(["health"]) == 2
    assert "INP-040" in capsys.readouterr().err
