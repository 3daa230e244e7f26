"""What a blob is called that asks for work that waits: by a party in its inbox, by operators among requests.

The name says it all, and what is in the blob is never read::

    <slug>-inbox/run-now/<agreement>/<collection>/<moment>
    requests/<slug>/<agreement>/run-now/<collection>/<moment>

The moment is there so that one can ask again: who may only create cannot create a name twice.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime

from shared.kernel import names

FOLDER = "run-now"
_MOMENT = r"[0-9]{8}T[0-9]{6}Z"
_OF_PARTY = re.compile(rf"{FOLDER}/({names.AGREEMENT})/({names.COLLECTION})(?:/{_MOMENT})?")
_OF_OPERATORS = re.compile(rf"({names.AGREEMENT})/{FOLDER}/({names.COLLECTION})/{_MOMENT}")


def name_for_party(agreement: str, collection: str, now: datetime) -> str:
    """What the blob in the party's inbox is called."""
    return f"{FOLDER}/{agreement}/{collection}/{_stamp(now)}"


def name_for_operators(agreement: str, collection: str, now: datetime) -> str:
    """What the blob in the party's part of requests is called."""
    return f"{agreement}/{FOLDER}/{collection}/{_stamp(now)}"


def is_asked_by_party(name: str) -> bool:
    """Whether this blob of an inbox asks for work, well or badly."""
    return name.partition("/")[0] == FOLDER


def is_asked_by_operators(name: str) -> bool:
    """Whether this blob of a party's requests asks for work that waits, well or badly."""
    return name.split("/")[1:2] == [FOLDER]


def asked_in(name: str) -> tuple[str, str] | None:
    """The agreement and the collection that a name says; `None` for one that is none of these."""
    found = _OF_PARTY.fullmatch(name) or _OF_OPERATORS.fullmatch(name)
    return (found[1], found[2]) if found and names.is_collection(found[2]) else None


def _stamp(now: datetime) -> str:
    return now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
