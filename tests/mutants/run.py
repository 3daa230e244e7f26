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
from collections.abc import Iterable, Iterator, Mapping
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

from tests.mutants.divide import Chosen, Divide, apart, quiet
from tests.mutants.faults import Fault, faults
from tests.mutants.reach import Reach, Watch

ROOT = Path(__file__).resolve().parents[2]
OURS = ("shared", "functions", "client", "local", "operate", "docs", "bench", "tests")
LIBRARIES = ("azure.identity", "azure.keyvault.keys.crypto", "azure.storage.blob", "azure.storage.queue", "coverage")
LIBRARIES += ("hypothesis", "numpy", "pandas", "pyarrow.compute", "pyarrow.parquet", "pydantic", "rapidfuzz")
LIBRARIES += ("requests", "yaml")
NO_END = "does not end"


@dataclass(frozen=True)
class Verdict:
    """What became of one fault."""

    fault: Fault
    end: str
    """killed, lives, or does not end (which a person notices, so it is killed too)."""

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
    reached, seconds = _watched(name, list(tests))
    limit = int(3 * seconds) + 20
    print(f"{name}: its tests take {seconds:.1f} s of a processor", file=sys.stderr, flush=True)
    tried = list(tried)
    within = {fault.name for fault in tried if fault.function and all(r.alone(fault.lines) for r in reached.values())}
    ends = _try_within(name, [fault for fault in tried if fault.name in within], reached, limit)
    for fault in tried:
        if fault.name not in within:
            shown = {some: found for some, reach in reached.items() if (found := reach.of(fault.lines))}
            ends[fault.name] = apart(partial(_try_anew, name, shown, fault, limit))
        # 1: tests failed; 2 and above: the module or a test could not even be loaded.
        yield Verdict(fault, {0: "lives", -1: NO_END}.get(ends[fault.name], "killed"))


def _try_within(name: str, tried: list[Fault], reached: Mapping[str, Reach], limit: int) -> dict[str, int]:
    """The exit codes of faults within functions: the tests are loaded once, and divide for each fault."""
    ends = dict.fromkeys((fault.name for fault in tried), 0)
    shown = [
        (fault, found)
        for fault in tried
        if (found := {test: took for reach in reached.values() for test, took in reach.of(fault.lines).items()})
    ]
    if shown:
        with TemporaryDirectory() as folder:
            plugin = Divide(file_of(name), shown, limit, Path(folder))
            if (code := apart(partial(_divide, name, " ".join(reached), plugin))) != 0:
                raise RuntimeError(f"the tests of {name} could not be divided: {code}")
            ends |= plugin.ends()
    return ends


def _divide(name: str, some: str, plugin: Divide) -> int:
    quiet()
    _forget()
    importlib.import_module(name)
    return _run(some, plugin)


def _watched(name: str, tests: list[str]) -> tuple[dict[str, Reach], float]:
    """What each of the texts reaches of the module, and the seconds of a processor that all of them take."""
    with TemporaryDirectory() as folder:
        kept = [Path(folder) / str(number) for number in range(len(tests))]
        began = resource.getrusage(resource.RUSAGE_CHILDREN)
        code = apart(partial(_watch, name, tests, kept))
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        if code != 0:
            raise RuntimeError(f"the tests of {name} fail without any fault in it, with {code}: {' '.join(tests)}")
        return {some: Reach.read(path) for some, path in zip(tests, kept, strict=True)}, used.ru_utime - began.ru_utime


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


def _try_anew(name: str, shown: Mapping[str, Mapping[str, float]], fault: Fault, limit: int) -> int:
    quiet(limit)
    _forget()
    sys.meta_path.insert(0, _Faulty(name, file_of(name), fault.tree))
    # One after the other: most faults are killed by the first and quickest, and then nothing else need be loaded.
    return next(filter(None, (_run(some, Chosen(seconds)) for some, seconds in shown.items())), 0)


def _forget() -> None:
    for loaded in [loaded for loaded in sys.modules if loaded.split(".")[0] in OURS]:
        del sys.modules[loaded]


def _run(some: str, plugin: object) -> int:
    options = ["-x", "-q", "--tb=short", "-p", "no:xdist", "-p", "no:cacheprovider", "-p", "no:cov"]
    options += ["-m", "not outside", "--hypothesis-seed=0", "-W", "ignore::pytest.PytestAssertRewriteWarning"]
    return int(pytest.main([*options, *shlex.split(some)], [plugin]))
