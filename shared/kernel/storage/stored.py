"""A blob's bytes as they are stored: the one place in this product that reads any.

Whoever puts a blob may say what its bytes are: that they are compressed, in which language, of which type. The SDK
believes the first of these and inflates what it downloads, before anybody has seen a byte: one megabyte that says
``gzip`` becomes a gigabyte, and a good file that says so by mistake cannot be read at all. Nothing of what a blob says
of itself is obeyed here.
"""

from __future__ import annotations

import http.client
from typing import Any

from azure.core.exceptions import IncompleteReadError, ServiceResponseError
from azure.storage.blob import BlobClient, BlobProperties

from shared.kernel.errors import TooLarge

# Each name of a blob's metadata is a header of its own. The service allows 8 KB of metadata, some four thousand names
# of one letter or two; Python's reader of headers gives up beyond a hundred, and the blob could not even be looked at.
http.client._MAXHEADERS = 8192  # type: ignore[attr-defined]  # a private name, left out of the stubs


def stored(blob: BlobClient, *, max_bytes: int | None = None, **request: Any) -> tuple[BlobProperties, bytes]:
    """The properties and the bytes of a blob, which are as many as the service says that there are.

    `request` goes with every request: conditions, the client request id. Raises `TooLarge` (STO-007) when there are
    more than `max_bytes`, and what the SDK raises.
    """
    try:
        stream = blob.download_blob(decompress=False, **request)
    except (ValueError, IndexError):  # no Content-Range, or none that is one: it was changed on its way here
        raise ServiceResponseError("The answer does not say which bytes it has.") from None
    if max_bytes is not None and stream.size > max_bytes:
        raise too_many(stream.size, max_bytes)
    data: bytes = stream.readall()
    if len(data) != stream.size:
        raise IncompleteReadError("The answer has not as many bytes as it says.")
    return stream.properties, data


def too_many(size: int, allowed: int) -> TooLarge:
    """The refusal of more bytes than the caller would take."""
    return TooLarge("STO-007", f"{size} bytes are more than the {allowed} that are allowed.")
