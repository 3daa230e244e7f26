"""What the templates of the cloud need of the agreements, so that a further agreement is no line in a template."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import yaml

from shared.kernel.terms.model import Agreement
from shared.kernel.terms.retention import LASTING

_HEAD = """# Made from the agreements of the registry by `make docs`, and compared by a test: do not change it here.
# Who takes part, who drops, how many officers a party may name, and days.
"""


def agreements_of_the_cloud(every: Iterable[Agreement]) -> str:
    """`infra/bicep/agreements.yaml`."""
    every = tuple(every)
    told = {"agreements": [_facts(one) for one in every], "remembered": list(_remembered(every))}
    return _HEAD + yaml.safe_dump(told, sort_keys=False)


def _remembered(every: tuple[Agreement, ...]) -> Iterator[dict[str, object]]:
    """Containers with days of their own, and the day of their backstop: after every sweep, before every promise.

    Raises `ValueError` where there is no such day.
    """
    for kind in LASTING:
        lines = [one.retention.line(kind) for one in every if kind in one.retention.kinds]
        if not lines:
            continue
        days = min(line.lifecycle for line in lines)
        if days <= max(line.sweep for line in lines):
            raise ValueError(f"an agreement sweeps {kind} after the lifecycle policy of another, day {days}")
        yield {"container": kind, "days": days}


def _facts(terms: Agreement) -> dict[str, object]:
    dropping = dict.fromkeys(slug for dataset in terms.datasets.values() for slug in dataset.dropped_by)
    return {
        "id": terms.id,
        "parties": [party.slug for party in terms.participants],
        "dropping": list(dropping),
        "officers": terms.officers_per_party,
        "last_sweep_day": max(terms.retention.sweep_days.values()),
        "lifecycle_days": terms.retention.lifecycle_days,
        "ledger_days": terms.records.ledger_days,
    }
