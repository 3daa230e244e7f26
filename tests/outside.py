"""What a test reaches for outside of its process, told by Python's own audit events, whichever library does it.

The hooks below are for `tests/unit/conftest.py`. A test that is not marked `outside` is stopped where it connects,
resolves a name or starts a program, and fails even if what it tests keeps that refusal to itself. So `make quick`,
which leaves out what is marked, can trust the marks.
"""

from __future__ import annotations

import importlib
import platform
import sys
from collections.abc import Generator
from typing import Any

import pytest

OUTSIDE = frozenset(
    {
        "os.exec",
        "os.fork",
        "os.forkpty",
        "os.posix_spawn",
        "os.system",
        "socket.bind",
        "socket.connect",
        "socket.getaddrinfo",
        "socket.gethostbyaddr",
        "socket.gethostbyname",
        "socket.sendmsg",
        "socket.sendto",
        "subprocess.Popen",
    }
)
"""Events of the audit events table in Python's documentation. Files are not among them."""


class ReachedOutside(Exception):
    """A test that is not marked `outside` reached out of its process."""


class Watch:
    """`tried` is what the running test has tried; None while there is no test, or one that may."""

    def __init__(self) -> None:
        self.tried: list[str] | None = None
        # Once in a process Python asks `uname` where it runs, which the Azure libraries say in every request, and
        # urllib3 binds a socket to see whether there is IPv6. Neither is a test's doing.
        platform.platform()
        importlib.import_module("urllib3.util.connection")
        # An audit hook stays for as long as the process: it is added once, and asks whether it is wanted.
        sys.addaudithook(self._notice)

    def _notice(self, event: str, _: tuple[Any, ...]) -> None:
        if event in OUTSIDE and self.tried is not None:
            self.tried.append(event)
            raise ReachedOutside(event)


WATCH = Watch()
_WATCHED = pytest.StashKey[bool]()
"""Of a test that these hooks collected: pytest calls the hook of a run for the tests of other folders, too."""


def pytest_itemcollected(item: pytest.Item) -> None:
    """A test that asks for the storage emulator is outside without being marked."""
    if "azurite" in getattr(item, "fixturenames", ()):
        item.add_marker("outside")
    item.stash[_WATCHED] = item.get_closest_marker("outside") is None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Watch from before the test's fixtures are made until they are put away."""
    before, WATCH.tried = WATCH.tried, [] if item.stash.get(_WATCHED, False) else None
    try:
        return (yield)
    finally:
        WATCH.tried = before


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """What passed although it tried has failed."""
    report = yield
    if WATCH.tried:
        tried = ", ".join(sorted(set(WATCH.tried)))
        WATCH.tried.clear()
        if report.passed:
            report.outcome = "failed"
            report.longrepr = f"{item.name} tried {tried}, which only a test marked `outside` may"
    return report
