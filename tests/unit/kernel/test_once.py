"""A document that says one name twice is refused wherever it is read: of two values one would be a guess."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from client.dropping import _tried as tried
from client.sealed_files import load, source_of
from functions.queued import UnreadableEvent, blob_of
from shared.agreements.registry import load_agreement
from shared.kernel.audit.register import read_register
from shared.kernel.envelope.keys import Use
from shared.kernel.envelope.ring import LocalKeyRing
from shared.kernel.errors import InvalidAgreement, InvalidInput, KeyUnavailable
from shared.kernel.json_once import loads_once
from shared.kernel.storage.poison import PoisonMessage
from shared.kernel.terms.orders import read_order
from shared.kernel.yaml_once import load_yaml_once
from tests.agreements import copied


def twice(document: str) -> str:
    """The same object, and its first member once more with another value."""
    name = next(iter(json.loads(document)))
    return document.rstrip().removesuffix("}") + f', "{name}": "another"}}'


@pytest.mark.parametrize(
    "text", ['{"a": 1, "a": 1}', '[{"b": {"a": 1, "a": 2}}]', '{"a": 1, "\\u0061": 2}', "[" * 100_000]
)
def test_json_with_a_name_twice_is_none(text: str) -> None:
    with pytest.raises(ValueError, match=r"^(nested too deep)?$"):
        loads_once(text)


@pytest.mark.parametrize("text", ["a: 1\na: 1", "- b: {a: 1, a: 2}", "a: 1\n'a': 2", "{a: 1, ? a : 2}"])
def test_yaml_with_a_key_twice_is_none(text: str) -> None:
    with pytest.raises(yaml.YAMLError, match="stands twice"):
        load_yaml_once(text)


def test_yaml_with_a_key_in_two_places_is_some() -> None:
    assert load_yaml_once("a: {b: 1}\nc: {b: 1}\n1: x\n'1': y") == {"a": {"b": 1}, "c": {"b": 1}, 1: "x", "1": "y"}


def test_terms_that_say_two_things_are_refused_by_line(tmp_path: Path) -> None:
    file = copied(tmp_path) / "fsm.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("  promise_days: 30\n", "  promise_days: 30\n  promise_days: 300\n"), encoding="utf-8")
    with pytest.raises(InvalidAgreement, match=r"says a key twice at line \d+"):
        load_agreement("fsm", tmp_path)


def test_a_register_that_says_two_things_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "register.yaml"
    file.write_text("app: a\napp: b\n", encoding="utf-8")
    with pytest.raises(InvalidInput, match="not YAML"):
        read_register(file)


def test_what_lies_beside_a_sealed_file_is_read_once(tmp_path: Path) -> None:
    file = tmp_path / "pupils.parquet"
    file.write_bytes(b"PARE----PARE")
    file.with_suffix(".source.json").write_text('{"made_of": "a", "sealed": "b"}')
    assert source_of(file) == "a"
    file.with_suffix(".source.json").write_text(twice('{"made_of": "a", "sealed": "b"}'))
    assert source_of(file) == ""
    file.with_suffix(".manifest.json").write_text(twice('{"manifest": "{}", "signature": "x"}'))
    with pytest.raises(InvalidInput) as refused:
        load(file)
    assert refused.value.code == "INP-014"


def test_a_note_that_says_two_things_is_no_note(tmp_path: Path) -> None:
    class Sealed:
        class manifest:  # noqa: N801 - as it is called there
            sha256 = "a"

    file, note = tmp_path / "p.parquet", '{"sha256": "a", "inbox": "https://x"}'
    file.with_name("p.dropped.json").write_text(note)
    assert tried(file, Sealed, "https://x")  # type: ignore[arg-type]
    file.with_name("p.dropped.json").write_text(note.replace("{", '{"sha256": "b", '))
    assert not tried(file, Sealed, "https://x")  # type: ignore[arg-type]


def test_a_key_that_says_two_things_is_no_key(tmp_path: Path) -> None:
    ring = LocalKeyRing(tmp_path)
    key_id = ring.create_key("southwark", Use.SIGN)
    [private] = (tmp_path / "private").glob("*.json")
    private.write_text(twice(private.read_text()))
    with pytest.raises(KeyUnavailable) as refused:
        LocalKeyRing(tmp_path).sign(key_id, b"x")
    assert refused.value.code == "KEY-001"
    assert private.name in refused.value.message


MESSAGES: dict[str, tuple[Callable[[bytes], object], str]] = {
    "event": (blob_of, '{"subject": "/blobServices/default/containers/surrey-inbox/blobs/a", "data": {}}'),
    "poison": (
        lambda text: PoisonMessage.from_json(text.decode()),
        '{"FunctionId": "f", "ContainerName": "c", "BlobName": "b", "ETag": "e", "BlobType": "t"}',
    ),
    "order": (read_order, f'{{"word": "leave", "party": "surrey", "day": "2026-12-01", "by": "{"0" * 32}"}}'),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_that_says_two_things_is_none(name: str) -> None:
    read, document = MESSAGES[name]
    assert read(document.encode())
    value = json.loads(document)[next(iter(json.loads(document)))]
    doubled = document.replace("{", f'{{"{next(iter(json.loads(document)))}": {json.dumps(value)}, ', 1)
    with pytest.raises((ValueError, UnreadableEvent)):
        read(doubled.encode())
