"""The questions that are asked of the logs, and two who understand them: Microsoft's language service says whether a
text fits the tables, and `duckdb-kql` carries it out over rows that a test makes up.

The language service is a package of npm; ``python -m tests.unit.infra.kql`` is what ``make setup`` calls to install it
into `.venv`. Where it is not, a test says so.

`duckdb-kql` is right in a part of the language and silent where it is wrong: a text of ours stays within ``union
isfuzzy`` with a typed leg, ``where``, ``extend``, ``project``, ``summarize``, ``join`` with its kind, ``parse_json``
and ``split``, and compares a column with a literal of its own type.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.shared_files import SHARED, shared
from tests.unit.infra.templates import ROOT

FOLDER = ROOT / "infra/bicep/kql"
PLACE = Path(__file__).with_name("kusto")
HOME = Path(sys.prefix) / "kusto"
INSTALLED = HOME / "node_modules/@kusto/language-service-next/package.json"
NOW = datetime(2026, 12, 1, 12, 0, tzinfo=UTC)
TYPES = {"string": "VARCHAR", "datetime": "TIMESTAMP", "dynamic": "JSON", "bool": "BOOLEAN", "real": "DOUBLE"}
ASKED_BY_THE_APP = ROOT / "shared/kernel/storage/who_read.kql"
_LEG = re.compile(r"datatable\(([^)]*)\) \[\]\), (\w+(?:, \w+)*)")

Tables = Mapping[str, Mapping[str, str]]
Rows = Mapping[str, list[dict[str, Any]]]


def text_of(name: str, words: Mapping[str, str]) -> str:
    """A question with its words filled in."""
    text = (FOLDER / f"{name}.kql").read_text(encoding="utf-8")
    for word, value in words.items():
        text = text.replace(f"<{word}>", value)
    return text


@cache
def tables() -> dict[str, dict[str, str]]:
    """Tables, columns, types: the public reference's where the shared folder is, else what the texts say."""
    if SHARED.is_dir():
        found: dict[str, dict[str, str]] = json.loads(shared("data/azure/log-tables.json").read_text(encoding="utf-8"))
        return found
    return tables_of_the_texts()


def tables_of_the_texts() -> dict[str, dict[str, str]]:
    """What every text takes its tables to be: the legs that stand for a table to which no line was ever written."""
    legs: dict[str, dict[str, str]] = {}
    for path in (*sorted(FOLDER.rglob("*.kql")), ASKED_BY_THE_APP):
        for columns, named in _LEG.findall(path.read_text(encoding="utf-8")):
            for table in named.split(", "):
                legs.setdefault(table, {}).update(column.split(": ", 1) for column in columns.split(", "))
    return legs


def findings(texts: Mapping[str, str], known: Tables) -> dict[str, list[tuple[str, str]]]:
    """What the language service has to say of each text, with these tables. Skips where it is not installed."""
    if not INSTALLED.is_file():
        assert not SHARED.is_dir(), "`make setup` installs the language service for KQL"
        pytest.skip("KQL was not checked: `make setup` installs Microsoft's language service, with Node.js")
    from local.azurite import find_node

    asked = json.dumps({"tables": known, "texts": texts})
    command = [*find_node().node, str(PLACE / "bind.mjs"), str(INSTALLED)]
    done = subprocess.run(command, input=asked, capture_output=True, text=True, timeout=120, check=True)
    return {name: [(one[0], one[1]) for one in said] for name, said in json.loads(done.stdout).items()}


def answer(text: str, rows: Rows) -> list[tuple[Any, ...]]:
    """What the question finds in these rows at `NOW`. A row gives its `age` in minutes, and the columns that matter."""
    import duckdb

    with duckdb.connect() as database:
        for table, columns in tables().items():
            if table in text:
                typed = ", ".join(f'"{name}" {TYPES.get(kind, "BIGINT")}' for name, kind in columns.items())
                database.execute(f'CREATE TABLE "{table}" ({typed})')
                for row in rows.get(table, ()):
                    _put(database, table, columns, row)
        sql = _sql(text)
        return database.execute(str(sql), sql.parameters).fetchall()


def _put(database: Any, table: str, columns: Mapping[str, str], row: dict[str, Any]) -> None:
    given = {name: value for name, value in row.items() if name != "age"}
    assert set(given) <= set(columns), f"{table} has no {set(given) - set(columns)}"
    at = (NOW - timedelta(minutes=row["age"])).replace(tzinfo=None)
    full: dict[str, Any] = {name: "" for name, kind in columns.items() if kind == "string"}
    full |= {"TimeGenerated": at, **given}
    names = ", ".join(f'"{name}"' for name in full)
    places = ", ".join("?" for _ in full)
    database.execute(f'INSERT INTO "{table}" ({names}) VALUES ({places})', list(full.values()))


@cache
def _sql(text: str) -> Any:
    import duckdb_kql

    schema = {table: list(columns) for table, columns in tables().items()}
    return duckdb_kql.to_sql(text, schema=schema, query_now=NOW.replace(tzinfo=None))


def install() -> None:
    """Install the language service as the lockfile says. What cannot be installed is said, and stops nothing else."""
    from local.azurite import EmulatorFailed, find_node

    wanted = (PLACE / "package-lock.json").read_text(encoding="utf-8")
    locked = HOME / "package-lock.json"
    if INSTALLED.is_file() and locked.is_file() and locked.read_text(encoding="utf-8") == wanted:
        return
    HOME.mkdir(exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copyfile(PLACE / name, HOME / name)
    try:
        found = find_node()
        path = os.pathsep.join([str(Path(found.node[0]).parent), os.environ.get("PATH", "")])
        command = [*found.npm, "ci", "--no-fund", "--no-audit", "--loglevel=error", "--ignore-scripts"]
        subprocess.run(command, cwd=HOME, env={**os.environ, "PATH": path}, stdin=subprocess.DEVNULL, check=True)
    except (EmulatorFailed, OSError, subprocess.SubprocessError) as error:
        sys.stderr.write(
            f"The language service could not be installed ({type(error).__name__}): KQL will not be checked.\n"
        )


if __name__ == "__main__":
    install()
