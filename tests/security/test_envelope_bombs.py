"""Small files that cost dear: each ends in a coded refusal, quickly and in little memory, whatever it says of itself.

Time is what the processor spends, so that a busy machine does not matter.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from shared.errors import UntrustedDrop
from tests.unit.envelope.bombs import BOMBS
from tests.unit.envelope.forge import Forger
from tests.unit.envelope.houses import VALUES, House, build_house

SECONDS = 8.0
"""Two on a quiet machine. Coverage follows every line of the reader, and a neighbour halves a core; a bomb that held
took nine and more."""
MEGABYTES = 300
_PEAK = Path("/proc/self/clear_refs")


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    return build_house("ring", tmp_path_factory.mktemp("bombs"))


def _status(line: str) -> int:
    """A number of kilobytes out of what Linux says of this process."""
    return int(Path("/proc/self/status").read_text().split(f"{line}:")[1].split()[0])


def growth(work: Callable[[], None]) -> int:
    """Kilobytes by which the process was at most larger while `work` ran; -1 where the system does not say."""
    if not _PEAK.exists():
        work()
        return -1
    pa.default_memory_pool().release_unused()
    _PEAK.write_text("5")
    before = _status("VmRSS")
    work()
    return _status("VmHWM") - before


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_in_seconds_and_300_megabytes(house: House, name: str) -> None:
    make, refused_by = BOMBS[name]
    drop = make(Forger(house))
    refusals: list[UntrustedDrop] = []

    def work() -> None:
        with pytest.raises(UntrustedDrop) as raised:
            house.opened(*drop)
        refusals.append(raised.value)

    began = time.process_time()
    grown = growth(work)
    took = time.process_time() - began
    assert refusals[0].code in {gate.code for gate in refused_by}, str(refusals[0])
    assert not any(value in str(refusals[0]) for value in VALUES)
    assert took < SECONDS, f"took {took:.1f} s"
    assert grown < MEGABYTES * 1_000, f"took {grown / 1_000:.0f} MB"
