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
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from pathlib import Path
from tempfile import TemporaryDirectory
from types import CodeType, ModuleType
from typing import Any

import pytest

from tests.mutants.faults import Fault, faults
from tests.mutants.reach import Chosen, Reach, Watch

ROOT = Path(__file__).resolve().parents[2]
OURS = ("shared", "functions", "client", "local", "operate", "docs", "bench", "agreements", "tests")
LIBRARIES = ("azure.identity", "azure.keyvault.keys.crypto", "azure.storage.blob", "azure.storage.queue", "coverage")
LIBRARIES += ("hypothesis", "numpy", "pandas", "pyarrow.compute", "pyarrow.parquet", "pydantic", "rapidfuzz")
LIBRARIES += ("requests", "yaml")
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
    began = time.monotonic()
    reached, seconds = _watched(name, list(tests))
    limit = int(3 * seconds) + 20
    print(f"{name}: its tests take {time.monotonic() - began:.1f} s ({seconds:.1f} s of a processor)", file=sys.stderr)
    for number, fault in enumerate(tried, start=1):
        chosen = {some: found for some, reach in reached.items() if (found := reach.of(fault.lines))}
        code, seconds = _apart(partial(_try, name, chosen, fault, limit))
        if number % 50 == 0:
            print(f"{name}: {number} tried in {time.monotonic() - began:.0f} s", file=sys.stderr)
        # 1: tests failed; 2 and above: the module or a test could not even be loaded.
        yield Verdict(fault, {0: "lives", -1: NO_END}.get(code, "killed"), seconds)


def _watched(name: str, tests: list[str]) -> tuple[dict[str, Reach], float]:
    """What each of the texts reaches of the module, and the seconds of a processor that all of them take."""
    with TemporaryDirectory() as folder:
        kept = [Path(folder) / str(number) for number in range(len(tests))]
        code, seconds = _apart(partial(_watch, name, tests, kept))
        if code != 0:
            raise RuntimeError(f"the tests of {name} fail without any fault in it, with {code}: {' '.join(tests)}")
        return {some: Reach.read(path) for some, path in zip(tests, kept, strict=True)}, seconds


def _apart(work: Callable[[], int]) -> tuple[int, float]:
    """The exit code of pytest in a process of its own (-1: stopped at the limit), and seconds of a processor."""
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        code = OUR_OWN
        try:
            code = work()
        finally:
            os._exit(code)
    _, status, used = os.wait4(child, 0)
    code = os.waitstatus_to_exitcode(status)
    if code == OUR_OWN:
        raise RuntimeError("the tests could not be begun")
    return (code if code >= 0 else -1), used.ru_utime + used.ru_stime


def _watch(name: str, tests: list[str], kept: list[Path]) -> int:
    for some, path in zip(tests, kept, strict=True):
        # Anew for each: what the module's loading reaches is to be seen.
        _forget()
        watch = Watch(file_of(name))
        code = _run(some, watch)
        watch.end().write(path)
        if code != 0:
            return code
    return 0


def _try(name: str, chosen: Mapping[str, Mapping[str, float]], fault: Fault, limit: int) -> int:
    resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, 1)
    os.dup2(nothing, 2)
    _forget()
    sys.meta_path.insert(0, _Faulty(name, file_of(name), fault.tree))
    # One after the other: most faults are killed by the first and quickest, and then nothing else need be loaded.
    return next(filter(None, (_run(some, Chosen(seconds)) for some, seconds in chosen.items())), 0)


def _forget() -> None:
    for loaded in [loaded for loaded in sys.modules if loaded.split(".")[0] in OURS]:
        del sys.modules[loaded]


def _run(some: str, plugin: object) -> int:
    options = ["-x", "-q", "--tb=short", "-p", "no:xdist", "-p", "no:cacheprovider", "-p", "no:cov"]
    options += ["-m", "not outside", "--hypothesis-seed=0", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
    return int(pytest.main([*options, *shlex.split(some)], [plugin]))
