"""The register: who is who in the logs. `register.yaml` of the record; ids only, no person's name.

Made from infra/bicep/principals.yaml, which reviewed changes keep, by `exchange register`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import unquote

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from shared.kernel.audit.questions import REGISTER
from shared.kernel.errors import InvalidInput
from shared.kernel.texts import Slug
from shared.kernel.yaml_once import load_yaml_once

FILE = "register.yaml"

Role = Literal["app", "records", "borough", "officer", "operator", "keeper", "deployer", "platform", "pass"]
Box = Literal["inbox", "outbox"]
ObjectId = Annotated[
    str,
    BeforeValidator(lambda text: text.strip().lower() if isinstance(text, str) else text),
    StringConstraints(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"),
]
Apps = Annotated[tuple[ObjectId, ...], BeforeValidator(lambda value: [value] if isinstance(value, str) else value)]
"""Identities of one program; several if it was changed. A text alone is one."""
Signature = Annotated[str, StringConstraints(pattern=r"^[0-9A-F]{64}$")]
Fingerprint = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Principal(_Entry):
    """One object id of Entra, and the days on which it is whoever it is. A text alone is an id that always was."""

    id: ObjectId
    first: date | None = Field(default=None, alias="from")
    last: date | None = Field(default=None, alias="to")

    @model_validator(mode="before")
    @classmethod
    def _text_is_an_id(cls, value: Any) -> Any:
        return {"id": value} if isinstance(value, str) else value


class Parties(_Entry):
    """One party's principals."""

    identity: Principal | None = None
    officers: tuple[Principal, ...] = ()


class Platform(_Entry):
    """An identity of Azure's own that works for the exchange."""

    id: ObjectId
    does: Literal["events"]
    """`events`: tells of new blobs, and leaves what it could not deliver in `deadletter`."""


class Pass(_Entry):
    """A shared access signature that was issued. Known by a digest of its signature, which is all that logs show."""

    signature: Signature
    borough: Slug
    box: Box
    first: datetime = Field(alias="from")
    last: datetime = Field(alias="to")

    @model_validator(mode="after")
    def _aware(self) -> Pass:
        if self.first.tzinfo is None or self.last.tzinfo is None:
            raise ValueError("from and to need a time zone")
        return self


class Register(_Entry):
    """Who is who. Raises `InvalidInput` (REC-003) from `read_register` when it does not say what it must."""

    accounts: tuple[str, ...] = Field(min_length=1)
    """Names of the exchange's storage accounts; operations on others are counted and left out."""
    vaults: tuple[str, ...] = ()
    """Names of its vaults."""
    app: Apps
    """The function app's identity."""
    records: Apps = ()
    """The identity that ends records: it deletes and cannot write; the app's writes and cannot delete (ADR 20). Where
    none is named nobody may end one."""
    boroughs: dict[Slug, Parties]
    operators: tuple[Principal, ...] = ()
    keepers: tuple[Principal, ...] = ()
    deployers: tuple[Principal, ...] = ()
    """Who makes containers and queues, and issues passes."""
    platform: tuple[Platform, ...] = ()
    passes: tuple[Pass, ...] = ()
    signing_keys: tuple[Fingerprint, ...] = ()
    """Fingerprints (RFC 7638, `exchange keys list`) of every key that the exchange has signed with: from a borough's
    own copy, or the agreement, never from the record that is audited. A statement signed with another does not hold."""

    @model_validator(mode="after")
    def _each_is_one(self) -> Register:
        ids = [principal.id for principal in self.principals()]
        if len(set(ids)) != len(ids):
            raise ValueError("names a principal twice")
        return self

    def principals(self) -> tuple[Named, ...]:
        """Everybody, each with a name that says the role and not the person."""
        apps: tuple[tuple[Role, tuple[str, ...]], ...] = (("app", self.app), ("records", self.records))
        found = [Named(number=_number(ids, n), id=oid, role=role) for role, ids in apps for n, oid in enumerate(ids, 1)]
        for slug, parties in sorted(self.boroughs.items()):
            if parties.identity:
                found.append(_named(parties.identity, "borough", slug))
            found += [_named(officer, "officer", slug, f" {n}") for n, officer in enumerate(parties.officers, 1)]
        roles: tuple[tuple[Role, tuple[Principal, ...]], ...] = (
            ("operator", self.operators),
            ("keeper", self.keepers),
            ("deployer", self.deployers),
        )
        for role, people in roles:
            found += [_named(person, role, "", _number(people, n)) for n, person in enumerate(people, 1)]
        found += [
            Named(id=entry.id, role="platform", number=_number(self.platform, n))
            for n, entry in enumerate(self.platform, 1)
        ]
        return tuple(found)


class Named(_Entry):
    """A principal or pass of the register, as reports name it."""

    id: str
    role: Role
    party: str = ""
    number: str = ""
    first: date | None = None
    last: date | None = None

    @property
    def name(self) -> str:
        """``<party> officer 1``, ``operator 2``, ``<party>``."""
        if self.role == "borough":
            return self.party
        return f"{self.party} {self.role}{self.number}".strip()


def _named(principal: Principal, role: Role, party: str, number: str = "") -> Named:
    return Named(id=principal.id, role=role, party=party, number=number, first=principal.first, last=principal.last)


def _number(those: tuple[Any, ...], n: int) -> str:
    return f" {n}" if len(those) > 1 else ""


def signature_hash(signature: str) -> str:
    """How logs show a pass: SHA-256 of the value of its `sig` (as it stands in the URL), in upper-case hex."""
    return hashlib.sha256(unquote(signature).encode()).hexdigest().upper()


def read_register(path: Path) -> Register:
    """Read `register.yaml`. Raises `InvalidInput` (REC-003), naming the key and never what stands there."""
    try:
        return Register.model_validate(load_yaml_once(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        key = ".".join(str(part) for part in first["loc"]) or "(whole file)"
        raise _wrong(path, f"{key}: {first['type']}") from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise _wrong(path, "it is not YAML") from None
    except OSError:
        raise _wrong(path, "it cannot be read") from None


def _wrong(path: Path, why: str) -> InvalidInput:
    return REGISTER.refusal(f"{path.name}: {why}.")


def register_from(
    principals: dict[str, Any],
    *,
    app: str,
    accounts: list[str],
    vaults: list[str],
    records: str = "",
    events: str = "",
    signing_keys: list[str] | None = None,
) -> dict[str, Any]:
    """The document of a register: `principals` as infra/bicep/principals.yaml holds them. Empty ids are left out.

    A group is there by its members, since the logs name people.

    `app`, `records` and `events` are object ids: of the app, of who ends records, of Event Grid's topic.
    """
    boroughs = {
        slug: {
            **({"identity": parties["identity"]} if parties.get("identity") else {}),
            "officers": [officer for officer in parties.get("officers") or () if officer],
        }
        for slug, parties in principals["boroughs"].items()
    }
    people = {role: _people(principals.get(role) or ()) for role in ("operators", "keepers")}
    document = {
        "accounts": accounts,
        "vaults": vaults,
        "app": app,
        **({"records": records} if records else {}),
        "boroughs": boroughs,
        **people,
        "platform": [{"id": events, "does": "events"}] if events else [],
        "passes": [],
        **({"signing_keys": signing_keys} if signing_keys else {}),
    }
    Register.model_validate(document)
    return document


def _people(listed: Iterable[str | dict[str, Any]]) -> list[str]:
    """Object ids of people, each once. A group that names nobody is a `ValueError`: its people would be strangers."""
    found: dict[str, None] = {}
    for one in listed:
        if isinstance(one, str):
            found |= {one: None} if one else {}
        elif str(one.get("type", "user")).lower() == "group":
            if not one.get("members"):
                raise ValueError("a group without members")
            found |= dict.fromkeys(one["members"])
        else:
            found[one["id"]] = None
    return list(found)
