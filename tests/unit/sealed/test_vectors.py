"""The test vectors, kept and freshly sealed, through the real intake: each is answered as the list says."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from client.opening import open_release
from shared.agreements.registry import load_agreements
from shared.kernel.envelope.keys import read_public
from shared.kernel.envelope.ring import LocalKeyRing
from shared.kernel.envelope.statement import verify_statement
from shared.kernel.storage.areas import Blob
from tests.examples import example
from tests.vectors.foreign import read
from tests.vectors.make import ANSWERS, LIST, listed
from tests.vectors.ours import VECTORS
from tests.vectors.sealing import FOLDER, KEYS
from tests.vectors.vector import Vector
from tests.world import World

sender = example("sender")
ENTRIES = json.loads(LIST.read_bytes())["vectors"]


def test_the_list_is_what_the_vectors_say() -> None:
    assert LIST.read_text(encoding="utf-8") == listed(), "run `python -m tests.vectors.make`"


def test_every_kept_file_is_in_the_list() -> None:
    named = {entry[what] for entry in ENTRIES for what in ("file", "metadata")}
    kept = {path.relative_to(FOLDER).as_posix() for place in ("ours", "foreign") for path in (FOLDER / place).iterdir()}
    assert named == kept


def answered(world: World, inbox: str, data: bytes, metadata: dict[str, str], expected: dict[str, Any]) -> None:
    """Drop it, take it in, and hold the receipt against what is expected."""
    drop = world.receive(inbox, world.put(inbox, data, metadata))
    receipt = world.answer(inbox, drop, "receipt.json")
    body = verify_statement(receipt, world.exchange.keys.public_key)["body"]
    report = world.report(inbox, drop)
    assert {name: body.get(name) for name in ("status", "code", "rows_in", "rejected")} == {
        "code": "", "rows_in": None, "rejected": None, **{k: v for k, v in expected.items() if k != "says"}
    }, report["findings"][:3]  # fmt: skip
    told = " ".join(f"{line['message']} {line['remedy']}" for line in report["findings"])
    assert [words for words in expected.get("says", ()) if words not in told] == [], told


@pytest.mark.parametrize("entry", [pytest.param(entry, id=entry["name"]) for entry in ENTRIES])
def test_a_kept_vector_is_answered_as_the_list_says(entry: dict[str, Any], world: World) -> None:
    answered(world, entry["inbox"], *read(FOLDER / entry["file"]), entry["expected"])


@pytest.mark.parametrize("vector", [pytest.param(vector, id=vector.name) for vector in VECTORS])
def test_a_vector_sealed_anew_is_answered_as_the_list_says(vector: Vector, world: World) -> None:
    [entry] = [entry for entry in ENTRIES if entry["file"] == f"ours/{vector.name}.parquet"]
    answered(world, vector.sender, *vector.make(), entry["expected"])


def test_the_kept_receipt_is_verified_and_says_what_came_of_its_file(vector_keys: LocalKeyRing) -> None:
    for name, dataset in (("a-pupils", "pupils"), ("b-households", "households")):
        document = (ANSWERS / f"{name}.receipt.json").read_bytes()
        body = verify_statement(document, vector_keys.public_key)["body"]
        sealed, _ = read(FOLDER / "foreign" / f"{name}.parquet")
        assert (body["sha256"], body["dataset"]) == (hashlib.sha256(sealed).hexdigest(), dataset)
        assert (body["status"], body["rows_in"]) == ("accepted", 40)


def test_the_kept_result_is_opened_with_the_boroughs_test_key(vector_keys: LocalKeyRing) -> None:
    data, metadata = read(ANSWERS / "matches.parquet")
    blob = Blob("matches.parquet", data, metadata, "", None)
    rows = open_release(blob, slug="lambeth", ring=vector_keys, agreements=load_agreements())
    assert rows.num_rows == json.loads(metadata["exchange_manifest"])["rows"] > 0


def test_every_key_is_there_in_each_of_its_forms() -> None:
    private = {path.name.removesuffix(".jwk.json") for path in (KEYS / "private").iterdir()}
    public = {path.name.removesuffix(".jwk.json") for path in (KEYS / "public").iterdir()}
    assert private == public
    for path in (KEYS / "pem").iterdir():
        owner, use = path.stem.split("-")
        key = load_pem_private_key(path.read_bytes(), None)
        held = read_public((KEYS / "sets" / f"{owner}-{use}.jwks.json").read_bytes())[-1]
        assert sender.public_key(key, owner, use, held.created) == held.document()
