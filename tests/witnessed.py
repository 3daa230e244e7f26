"""What the emulator and the key ring wrote down, read back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def lines(folder: Path) -> list[dict[str, Any]]:
    """Every line of every log under the folder, in order of time."""
    return sorted(_lines(folder), key=lambda line: str(line["time"]))


def _lines(folder: Path) -> Iterator[dict[str, Any]]:
    for file in folder.rglob("PT1H.json"):
        yield from (json.loads(line) for line in file.read_text(encoding="utf-8").splitlines())
