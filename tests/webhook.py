"""A blobs webhook as strict as that of the functions host: what it answers is what was observed of the real one.

It reads `data.url`, `data.eTag` and `data.blobType` and nothing else of an event. What it cannot use it answers with
500; a function that the app does not have, and a blob that is not there, it answers with 202 and drops.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from posixpath import normpath
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from functions.reference import BlobReference
from shared.kernel.errors import ExchangeError

Functions = Callable[[], Mapping[str, Callable[[BlobReference], None]]]


@dataclass
class App:
    """The app's webhook: hands an event to the app's own functions, as the host does, or refuses it."""

    functions: Functions
    is_there: Callable[[str, str], bool]
    """Whether a container holds a blob of that name."""
    refuses: int = 0
    redirects: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    called: list[tuple[str, str]] = field(default_factory=list)
    """Each function that was called, and for which blob."""
    address: str = ""

    def take(self, query: dict[str, list[str]], headers: Any, body: bytes) -> int:
        """What the host answers."""
        self.asked.append({"query": query, "type": headers.get("aeg-event-type"), "body": body.decode()})
        if self.refuses:
            return self.refuses
        match headers.get("aeg-event-type"):
            case "SubscriptionValidation":
                return 200
            case "Notification":
                pass
            case _:
                return 400
        try:
            said = json.loads(body)
            for event in said if isinstance(said, list) else [said]:
                self._take(query["functionName"][0], event["data"])
        except (ValueError, KeyError, TypeError):
            return 500
        return 202

    def _take(self, function: str, data: dict[str, Any]) -> None:
        if not data["url"] or not data["blobType"]:
            raise ValueError
        # As .NET reads an address: dot segments are worked out, and what follows `?` or `#` is no part of the path.
        path = urlsplit(data["url"]).path.rstrip(" ")
        parts = unquote(path).split("/")
        path = normpath(unquote(path)) if {".", ".."} & set(parts) else unquote(path)
        container, _, name = path.removeprefix("/").partition("/")
        functions = self.functions()
        if not function.startswith("Host.Functions.") or function.removeprefix("Host.Functions.") not in functions:
            return
        if not self.is_there(container, name):
            return
        self.called.append((function.removeprefix("Host.Functions."), name))
        with suppress(ExchangeError):  # the function is called after the answer, which says nothing of it
            functions[function.removeprefix("Host.Functions.")](BlobReference(container, name))

    @property
    def events(self) -> list[dict[str, Any]]:
        """Every event that was posted, in order."""
        return [event for asked in self.asked for event in json.loads(asked["body"])]


@contextmanager
def serving(app: App) -> Iterator[App]:
    """The app, reachable at its `address`."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            url = urlsplit(self.path)
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = 404 if url.path != "/runtime/webhooks/blobs" else app.take(parse_qs(url.query), self.headers, body)
            self.send_response(302 if app.redirects else status)
            if app.redirects:
                self.send_header("Location", app.redirects)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    app.address = f"http://127.0.0.1:{server.server_port}/"
    try:
        yield app
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
