"""One JSON line per event for the operator: codes, counts and ids; no value from a row, no file name of a sender's."""

from __future__ import annotations

import hashlib
import json
import logging
import re

from shared.kernel import names

logger = logging.getLogger("exchange")

_OURS = re.compile(
    rf"((pupils|households|decisions)-{names.COLLECTION}-[0-9a-f]{{12}}\.parquet"
    rf"|({names.SLUG}/)?(link|enrol)-{names.ID}\.json)"
)


def say(event: str, *, level: int = logging.INFO, **facts: str | int | None) -> None:
    """Log `event` with its facts as one JSON object, keys sorted; a fact that is `None` is left out."""
    line = {"event": event} | {key: fact for key, fact in facts.items() if fact is not None}
    logger.log(level, "%s", json.dumps(line, sort_keys=True))


def shown(blob_name: str) -> str:
    """A blob's name as a log may show it: whole if the exchange or its client gave it, else only a digest of it.

    A borough can call its file what it likes, and a child's name is one of the things that it may like.
    """
    if _OURS.fullmatch(blob_name):
        return blob_name
    return "sha256:" + hashlib.sha256(blob_name.encode(errors="surrogatepass")).hexdigest()[:12]
