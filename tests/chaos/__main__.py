"""The command line: `python -m tests.chaos 200 1`."""

import random
import sys

from tests.chaos.campaign import run_many


def main() -> int:
    """Run them and say what came of it; 1 where anything diverged."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(10**6)
    wrong, told = run_many(count, seed)
    happened = ", ".join(f"{times} {what}" for what, times in sorted(told.items()))
    sys.stdout.write(f"{count} schedules from seed {seed}: {happened}\n")
    sys.stdout.write("\n".join([f"{len(wrong)} divergences", *wrong]) + "\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
