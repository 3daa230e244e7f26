"""Pieces of the examples, for pages to quote: what a page shows is what the tests run."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "docs" / "users" / "examples"


def python(file: str, *names: str) -> str:
    """Functions or classes of an example in Python, whole."""
    text = (EXAMPLES / file).read_text(encoding="utf-8")
    found = {
        node.name: ast.get_source_segment(text, node)
        for node in ast.parse(text).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
    }
    return "\n\n\n".join(str(found[name]) for name in names)


def java(file: str, *starts: str) -> str:
    """Members of a Java class that begin so, whole, without their indentation; comments above them stay behind."""
    text = (EXAMPLES / file).read_text(encoding="utf-8")
    found = []
    for start in starts:
        end = r"^  \}" if start.endswith("(") else r";$"  # a method ends with its brace, a field with its semicolon
        member = re.search(rf"^  {re.escape(start)}.*?{end}", text, re.MULTILINE | re.DOTALL)
        if member is None:
            raise KeyError(f"{file}: {start}")
        found.append(re.sub(r"^  ", "", member[0], flags=re.MULTILINE))
    return "\n\n".join(found)
