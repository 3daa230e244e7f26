"""Keys in Azure Key Vault: the exchange in the cloud.

The exchange's RSA keys are vault keys, `drop-<slug>` and `staging`; their private parts never leave the vault and one
unwrap is one call to it. Everything Ed25519 is a vault *secret*, because Key Vault has no Ed25519 keys: the exchange's
signing key (`sign-exchange`, a JSON Web Key with its seed) and the boroughs' public signing keys (`sign-<slug>`). The
boroughs' public release keys (`release-<slug>`) are secrets too: a vault key has a private part, which the exchange
must not have. So is what an agreement's pseudonyms are made with (`pseudonym-<agreement>`): the vault does no HMAC.

A version is revoked by disabling it. Wrapping and verifying never call the vault once its public parts are known.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from copy import copy
from typing import Any, Self

from azure.core.credentials import TokenCredential
from azure.core.exceptions import HttpResponseError
from azure.core.pipeline.transport import HttpTransport
from azure.keyvault.keys import KeyClient, KeyOperation, KeyVaultKey, KeyVaultKeyIdentifier
from azure.keyvault.keys.crypto import CryptographyClient
from azure.keyvault.secrets import SecretClient

from shared.kernel.envelope import asks, jwk
from shared.kernel.envelope.canonical import canonical
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
from shared.kernel.envelope.manifest import EXCHANGE
from shared.kernel.envelope.pseudonyms import KeyedPseudonyms
from shared.kernel.envelope.validity import Validity
from shared.kernel.envelope.vault_names import as_request_id, asking, every, owner_and_use, secret_name, vault_name
from shared.kernel.errors import KeyUnavailable
from shared.kernel.json_once import loads_once

FRESH_SECONDS = 300.0
"""How long a list of versions is believed: within this time a rotated key is used and a revoked one refused."""

_IN_VAULT = (Use.DROP, Use.STAGING)
_BAD_REQUEST = 400


class KeyVaultKeys(PublicSide):
    """A key service over one vault. Its identity needs Key Vault Crypto User and Secrets User; making, revoking and
    importing keys needs the Officer roles, which no function has."""

    def __init__(
        self,
        vault_url: str,
        credential: TokenCredential,
        *,
        transport: HttpTransport[Any, Any] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._credential = credential
        # Three tries of the SDK's own within seconds; a longer outage is for reconciliation to wait out.
        self._options: dict[str, Any] = {"retry_total": 3, "retry_backoff_factor": 0.4}
        if transport is not None:
            self._options["transport"] = transport
        self._keys = KeyClient(vault_url, credential, **self._options)
        self._secrets = SecretClient(vault_url, credential, **self._options)
        self._clock = clock
        self._lists: dict[tuple[str, Use], tuple[float, tuple[PublicKey, ...]]] = {}
        self._vault_keys: dict[str, KeyVaultKey] = {}
        self._secret_values: dict[str, dict[str, Any]] = {}
        self._versions: dict[str, str] = {}
        self._pseudonyms: dict[str, tuple[float, KeyedPseudonyms]] = {}
        self._unwrappers: dict[str, CryptographyClient] = {}
        self._marks: dict[str, str] = {}

    def working_on(self, subject: str) -> Self:
        """The same keys; the vault's log repeats the subject's id as `correlationId` of every unwrap."""
        other = copy(self)
        other._marks = {"request_id": as_request_id(subject)}
        return other

    def create_key(self, owner: str, use: Use) -> str:
        """Make a key, or its next version, and return its id: DROP of a borough, STAGING and SIGN of the exchange.

        Raises `KeyUnavailable` for the keys of a borough: it makes those itself, and sends their public part.
        """
        self._lists.pop((owner, use), None)
        if use in _IN_VAULT:
            operations: list[str | KeyOperation] = [KeyOperation.wrap_key, KeyOperation.unwrap_key]
            with asking():
                key = self._keys.create_rsa_key(vault_name(owner, use), size=jwk.RSA_BITS, key_operations=operations)
            return str(key.id)
        if (owner, use) != (EXCHANGE, Use.SIGN):
            raise no_key("A borough makes its own keys.")
        private = jwk.new_ed25519()
        public = jwk.public_part(private)
        key_id = ring_id(owner, use, jwk.thumbprint(public))
        self._put(PublicKey(owner, use, key_id, self._next_moment(owner, use), public), private)
        return key_id

    def revoke(self, key_id: str) -> None:
        """Disable one version for good: it is neither current nor accepted, and opens and verifies nothing."""
        key = self.public_key(key_id)
        self._lists.pop((key.owner, key.use), None)
        name = vault_name(key.owner, key.use)
        with asking():
            if key.use in _IN_VAULT:
                version = KeyVaultKeyIdentifier(key_id).version
                self._keys.update_key_properties(name, version, enabled=False)
            else:
                self._secrets.update_secret_properties(name, self._versions[key_id], enabled=False)

    def import_public(self, document: bytes) -> tuple[str, ...]:
        """Store public keys that boroughs exported, and return their ids. A key that is or was here is left as it is;
        one whose end is told, and has gone by, is revoked here too, or never stored.

        Compare thumbprints with their owner first: who imports a key trusts it. Raises `InvalidInput` (KEY-004).
        """
        keys = read_public(document)
        for key in keys:
            if key.use in _IN_VAULT:
                raise no_key("The exchange's own keys are made in its vault, not imported.")
            over = key.validity.is_over(int(time.time()))
            if over and any(held.key_id == key.key_id for held in self._enabled(key.owner, key.use)):
                self.revoke(key.key_id)
            elif not (over or self._is_stored(key)):
                self._put(key, {})
        return tuple(key.key_id for key in keys)

    def held(self, owner: str, use: Use) -> tuple[PublicKey, ...]:
        """Every enabled version of this owner and use whose time it is, oldest first."""
        now = int(time.time())
        return tuple(key for key in self._enabled(owner, use) if key.validity.covers(now))

    def _enabled(self, owner: str, use: Use) -> tuple[PublicKey, ...]:
        """Every enabled version, oldest first, as the vault said within `FRESH_SECONDS`."""
        whose = (check_owner(owner), use)
        until, keys = self._lists.get(whose, (0.0, ()))
        if self._clock() >= until:
            listed = self._vault_versions(*whose) if use in _IN_VAULT else self._secret_versions(*whose)
            keys = tuple(sorted(listed, key=lambda key: (key.created, key.key_id)))
            self._lists[whose] = (self._clock() + FRESH_SECONDS, keys)
        return keys

    def public_key(self, key_id: str) -> PublicKey:
        """The public part of one enabled version."""
        for key in self._enabled(*owner_and_use(key_id)):
            if key.key_id == key_id:
                return key
        raise no_key()

    def unwrap(self, key_id: str, wrapped: bytes) -> bytes:
        """Have the vault decrypt a data key: one call."""
        self._usable(key_id, *_IN_VAULT)
        if key_id not in self._unwrappers:
            # Given the key, not its id: the client would otherwise fetch it again and swallow the vault's errors.
            self._unwrappers[key_id] = CryptographyClient(self._vault_keys[key_id], self._credential, **self._options)
        try:
            with asking():
                return self._unwrappers[key_id].unwrap_key(jwk.WRAP_ALGORITHM, wrapped, **self._marks).key
        except KeyUnavailable as error:
            # The vault answers a wrap that is not this key's with 400, and only that.
            if isinstance(error.__cause__, HttpResponseError) and error.__cause__.status_code == _BAD_REQUEST:
                raise asks.UNWRAP.refusal() from None
            raise

    def sign(self, key_id: str, message: bytes) -> bytes:
        """Sign with the exchange's own key; the seed is read from the vault once."""
        key = self._usable(key_id, Use.SIGN)
        entry = self._secret_values[self._versions[key.key_id]]
        if "d" not in entry:
            raise no_key("Its private part is held elsewhere.")
        return jwk.sign(entry, message)

    def pseudonyms(self, agreement: str) -> KeyedPseudonyms:
        """Makes pseudonyms under the agreement's secret, as the vault said within `FRESH_SECONDS`.

        Of several enabled versions the oldest holds: one that was added by a slip changes no pseudonym.
        """
        until, made = self._pseudonyms.get(agreement, (0.0, None))
        if made is None or self._clock() >= until:
            enabled = [version for version in self._secrets_of(agreement) if version.enabled]
            if not enabled:
                raise no_secret(agreement)
            oldest = min(enabled, key=lambda version: (version.created_on, version.version))
            with asking():
                held = _entry(str(self._secrets.get_secret(secret_name(agreement), oldest.version).value))
            made = KeyedPseudonyms(jwk.secret_of(held))
            self._pseudonyms[agreement] = (self._clock() + FRESH_SECONDS, made)
        return made

    def create_secret(self, agreement: str) -> None:
        """Make the secret of an agreement's pseudonyms. A disabled one is in the way, too: enable it again."""
        if self._secrets_of(agreement):
            raise secret_is_there()
        value = canonical(jwk.new_secret()).decode()
        with asking():
            self._secrets.set_secret(secret_name(agreement), value, content_type="application/jwk+json")

    def _secrets_of(self, agreement: str) -> list[Any]:
        name = secret_name(agreement)
        return every(lambda: self._secrets.list_properties_of_secret_versions(name))

    def _vault_versions(self, owner: str, use: Use) -> Iterator[PublicKey]:
        name = vault_name(owner, use)
        for properties in every(lambda: self._keys.list_properties_of_key_versions(name)):
            if not properties.enabled:
                continue
            key_id = str(properties.id)
            if key_id not in self._vault_keys:
                with asking():
                    self._vault_keys[key_id] = self._keys.get_key(name, properties.version)
            numbers = self._vault_keys[key_id].key
            public = jwk.rsa_public(numbers.n, numbers.e)  # type: ignore[attr-defined]  # set by name
            yield PublicKey(owner, use, key_id, int(properties.created_on.timestamp()), public)

    def _secret_versions(self, owner: str, use: Use) -> Iterator[PublicKey]:
        name = vault_name(owner, use)
        for properties in every(lambda: self._secrets.list_properties_of_secret_versions(name)):
            if not properties.enabled:
                continue
            version = properties.version
            if version not in self._secret_values:
                with asking():
                    self._secret_values[version] = _entry(str(self._secrets.get_secret(name, version).value))
            entry = self._secret_values[version]
            self._versions[entry["kid"]] = version
            public, validity = jwk.public_part(entry), Validity.of(entry)
            yield PublicKey(owner, use, entry["kid"], entry["created"], public, validity)

    def _is_stored(self, key: PublicKey) -> bool:
        """Whether some version holds this key. A disabled one cannot be read, so its tag says which key it is."""
        name = vault_name(key.owner, key.use)
        versions = every(lambda: self._secrets.list_properties_of_secret_versions(name))
        return any((properties.tags or {}).get("kid") == key.key_id for properties in versions)

    def _put(self, key: PublicKey, private: dict[str, str]) -> None:
        self._lists.pop((key.owner, key.use), None)
        value = canonical({**key.document(), **private}).decode()
        with asking():
            self._secrets.set_secret(
                vault_name(key.owner, key.use), value, content_type="application/jwk+json", tags={"kid": key.key_id}
            )


def _entry(value: str) -> dict[str, Any]:
    """A secret's value as a JSON Web Key. Raises `KeyUnavailable` KEY-001, which repeats none of it."""
    try:
        entry: dict[str, Any] = loads_once(value)
    except ValueError:
        raise no_key("What the vault has in its place is no key.") from None
    return entry
