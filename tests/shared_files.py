"""Files and programs that lie beside a clone in `../shared`, or in the folder that `BENCH_SHARED` names.

A newcomer's clone has none of them: a test that needs one is then skipped and says why. Where the folder is, nothing is
skipped: what is missing in it is a failure.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("BENCH_SHARED") or Path(__file__).parents[2] / "shared")


def shared(path: str) -> Path:
    """The file or folder `path` of the shared folder, such as ``data/cases/06-sep-line``."""
    if not SHARED.is_dir():
        pytest.skip(f"not run: {path} lies in ../shared, which is not beside this clone; BENCH_SHARED may name it")
    found = SHARED / path
    assert found.exists(), f"{path} is missing in the shared folder {SHARED.name}"
    return found
