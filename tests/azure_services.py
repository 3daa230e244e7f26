"""A server on this machine that answers as one of Azure's JSON services does: over HTTPS, to whoever has the token.

Real: TLS, sockets, azure-core's pipeline with its token policy and retries. Made up: only the answers, in the shapes
that Azure documents, and one `fault` that is given instead of them.
"""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError

from local import tls

TOKEN = "a-token-of-this-test"
Answer = Callable[[str, Any], "tuple[int, Any]"]
"""What the service says to a path with its query and a body (`None` for a GET): status and JSON."""


@dataclass
class Credential:
    """Gives out the one token that the service lets in, for the one scope that it asks for."""

    scope: str
    works: bool = True

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        assert scopes == (self.scope,)
        if not self.works:
            raise ClientAuthenticationError("no identity here")
        return AccessToken(TOKEN, int(time.time()) + 3600)


@dataclass
class Service:
    """One running service."""

    answer: Answer
    url: str = ""
    fault: tuple[int, str] | None = None
    """Status and error code, given instead of any answer."""
    faults_left: int = 1000
    asked: list[str] = field(default_factory=list)
    """Paths and queries, in order."""


def error(status: int, code: str) -> tuple[int, Any]:
    """An error as Azure Resource Manager and Log Analytics write it."""
    return status, {"error": {"code": code, "message": "It names the resource, and so perhaps a child."}}


@contextmanager
def served(answer: Answer, folder: Path) -> Iterator[tuple[Service, dict[str, Any]]]:
    """Run the service; gives it with the options by which a client trusts and reaches it."""
    certificate, key = tls.certificate(folder)
    service = Service(answer)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.reply(None)

        def do_POST(self) -> None:
            self.reply(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

        def reply(self, body: Any) -> None:
            service.asked.append(self.path)
            if self.headers.get("Authorization") != f"Bearer {TOKEN}":
                status, said = error(401, "AuthenticationFailed")
            elif service.fault and service.faults_left:
                service.faults_left -= 1
                status, said = error(*service.fault)
            else:
                status, said = service.answer(self.path, body)
            content = said if isinstance(said, bytes) else json.dumps(said).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    service.url = f"https://127.0.0.1:{server.server_port}"
    try:
        yield service, {"endpoint": service.url, "connection_verify": str(certificate), "retry_backoff_factor": 0}
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
