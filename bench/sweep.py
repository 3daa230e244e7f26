"""`python -m bench.sweep [--objects 94000]`: how many objects a second the daily sweep destroys, of a London term.

They lie as they do there, past their day: in 33 parties' own containers and their parts of the shared ones, each under
a folder of its agreement. Storage is held in memory below the SDK (`tests/memory.py`) and answers at once, so that what
is measured is ours: finding, planning, asking for each deletion, listing again, certifying. In the cloud eight
deletions are under way at a time; `--answer-ms` lets each request wait as long as an answer takes there.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests

from shared.agreements.registry import load_agreements
from shared.kernel.disposal.sweep import sweep
from shared.kernel.envelope.keys import Use
from shared.kernel.envelope.manifest import EXCHANGE
from shared.kernel.envelope.ring import LocalKeyRing
from shared.kernel.exchange import Exchange
from shared.kernel.ledger.chain import Ledger
from shared.kernel.storage.poison import PoisonQueue
from tests.memory import MemoryBlobs, StoredBlob
from tests.poison import NoQueues

OBJECTS = 94_000
"""What a term of 33 boroughs left behind where every drop was taken in by itself."""
NOW = datetime(2026, 12, 20, 3, 0, tzinfo=UTC)
DROPPED = NOW - timedelta(days=29)
SHAPE = {"inbox": 4, "outbox": 20, "staging": 30, "requests": 2, "claims": 44}
"""Of a hundred objects, how many lie in which kind of container: as `exchange demo` leaves them."""
WITHIN = timedelta(minutes=10)
"""What the exchange is held to."""


class Answering(MemoryBlobs):
    """Storage in memory of which each answer takes its time."""

    seconds = 0.0

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Answer one request."""
        time.sleep(self.seconds)
        return super().send(request, *args, **kwargs)


def main() -> int:
    """Measure, and print a line; 1 where the term would take longer than it may."""
    parser = argparse.ArgumentParser(
        prog="python -m bench.sweep", description=" ".join(__doc__.split("\n\n")[0].split())
    )
    parser.add_argument("--objects", type=int, default=OBJECTS, help="how many (default: %(default)s)")
    parser.add_argument("--answer-ms", type=float, default=0.0, help="what a request takes (default: %(default)s)")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        wall, cpu = measure(Path(folder), asked.objects, asked.answer_ms / 1000)
    of_term, speed = timedelta(seconds=wall * OBJECTS / asked.objects), asked.objects / wall
    print(
        f"{asked.objects:,} objects of 33 parties in {wall:.0f} s, {cpu:.0f} s of CPU: {speed:,.0f} a second, "
        f"{OBJECTS:,} in {of_term.total_seconds() / 60:.1f} minutes"
    )
    return int(of_term > WITHIN)


def measure(folder: Path, objects: int, answer_seconds: float) -> tuple[float, float]:
    """Seconds and CPU seconds of a sweep of so many objects. Raises `RuntimeError` where any is left."""
    keys = LocalKeyRing(folder)
    keys.create_key(EXCHANGE, Use.SIGN)
    service = Answering(lambda: NOW)
    agreements = load_agreements()
    with service.storage() as storage:
        storage.ensure_containers(agreements.senders, only_collect=set(agreements.parties) - set(agreements.senders))
        for number, (container, name) in enumerate(_names(tuple(agreements.senders), objects)):
            service.containers[container][name] = _blob(number)
        exchange = Exchange(agreements, storage, keys, Ledger(storage.ledger(), clock=lambda: NOW), lambda: NOW)
        there, poison = storage.containers(), PoisonQueue(NoQueues())
        service.seconds = answer_seconds
        wall, cpu = time.perf_counter(), time.process_time()
        for party in agreements.senders:
            sweep(exchange, poison, party, there)
        taken = time.perf_counter() - wall, time.process_time() - cpu
        left = sum(blob.created == DROPPED for blobs in service.containers.values() for blob in blobs.values())
    if left:
        raise RuntimeError(f"{left} objects were left")
    return taken


def _names(parties: tuple[str, ...], objects: int) -> Iterator[tuple[str, str]]:
    """Container and name of each object."""
    kinds = [kind for kind, share in SHAPE.items() for _ in range(share)]
    for number in range(objects):
        party, kind = parties[number % len(parties)], kinds[number // len(parties) % len(kinds)]
        name = f"fsm/{kind}/2026-autumn/{number:032x}.parquet"
        yield (f"{party}-{kind}", name) if kind in ("inbox", "outbox") else (kind, f"{party}/{name}")


def _blob(number: int) -> StoredBlob:
    content = {"Content-MD5": "1B2M2Y8AsgTpgAmY7PhCfg=="}
    return StoredBlob(f"{number}".encode(), {}, content, created=DROPPED)


if __name__ == "__main__":
    sys.exit(main())
