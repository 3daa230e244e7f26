"""Sees to it that an extract is packed whole: that nobody still writes it, and that it has the rows it should have.

What a supplier's nightly job has written half looks like a smaller file. So size and time of every source are looked at
before and after it is read, and must have been still for some seconds; how many rows there should be can be given; and
far fewer rows than the last time are not packed without a word.
"""

from __future__ import annotations

import functools
import inspect
import json
import os
import re
import sys
import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from client.codes import invalid
from client.console import note
from client.disk import check_file
from client.files import write_bytes
from client.settings import PROFILE
from shared.kernel.errors import InvalidInput
from shared.kernel.json_once import loads_once

STILL_SECONDS = 3.0
WAIT_SECONDS = 600.0
"""For a file to come to rest; what is written for longer is not waited for."""
FEWER = 0.8
"""Below this part of the last time's rows somebody has to say that it is right."""
SMALL = 20
"""So few rows vary by chance."""
HISTORY = "packs.json"

Look = dict[str, tuple[int, int]]
"""Files by name, each with its size and the time of its last change."""
Settle = Annotated[
    float | None,
    typer.Option(min=0, help="Seconds for which the file must have been still; else EXCHANGE_SETTLE, else 3."),
]
ExpectRows = Annotated[
    str | None,
    typer.Option(help="How many rows the file must have: a number, or a file that holds one and no other number."),
]
AllowShrink = Annotated[bool, typer.Option("--allow-shrink", help="Far fewer rows than the last time are right.")]


_NO_SOURCE = {"out", "report", "profile", "agreements", "results"}
"""Paths on the command line that are not read as data."""


@dataclass(frozen=True)
class Call:
    """One call of a command: what it reads, and what was said of it on the command line."""

    what: str
    """The command and the dataset, such as `households`: with what it is compared the next time."""
    folder: Path
    """Where the profile lies, or else what is written: what is remembered lies there."""
    seen: dict[Path, Look]
    """Every source as it was before it was read."""
    expect_rows: str | None
    allow_shrink: bool


_call: ContextVar[Call | None] = ContextVar("asked", default=None)


def whole(command: Callable[..., None]) -> Callable[..., None]:
    """A command of `exchange pack` with --settle, --expect-rows and --allow-shrink; it starts when its sources rest.

    What it writes must pass `check_whole` first. Raises `InvalidInput` INP-114 when a source does not come to rest.
    """
    own = inspect.signature(command, eval_str=True)
    more = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
        for name, default, annotation in (
            ("settle", None, Settle),
            ("expect_rows", None, ExpectRows),
            ("allow_shrink", False, AllowShrink),
        )
    ]

    @functools.wraps(command)
    def with_rest(*, settle: float | None, expect_rows: str | None, allow_shrink: bool, **given: Any) -> None:
        seconds = settle if settle is not None else float(os.environ.get("EXCHANGE_SETTLE") or STILL_SECONDS)
        seen = {path: _rested(path, seconds) for path in _sources(given)}
        what = f"{command.__name__}:{given.get('dataset', '')}".rstrip(":")
        _call.set(Call(what, _folder(given), seen, expect_rows, allow_shrink))
        command(**given)

    parameters = [*own.parameters.values(), *more]
    with_rest.__signature__ = own.replace(parameters=parameters)  # type: ignore[attr-defined]  # functions may have one
    with_rest.__annotations__ = {each.name: each.annotation for each in parameters}
    return with_rest


def check_whole(source: Path, rows: int) -> None:
    """Before anything is written: that the sources are as they were, and have the rows that they should have.

    Raises `InvalidInput` INP-115 (changed), INP-116 to INP-118 (rows).
    """
    call = _call.get()
    if call is None:
        return
    for path, seen in call.seen.items():
        if _look(path) != seen:
            raise invalid("INP-115", path=path)
    wants = expected(call.expect_rows)
    if wants is not None and wants != rows:
        raise invalid("INP-117", path=source, rows=rows, wanted=wants)
    before = int(_history(call.folder).get(call.what, {}).get("rows", 0))
    if wants is not None or call.allow_shrink or before < SMALL or rows >= before * FEWER:
        return
    question = f"{source} has {rows} rows, and the last time there were {before}. Is that right?"
    if not (sys.stdin is not None and sys.stdin.isatty() and typer.confirm(question, err=True)):
        raise invalid("INP-118", path=source, rows=rows, before=before)


def remember(rows: int) -> None:
    """Keep how many rows were packed, for the next time."""
    call = _call.get()
    if call is None:
        return
    known = _history(call.folder)
    known[call.what] = {"rows": rows, "at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
    try:
        write_bytes(call.folder / HISTORY, json.dumps(known, indent=1, sort_keys=True).encode())
    except InvalidInput as fault:  # the file is packed: that its rows cannot be compared the next time is only said
        note(f"How many rows it has could not be kept for the next time: {fault.code}: {fault.message}")


def _sources(given: dict[str, Any]) -> list[Path]:
    paths: list[Path] = []
    for name, value in given.items():
        if name not in _NO_SOURCE:
            paths += [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, Path)]
    return paths


def _folder(given: dict[str, Any]) -> Path:
    """As `client.settings.load_settings` finds the profile; without one, where the packed file goes."""
    named = given.get("profile") or os.environ.get("EXCHANGE_PROFILE")
    if named or Path(PROFILE).is_file():
        return Path(named or PROFILE).parent
    return Path(given["out"]).parent


def expected(given: str | None) -> int | None:
    """The number of rows that was given, or that stands in the file that was given. Raises INP-116."""
    if given is None:
        return None
    if given.isdigit():
        return int(given)
    path = Path(given)
    check_file(path)
    numbers = re.findall(r"\d+", path.read_text(encoding="utf-8-sig", errors="replace"))
    if len(numbers) != 1:
        raise invalid("INP-116", path=path, count=len(numbers))
    return int(numbers[0])


def _history(folder: Path) -> dict[str, dict[str, int | str]]:
    try:
        known = loads_once((folder / HISTORY).read_bytes())
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _look(source: Path) -> Look:
    if not source.exists():
        return {}
    files = [path for path in source.iterdir() if path.is_file()] if source.is_dir() else [source]
    found = {}
    for path in files:
        facts = path.stat()
        found[path.name] = (facts.st_size, facts.st_mtime_ns)
    return found


def _rested(source: Path, seconds: float) -> Look:
    """What is seen once it has not changed for so long. A file that was old already need not be waited for."""
    until = time.monotonic() + max(WAIT_SECONDS, 2 * seconds)
    seen = _look(source)
    age = time.time() - max((changed for _, changed in seen.values()), default=0) / 1e9
    if age >= seconds:
        return seen
    since = time.monotonic()
    while time.monotonic() - since < seconds:
        time.sleep(min(0.2, seconds))
        now = _look(source)
        if now != seen:
            seen, since = now, time.monotonic()
        if time.monotonic() > until:
            raise invalid("INP-114", path=source, seconds=int(seconds))
    return seen
