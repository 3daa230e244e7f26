"""Reads how a sealed file is locked, from the part of its footer that is in the clear.

Nothing is decrypted, no key service is asked: this is what an attacker may write, read before anything acts on it.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

from shared.envelope.gates import LOCK, refuse
from shared.envelope.layouts import CRYPTO
from shared.envelope.thrift import Room, read_struct_at

MAGIC = b"PARE"
"""What a Parquet file with an encrypted footer begins and ends with. A plain one has PAR1."""

DATA_KEY_BYTES = 32
"""256 bits; the format would take half of that as well."""

_TAIL = 4 + len(MAGIC)
_LONGEST_FOOTER = 4 * 1024 * 1024
"""Hundreds of times what a drop of the largest size needs; little enough to read before it is believed."""

MOST_CLEAR_BYTES = 16_384
"""What lies in the clear before the footer: the algorithm, and a JSON object with one wrapped key in it."""

MOST_FILE_ID_BYTES = 64
"""Libraries draw eight. It is authenticated again with every part."""

_ROOM = Room(structs=0, unknown=100)
_AES_GCM, _FILE_ID = 1, 2
_WANTED = {"keyMaterialType": "PKMT1", "internalStorage": True, "isFooterKey": True, "doubleWrapping": False}


@dataclass(frozen=True)
class Lock:
    """How one file is sealed: the profile this exchange writes, and no other."""

    file_id: bytes
    """Random; goes into the authenticated data of every part, so that no part of another file fits in."""
    key_id: str
    """The key that the data key is wrapped for, as the file says."""
    wrapped: bytes
    footer_at: int
    """Where the encrypted part of the footer begins."""


def is_sealed(data: bytes) -> bool:
    """Whether the file begins and ends as a sealed one. The decrypting reader itself would accept a plain file."""
    return len(data) > len(MAGIC) + _TAIL and data[: len(MAGIC)] == MAGIC == data[-len(MAGIC) :]


def read_lock(data: bytes) -> Lock:
    """How `data` is sealed.

    Raises `UntrustedDrop` (ENV-010) unless it is by AES-GCM, under one data key that is wrapped once and kept inside.
    """
    length = int.from_bytes(data[-_TAIL : -len(MAGIC)], "little")
    if not 0 < length <= min(len(data) - len(MAGIC) - _TAIL, _LONGEST_FOOTER):
        raise refuse(LOCK)
    try:
        start = len(data) - _TAIL - length
        crypto, clear = read_struct_at(data[start : min(start + MOST_CLEAR_BYTES, len(data) - _TAIL)], CRYPTO, _ROOM)
        material: dict[str, Any] = json.loads(crypto[2])
        wanted = all(material[name] == value for name, value in _WANTED.items())
        # No other algorithm, and no prefix that would have to be known from elsewhere.
        if not wanted or set(crypto[1]) != {_AES_GCM} or set(crypto[1][_AES_GCM]) - {3} != {_FILE_ID}:
            raise refuse(LOCK)
        if len(crypto[1][_AES_GCM][_FILE_ID]) > MOST_FILE_ID_BYTES:
            raise refuse(LOCK)
        wrapped = base64.b64decode(material["wrappedDEK"], validate=True)
        return Lock(bytes(crypto[1][_AES_GCM][_FILE_ID]), str(material["masterKeyID"]), wrapped, start + clear)
    except (ValueError, KeyError, TypeError, RecursionError):
        raise refuse(LOCK) from None
