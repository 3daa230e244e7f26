"""`GET /api/health` on every Python; tests/integration/test_real_worker.py asks it through the real worker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from functions import wiring
from functions.health import report
from shared.kernel.storage.storage import Storage


@pytest.fixture(autouse=True)
def _settings(account: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("Exchange", account)
    monkeypatch.setenv("EXCHANGE_KEY_RING", str(tmp_path))
    wiring.use(None)
    yield
    wiring.use(None)


@pytest.mark.usefixtures("storage")
def test_it_is_well_where_storage_is_as_it_should_be() -> None:
    status, body = report()
    wiring.exchange().storage.close()

    assert (status, body["status"]) == (200, "ok")
    assert set(body) == {"status", "version", "agreements", "in_force"}


def test_it_is_unavailable_where_containers_are_missing() -> None:
    status, body = report()
    wiring.exchange().storage.close()

    assert (status, body["status"], body["code"]) == (503, "unavailable", "STO-006")


def test_it_is_unavailable_where_a_setting_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("EXCHANGE_KEY_RING")

    status, body = report()

    assert (status, body["code"]) == (503, "SYS-002")


def test_the_exchange_is_built_once_and_works_on_the_settings(storage: Storage) -> None:
    built = wiring.exchange()
    built.storage.close()

    assert wiring.exchange() is built
    assert built.storage.service.url == storage.service.url
    assert built.agreements is wiring.agreements()


def test_a_vault_and_an_account_url_are_reached_with_the_apps_identity(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("Exchange")
    monkeypatch.delenv("EXCHANGE_KEY_RING")
    monkeypatch.setenv("Exchange__blobServiceUri", "https://exchange.example")
    monkeypatch.setenv("Exchange__queueServiceUri", "https://queues.example")
    monkeypatch.setenv("Exchange__clientId", "00000000-0000-0000-0000-000000000000")
    monkeypatch.setenv("EXCHANGE_KEY_VAULT", "https://keys.example")

    built = wiring.exchange()
    built.storage.close()

    assert built.storage.service.url == "https://exchange.example/"
    assert type(built.keys).__name__ == "KeyVaultKeys"
