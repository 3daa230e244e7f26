"""In any order of events, over two years: who was taken out is linked, released and enrolled no more; nothing that is
held, in quarantine, departed or ended is worked with; and whoever had any of it is told.

Two short schedules. `make years` runs as many longer ones as it is told to.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.chaos.two_years import two_years

EVENTS = 4
"""In each of six terms."""


@pytest.mark.parametrize("seed", [3, 5])
def test_nothing_is_used_that_may_not_be_and_everybody_is_told(keys_folder: Path, seed: int) -> None:
    with two_years(seed, keys_folder) as years:
        years.run(EVENTS)
        assert years.wrong == []
