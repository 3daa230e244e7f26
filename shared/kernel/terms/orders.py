"""An order of the operators about rows: what they write among a party's requests, and the exchange carries out.

They may create there and nothing else, so an order is a blob whose name is derived from what it says::

    requests/<slug>/exchange/orders/<id>.json

It holds codes, slugs, ids and days. Who gives it stands in it as a digest.
"""

from __future__ import annotations

import hashlib
import re
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from shared.kernel import names
from shared.kernel.json_once import loads_once
from shared.kernel.texts import DropId, Slug

FOLDER = "exchange/orders"
_NAME = re.compile(rf"{FOLDER}/{names.ID}\.json")

Why = Literal["inquiry", "court", "incident"]
WHY: tuple[Why, ...] = ("inquiry", "court", "incident")
_KeyId = Annotated[str, StringConstraints(max_length=300, pattern=r"^[a-zA-Z0-9:/._-]+$")]


class Order(BaseModel):
    """One order about the rows of one party: those of the drops, jobs or keys that it names, else all."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    word: Literal["hold", "end", "quarantine", "leave"]
    party: Slug
    agreement: Slug | Literal[""] = ""
    """Empty: under each."""
    drops: tuple[DropId, ...] = ()
    jobs: tuple[DropId, ...] = ()
    keys: tuple[_KeyId, ...] = ()
    since: datetime | None = None
    day: date | None = None
    """Of a hold, its last day; of a leaving, the first day without the party."""
    why: Why | Literal[""] = ""
    hold: DropId | Literal[""] = ""
    """The hold that is to end."""
    by: DropId
    """A digest of who gives it (`digest_of`)."""
    asked_at: Annotated[int, Field(ge=0)] = 0
    """Tells apart the same order given twice, where that has a meaning: of an end, seconds since 1970."""

    @model_validator(mode="after")
    def _whole(self) -> Order:
        if self.word == "hold" and not (self.day and self.why):
            raise ValueError("a hold has a reason and a last day")
        if self.word == "leave" and not self.day:
            raise ValueError("a leaving has a day")
        if self.word == "end" and not self.hold:
            raise ValueError("an end names its hold")
        if self.word == "quarantine" and not (self.drops or self.keys or self.since):
            raise ValueError("a quarantine names drops, keys or a time")
        if self.since is not None and self.since.tzinfo is None:
            raise ValueError("a time has a zone")
        return self

    @property
    def document(self) -> bytes:
        """As it is written."""
        return self.model_dump_json(exclude_defaults=True).encode()

    @property
    def name(self) -> str:
        """The blob's name within the party's part of requests: the same order is written once."""
        return f"{FOLDER}/{hashlib.sha256(self.document).hexdigest()[:32]}.json"

    @property
    def stop(self) -> str:
        """The id of what it orders: of two who order the same, the same."""
        what = self.model_dump_json(exclude={"by", "asked_at"})
        return self.hold or hashlib.sha256(what.encode()).hexdigest()[:32]


def read_order(document: bytes) -> Order:
    """Read an order back. Raises `ValueError` for anything else."""
    loads_once(document)
    return Order.model_validate_json(document)


def is_order(name: str) -> bool:
    """Whether this blob of a party's requests is an order, well or badly written."""
    return name.startswith(f"{FOLDER}/")


def is_order_name(name: str) -> bool:
    """Whether an order can be called so."""
    return _NAME.fullmatch(name) is not None


def digest_of(person: str) -> str:
    """How an order names who gives it; what they are called stays with them."""
    return hashlib.sha256(f"person\x1f{person.strip().lower()}".encode()).hexdigest()[:32]
