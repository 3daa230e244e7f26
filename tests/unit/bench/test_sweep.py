"""The benchmark of the sweep sweeps: everything that it laid out is gone, or it says so."""

from __future__ import annotations

from pathlib import Path
from unittest.mock import patch

import pytest

from bench import sweep


def test_all_that_was_laid_out_is_destroyed_and_timed(tmp_path: Path) -> None:
    wall, cpu = sweep.measure(tmp_path, 330, 0.0)
    assert cpu > 0
    assert wall > 0


def test_a_sweep_that_leaves_anything_is_no_measurement(tmp_path: Path) -> None:
    with patch("bench.sweep.sweep"), pytest.raises(RuntimeError, match="330 objects were left"):
        sweep.measure(tmp_path, 330, 0.0)
