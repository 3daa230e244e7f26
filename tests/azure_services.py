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
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from azure.core.credentials import AccessToken
from azure.core.exceptions import ClientAuthenticationError
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

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
    certificate, key = make_certificate(folder)
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


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of this machine and its key, as PEM files."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "service.pem", folder / "service-key.pem"
    paths[0].write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return paths
