"""The reader of templates reads as Bicep does, or refuses."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.infra.bicep import Resource, deploy
from tests.unit.infra.words import Ambiguous, DeploymentFailed, NotUnderstood

PARAMETERS = """
param on bool = true
param word string = 'w'
param list string[] = ['a', 'b']
param nested object = { a: { b: ['x', 'y'] }, n: 3 }
"""


def value_of(expression: str, **given: Any) -> Any:
    """What an expression is worth, seen in a resource that is named by it."""
    text = f"{PARAMETERS}\nvar it = {expression}\nresource r 'T/t@1' = {{\n  name: 'r'\n  it: it\n}}\n"
    [resource] = deploy("x.bicep", {"x.bicep": text}.__getitem__, **given)
    return resource.body["it"]


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("on ? 'yes' : 'no'", "yes"),
        ("(word == 'w') ? 'yes' : 'no'", "yes"),
        ("!empty(list)", True),
        ("nested.a.b[1]", "y"),
        ("(nested.?z) ?? 'none'", "none"),
        ("(nested.n) * 10", 30),
        ("(length(list) + 9) / 10", 1),
        ("'${word}-${join(list, '/')}-${nested.a.b[0]}'", "w-a/b-x"),
        ("map(list, one => '${one}${word}')", ["aw", "bw"]),
        ("filter(list, one => one == 'b')", ["b"]),
        ("map(list, one => { k: one, n: 1 })", [{"k": "a", "n": 1}, {"k": "b", "n": 1}]),
        ("[for (one, i) in list: '${one}${i}']", ["a0", "b1"]),
        ("flatten(map(list, one => [one, word]))", ["a", "w", "b", "w"]),
        ("union(list, ['b', 'c'])", ["a", "b", "c"]),
        ("take(skip(list, 1), 5)", ["b"]),
    ],
)
def test_an_expression_is_worth_what_bicep_says(expression: str, value: object) -> None:
    assert value_of(expression) == value


@pytest.mark.parametrize(
    "expression",
    [
        "word == 'w' ? 'yes' : 'no'",
        "nested.n ?? 1",
        "nested.n * 10",
        "!on && on",
        "on && on || on",
        "3 - 2 + 1",
        "word == 'w' && on",
    ],
)
def test_what_the_parser_reads_in_another_order_is_refused(expression: str) -> None:
    with pytest.raises(Ambiguous):
        value_of(expression)


def test_fail_is_only_reached_where_it_stands() -> None:
    assert value_of("on ? 'fine' : fail('not ${word}')") == "fine"

    with pytest.raises(DeploymentFailed, match="not w"):
        value_of("on ? 'fine' : fail('not ${word}')", on=False)


def test_what_is_not_part_of_the_language_here_is_refused() -> None:
    with pytest.raises(NotUnderstood, match="toUpper"):
        value_of("toUpper(word)")
    with pytest.raises(NotUnderstood, match="nobody"):
        value_of("nobody")


@pytest.mark.parametrize(("given", "why"), [({"other": 1}, "no such parameter: other"), ({}, "word is missing")])
def test_parameters_have_to_fit(given: dict[str, object], why: str) -> None:
    with pytest.raises(DeploymentFailed, match=why):
        deploy("x.bicep", {"x.bicep": "param word string\n"}.__getitem__, **given)


def test_modules_loops_and_conditions_are_expanded() -> None:
    files = {
        "main.bicep": (
            "module boxes 'm/box.bicep' = [for one in ['a', 'b']: {\n  name: one\n  params: {\n    name: one\n  }\n}]\n"
            "module never 'm/box.bicep' = if (false) {\n  name: 'n'\n  params: {\n    name: 'n'\n  }\n}\n"
            "resource last 'T/t@1' = {\n  name: '${boxes[1].outputs.path}/last'\n}\n"
        ),
        "m/box.bicep": (
            "param name string\n"
            "resource outer 'T/t@1' = {\n  name: name\n}\n"
            "resource inner 'T/t/u@1' = {\n  parent: outer\n  name: 'in'\n  scope: outer\n"
            "  key: outer.properties.key\n}\n"
            "output path string = outer.name\n"
        ),
    }

    found = deploy("main.bicep", files.__getitem__)

    assert [(one.type, one.name) for one in found] == [
        ("T/t", "a"), ("T/t/u", "a/in"), ("T/t", "b"), ("T/t/u", "b/in"), ("T/t", "b/last"),
    ]  # fmt: skip
    assert found[1].scope == Resource("T/t", "a")
    assert str(found[1].body["key"]) == "«/T/t/a.properties.key»"


def test_what_only_exists_is_not_deployed() -> None:
    text = "resource there 'T/t@1' existing = {\n  name: 'x'\n}\nresource r 'T/u@1' = {\n  name: there.id\n}\n"

    assert [one.type for one in deploy("x.bicep", {"x.bicep": text}.__getitem__)] == ["T/u"]
