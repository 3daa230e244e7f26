"""What a demo took: time, jobs, unwraps, requests to storage, memory, and what that would cost in the cloud."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from local.demo_ending import RECORD
from local.identities import HOST
from local.site import ACCOUNT
from shared.kernel.json_once import loads_once
from shared.kernel.yaml_once import load_yaml_once

if TYPE_CHECKING:
    from local.measured import Taken
    from shared.kernel.terms.agreements import Agreements

PRICES = Path(__file__).with_name("prices.yaml")
WRITES, READS, DELETES = "writes and lists", "reads", "deletes"
"""As Azure has them on its bill: a list costs what a write costs, and a deletion nothing."""
_BLOBS = f"/storageaccounts/{ACCOUNT}/blobservices/"


def spent(
    folder: Path, functions: Mapping[str, Taken], memory: tuple[float, float], agreements: Agreements
) -> dict[str, Any]:
    """What the demo in `folder` took.

    `functions`: what they took in each step of it. `memory`: MB of the process before the work, and at its peak.
    """
    storage, unwraps = _requests(folder / "logs")
    found = {
        "functions": {step: taken.rounded() for step, taken in functions.items()},
        "jobs": _jobs(folder / RECORD / "ledger", agreements),
        "unwraps": unwraps,
        "storage": storage,
        "memory_mb": {"before": round(memory[0]), "peak": round(memory[1])},
    }
    return {**found, "cost": cost(found)}


def cost(found: dict[str, Any]) -> dict[str, Any]:
    """US dollars by what they are paid for, with the date and the source of the prices."""
    prices = load_yaml_once(PRICES.read_text(encoding="utf-8"))
    functions, storage = found["functions"].values(), found["storage"]
    billed, calls = (sum(each[name] for each in functions) for name in ("billed_seconds", "calls"))
    dollars = {
        "functions": billed * prices["memory_gb"] * prices["function_gb_second"] + calls * prices["function_call"],
        "storage": storage[WRITES] * prices["storage_write"] + storage[READS] * prices["storage_read"],
        "vault": found["unwraps"] * prices["vault_unwrap"],
    }
    whole = sum(dollars.values())
    rounded = {name: round(amount, 5) for name, amount in (*dollars.items(), ("whole", whole))}
    return {**rounded, "stated": str(prices["stated"]), "source": prices["source"]}


def _requests(logs: Path) -> tuple[dict[str, int], int]:
    """Requests for blobs of the exchange's account, as they are paid for, and unwraps of keys by the exchange.

    Whoever looks for new blobs in place of Event Grid is left out: in the cloud nobody does.
    """
    storage, unwraps = Counter[str](dict.fromkeys((WRITES, READS, DELETES), 0)), 0
    for line in _lines(logs):
        if line["category"] == "AuditEvent":
            unwraps += line["operationName"] == "KeyUnwrap"
        elif _BLOBS in line["resourceId"].lower() and _asked_by(line) != HOST.object_id:
            storage[_paid_as(line)] += 1
    return dict(storage), unwraps


def _lines(logs: Path) -> Iterator[dict[str, Any]]:
    for path in sorted(logs.rglob("*.json")):
        with path.open(encoding="utf-8") as lines:
            yield from map(loads_once, lines)


def _asked_by(line: dict[str, Any]) -> str | None:
    who: str | None = line["identity"].get("requester", {}).get("objectId")
    return who


def _paid_as(line: dict[str, Any]) -> str:
    if line["category"] == "StorageDelete":
        return DELETES
    return WRITES if line["category"] == "StorageWrite" or line["operationName"].startswith("List") else READS


def _jobs(ledger: Path, agreements: Agreements) -> dict[str, int]:
    """How many jobs of each kind released something, as the ledger has it."""
    kinds = [kind for agreed in agreements for kind in agreed.pipeline.kinds]
    return {kind: sum(_released(chain) for chain in (ledger / kind).glob("*")) for kind in kinds}


def _released(chain: Path) -> bool:
    return any(loads_once(path.read_bytes())["step"] == "released" for path in chain.glob("*.json"))
