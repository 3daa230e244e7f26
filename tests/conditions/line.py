"""A line between an office and the exchange, with faults to order: a small HTTP server of ours before the emulator.

As a server it stands where the exchange is (`Line.url`); as a proxy it takes ``CONNECT`` (`Line.proxy`). What goes
wrong is a `Fault`, for each request or for the first few. Loopback only.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

PIECE = 16 * 1024


@dataclass(frozen=True)
class Fault:
    """What happens to a request. Without anything said it is carried to the exchange and back."""

    status: int = 0
    """Answered here with this status; the exchange never hears of it."""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    carried: bool = False
    """The exchange has heard it and done it, and only then the rest happens."""
    closed: bool = False
    """The connection is closed without an answer."""
    after: int | None = None
    """Closed once so many bytes of the request's body have come."""
    answered: int | None = None
    """Closed once so many bytes of the answer's body have gone."""
    silent: float = 0.0
    """Seconds in which nothing is heard."""
    rate: int = 0
    """Bytes a second at which a request's body is taken."""
    clock: timedelta | None = None
    """How far the exchange's `Date` is moved."""
    only: str = ""
    """A method: others are carried."""
    named: str = ""
    """A part of the path: others are carried."""
    times: int = 1_000_000


CARRIED = Fault()


@dataclass
class Line:
    """One running line."""

    exchange: str
    """The emulator's address, such as ``http://127.0.0.1:1234``."""
    url: str = ""
    proxy: str = ""
    fault: Fault = CARRIED
    met: int = 0
    """How many requests met the fault."""
    asked: list[str] = field(default_factory=list)
    """Methods and paths, without queries."""
    tunnelled: int = 0
    password: bool = False
    """The proxy wants a name and a password."""
    barred: bool = False
    """The proxy lets nobody through."""


@contextmanager
def open_line(exchange: str, certificate: tuple[Path, Path] | None = None) -> Iterator[Line]:
    """Run a line to the emulator; with a certificate and its key it speaks HTTPS."""
    line = Line(exchange)
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(line))
    server.daemon_threads = True
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    plain = ThreadingHTTPServer(("127.0.0.1", 0), _handler(line))
    plain.daemon_threads = True
    threads = [threading.Thread(target=each.serve_forever, args=(0.02,)) for each in (server, plain)]
    for thread in threads:
        thread.start()
    line.url = f"{'https' if certificate else 'http'}://127.0.0.1:{server.server_port}"
    line.proxy = f"http://127.0.0.1:{plain.server_port}"
    try:
        yield line
    finally:
        for each in (server, plain):
            each.shutdown()
            each.server_close()
        for thread in threads:
            thread.join()


def nowhere() -> str:
    """An address on which nothing listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{taken.getsockname()[1]}"


def _handler(line: Line) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.work()

        do_PUT = do_HEAD = do_GET  # noqa: N815 - the library's names

        def do_CONNECT(self) -> None:
            line.tunnelled += 1
            if line.password and "Proxy-Authorization" not in self.headers:
                self.send_error(407)
                return
            if line.barred:
                self.send_error(403)
                return
            host, _, port = self.path.rpartition(":")
            with socket.create_connection((host, int(port)), 5) as there:
                self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
                back = threading.Thread(target=_pump, args=(there, self.connection))
                back.start()
                _pump(self.connection, there)
                back.join()
            self.close_connection = True

        def work(self) -> None:
            path = urlsplit(self.path).path
            line.asked.append(f"{self.command} {path}")
            fault = line.fault
            meets = fault.only in ("", self.command) and fault.named in path and line.met < fault.times
            fault = fault if meets else CARRIED
            line.met += meets and fault is not CARRIED
            length = int(self.headers.get("Content-Length") or 0)
            body = self.take(length if fault.after is None else min(fault.after, length), fault.rate)
            if fault.after is not None:
                return self.hang_up()
            if fault.silent:
                time.sleep(fault.silent)
            answer = self.carry(body) if fault.carried or not (fault.status or fault.closed) else None
            if fault.closed:
                return self.hang_up()
            if fault.status:
                return self.reply(fault.status, list(fault.headers), fault.body)
            assert answer
            status, headers, said = answer
            if fault.clock is not None:
                moved = format_datetime(datetime.now(UTC) + fault.clock, usegmt=True)
                headers = [(name, moved if name.lower() == "date" else value) for name, value in headers]
            self.reply(status, headers, said, cut=fault.answered)
            return None

        def take(self, length: int, rate: int) -> bytes:
            found = bytearray()
            while len(found) < length:
                piece = self.rfile.read(min(PIECE, length - len(found)))
                if not piece:
                    break
                found += piece
                if rate:
                    time.sleep(len(piece) / rate)
            return bytes(found)

        def carry(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
            there = http.client.HTTPConnection(urlsplit(line.exchange).netloc, timeout=30)
            headers = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
            target = (
                self.path if self.path.startswith("/") else urlsplit(self.path)._replace(scheme="", netloc="").geturl()
            )
            there.request(self.command, target, body or None, headers)
            answer = there.getresponse()
            said = answer.read()
            there.close()
            return answer.status, answer.getheaders(), said

        def reply(self, status: int, headers: list[tuple[str, str]], body: bytes, cut: int | None = None) -> None:
            self.send_response_only(status)
            for name, value in headers:
                if name.lower() not in ("transfer-encoding", "connection", "keep-alive", "content-length"):
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body if cut is None else body[:cut])
            if cut is not None:
                self.hang_up()

        def hang_up(self) -> None:
            self.close_connection = True
            with suppress(OSError):
                self.wfile.flush()
                self.connection.shutdown(socket.SHUT_RDWR)

        def handle(self) -> None:
            with suppress(OSError):  # the other side has gone, which is what some conditions are about
                super().handle()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    return Handler


def _pump(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while piece := source.recv(PIECE):
            sink.sendall(piece)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
