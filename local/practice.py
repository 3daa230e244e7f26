"""`exchange practice`: made-up children and a folder for each of two boroughs, to practise with before real ones go."""

from __future__ import annotations

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
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise invalid("INP-028", path=folder)
    files = [path for path in sorted(SAMPLE.rglob("*")) if path.is_file()]
    for path in files:
        write_bytes(folder / path.relative_to(SAMPLE), path.read_bytes())
    for slug in BOROUGHS:
        make_folder(folder / "boroughs" / slug)
    answer({"ok": True, "folder": str(folder), "files": len(files)}, f"Written: {folder}", as_json=json)
