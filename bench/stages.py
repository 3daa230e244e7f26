"""The stages that are measured. `python -m bench.stages STAGE FOLDER` measures one; without arguments it names them.

A stage reads its input first, untimed; then its work is done several times and the median counts. Peak memory is that
of the whole process, libraries and input included: what a function's instance must have.
"""

from __future__ import annotations

import io
import json
import platform
import resource
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bench.data import COLLECTION, HOME, NOON, SCHOOL, read_table
from local.synth.london import AS_OF
from shared.agreements.registry import load_agreement
from shared.kernel.envelope.keys import Use
from shared.kernel.envelope.manifest import EXCHANGE
from shared.kernel.envelope.ring import LocalKeyRing

Work = Callable[[], Any]
AT_LEAST_SECONDS, AT_LEAST_TIMES = 1.0, 3


def seal_drop(folder: Path) -> Work:
    """What a borough does before it drops."""
    from shared.kernel.envelope.seal import Label, seal

    pupils, keys, agreement = read_table(folder / "pupils.arrow"), ring(folder), load_agreement("fsm")
    label = Label(SCHOOL, EXCHANGE, "pupils", COLLECTION, NOON)
    return lambda: seal(pupils, label, agreement=agreement, key_id=keys.current(SCHOOL, Use.DROP), keys=keys)


def write_plain(folder: Path) -> Work:
    """The same rows as Parquet without encryption or signature: what sealing costs on top."""
    pupils = read_table(folder / "pupils.arrow")

    def work() -> None:
        pq.write_table(pupils, io.BytesIO(), compression="zstd")

    return work


def open_drop(folder: Path) -> Work:
    """All gates, then the rows."""
    from shared.kernel.envelope.open import Place, open_sealed

    keys, agreement = ring(folder), load_agreement("fsm")
    data = (folder / "pupils.sealed").read_bytes()
    metadata = json.loads((folder / "pupils.sealed.json").read_text(encoding="utf-8"))
    limits = agreement.limits
    inbox = Place(SCHOOL, EXCHANGE, keys.accepted(SCHOOL, Use.DROP), lambda manifest: limits, limits)
    return lambda: open_sealed(data, metadata, inbox, keys)


def read_plain(folder: Path) -> Work:
    """The same rows from Parquet without encryption or gates: what opening costs on top."""
    buffer = io.BytesIO()
    pq.write_table(read_table(folder / "pupils.arrow"), buffer, compression="zstd")
    data = buffer.getvalue()
    return lambda: pq.read_table(io.BytesIO(data))


def validate_pupils(folder: Path) -> Work:
    """Every rule of the pupils contract."""
    from shared.agreements.free_school_meals.contracts import PUPILS
    from shared.kernel.contract.validate import validate

    pupils = read_table(folder / "pupils.arrow")
    return lambda: validate(pupils, PUPILS, as_of=AS_OF, stale_after_days=365)


def validate_households(folder: Path) -> Work:
    """Every rule of the households contract."""
    from shared.agreements.free_school_meals.contracts import HOUSEHOLDS
    from shared.kernel.contract.validate import validate

    households = read_table(folder / "households.arrow")
    return lambda: validate(households, HOUSEHOLDS, as_of=AS_OF, stale_after_days=365)


def link_sides(folder: Path) -> Work:
    """As many pupils with as many benefit children."""
    from shared.agreements.free_school_meals.linkage import link_pupils

    pupils, households = read_table(folder / "pupils-accepted.arrow"), read_table(folder / "households-accepted.arrow")
    policy = load_agreement("fsm").linkage
    return lambda: link_pupils(pupils, households, policy)


def release_results(folder: Path) -> Work:
    """From links to sealed matches and review: eligibility, outcomes, the agreement's columns, encryption."""
    from shared.agreements.free_school_meals.eligibility.assess import assess, exclude_pupils
    from shared.agreements.free_school_meals.outcomes import decide
    from shared.agreements.free_school_meals.results import match_refs, pairs
    from shared.kernel.envelope.pseudonyms import KeyedPseudonyms
    from shared.kernel.envelope.seal import Label, seal
    from shared.kernel.work.outbox import released

    pupils, households = read_table(folder / "pupils-accepted.arrow"), read_table(folder / "households-accepted.arrow")
    links, keys, agreement = read_table(folder / "links.arrow"), ring(folder), load_agreement("fsm")
    rule_set = agreement.eligibility.rule_set

    def work() -> None:
        linked = households.take(links.column("household_row").combine_chunks())
        assessment = assess(linked, rule_set=rule_set, as_of=AS_OF)
        none = pa.scalar(None, pa.string())
        tiers = pc.if_else(pc.is_valid(links.column("household_row")), assessment.column("tier"), none)
        outcomes = decide(links, exclude_pupils(pupils, rule_set=rule_set, as_of=AS_OF), tiers.combine_chunks())
        for release, outcome in (("matches", "matched"), ("review", "review")):
            rows = outcomes.rows(outcome)
            sides = pupils.take(rows), linked.take(rows)
            refs = match_refs(HOME, *sides, KeyedPseudonyms(bytes(32)))
            found = pairs(refs, *sides, links.take(rows), assessment.take(rows))
            sent = released(agreement, release, found, to=HOME, own=HOME, on=AS_OF)
            label = Label(EXCHANGE, HOME, release, COLLECTION, NOON)
            seal(sent, label, agreement=agreement, key_id=keys.current(HOME, Use.RELEASE), keys=keys)

    return work


STAGES: dict[str, Callable[[Path], Work]] = {
    "seal": seal_drop,
    "  plain Parquet write": write_plain,
    "open": open_drop,
    "  plain Parquet read": read_plain,
    "validate pupils": validate_pupils,
    "validate households": validate_households,
    "link": link_sides,
    "release": release_results,
}
"""By name; an indented one is the peer of the stage above it."""


def ring(folder: Path) -> LocalKeyRing:
    """The keys of all sizes."""
    return LocalKeyRing(folder.parent / "keys")


def measure(work: Work) -> dict[str, float]:
    """Seconds of the first and of the median run, and peak memory of this process in MB."""
    seconds: list[float] = []
    while len(seconds) < AT_LEAST_TIMES or sum(seconds) < AT_LEAST_SECONDS:
        began = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - began)
    return {"first_seconds": seconds[0], "seconds": statistics.median(seconds), "peak_mb": peak_mb()}


def peak_mb() -> float:
    """The most memory that this process has had, in MB. Linux counts in KB, macOS in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / (2**20 if platform.system() == "Darwin" else 2**10)


def main(arguments: list[str]) -> None:
    """Print JSON: the names of the stages, or what was measured of one."""
    if not arguments:
        print(json.dumps(list(STAGES)))
        return
    stage, folder = arguments
    work = STAGES[stage](Path(folder))
    before = peak_mb()
    print(json.dumps(measure(work) | {"loaded_mb": before}))


if __name__ == "__main__":
    main(sys.argv[1:])
