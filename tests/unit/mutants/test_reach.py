"""Which tests a fault is shown to: all that reach it, and no fewer."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.mutants.faults import faults
from tests.mutants.reach import Reach
from tests.mutants.run import ROOT

SAMPLE = """\
def one():
    return 1

def two():
    return 2

def three():
    return 3
"""
TESTS = """\
import pytest, sample

@pytest.fixture(scope="module")
def made():
    return sample.one()

@pytest.fixture
def own():
    return sample.three()

def test_a(made): pass
def test_b(made): assert sample.two() == 2
def test_c(made, own): pass
"""
WATCHED = """
from pathlib import Path
import pytest
from tests.mutants.reach import Watch
watch = Watch(Path("sample.py").resolve())
assert pytest.main(["-q", "-p", "no:cacheprovider"], [watch]) == 0
watch.end().write(Path("reach"))
"""


@pytest.mark.outside
def test_a_test_reaches_what_it_runs_and_what_is_made_for_several(tmp_path: Path) -> None:
    (tmp_path / "sample.py").write_text(SAMPLE)
    (tmp_path / "test_sample.py").write_text(TESTS)
    run = [sys.executable, "-c", WATCHED]
    subprocess.run(run, cwd=tmp_path, check=True, env={"PYTHONPATH": f"{ROOT}:{tmp_path}"}, capture_output=True)
    reach = Reach.read(tmp_path / "reach")
    a, b, c = (f"test_sample.py::test_{letter}" for letter in "abc")
    assert set(reach.of(range(2, 3))) == {a, b, c}, "made once for all of them, when the first asks"
    assert set(reach.of(range(5, 6))) == {b}
    assert set(reach.of(range(8, 9))) == {c}
    assert set(reach.of(range(1, 2))) == {a, b, c}, "what runs when the module is loaded is reached by all"
    assert reach.of(range(3, 4)) == {}


def test_a_fault_is_in_the_lines_of_its_statement() -> None:
    source = "def f(x):\n    y = [\n        z for z in x if z\n    ]\n    return y\n"
    lines = {fault.name: fault.lines for fault in faults(source, ModuleType("sample"))}
    assert lines == {
        "f: condition left out: for z in x if z -> for z in x": range(2, 5),
        "f: nothing returned: return y -> return None": range(5, 6),
    }
