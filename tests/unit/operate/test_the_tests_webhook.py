"""The webhook that stands for the app's in tests answers as the functions host was seen to: a replay cannot cheat."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import pytest

from functions.reference import BlobReference
from tests.webhook import App

FUNCTIONS = {"drop_lambeth", "request"}
THERE = {("lambeth-inbox", name) for name in ("a", "a b", "a%20b", "a?b", "a%2Fb", "é", "x//y", "blank ", "y")}
THERE |= {("southwark-inbox", "b")}


def event(name: str, container: str = "lambeth-inbox", *, encoded: bool = True, **data: Any) -> dict[str, Any]:
    url = f"https://exchange.blob.core.windows.net/{container}/{quote(name) if encoded else name}"
    whole = {"api": "PutBlob", "eTag": "0x1", "blobType": "BlockBlob", "url": url, **data}
    return {"subject": "x", "eventType": "x", "data": {key: value for key, value in whole.items() if value is not None}}


def post(body: object, function: str = "Host.Functions.drop_lambeth", kind: str | None = "Notification") -> Any:
    called: list[BlobReference] = []
    app = App(lambda: dict.fromkeys(FUNCTIONS, called.append), lambda *blob: blob in THERE)
    headers = {} if kind is None else {"aeg-event-type": kind}
    document = body if isinstance(body, bytes) else json.dumps(body).encode()
    return app.take({"functionName": [function]}, headers, document), [(blob.container, blob.name) for blob in called]


A = ("lambeth-inbox", "a")


@pytest.mark.parametrize(
    ("said", "status", "called"),
    [
        (([event("a")],), 202, [A]),
        ((event("a"),), 202, [A]),
        (([event("a"), event("a")],), 202, [A, A]),
        (([event("a"), {"data": {}}],), 500, [A]),
        (([event("b", "southwark-inbox")],), 202, [("southwark-inbox", "b")]),
        (([event("a", url="https://other.example/lambeth-inbox/a")],), 202, [A]),
        (([event("a", eTag=None)],), 202, [A]),
        (([event("a", api="DeleteBlob")],), 202, [A]),
        (([event("a")], "Host.Functions.drop_nobody"), 202, []),
        (([event("a")], "Functions.drop_lambeth"), 202, []),
        (([event("gone")],), 202, []),
        (([event("a", "nobodys")],), 202, []),
        ((b"{nope",), 500, []),
        (([event("a", url=None)],), 500, []),
        (([event("a", blobType=None)],), 500, []),
        (([event("a")], "Host.Functions.drop_lambeth", None), 400, []),
        (([event("a")], "Host.Functions.nobody", "SubscriptionValidation"), 200, []),
    ],
)
def test_it_answers_and_calls_as_the_host_does(said: tuple[Any, ...], status: int, called: list[Any]) -> None:
    assert post(*said) == (status, called)


@pytest.mark.parametrize("name", ["a b", "a%20b", "a?b", "a%2Fb", "é", "x//y", "blank "])
def test_an_encoded_name_arrives_intact(name: str) -> None:
    assert post([event(name)]) == (202, [("lambeth-inbox", name)])


@pytest.mark.parametrize(
    ("name", "called"), [("a%20b", ["a b"]), ("a?b", ["a"]), ("x/../y", ["y"]), ("blank ", []), ("é", ["é"])]
)
def test_a_raw_one_does_not(name: str, called: list[str]) -> None:
    assert post([event(name, encoded=False)]) == (202, [("lambeth-inbox", one) for one in called])
