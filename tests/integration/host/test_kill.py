"""`exchange up`, killed in the middle with all that belongs to it, and started again: every drop ends, once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from functions import wiring
from local.clock import Clock
from local.host import Host
from local.site import open_site
from shared.kernel.storage.access import BoroughDoor
from tests.witnessed import lend_keys

ROOT = Path(__file__).resolve().parents[3]
DROPS = 16

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").is_dir(), reason="the family of a process is read in /proc")


def family(process: int) -> list[int]:
    """Whom a process has started, and whom they have."""
    lines = [path.read_text() for path in Path(f"/proc/{process}/task").glob("*/children")]
    children = [int(word) for line in lines for word in line.split()]
    return [one for child in children for one in (child, *family(child))]


def lives(process: int) -> bool:
    """Whether a process is there and no mere zombie, which nobody reaps where process 1 does not."""
    status = Path(f"/proc/{process}/stat")
    return status.is_file() and status.read_text().rpartition(")")[2].split()[0] != "Z"


def wait_until(met: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not met():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_killed_in_the_middle_and_started_again_every_drop_ends_once(
    machine: str, keys_folder: Path, tmp_path: Path
) -> None:
    lend_keys(keys_folder, tmp_path)
    command = [sys.executable, "-m", "client.cli", "up", "--folder", str(tmp_path), "--json"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout
        profile = Path(json.loads(process.stdout.readline())["profiles"]["lambeth"])
        held = tomllib.loads(profile.read_text(encoding="utf-8"))
        certificate = str(profile.parent / held["certificate"])
        with BoroughDoor(held["inbox_url"], held["outbox_url"], connection_verify=certificate) as door:
            for number in range(DROPS):
                door.put(f"{number:02}.parquet", b"not sealed at all: %d" % number, {})
            wait_until(lambda: sum(blob.name.endswith("/receipt.json") for blob in door.list()) >= 3)
            started = family(process.pid)
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
    assert len(started) == (2 if machine == "real" else 1)
    wait_until(lambda: not any(lives(one) for one in started))

    # Ten minutes are over: what was under way can be seen again.
    with open_site(tmp_path, clock=Clock(tmp_path / "clock", datetime.now(UTC) + timedelta(minutes=11))) as site:
        receipts = [blob.name for blob in site.exchange.storage.outbox("lambeth").list("exchange/reports/")]
        before = sum(name.endswith("/receipt.json") for name in receipts)
        counts = Host.of(site).run_to_quiescence(120)
        after = [blob.name for blob in site.exchange.storage.outbox("lambeth").list("exchange/reports/")]
        ledger = site.exchange.ledger
        steps = [[event.step for event in ledger.events(one)] for one in ledger.subjects("drop")]
    wiring.use(None)

    assert 0 < before < DROPS, "it was in the middle"
    assert sum(name.endswith("/receipt.json") for name in after) == DROPS
    assert (counts["failed"], counts["poisoned"]) == (0, 0)
    # What was done is not done again, but for what was under way, or being told of, at that moment.
    assert DROPS - before <= counts["done"] <= DROPS - before + 4
    assert steps == [["refused", "done"]] * DROPS
