"""What every condition starts from: an exchange on the emulator, a line to it, and an office that works well."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from shared.agreements.registry import load_agreement
from shared.kernel.storage import line as pace
from shared.kernel.storage.storage import Storage
from tests.conditions.line import Line, open_line
from tests.conditions.office import SLUG, Office
from tests.world import NOW

CLEARED = (
    "HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy",
    "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE",
)  # fmt: skip


@pytest.fixture(scope="module")
def exchange(unused_accounts: Iterator[str]) -> Iterator[Storage]:
    """An account for all conditions of a module: they use names of their own."""
    with Storage.connect(next(unused_accounts)) as storage:
        storage.ensure_containers(load_agreement("fsm").controllers)
        yield storage


@pytest.fixture
def own_exchange(storage: Storage) -> Storage:
    """An account for one condition alone, whose outbox is empty."""
    return storage


@pytest.fixture
def line(exchange: Storage) -> Iterator[Line]:
    with open_line(f"http://{urlsplit(str(exchange.service.url)).netloc}") as opened:
        yield opened


@pytest.fixture
def office(
    tmp_path: Path,
    exchange: Storage,
    keys_folder: Path,
    line: Line,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> Office:
    """An office whose profile leads over the line. Nobody waits between two tries."""
    for name in [*CLEARED, *(f"EXCHANGE_{key}" for key in ("PROFILE", "BOROUGH", "KEYS", "INBOX_URL", "OUTBOX_URL"))]:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pace, "PAUSE_SECONDS", 0.0)
    # The agreement is in force whenever this runs.
    monkeypatch.setattr("client.settings.now", lambda: NOW)
    found = Office(tmp_path, exchange, keys_folder / SLUG / "keys", line.url, capsys, monkeypatch)
    found.set_up()
    return found
