"""The examples of docs/users/examples, imported as their readers would: from their folder, as modules of their own."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).resolve().parents[1] / "docs" / "users" / "examples"


def example(name: str) -> Any:
    """The module of that name; `answers` finds `sender` beside it."""
    if name not in sys.modules:
        found = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
        assert found
        assert found.loader
        sys.modules[name] = importlib.util.module_from_spec(found)
        found.loader.exec_module(sys.modules[name])
    return sys.modules[name]
