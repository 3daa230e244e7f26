"""Seals with the test keys of `sealed/keys`, well or in any wrong way, to make test vectors of."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pe
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from shared.kernel.envelope.canonical import canonical, from_text, to_text
from shared.kernel.envelope.keys import Use
from shared.kernel.envelope.manifest import EXCHANGE, MANIFEST_KEY, SIGNATURE_KEY
from shared.kernel.envelope.ring import LocalKeyRing

FOLDER = Path(__file__).parent / "sealed"
KEYS = FOLDER / "keys"
PREPARED = datetime(2026, 12, 1, 9, 0, tzinfo=UTC)
RECEIVED = datetime(2026, 12, 1, 10, 0, tzinfo=UTC)
CONTEXT = b"borough-exchange manifest 1\n"
AGREEMENT, AGREEMENT_VERSION = "fsm", "1.0.0"
"""What the vectors were sealed under. They stay as they are when the agreement goes on to its next version."""

Drop = tuple[bytes, dict[str, str]]


def key_id(owner: str, use: Use) -> str:
    """The id of a test key."""
    return LocalKeyRing(KEYS).current(owner, use)


@dataclass
class _Kms(pe.KmsClient):  # type: ignore[misc]
    """Wraps as the format asks, or with another hash."""

    owner: str
    hash: Callable[[], hashes.HashAlgorithm]

    def __post_init__(self) -> None:
        super().__init__()

    def wrap_key(self, key_bytes: bytes, master_key_identifier: str) -> str:
        ring = LocalKeyRing(KEYS)
        public = ring.public_key(ring.current(self.owner, Use.DROP)).jwk
        n, e = (int.from_bytes(from_text(public[name]), "big") for name in ("n", "e"))
        oaep = padding.OAEP(padding.MGF1(self.hash()), hashes.SHA256(), None)
        return base64.b64encode(rsa.RSAPublicNumbers(e, n).public_key().encrypt(key_bytes, oaep)).decode()


@dataclass(frozen=True)
class Parquet:
    """How the Parquet file is written: as the format asks, but for what is said here."""

    owner: str = "southwark"
    """Whose drop key the data key is wrapped for."""
    named: str = ""
    """What the file calls that key; empty for its id."""
    mgf: Callable[[], hashes.HashAlgorithm] = hashes.SHA256
    crypto: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)

    def write(self, table: pa.Table) -> bytes:
        """The sealed bytes."""
        settings = {
            "footer_key": self.named or key_id(self.owner, Use.DROP),
            "uniform_encryption": True,
            "encryption_algorithm": "AES_GCM_V1",
            "plaintext_footer": False,
            "double_wrapping": False,
            "internal_key_material": True,
            "data_key_length_bits": 256,
        }
        factory = pe.CryptoFactory(lambda _: _Kms(self.owner, self.mgf))
        configuration = pe.EncryptionConfiguration(**{**settings, **self.crypto})
        properties = factory.file_encryption_properties(pe.KmsConnectionConfig(), configuration)
        sink = pa.BufferOutputStream()
        options = {"compression": "zstd", "store_schema": False, **self.options}
        pq.write_table(table, sink, encryption_properties=properties, **options)
        return bytes(sink.getvalue())


@dataclass(frozen=True)
class Signing:
    """How the manifest is written and signed: as the format asks, but for what is said here."""

    changes: dict[str, Any] = field(default_factory=dict)
    """Members of the manifest that are other than true; one that is `None` is left out."""
    spell: Callable[[dict[str, Any]], bytes] = canonical
    context: bytes = CONTEXT
    signer: str = ""
    """Whose key signs; empty for the sender's."""
    write: Callable[[bytes], str] = to_text
    more: dict[str, str] = field(default_factory=dict)
    """Other entries of the metadata."""

    def sign(self, data: bytes, rows: int, *, sender: str, dataset: str) -> dict[str, str]:
        """The blob's metadata."""
        facts: dict[str, Any] = {
            "agreement": AGREEMENT,
            "agreement_version": AGREEMENT_VERSION,
            "collection": "2026-autumn",
            "dataset": dataset,
            "key_id": key_id(sender, Use.DROP),
            "prepared_at": PREPARED.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "receiver": EXCHANGE,
            "rows": rows,
            "sender": sender,
            "sha256": hashlib.sha256(data).hexdigest(),
            "signing_key_id": key_id(sender, Use.SIGN),
            "version": 1,
        }
        said = {name: value for name, value in (facts | self.changes).items() if value is not None}
        manifest = self.spell(said)
        signer = self.signer or sender
        signature = LocalKeyRing(KEYS).sign(key_id(signer, Use.SIGN), self.context + manifest)
        return {MANIFEST_KEY: manifest.decode(), SIGNATURE_KEY: self.write(signature), **self.more}
