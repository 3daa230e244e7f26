"""The reader of a borough's folders, with the borough's own keys: they are needed only where something is sealed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from client.codes import invalid
from client.disk import check_file
from client.subject.shelves import Reader
from shared.kernel.envelope.keys import lookup, read_public

if TYPE_CHECKING:
    import pyarrow as pa

    from client.settings import Settings


def reader_of(settings: Settings, public: Path | None) -> Reader:
    """Who reads, by the settings; `public` holds the exchange's public keys where the folder of keys does not.

    Raises `InvalidInput` INP-001 or INP-008 when neither is there.
    """
    agreements = settings.every_agreement()
    if public is not None:
        check_file(public)
        find = lookup(read_public(public.read_bytes()))
    else:
        find = settings.key_ring().public_key

    def open_with_own_key(data: bytes, metadata: Mapping[str, str]) -> pa.Table:
        from client.opening import open_release
        from shared.kernel.storage.areas import Blob

        if settings.keys is None:
            raise invalid("INP-008", setting="keys", option="--keys", variable="EXCHANGE_KEYS", key="keys")
        blob = Blob("", data, dict(metadata), "", None)
        return open_release(blob, slug=settings.slug(), ring=settings.key_ring(), agreements=agreements)

    return Reader(agreements, find, open_with_own_key)
