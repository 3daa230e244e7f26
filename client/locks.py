"""Locks that the operating system lets go of when the process that holds them ends, however it ends."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from client.codes import invalid

try:
    import fcntl
except ImportError:  # Windows lets nobody else remove or open for writing what is open
    fcntl = None  # type: ignore[assignment]  # stands for a module that is not there

_WAIT_SECONDS = 60.0


@contextmanager
def held(descriptor: int) -> Iterator[None]:
    """Hold an open file, so that `free` says no of it."""
    if fcntl is not None:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:  # a drive that knows no locks: nothing is gained and nothing lost
            yield
            return
    yield


def free(path: Path) -> bool:
    """Whether no running command holds this file."""
    if fcntl is None:
        return True  # removing it fails while it is open
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True


def runs(process: int) -> bool:
    """Whether a process of this machine runs. Not asked on Windows, where asking would end it."""
    if fcntl is None or process <= 0:
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:  # somebody else's
        return True
    return True


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Be the only command that works in `folder`; wait for another to end. Raises `InvalidInput` INP-112."""
    lock = folder / ".lock"
    descriptor = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    until = time.monotonic() + _WAIT_SECONDS
    try:
        while not _taken(descriptor):
            if time.monotonic() > until:
                raise invalid("INP-112", path=lock)
            time.sleep(0.1)
        yield
    finally:
        os.close(descriptor)


def _taken(descriptor: int) -> bool:
    try:
        if fcntl is not None:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        else:
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
    except OSError:
        return False
    return True
