"""The agreements that are shipped, in a folder as `--agreements` and `EXCHANGE_AGREEMENTS` take it, to be changed."""

from __future__ import annotations

import shutil
from pathlib import Path

from shared.agreements.registry import PACKAGES, agreement_file


def copied(folder: Path) -> Path:
    """Copy all of them into `folder`, which is made, and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    for id, package in PACKAGES.items():
        shutil.copy(agreement_file(id), agreement_file(id, folder))
        for named in package.folder.glob("*.json"):
            if not named.name.endswith(".schema.json"):
                shutil.copy(named, folder / named.name)
    return folder
