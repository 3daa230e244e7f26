"""A trigger is handed a reference, never the bytes."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from functions.reference import BlobReference, BlobReferenceConverter


def sent(content: bytes, kind: str = "model_binding_data") -> SimpleNamespace:
    return SimpleNamespace(type=kind, value=SimpleNamespace(content=content))


def test_the_reference_is_what_the_host_names() -> None:
    data = sent(b'{"Connection": "Exchange", "ContainerName": "lambeth-inbox", "BlobName": "a/b c.parquet"}')

    reference = BlobReferenceConverter.decode(data, trigger_metadata={}, pytype=BlobReference)

    assert reference == BlobReference(container="lambeth-inbox", name="a/b c.parquet")


@pytest.mark.parametrize("data", [None, sent(b"PARE", "bytes")])
def test_content_instead_of_a_reference_is_raised(data: SimpleNamespace | None) -> None:
    with pytest.raises(ValueError, match="no blob reference"):
        BlobReferenceConverter.decode(data, trigger_metadata={})


def test_only_a_reference_may_be_declared() -> None:
    assert BlobReferenceConverter.check_input_type_annotation(BlobReference)
    assert not BlobReferenceConverter.check_input_type_annotation(bytes)
