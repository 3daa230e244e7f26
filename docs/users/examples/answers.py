"""Reads what the exchange answers; beside `sender.py`, and like it without any code of the exchange.

    python answers.py receipt <hash>               wait for the receipt of the sealed file with that hash
    python answers.py results results/2026-autumn  every result that begins so, as plain Parquet files in this folder

It wants `exchange.toml`, `exchange.json` and, for results, your `release.pem` in the folder where it runs.
"""

from __future__ import annotations

import base64
import hashlib
import html
import io
import json
import re
import ssl
import sys
import time
import tomllib
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pe
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from sender import OAEP, canonical, unb64url


def get(url: str, tls: Any) -> tuple[bytes, dict[str, str]]:
    """What is there, and the metadata of the blob."""
    asked = urllib.request.Request(url, headers={"x-ms-version": "2021-12-02"})
    with urllib.request.urlopen(asked, timeout=600, context=tls) as found:
        return found.read(), {name.lower().removeprefix("x-ms-meta-"): value for name, value in found.headers.items()}


def collect(outbox: str, name: str, tls: Any) -> tuple[bytes, dict[str, str]]:
    """One blob of the outbox."""
    url, _, token = outbox.partition("?")
    return get(f"{url}/{quote(name)}?{token}", tls)


def listing(outbox: str, prefix: str, tls: Any) -> list[str]:
    """The names in the outbox that begin with `prefix`, from every page of the list."""
    names, marker = [], ""
    while True:
        asked = f"&restype=container&comp=list&prefix={quote(prefix, '')}&marker={quote(marker, '')}"
        page = get(outbox + asked, tls)[0].decode()
        names += [html.unescape(name) for name in re.findall("<Name>(.*?)</Name>", page)]
        [marker] = re.findall("<NextMarker>(.+?)</NextMarker>", page) or [""]
        if not marker:
            return names


def check(message: bytes, signature: str, kid: str, exchange: bytes) -> None:
    """Raises unless the exchange signed `message` with that key of its own."""
    [key] = [key for key in json.loads(exchange)["keys"] if (key["kid"], key["owner"]) == (kid, "exchange")]
    Ed25519PublicKey.from_public_bytes(unb64url(key["x"])).verify(unb64url(signature), message)


def read_receipt(document: bytes, exchange: bytes) -> dict[str, Any]:
    """What a receipt says, once its signature holds."""
    statement = json.loads(document)
    payload = statement["payload"]
    check(b"borough-exchange statement 1\n" + canonical(payload), statement["signature"], payload["key_id"], exchange)
    return dict(payload["body"])


def wait_for_receipt(
    outbox: str, sha256: str, exchange: bytes, tls: Any, every: float = 15, within: float = 86_400
) -> dict[str, Any]:
    """The body of the receipt for the sealed file with that hash. Asks again until it is there, or too late."""
    seen: set[str] = set()
    until = time.monotonic() + within
    while True:
        # Of the agreement; and of what could not be told to be of one.
        there = [name for folder in ("fsm/reports/", "exchange/reports/") for name in listing(outbox, folder, tls)]
        for name in sorted(set(there) - seen):
            seen.add(name)
            if name.endswith("/receipt.json"):
                said = read_receipt(collect(outbox, name, tls)[0], exchange)
                if said["sha256"] == sha256:
                    return said
        if time.monotonic() > until:
            raise TimeoutError("no receipt: tell the operators")
        time.sleep(every)


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


def main(command: str, what: str) -> None:
    profile = tomllib.loads(Path("exchange.toml").read_text(encoding="utf-8"))
    tls, exchange = ssl.create_default_context(cafile=profile.get("certificate")), Path("exchange.json").read_bytes()
    if command == "receipt":
        print(json.dumps(wait_for_receipt(profile["outbox_url"], what, exchange, tls), indent=1))
        return
    release = load_pem_private_key(Path("release.pem").read_bytes(), None)
    for name in listing(profile["outbox_url"], what, tls):
        if name.endswith(".parquet"):
            sealed, metadata = collect(profile["outbox_url"], name, tls)
            pq.write_table(open_result(sealed, metadata, profile["borough"], release, exchange), name.replace("/", "-"))
            print(name)


if __name__ == "__main__":
    main(*sys.argv[1:])
