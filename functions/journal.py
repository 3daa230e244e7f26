"""One JSON line per event for the operator: codes, counts and ids; no value from a row, no file name of a sender's."""

from __future__ import annotations

import hashlib
import json
import logging
import re

from functions import wiring
from shared.kernel import names

logger = logging.getLogger("exchange")

_JOB = re.compile(rf"{names.ID}\.json")
_DROP = re.compile(rf"-{names.COLLECTION}-[0-9a-f]{{12}}\.parquet")


def say(event: str, *, level: int = logging.INFO, **facts: str | int | None) -> None:
    """Log `event` with its facts as one JSON object, keys sorted; a fact that is `None` is left out."""
    line = {"event": event} | {key: fact for key, fact in facts.items() if fact is not None}
    logger.log(level, "%s", json.dumps(line, sort_keys=True))


def shown(blob_name: str) -> str:
    """A blob's name as a log may show it: whole if the exchange or its client gave it, else only a digest of it.

    A borough can call its file what it likes, and a child's name is one of the things that it may like.
    """
    if _is_ours(blob_name):
        return blob_name
    return "sha256:" + hashlib.sha256(blob_name.encode(errors="surrogatepass")).hexdigest()[:12]


def _is_ours(name: str) -> bool:
    """Whether every part is a word of ours: ``lambeth/fsm/<job id>.json``, ``pupils-2026-autumn-<hash>.parquet``."""
    agreements = wiring.agreements()
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
