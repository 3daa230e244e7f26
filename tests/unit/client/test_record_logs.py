"""What `exchange record fetch` makes of the names of logs: all of them are copied, but where a name leads elsewhere."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import pytest

from operate.record import _copy_logs
from shared.kernel.storage.logs_archive import LogArchive, LogFile

BEGIN, END = datetime(2026, 10, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC)
CONTAINER = "insights-logs-storageread"


class Archive:
    """An audit account with these names; each file holds its own."""

    def __init__(self, *names: str) -> None:
        self.names = names

    def files(self, first: datetime, end: datetime) -> list[LogFile]:
        return [LogFile(CONTAINER, name, None) for name in self.names]

    def read(self, file: LogFile) -> bytes:
        return file.name.encode()


@pytest.mark.parametrize("name", ["../../out.json", "/absolute", "a/./b", "a//b", "a\\b", "a\nb", "end/"])
def test_a_name_that_leads_elsewhere_is_not_copied_and_said(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    archive = cast(LogArchive, Archive(name, "resourceId=x/PT1H"))
    assert _copy_logs(archive, BEGIN, END, tmp_path / "record") == 1
    assert [path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()] == [
        f"record/logs/{CONTAINER}/resourceId=x/PT1H"
    ]
    said = capsys.readouterr().err
    assert "REC-005" in said
    assert name not in said
    assert "NOT copied: 1." in said
