"""Keyed pseudonyms: HMAC-SHA256 under an agreement's own secret, so that nobody without it can make one or try one out.

The secret is never rotated: under another one nothing that was named before would be known again.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field

import pyarrow as pa

_DIGITS = 32
"""128 bits: of a million pseudonyms two are the same by chance once in 10^26."""


@dataclass(frozen=True)
class KeyedPseudonyms:
    """What `KeyService.pseudonyms` gives out; a pipeline is shown it as `terms.pipeline.Pseudonyms`."""

    _secret: bytes = field(repr=False)

    def __call__(self, word: str, *columns: pa.Array | pa.ChunkedArray) -> pa.Array:
        """One pseudonym for each row of the columns, 32 hex digits. `word` says of what: the same values under another
        word, or in another order, have another pseudonym, and null is no empty text."""
        texts = [column.cast(pa.string()).to_pylist() for column in columns]
        return pa.array([self._of((word, *row)) for row in zip(*texts, strict=True)], pa.string())

    @property
    def mark(self) -> str:
        """Tells one secret from another and gives neither away."""
        return self._of(("mark",))[:16]

    def _of(self, parts: Iterable[str | None]) -> str:
        told = b"".join(b"-" if part is None else b"%d:%b" % (len(text := part.encode()), text) for part in parts)
        return hmac.digest(self._secret, told, hashlib.sha256).hex()[:_DIGITS]
