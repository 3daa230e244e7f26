"""The audit's benchmark runs: a small month is written, and all of it is audited and explained."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from bench.audit import month

LINES = 2_000


def test_a_small_month_is_audited_and_nothing_in_it_is_unexplained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(month, "HOURS", 24)
    month.write_month(tmp_path, LINES)

    ran = subprocess.run(
        [sys.executable, "-m", "bench.audit.ours", str(tmp_path)], capture_output=True, text=True, check=True
    )

    said = json.loads(ran.stdout)
    written = sum(path.read_bytes().count(b"\n") for path in (tmp_path / "logs").rglob("*.json"))
    assert said["lines"] == written
    assert said["unexplained"] == 0
    assert sum(said["core"]["counts"].values()) == written
    assert said["core"]["first"].startswith("2026-10-01T00:00:")
