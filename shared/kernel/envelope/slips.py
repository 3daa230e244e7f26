"""Says which of the usual slips a sender made, where bytes are not what is asked: only once they are refused.

Nothing here lets a file pass, and nothing needs a key but the sender's public one, which anybody may have.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator

from shared.kernel.envelope.lock import MAGIC

_LF = b"\n"
_BEGINNINGS = (
    (b"PAR1", "PAR1 at its beginning: plain Parquet, or a footer in the clear"),
    (b"\x1f\x8b", "a gzip file"),
    (b"PK\x03\x04", "a zip file"),
    (b"UEFS", "text in Base64"),
)


def unsealed(data: bytes) -> str:
    """What `data`, which does not begin and end with PARE, is instead."""
    if data.startswith(MAGIC):
        return "PARE at its beginning but not at its end: it was cut short, or something was put behind it"
    if data.endswith(MAGIC):
        return "PARE at its end but not at its beginning: something was put before it, or a part is missing"
    return next((what for start, what in _BEGINNINGS if data.startswith(start)), "other bytes at both ends")


def signed_instead(context: bytes, manifest: bytes, holds: Callable[[bytes], bool]) -> str:
    """Over which other bytes a signature holds, which does not hold over the context line and the manifest."""
    for what, message in _other_messages(context, manifest):
        if holds(message):
            return what
    return "that does not hold over this manifest with the key that signing_key_id names"


def _other_messages(context: bytes, manifest: bytes) -> Iterator[tuple[str, bytes]]:
    line = context.removesuffix(_LF)
    whole = context + manifest
    yield "over the manifest alone, without the context line", manifest
    yield "over a context line that ends in CR LF", line + b"\r\n" + manifest
    yield "over a context line without a line end", line + manifest
    yield "over a context line that ends in a backslash and n", line + rb"\n" + manifest
    yield "over a manifest with a line end behind it", whole + _LF
    yield "over a manifest with a line end behind it", whole + b"\r\n"
    yield "over the context line of another document", context.replace(b"manifest", b"statement") + manifest
    yield "over text in UTF-16", whole.decode().encode("utf-16-le")
    yield "over text with a byte order mark", b"\xef\xbb\xbf" + whole
    for hashed in (whole, manifest):
        yield "over a hash of what is asked", hashlib.sha256(hashed).digest()
        yield "over a hash of what is asked", hashlib.sha256(hashed).hexdigest().encode()
        yield "over a hash of what is asked", hashlib.sha512(hashed).digest()
    yield "over a hash of the manifest", context + hashlib.sha256(manifest).digest()
    yield "over a hash of the manifest", context + hashlib.sha256(manifest).hexdigest().encode()
