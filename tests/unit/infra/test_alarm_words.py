"""An alarm looks for words in the log: they must be words that the app writes there. And every alarm is explained."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
BICEP = ROOT / "infra" / "bicep"
PAGE = ROOT / "docs" / "operators" / "alarms.md"


def test_the_app_writes_every_word_that_an_alarm_looks_for() -> None:
    asked = "".join(path.read_text(encoding="utf-8") for path in sorted((BICEP / "kql").glob("*.kql")))
    wanted = set(re.findall(r'Message has "([^"]+)"', asked))
    written = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "functions").glob("*.py"))
    # The boundary puts the second half of these behind the kind: an event's, or a timer's.
    made = {f"{kind}.{end}" for kind in ("event", "timer") for end in re.findall(r'f"\{kind\}\.(\w+)"', written)}
    made |= {f"watchdog.{severity}" for severity in ("alarm", "unknown")}
    said = made | set(re.findall(r'"([a-z_]+\.[a-z_]+)"', written))

    assert len(wanted) >= 8
    assert wanted - said == set()


def test_every_alarm_has_its_row_and_every_row_its_alarm() -> None:
    """With its severity, what it means, what to do first, and who."""
    texts = [(BICEP / "modules" / name).read_text(encoding="utf-8") for name in ("alerts.bicep", "metric-alerts.bicep")]
    between = r"(?:location: 'global'\n\s+properties: \{\n\s+description: [^\n]+\n\s+enabled: true\n\s+)?"
    there = dict(re.findall(rf"name: '([a-z-]+)'\n\s+{between}severity: (\d)", "\n".join(texts)))
    row = r"^\| `([a-z-]+)` \| (.) \| [^|]+ \| [^|]+ \| [^|]+ \|$"
    told = dict(re.findall(row, PAGE.read_text(encoding="utf-8"), re.MULTILINE))
    assert [told.pop("azure-in-uksouth"), told.pop("alarm-disabled")] == ["–", "–"], "they have none"

    assert told == there
    assert len(there) >= 19


def test_every_question_is_one_of_an_alarm() -> None:
    text = (BICEP / "modules" / "alerts.bicep").read_text(encoding="utf-8")
    asked = re.findall(r"loadTextContent\('\.\./kql/([a-z-]+)\.kql'\)", text)

    assert sorted(asked) == sorted(path.stem for path in (BICEP / "kql").glob("*.kql"))
    assert re.findall(r"name: '([a-z-]+)'\n\s+severity", text) == asked
