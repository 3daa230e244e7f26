"""Which small faults are put into a module: each changes one place, and what is for a reader is left alone."""

from __future__ import annotations

import ast
from enum import Enum
from types import ModuleType

import pytest

from tests.mutants.faults import faults
from tests.mutants.run import faults_of, file_of


class Colour(Enum):
    RED = 1
    GREEN = 2
    BLUE = 3


def made(source: str) -> list[str]:
    module = ModuleType("sample")
    module.Colour = Colour  # type: ignore[attr-defined]
    return [fault.name for fault in faults(source, module)]


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("x < y", ["comparison: x < y -> x <= y", "comparison: x < y -> x >= y"]),
        ("x is y", ["comparison: x is y -> x is not y"]),
        (
            "x and y",
            ["and/or: x and y -> x or y", "condition left out: x and y -> y", "condition left out: x and y -> x"],
        ),
        (
            "x & ~y",
            [
                "operator: x & ~y -> x | ~y",
                "condition left out: x & ~y -> x",
                "condition left out: x & ~y -> ~y",
                "not left out: ~y -> y",
            ],
        ),
        ("x |= y", ["step left out: x |= y -> pass", "operator: x |= y -> x &= y"]),
        ("[x for x in y if z]", ["condition left out:  for x in y if z ->  for x in y"]),
        ("Colour.GREEN", ["level: Colour.GREEN -> Colour.RED", "level: Colour.GREEN -> Colour.BLUE"]),
        ("Colour.RED", ["level: Colour.RED -> Colour.GREEN"]),
        ("f(x, y)", ["step left out: f(x, y) -> pass", "arguments swapped: f(x, y) -> f(y, x)"]),
        ("z = f(x, x)", []),
        ("z = pc.equal(x, y)", []),
        ("z = f(x, a=y)", ["argument left out: f(x, a=y) -> f(x)"]),
        ("z = 'A-1', 'a text to read', '.'", ["value: 'A-1' -> 'A-1~'"]),
        ("z = True", ["value: True -> False"]),
        ("z: Mapping[int, 'A'] = min", ["function: min -> max"]),
        ("raise x", ["step left out: raise x -> pass"]),
    ],
)
def test_faults_of_one_statement(statement: str, expected: list[str]) -> None:
    ordered = sorted(f"module: {name.strip()}" for name in expected)
    assert sorted(" ".join(name.split()) for name in made(statement)) == [" ".join(name.split()) for name in ordered]


def test_a_condition_is_made_always_true_and_always_false_and_a_return_is_lost() -> None:
    names = made('def f(x):\n    """A text."""\n    if x:\n        return x\n    return None\n')
    assert names == [
        "f: always true: x -> True",
        "f: always false: x -> False",
        "f: nothing returned: return x -> return None",
    ]


def test_equal_faults_of_one_function_have_names_of_their_own() -> None:
    names = made("def f(x):\n    return g(1), g(1)\n")
    assert len(set(names)) == len(names)
    assert "f: value: 1 -> 2 (2)" in names


@pytest.mark.parametrize("name", ["shared.kernel.ledger.conservation", "shared.agreements.free_school_meals.outcomes"])
def test_each_fault_of_a_real_module_differs_from_it_and_can_be_compiled(name: str) -> None:
    sound = ast.dump(ast.parse(file_of(name).read_text(encoding="utf-8")))
    found = faults_of(name)
    assert len({fault.name for fault in found}) == len(found) > 20
    for fault in found:
        assert ast.dump(fault.tree) != sound, fault.name
        compile(fault.tree, name, "exec")
