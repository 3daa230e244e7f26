"""One JSON line per event for the operator: codes, counts and ids; no value from a row, no file name of a sender's."""

from __future__ import annotations

import json
import logging

from functions import wiring
from shared.kernel.terms import shown as terms_shown

logger = logging.getLogger("exchange")


def say(event: str, *, level: int = logging.INFO, **facts: str | int | None) -> None:
    """Log `event` with its facts as one JSON object, keys sorted; a fact that is `None` is left out."""
    line = {"event": event} | {key: fact for key, fact in facts.items() if fact is not None}
    logger.log(level, "%s", json.dumps(line, sort_keys=True))


def shown(blob_name: str) -> str:
    """A blob's name as a log may show it, under the agreements of this app."""
    return terms_shown.shown(blob_name, wiring.agreements())
