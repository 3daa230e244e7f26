"""Keys take a second to make: the houses are built once and no test changes their keys."""

import pytest

from tests.unit.kernel.envelope.houses import HOMES, House, build_house


@pytest.fixture(scope="session", params=HOMES)
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> House:
    """The exchange with its keys in a ring, then in a vault."""
    return build_house(request.param, tmp_path_factory.mktemp(request.param))
