"""Why a borough's computer does not get through to the exchange: one code and one sentence for every cause.

No message repeats a URL, for it carries a pass, nor what a foreign page says. A host name is named: it is what the
reader has to ask about.
"""

from __future__ import annotations

import errno
import re
import socket
import ssl
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies_environment, proxy_bypass

from azure.core.exceptions import AzureError, ServiceRequestError
from cryptography import x509
from urllib3.exceptions import NameResolutionError, ProxyError
from urllib3.exceptions import TimeoutError as WaitedTooLong

from shared.kernel.errors import NotAllowed, StorageFault, StorageUnavailable

_TRANSIENT = {408, 429, 500, 502, 503, 504}
_BUSY = {429, 503}
_CA = "SSL_CERT_FILE"
_TUNNEL = re.compile(r"Tunnel connection failed:(?: (\d{3})\b)?")
"""How Python's HTTP library quotes a proxy's status. Digits elsewhere in an error are of a port or of memory."""


def fault_of_error(error: AzureError, url: str) -> StorageFault:
    """What it means that no answer came."""
    host = urlsplit(url).hostname or "the exchange"
    causes = list(_chain(error))
    proxy = _proxy_for(url)
    texts = " ".join(str(cause) for cause in causes)
    if untrusted := next((cause for cause in causes if isinstance(cause, ssl.SSLCertVerificationError)), None):
        return _untrusted(untrusted, url, host)
    if refused := _TUNNEL.search(texts):
        return proxy_refused(refused[1] or "")
    if proxy is not None and any(isinstance(cause, ProxyError) for cause in causes):
        return StorageUnavailable(
            "STO-023",
            f"The proxy {proxy} does not answer.",
            "Check HTTPS_PROXY, or name the exchange in NO_PROXY if it is reached without a proxy.",
        )
    if any(isinstance(cause, NameResolutionError | socket.gaierror) for cause in causes):
        return StorageUnavailable(
            "STO-020",
            f"The name {host} is not known here.",
            "Check that this machine is on the network (VPN?), and the name in the profile. An office that reaches the "
            "internet through a proxy names it in HTTPS_PROXY.",
        )
    if any(isinstance(cause, ssl.SSLError) for cause in causes):
        return StorageUnavailable(
            "STO-024",
            f"No secure connection to {host} came about.",
            "Something on the way does not speak TLS, or breaks it off. Ask who runs your network.",
        )
    if isinstance(error, ServiceRequestError) and not _broke(causes):
        why = "nothing listens there" if _refused(causes) else "there is no way to it"
        return StorageUnavailable(
            "STO-021",
            f"{host} cannot be reached: {why}.",
            "Check the network. An office that reaches the internet through a proxy names it in HTTPS_PROXY.",
        )
    waited = any(isinstance(cause, WaitedTooLong | TimeoutError) for cause in causes)
    return StorageUnavailable(
        "STO-027",
        f"The line to {host} {'was silent for too long' if waited else 'broke'} before there was an answer.",
        "Run the same command again: nothing is sent twice.",
    )


def fault_of_answer(answer: Any) -> StorageFault | None:
    """What is wrong with an answer that is not the blob service's own, or not a last word; `None` when it is."""
    status, headers = int(answer.status_code), answer.headers
    if status == 407:
        return proxy_refused("407")
    if status in _BUSY:
        after = str(headers.get("Retry-After") or "")
        when = f" It asks to be left alone for {after} seconds." if after.isdigit() else ""
        return StorageUnavailable("STO-026", f"The exchange is busy ({status}).{when}", "Try again later.")
    if status in _TRANSIENT:
        return StorageUnavailable("STO-004", f"The blob service did not answer as it should ({status}).", "Try again.")
    ours = any(name in headers for name in ("x-ms-request-id", "x-ms-error-code"))
    html = "html" in str(headers.get("Content-Type") or "").lower()
    if (300 <= status < 400 and status != 304) or html or (status < 300 and not ours):
        return StorageUnavailable(
            "STO-025",
            f"Not the exchange has answered but something on the way, such as a sign-in page or a filter ({status}).",
            "Sign in with a browser, or ask who runs your network to let this host through.",
        )
    return None


def proxy_refused(status: str) -> NotAllowed:
    """The office's proxy wants to know who asks, or lets nobody through to the exchange."""
    if status == "407":
        return NotAllowed(
            "STO-022",
            "The proxy wants a name and a password (407).",
            "Write them into HTTPS_PROXY (http://name:password@proxy:port), or ask for a rule without.",
        )
    return NotAllowed(
        "STO-022", f"The proxy does not let this through ({status or 'refused'}).", "Ask who runs it to allow the host."
    )


def _untrusted(error: ssl.SSLCertVerificationError, url: str, host: str) -> StorageFault:
    message = str(error.verify_message or "")
    issuer = issuer_of(url)
    shown = f" It was issued by {issuer}." if issuer else ""
    if "expired" in message or "not yet valid" in message:
        what = "has ended" if "expired" in message else "is not valid yet"
        remedy = "Check this machine's clock first. If it is right, tell the operators."
        return NotAllowed("STO-024", f"The certificate of {host} {what}, by this machine's clock.{shown}", remedy)
    if "mismatch" in message.lower():
        return NotAllowed(
            "STO-024",
            f"The certificate that was shown is not that of {host}.{shown}",
            "Check the address in the profile; something on the way may show its own page.",
        )
    return NotAllowed(
        "STO-024",
        f"The certificate of {host} is not trusted here.{shown}",
        f"If your office inspects what goes out, name its authority's file in {_CA}. If not, stop: tell the operators.",
    )


def issuer_of(url: str, seconds: float = 5.0) -> str:
    """Who issued the certificate that is shown at `url`, asked again without sending a word; empty when unknown."""
    parts = urlsplit(url)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE  # only the certificate is read
    try:
        with _connect(url, seconds) as bare, context.wrap_socket(bare, server_hostname=parts.hostname) as tls:
            shown = tls.getpeercert(binary_form=True)
        issuer = x509.load_der_x509_certificate(shown or b"").issuer
    except (OSError, ValueError):
        return ""
    names = [str(part.value) for part in issuer if part.oid._name in ("organizationName", "commonName")]
    return ", ".join("".join(letter for letter in name if letter.isprintable())[:80] for name in names)


def _connect(url: str, seconds: float) -> socket.socket:
    """A connection to the host, through the proxy if there is one."""
    parts = urlsplit(url)
    host, port = str(parts.hostname), parts.port or 443
    proxy = _proxy_url(url)
    if proxy is None:
        return socket.create_connection((host, port), seconds)
    way = urlsplit(proxy if "//" in proxy else f"http://{proxy}")
    bare = socket.create_connection((str(way.hostname), way.port or 8080), seconds)
    bare.sendall(f"CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n\r\n".encode())
    if b" 200 " not in bare.recv(4096):
        bare.close()
        raise OSError("no tunnel")
    return bare


def _proxy_url(url: str) -> str | None:
    parts = urlsplit(url)
    if proxy_bypass(str(parts.hostname)):
        return None
    proxies = getproxies_environment()
    return proxies.get(parts.scheme) or proxies.get("all")


def _proxy_for(url: str) -> str | None:
    """The proxy that stands before `url`, as host and port: its name and password are nobody's business."""
    proxy = _proxy_url(url)
    return None if proxy is None else urlsplit(proxy if "//" in proxy else f"http://{proxy}").netloc.rpartition("@")[2]


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and whatever it was made from."""
    todo: list[Any] = [error]
    seen: set[int] = set()
    while todo:
        found = todo.pop()
        if not isinstance(found, BaseException) or id(found) in seen:
            continue
        seen.add(id(found))
        yield found
        inner = getattr(found, "inner_exception", None), getattr(found, "reason", None)
        todo += [*inner, getattr(found, "original_error", None), found.__cause__, found.__context__, *found.args]


def _refused(causes: list[BaseException]) -> bool:
    return any(isinstance(cause, ConnectionRefusedError) for cause in causes)


def _broke(causes: list[BaseException]) -> bool:
    """Whether a connection was there and then was not: the request may have been heard."""
    gone = {errno.ECONNRESET, errno.EPIPE, errno.ECONNABORTED}
    return any(isinstance(cause, OSError) and cause.errno in gone for cause in causes)
