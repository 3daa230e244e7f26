"""What operators' commands need; and leaves out what this Python cannot run: `tests/conftest.py` says so at the top."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from shared.kernel.storage.poison import PoisonQueue

collect_ignore = [] if sys.version_info >= (3, 13) else ["test_real_worker.py"]


@pytest.fixture
def operator(account: str, keys_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of an operator with a profile, as `exchange up` writes it; the account has what all parties have."""
    from shared.agreements.registry import load_agreements
    from shared.kernel.storage.storage import Storage

    agreements = load_agreements()
    with Storage.connect(account) as everything:
        only_collect = set(agreements.parties) - set(agreements.senders)
        everything.ensure_containers(agreements.senders, only_collect=only_collect)
    monkeypatch.chdir(tmp_path)
    settings = {"account": account, "keys": str(keys_folder / "keys")}
    profile = tmp_path / "operator.toml"
    profile.write_text("".join(f"{key} = {json.dumps(value)}\n" for key, value in settings.items()), encoding="utf-8")
    return tmp_path


@pytest.fixture
def poison(account: str) -> Iterator[PoisonQueue]:
    """The account's poison queues, of which the host's own is there."""
    from shared.kernel.storage.poison import QUEUE, PoisonQueue

    with PoisonQueue.connect(account) as queue:
        queue.every.ensure(QUEUE)
        yield queue
