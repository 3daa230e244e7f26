"""The paths of all templates."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
TEMPLATES = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "infra").rglob("*.bicep"))
