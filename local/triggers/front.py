"""What the program with the real triggers asks of this process: to run a function, and to say who it is."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from functions.reference import BlobReference
from local.triggers.app import Handed, Message, Worker
from shared.kernel.json_once import loads_once


class Front:
    """An HTTP server on this machine: `POST /<function>` runs it, `GET /token` logs in as the one who is named then."""

    def __init__(self, worker: Worker, token: Callable[[], tuple[str, int]]) -> None:
        """`token` gives a token and when it ends (seconds since 1970)."""

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["Content-Length"])
                self.answer(*_invoke(worker, self.path.strip("/"), loads_once(self.rfile.read(length))))

            def do_GET(self) -> None:
                text, ends = token()
                self.answer(200, {"access_token": text, "expires_on": str(ends), "token_type": "Bearer"})

            def answer(self, status: int, document: dict[str, str]) -> None:
                body = json.dumps(document).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Say nothing: the functions keep the journal."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

            def handle_error(self, *_: Any) -> None:
                """Whoever asked has gone: killed, or out of time. The event comes again."""

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="front")
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def start(self) -> None:
        """Answer from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Answer nobody any more."""
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


def _invoke(worker: Worker, function: str, invocation: dict[str, Any]) -> tuple[int, dict[str, str]]:
    try:
        worker.run(function, _handed(invocation))
    except Exception as error:  # noqa: BLE001 - the function has journaled it; what is said here the host writes into its log
        return 500, {"failed": type(error).__name__}
    return 200, {}


def _handed(invocation: dict[str, Any]) -> Handed:
    if invocation["kind"] == "queue":
        return Message(invocation["message"])
    reference = invocation["data"]["content"]
    return BlobReference(reference["ContainerName"], reference["BlobName"])
