"""The console script. Where a part of the command itself is not installed, that is said in a sentence."""

from __future__ import annotations

import json
import sys


def main() -> None:
    """Run the command line of this process."""
    try:
        from client.cli import main as run
    except ModuleNotFoundError as missing:
        if missing.name is None or missing.name.partition(".")[0] == "client":
            raise
        from client.versions import how_to_install

        message, remedy = f"The part {missing.name} is not installed.", how_to_install(missing.name)
        if "--json" in sys.argv:
            error = {"code": "CLI-002", "message": message, "remedy": remedy}
            sys.stdout.write(json.dumps({"ok": False, "error": error}))
        sys.stderr.write(f"CLI-002: {message}\n  {remedy}\n")
        sys.exit(1)
    run()
