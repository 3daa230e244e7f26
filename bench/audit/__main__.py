"""`python -m bench.audit [--lines N] [--folder F] [--json]`: a month of logs, audited, and read by DuckDB beside it.

Each contestant is a process of its own, so that its peak memory is its own. DuckDB only counts; that its counts are
ours is checked in the same run.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench.audit.month import write_month

ROOT = Path(__file__).resolve().parents[2]
PEERS = Path(os.environ.get("BENCH_PEERS") or ROOT / ".venv-peers" / "bin" / "python")
LINES = 10_000_000


def main() -> int:
    """Make the month, run both, print."""
    parser = argparse.ArgumentParser(prog="python -m bench.audit", description=__doc__.splitlines()[0])
    parser.add_argument("--lines", type=int, default=LINES, help="lines of logs (10 million take 20 GB of disk)")
    parser.add_argument("--folder", type=Path, help="keep the record here, and use one that is there already")
    parser.add_argument("--json", action="store_true", help="print JSON")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        record = (asked.folder or Path(temporary)) / f"month-{asked.lines}"
        if not (record / "whole").exists():
            write_month(record, asked.lines)
            (record / "whole").touch()
        results = {
            "exchange audit": _run([sys.executable, "-m", "bench.audit.ours", str(record)]),
            "DuckDB, counts only": _run([str(PEERS), str(ROOT / "bench/audit/with_duckdb.py"), str(record)]),
        }
    ours, theirs = results.values()
    same = ours["said"]["core"] == theirs["said"]["core"]
    if asked.json:
        print(json.dumps({"lines": asked.lines, "same_counts": same, **results}))
    else:
        print(f"{asked.lines:,} lines; the counts are {'the same' if same else 'NOT THE SAME'}")
        for name, result in results.items():
            print(f"{name:<22}{result['seconds']:8.1f} s{result['cpu']:8.1f} s of CPU{result['megabytes']:8.0f} MB")
        print(f"operations that nothing explains: {ours['said']['unexplained']}")
    return 0 if same else 1


def _run(command: list[str]) -> dict[str, Any]:
    """Run it; seconds by the clock and of CPU, peak memory, and what it printed."""
    began = time.perf_counter()
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen(command, stdout=out, cwd=ROOT)
        _, status, usage = os.wait4(process.pid, 0)
        if status:
            raise SystemExit(f"{command[-2]} failed.")
        out.seek(0)
        said = json.loads(out.read())
    seconds = time.perf_counter() - began
    return {
        "seconds": seconds,
        "cpu": usage.ru_utime + usage.ru_stime,
        "megabytes": usage.ru_maxrss / 1024,
        "said": said,
    }


if __name__ == "__main__":
    sys.exit(main())
