"""A local exchange for tests, and what emulator and key ring wrote down of it, read back."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def lend_keys(keys: Path, site: Path) -> None:
    """Lay out keys that were made once as `open_site` would make them: making RSA keys is slow."""
    for party in keys.iterdir():
        shutil.copytree(party, site / "keys" if party.name == "keys" else site / "boroughs" / party.name)


def lines(folder: Path) -> list[dict[str, Any]]:
    """Every line of every log under the folder, in order of time."""
    return sorted(_lines(folder), key=lambda line: str(line["time"]))


def _lines(folder: Path) -> Iterator[dict[str, Any]]:
    for file in folder.rglob("PT1H.json"):
        yield from (json.loads(line) for line in file.read_text(encoding="utf-8").splitlines())
