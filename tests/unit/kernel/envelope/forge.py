"""What a hostile sender can do that `seal` never would: any Parquet options, any byte changed, signed all the same.

The forger is a borough with its own good keys: outsiders fail at the signature. It makes a valid manifest for any
bytes, and can decrypt, change and encrypt again every part of a file, as it knows the data key.
"""

from __future__ import annotations

import base64
import hashlib
import struct
from collections.abc import Callable
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pe
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.kernel.envelope.keys import KeyService, Use
from shared.kernel.envelope.manifest import EXCHANGE, Manifest, to_metadata
from tests.unit.kernel.envelope.houses import AGREEMENT, NOON, House

Drop = tuple[bytes, dict[str, str]]


class _Kms(pe.KmsClient):
    def __init__(self, keys: KeyService, drawn: list[bytes]) -> None:
        super().__init__()
        self._keys, self._drawn = keys, drawn

    def wrap_key(self, key_bytes: bytes, master_key_identifier: str) -> str:
        self._drawn.append(key_bytes)
        return base64.b64encode(self._keys.wrap(master_key_identifier, key_bytes)).decode()


class Forger:
    """Lambeth, gone bad."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.keys = house.boroughs["lambeth"]
        self.key_id = self.keys.current("lambeth", Use.DROP)
        self.data_key = b""

    def parquet(self, table: pa.Table, *, crypto: dict[str, Any] | None = None, **options: Any) -> bytes:
        """Sealed Parquet with any options of the format; remembers the first data key drawn."""
        drawn: list[bytes] = []
        settings = {
            "footer_key": self.key_id,
            "uniform_encryption": True,
            "encryption_algorithm": "AES_GCM_V1",
            "double_wrapping": False,
            "data_key_length_bits": 256,
        }
        configuration = pe.EncryptionConfiguration(**{**settings, **(crypto or {})})
        factory = pe.CryptoFactory(lambda _: _Kms(self.keys, drawn))
        properties = factory.file_encryption_properties(pe.KmsConnectionConfig(), configuration)
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink, encryption_properties=properties, **options)
        self.data_key = drawn[0]
        return sink.getvalue().to_pybytes()

    def signed(self, data: bytes, rows: int, **changes: Any) -> Drop:
        """The bytes with a manifest that fits them and Lambeth's own signature, but for `changes`."""
        facts = {
            "sender": "lambeth",
            "receiver": EXCHANGE,
            "agreement": AGREEMENT.id,
            "agreement_version": AGREEMENT.version,
            "dataset": "pupils",
            "collection": "2026-autumn",
            "rows": rows,
            "sha256": hashlib.sha256(data).hexdigest(),
            "key_id": self.key_id,
            "signing_key_id": self.keys.current("lambeth", Use.SIGN),
            "prepared_at": NOON,
        }
        manifest = Manifest(**{**facts, **changes})
        signature = self.keys.sign(self.keys.current("lambeth", Use.SIGN), manifest.message())
        return data, to_metadata(manifest, signature)

    def with_footer(self, data: bytes, change: Callable[[bytes], bytes]) -> bytes:
        """The file with its encrypted footer (Thrift FileMetaData) changed and sealed again."""
        start, sealed = self.footer_of(data)
        crypto, part = data[start:sealed], data[sealed:-8]
        footer = change(self.opened_part(part, self.file_id_of(data) + b"\x00"))
        body = crypto + self.sealed_part(footer, self.file_id_of(data) + b"\x00")
        return data[:start] + body + struct.pack("<I", len(body)) + b"PARE"

    def with_crypto(self, data: bytes, change: Callable[[bytes], bytes]) -> bytes:
        """The file with the clear part of its footer (Thrift FileCryptoMetaData) changed."""
        start, sealed = self.footer_of(data)
        body = change(data[start:sealed]) + data[sealed:-8]
        return data[:start] + body + struct.pack("<I", len(body)) + b"PARE"

    def with_page_header(self, data: bytes, change: Callable[[bytes], bytes], *, data_page: bool = False) -> bytes:
        """The file with the first page header of its first column changed to another of the same length, sealed again.

        `data_page` says that this is a data page; else it is a dictionary page.
        """
        length = struct.unpack_from("<I", data, 4)[0]
        aad = self.file_id_of(data) + (b"\x04" + bytes(6) if data_page else b"\x05" + bytes(4))
        header = self.opened_part(data[4 : 8 + length], aad)
        changed = change(header)
        assert changed != header
        assert len(changed) == len(header)
        return data[:4] + self.sealed_part(changed, aad) + data[8 + length :]

    def footer_of(self, data: bytes) -> tuple[int, int]:
        """Where the footer begins, and where the encrypted part within it does."""
        start = len(data) - 8 - struct.unpack("<I", data[-8:-4])[0]
        # Thrift: the file's id, whose eight random bytes may be braces; the key material up to its brace; the end.
        return start, data.index(b"}", self._id_at(data, start) + 8) + 2

    def file_id_of(self, data: bytes) -> bytes:
        """What the library drew for this file, to stand in what authenticates its parts."""
        start, _ = self.footer_of(data)
        at = self._id_at(data, start)
        return data[at : at + 8]

    def _id_at(self, data: bytes, footer: int) -> int:
        return data.index(b"\x28\x08", footer) + 2

    def opened_part(self, part: bytes, aad: bytes) -> bytes:
        """The content of a part of a file."""
        return AESGCM(self.data_key).decrypt(part[4:16], part[16:], aad)

    def sealed_part(self, content: bytes, aad: bytes) -> bytes:
        """A part of a file, sealed under the data key: length, nonce, ciphertext and tag."""
        nonce = b"\x01" * 12
        sealed = nonce + AESGCM(self.data_key).encrypt(nonce, content, aad)
        return struct.pack("<I", len(sealed)) + sealed
