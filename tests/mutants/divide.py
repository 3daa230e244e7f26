"""A process of its own for each fault, divided from one that has loaded the tests already."""

from __future__ import annotations

import gc
import os
import resource
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from types import CodeType, FunctionType

import pytest

from tests.mutants.faults import Fault
from tests.mutants.reach import chosen

OUR_OWN = 70
"""The exit code of a process in which pytest itself failed: that kills no fault."""


def apart(work: Callable[[], int]) -> int:
    """The exit code of some work in a process of its own; -1: it was stopped at its limit."""
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        code = OUR_OWN
        try:
            code = work()
        finally:
            os._exit(code)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code == OUR_OWN:
        raise RuntimeError("the tests could not be begun")
    return max(code, -1)


def quiet(limit: int = resource.RLIM_INFINITY) -> None:
    """No word from this process, and so many seconds of a processor for it."""
    resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)


class Chosen:
    """Part of a run of pytest: leaves only these tests."""

    def __init__(self, seconds: Mapping[str, float]) -> None:
        self._seconds = seconds

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Leave the others out."""
        items[:] = chosen(items, self._seconds)


class Divide:
    """Part of a run of pytest: runs for each fault, apart, the tests that are shown it."""

    def __init__(
        self, file: Path, shown: Iterable[tuple[Fault, Mapping[str, float]]], limit: int, folder: Path
    ) -> None:
        self._file, self._shown, self._limit, self._folder = str(file), list(shown), limit, folder
        self._noticed = folder / "noticed"

    def ends(self) -> dict[str, int]:
        """The exit codes, by the faults' names."""
        codes = (self._folder / "codes").read_text().split()
        return {fault.name: int(code) for (fault, _), code in zip(self._shown, codes, strict=True)}

    def pytest_configure(self, config: pytest.Config) -> None:
        """One folder for all, as those that are apart end without tidying up."""
        config.option.basetemp = str(self._folder / "tests")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Instead of one run: one for each fault. What noticed the fault before is asked first."""
        for item in {item.path: item for item in session.items}.values():
            # Once without a fault, for what a file's tests load only when they run.
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
        last = ""
        with (self._folder / "codes").open("w") as codes:
            for fault, seconds in self._shown:
                code = apart(partial(self._try, session, fault, {**seconds, **({last: 0} if last in seconds else {})}))
                last = self._noticed.read_text() if code == 1 else last
                print(code, file=codes, flush=True)
        return True

    def _try(self, session: pytest.Session, fault: Fault, seconds: Mapping[str, float]) -> int:
        quiet(self._limit)
        put_in(fault, self._file)
        items = chosen(session.items, seconds)
        for item, following in zip(items, [*items[1:], None], strict=True):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if session.testsfailed:
                self._noticed.write_text(item.nodeid)
                return 1
        return 0


def put_in(fault: Fault, file: str) -> None:
    """Give the function that the fault is in, wherever it is known, the code with the fault."""
    faulty = _codes(compile(fault.tree, file, "exec"))[fault.function]
    found = [
        known
        for known in gc.get_objects()
        if type(known) is FunctionType
        and known.__code__.co_filename == file
        and known.__code__.co_qualname == fault.function
    ]
    if not found:
        raise LookupError(fault.function)
    for function in found:
        function.__code__ = faulty


def _codes(module: CodeType) -> dict[str, CodeType]:
    inner = [constant for constant in module.co_consts if isinstance(constant, CodeType)]
    return {found.co_qualname: found for one in inner for found in (one, *_codes(one).values())}
