"""Somebody does what `docs/developers/add-an-agreement.md` says, word for word, in a copy of the tree.

The copy then has a third agreement, and everything that the page promises is looked for there.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import bicep_compiler

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "developers" / "add-an-agreement.md"
JOURNEY = "tests/unit/agreements/journey_of_library_cards.py"
PACKAGE = "shared/agreements/library_cards"
FIVE = ("__init__.py", "agreement.yaml", "contracts.py", "pipeline.py", "terms.py")
COPIED = ("client", "docs", "functions", "infra", "local", "operate", "shared", "tests")

pytestmark = pytest.mark.outside


def blocks(language: str, text: str) -> list[str]:
    """The code blocks of one language, in their order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def files(text: str) -> dict[str, str]:
    """What the page says to write, by the file's name: in bold, then what it is for, then the file."""
    found = re.findall(r"^\*\*`([a-z_.]+)`\*\*[^`].*?^```\w+\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return dict(found)


def run(tree: Path, *command: str) -> str:
    """Run a command in the tree; what it said."""
    done = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The copy, after the page's steps 1 to 3 and the first command of step 4."""
    text = PAGE.read_text(encoding="utf-8")
    tree = tmp_path_factory.mktemp("tree")
    for name in COPIED:
        shutil.copytree(ROOT / name, tree / name, ignore=shutil.ignore_patterns("__pycache__", "data", "node_modules"))
    for name in ("pyproject.toml", ".importlinter", "azure.yaml", "function_app.py", "host.json", "README.md"):
        shutil.copyfile(ROOT / name, tree / name)
    copy, _ = blocks("shell", text)
    run(tree, "bash", "-euc", copy)
    for name, content in files(text).items():
        assert (tree / PACKAGE / name).is_file(), f"{name} is not there to be changed"
        (tree / PACKAGE / name).write_text(content, encoding="utf-8")
    registry = tree / "shared" / "agreements" / "registry.py"
    line = blocks("python", text)[-1]
    # At the end, as somebody would: what reads the first agreement alone is found out.
    added, lines = re.subn(
        r"(^PACKAGES = \{\n(?: .*\n)+)", rf"\g<1>{line}", registry.read_text("utf-8"), flags=re.MULTILINE
    )
    assert lines == 1
    registry.write_text(added, encoding="utf-8")
    run(tree, sys.executable, "-m", "docs.generate")
    return tree


def test_it_is_five_files_and_one_line(tree: Path) -> None:
    assert tuple(sorted(files(PAGE.read_text(encoding="utf-8")))) == FIVE
    written = {path.name for path in (tree / PACKAGE).iterdir() if path.is_file()}
    assert written == {*FIVE, "agreement.schema.json"}, "the schema is generated"
    assert len(blocks("python", PAGE.read_text(encoding="utf-8"))[-1].splitlines()) == 1


def test_a_file_goes_all_its_way(tree: Path) -> None:
    # Whether its cloud was looked at, too, hangs on the compiler.
    expected = r"\b11 passed\b" if bicep_compiler.found() else r"\b10 passed, 1 skipped\b"
    said = run(tree, sys.executable, "-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", JOURNEY)
    assert re.search(expected, said), said


def test_the_commands_of_the_page_run_and_know_the_agreement(tree: Path) -> None:
    _, follows = blocks("shell", PAGE.read_text(encoding="utf-8"))
    assert follows.splitlines() == ["python -m docs.generate", "exchange agreement list", "lint-imports"]
    exchange = (sys.executable, "-c", "from client.start import main; main()")
    listed = json.loads(run(tree, *exchange, "agreement", "list", "--json"))["agreements"]
    [cards] = [one for one in listed if one["agreement"] == "library-cards@1.0.0"]
    assert cards["parties"] == ["lambeth", "croydon"]
    assert "library-cards@1.0.0" in run(tree, *exchange, "agreement", "list")
    assert "inbox 20 outbox 20" in run(tree, *exchange, "agreement", "show", "library-cards")
    run(tree, str(Path(sys.executable).with_name("lint-imports")))


def test_what_the_page_says_to_write_is_as_the_house_writes(tree: Path) -> None:
    ruff = str(Path(sys.executable).with_name("ruff"))
    run(tree, ruff, "check", PACKAGE, "shared/agreements/registry.py")
    run(tree, ruff, "format", "--check", PACKAGE, "shared/agreements/registry.py")
    run(tree, str(Path(sys.executable).with_name("mypy")), PACKAGE)


def test_its_pages_and_schemas_are_made(tree: Path) -> None:
    datasets = tree / "docs" / "users" / "datasets"
    assert "lives_in" in (datasets / "library-cards" / "cards.schema.json").read_text(encoding="utf-8")
    assert (datasets / "library-cards" / "cards.parquet").is_file()
    assert "CRD-050" in (tree / "docs" / "users" / "rule-codes.md").read_text(encoding="utf-8")
    assert "CRI-001" in (tree / "docs" / "users" / "gate-codes.md").read_text(encoding="utf-8")
    ig = tree / "docs" / "ig" / "library-cards"
    annex = (ig / "annex.md").read_text(encoding="utf-8")
    assert "library-planning" in annex
    assert "| **`card`** |" in annex
    record = (ig / "record-of-processing.md").read_text(encoding="utf-8")
    assert "Croydon" in record
    assert "lambeth" in record
    assert (ig / "dpia-inputs.md").is_file()
