"""A folder of keys: closed to others, made by one command at a time, and whole again after one that was killed."""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from client.codes import invalid
from client.console import note
from shared.kernel.envelope.ring import LocalKeyRing
from shared.kernel.errors import KeyUnavailable

if TYPE_CHECKING:
    from shared.kernel.envelope.keys import Use

_HALF = re.compile(r"\..+\.jwk\.json\.[0-9a-f]{8}")
"""What the key ring calls a file while it writes it."""


class KeyFolder(LocalKeyRing):
    """A borough's ring. What is not in it is said with the folder's name, and what to do about it."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._at = folder

    def current(self, owner: str, use: Use) -> str:
        """The newest key. Raises `InvalidInput` INP-123."""
        try:
            return super().current(owner, use)
        except KeyUnavailable:
            raise invalid("INP-123", use=use.value, owner=owner, path=self._at) from None


def close_private(folder: Path) -> None:
    """Let nobody but their owner read the private keys, and say which were open. Raises `InvalidInput` INP-089.

    On Windows a folder's rights come from where it lies, and are not looked at.
    """
    private = folder / "private"
    if os.name == "nt" or not private.is_dir():
        return
    for path in sorted(private.glob("*.jwk.json")):
        if not path.stat().st_mode & 0o077:
            continue
        with suppress(OSError):
            path.chmod(0o600)
        if path.stat().st_mode & 0o077:
            raise invalid("INP-089", path=path)
        note(f"The private key {path} could be read by others; it is closed to them now. Who may have read it?")


def mended(folder: Path, ring: LocalKeyRing) -> list[str]:
    """Finish what a killed command began: half files go, a private part without its public one gets it. Gives key ids.

    To be called by the only command that works in the folder (`client.locks.alone`).
    """
    for part in (folder / "public", folder / "private"):
        if part.is_dir():
            for left in [path for path in part.iterdir() if _HALF.fullmatch(path.name)]:
                left.unlink(missing_ok=True)
    return list(ring.finish())


def check_private(folder: Path, ring: LocalKeyRing, owner: str, use: Use) -> None:
    """Raise `InvalidInput` INP-113 when the private part of the current key is not here."""
    key_id = ring.current(owner, use)
    name = key_id.rpartition("/")[2]
    path = folder / "private" / f"{owner}.{use.value}.{name}.jwk.json"
    if not path.is_file():
        raise invalid("INP-113", owner=owner, use=use.value, key=name, path=path.parent)
