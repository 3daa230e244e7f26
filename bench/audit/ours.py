"""Our audit of the record, as a contestant: `python -m bench.audit.ours RECORD` prints its core counts as JSON."""

import json
import sys
from collections import Counter
from pathlib import Path

from bench.audit.month import FIRST, LAST, agreements
from shared.kernel.audit.audit import audit


def main() -> None:
    """Audit, and print who did what where, how often, and from when to when."""
    report = audit(Path(sys.argv[1]), agreements(), FIRST, LAST)
    counts: Counter[str] = Counter()
    for access in report.access:
        counts[f"{access.operation} {access.container} {access.outcome}"] += access.operations
    times = [access.first for access in report.access], [access.last for access in report.access]
    core = {"counts": dict(sorted(counts.items())), "first": min(times[0]), "last": max(times[1])}
    print(json.dumps({"core": core, "unexplained": report.unexplained, "lines": report.inputs.lines}))


if __name__ == "__main__":
    main()
