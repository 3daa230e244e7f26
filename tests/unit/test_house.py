"""The dependency rules that import-linter cannot express: it sees `azure` as one package, and no calls."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("shared", "functions", "client", "local", "operate")
SOURCES = [path.relative_to(ROOT) for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]
PURE_ROOMS = (
    "shared/kernel/contract",
    "shared/methods",
    *(
        path.parent.relative_to(ROOT).as_posix()
        for path in sorted((ROOT / "shared" / "agreements").glob("*/__init__.py"))
    ),
)


@cache
def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def importers(module: str) -> set[str]:
    return {
        "/".join(path.parts[:3]) if path.parts[0] == "shared" else path.parts[0]
        for path in SOURCES
        if any(name == module or name.startswith(module + ".") for name in imported(path))
    }


def test_the_sources_are_found() -> None:
    assert len(SOURCES) > 50


@pytest.mark.parametrize(
    ("module", "rooms"),
    [
        ("azure.storage", {"shared/kernel/storage"}),
        ("azure.functions", {"functions"}),
        ("azurefunctions", {"functions"}),
        ("azure.keyvault", {"shared/kernel/envelope"}),
    ],
)
def test_a_part_of_azure_is_imported_only_in_its_room(module: str, rooms: set[str]) -> None:
    assert importers(module) == rooms


@pytest.mark.parametrize("room", PURE_ROOMS)
def test_pure_rooms_read_no_clock_and_open_no_file(room: str) -> None:
    forbidden = {"now", "today", "utcnow", "open", "read_text", "write_text", "read_bytes", "write_bytes"}
    inside = [path for path in SOURCES if path.is_relative_to(room)]
    assert inside
    for path in inside:
        for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                called = getattr(node.func, "attr", getattr(node.func, "id", ""))
                assert called not in forbidden, f"{path}:{node.lineno} calls {called}"


ONCE = {
    "shared/kernel/json_once.py": "the one reader of JSON",
    "shared/kernel/yaml_once.py": "the one reader of YAML",
    "shared/kernel/audit/logs/values.py": "lines of foreign logs: a line that says a name twice is read, and named",
    "shared/kernel/envelope/faults.py": "says what is wrong with a manifest that was refused",
    "shared/kernel/envelope/manifest.py": "a manifest has to be canonical, to the last character",
    "shared/kernel/terms/orders.py": "an order that `loads_once` has let through",
    "local/triggers/imitation.py": "does as the host does, whose messages these are",
}
"""Where JSON or YAML is read by another reader than ours, and why that takes no name twice for one."""
READERS = re.compile(
    r"(?<!tomllib)\.loads?\(|(JSONDecoder|\.json\(\)|model_validate_json|validate_json|from_json\(\w*\.text|yaml\.\w*load)"
)


def test_a_document_is_read_by_a_reader_that_takes_no_name_twice() -> None:
    found = {path.as_posix() for path in SOURCES if READERS.search((ROOT / path).read_text(encoding="utf-8"))}
    assert found == set(ONCE)
