"""`python -m bench [--rows 10000 100000] [--json] [--no-growth]`: every stage at every size, the app's cold import, and
how the work grows with the boroughs.

This process stays small: a child's peak memory would otherwise begin with its parent's.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench.growth import grown, growth_table

ROOT = Path(__file__).resolve().parents[1]
IMPORT = """
import json, time
wall, cpu = time.perf_counter(), time.process_time()
import function_app
print(json.dumps({"seconds": time.perf_counter() - wall, "cpu_seconds": time.process_time() - cpu}))
"""


def main() -> int:
    """Measure, then print a table or JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=" ".join(__doc__.split("\n\n")[0].split()))
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000], help="sizes (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--no-growth", action="store_true", help="leave out the terms of 8 and of 33 boroughs")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        note(f"Making synthetic London for {max(asked.rows):,} rows")
        child("bench.data", folder, *map(str, asked.rows))
        stages = json.loads(child("bench.stages"))
        results = []
        for rows in asked.rows:
            for stage in stages:
                note(f"{stage.strip()}, {rows:,} rows")
                measured = json.loads(child("bench.stages", stage, f"{folder}/{rows}"))
                results.append({"stage": stage, "rows": rows, **measured})
    report = {
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} CPUs",
        "import_function_app": cold_import(),
        "stages": results,
        "growth": [] if asked.no_growth else growth(),
    }
    print(json.dumps(report, indent=2) if asked.json else table(report))
    return 0


def growth() -> list[dict[str, Any]]:
    """A term of 8 boroughs and one of 33."""
    with tempfile.TemporaryDirectory() as folder:
        note("A term of 8 boroughs, and one of 33: this takes some minutes")
        return grown(Path(folder))


def child(module: str, *arguments: str) -> str:
    """Run a module in a process of its own and return what it prints."""
    command = [sys.executable, "-m", module, *arguments]
    return subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout


def cold_import(times: int = 5) -> dict[str, float]:
    """Seconds to import `function_app` in a new process, on the clock and of CPU: medians, once bytecode is cached."""
    command = [sys.executable, "-c", IMPORT]
    runs = [subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True) for _ in range(times + 1)]
    found = [json.loads(run.stdout) for run in runs[1:]]
    return {key: statistics.median(run[key] for run in found) for key in found[0]}


def table(report: dict[str, Any]) -> str:
    """The report as text. Peers stand indented under the stage that they are compared with."""
    lines = [
        f"Python {report['python']}, {report['machine']}; each line a process of its own",
        "",
        f"{'stage':<22} {'rows':>8} {'seconds':>8} {'rows/s':>12} {'peak MB':>8} {'before the work':>16}",
    ]
    lines += [_line(found) for found in report["stages"]]
    imported = report["import_function_app"]
    lines += ["", f"cold import of function_app: {imported['seconds']:.2f} s, {imported['cpu_seconds']:.2f} s of CPU"]
    if report["growth"]:
        lines += ["", growth_table(report["growth"])]
    return "\n".join(lines)


def _line(found: dict[str, Any]) -> str:
    speed = found["rows"] / found["seconds"]
    return (
        f"{found['stage']:<22} {found['rows']:>8,} {found['seconds']:>8.3f} {speed:>12,.0f} "
        f"{found['peak_mb']:>8.0f} {found['loaded_mb']:>16.0f}"
    )


def note(text: str) -> None:
    """Progress goes to standard error."""
    sys.stderr.write(text + "\n")


if __name__ == "__main__":
    sys.exit(main())
