"""A blob's name as a log, or a list that an operator prints, may show it.

A party can call its file what it likes, and a child's name is one of the things that it may like.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from shared.kernel import names

if TYPE_CHECKING:
    from shared.kernel.terms.agreements import Agreements

_JOB = re.compile(rf"{names.ID}\.json")
_DROP = re.compile(rf"-{names.COLLECTION}-[0-9a-f]{{12}}\.parquet")


def shown(blob_name: str, agreements: Agreements) -> str:
    """The whole name if the exchange or its client gave it, else only a digest of it."""
    if _is_ours(blob_name, agreements):
        return blob_name
    return "sha256:" + hashlib.sha256(blob_name.encode(errors="surrogatepass")).hexdigest()[:12]


def _is_ours(name: str, agreements: Agreements) -> bool:
    """Whether every part is a word of ours: ``<party>/<agreement>/<job id>.json``, ``<dataset>-2026-<…>.parquet``."""
    *folders, last = name.split("/")
    if folders:
        owner, agreement = (*folders, "", "")[:2]
        known = len(folders) == 2 and owner in agreements.parties and agreement in agreements
        return known and _JOB.fullmatch(last) is not None
    return any(
        last.startswith(dataset) and _DROP.fullmatch(last.removeprefix(dataset))
        for agreed in agreements
        for dataset in agreed.terms.datasets
    )
