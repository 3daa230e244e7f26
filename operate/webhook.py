"""The app's webhook for blob events: gives one to the app again, as Event Grid would."""

from __future__ import annotations

import os
import urllib.error
import urllib.request
from typing import TYPE_CHECKING
from urllib.parse import quote

from client.codes import invalid
from shared.errors import ExchangeError

if TYPE_CHECKING:
    from operate.site import OperatedSite

WEBHOOK_KEY = "EXCHANGE_WEBHOOK_KEY"
"""The app's system key `blobs_extension`. It lets anybody make the app look at a blob, so it is no option."""


class NotTaken(ExchangeError):
    """The app did not take an event that was to be replayed (EVT-005)."""


def give(site: OperatedSite, function: str, events: str) -> None:
    """Give the app `events` (a JSON list) for a function.

    Raises `InvalidInput` (INP-040, INP-045) without address or key, `NotTaken` (EVT-005) when the app does not take it.
    """
    address, key = site.need("app").rstrip("/"), _webhook_key()
    query = f"functionName=Host.Functions.{quote(function)}&code={quote(key, safe='')}"
    _post(f"{address}/runtime/webhooks/blobs?{query}", events)


def _webhook_key() -> str:
    if not (key := os.environ.get(WEBHOOK_KEY, "").strip()):
        raise invalid("INP-045", variable=WEBHOOK_KEY)
    return key


def _post(url: str, body: str) -> None:
    """Send the event. No error of the library leaves here: its text holds the URL, and the URL the key."""
    headers = {"Content-Type": "application/json", "aeg-event-type": "Notification"}
    request = urllib.request.Request(url, body.encode(), headers, method="POST")  # noqa: S310 - see below
    said: object
    try:
        if request.type not in ("https", "http"):
            raise ValueError
        with urllib.request.urlopen(request, timeout=30):  # noqa: S310 - the scheme is checked above
            return
    except urllib.error.HTTPError as refused:
        said = refused.code
        refused.close()
    except (OSError, ValueError) as failed:
        said = type(failed).__name__
    raise NotTaken(
        "EVT-005",
        f"The app did not take the event ({said}); it is kept where it was.",
        "Is EXCHANGE_APP the app's address, the key current, and yours an operator's address?",
    )
