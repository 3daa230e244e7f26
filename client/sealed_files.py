"""A sealed file on disk and the manifest that lies beside it, until both go into the inbox in one request."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from client.codes import invalid
from client.disk import check_file
from client.files import SEALED_MARK, write_together
from shared.kernel.json_once import loads_once

if TYPE_CHECKING:
    from shared.kernel.envelope.manifest import Manifest
    from shared.kernel.envelope.seal import Sealed


SOURCE = ".source.json"
"""How the name of what says of which packed file a sealed one was made ends."""


@dataclass(frozen=True)
class SealedFile:
    """What `exchange drop` sends: the bytes under this name, with this blob metadata."""

    name: str
    data: bytes
    metadata: dict[str, str]
    manifest: Manifest


def beside(path: Path) -> Path:
    """Where the manifest of a sealed file lies."""
    return path.with_name(f"{path.stem}.manifest.json")


def save(sealed: Sealed, folder: Path, made_of: str = "") -> Path:
    """Write the sealed file and its manifest; its name says dataset, collection and the first of its hash.

    `made_of` is the SHA-256 of the packed file. It is kept beside, and never sent: whoever has sealed a file cannot
    open it, and is asked for years which rows were in it (`exchange subject`).
    """
    manifest = sealed.manifest
    path = folder / f"{manifest.dataset}-{manifest.collection}-{manifest.sha256[:12]}.parquet"
    files = {beside(path): json.dumps(sealed.metadata, indent=1).encode(), path: sealed.data}
    if made_of:
        files[_source(path)] = json.dumps({"made_of": made_of, "sealed": manifest.sha256}, indent=1).encode()
    write_together(files)
    return path


def source_of(path: Path) -> str:
    """The SHA-256 of the packed file that a sealed file was made of; empty where that was not kept."""
    try:
        return str(loads_once(_source(path).read_bytes())["made_of"])
    except (OSError, ValueError, KeyError, TypeError):
        return ""


def _source(path: Path) -> Path:
    return path.with_name(f"{path.stem}{SOURCE}")


def load(path: Path) -> SealedFile:
    """Read both back.

    Raises `InvalidInput` INP-001 (not there), 012 (not sealed), 014 (no manifest); `UntrustedDrop` when the manifest or
    signature is not one.
    """
    from shared.kernel.envelope.manifest import from_metadata

    check_file(path)
    data = path.read_bytes()
    if not (data.startswith(SEALED_MARK) and data.endswith(SEALED_MARK)):
        raise invalid("INP-012", path=path)
    try:
        metadata = {str(name): str(value) for name, value in loads_once(beside(path).read_bytes()).items()}
    except (OSError, ValueError, AttributeError):
        raise invalid("INP-014", path=path, manifest=beside(path).name) from None
    return SealedFile(path.name, data, metadata, from_metadata(metadata)[0])
