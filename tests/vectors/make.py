"""Makes our vectors anew, and the list of all of them: `python -m tests.vectors.make`.

Sealed bytes are other ones each time (a fresh data key is drawn), what comes of them is the same: so a test runs both
the kept ones and fresh ones.
"""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pyarrow.csv as csv

from shared.agreements.registry import load_agreement
from shared.kernel.envelope.ring import LocalKeyRing
from shared.kernel.storage.storage import Storage
from tests.memory import MemoryBlobs
from tests.vectors.foreign import FOREIGN, read
from tests.vectors.ours import VECTORS
from tests.vectors.sealing import AGREEMENT, AGREEMENT_VERSION, FOLDER, KEYS, PREPARED, RECEIVED
from tests.vectors.vector import Vector
from tests.world import World, make_world, put_postcodes

LIST = FOLDER / "vectors.json"
ANSWERS = FOLDER / "answers"


def write(folder: Path) -> None:
    """Seal each of our vectors into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for vector in VECTORS:
        data, metadata = vector.make()
        (folder / f"{vector.name}.parquet").write_bytes(data)
        (folder / f"{vector.name}.metadata.json").write_text(json.dumps(metadata, indent=1) + "\n", encoding="utf-8")


def listed() -> str:
    """`vectors.json`."""
    entries = [_entry("ours", vector) for vector in VECTORS] + [_entry("foreign", vector) for vector in FOREIGN]
    document = {
        "format": 1,
        "agreement": f"{AGREEMENT}@{AGREEMENT_VERSION}",
        "prepared_at": PREPARED.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "received_at": RECEIVED.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "vectors": entries,
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def _entry(folder: str, vector: Vector) -> dict[str, Any]:
    expected = {name: value for name, value in asdict(vector.expected).items() if value not in (None, "", ())}
    return {
        "name": vector.name,
        "what": vector.title,
        "file": f"{folder}/{vector.name}.parquet",
        "metadata": f"{folder}/{vector.name}.metadata.json",
        "inbox": vector.sender,
        "dataset": vector.dataset,
        "expected": expected,
    }


def answer(folder: Path, work: Path) -> None:
    """Drop two of the foreign files into an exchange, and keep what comes back: a receipt, and results for Lambeth."""
    folder.mkdir(parents=True, exist_ok=True)
    with MemoryBlobs().storage() as storage:
        storage.ensure_containers(load_agreement("fsm").controllers)
        world = vectors_world(storage, work)
        for sender, name in (("southwark", "a-pupils"), ("lambeth", "b-households")):
            drop = world.receive(sender, world.put(sender, *read(FOLDER / "foreign" / f"{name}.parquet")))
            receipt = world.answer(sender, drop, "receipt.json")
            (folder / f"{name}.receipt.json").write_bytes(receipt)
        world.carry_out_all()
        for name in world.outbox("lambeth"):
            if name.endswith("/matches.parquet"):
                released = storage.outbox("lambeth").read(name)
                (folder / "matches.parquet").write_bytes(released.data)
                metadata = json.dumps(dict(released.metadata), indent=1) + "\n"
                (folder / "matches.metadata.json").write_text(metadata, encoding="utf-8")


def vectors_world(storage: Storage, folder: Path, keys: LocalKeyRing | None = None) -> World:
    """An exchange that holds the test keys, an hour after the vectors were prepared."""
    directory = csv.read_csv(FOLDER / "postcodes.csv")
    pairs = zip(*(directory.column(name).to_pylist() for name in ("postcode", "ons_code")), strict=True)
    put_postcodes(storage, dict(pairs))
    agreement = load_agreement("fsm").model_copy(update={"id": AGREEMENT, "version": AGREEMENT_VERSION})
    world = make_world(storage, folder, agreement)
    world.now[0] = RECEIVED
    world.exchange = replace(world.exchange, keys=keys or LocalKeyRing(KEYS))
    return world


def main() -> int:
    """Write everything."""
    write(FOLDER / "ours")
    with tempfile.TemporaryDirectory() as work:
        answer(ANSWERS, Path(work))
    LIST.write_text(listed(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
