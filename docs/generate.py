"""Writes every generated file of the repository, or checks that none is stale.

    python -m docs.generate           write
    python -m docs.generate --check   exit 1 and name what differs
"""

import sys
from pathlib import Path

from shared.agreement.schema import schemas

ROOT = Path(__file__).resolve().parents[1]


def generated() -> dict[Path, str]:
    """Every generated file and what it should hold."""
    files = {Path("agreements/schema") / name: text for name, text in schemas().items()}
    return files


def stale() -> list[Path]:
    """The generated files that are missing or differ."""
    return [
        path
        for path, text in generated().items()
        if not (ROOT / path).is_file() or (ROOT / path).read_text(encoding="utf-8") != text
    ]


def main() -> int:
    """Write, or with `--check` only look."""
    differing = stale()
    for path in differing:
        sys.stdout.write(f"{path}\n")
    if "--check" in sys.argv[1:]:
        return 1 if differing else 0
    for path in differing:
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(generated()[path], encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
