"""No function with more than seven parameters or sixty lines: a thing with eleven is two things.

Not counted are `self` and `cls`, and the parameters of a command: each is an option of the command line, and typer
reads them off the function. A command's lines are those of its body, for the same reason.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ("shared", "functions", "client", "operate", "local", "docs", "function_app.py")
MOST_PARAMETERS, MOST_LINES = 7, 60

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions() -> Iterator[tuple[str, Function]]:
    for room in SHIPPED:
        path = ROOT / room
        for file in [path] if path.is_file() else sorted(path.rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, Function):
                    yield f"{file.relative_to(ROOT)}:{node.lineno} {node.name}", node


def is_command(function: Function) -> bool:
    """Whether typer calls it: it is decorated by `app.command` or `app.callback`, or is the `command` that the table of
    commands names of its module (`client.cli.COMMANDS`)."""
    if function.name == "command":
        return True
    called = (getattr(decorator, "func", decorator) for decorator in function.decorator_list)
    return any(ast.unparse(name) in {"app.command", "app.callback"} for name in called)


def parameters(function: Function) -> int:
    given = function.args
    named = [each.arg for each in (*given.posonlyargs, *given.args, *given.kwonlyargs)]
    return len([name for name in named if name not in {"self", "cls"}]) + bool(given.vararg) + bool(given.kwarg)


def lines(function: Function) -> int:
    first = function.body[0] if is_command(function) else function
    return int(function.end_lineno or 0) - first.lineno + 1


def over(function: Function) -> str:
    """What is too much of it; empty: nothing."""
    many, long = parameters(function), lines(function)
    if many > MOST_PARAMETERS and not is_command(function):
        return f"{many} parameters"
    return f"{long} lines" if long > MOST_LINES else ""


def test_no_function_is_two() -> None:
    found = list(functions())
    assert len(found) > 2_000
    assert [f"{where}: {what}" for where, function in found if (what := over(function))] == []


def _made(parameters: str, body: int = 1, decorator: str = "", name: str = "f") -> Function:
    [function] = ast.parse(f"{decorator}\ndef {name}({parameters}):\n" + "    pass\n" * body).body
    assert isinstance(function, ast.FunctionDef)
    return function


@pytest.mark.parametrize(
    ("function", "what"),
    [
        (_made("self, a, b, c, d, *, e, f, g"), ""),
        (_made("self, a, b, c, d, *, e, f, g, h"), "8 parameters"),
        (_made("a, /, b, c, d, e, f, *g, **h"), "8 parameters"),
        (_made("a", 59), ""),
        (_made("a", 60), "61 lines"),
        (_made("a, b, c, d, e, f, g, h", decorator="@app.command('x', epilog='y')"), ""),
        (_made("a,\n" * 70, decorator="@app.callback()"), ""),
        (_made("a", 61, decorator="@app.command()"), "61 lines"),
        (_made("a, b, c, d, e, f, g, h", decorator="@whole"), "8 parameters"),
        (_made("a, b, c, d, e, f, g, h", name="command"), ""),
        (_made("a", 61, name="command"), "61 lines"),
    ],
)
def test_what_is_too_much_is_seen(function: Function, what: str) -> None:
    assert over(function) == what
