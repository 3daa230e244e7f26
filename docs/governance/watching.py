"""Frames and tables that remember which columns were looked at, and the texts that stand in a module."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pyarrow as pa

from shared.kernel.contract.rules.frame import Frame


class WatchedFrame(Frame):
    """A frame that remembers which columns a rule has looked at."""

    def __init__(self, table: pa.Table, read: set[str]) -> None:
        super().__init__(table)
        self._rows = table
        self.read = read

    def column(self, field: str) -> pa.Array:
        """As the frame does, and remembered."""
        self.read.add(field)
        return super().column(field)

    def only(self, rows: Any) -> WatchedFrame:
        """These rows alone, watched by the same eye."""
        return WatchedFrame(self._rows.filter(pa.array(rows)), self.read)


class WatchedTable:
    """A table that remembers which columns a service has looked at; it offers what services use of a table."""

    def __init__(self, table: pa.Table, read: set[str]) -> None:
        self.table = table
        self.read = read

    @property
    def num_rows(self) -> int:
        """As the table's."""
        return int(self.table.num_rows)

    @property
    def column_names(self) -> list[str]:
        """As the table's; to know a name is not to read the column."""
        return list(self.table.column_names)

    def column(self, name: str) -> pa.ChunkedArray:
        """As the table does, and remembered."""
        self.read.add(name)
        return self.table.column(name)

    def take(self, rows: pa.Array) -> pa.Table:
        """As the table does: to pass rows on whole is not to read them."""
        return self.table.take(rows)

    def select(self, names: list[str]) -> pa.Table:
        """As the table does, and remembered."""
        self.read.update(names)
        return self.table.select(names)


def literals(path: Path, function: str | None = None) -> set[str]:
    """Every text that stands in a module, or in one function of it, but for docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    scopes = [tree] if function is None else [n for n in ast.walk(tree) if getattr(n, "name", None) == function]
    if not scopes:
        raise LookupError(f"{path.name} has no {function}")
    said = {
        id(node.value)
        for scope in scopes
        for node in ast.walk(scope)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    return {
        node.value
        for scope in scopes
        for node in ast.walk(scope)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in said
    }
