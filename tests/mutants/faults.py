"""Every small fault that is tried: a rule loosened or turned round, a step left out, a value one off.

A fault changes one place of the syntax tree. Annotations, docstrings and texts that a reader reads (there is a space in
them) are left alone: no rule stands in them.
"""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from types import ModuleType

Change = Callable[[], None]
Node = ast.AST


@dataclass(frozen=True)
class Fault:
    """One fault in a module, and the module's tree with it."""

    where: str
    """The function or class that it is in, or the module."""
    line: int
    lines: range
    """Those of the statement that it is in: a test that reaches none of them cannot notice it."""
    function: str
    """The outermost function in whose body it is, as Python names it; empty for what runs when the module is loaded."""
    kind: str
    before: str
    after: str
    tree: ast.Module

    @property
    def name(self) -> str:
        """What it is called in the register of those that live on: no line numbers, which move."""
        return f"{self.where}: {self.kind}: {self.before} -> {self.after}"


_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.Pow: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitOr,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
}
_NAMES = {"min": "max", "max": "min", "any": "all", "all": "any"}
_SYMMETRIC = {"equal", "minimum", "maximum", "min", "max"}
"""Functions to which the order of two arguments is nothing."""
_CODE = re.compile(r"\S*\w\S*")
"""A text without a space is a code, a name or a key; one without a letter or a digit is punctuation."""


def faults(source: str, module: ModuleType) -> Iterator[Fault]:
    """Every fault of a module's source. The module itself tells which names are enumerations.

    The tree of each is a copy: the faults of a module are never in it together.
    """
    tree = ast.parse(source)
    # Two equal faults in one function are told apart by a number.
    seen: dict[str, int] = {}
    for path, where in _places(tree):
        node, lines, function = _at(tree, path), _lines(tree, path), _function(tree, path)
        for number, (kind, before, after) in enumerate(_of(node, module)):
            changed = copy.deepcopy(tree)
            target = _at(changed, path)
            replacement = list(_of(target, module))[number][2]
            _put(changed, path, replacement)
            ast.fix_missing_locations(changed)
            texts = (_text(before), _text(after))
            key = f"{where}{kind}{texts}"
            seen[key] = seen.get(key, 0) + 1
            again = f" ({seen[key]})" if seen[key] > 1 else ""
            line = getattr(node, "lineno", lines.start)
            yield Fault(where, line, lines, function, kind, texts[0], texts[1] + again, changed)


Step = tuple[str, int | None]


def _places(tree: ast.Module) -> Iterator[tuple[tuple[Step, ...], str]]:
    """Every place a fault may be in, as the steps that lead to it, and the name of what is around it."""

    def walk(node: Node, path: tuple[Step, ...], where: str) -> Iterator[tuple[tuple[Step, ...], str]]:
        if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
            where = f"{where}.{node.name}" if where != "module" else node.name
        if path:
            yield path, where
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns", "decorator_list", "type_params", "bases", "ctx"):
                continue
            if isinstance(value, list):
                for index, child in enumerate(value):
                    if isinstance(child, ast.AST) and not _is_docstring(child) and not _is_for_types(child):
                        yield from walk(child, (*path, (name, index)), where)
            elif isinstance(value, ast.AST):
                yield from walk(value, (*path, (name, None)), where)

    yield from walk(tree, (), "module")


def _is_docstring(node: Node) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_for_types(node: Node) -> bool:
    return isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"


def _at(tree: Node, path: tuple[Step, ...]) -> Node:
    for name, index in path:
        tree = getattr(tree, name) if index is None else getattr(tree, name)[index]
    return tree


def _lines(tree: Node, path: tuple[Step, ...]) -> range:
    around = (_at(tree, path[:length]) for length in range(len(path), 0, -1))
    statement = next(node for node in around if isinstance(node, ast.stmt))
    return range(statement.lineno, (statement.end_lineno or statement.lineno) + 1)


def _function(tree: Node, path: tuple[Step, ...]) -> str:
    names = []
    for length in range(1, len(path)):
        node = _at(tree, path[:length])
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            names.append(node.name)
        if isinstance(node, ast.FunctionDef):
            return ".".join(names) if path[length][0] == "body" else ""
    return ""


def _put(tree: Node, path: tuple[Step, ...], node: Node) -> None:
    *before, (name, index) = path
    parent = _at(tree, tuple(before))
    if index is None:
        setattr(parent, name, node)
    else:
        getattr(parent, name)[index] = node


def _text(node: Node) -> str:
    shown = node.test if isinstance(node, (ast.If, ast.While)) else node
    text = " ".join(ast.unparse(shown).split())
    return text if len(text) <= 160 else text[:120] + " … " + text[-37:]


def _of(node: Node, module: ModuleType) -> Iterator[tuple[str, Node, Node]]:
    """The faults of one node itself: kind, the node, and what takes its place."""
    match node:
        case ast.Compare():
            for index, operator in enumerate(node.ops):
                for other in _COMPARISONS[type(operator)]:
                    ops = [*node.ops[:index], other(), *node.ops[index + 1 :]]
                    yield "comparison", node, ast.Compare(node.left, ops, node.comparators)
        case ast.BoolOp():
            other_bool = ast.Or() if isinstance(node.op, ast.And) else ast.And()
            yield "and/or", node, ast.BoolOp(other_bool, node.values)
            for index in range(len(node.values)):
                rest = node.values[:index] + node.values[index + 1 :]
                yield "condition left out", node, rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)
        case ast.BinOp():
            if type(node.op) in _OPERATORS and not _is_text(node):
                yield "operator", node, ast.BinOp(node.left, _OPERATORS[type(node.op)](), node.right)
            if isinstance(node.op, (ast.BitAnd, ast.BitOr)):
                yield "condition left out", node, node.left
                yield "condition left out", node, node.right
        case ast.AugAssign():
            yield "step left out", node, ast.Pass()
            if type(node.op) in _OPERATORS:
                yield "operator", node, ast.AugAssign(node.target, _OPERATORS[type(node.op)](), node.value)
        case ast.UnaryOp(op=ast.Not() | ast.Invert()):
            yield "not left out", node, node.operand
        case ast.If() | ast.IfExp() | ast.While():
            for value in (True, False):
                # `while True` is a loop that the time limit would end.
                if not (value and isinstance(node, ast.While)):
                    yield f"always {str(value).lower()}", node.test, _with_test(node, ast.Constant(value))
        case ast.comprehension(ifs=[_, *_]):
            for index in range(len(node.ifs)):
                ifs = node.ifs[:index] + node.ifs[index + 1 :]
                yield "condition left out", node, ast.comprehension(node.target, node.iter, ifs, node.is_async)
        case ast.Constant():
            yield from (("value", node, ast.Constant(value)) for value in _other_values(node.value))
        case ast.Attribute(value=ast.Name(id=name)):
            kind = getattr(module, name, None)
            if isinstance(kind, type) and issubclass(kind, Enum) and node.attr in kind.__members__:
                members = list(kind.__members__)
                at = members.index(node.attr)
                for other_at in sorted({max(at - 1, 0), min(at + 1, len(members) - 1)} - {at}):
                    yield "level", node, ast.Attribute(node.value, members[other_at], node.ctx)
        case ast.Name(id=name) if name in _NAMES:
            yield "function", node, ast.Name(_NAMES[name], node.ctx)
        case ast.Call():
            yield from _of_call(node)
        case ast.Set() | ast.List() if len(node.elts) > 1:
            for index in range(len(node.elts)):
                elements = node.elts[:index] + node.elts[index + 1 :]
                shorter = ast.Set(elements) if isinstance(node, ast.Set) else ast.List(elements, node.ctx)
                yield "element left out", node, shorter
        case ast.Raise() | ast.Continue() | ast.Break() | ast.Delete():
            yield "step left out", node, ast.Pass()
        case ast.Expr(value=ast.Call() | ast.Await()):
            yield "step left out", node, ast.Pass()
        case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant):
            yield "nothing returned", node, ast.Return(ast.Constant(None))
        case ast.Return(value=None):
            yield "step left out", node, ast.Pass()


def _of_call(node: ast.Call) -> Iterator[tuple[str, Node, Node]]:
    plain = [not isinstance(argument, ast.Starred) for argument in node.args]
    for index in range(len(node.args) - 1):
        two = (node.args[index], node.args[index + 1])
        same = all(map(_is_readers, two)) or ast.dump(two[0]) == ast.dump(two[1]) or _is_symmetric(node.func)
        if plain[index] and plain[index + 1] and not same:
            args = list(node.args)
            args[index], args[index + 1] = args[index + 1], args[index]
            yield "arguments swapped", node, ast.Call(node.func, args, node.keywords)
    for index, argument in enumerate(node.args):
        if isinstance(argument, ast.Tuple) and len(argument.elts) > 1:
            for left_out in range(len(argument.elts)):
                elements = argument.elts[:left_out] + argument.elts[left_out + 1 :]
                args = [*node.args[:index], ast.Tuple(elements, argument.ctx), *node.args[index + 1 :]]
                yield "element left out", node, ast.Call(node.func, args, node.keywords)
    for index, keyword in enumerate(node.keywords):
        if keyword.arg is not None:
            keywords = node.keywords[:index] + node.keywords[index + 1 :]
            yield "argument left out", node, ast.Call(node.func, node.args, keywords)


def _is_symmetric(function: ast.expr) -> bool:
    return getattr(function, "attr", getattr(function, "id", "")) in _SYMMETRIC


def _is_readers(node: ast.expr) -> bool:
    if isinstance(node, ast.JoinedStr):
        return any(map(_is_readers, node.values))
    return isinstance(node, ast.Constant) and isinstance(node.value, str) and not _CODE.fullmatch(node.value)


def _with_test(node: ast.If | ast.IfExp | ast.While, test: ast.expr) -> Node:
    changed = copy.copy(node)
    changed.test = test
    return changed


def _is_text(node: ast.BinOp) -> bool:
    return any(
        isinstance(part, (ast.JoinedStr, ast.Constant)) and _text(part)[:1] in "'\"f"
        for part in (node.left, node.right)
    )


def _other_values(value: object) -> Iterator[bool | int | float | str | None]:
    if isinstance(value, bool):
        yield not value
    elif isinstance(value, int):
        yield value + 1
        yield value - 1
    elif isinstance(value, float):
        yield value * 1.1 + 0.01
    elif isinstance(value, str) and _CODE.fullmatch(value):
        yield value + "~"
