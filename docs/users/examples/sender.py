"""A sender that shares no code with the exchange: `pyarrow` and `cryptography` alone, from the page "The sealed file".

    python sender.py keys southwark                         sign.pem, release.pem -> public.json, for the operators
    python sender.py drop pupils.csv pupils 2026-autumn     seal, sign, drop; prints the hash of the sealed file

`drop` wants, in the folder where it runs: `exchange.toml` and `drop.json` from the operators, your `sign.pem`, and for
a CSV the empty Parquet file of its dataset. `answers.py` beside this reads what comes back.
"""

from __future__ import annotations

import base64
import hashlib
import json
import ssl
import sys
import time
import tomllib
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pyarrow as pa
import pyarrow.csv as csv
import pyarrow.parquet as pq
import pyarrow.parquet.encryption as pe
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key

AGREEMENT, AGREEMENT_VERSION = "fsm", "1.0.0"
OAEP = padding.OAEP(mgf=padding.MGF1(hashes.SHA256()), algorithm=hashes.SHA256(), label=None)
TAKEN = {"UnauthorizedBlobOverwrite", "AuthorizationPermissionMismatch", "BlobAlreadyExists"}
Key = dict[str, Any]


def b64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def public_key(private: Any, owner: str, purpose: str, created: int) -> Key:
    """The public part of a key as the operators ask for it. Its id ends in the beginning of its thumbprint, in hex."""
    public = private.public_key()
    if isinstance(public, rsa.RSAPublicKey):
        n, e = public.public_numbers().n, public.public_numbers().e
        key = {"kty": "RSA", "n": b64url(n.to_bytes((n.bit_length() + 7) // 8)), "e": b64url(e.to_bytes(3))}
    else:
        key = {"kty": "OKP", "crv": "Ed25519", "x": b64url(public.public_bytes_raw())}
    kid = f"ring:{owner}/{purpose}/{hashlib.sha256(canonical(key)).hexdigest()[:12]}"
    return {**key, "kid": kid, "owner": owner, "purpose": purpose, "created": created}


class Wrapping(pe.KmsClient):
    """What the Parquet library asks to wrap a file's data key."""

    def __init__(self, drop: Key) -> None:
        super().__init__()
        n, e = (int.from_bytes(unb64url(drop[name])) for name in ("n", "e"))
        self.key = rsa.RSAPublicNumbers(e, n).public_key()

    def wrap_key(self, key_bytes: bytes, master_key_identifier: str) -> str:
        return base64.b64encode(self.key.encrypt(key_bytes, OAEP)).decode()


def seal(table: pa.Table, drop: Key) -> bytes:
    """The table as Parquet, every part of it encrypted under a fresh key, which is wrapped for the `drop` key."""
    settings = pe.EncryptionConfiguration(
        footer_key=drop["kid"],
        uniform_encryption=True,
        encryption_algorithm="AES_GCM_V1",
        plaintext_footer=False,
        double_wrapping=False,
        internal_key_material=True,
        data_key_length_bits=256,
    )
    factory = pe.CryptoFactory(lambda _: Wrapping(drop))
    properties = factory.file_encryption_properties(pe.KmsConnectionConfig(), settings)
    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd", store_schema=False, encryption_properties=properties)
    return sink.getvalue().to_pybytes()


def sign(sealed: bytes, facts: dict[str, Any], private: Any) -> dict[str, str]:
    """The blob's metadata: the manifest, and the signature over the context line and the manifest."""
    manifest = canonical({**facts, "sha256": hashlib.sha256(sealed).hexdigest(), "receiver": "exchange", "version": 1})
    signature = private.sign(b"borough-exchange manifest 1\n" + manifest)
    return {"exchange_manifest": manifest.decode(), "exchange_signature": b64url(signature)}


def put(
    inbox: str, name: str, sealed: bytes, metadata: dict[str, str], tls: Any, waits: Any = (5, 30, 120, 600)
) -> bool:
    """One Put Blob. False says that a blob of this name was there already: an earlier try had arrived after all."""
    url, _, token = inbox.partition("?")
    headers = {"x-ms-blob-type": "BlockBlob", "x-ms-version": "2021-12-02", "If-None-Match": "*"}
    headers |= {"Content-Type": "application/octet-stream"}
    headers |= {f"x-ms-meta-{key}": value for key, value in metadata.items()}
    request = urllib.request.Request(f"{url}/{name}?{token}", sealed, headers, method="PUT")
    for wait in (*waits, None):
        try:
            urllib.request.urlopen(request, timeout=600, context=tls).close()
            return True
        except HTTPError as refused:
            if refused.headers.get("x-ms-error-code") in TAKEN:
                return False
            if wait is None or refused.code not in (408, 429, 500, 502, 503, 504):
                raise
        except OSError:  # no answer: nobody knows whether it arrived, so the very same bytes go again
            if wait is None:
                raise
        time.sleep(wait)
    return False


def read(path: Path, dataset: str) -> pa.Table:
    """A Parquet file as it is; a CSV in the types of the empty Parquet file that is published for its dataset."""
    if path.suffix == ".parquet":
        return pq.read_table(path)
    types = pq.read_schema(f"{dataset}.parquet")
    # Only an empty cell is empty: left to itself the reader takes a child called NULL for one.
    options = csv.ConvertOptions(column_types=types, null_values=[""], strings_can_be_null=True)
    return csv.read_csv(path, convert_options=options)


def drop(file: Path, dataset: str, collection: str, prepared_at: datetime) -> str:
    """Seal, sign and drop a file, and return the hash of what was dropped: its receipt will name it."""
    profile = tomllib.loads(Path("exchange.toml").read_text(encoding="utf-8"))
    private = load_pem_private_key(Path("sign.pem").read_bytes(), None)
    key = max(json.loads(Path("drop.json").read_bytes())["keys"], key=lambda key: key["created"])
    table = read(file, dataset)
    sealed = seal(table, key)
    facts = {
        "sender": profile["borough"],
        "agreement": AGREEMENT,
        "agreement_version": AGREEMENT_VERSION,
        "dataset": dataset,
        "collection": collection,
        "rows": table.num_rows,
        "key_id": key["kid"],
        "signing_key_id": public_key(private, profile["borough"], "sign", 0)["kid"],
        "prepared_at": prepared_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    metadata, sha256 = sign(sealed, facts, private), hashlib.sha256(sealed).hexdigest()
    tls = ssl.create_default_context(cafile=profile.get("certificate"))
    put(profile["inbox_url"], f"{dataset}-{collection}-{sha256[:12]}.parquet", sealed, metadata, tls)
    return sha256


def main(command: str, *words: str) -> None:
    if command == "drop":
        file, dataset, collection = words
        print(drop(Path(file), dataset, collection, datetime.now(UTC)))
    elif command == "keys":
        made = {use: load_pem_private_key(Path(f"{use}.pem").read_bytes(), None) for use in ("sign", "release")}
        keys = [public_key(private, words[0], use, int(time.time())) for use, private in made.items()]
        Path("public.json").write_bytes(canonical({"keys": keys}))
        print(*(key["kid"] for key in keys), sep="\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
