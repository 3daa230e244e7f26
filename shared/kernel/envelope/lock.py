"""Reads how a sealed file is locked, from the part of its footer that is in the clear.

Nothing is decrypted, no key service is asked: this is what an attacker may write, read before anything acts on it.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from shared.kernel.envelope import asks
from shared.kernel.envelope.layouts import CRYPTO
from shared.kernel.envelope.limits import MOST_CLEAR_BYTES, MOST_FILE_ID_BYTES
from shared.kernel.envelope.thrift import Room, read_struct_at
from shared.kernel.json_once import loads_once

MAGIC = b"PARE"
"""What a Parquet file with an encrypted footer begins and ends with. A plain one has PAR1."""

_TAIL = 4 + len(MAGIC)
_ROOM = Room(structs=0, unknown=100)

_GCM, _CTR = 1, 2
_ALGORITHMS = {_GCM: "AES_GCM_V1", _CTR: "AES_GCM_CTR_V1"}
_PREFIX, _FILE_ID, _PREFIX_SUPPLIED = 1, 2, 3


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
    footer_bytes: int
    """Of both parts of the footer."""


def is_sealed(data: bytes) -> bool:
    """Whether the file begins and ends as a sealed one. The decrypting reader itself would accept a plain file."""
    return len(data) > len(MAGIC) + _TAIL and data[: len(MAGIC)] == MAGIC == data[-len(MAGIC) :]


def read_lock(data: bytes) -> Lock:
    """How `data` is sealed.

    Raises `UntrustedDrop` (ENV-010) unless it is by AES-GCM, under one data key that is wrapped once and kept inside.
    """
    length = int.from_bytes(data[-_TAIL : -len(MAGIC)], "little")
    if not 0 < length <= len(data) - len(MAGIC) - _TAIL:
        raise asks.FOOTER_LENGTH.refusal(length=length, size=len(data))
    start = len(data) - _TAIL - length
    try:
        crypto, clear = read_struct_at(data[start : min(start + MOST_CLEAR_BYTES, len(data) - _TAIL)], CRYPTO, _ROOM)
        algorithms = crypto[1]
        facts = algorithms.get(_GCM, {})
    except (ValueError, KeyError):
        raise asks.CLEAR_PART.refusal() from None
    if set(algorithms) != {_GCM}:
        named = [_ALGORITHMS[number] for number in algorithms if number != _GCM]
        raise asks.ALGORITHM.refusal(algorithm=named[0] if named else "that is in no version of Parquet known here")
    if _PREFIX in facts:
        raise asks.PREFIX_STORED.refusal()
    if facts.get(_PREFIX_SUPPLIED):
        raise asks.PREFIX_SUPPLIED.refusal()
    file_id = facts.get(_FILE_ID, b"")
    if not 0 < len(file_id) <= MOST_FILE_ID_BYTES:
        raise asks.FILE_ID.refusal(length=len(file_id))
    key_id, wrapped = _wrapped_key(crypto.get(2, b""))
    return Lock(bytes(file_id), key_id, wrapped, start + clear, length)


def _wrapped_key(material: bytes) -> tuple[str, bytes]:
    """The key id and the wrapped data key in a footer's key material of type PKMT1."""
    try:
        members: Any = loads_once(material)
    except (ValueError, RecursionError):
        raise asks.KEY_MATERIAL.refusal() from None
    if not isinstance(members, dict):
        raise asks.KEY_MATERIAL.refusal()
    if members.get("keyMaterialType") != "PKMT1":
        raise asks.KEY_MATERIAL_MEMBER.refusal(member="keyMaterialType")
    if members.get("internalStorage") is False:
        raise asks.MATERIAL_OUTSIDE.refusal()
    if members.get("internalStorage") is not True:
        raise asks.KEY_MATERIAL_MEMBER.refusal(member="internalStorage")
    if members.get("isFooterKey") is not True:
        raise asks.KEY_MATERIAL_MEMBER.refusal(member="isFooterKey")
    if members.get("doubleWrapping") is True:
        raise asks.DOUBLE_WRAPPING.refusal()
    if members.get("doubleWrapping") is not False:
        raise asks.KEY_MATERIAL_MEMBER.refusal(member="doubleWrapping")
    key_id = members.get("masterKeyID")
    if not isinstance(key_id, str):
        raise asks.KEY_MATERIAL_MEMBER.refusal(member="masterKeyID")
    try:
        return key_id, base64.b64decode(str(members["wrappedDEK"]), validate=True)
    except (ValueError, KeyError):
        raise asks.KEY_MATERIAL_MEMBER.refusal(member="wrappedDEK") from None
