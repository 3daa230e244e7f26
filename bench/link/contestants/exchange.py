"""Our own linkage through its one door, `link`.

Variants: `saved` is the agreement as it stands, with the model that ships with it; `trained` makes its model from the
files of the run; `cascade` is the deterministic tiers alone.
"""

import time

BEGAN = time.perf_counter()

import numpy as np  # noqa: E402
import pyarrow.compute as pc  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402

from bench.link.contestants.race import enter  # noqa: E402
from shared.agreement.load import load_agreement  # noqa: E402
from shared.linkage.link import link  # noqa: E402
from shared.linkage.train import train  # noqa: E402

IMPORTED = time.perf_counter() - BEGAN


def main() -> None:
    """Run, and hand in."""
    entry = enter(IMPORTED)
    policy = load_agreement().linkage
    if entry.variant == "cascade":
        policy = policy.model_copy(update={"model": None})
    with entry.stage("read"):
        pupils, households = (pq.read_table(entry.folder / f"{side}.parquet") for side in ("pupils", "households"))
    if entry.variant == "trained":
        with entry.stage("train"):
            model = train([(pupils, households)], policy, name="bench", version="0.0.0", trained_on=entry.folder.name)
            policy = policy.model_copy(update={"model": model})
    with entry.stage("link"):
        links = link(pupils, households, policy)
    made = links.filter(pc.is_valid(links.column("household_row")))
    pupil, household, probability, weight = (
        np.asarray(made.column(name).combine_chunks())
        for name in ("pupil_row", "household_row", "probability", "match_weight")
    )
    automatic = np.asarray(pc.equal(made.column("outcome"), "matched").combine_chunks())
    entry.finish(pupil.astype(np.int64), household.astype(np.int64), probability, weight, automatic)


if __name__ == "__main__":
    main()
