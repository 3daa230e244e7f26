"""JSON Web Keys (RFC 7517, 8037): making, checking and using the two kinds there are, RSA and Ed25519.

Wrapping goes through `azure-keyvault-keys`, the same client class that talks to a vault, so that a key ring and a vault
cannot disagree about padding; what is unwrapped here was wrapped by it.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from typing import Literal

from azure.keyvault.keys import JsonWebKey
from azure.keyvault.keys.crypto import CryptographyClient, KeyWrapAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from shared.kernel.envelope.canonical import canonical, from_text, to_text

WRAP_ALGORITHM = KeyWrapAlgorithm.rsa_oaep_256
_OAEP_256 = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
"""The same for the one who unwraps here."""
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
    """The vault's own client class over a public key that is here."""
    numbers = {name: from_text(key[name]) for name in _PUBLIC_MEMBERS["RSA"][1:]}
    return CryptographyClient.from_jwk(JsonWebKey(kty="RSA", key_ops=["wrapKey"], **numbers))


def wrap(public: Mapping[str, str], data_key: bytes) -> bytes:
    """Encrypt a data key with RSA-OAEP-256."""
    return client(public).wrap_key(WRAP_ALGORITHM, data_key).encrypted_key


class Unwrapper:
    """A private RSA key that is here, loaded.

    Whether its primes are prime is not asked again, as the vault's client class would, which takes 0.1 s for a key: a
    process with the keys of 33 parties would spend 4 s on it. What must hold is tried out instead.
    """

    def __init__(self, private: Mapping[str, str]) -> None:
        """Raises `ValueError` where the private part does not belong to the public one."""
        n, e, d, p, q, dp, dq, qi = (_number(private[name]) for name in _NUMBERS)
        numbers = rsa.RSAPrivateNumbers(p, q, d, dp, dq, qi, rsa.RSAPublicNumbers(e, n))
        self._key = numbers.private_key(unsafe_skip_rsa_key_validation=True)
        tried = secrets.token_bytes(32)
        if self.unwrap(wrap(public_part(private), tried)) != tried:
            raise ValueError("the private part belongs to another key")

    def unwrap(self, wrapped: bytes) -> bytes:
        """Decrypt a data key with RSA-OAEP-256. Raises `ValueError` where it cannot be."""
        return self._key.decrypt(wrapped, _OAEP_256)


def _bytes(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _number(text: str) -> int:
    return int.from_bytes(from_text(text), "big")
