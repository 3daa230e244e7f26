"""One small London for all tests of the synth; it takes about a second to make."""

from __future__ import annotations

import pytest

from local.synth.london import London, generate


@pytest.fixture(scope="session")
def london() -> London:
    return generate(seed=11, scale=0.12)
