"""The same cases on both machines that take events to functions: our imitation, and the real triggers."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from functions import wiring
from functions.reference import BlobReference
from local.clock import Clock
from local.host import Host
from local.site import Site, open_site
from local.triggers.app import Handed, Triggers
from local.triggers.real import SETTING
from tests.trigger_host import program
from tests.witnessed import lend_keys
from tests.world import NOW

PILOT = ("lambeth", "lewisham", "southwark", "wandsworth")
BY_CONTAINER = {f"{slug}-inbox": f"drop_{slug}" for slug in PILOT} | {"requests": "request"}
BY_QUEUE = {f"drop-{slug}": f"drop_{slug}" for slug in PILOT} | {"request": "request"}


@pytest.fixture(params=["imitation", "real"])
def machine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Which of the two it is; whoever asks for it has the environment in which `Host.of` takes that one."""
    if request.param == "real":
        monkeypatch.setenv(SETTING, str(program()))
    else:
        monkeypatch.delenv(SETTING, raising=False)
    return str(request.param)


@pytest.fixture(scope="session")
def pushed(keys_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A local exchange whose events call the webhook."""
    folder = tmp_path_factory.mktemp("pushed")
    lend_keys(keys_folder, folder)
    with open_site(folder, clock=Clock(folder / "clock", NOW), kept=False) as site:
        yield site
    wiring.use(None)


@pytest.fixture(scope="session")
def private(keys_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A local exchange whose events wait in queues."""
    folder = tmp_path_factory.mktemp("private")
    lend_keys(keys_folder, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EXCHANGE_EVENTS", "queue")
        opened = open_site(folder, clock=Clock(folder / "clock", NOW), kept=False)
        site = opened.__enter__()
    try:
        yield site
    finally:
        opened.__exit__(None, None, None)
        wiring.use(None)


@dataclass
class Recorder:
    """Functions that write down what they were handed, and do as told."""

    handed: list[tuple[str, Handed]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    act: Callable[[str, Handed], None] = lambda *_: None
    running: int = 0
    peak: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def triggers(self, *, queued: bool = False) -> Triggers:
        """Triggers as the app has them, with this behind each."""
        names = dict.fromkeys([*BY_CONTAINER.values()])
        calls = {name: self._call(name) for name in names}
        return Triggers({}, calls, by_queue=dict(BY_QUEUE)) if queued else Triggers(dict(BY_CONTAINER), calls)

    def _call(self, name: str) -> Callable[[Handed], None]:
        def function(handed: Handed) -> None:
            with self.lock:
                self.handed.append((name, handed))
                self.times.append(time.monotonic())
                self.running += 1
                self.peak = max(self.peak, self.running)
            try:
                self.act(name, handed)
            finally:
                with self.lock:
                    self.running -= 1

        return function

    @property
    def blobs(self) -> list[tuple[str, str, str]]:
        """Function, container and name of each call, in order."""
        return [(name, one.container, one.name) for name, one in self.handed if isinstance(one, BlobReference)]


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def host(machine: str, pushed: Site, recorder: Recorder) -> Host:
    """Recording functions behind one of the two."""
    return Host.of(pushed, triggers=recorder.triggers())
