"""Which blob an event is about, however its subject and its url are encoded."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kernel.storage.grid import NamedBlob, named_blob

BOX = "lambeth-inbox"
NAMES = ["a.parquet", "a b", "a+b", "a%20b", "a#b", "a?b", "é", "😀", "a//b", "a ", "x/y/z", "a%2Fb"]


def event(subject: str | None, url: str | None, container: str = BOX) -> dict[str, Any]:
    said: dict[str, Any] = {"data": {}}
    if subject is not None:
        said["subject"] = f"/blobServices/default/containers/{container}/blobs/{subject}"
    if url is not None:
        said["data"]["url"] = f"https://bxexch.blob.core.windows.net/{container}/{url}"
    return said


@pytest.mark.parametrize("name", NAMES)
def test_where_subject_and_url_agree_the_name_comes_first(name: str) -> None:
    named = named_blob(event(name, quote(name)))

    assert named is not None
    assert (named.container, named.names[0]) == (BOX, name)
    assert len(set(named.names)) == len(named.names)


@pytest.mark.parametrize("name", NAMES)
def test_the_name_is_among_them_whichever_way_the_url_is_written(name: str) -> None:
    for url in (name, quote(name)):
        named = named_blob(event(None, url))
        assert named is not None
        assert name in named.names


def test_an_address_of_the_emulator_has_the_account_in_its_path() -> None:
    said = event("a b", None) | {"data": {"url": f"https://127.0.0.1:10000/exchange/{BOX}/a%20b"}}

    assert named_blob(said) == NamedBlob(BOX, ("a b", "a%20b"))


@pytest.mark.parametrize(
    "said",
    [{}, {"subject": 1}, {"data": 1}, {"data": {"url": 3}}, {"subject": "/blobServices/default/containers/x"},
     {"data": {"url": "https://host/"}}, {"data": {"url": "https://host/container/"}}, {"data": {"url": "ftp://a/b/c"}}],
)  # fmt: skip
def test_what_names_no_blob_is_none(said: dict[str, Any]) -> None:
    assert named_blob(said) is None


@given(st.text(min_size=1).filter(lambda name: max(name) < "\ud800" or min(name) > "\udfff"))
def test_any_name_survives_an_encoded_url(name: str) -> None:
    named = named_blob(event(name, quote(name)))
    assert named is not None
    assert named.names[0] == name
