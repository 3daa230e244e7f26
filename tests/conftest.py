"""One storage emulator per test process; to every test that asks, an account of its own in it.

`account` is a connection string, `storage` the exchange's storage in that account with all its containers. An account
costs nothing, so no test cleans up after another and none can see another's blobs.

What only these fixtures need is loaded by them, so that a test of one rule starts within a second.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from local.azurite import Azurite
    from shared.kernel.storage.storage import Storage
    from tests.world import World

ACCOUNTS = 1000

# Tests write a file and pack it at once.
os.environ.setdefault("EXCHANGE_SETTLE", "0")

# A busy machine is slow, which is no defect of the product.
settings.register_profile("exchange", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("quick", settings.get_profile("exchange"), max_examples=20)
settings.load_profile("exchange")


@pytest.fixture(scope="session")
def azurite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Azurite]:
    """The emulator of this test process."""
    from local.azurite import Azurite

    with Azurite(tmp_path_factory.mktemp("azurite"), [f"test{number:04d}" for number in range(ACCOUNTS)]) as emulator:
        yield emulator


@pytest.fixture(scope="session")
def unused_accounts(azurite: Azurite) -> Iterator[str]:
    """Connection strings nobody has had yet."""
    return (azurite.connection_string(f"test{number:04d}") for number in range(ACCOUNTS))


@pytest.fixture
def account(unused_accounts: Iterator[str]) -> str:
    """The connection string of an empty storage account."""
    return next(unused_accounts)


@pytest.fixture
def storage(account: str) -> Iterator[Storage]:
    """The exchange's storage in an account of its own, with the containers of the pilot boroughs."""
    from shared.agreements.registry import load_agreement
    from shared.kernel.storage.storage import Storage

    with Storage.connect(account) as connected:
        connected.ensure_containers(load_agreement("fsm").controllers)
        yield connected


@pytest.fixture(scope="session")
def keys_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys of every party, made once: making RSA keys is slow. `make mutants` makes them once for all its runs."""
    if made := os.environ.get("EXCHANGE_TEST_KEYS"):
        return Path(made)
    from local.site import make_keys
    from tests.world import desks

    folder = tmp_path_factory.mktemp("keys")
    make_keys(folder / "keys", desks(folder))
    return folder


@pytest.fixture
def world(storage: Storage, keys_folder: Path) -> World:
    """The small world of `tests/world.py` in an empty storage account."""
    from tests.world import make_world, put_postcodes

    put_postcodes(storage)
    return make_world(storage, keys_folder)


def pytest_report_header() -> list[str]:
    """What cannot be run here is said at the top, never passed over in silence."""
    from tests import bicep_compiler, trigger_host

    worker = (
        "the real azure-functions-runtime"
        if sys.version_info >= (3, 13)
        else "NOT TESTED on this Python (azure-functions-runtime needs 3.13): "
        "tests/integration/test_real_worker.py is not collected"
    )
    return [f"functions worker: {worker}", trigger_host.told(), bicep_compiler.told()]
