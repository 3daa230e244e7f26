"""JSON Web Keys (RFC 7517, 8037): making, checking and using the two kinds there are, RSA and Ed25519.

RSA goes through `azure-keyvault-keys`, the same client class that talks to a vault, so that a key ring and a vault
cannot disagree about padding.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from typing import Literal

from azure.keyvault.keys import JsonWebKey
from azure.keyvault.keys.crypto import CryptographyClient, KeyWrapAlgorithm
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from shared.kernel.envelope.canonical import canonical, from_text, to_text

WRAP_ALGORITHM = KeyWrapAlgorithm.rsa_oaep_256
RSA_BITS = 3072
"""128-bit strength (NIST SP 800-57), until whoever it is about is grown up."""

_PUBLIC_MEMBERS = {"RSA": ("kty", "n", "e"), "OKP": ("kty", "crv", "x")}
_NUMBERS = ("n", "e", "d", "p", "q", "dp", "dq", "qi")


def new_rsa() -> dict[str, str]:
    """A private RSA key of 3072 bits."""
    private = rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS).private_numbers()
    public = private.public_numbers
    numbers = (public.n, public.e, private.d, private.p, private.q, private.dmp1, private.dmq1, private.iqmp)
    return {"kty": "RSA", **{name: to_text(_bytes(number)) for name, number in zip(_NUMBERS, numbers, strict=True)}}


def new_ed25519() -> dict[str, str]:
    """A private Ed25519 key: its seed is `d`."""
    private = Ed25519PrivateKey.generate()
    public, seed = private.public_key().public_bytes_raw(), private.private_bytes_raw()
    return {"kty": "OKP", "crv": "Ed25519", "x": to_text(public), "d": to_text(seed)}


def new_secret() -> dict[str, str]:
    """A symmetric key of 256 bits."""
    return {"kty": "oct", "k": to_text(secrets.token_bytes(32))}


def secret_of(key: Mapping[str, object]) -> bytes:
    """The bytes of a symmetric key."""
    return from_text(str(key["k"]))


def rsa_public(modulus: bytes, exponent: bytes) -> dict[str, str]:
    """The public part of an RSA key from its two numbers, big-endian, as a vault gives them."""
    return {"kty": "RSA", "n": to_text(modulus.lstrip(b"\0")), "e": to_text(exponent.lstrip(b"\0"))}


def public_part(key: Mapping[str, object]) -> dict[str, str]:
    """The public members alone. Raises `KeyError` for a kind of key there is no use for."""
    return {name: str(key[name]) for name in _PUBLIC_MEMBERS[str(key["kty"])]}


def thumbprint(public: Mapping[str, str]) -> str:
    """SHA-256 thumbprint (RFC 7638) in hex: what two people compare by telephone before they trust a key."""
    return hashlib.sha256(canonical(dict(public))).hexdigest()


def check(public: Mapping[str, str], kty: Literal["RSA", "OKP"]) -> None:
    """Raise `ValueError` unless this is a public key of that kind which is strong enough."""
    if public["kty"] != kty:
        raise ValueError("another kind of key")
    if kty == "OKP":
        ed25519_public(public)
        return
    numbers = rsa.RSAPublicNumbers(e=_number(public["e"]), n=_number(public["n"]))
    if numbers.public_key().key_size < RSA_BITS:
        raise ValueError("too short")


def ed25519_public(public: Mapping[str, str]) -> Ed25519PublicKey:
    """The verifying key. Raises `ValueError` when it is none."""
    if public.get("crv") != "Ed25519":
        raise ValueError("another curve")
    return Ed25519PublicKey.from_public_bytes(from_text(public["x"]))


def sign(private: Mapping[str, str], message: bytes) -> bytes:
    """Ed25519 signature (64 bytes); the same message gives the same bytes."""
    return Ed25519PrivateKey.from_private_bytes(from_text(private["d"])).sign(message)


def client(key: Mapping[str, str]) -> CryptographyClient:
    """The vault's own client class over a key that is here: with the private part it unwraps, without it it only wraps.

    Loading a private key checks its numbers, which takes 0.1 s: keep the client.
    """
    numbers = {name: from_text(key[name]) for name in _NUMBERS if name in key}
    return CryptographyClient.from_jwk(JsonWebKey(kty="RSA", key_ops=["wrapKey", "unwrapKey"], **numbers))


def wrap(public: Mapping[str, str], data_key: bytes) -> bytes:
    """Encrypt a data key with RSA-OAEP-256."""
    return client(public).wrap_key(WRAP_ALGORITHM, data_key).encrypted_key


def _bytes(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _number(text: str) -> int:
    return int.from_bytes(from_text(text), "big")
