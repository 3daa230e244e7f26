"""Our own linkage through its one door, `link`.

Variants: `saved` is the agreement as it stands, with the model that ships with it; `trained` makes its model from the
files of the run; `cascade` is the deterministic tiers alone.
"""

import time
from concurrent.futures import ThreadPoolExecutor

BEGAN = time.perf_counter()

import numpy as np  # noqa: E402
import pandas as pd  # noqa: E402, F401 - Arrow would import it within a stage
import pyarrow.compute as pc  # noqa: E402

from bench.link.contestants.race import enter  # noqa: E402
from bench.link.read import main_registrations, read  # noqa: E402
from shared.agreements.free_school_meals.linkage import SCHEMA  # noqa: E402
from shared.agreements.registry import load_agreement  # noqa: E402
from shared.methods.linkage.encode.read import read_records  # noqa: E402
from shared.methods.linkage.link import link_records  # noqa: E402
from shared.methods.linkage.model.train import train_records  # noqa: E402

IMPORTED = time.perf_counter() - BEGAN


def main() -> None:
    """Run, and hand in."""
    entry = enter(IMPORTED)
    policy = load_agreement("fsm").linkage
    if entry.variant == "cascade":
        policy = policy.model_copy(update={"model": None})
    with entry.stage("read"):
        with ThreadPoolExecutor(max_workers=2) as workers:
            first = workers.submit(main_registrations, entry.folder)
            households = read(entry.folder, "households")
        pupils, main = first.result()
        records = read_records(pupils, households, SCHEMA)
    if entry.variant == "trained":
        with entry.stage("train"):
            facts = {"name": "bench", "version": "0.0.0", "trained_on": entry.folder.name}
            policy = policy.model_copy(update={"model": train_records([records], policy, **facts)})
    with entry.stage("link"):
        links = link_records(records, households, SCHEMA, policy)
    # A claim that does not list the pupil is no link of two records, and no contestant but ours offers any.
    listed = pc.fill_null(pc.not_equal(links.column("rule"), "unlisted"), False)
    made = links.filter(pc.and_(pc.is_valid(links.column("right_row")), listed))
    pupil, household, probability = (
        np.asarray(made.column(name).combine_chunks()) for name in ("left_row", "right_row", "row_probability")
    )
    automatic = np.asarray(pc.equal(made.column("outcome"), "matched").combine_chunks())
    entry.finish(main[pupil], household.astype(np.int64), probability, probability, automatic)


if __name__ == "__main__":
    main()
