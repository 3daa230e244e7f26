"""What a party is: one slug, by which it is called everywhere, and the codes that other registers know it by."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from shared.kernel.documents import read_mapping
from shared.kernel.texts import Slug, Urn

KINDS_FILE = Path(__file__).with_name("kinds.yaml")
RESERVED = frozenset({"exchange"})
"""Names that stand where a party's slug stands, and mean none."""


@cache
def kinds() -> dict[str, tuple[str, ...]]:
    """Every kind of party, and the codes that one of it has: `kinds.yaml`."""
    return {kind: tuple(codes) for kind, codes in read_mapping(KINDS_FILE)["kinds"].items()}


def _known(kind: str) -> str:
    if kind not in kinds():
        raise ValueError(f"no kind of party; there are {', '.join(kinds())}")
    return kind


def _told(schema: dict[str, Any]) -> None:
    schema["enum"] = list(kinds())


Kind = Annotated[str, AfterValidator(_known), Field(json_schema_extra=_told)]


class Party(BaseModel):
    """One party. Codes of different registers do not sort together: join on them, never by position."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    slug: Slug
    name: str
    kind: Kind = "authority"
    ons_code: Annotated[str, StringConstraints(pattern=r"^E(?:0[6-9]|10)[0-9]{6}$")] | None = None
    """ONS geography code, as postcode directories give it: of a unitary authority, a metropolitan or London borough, or
    a county."""
    dfe_code: Annotated[str, StringConstraints(pattern=r"^[2-9][0-9]{2}$")] | None = None
    """DfE code: the first three digits of a LAESTAB."""
    urn: Urn | None = None
    """Its number in the DfE's register of establishments (GIAS)."""

    @model_validator(mode="after")
    def _has_the_codes_of_its_kind(self) -> Party:
        if self.slug in RESERVED:
            raise ValueError(f"slug: {self.slug} is the exchange's own")
        for code in ("ons_code", "dfe_code", "urn"):
            if (getattr(self, code) is None) == (code in kinds()[self.kind]):
                verb = "has" if code in kinds()[self.kind] else "has no"
                raise ValueError(f"{code}: a party of the kind {self.kind} {verb} one ({self.slug})")
        return self


def check_distinct(parties: Iterable[Party]) -> None:
    """Raise `ValueError` that names two parties which share a slug or a code."""
    seen: dict[tuple[str, str], str] = {}
    for party in parties:
        for field in ("slug", "ons_code", "dfe_code", "urn"):
            code = getattr(party, field)
            if code is not None and (other := seen.setdefault((field, code), party.name)) != party.name:
                raise ValueError(f"{field} {code} is given to two parties: {other}, {party.name}")
    names = [party.slug for party in parties]
    if len(set(names)) != len(names):
        raise ValueError("a party is named twice")


class AuthorityRegister(BaseModel):
    """The file `authorities.yaml`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    authorities: Annotated[tuple[Party, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _each_once(self) -> AuthorityRegister:
        check_distinct(self.authorities)
        return self
