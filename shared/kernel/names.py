"""Every grammar of a name, once: what a party, an agreement, a dataset, a collection, a piece of work may be called.

The constants are parts of regular expressions, without anchors and without groups that capture, so that a longer name
is put together from them: ``rf"{DATASET}/{COLLECTION}/{SLUG}"``. The functions ask for a whole name, its length
included.
"""

from __future__ import annotations

import re

SLUG = r"[a-z](?:-?[a-z])+(?:-[0-9]{1,6})?"
"""A party: `surrey`, `kensington-and-chelsea`, `hub-2`. Slugs stand in logs and in the ledger, so one has room
for one number of up to six digits, at its end, and for no UPN, NINO or date of birth."""
LONGEST_SLUG = 56
"""A container has 63 characters at most, and `-outbox` is seven of them."""

AGREEMENT = SLUG
"""An agreement's id: `fsm`, `origin-destination`."""
VERSION = r"[0-9]{1,6}\.[0-9]{1,6}\.[0-9]{1,6}"
"""Of an agreement: `1.0.0`."""
REFERENCE = f"{AGREEMENT}@{VERSION}"
"""An agreement as events, manifests and results name it: `fsm@1.0.0`."""

DATASET = r"[a-z](?:_?[a-z])+"
"""A dataset, a release, or the word under which a job keeps rows: `ehc_plans`."""
LONGEST_DATASET = 32

TERMS = ("autumn", "spring", "summer")
"""Each with a census of its own: in October, January and May."""
_TERM = f"20[0-9]{{2}}-(?:{'|'.join(TERMS)})"
_YEARS = r"20[0-9]{2}-[0-9]{2}"
COLLECTION = f"(?:{_TERM}|{_YEARS}|20[0-9]{{2}})"
"""The period that a drop is about: a term (`2026-autumn`), an academic or financial year (`2025-26`), a calendar year
(`2026`). Of `2025-27` only `is_collection` says that it is no year."""

ID = r"[0-9a-f]{32}"
"""A drop, a job or an event, derived from what it is made of."""
KIND = r"[a-z]{2,16}"
"""What a subject of the ledger is: `drop`, `run`."""
SUBJECT = f"{KIND}:[a-z0-9]+(?:-[a-z0-9]+)*"
"""A subject of the ledger: `drop:<id>`; the records of the exchange itself have a word or a day for the id."""
WORD = r"[a-z]+(?:[._-][a-z]+)*"
"""A step of the ledger, the service that took it: `staged`, `policy-run`."""

URN = r"[1-9][0-9]{5}"
"""A unique reference number in the DfE's register of establishments (GIAS): `100785`."""


def is_slug(text: str) -> bool:
    """Whether a party can be called so."""
    return len(text) <= LONGEST_SLUG and re.fullmatch(SLUG, text) is not None


def is_reference(text: str) -> bool:
    """Whether this names an agreement and its version."""
    return is_slug(text.partition("@")[0]) and re.fullmatch(REFERENCE, text) is not None


def is_collection(text: str) -> bool:
    """Whether this names a period: of two years the second follows the first."""
    if not re.fullmatch(COLLECTION, text):
        return False
    if not re.fullmatch(_YEARS, text):
        return True
    return int(text[-2:]) == (int(text[2:4]) + 1) % 100


def is_id(text: str) -> bool:
    """Whether this can be the id of a drop or a job."""
    return re.fullmatch(ID, text) is not None
