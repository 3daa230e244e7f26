"""One process for each fault: it has the module with the fault in memory, and runs the tests that are for it.

No file is changed. The libraries are loaded once and the process divides, so that a fault costs little more than its
tests; what the project itself has loaded is forgotten first, so that even a constant's fault is everywhere.
"""

from __future__ import annotations

import gc
import importlib
import os
import resource
import shlex
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from tempfile import TemporaryDirectory
from types import CodeType, ModuleType
from typing import Any

import pytest

from tests.mutants.faults import Fault, faults

ROOT = Path(__file__).resolve().parents[2]
OURS = ("shared", "functions", "client", "local", "operate", "docs", "bench", "agreements", "tests")
LIBRARIES = ("azure.storage.blob", "hypothesis", "numpy", "pandas", "pyarrow.compute", "pyarrow.parquet", "pydantic")
LIBRARIES += ("azure.storage.queue", "azure.identity", "azure.keyvault.keys.crypto", "requests", "rapidfuzz", "yaml")
NO_END = "does not end"
OUR_OWN = 70
"""The exit code of a process in which pytest itself failed: that kills no fault."""


@dataclass(frozen=True)
class Verdict:
    """What became of one fault."""

    fault: Fault
    end: str
    """killed, lives, or does not end (which a person notices, so it is killed too)."""
    seconds: float

    @property
    def killed(self) -> bool:
        return self.end != "lives"


class _Faulty(SourceFileLoader, MetaPathFinder):
    """Loads one module with its fault."""

    def __init__(self, name: str, path: Path, tree: Any) -> None:
        super().__init__(name, str(path))
        self._tree = tree

    def find_spec(self, fullname: str, path: Any, target: ModuleType | None = None) -> ModuleSpec | None:  # type: ignore[override]
        return spec_from_file_location(fullname, self.path, loader=self) if fullname == self.name else None

    def get_code(self, fullname: str) -> CodeType:
        return compile(self._tree, self.path, "exec")


@contextmanager
def keys_for_all() -> Iterator[None]:
    """Every party's keys, made once for all the runs: making them takes longer than most tests."""
    from local.site import make_keys
    from tests.world import desks

    with TemporaryDirectory() as made:
        make_keys(Path(made) / "keys", desks(Path(made)))
        os.environ["EXCHANGE_TEST_KEYS"] = made
        yield


def file_of(name: str) -> Path:
    """The file of a module."""
    return ROOT / (name.replace(".", "/") + ".py")


def faults_of(name: str) -> list[Fault]:
    """Every fault of the module."""
    return list(faults(file_of(name).read_text(encoding="utf-8"), importlib.import_module(name)))


def try_all(name: str, tests: Iterable[str], tried: Iterable[Fault]) -> Iterator[Verdict]:
    """What the tests make of each fault. Raises `RuntimeError` when they fail without any."""
    for library in LIBRARIES:
        importlib.import_module(library)
    # What is loaded so far is never garbage: the divided processes need not look through it.
    gc.freeze()
    tests = list(tests)
    began = time.monotonic()
    code, seconds = _apart(name, tests, None, 3600)
    if code != 0:
        raise RuntimeError(f"the tests of {name} fail without any fault in it, with {code}: {' '.join(tests)}")
    limit = int(3 * seconds) + 20
    print(f"{name}: its tests take {time.monotonic() - began:.1f} s ({seconds:.1f} s of a processor)", file=sys.stderr)
    for number, fault in enumerate(tried, start=1):
        code, seconds = _apart(name, tests, fault, limit)
        if number % 50 == 0:
            print(f"{name}: {number} tried in {time.monotonic() - began:.0f} s", file=sys.stderr)
        # 1: tests failed; 2 and above: the module or a test could not even be loaded.
        yield Verdict(fault, {0: "lives", -1: NO_END}.get(code, "killed"), seconds)


def _apart(name: str, tests: list[str], fault: Fault | None, limit: int) -> tuple[int, float]:
    """The exit code of pytest in a process of its own (-1: stopped at the limit), and seconds of a processor."""
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        code = OUR_OWN
        try:
            code = _test(name, tests, fault, limit)
        finally:
            os._exit(code)
    _, status, used = os.wait4(child, 0)
    code = os.waitstatus_to_exitcode(status)
    if code == OUR_OWN:
        raise RuntimeError(f"the tests of {name} could not be begun: {fault.name if fault else 'no fault'}")
    return (code if code >= 0 else -1), used.ru_utime + used.ru_stime


def _test(name: str, tests: list[str], fault: Fault | None, limit: int) -> int:
    resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
    if fault is not None:
        nothing = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nothing, 1)
        os.dup2(nothing, 2)
    for loaded in [loaded for loaded in sys.modules if loaded.split(".")[0] in OURS]:
        del sys.modules[loaded]
    if fault is not None:
        sys.meta_path.insert(0, _Faulty(name, file_of(name), fault.tree))
    options = [
        "-x",
        "-q",
        "--tb=short",
        "-p",
        "no:xdist",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:cov",
        "-m",
        "not outside",
    ]
    options += ["--hypothesis-seed=0", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
    # One after the other: most faults are killed by the first and quickest, and then nothing else need be loaded.
    return next(filter(None, (int(pytest.main([*options, *shlex.split(some)])) for some in tests)), 0)
