"""One way to write a JSON value as bytes, so that a signature made here holds when it is checked elsewhere.

Keys sorted by code point, no spaces, UTF-8 without escapes, no floating point (languages print it differently).
"""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any


def canonical(value: Any) -> bytes:
    """The one byte form of a JSON value made of dict, list, str, int, bool and None. Raises `TypeError` for others."""
    _check_plain(value)
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def _check_plain(value: Any) -> None:
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise TypeError("a canonical object has text keys")
        for part in value.values():
            _check_plain(part)
    elif isinstance(value, list | tuple):
        for part in value:
            _check_plain(part)
    elif not (value is None or isinstance(value, str | int)):
        raise TypeError(f"{type(value).__name__} has no canonical form")


def to_text(data: bytes) -> str:
    """Base64url without padding, as JOSE writes it: safe in a header, a URL and a file name."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def from_text(text: str) -> bytes:
    """Bytes of unpadded base64url. Raises `ValueError` for any other spelling, so that one value has one text."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        raise ValueError("not base64url") from None
    if to_text(data) != text:
        raise ValueError("not base64url")
    return data
