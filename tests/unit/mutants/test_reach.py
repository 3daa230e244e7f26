"""Which tests a fault is shown to: all that reach it, and no fewer; and what they make of it."""

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


DIVIDED = """
import importlib, sys
from pathlib import Path
import pytest
from tests.mutants.divide import Divide
from tests.mutants.faults import faults
file = Path("sample.py").resolve()
import sample
tests = {f"test_sample.py::test_{letter}": 1.0 for letter in "abc"}
made = list(faults(file.read_text(), sample))
folder = Path("kept")
folder.mkdir()
plugin = Divide(file, [(fault, tests) for fault in made], 60, folder)
assert pytest.main(["-q", "-p", "no:cacheprovider"], [plugin]) == 0
for name, end in plugin.ends().items():
    print(end, name, file=sys.stderr)
"""


def run(program: str, folder: Path) -> str:
    (folder / "sample.py").write_text(SAMPLE)
    (folder / "test_sample.py").write_text(TESTS)
    command = [sys.executable, "-c", program]
    environment = {"PYTHONPATH": f"{ROOT}:{folder}"}
    return subprocess.run(command, cwd=folder, check=True, env=environment, capture_output=True, text=True).stderr


@pytest.mark.outside
def test_of_faults_within_functions_those_that_a_test_notices_are_killed_and_the_others_live(tmp_path: Path) -> None:
    assert run(DIVIDED, tmp_path).splitlines() == [
        "0 one: value: 1 -> 2",
        "0 one: value: 1 -> 0",
        "1 two: value: 2 -> 3",
        "1 two: value: 2 -> 1",
        "0 three: value: 3 -> 4",
        "0 three: value: 3 -> 2",
    ]


@pytest.mark.outside
def test_a_test_reaches_what_it_runs_and_what_is_made_for_several(tmp_path: Path) -> None:
    run(WATCHED, tmp_path)
    reach = Reach.read(tmp_path / "reach")
    a, b, c = (f"test_sample.py::test_{letter}" for letter in "abc")
    assert set(reach.of(range(2, 3))) == {a, b, c}, "made once for all of them, when the first asks"
    assert set(reach.of(range(5, 6))) == {b}
    assert set(reach.of(range(8, 9))) == {c}
    assert set(reach.of(range(1, 2))) == {a, b, c}, "what runs when the module is loaded is reached by all"
    assert reach.of(range(3, 4)) == {}
    assert reach.alone(range(5, 7))
    assert not reach.alone(range(1, 3))


def test_a_fault_is_in_the_lines_of_its_statement() -> None:
    source = "def f(x):\n    y = [\n        z for z in x if z\n    ]\n    return y\n"
    lines = {fault.name: fault.lines for fault in faults(source, ModuleType("sample"))}
    assert lines == {
        "f: condition left out: for z in x if z -> for z in x": range(2, 5),
        "f: nothing returned: return y -> return None": range(5, 6),
    }


def test_a_fault_is_within_a_function_only_where_its_body_has_it() -> None:
    source = "class A:\n    n: int = 1\n    def f(self, x=2):\n        def g():\n            return 3\n"
    functions = {fault.before: fault.function for fault in faults(source, ModuleType("sample"))}
    assert functions == {"1": "", "2": "", "3": "A.f"}
