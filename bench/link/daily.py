"""A borough's daily work: a few new pupils against its whole extract, with the model that ships.

`python -m bench.link.daily SET-FOLDER` prints seconds from Parquet to links: of the first time, when nothing is warm,
and the median of `TIMES`.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from pathlib import Path

TIMES = 7


def main(folder: Path) -> None:
    """Import first, then measure."""
    began = time.perf_counter()
    import pandas as pd  # noqa: F401 - Arrow imports it at its first array

    from bench.link.read import read
    from shared.agreements.free_school_meals.linkage import link_pupils
    from shared.agreements.registry import load_agreement

    imported = time.perf_counter() - began
    policy = load_agreement("fsm").linkage
    seconds = []
    for _ in range(TIMES):
        began = time.perf_counter()
        link_pupils(*(read(folder, side) for side in ("pupils", "households")), policy)
        seconds.append(time.perf_counter() - began)
    print(json.dumps({"import": imported, "first": seconds[0], "median": statistics.median(seconds)}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
