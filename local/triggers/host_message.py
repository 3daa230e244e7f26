"""What the host's webhook makes of an event: the message in its own queue, and in the poison queue at last."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import unquote

HOST = "Host.Functions."
"""How the name of every function begins there."""
_TYPES = ("BlockBlob", "AppendBlob", "PageBlob")
_NUMBERED = re.compile(r"[\d.]+(:\d+)?")


def host_message(function: str, data: dict[str, Any]) -> dict[str, str]:
    """The message of an event with this `data`. Raises `ValueError`, `KeyError` or `TypeError` where it is none."""
    container, _, name = _path(data["url"]).partition("/")
    if isinstance(data["blobType"], str) and data["blobType"] not in _TYPES:
        raise ValueError("no type of blob")
    return {
        "Type": "BlobTrigger",
        "FunctionId": f"{HOST}{function}",
        "BlobType": data["blobType"],
        "ContainerName": container,
        "BlobName": name.lstrip("/"),
        "ETag": f'"{data.get("eTag", "")}"',
    }


def _path(url: str) -> str:
    """Container and name out of a url, as .NET reads one: blanks around it go, a `?` ends it, `..` goes up. Where the
    server is a number the first part is the account, as with an emulator."""
    server, *parts = re.sub(r"^([a-z]+:)?//", "", url.strip()).partition("?")[0].split("/")
    if not parts:
        raise ValueError("no url")
    kept: list[str] = []
    for part in parts[1:] if _NUMBERED.fullmatch(server) else parts:
        if part == "..":
            del kept[-1:]
        elif part != ".":
            kept.append(part)
    return unquote("/".join(kept))
