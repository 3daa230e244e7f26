"""Small files that cost much: each ends in a coded refusal, quickly and in little memory, whatever it says of itself.

Time is what the processor spends, so that a busy machine does not matter.
"""

from __future__ import annotations

import time

import pytest

from shared.kernel.errors import UntrustedDrop
from tests.security.memory import growth
from tests.unit.kernel.envelope.bombs import BOMBS
from tests.unit.kernel.envelope.forge import Forger
from tests.unit.kernel.envelope.houses import VALUES, House, build_house

SECONDS = 8.0
"""Two on a quiet machine. Coverage follows every line of the reader, and a neighbour halves a core; a bomb that held
took nine and more."""
MEGABYTES = 300


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    return build_house("ring", tmp_path_factory.mktemp("bombs"))


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
