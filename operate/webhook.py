"""The app's webhook for blob events: gives one to the app again, as Event Grid would.

What the host does with it stands in no answer: it says 202 for a function that it does not have and for a blob that is
not there, and drops both. So whoever gives an event has made sure of the function first.
"""

from __future__ import annotations

import os
import urllib.error
import urllib.request
from dataclasses import dataclass
from http.client import HTTPException
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from client.codes import invalid
from client.exits import Exit
from shared.kernel.errors import ExchangeError

if TYPE_CHECKING:
    from operate.site import OperatedSite

WEBHOOK_KEY = "EXCHANGE_WEBHOOK_KEY"
"""The app's system key `blobs_extension`. It lets anybody make the app look at a blob, so it is no option."""
_SILENT_AT_MOST = 3
"""After so many in a row without an answer nobody is there, and the rest need not wait for that again."""


class NotTaken(ExchangeError):
    """The app did not take an event that was to be replayed (EVT-005)."""

    status: int | None = None
    """What it answered; `None` for no answer at all."""

    @classmethod
    def because(cls, why: object) -> NotTaken:
        """It answered with this status, or nothing because of that."""
        error = cls(
            "EVT-005",
            f"The app did not take the event ({why}); it is kept where it was.",
            "Is EXCHANGE_APP the app's address, the key current, and yours an operator's address?",
        )
        error.status = why if isinstance(why, int) else None
        return error

    @property
    def exit(self) -> Exit:
        """What that means for whoever asked."""
        if self.status in (401, 403):
            return Exit.NOT_ALLOWED
        return (
            Exit.TRY_LATER if self.status is None or self.status in (408, 429) or self.status >= 500 else Exit.REFUSED
        )


@dataclass(repr=False)
class Webhook:
    """The webhook of one app. There is no repr: it holds the key."""

    address: str
    key: str
    _silent: int = 0

    @classmethod
    def of(cls, site: OperatedSite) -> Webhook:
        """That of the site. Raises `InvalidInput` (INP-040, INP-045) without address or key."""
        address = site.need("app").rstrip("/")
        if not (key := os.environ.get(WEBHOOK_KEY, "").strip()):
            raise invalid("INP-045", variable=WEBHOOK_KEY)
        return cls(address, key)

    def give(self, function: str, events: str) -> None:
        """Give the app `events` (a JSON list) for a function. Raises `NotTaken` (EVT-005)."""
        if self._silent >= _SILENT_AT_MOST:
            raise NotTaken.because("it does not answer")
        query = f"functionName=Host.Functions.{quote(function)}&code={quote(self.key, safe='')}"
        try:
            _post(f"{self.address}/runtime/webhooks/blobs?{query}", events)
        except NotTaken as refusal:
            self._silent = self._silent + 1 if refusal.status is None else 0
            raise
        self._silent = 0


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A sign-in page that answers 200 where the app was asked is no app that took an event."""

    def redirect_request(self, *_: Any) -> None:
        return None


def only_here() -> urllib.request.OpenerDirector:
    """What asks an address and nobody that it points to."""
    return urllib.request.build_opener(_NoRedirect)


def _post(url: str, body: str) -> None:
    """Send the event. No error of the library leaves here: its text holds the URL, and the URL the key."""
    headers = {"Content-Type": "application/json", "aeg-event-type": "Notification"}
    request = urllib.request.Request(url, body.encode(), headers, method="POST")  # noqa: S310 - see below
    why: object
    try:
        if request.type not in ("https", "http"):
            raise ValueError
        with only_here().open(request, timeout=30) as taken:
            if taken.status in (200, 202):
                return
            why = int(taken.status)
    except urllib.error.HTTPError as refused:
        why = refused.code
        refused.close()
    except (OSError, ValueError, HTTPException) as failed:
        why = type(failed).__name__
    raise NotTaken.because(why)
