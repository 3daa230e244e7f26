"""Events that were given up, as an operator sees them, and how one is given to the host again.

A blob event waits in the host's own queue, in its words. In the private variant the event of a queue waits in that
queue's poison queue, as Event Grid wrote it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, unquote

from shared.errors import UnusableName
from shared.storage.poison import POISON, QUEUE, PoisonMessage

if TYPE_CHECKING:
    from datetime import datetime

    from shared.storage.poison import Letter, PoisonQueue

_SUBJECT = re.compile(r"/blobServices/default/containers/([^/]+)/blobs/(.+)", re.DOTALL)
_HOST = "Host.Functions."


@dataclass(frozen=True)
class GivenUp:
    """One event that was given up. `blob` is a sender's choice: it may hold a name, and is shown to nobody unasked."""

    letter: Letter
    function: str
    """Which function failed; empty where the message cannot be read."""
    container: str
    blob: str
    etag: str
    text: str
    """The message itself."""

    @property
    def queue(self) -> str:
        """Where it waits."""
        return self.letter.queue

    @property
    def since(self) -> datetime | None:
        """When it was given up, UTC."""
        return self.letter.created

    @property
    def gone_on(self) -> datetime | None:
        """When Azure removes it, UTC."""
        return self.letter.expires

    @property
    def waits_in_a_queue_of_events(self) -> bool:
        """Whether it came through a queue and can simply be put back into it."""
        return self.queue != QUEUE


@contextmanager
def given_up(poison: PoisonQueue) -> Iterator[tuple[GivenUp, ...]]:
    """Every event that was given up; what is neither removed nor put back is there again afterwards."""
    with poison.letters() as letters:
        yield tuple(_read(letter, poison.text_of(letter)) for letter in letters)


def put_back(poison: PoisonQueue, event: GivenUp) -> None:
    """Give an event of a queue to its queue again. It stays here too: twice is better than never.

    Raises a `StorageFault` when that fails.
    """
    poison.send(event.queue.removesuffix(POISON), event.text)


def grid_event(event: GivenUp, *, account: str, identity: str, at: str) -> str:
    """What Event Grid would say of the blob in the storage account, for the host's blobs webhook.

    Raises `UnusableName` (STO-008) for a name that gets lost on the way.
    """
    if not (url := _url(account, event.container, event.blob)):
        raise _lost()
    said = {
        "id": identity,
        "topic": "",
        "subject": f"/blobServices/default/containers/{event.container}/blobs/{event.blob}",
        "eventType": "Microsoft.Storage.BlobCreated",
        "eventTime": at,
        "data": {"api": "PutBlob", "eTag": event.etag.strip('"'), "blobType": "BlockBlob", "url": url},
        "dataVersion": "",
        "metadataVersion": "1",
    }
    return json.dumps([said])


def grid_events(event: Mapping[str, Any], *, account: str) -> list[str]:
    """A blob event of Event Grid's, fit for the host's blobs webhook: once for each blob that it may mean.

    Event Grid names the blob twice, in `subject` and in `data.url`, and how it encodes either is not known. Where the
    two differ the event is given for both: the host drops the one that is not there. Raises `UnusableName` (STO-008)
    where every name gets lost on the way, and `ValueError` for an event that names no blob.
    """
    if not (found := _SUBJECT.fullmatch(str(event.get("subject")))):
        raise ValueError("no blob")
    container, name = found.groups()
    said = event.get("data")
    data = {"blobType": "BlockBlob", **(said if isinstance(said, dict) else {})}
    _, _, rest = str(data.get("url", "")).partition(f"/{container}/")
    urls = [url for blob in dict.fromkeys((name, unquote(rest) or name)) if (url := _url(account, container, blob))]
    if not urls:
        raise _lost()
    return [json.dumps([{**event, "data": {**data, "url": url}}]) for url in urls]


def _url(account: str, container: str, blob: str) -> str:
    """The blob's address, percent-encoded: out of it alone the host reads container and name.

    Empty where the name would become another on its way.
    """
    if {".", ".."} & set(blob.split("/")):
        return ""
    try:
        return f"https://{account}.blob.core.windows.net/{container}/{quote(blob)}"
    except UnicodeEncodeError:
        return ""


def _lost() -> UnusableName:
    return UnusableName(
        "STO-008",
        "The blob's name has a dot segment, or is no text: on its way to the app it would become another.",
        "Ask its sender to drop the file again under a plain name.",
    )


def _read(letter: Letter, text: str) -> GivenUp:
    try:
        if letter.queue == QUEUE:
            said = PoisonMessage.from_json(text)
            if not all(isinstance(part, str) for part in (said.function_id, said.container, said.blob, said.etag)):
                raise TypeError
            function = said.function_id.removeprefix(_HOST)
            return GivenUp(letter, function, said.container, said.blob, said.etag, text)
        event = json.loads(text)
        function = letter.queue.removesuffix(POISON).replace("-", "_")
        found = _SUBJECT.fullmatch(event["subject"])
        container, blob = found.groups() if found else ("", "")
        return GivenUp(letter, function, container, blob, str((event.get("data") or {}).get("eTag", "")), text)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return GivenUp(letter, "", "", "", "", text)
