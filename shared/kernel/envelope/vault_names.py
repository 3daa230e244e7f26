"""How keys are named in a vault, and how the vault's answers are heard."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.keyvault.keys import KeyVaultKeyIdentifier

from shared.kernel.envelope.gates import NO_ANSWER
from shared.kernel.envelope.keys import Use, check_owner, no_key
from shared.kernel.envelope.manifest import EXCHANGE
from shared.kernel.errors import KeyUnavailable


def vault_name(owner: str, use: Use) -> str:
    """The vault's name of a key or secret."""
    if (owner, use) == (EXCHANGE, Use.STAGING):
        return use.value
    return f"{use.value}-{check_owner(owner)}"


def secret_name(agreement: str) -> str:
    """The vault's name of what an agreement's pseudonyms are made with."""
    return f"pseudonym-{check_owner(agreement)}"


def owner_and_use(key_id: str) -> tuple[str, Use]:
    """Whose key an id names. Raises `KeyUnavailable` for an id that no key here can have."""
    try:
        if key_id.startswith("ring:"):
            owner, use, _ = key_id.removeprefix("ring:").split("/")
            return check_owner(owner), Use(use)
        name = KeyVaultKeyIdentifier(key_id).name
        use, _, owner = name.partition("-")
        return check_owner(owner or EXCHANGE), Use(use)
    except ValueError:
        raise no_key() from None


def as_request_id(subject: str) -> str:
    """The id of a subject of the ledger (``drop:<32 hex digits>``) as the GUID that the vault takes and logs."""
    return str(UUID(hex=subject.rpartition(":")[2]))


@contextmanager
def asking() -> Iterator[None]:
    """Turn whatever the vault or the way to it answers into our fault, which is tried again."""
    try:
        yield
    except ResourceNotFoundError as error:
        raise no_key() from error
    except AzureError as error:
        raise KeyUnavailable(NO_ANSWER.code, NO_ANSWER.meaning, NO_ANSWER.remedy) from error


def every(listed: Callable[[], Any]) -> list[Any]:
    """Every page of a listing; none when there is no key of that name."""
    with asking():
        try:
            return list(listed())
        except ResourceNotFoundError:
            return []
