"""The console script. Where a part of the command itself is not installed, that is said in a sentence."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line of this process."""
    try:
        from client.cli import main as run
    except ModuleNotFoundError as missing:
        if missing.name is None or missing.name.partition(".")[0] == "client":
            raise
        from client.versions import how_to_install

        sys.stderr.write(f"CLI-002: The part {missing.name} is not installed.\n  {how_to_install(missing.name)}\n")
        sys.exit(1)
    run()
