"""What stands in a file as a reader of it would see it, so that "this is not in it" can fail."""

from __future__ import annotations

import io
import zipfile


def text_in(data: bytes) -> str:
    """All text of a file. A workbook is a zip: no search finds a value in its bytes while they are compressed."""
    if not data.startswith(b"PK"):
        return data.decode("utf-8", errors="replace")
    with zipfile.ZipFile(io.BytesIO(data)) as book:
        return "\n".join(book.read(part).decode("utf-8", errors="replace") for part in book.namelist())


def moments_in(workbook: bytes) -> set[str]:
    """Every moment that a workbook states of itself: of its parts, and in its properties."""
    with zipfile.ZipFile(io.BytesIO(workbook)) as book:
        properties = book.read("docProps/core.xml").decode()
        stated = {part.partition("</dcterms")[0].rpartition(">")[2] for part in properties.split("<dcterms:")[1:]}
        return stated | {"{}-{:02}-{:02}T{:02}:{:02}:{:02}Z".format(*part.date_time) for part in book.infolist()}
