"""The small world over the blob service in memory: the real services and the real storage room, no emulator."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.azure_services import Service, served
from tests.memory import account, service, storage

__all__ = ["account", "service", "storage"]


@pytest.fixture
def served_azure(azure: Any, tmp_path: Path) -> Iterator[tuple[Service, dict[str, Any]]]:
    """A server that answers as the file's own `azure` does, which is told its address; and the options to reach it."""
    with served(azure.answer, tmp_path) as (answering, options):
        azure.url = answering.url
        yield answering, options
