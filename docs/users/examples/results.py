"""Opens what the exchange has sealed to you; beside `sender.py`, and like it without any code of the exchange.

    python results.py results/2026-autumn     every result that begins so, as plain Parquet files in this folder

It wants `exchange.toml`, `exchange.json` and your `release.pem` in the folder where it runs.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import ssl
import sys
import tomllib
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pe
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from sender import OAEP, check, collect, listing


class Unwrapping(pe.KmsClient):
    """What the Parquet library asks to unwrap a file's data key."""

    def __init__(self, release: Any) -> None:
        super().__init__()
        self.key = release

    def unwrap_key(self, wrapped_key: str, master_key_identifier: str) -> bytes:
        return self.key.decrypt(base64.b64decode(wrapped_key), OAEP)

    def wrap_key(self, key_bytes: bytes, master_key_identifier: str) -> str:
        raise NotImplementedError


def open_result(sealed: bytes, metadata: dict[str, str], me: str, release: Any, exchange: bytes) -> pa.Table:
    """The rows of a result. Signature, receiver and hash are looked at before anything is decrypted."""
    text = metadata["exchange_manifest"]
    manifest = json.loads(text)
    message = b"borough-exchange manifest 1\n" + text.encode()
    check(message, metadata["exchange_signature"], manifest["signing_key_id"], exchange)
    if (manifest["sender"], manifest["receiver"]) != ("exchange", me):
        raise ValueError("sealed for somebody else")
    if manifest["sha256"] != hashlib.sha256(sealed).hexdigest():
        raise ValueError("not the file that was signed")
    factory = pe.CryptoFactory(lambda _: Unwrapping(release))
    properties = factory.file_decryption_properties(pe.KmsConnectionConfig())
    return pq.read_table(io.BytesIO(sealed), decryption_properties=properties)


def main(prefix: str) -> None:
    profile = tomllib.loads(Path("exchange.toml").read_text(encoding="utf-8"))
    tls = ssl.create_default_context(cafile=profile.get("certificate"))
    release = load_pem_private_key(Path("release.pem").read_bytes(), None)
    for name in listing(profile["outbox_url"], prefix, tls):
        if name.endswith(".parquet"):
            sealed, metadata = collect(profile["outbox_url"], name, tls)
            rows = open_result(sealed, metadata, profile["borough"], release, Path("exchange.json").read_bytes())
            pq.write_table(rows, name.replace("/", "-"))
            print(name, rows.num_rows)


if __name__ == "__main__":
    main(*sys.argv[1:])
