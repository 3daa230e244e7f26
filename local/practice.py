"""`exchange practice`: made-up children and a folder for each of two boroughs, to practise with before real ones go."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from client import options
from client.codes import invalid
from client.console import answer
from client.files import make_folder, write_bytes

SAMPLE = Path(__file__).parent / "synth" / "sample"
BOROUGHS = ("southwark", "lambeth")


def command(
    folder: Annotated[Path, typer.Argument(help="Where to put it; a new folder.")] = Path("practice"),
    json: options.Json = False,
) -> None:
    """Write made-up census tables, extracts and postcodes, and a folder for each of two boroughs to work in.

    Example: exchange practice practice
    """
    files = {path.relative_to(SAMPLE): path.read_bytes() for path in _sample()}
    if folder.exists() and not _holds_nothing_else(folder, files):
        raise invalid("INP-028", path=folder)
    for name, content in files.items():
        write_bytes(folder / name, content)
    for slug in BOROUGHS:
        make_folder(folder / "boroughs" / slug)
    answer({"ok": True, "folder": str(folder), "files": len(files)}, f"Written: {folder}", as_json=json)


def _sample() -> list[Path]:
    """Its files, without what only git looks at."""
    return [path for path in sorted(SAMPLE.rglob("*")) if path.is_file() and not path.name.startswith(".")]


def _holds_nothing_else(folder: Path, files: Mapping[Path, bytes]) -> bool:
    """Whether all that is there is ours as we wrote it, as where a run was ended before it was done."""
    if not folder.is_dir():
        return False
    there = (path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    return all(files.get(path.relative_to(folder)) == path.read_bytes() for path in there)
