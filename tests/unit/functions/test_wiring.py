"""The composition root: which of two ways each setting opens."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from functions import wiring
from shared.kernel.disposal.account import DataPlane, ManagementPlane
from shared.kernel.disposal.remind import NoLog, WorkspaceLog
from tests.unit.functions.test_settings import ACCOUNT_ID, CLOUD


@pytest.fixture(autouse=True)
def afresh() -> Iterator[None]:
    wiring.use(None)
    yield
    wiring.use(None)


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The settings of a deployed app. Nothing here is reached: clients connect when they are first used."""
    for name, value in (CLOUD | {"Exchange__clientId": "0-0"}).items():
        monkeypatch.setenv(name, value)
    return monkeypatch


@pytest.fixture
def emulator(account: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("Exchange", account)
    monkeypatch.setenv("EXCHANGE_KEY_RING", str(tmp_path))
    yield
    wiring.exchange().storage.close()


def test_who_has_collected_is_seen_only_where_a_workspace_is_named(cloud: pytest.MonkeyPatch) -> None:
    with wiring.collection_log() as log:
        assert isinstance(log, NoLog)

    cloud.setenv("EXCHANGE_ACCOUNT_ID", ACCOUNT_ID)
    cloud.setenv("EXCHANGE_LOG_WORKSPACE", "0-a")
    with wiring.collection_log() as log:
        assert isinstance(log, WorkspaceLog)


def test_the_set_up_is_seen_whole_only_where_the_account_is_named(cloud: pytest.MonkeyPatch) -> None:
    with wiring.configuration(wiring.exchange()) as source:
        assert isinstance(source, DataPlane)

    cloud.setenv("EXCHANGE_ACCOUNT_ID", ACCOUNT_ID)
    with wiring.configuration(wiring.exchange()) as source:
        assert isinstance(source, ManagementPlane)
    wiring.exchange().storage.close()


@pytest.mark.usefixtures("emulator")
def test_without_an_identity_of_their_own_records_are_ended_by_the_app() -> None:
    with wiring.archive() as archive:
        assert archive is wiring.exchange().storage


def test_with_an_identity_of_their_own_records_are_ended_by_it(cloud: pytest.MonkeyPatch) -> None:
    cloud.setenv("EXCHANGE_RECORDS_CLIENT_ID", "0-1")

    with wiring.archive() as archive:
        assert archive is not wiring.exchange().storage
        assert str(archive.service.url).startswith(CLOUD["Exchange__blobServiceUri"])
    wiring.exchange().storage.close()
