"""The command as a whole: quick to answer, the same in every command, and silent about rows."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import typer

import client
from client import cli, codes
from client.code_page import code_page
from client.connect import door_of
from client.contracts import known_columns
from client.pack import codes as pack_codes
from client.person import KEYS
from client.settings import load_settings
from shared.agreements.registry import load_agreement
from shared.kernel.errors import InvalidInput

OWN = {name: place for name, (place, _) in cli.COMMANDS.items() if place.startswith("client.")}


@pytest.mark.outside
def test_help_imports_no_command_and_nothing_heavy():
    program = "import sys; from client.cli import run; run(['--help']); print(sorted(sys.modules), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert not re.search(r"'(pyarrow|pandas|numpy|pydantic|azure|client\.commands|local)'", done.stderr)
    assert all(name in done.stdout for name in cli.COMMANDS)


def test_version_names_package_agreement_and_format(exchange):
    assert exchange("--version").out == (
        f"exchange {version('borough-exchange')} (agreement {load_agreement('fsm').reference}, exchange manifest 1)\n"
    )
    facts = exchange("--version", "--json").json
    assert facts["version"] == version("borough-exchange")
    assert facts["agreement"] == load_agreement("fsm").reference


def test_without_a_command_the_help_is_shown(exchange):
    said = exchange()
    assert said.code == 0
    assert "Usage: exchange" in said.out


def _leaves() -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for name, place in OWN.items():
        command = typer.main.get_command(import_module(place).app)
        found += [(name, part) for part in command.commands] if hasattr(command, "commands") else [(name,)]
    return found


@pytest.mark.parametrize("command", _leaves(), ids=" ".join)
def test_every_command_has_help_an_example_and_json(exchange, command):
    said = exchange(*command, "--help")
    assert said.code == 0
    assert f"Example: exchange {' '.join(command)}" in re.sub(r"\s+", " ", said.out)
    assert "--json" in said.out


@pytest.mark.parametrize("args", [["chek"], ["check"], ["check", "--nonsense"], ["fetch", "--as", "pdf", "--out", "x"]])
def test_a_wrong_command_line_exits_with_64_in_text_and_in_json(exchange, args):
    assert exchange(*args).code == 64
    said = exchange(*args, "--json")
    assert (said.code, said.json["ok"], said.json["error"]["code"]) == (64, False, "INP-000")


def test_a_mistyped_command_is_answered_with_the_one_that_was_meant(exchange):
    assert "'check'" in exchange("chek").err


def test_an_unforeseen_error_exits_with_1_and_its_text_is_not_shown(exchange, monkeypatch, tmp_path):
    def broken(*_: object) -> None:
        raise ValueError("cannot convert OKAFOR")

    monkeypatch.setattr("client.files.read_parquet", broken)
    said = exchange("check", tmp_path / "x.parquet", "--dataset", "pupils", "--json")
    assert (said.code, said.json["error"]["code"]) == (1, "CLI-001")
    assert "OKAFOR" not in said.out + said.err
    monkeypatch.setenv("EXCHANGE_TRACEBACK", "1")
    said = exchange("check", tmp_path / "x.parquet", "--dataset", "pupils", "--json")
    assert (said.code, said.json["error"]["code"]) == (1, "CLI-001")
    assert "OKAFOR" in said.err
    assert "OKAFOR" not in said.out


def test_a_part_that_is_not_there_fails_only_when_it_is_called(exchange, monkeypatch):
    monkeypatch.setitem(cli.COMMANDS, "up", ("local.not_there:command", "Not there."))
    assert exchange("--help").code == 0
    said = exchange("up", "--json")
    assert (said.code, said.json["error"]["code"]) == (1, "CLI-002")


def test_local_commands_are_found_where_the_table_says(exchange):
    for name in ("synth", "demo", "up"):
        assert cli.COMMANDS[name][0].startswith("local.")


def test_every_code_that_is_raised_is_documented_and_every_documented_code_is_raised():
    folder = Path(client.__file__).parent
    rooms = (folder, folder.with_name("operate"), folder.with_name("local"))
    text = {path: path.read_text(encoding="utf-8") for room in rooms for path in room.rglob("*.py")}
    raised = set(re.findall(r"invalid\(\s*\"([A-Z]{3}-\d+)\"", "".join(text.values()))) | {"INP-000"}
    assert raised == set(codes.INPUT_CODES)
    assert len({code.code for code in pack_codes.PACK_CODES}) == len(pack_codes.PACK_CODES)
    rest = "".join(body for path, body in text.items() if path.name != "codes.py")
    names = {name for name, value in vars(pack_codes).items() if isinstance(value, pack_codes.PackCode)}
    assert {name for name in names if not re.search(rf"\b{name}\b", rest)} == set()
    page = code_page()
    assert all(code in page for code in [*codes.INPUT_CODES, *(code.code for code in pack_codes.PACK_CODES)])


def test_an_option_goes_before_the_environment_and_that_before_the_profile(tmp_path):
    profile = tmp_path / "exchange.toml"
    profile.write_text('borough = "lambeth"\nkeys = "keys"\ninbox_url = "https://x/lambeth-inbox?sig=s"\n')
    settings = load_settings(profile, environment={"EXCHANGE_BOROUGH": "lewisham"}, keys=None)
    assert (settings.borough, settings.keys) == ("lewisham", str(tmp_path / "keys"))
    assert (
        load_settings(profile, environment={"EXCHANGE_BOROUGH": "lewisham"}, borough="southwark").slug() == "southwark"
    )
    assert load_settings(None, environment={"EXCHANGE_PROFILE": str(profile)}).borough == "lambeth"
    assert "sig" not in repr(settings)


@pytest.mark.parametrize(
    ("text", "named"), [("borough = ", "TOML"), ("burough = 'x'", "burough"), ("borough = 1", "borough must be text")]
)
def test_a_wrong_profile_is_refused_and_names_the_key(tmp_path, text, named):
    (tmp_path / "p.toml").write_text(text)
    with pytest.raises(InvalidInput, match=f"INP-009.*{named}"):
        load_settings(tmp_path / "p.toml", environment={})


def test_what_is_not_set_and_who_is_not_a_borough_is_said(tmp_path):
    with pytest.raises(InvalidInput, match=r"INP-008.*EXCHANGE_BOROUGH"):
        load_settings(None, environment={}).slug()
    with pytest.raises(InvalidInput, match=r"INP-008.*EXCHANGE_OUTBOX_URL"):
        door_of(load_settings(None, environment={}))
    with pytest.raises(InvalidInput, match="INP-023"):
        load_settings(None, environment={}, borough="paris").slug()


def every_command(name: str, command: Any) -> Iterator[tuple[str, Any]]:
    for word, part in getattr(command, "commands", {}).items():
        yield from every_command(f"{name} {word}", part)
    yield name, command


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_no_command_takes_a_personal_value_on_its_line(name: str) -> None:
    """What stands in a row, or names a person, is asked for in a file or at the terminal: a line is kept and seen."""
    personal = {*known_columns(), *KEYS} - {"extract_date"}  # a day of the file, not of anybody
    for command, found in every_command(name, cli._load(name)):
        for parameter in found.params:
            words = {parameter.name, *(option.lstrip("-").replace("-", "_") for option in parameter.opts)}
            assert not words & personal, command
