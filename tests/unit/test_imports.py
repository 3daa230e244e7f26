"""The import graph of all that ships: no circle, and no arrow that runs up.

An arrow has a moment: a module is imported at the *start* (when its importer is), at a *call* (within a function, so
that a command or a cold start does not pay for it), or for *types* alone. All three count: an import within a function
that would be a circle at the top of the module is one all the same. import-linter (`.importlinter`) checks which rooms
know which; this says what it cannot: that no circle is hidden, and that no module names another as a string.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Literal

import pytest

from client import cli
from shared.agreements.registry import PACKAGES

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ("shared", "functions", "client", "operate", "local", "function_app.py")

LAYERS = ("shared.kernel", "shared.methods", "shared.agreements", "the applications")
"""From the ground up: each knows those below it alone."""
APPLICATIONS: dict[str, set[str]] = {
    "client": set(),
    "functions": set(),
    "function_app": {"functions"},
    "operate": {"client"},
    "local": {"client", "functions", "operate"},
}
"""Each, and the others that it knows. The borough's side and the exchange's know nothing of each other."""

COMPOSITION_ROOT = "client.cli"
"""The one module that names applications above its own, as strings: it imports only the command that is to run, and
`operate` and `local` may be missing where a borough has only its own part installed."""
REGISTRY = "shared.agreements.registry"
"""It names the agreements' packages as strings, so that a command does not import what it does not use of them."""

When = Literal["start", "call", "types", "string"]


@dataclass(frozen=True)
class Arrow:
    """One module that imports another."""

    importer: str
    imported: str
    when: When


def _name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@cache
def modules() -> dict[str, Path]:
    named = [ROOT / room for room in SHIPPED]
    files = (file for path in named for file in ([path] if path.is_file() else sorted(path.rglob("*.py"))))
    return {_name(file): file for file in files}


def _imports(node: ast.AST, known: Iterable[str], when: When = "start") -> Iterator[tuple[str, When]]:
    """What the code below `node` imports, and when."""
    if isinstance(node, ast.Import):
        yield from ((alias.name, when) for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert not node.level, "an import says its whole way"
        for alias in node.names:
            whole = f"{node.module}.{alias.name}"
            yield (whole if whole in known else str(node.module)), when
    elif isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        for child in node.body:
            yield from _imports(child, known, "types")
        for child in node.orelse:
            yield from _imports(child, known, when)
    else:
        within = "call" if when == "start" and isinstance(node, ast.FunctionDef | ast.Lambda) else when
        for child in ast.iter_child_nodes(node):
            yield from _imports(child, known, within)


def arrows_of(importer: str, tree: ast.Module, known: Iterable[str]) -> set[Arrow]:
    """To a module, and to every package that it lies in and its importer does not: their `__init__` runs first."""
    found = set()
    for name, when in _imports(tree, known):
        parts = name.split(".")
        ways = {name, *(way for end in range(1, len(parts)) if not importer.startswith(way := ".".join(parts[:end])))}
        found |= {Arrow(importer, way, when) for way in ways if way in known and way != importer}
    return found


def _strings() -> set[Arrow]:
    """What the two that name modules as strings import."""
    commands = {place.partition(":")[0] for place, _ in cli.COMMANDS.values()}
    packages = {
        f"shared.agreements.{package.name}.{module}"
        for package in PACKAGES.values()
        for module in ("terms", "contracts", "pipeline")
    }
    arrows = {Arrow(COMPOSITION_ROOT, name, "string") for name in commands}
    return arrows | {Arrow(REGISTRY, name, "string") for name in packages}


@cache
def arrows() -> frozenset[Arrow]:
    known = modules()
    written = (arrows_of(name, _tree(name), known) for name in known)
    return frozenset().union(*written, _strings())


@cache
def _tree(module: str) -> ast.Module:
    return ast.parse(modules()[module].read_text(encoding="utf-8"))


def circle_in(graph: Iterable[tuple[str, str]]) -> list[str]:
    """The modules of one circle; none: empty."""
    known: dict[str, set[str]] = {}
    for importer, imported in graph:
        known.setdefault(importer, set()).add(imported)
    try:
        TopologicalSorter(known).prepare()
    except CycleError as circle:
        return list(circle.args[1])
    return []


def test_the_modules_and_their_arrows_are_found() -> None:
    assert len(modules()) > 350
    assert {"start", "call", "types", "string"} == {arrow.when for arrow in arrows()}
    assert {arrow.imported for arrow in arrows()} <= set(modules())


def test_no_module_comes_back_to_itself_at_run_time() -> None:
    assert circle_in((arrow.importer, arrow.imported) for arrow in arrows() if arrow.when != "types") == []


def test_no_circle_is_hidden_in_type_hints() -> None:
    assert circle_in((arrow.importer, arrow.imported) for arrow in arrows()) == []


def test_no_two_rooms_of_shared_know_each_other() -> None:
    """A room is a folder of the kernel, of the methods, or one agreement."""

    def room(module: str) -> str:
        return ".".join(module.split(".")[:3])

    within = (arrow for arrow in arrows() if arrow.importer.startswith("shared.") and arrow.when != "string")
    pairs = {(room(arrow.importer), room(arrow.imported)) for arrow in within}
    assert circle_in(pair for pair in pairs if pair[0] != pair[1]) == []


def _layer(module: str) -> int:
    inside = [number for number, layer in enumerate(LAYERS) if f"{module}.".startswith(f"{layer}.")]
    return inside[0] if inside else len(LAYERS) - 1


def test_no_arrow_runs_up_between_layers() -> None:
    up = [arrow for arrow in arrows() if _layer(arrow.imported) > _layer(arrow.importer)]
    assert [arrow for arrow in up if arrow.importer != "shared"] == []


def test_methods_know_the_kernels_errors_alone() -> None:
    known = {arrow.imported for arrow in arrows() if _layer(arrow.importer) == 1 and _layer(arrow.imported) == 0}
    assert known <= {"shared.kernel", "shared.kernel.errors"}


def test_no_agreement_knows_another() -> None:
    def agreement(module: str) -> str:
        return module.split(".")[2] if module.count(".") > 1 else ""

    inside = [arrow for arrow in arrows() if _layer(arrow.importer) == 2 and _layer(arrow.imported) == 2]
    between = {arrow for arrow in inside if agreement(arrow.importer) != agreement(arrow.imported)}
    assert {arrow.importer for arrow in between if arrow.imported != "shared.agreements"} == {REGISTRY}


def test_an_application_knows_only_those_that_it_is_built_on() -> None:
    for arrow in arrows():
        mine, other = arrow.importer.split(".")[0], arrow.imported.split(".")[0]
        if mine in APPLICATIONS and other in APPLICATIONS and mine != other:
            assert other in APPLICATIONS[mine] or arrow.when == "string", arrow


def test_one_module_alone_reaches_up_as_a_string_to_the_other_applications() -> None:
    named = {arrow.imported.split(".")[0] for arrow in _strings() if arrow.importer == COMPOSITION_ROOT}
    assert named == {"client", "operate", "local"}


def test_nobody_else_imports_what_a_string_names() -> None:
    """Neither by the machinery for it nor by a string that is a module's name."""
    machinery = {"import_module", "__import__", "find_spec", "find_loader", "run_module"}
    importing, naming = set(), set()
    for module in modules():
        for node in ast.walk(_tree(module)):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in machinery:
                importing.add(module)
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and "." in node.value:
                naming |= {module} if node.value.partition(":")[0] in modules() else set()
    # The templates of pages lie in packages of their own, and that is how their loader is told where.
    assert naming == {COMPOSITION_ROOT, "client.evidence.page", "client.subject.page"}
    # The emulator's installer asks whether a wheel of another project is there.
    assert importing == {COMPOSITION_ROOT, REGISTRY, "local.azurite"}


@pytest.mark.parametrize(
    ("written", "when"),
    [
        ("from shared.kernel import errors", "start"),
        ("import shared.kernel.errors", "start"),
        ("from shared.kernel.errors import Missing", "start"),
        ("try:\n    import shared.kernel.errors\nexcept ImportError:\n    pass", "start"),
        ("class C:\n    import shared.kernel.errors", "start"),
        ("def f():\n    from shared.kernel import errors", "call"),
        ("class C:\n    def f(self):\n        if True:\n            import shared.kernel.errors", "call"),
        ("if TYPE_CHECKING:\n    from shared.kernel.errors import Missing", "types"),
        ("def f():\n    if TYPE_CHECKING:\n        import shared.kernel.errors", "types"),
        ("if TYPE_CHECKING:\n    pass\nelse:\n    import shared.kernel.errors", "start"),
    ],
)
def test_each_way_to_import_is_seen(written: str, when: When) -> None:
    found = arrows_of("client.a", ast.parse(written), modules())
    assert Arrow("client.a", "shared.kernel.errors", when) in found
    assert {arrow.when for arrow in found} == {when}


def test_a_circle_is_named() -> None:
    assert set(circle_in([("a", "b"), ("b", "c"), ("c", "a"), ("c", "d")])) == {"a", "b", "c"}
    assert circle_in([("a", "b"), ("a", "c"), ("b", "c")]) == []
