"""Which blob an event of Event Grid is about. It says so twice: in its subject and in `data.url`.

How Event Grid encodes a name is not documented: the subject is seen unencoded, the url encoded or not. So an event has
names, in the order in which they are to be tried, and whoever reads one looks which of them is there.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

CREATED = "Microsoft.Storage.BlobCreated"
_SUBJECT = re.compile(r"/blobServices/default/containers/([^/]+)/blobs/(.+)", re.DOTALL)
_URL = re.compile(r"https?://[^/]+/(.+)", re.DOTALL)


@dataclass(frozen=True)
class NamedBlob:
    """A blob as an event names it. The names are a sender's choice: none is shown."""

    container: str
    names: tuple[str, ...]
    """At least one, each once: the subject's, then the url's, decoded and as it stands."""


def named_blob(event: Mapping[str, Any]) -> NamedBlob | None:
    """The blob of an event; `None` where it names none. Raises `TypeError` for what is no event at all."""
    subject = _SUBJECT.fullmatch(_text(event.get("subject")))
    data = event.get("data")
    url = _URL.fullmatch(_text(data.get("url") if isinstance(data, Mapping) else None))
    if subject is None and url is None:
        return None
    container = subject[1] if subject else _parts_of(url[1])[0] if url else ""
    names = [subject[2]] if subject else []
    if url:
        _, _, raw = f"/{url[1]}".partition(f"/{container}/")
        names += [unquote(raw), raw] if raw else []
    return NamedBlob(container, tuple(dict.fromkeys(names))) if container and names else None


def _parts_of(path: str) -> tuple[str, str]:
    container, _, name = path.partition("/")
    return container, name


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""
