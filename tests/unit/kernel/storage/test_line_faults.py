"""What a borough is told when no answer came: by the kind of error, never by digits that its text happens to hold."""

from __future__ import annotations

import pytest
from azure.core.exceptions import ServiceRequestError
from urllib3.exceptions import ProxyError

from shared.kernel.errors import StorageFault
from shared.kernel.storage.line_faults import fault_of_error

URL = "https://exchange.example:40731/southwark-inbox"


def fault(cause: Exception, text: str = "no connection") -> StorageFault:
    return fault_of_error(ServiceRequestError(text, error=cause), URL)


@pytest.mark.parametrize("text", ["<connection at 0x7f407ab40710>: refused", "HTTPSConnectionPool(port=40731)", "407"])
def test_digits_in_the_text_of_an_error_are_no_answer_of_a_proxy(text: str) -> None:
    refused = ConnectionRefusedError(111, "refused")
    assert fault(refused, text).code == "STO-021"


@pytest.mark.parametrize("address", ["0x7f407ab40710", "0x7f0a"])
@pytest.mark.parametrize(("status", "words"), [("407", "a name and a password"), ("403", "(403)"), ("502", "(502)")])
def test_a_proxy_is_quoted_by_the_status_that_it_gave(status: str, words: str, address: str) -> None:
    tunnel = OSError(f"Tunnel connection failed: {status} Said the proxy")
    found = fault(ProxyError("Unable to connect to proxy", tunnel), f"<connection at {address}>: failed")
    assert (found.code, words in found.message) == ("STO-022", True)


def test_a_proxy_that_gave_no_status_has_refused() -> None:
    assert "(refused)" in fault(OSError("Tunnel connection failed: ")).message
