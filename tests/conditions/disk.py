"""A disk of a few bytes, to fill up or to write-protect."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A disk of so many bytes; whoever works in it is taken out again, or it could not be unmounted."""
    if os.name == "nt" or os.geteuid() != 0:
        pytest.skip("mounting a small disk needs to be root")
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder], capture_output=True).returncode:
        pytest.skip("this machine mounts no small disk")
    before = Path.cwd()
    try:
        yield folder
    finally:
        os.chdir(before)
        subprocess.run(["umount", folder], check=True)
