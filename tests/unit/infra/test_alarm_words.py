"""An alarm looks for words in the log: they must be words that the app writes there."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
ALERTS = ROOT / "infra" / "bicep" / "modules" / "alerts.bicep"


def test_the_app_writes_every_word_that_an_alarm_looks_for() -> None:
    wanted = set(re.findall(r'Message has "([^"]+)"', ALERTS.read_text(encoding="utf-8")))
    written = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "functions").glob("*.py"))
    # The boundary puts the second half of these behind the kind: an event's, or a timer's.
    made = {f"{kind}.{end}" for kind in ("event", "timer") for end in re.findall(r'f"\{kind\}\.(\w+)"', written)}
    made |= {f"watchdog.{severity}" for severity in ("alarm", "unknown")}
    said = made | set(re.findall(r'"([a-z_]+\.[a-z_]+)"', written))

    assert len(wanted) >= 8
    assert wanted - said == set()
