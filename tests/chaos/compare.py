"""What parties have in the end, and the promises that hold whatever happened."""

from __future__ import annotations

from typing import Any

from shared.kernel.envelope.statement import verify_statement
from shared.kernel.intake.identity import job_id
from shared.kernel.intake.staging import StagedFor
from shared.kernel.intake.stops import as_it_stands, stops_of
from shared.kernel.ledger.chain import verify_chain
from shared.kernel.terms.current import FILE
from tests.chaos.schedule import HOMES
from tests.world import COLLECTION, World

_RELEASES = ("matches", "review")


def pairs(world: World, home: str) -> dict[str, list[dict[str, Any]]]:
    """The rows of the current result, by release."""
    if (held := current(world, home)) is None:
        return {}
    return {name: world.open(home, f"{held['folder']}/{name}.parquet").to_pylist() for name in _RELEASES}


def current(world: World, home: str) -> dict[str, Any] | None:
    """What the signed word in its outbox says of the current result; `None` where there is none."""
    word = f"{world.agreement.id}/results/{COLLECTION}/{FILE}"
    lying = world.outbox(home)
    if word not in lying:
        return None
    document = world.storage.outbox(home).read(word).data
    body = verify_statement(document, world.exchange.keys.public_key)["body"]
    return {**body, "folder": f"{world.agreement.id}/{body['folder']}"}


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
    found, taken_back = [], _taken_back(world)
    for subject in world.exchange.ledger.subjects():
        verify_chain(world.exchange.ledger.events(subject))
        (kind, _, id), steps = subject.partition(":"), world.steps(subject)
        if kind in ("drop", "enrolment") and "done" not in steps:
            found.append(f"{kind} not done: {steps}")
        if kind == "run" and ("superseded" in steps) == ("done" in steps):
            found.append(f"run neither or both: {steps}")
        if "released" in steps and ("superseded" in steps or ("withdrawn" in steps) != (id in taken_back)):
            found.append(f"{kind} released and taken back with no order, or not taken back with one: {steps}")
        if "unbalanced" in steps:
            found.append(f"{kind} unbalanced")
    for slug in sorted(HOMES):
        found += _results_of(world, slug)
    for slug, enrolled in outcome(world)["enrolled"].items():
        if len(set(enrolled)) != len(enrolled):
            found.append(f"a child is enrolled twice at {slug}")
    return found


def rests_on_a_hold(world: World, home: str) -> bool:
    """Whether its current result is over rows that are held."""
    held, stops = current(world, home), stops_of(world.exchange).every
    return held is not None and any(held["job"] in stop.works for stop in stops if stop.word == "hold")


def _taken_back(world: World) -> set[str]:
    """The jobs that rest on rows in quarantine: what they sent is taken back, however long ago it was sent."""
    return {job for stop in stops_of(world.exchange).every if stop.word == "quarantine" for job in stop.works}


def _results_of(world: World, home: str) -> list[str]:
    """What is wrong with what lies in the outbox beside the current result."""
    held, due = current(world, home), due_run(world, home)
    stops = stops_of(world.exchange).every
    if any(stop.word == "leaving" for stop in stops):
        return []  # what was sent before it left stays until its day, and is of more than counts now
    if stops and due is None:
        return []  # a result over what is held stays likewise, where there is nothing else to be linked
    if (held and held["job"]) != due:
        return [f"the current result of {home} is not of what counts"]
    named = f"{world.agreement.id}/results/"
    lying = {name.rpartition("/")[0] for name in world.outbox(home) if name.startswith(named) and FILE not in name}
    return [] if lying == ({held["folder"]} if held else set()) else [f"{home} has results that were replaced"]


def due_run(world: World, home: str) -> str | None:
    """The id of the run over what counts now; `None` while one side is missing."""
    sharing = as_it_stands(world.exchange).under(world.agreement.id)
    staged = StagedFor(sharing, home)
    for partition in staged.counting("households", COLLECTION):
        for job in sharing.pipeline.due(partition, home, staged):
            if job.kind == "run":
                return job_id(job, world.agreement.reference)
    return None
