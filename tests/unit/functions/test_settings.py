"""Settings: read once, checked before the first event, each documented."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from functions import VERSION
from functions.settings import Endpoints, InvalidSettings, LogWorkspace, Settings

ROOT = Path(__file__).resolve().parents[3]
EMULATOR = {"Exchange": "UseDevelopmentStorage=true", "EXCHANGE_KEY_RING": "keys"}
CLOUD = {
    "Exchange__blobServiceUri": "https://a.blob.core.windows.net",
    "Exchange__queueServiceUri": "https://a.queue.core.windows.net",
    "EXCHANGE_KEY_VAULT": "https://b.vault.azure.net",
}
ACCOUNT_ID = (
    "/subscriptions/00000000-0000-0000-0000-000000000001/resourceGroups/rg-borough-exchange-pilot"
    "/providers/Microsoft.Storage/storageAccounts/bxexch0a1b2c"
)


@pytest.mark.parametrize(
    "environment",
    [
        EMULATOR,
        CLOUD,
        CLOUD | {"Exchange__clientId": "0-0"},
        CLOUD | {"Exchange__clientId": "0-0", "EXCHANGE_ACCOUNT_ID": ACCOUNT_ID, "EXCHANGE_LOG_WORKSPACE": "0-0"},
    ],
)
def test_either_home_of_blobs_with_either_home_of_keys_will_do(environment: dict[str, str]) -> None:
    Settings.read(environment).check()


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({}, "Exchange__blobServiceUri"),
        (EMULATOR | CLOUD, "Exchange__blobServiceUri"),
        ({key: CLOUD[key] for key in CLOUD if "queue" not in key}, "Exchange__queueServiceUri"),
        ({"Exchange": "UseDevelopmentStorage=true"}, "EXCHANGE_KEY_VAULT"),
        (EMULATOR | {"EXCHANGE_KEY_VAULT": "https://b.vault.azure.net"}, "EXCHANGE_KEY_VAULT"),
        (EMULATOR | {"EXCHANGE_KEY_RING": "  "}, "EXCHANGE_KEY_RING"),
        (CLOUD | {"EXCHANGE_ACCOUNT_ID": "bxexch0a1b2c"}, "EXCHANGE_ACCOUNT_ID"),
        (CLOUD | {"EXCHANGE_ACCOUNT_ID": ACCOUNT_ID + "/blobServices/default"}, "EXCHANGE_ACCOUNT_ID"),
        (CLOUD | {"EXCHANGE_LOG_WORKSPACE": "0-0"}, "EXCHANGE_ACCOUNT_ID"),
    ],
)
def test_a_missing_or_second_home_is_refused_by_name(environment: dict[str, str], named: str) -> None:
    with pytest.raises(InvalidSettings, match=named) as raised:
        Settings.read(environment).check()

    assert raised.value.code == "SYS-002"


def test_what_is_set_comes_as_what_it_is() -> None:
    local, cloud = Settings.read(EMULATOR), Settings.read(CLOUD)

    assert (local.account(), local.key_home()) == ("UseDevelopmentStorage=true", Path("keys"))
    assert cloud.account() == Endpoints("https://a.blob.core.windows.net", "https://a.queue.core.windows.net")
    assert cloud.key_home() == "https://b.vault.azure.net"
    assert (cloud.management(), cloud.logs()) == (None, None)


def test_logs_come_with_their_account_and_their_reader() -> None:
    beside = {"Exchange__clientId": "0-1", "EXCHANGE_ACCOUNT_ID": ACCOUNT_ID, "EXCHANGE_LOG_WORKSPACE": "0-2"}

    assert Settings.read(CLOUD | beside).logs() == LogWorkspace("0-2", "bxexch0a1b2c", "0-1")
    for lacking in ("Exchange__clientId", "EXCHANGE_ACCOUNT_ID"):
        with pytest.raises(InvalidSettings, match=lacking):
            Settings.read(CLOUD | beside | {lacking: ""}).logs()


def test_a_queue_endpoint_without_blobs_is_refused() -> None:
    alone = EMULATOR | {"Exchange__queueServiceUri": "https://a.queue.core.windows.net"}
    with pytest.raises(InvalidSettings, match="Exchange__queueServiceUri together"):
        Settings.read(alone).check()


@pytest.mark.parametrize(("word", "queued"), [("", False), ("grid", False), ("queue", True)])
def test_events_are_pushed_unless_they_are_said_to_be_queued(word: str, queued: bool) -> None:
    assert Settings.read({"EXCHANGE_EVENTS": word}).events_are_queued is queued


def test_a_third_way_of_events_is_refused() -> None:
    with pytest.raises(InvalidSettings, match="EXCHANGE_EVENTS"):
        _ = Settings.read({"EXCHANGE_EVENTS": "queues"}).events_are_queued


def test_no_message_holds_a_setting() -> None:
    secret = "AccountKey=c2VjcmV0"

    with pytest.raises(InvalidSettings) as raised:
        Settings.read({"Exchange": secret}).check()

    assert secret not in str(raised.value)


def test_the_example_settings_are_settings_that_are_read() -> None:
    values = json.loads((ROOT / "local.settings.json.example").read_text(encoding="utf-8"))["Values"]
    source = (ROOT / "functions" / "settings.py").read_text(encoding="utf-8")
    ours = {name for name in values if name.upper().startswith("EXCHANGE")}

    only_in_the_cloud = {
        "EXCHANGE_KEY_VAULT", "EXCHANGE_ACCOUNT_ID", "EXCHANGE_LOG_WORKSPACE", "EXCHANGE_RECORDS_CLIENT_ID"
    }  # fmt: skip
    assert ours == {"Exchange", *re.findall(r'"(EXCHANGE_[A-Z_]+)"', source)} - only_in_the_cloud
    Settings.read(values).check()


def test_every_setting_is_documented() -> None:
    page = (ROOT / "docs" / "operators" / "settings.md").read_text(encoding="utf-8")
    read: set[str] = set()

    class Environment(dict[str, str]):
        def get(self, name: str, default: str = "") -> str:  # type: ignore[override]
            read.add(name)
            return default

    Settings.read(Environment())

    assert len(read) == 11
    assert {name for name in read if f"| `{name}` |" not in page} == set()


def test_the_version_is_that_of_the_package() -> None:
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")

    assert f'\nversion = "{VERSION}"\n' in project
