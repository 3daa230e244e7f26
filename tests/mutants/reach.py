"""Which tests reach which lines of a module. A fault is shown to those that reach it, the quickest first: no other can
notice it, and most faults are noticed by the first."""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import coverage
import pytest

_BY_ALL = ""
"""The context of what is run for no test alone: a module that is loaded, a fixture that several tests share."""


@dataclass(frozen=True)
class Reach:
    """What one run of the tests, without any fault, has shown."""

    seconds: Mapping[str, float]
    """Of a processor, by the name of a test."""
    tests: Mapping[int, Collection[str]]
    """Those that reach a line, by the line."""

    def of(self, lines: range) -> dict[str, float]:
        """The tests that reach one of these lines, and what each takes."""
        names = {name for line in lines for name in self.tests.get(line, ())}
        return dict(self.seconds) if _BY_ALL in names else {name: self.seconds[name] for name in names}

    def alone(self, lines: range) -> bool:
        """Whether these lines are reached within tests alone: nothing that is loaded or shared rests on them."""
        return not any(_BY_ALL in self.tests.get(line, ()) for line in lines)

    def write(self, path: Path) -> None:
        """Keep it for the process that divides."""
        path.write_text(json.dumps(asdict(self)), encoding="utf-8")

    @classmethod
    def read(cls, path: Path) -> Reach:
        """What `write` kept."""
        kept = json.loads(path.read_text(encoding="utf-8"))
        return cls(kept["seconds"], {int(line): names for line, names in kept["tests"].items()})


class Watch:
    """Part of a run of pytest: sees which lines of a file each test reaches."""

    def __init__(self, file: Path) -> None:
        self._file = str(file)
        self._coverage = coverage.Coverage(data_file=None, config_file=False, include=[self._file])
        self._coverage.set_option("run:core", "ctrace")  # the other one knows no contexts
        self._seconds: dict[str, float] = {}
        self._test = _BY_ALL
        self._coverage.start()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Note for whom what follows is run."""
        began, self._test = time.process_time(), item.nodeid
        self._coverage.switch_context(self._test)
        try:
            return (yield)
        finally:
            self._seconds[item.nodeid], self._test = time.process_time() - began, _BY_ALL
            self._coverage.switch_context(_BY_ALL)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> Iterator[Any]:
        """What is made once for several tests is reached by all of them."""
        if fixturedef.scope == "function":
            return (yield)
        self._coverage.switch_context(_BY_ALL)
        try:
            return (yield)
        finally:
            self._coverage.switch_context(self._test)

    def end(self) -> Reach:
        """What was seen."""
        self._coverage.stop()
        return Reach(self._seconds, self._coverage.get_data().contexts_by_lineno(self._file))


def chosen(items: list[pytest.Item], seconds: Mapping[str, float]) -> list[pytest.Item]:
    """Only these tests, the quickest first."""
    return sorted((item for item in items if item.nodeid in seconds), key=lambda item: seconds[item.nodeid])
