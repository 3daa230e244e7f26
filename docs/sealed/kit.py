"""Writes the kit for whoever seals without our client as one zip: `make kit`. The same clone gives the same bytes.

::

    sealed-file.md, rule-codes.md, gate-codes.md    the page, and the codes that it names
    datasets/                                       columns and types: page, JSON Schemas, empty Parquet files
    examples/                                       senders without our code
    vectors/                                        test keys, good and bad files, what is right for each

Links between its pages hold within it; those that lead elsewhere are on the pages of the repository alone.
"""

from __future__ import annotations

import io
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
USERS, VECTORS = ROOT / "docs" / "users", ROOT / "tests" / "vectors" / "sealed"
NAME = "sealed-file-kit.zip"
PAGES = ("sealed-file.md", "rule-codes.md", "gate-codes.md")
FOLDERS = {"datasets": USERS / "datasets", "examples": USERS / "examples", "vectors": VECTORS}

_LONG_AGO = (1980, 1, 1, 0, 0, 0)
"""The time of every file in the zip: the first that the format can say."""


def files() -> dict[str, Path]:
    """What is in the kit, by its name there."""
    found = {name: USERS / name for name in PAGES} | {"LICENSE": ROOT / "LICENSE"}
    for folder, place in FOLDERS.items():
        inside = (path for path in place.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
        found |= {f"{folder}/{path.relative_to(place).as_posix()}": path for path in inside}
    return dict(sorted(found.items()))


def kit() -> bytes:
    """The zip. Stored and not compressed, as versions of zlib do not agree on bytes; sealed files hardly shrink."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, path in files().items():
            entry = zipfile.ZipInfo(name, _LONG_AGO)
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            archive.writestr(entry, path.read_bytes())
    return buffer.getvalue()


def main(arguments: list[str]) -> int:
    """Write it into the folder that is named, else into `build`."""
    path = Path(arguments[0] if arguments else ROOT / "build") / NAME
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(kit())
    sys.stdout.write(f"{path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
