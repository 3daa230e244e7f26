"""What the disk says when it says no, in this product's words: which path, why, and what to do about it."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from client.codes import invalid

if TYPE_CHECKING:
    from shared.kernel.errors import InvalidInput

NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NOT_ALLOWED = {errno.EACCES, errno.EPERM, errno.EROFS}
_IN_USE = {errno.EBUSY, errno.ETXTBSY, errno.EAGAIN, errno.EDEADLK}
_WINDOWS_IN_USE = {32, 33}
"""ERROR_SHARING_VIOLATION and ERROR_LOCK_VIOLATION: Excel, a scanner or a backup has the file open."""
_WINDOWS_NAME = {123, 206}
"""ERROR_INVALID_NAME and ERROR_FILENAME_EXCED_RANGE."""


@contextmanager
def disk(path: Path) -> Iterator[None]:
    """Raise what the disk says inside about `path` as `InvalidInput` INP-080 to INP-087."""
    try:
        yield
    except OSError as error:
        raise disk_fault(error, str(path)) from None


def check_file(path: Path) -> None:
    """Raise `InvalidInput` INP-083 where a folder stands for the file that is wanted, INP-001 where nothing does."""
    if path.is_dir():
        raise invalid("INP-083", path=path)
    if not path.is_file():
        raise invalid("INP-001", path=path)


def disk_fault(error: OSError, path: str) -> InvalidInput:
    """The refusal that a disk's error amounts to; `path` is what the command worked on."""
    number, windows = error.errno, getattr(error, "winerror", None)
    if windows in _WINDOWS_IN_USE or number in _IN_USE:
        return invalid("INP-084", path=path)
    if windows in _WINDOWS_NAME or number == errno.ENAMETOOLONG:
        return invalid("INP-082", path=path)
    if number in NO_ROOM:
        return invalid("INP-080", path=path)
    if number in _NOT_ALLOWED:
        return invalid("INP-081", path=path)
    if number == errno.EISDIR:
        return invalid("INP-083", path=path)
    if number in (errno.ENOTDIR, errno.EEXIST):
        return invalid("INP-086", path=path)
    if number == errno.ENOENT:
        return invalid("INP-085", path=path)
    return invalid("INP-087", path=path, reason=errno.errorcode.get(number or 0, "unknown"))
