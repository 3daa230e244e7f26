"""What parties have in the end, and the promises that hold whatever happened."""

from __future__ import annotations

from typing import Any

from shared.kernel.intake.identity import job_id
from shared.kernel.intake.staging import StagedFor
from shared.kernel.ledger.chain import verify_chain
from tests.chaos.schedule import HOMES
from tests.world import COLLECTION, World

_RELEASES = ("matches", "review")


def current(world: World, home: str) -> str | None:
    """The id of the run over what counts now; `None` while one side is missing."""
    staged = StagedFor(world.sharing, home)
    for partition in staged.counting("households", COLLECTION):
        for job in world.sharing.pipeline.due(partition, home, staged):
            return job_id(job, world.agreement.reference)
    return None


def pairs(world: World, home: str) -> dict[str, list[dict[str, Any]]]:
    """The rows of the current results, by release."""
    run = current(world, home)
    if run is None:
        return {}
    folder = f"{world.agreement.id}/results/{COLLECTION}/{run}"
    return {name: world.open(home, f"{folder}/{name}.parquet").to_pylist() for name in _RELEASES}


def outcome(world: World) -> dict[str, Any]:
    """Current results of each home, and all enrolments of each school borough."""
    enrolled: dict[str, list[Any]] = {}
    for slug in sorted(HOMES):
        opened = [world.open(slug, name) for name in world.outbox(slug) if name.endswith("/enrolments.parquet")]
        enrolled[slug] = sorted(
            (tuple(row.items()) for rows in opened for row in rows.to_pylist()), key=lambda row: str(row)
        )
    return {"pairs": {slug: pairs(world, slug) for slug in sorted(HOMES)}, "enrolled": enrolled}


def broken(world: World) -> list[str]:
    """Promises that do not hold."""
    found = []
    for subject in world.exchange.ledger.subjects():
        verify_chain(world.exchange.ledger.events(subject))
        kind, steps = subject.partition(":")[0], world.steps(subject)
        if kind in ("drop", "enrolment") and "done" not in steps:
            found.append(f"{kind} not done: {steps}")
        if kind == "run" and ("superseded" in steps) == ("done" in steps):
            found.append(f"run neither or both: {steps}")
        if "superseded" in steps and "released" in steps:
            found.append(f"run released and superseded: {steps}")
        if "unbalanced" in steps:
            found.append(f"{kind} unbalanced")
    for slug, enrolled in outcome(world)["enrolled"].items():
        if len(set(enrolled)) != len(enrolled):
            found.append(f"a child is enrolled twice at {slug}")
    return found
