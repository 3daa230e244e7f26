"""The page on unattended sending is true: its script sends, its units hold, what it types exists, its codes hold."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import typer

from client import cli
from client.exits import exit_table
from operate.passes import write_profile
from shared.kernel.storage import line, line_faults
from shared.kernel.storage.access import inbox_pass, outbox_pass
from shared.kernel.storage.storage import Storage
from tests.agreements import copied

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/users/unattended.md").read_text(encoding="utf-8")
EXTRACT = (ROOT / "local/synth/sample/households_csv/lambeth/nec.csv").read_text(encoding="utf-8")
TODAY = datetime.now(UTC)


def block(language: str, place: int = 0) -> str:
    """A piece of the page."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)[place]


@dataclass
class Night:
    """The folder of the task, and its script as the page has it."""

    folder: Path
    storage: Storage

    def profile(self, place: str | None = None) -> None:
        issued = datetime.now(UTC)
        boxes = {"inbox_url": inbox_pass, "outbox_url": outbox_pass}
        urls = {
            name: make(self.storage, "lambeth", issued=issued, expires=issued + timedelta(hours=1))
            for name, make in boxes.items()
        }
        if place:
            urls = {name: urlsplit(url)._replace(netloc=place).geturl() for name, url in urls.items()}
        agreements = str(self.folder / "agreements")
        write_profile(
            self.folder / "exchange.toml", {"borough": "lambeth", "keys": "keys", "agreements": agreements} | urls
        )

    def deliver(self, rows: int = 30) -> None:
        """What the supplier's job writes, long enough ago to be still."""
        head, *lines = EXTRACT.splitlines()
        path = self.folder / "incoming" / "nec.csv"
        path.parent.mkdir(exist_ok=True)
        text = "\n".join([head, *lines[:rows]]) + "\n"
        path.write_text(text.replace("27/10/2026", f"{TODAY:%d/%m/%Y}"), encoding="utf-8")
        os.utime(path, (time.time() - 600, time.time() - 600))

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        programs = f"{self.folder / 'bin'}:{Path(sys.executable).parent}:/usr/bin:/bin"
        environment = {
            "PATH": programs, "EXCHANGE_FOLDER": str(self.folder), "EXCHANGE_COLLECTION": "2026-autumn",
            "HOME": str(self.folder), "COVERAGE_PROCESS_START": "",
        }  # fmt: skip
        return subprocess.run(
            command or [str(self.folder / "bin" / "exchange-night")],
            env=environment, capture_output=True, text=True, cwd="/",
        )  # fmt: skip

    def names(self, place: str, ending: str = "*") -> list[str]:
        return sorted(path.name for path in (self.folder / place).rglob(ending) if path.is_file())


@pytest.fixture
def night(tmp_path: Path, storage: Storage, keys_folder: Path) -> Night:
    shutil.copytree(keys_folder / "lambeth" / "keys", tmp_path / "keys")
    terms = copied(tmp_path / "agreements") / "fsm.yaml"
    first, last = (TODAY - timedelta(days=90)).date(), (TODAY + timedelta(days=90)).date()
    text = re.sub(r"(from: )\d{4}-\d\d-\d\d", rf"\g<1>{first}", terms.read_text(), count=1)
    terms.write_text(re.sub(r"(to: )\d{4}-\d\d-\d\d", rf"\g<1>{last}", text, count=1))
    script = tmp_path / "bin" / "exchange-night"
    script.parent.mkdir()
    script.write_text(block("sh"))
    script.chmod(0o755)
    found = Night(tmp_path, storage)
    found.profile()
    return found


def test_a_night_sends_what_was_delivered_once_and_collects(night: Night) -> None:
    night.deliver()
    done = night.run()
    assert done.returncode == 5, done.stderr  # nothing has come back yet
    [sent] = night.names("sent", "*.parquet")
    assert [facts.name for facts in night.storage.inbox("lambeth").list()] == [sent]
    assert (night.names("incoming"), night.names("outgoing"), len(night.names("done"))) == ([], [], 1)
    night.storage.outbox("lambeth").create("reports/x/report.json", b"{}")
    done = night.run()
    assert (done.returncode, night.names("collected")) == (0, ["report.json"])
    assert len(list(night.storage.inbox("lambeth").list())) == 1
    assert {path.stat().st_mode & 0o077 for path in night.folder.rglob("collected/**/*")} == {0}


def test_a_night_without_a_line_keeps_what_it_has_for_the_next(night: Night) -> None:
    from tests.conditions.line import nowhere

    night.profile(nowhere())
    night.deliver()
    done = night.run()
    assert done.returncode == 5, done.stderr
    [waiting] = night.names("outgoing", "*.parquet")
    assert "STO-021" in done.stderr
    night.profile()
    assert night.run().returncode == 5
    assert [facts.name for facts in night.storage.inbox("lambeth").list()] == [waiting]


def test_a_night_with_half_an_extract_sends_nothing_and_says_so(night: Night) -> None:
    night.deliver(100)
    night.run()
    night.deliver(40)
    done = night.run()
    assert done.returncode == 2
    assert "INP-118" in done.stderr
    assert night.names("incoming") == ["nec.csv"]
    assert len(list(night.storage.inbox("lambeth").list())) == 1


def test_the_line_of_cron_runs_with_crons_environment(night: Night) -> None:
    lines = block("cron").replace("/srv/exchange", str(night.folder)).splitlines()
    (night.folder / "work").mkdir()
    fields = lines[-1].split(maxsplit=5)
    assert all(re.fullmatch(r"[\d*/,-]+", field) for field in fields[:5])
    night.deliver()
    done = night.run("/bin/sh", "-c", fields[5])
    assert done.stdout == "exchange-night ended with 5\n"
    assert '"dropped": "households-2026-autumn-' in (night.folder / "night.log").read_text()


def test_the_script_is_plain_shell() -> None:
    for shell in ("dash", "bash"):
        if path := shutil.which(shell):
            assert subprocess.run([path, "-n"], input=block("sh"), text=True, capture_output=True).stderr == ""


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if not analyze:
        pytest.skip("there is no systemd-analyze")
    service = block("ini").replace("/usr/local/bin/exchange-night", "/bin/true").replace("User=exchange\n", "")
    (tmp_path / "exchange-night.service").write_text(service)
    (tmp_path / "exchange-alert.service").write_text("[Service]\nType=oneshot\nExecStart=/bin/true\n")
    (tmp_path / "exchange-night.timer").write_text(block("ini", 1))
    units = [str(tmp_path / f"exchange-night.{kind}") for kind in ("service", "timer")]
    done = subprocess.run([analyze, "verify", *units], capture_output=True, text=True)
    assert [said for said in done.stderr.splitlines() if "exchange-night" in said] == []


def test_powershell_takes_the_script() -> None:
    shell = shutil.which("pwsh")
    if not shell:
        pytest.skip("there is no PowerShell")
    parse = "[void][scriptblock]::Create([Console]::In.ReadToEnd())"
    for place in (0, 1):
        done = subprocess.run([shell, "-NoProfile", "-Command", parse], input=block("powershell", place), text=True)
        assert done.returncode == 0


@pytest.mark.parametrize("language", ["sh", "powershell"])
def test_every_command_and_option_of_the_scripts_exists(language: str) -> None:
    script = block(language)
    typed = re.findall(r"(?:^|[\s(;])(?:run|Invoke-Exchange) ([a-z]+)(.*)", script, re.MULTILINE)
    assert {name for name, _ in typed} == {"pack", "seal", "drop", "fetch"}
    for name, rest in typed:
        command = typer.main.get_command(__import__(cli.COMMANDS[name][0], fromlist=["app"]).app)
        if name == "pack":
            command = command.commands[rest.split()[0]]  # type: ignore[attr-defined]
        known = {option for parameter in command.params for option in parameter.opts}
        assert set(re.findall(r"(?<!\S)--[a-z-]+", rest)) <= known


def test_the_page_has_every_exit_code_and_every_cause() -> None:
    assert exit_table() in PAGE
    causes = {
        code for module in (line, line_faults) for code in re.findall(r"STO-02\d", Path(module.__file__).read_text())
    }
    assert causes == set(re.findall(r"^\| (STO-02\d) \|", PAGE, re.MULTILINE))
    assert f"may take {int(line.CONNECT_SECONDS)} seconds" in PAGE
