"""Writes the evidence folder: the page, what it rests on, and a manifest of all of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path

from client.codes import invalid
from client.evidence.facts import Evidence
from client.evidence.page import FileFact, render

PAGE = "evidence.html"
MANIFEST = "MANIFEST.json"


def write_folder(out: Path, evidence: Evidence, copies: Mapping[str, bytes]) -> tuple[FileFact, ...]:
    """Write all files into `out`, which is made, and return them; `copies` are files by their path in the folder.

    The same facts and copies give the same bytes. Raises `InvalidInput` INP-036 when `out` holds anything already: what
    is left over from another time would be taken for evidence.
    """
    check_free(out)
    files = dict(sorted(copies.items()))
    facts = [_fact(path, data) for path, data in files.items()]
    files[PAGE] = render(evidence, facts).encode()
    listed = sorted([*facts, _fact(PAGE, files[PAGE])], key=lambda file: file.path)
    files[MANIFEST] = as_json({"files": [asdict(file) for file in listed]})
    for path, data in files.items():
        (out / path).parent.mkdir(parents=True, exist_ok=True)
        (out / path).write_bytes(data)
    return tuple(listed)


def check_free(out: Path) -> None:
    """Raise `InvalidInput` INP-036 unless `out` is not there, or an empty folder."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise invalid("INP-036", path=out)


def as_json(document: object) -> bytes:
    """A document for people and programs: sorted, indented, one way to write it."""
    return json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False).encode() + b"\n"


def _fact(path: str, data: bytes) -> FileFact:
    return FileFact(path, len(data), hashlib.sha256(data).hexdigest())
