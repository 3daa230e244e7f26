"""Keys in a folder: a borough's laptop, and the exchange itself on one machine.

`public/<owner>.<use>.<thumbprint>.jwk.json` is the register, one file a key; the private part, where there is one,
stands under the same name in `private/` and only its owner may read it. So does the secret of an agreement's
pseudonyms, `private/<agreement>.pseudonym.jwk.json`, which has no public part.
"""

from __future__ import annotations

import os
import re
import secrets
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import astuple, replace
from pathlib import Path
from typing import Any

from shared.kernel import names
from shared.kernel.envelope import asks, jwk
from shared.kernel.envelope.canonical import canonical
from shared.kernel.envelope.gates import LONGER, NOT_A_KEY
from shared.kernel.envelope.keys import (
    PublicKey,
    PublicSide,
    Use,
    check_owner,
    no_key,
    no_secret,
    read_public,
    ring_id,
    secret_is_there,
)
from shared.kernel.envelope.pseudonyms import KeyedPseudonyms
from shared.kernel.envelope.validity import ALWAYS, Validity
from shared.kernel.errors import InvalidInput
from shared.kernel.json_once import loads_once

_FILE = re.compile(rf"({names.SLUG})\.([a-z]+)\.[0-9a-f]{{12}}\.jwk\.json")
_RING_ID = re.compile(rf"ring:({names.SLUG})/([a-z]+)/([0-9a-f]{{12}})")


class LocalKeyRing(PublicSide):
    """A key service over a folder, which is made when the first key is. Any number of processes may share it."""

    def __init__(self, folder: Path) -> None:
        self._public = folder / "public"
        self._private = folder / "private"
        self._unwrappers: dict[str, jwk.Unwrapper] = {}

    def create_key(self, owner: str, use: Use) -> str:
        """Make a key pair and return its id. Where there is one already, this is the next version, and current."""
        check_owner(owner)
        private = jwk.new_ed25519() if use is Use.SIGN else jwk.new_rsa()
        public = jwk.public_part(private)
        key_id = ring_id(owner, use, jwk.thumbprint(public))
        key = PublicKey(owner, use, key_id, self._next_moment(owner, use), public)
        # The private part first: a process killed in between leaves no public key that nobody can answer for.
        _write(self._private / self._name(key), canonical(private), mode=0o600)
        self._register(key)
        return key.key_id

    def finish(self) -> tuple[str, ...]:
        """Register every private part that has no public one: a process was killed between the two. Returns the ids."""
        found = []
        for path in sorted(self._private.glob("*.jwk.json")):
            if not (self._public / path.name).exists() and (named := _FILE.fullmatch(path.name)):
                owner, use = check_owner(named[1]), Use(named[2])
                public = jwk.public_part(self._read(path) or {})
                key_id = ring_id(owner, use, jwk.thumbprint(public))
                self._register(PublicKey(owner, use, key_id, self._next_moment(owner, use), public))
                found.append(key_id)
        return tuple(found)

    def revoke(self, key_id: str, *, compromised: int | None = None) -> None:
        """Take a key out of use for good: it is neither current nor accepted, and opens and seals nothing.

        It stays listed (`every`, `known`) with its end: what it signed before still verifies, unless somebody else may
        have had it by then (`compromised`, seconds since 1970).
        """
        key = self.public_key(key_id)
        ended = replace(key.validity, last=int(time.time()), compromised=compromised)
        self._register(replace(key, validity=ended), revoked=True)

    def limit(self, key_id: str, validity: Validity) -> None:
        """Say when a key's signatures count: within `validity` and whatever was said before. Of a key that was revoked,
        too, since that somebody else had it may be learned later.

        Raises `InvalidInput` KEY-012 for a bound that would lengthen its time.
        """
        key = self.known(key_id)
        narrowed = key.validity.narrowed(validity)
        if any(named not in (None, bound) for named, bound in zip(astuple(validity), astuple(narrowed), strict=True)):
            raise InvalidInput(LONGER.code, LONGER.meaning, LONGER.remedy)
        self._register(replace(key, validity=narrowed), revoked=self.is_revoked(key_id))

    def is_revoked(self, key_id: str) -> bool:
        """Whether the key was taken out of use for good. Raises `KeyUnavailable` KEY-001 where it is not here."""
        entry = self._read(self._public / self._name(self.known(key_id)))
        return entry is not None and bool(entry["revoked"])

    def every(self, owner: str, use: Use) -> tuple[PublicKey, ...]:
        """Every key of this owner and use, those that were revoked too, oldest first: for evidence, never for work."""
        return self._listed(f"{check_owner(owner)}.{use.value}.*.jwk.json", revoked=True)

    def known(self, key_id: str) -> PublicKey:
        """The public part of one key, revoked or not: to verify what was signed while it counted."""
        for key in self._listed("*.jwk.json", revoked=True):
            if key.key_id == key_id:
                return key
        raise no_key()

    def import_public(self, document: bytes) -> tuple[str, ...]:
        """Add public keys that another party exported, and return their ids. A key that was revoked stays so, here or
        there, and of two times that are told of a key what is within both holds.

        Compare thumbprints with their owner first: who imports a key trusts it. Raises `InvalidInput` (KEY-004).
        """
        keys = read_public(document)
        for key in keys:
            known = self._read(self._public / self._name(key))
            if known is not None and known["kid"] != key.key_id:
                raise InvalidInput(NOT_A_KEY.code, NOT_A_KEY.meaning, NOT_A_KEY.remedy)
            was = Validity.of(known) if known else ALWAYS
            revoked = bool(known and known["revoked"]) or key.validity.is_over(int(time.time()))
            self._register(replace(key, validity=was.narrowed(key.validity)), revoked=revoked)
        return tuple(key.key_id for key in keys)

    def held(self, owner: str, use: Use) -> tuple[PublicKey, ...]:
        """Every key of this owner and use that is not revoked and whose time it is, oldest first."""
        now = int(time.time())
        listed = self._listed(f"{check_owner(owner)}.{use.value}.*.jwk.json")
        return tuple(key for key in listed if key.validity.covers(now))

    def public_key(self, key_id: str) -> PublicKey:
        """The public part of one key that is not revoked."""
        # A key made in a ring says in its id which file it is; one made in a vault is looked for in all.
        named = _RING_ID.fullmatch(key_id)
        for key in self._listed(f"{named[1]}.{named[2]}.{named[3]}.jwk.json" if named else "*.jwk.json"):
            if key.key_id == key_id:
                return key
        raise no_key()

    def unwrap(self, key_id: str, wrapped: bytes) -> bytes:
        """Decrypt a data key with the private part held here."""
        key = self._usable(key_id, Use.DROP, Use.STAGING, Use.RELEASE)
        if key_id not in self._unwrappers:
            self._unwrappers[key_id] = jwk.Unwrapper(self._private_part(key))
        try:
            return self._unwrappers[key_id].unwrap(wrapped)
        except ValueError:
            raise asks.UNWRAP.refusal() from None

    def sign(self, key_id: str, message: bytes) -> bytes:
        """Sign with the private part held here."""
        return jwk.sign(self._private_part(self._usable(key_id, Use.SIGN)), message)

    def pseudonyms(self, agreement: str) -> KeyedPseudonyms:
        """Makes pseudonyms under the agreement's secret held here."""
        entry = self._read(self._secret(agreement))
        if entry is None:
            raise no_secret(agreement)
        return KeyedPseudonyms(jwk.secret_of(entry))

    def create_secret(self, agreement: str) -> None:
        """Make the secret of an agreement's pseudonyms. Of two processes that do so at once, one is refused."""
        try:
            _write(self._secret(agreement), canonical(jwk.new_secret()), mode=0o600, once=True)
        except FileExistsError:
            raise secret_is_there() from None

    def _secret(self, agreement: str) -> Path:
        return self._private / f"{check_owner(agreement)}.pseudonym.jwk.json"

    def _listed(self, pattern: str, *, revoked: bool = False) -> tuple[PublicKey, ...]:
        entries = (self._read(path) for path in self._public.glob(pattern))
        keys = (_key(entry) for entry in entries if entry and (revoked or not entry["revoked"]))
        return tuple(sorted(keys, key=lambda key: (key.created, key.key_id)))

    def _private_part(self, key: PublicKey) -> dict[str, str]:
        private = self._read(self._private / self._name(key))
        if private is None:
            raise no_key(f"The private part of {key.owner}'s {key.use.value} key {key.key_id} is not in this folder.")
        return private

    def _register(self, key: PublicKey, *, revoked: bool = False) -> None:
        _write(self._public / self._name(key), canonical({**key.document(), "revoked": revoked}), mode=0o644)

    def _name(self, key: PublicKey) -> str:
        return f"{key.owner}.{key.use.value}.{jwk.thumbprint(key.jwk)[:12]}.jwk.json"

    def _read(self, path: Path) -> dict[str, Any] | None:
        try:
            entry: dict[str, Any] = loads_once(path.read_bytes())
        except FileNotFoundError:
            return None
        except ValueError:
            raise no_key(f"{path.name} is there, and is no key.") from None
        return entry


def _key(entry: Mapping[str, Any]) -> PublicKey:
    use, public = Use(entry["purpose"]), jwk.public_part(entry)
    return PublicKey(entry["owner"], use, entry["kid"], entry["created"], public, Validity.of(entry))


def _write(path: Path, data: bytes, *, mode: int, once: bool = False) -> None:
    """Replace a file whole: a reader sees the old or the new one, and nobody else ever sees a private one.

    With `once`, raises `FileExistsError` where there is one.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    half = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.write(data)
        if once:
            path.hardlink_to(half)
            half.unlink()
        else:
            half.replace(path)
    except OSError as error:
        with suppress(OSError):
            half.unlink(missing_ok=True)
        error.filename = str(path)  # a full disk does not say which file it did not take
        raise
