"""What a key service is: names of keys by owner and use, and the six things done with them.

Local key ring (`ring.py`) and Key Vault (`vault.py`) are two homes of one service and pass one test suite. What needs
only public parts is the same code for both and stands here: wrapping and verifying happen on this machine, always.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol, Self

from cryptography.exceptions import InvalidSignature

from shared.kernel import names
from shared.kernel.envelope import jwk
from shared.kernel.envelope.canonical import canonical
from shared.kernel.envelope.gates import BAD_SIGNATURE, NO_KEY, NOT_A_KEY, SECRET_IS_THERE
from shared.kernel.envelope.pseudonyms import KeyedPseudonyms
from shared.kernel.envelope.validity import ALWAYS, Validity
from shared.kernel.errors import BadSignature, InvalidInput, KeyUnavailable
from shared.kernel.json_once import loads_once


class Use(StrEnum):
    """What a key is for. A key of one use is never taken for another."""

    DROP = "drop"
    """RSA. The exchange's private key to which one tenant's drops are sealed; its owner is that tenant's slug."""
    STAGING = "staging"
    """RSA. The exchange's own; its owner is `exchange`."""
    RELEASE = "release"
    """RSA. The borough's own: what is sealed to it, the exchange cannot read."""
    SIGN = "sign"
    """Ed25519. Manifests (a borough's, the exchange's) and statements (the exchange's)."""


class KeyService(Protocol):
    """The keys a process may use. `owner` is a borough's slug or `exchange`.

    Every call may raise `KeyUnavailable`: the key is not here (KEY-001) or its service did not answer (KEY-003).
    Neither is ever the fault of who sent a file.
    """

    def working_on(self, subject: str) -> KeyService:
        """The same keys; whoever logs their use is told the ledger's subject (``drop:<id>``) that it is for."""
        ...

    def current(self, owner: str, use: Use) -> str:
        """Id of the newest key that is not revoked: what to seal to or sign with."""
        ...

    def accepted(self, owner: str, use: Use) -> frozenset[str]:
        """Ids of every key that is not revoked, the current one and those before it; empty when there is none."""
        ...

    def public_key(self, key_id: str) -> PublicKey:
        """The public part of one key that is not revoked."""
        ...

    def wrap(self, key_id: str, data_key: bytes) -> bytes:
        """Encrypt a data key (32 bytes) to a public RSA key, RSA-OAEP-256, without asking any service to do it."""
        ...

    def unwrap(self, key_id: str, wrapped: bytes) -> bytes:
        """Decrypt a wrapped data key. Raises `UntrustedDrop` (ENV-012) when it was not wrapped for this key."""
        ...

    def sign(self, key_id: str, message: bytes) -> bytes:
        """Ed25519 signature (64 bytes) of `message`."""
        ...

    def verify(self, key_id: str, message: bytes, signature: bytes) -> None:
        """Raise `BadSignature` (KEY-002) unless `signature` is this key's over `message`."""
        ...

    def pseudonyms(self, agreement: str) -> KeyedPseudonyms:
        """Makes pseudonyms under the secret of the agreement of this id."""
        ...


@dataclass(frozen=True)
class PublicKey:
    """The public part of one key, with whose it is and what it is for."""

    owner: str
    use: Use
    key_id: str
    """`ring:<owner>/<use>/<thumbprint>` for a key made in a key ring, its versioned URL for one made in Key Vault."""
    created: int
    """Seconds since 1970; the greatest of an owner and use is current."""
    jwk: Mapping[str, str]
    """RSA: kty, n, e. Ed25519: kty, crv, x. Base64url. Never a private member."""
    validity: Validity = ALWAYS
    """When its signatures count. A key that was revoked is listed with its end, for what it signed before."""

    @property
    def fingerprint(self) -> str:
        """SHA-256 thumbprint (RFC 7638) in hex: what binds a key from outside of whatever it is found in."""
        return jwk.thumbprint(self.jwk)

    def document(self) -> dict[str, Any]:
        """A JSON Web Key with `kid`, and `owner`, `purpose` and `created` beside the standard members."""
        facts = {"kid": self.key_id, "owner": self.owner, "purpose": self.use.value, "created": self.created}
        return {**self.jwk, **facts, **self.validity.members()}


PublicKeyLookup = Callable[[str], PublicKey]
"""Finds the public part by key id or raises `KeyUnavailable`: `keys.public_key`, or `lookup(read_public(document))`."""


def ring_id(owner: str, use: Use, thumbprint: str) -> str:
    """Id of a key made in a key ring: it names its owner, its use and, by thumbprint, the key itself."""
    return f"ring:{owner}/{use.value}/{thumbprint[:12]}"


def write_public(keys: tuple[PublicKey, ...]) -> bytes:
    """Public keys as a JSON Web Key Set, to hand to the other side."""
    return canonical({"keys": [key.document() for key in keys]})


def read_public(document: bytes) -> tuple[PublicKey, ...]:
    """Read `write_public` back. Raises `InvalidInput` (KEY-004) for anything else, weak keys and false ids included."""
    try:
        return tuple(_public(entry) for entry in loads_once(document)["keys"])
    except (KeyError, TypeError, ValueError, RecursionError):
        raise InvalidInput(NOT_A_KEY.code, NOT_A_KEY.meaning, NOT_A_KEY.remedy) from None


def _public(entry: dict[str, Any]) -> PublicKey:
    use = Use(entry["purpose"])
    public = jwk.public_part(entry)
    key = PublicKey(entry["owner"], use, entry["kid"], entry["created"], public, Validity.of(entry))
    jwk.check(public, kty="OKP" if use is Use.SIGN else "RSA")
    check_owner(key.owner)
    true_id = ring_id(key.owner, use, jwk.thumbprint(public))
    named_by_vault = key.key_id.startswith("https://") and use in (Use.DROP, Use.STAGING)
    if not isinstance(key.created, int) or (key.key_id != true_id and not named_by_vault):
        raise ValueError("not a key of this exchange")
    return key


def check_owner(owner: str) -> str:
    """The owner, if it can be one: ids, file names and vault names are made of it. Raises `ValueError` otherwise."""
    if not names.is_slug(owner):
        raise ValueError("not a slug")
    return owner


def lookup(keys: tuple[PublicKey, ...]) -> PublicKeyLookup:
    """Find among these keys only: how an auditor with nothing but an exported document verifies a statement."""
    by_id = {key.key_id: key for key in keys}

    def find(key_id: str) -> PublicKey:
        if key_id not in by_id:
            raise no_key()
        return by_id[key_id]

    return find


def no_key(detail: str = "") -> KeyUnavailable:
    """KEY-001, to raise."""
    return KeyUnavailable(NO_KEY.code, f"{NO_KEY.meaning} {detail}".rstrip(), NO_KEY.remedy)


def no_secret(agreement: str) -> KeyUnavailable:
    """KEY-001, to raise."""
    return no_key(f"Wanted: the secret of the pseudonyms of {agreement}.")


def secret_is_there() -> InvalidInput:
    """KEY-005, to raise."""
    return InvalidInput(SECRET_IS_THERE.code, SECRET_IS_THERE.meaning, SECRET_IS_THERE.remedy)


def bad_signature() -> BadSignature:
    """KEY-002, to raise."""
    return BadSignature(BAD_SIGNATURE.code, BAD_SIGNATURE.meaning, BAD_SIGNATURE.remedy)


def check_signature(key: PublicKey, message: bytes, signature: bytes) -> None:
    """Raise `BadSignature` unless `signature` is this Ed25519 key's over `message`."""
    if key.use is not Use.SIGN:
        raise bad_signature()
    try:
        jwk.ed25519_public(key.jwk).verify(signature, message)
    except InvalidSignature:
        raise bad_signature() from None


class PublicSide(ABC):
    """The half of a key service that needs public parts only, over a home that can list them."""

    @abstractmethod
    def held(self, owner: str, use: Use) -> tuple[PublicKey, ...]:
        """Every key of this owner and use that is not revoked, oldest first."""

    @abstractmethod
    def public_key(self, key_id: str) -> PublicKey:
        """The public part of one key that is not revoked."""

    @abstractmethod
    def create_key(self, owner: str, use: Use) -> str:
        """Make a key pair, the first or the next version, and return its id."""

    @abstractmethod
    def pseudonyms(self, agreement: str) -> KeyedPseudonyms:
        """Makes pseudonyms under the secret of the agreement of this id. Raises `KeyUnavailable` (KEY-001)."""

    @abstractmethod
    def create_secret(self, agreement: str) -> None:
        """Make the secret of an agreement's pseudonyms, once and for all. Raises `InvalidInput` (KEY-005)."""

    def working_on(self, subject: str) -> Self:
        """The same keys. Nobody logs their use, unless a home of keys says otherwise."""
        return self

    def rotate(self, owner: str, use: Use) -> str:
        """Make the next version of a key that exists; what was sealed to earlier ones still opens.

        Raises `KeyUnavailable` when there is none, so that a slip in a name does not make a new key.
        """
        self.current(owner, use)
        return self.create_key(owner, use)

    def current(self, owner: str, use: Use) -> str:
        """Id of the newest key that is not revoked."""
        keys = self.held(owner, use)
        if not keys:
            raise no_key(f"Wanted: {use.value} of {owner}.")
        return keys[-1].key_id

    def accepted(self, owner: str, use: Use) -> frozenset[str]:
        """Ids of every key that is not revoked."""
        return frozenset(key.key_id for key in self.held(owner, use))

    def wrap(self, key_id: str, data_key: bytes) -> bytes:
        """Encrypt a data key to a public RSA key, on this machine."""
        return jwk.wrap(self._usable(key_id, Use.DROP, Use.STAGING, Use.RELEASE).jwk, data_key)

    def verify(self, key_id: str, message: bytes, signature: bytes) -> None:
        """Raise `BadSignature` unless the signature holds."""
        check_signature(self.public_key(key_id), message, signature)

    def export_public(self, owner: str, use: Use) -> bytes:
        """The public parts of one owner and use as a JSON Web Key Set, oldest first."""
        self.current(owner, use)
        return write_public(self.held(owner, use))

    def _next_moment(self, owner: str, use: Use) -> int:
        """Now, or as much later as it takes for keys made within one second to follow each other."""
        return max([int(time.time()), *(key.created + 1 for key in self.held(owner, use))])

    def _usable(self, key_id: str, *uses: Use) -> PublicKey:
        key = self.public_key(key_id)
        if key.use not in uses:
            raise no_key(f"Not for this use: {key.use.value}.")
        return key
