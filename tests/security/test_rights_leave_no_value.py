"""What objections, notices, holds, incidents and the files beside sealed ones leave in the open holds nobody's values.

As `test_no_personal_value.py`, over what officers and operators order. That the search looks there is shown by values
that are planted in each of these places, one at a time.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from client.cli import run
from shared.kernel.contract.objections import CONTRACT
from shared.kernel.disposal.heads import state_heads
from shared.kernel.rights.incidents import Scope, close_incident, incidents_in, inform, open_incident
from tests.agreements import copied
from tests.memory import account, storage
from tests.security.test_no_personal_value import CHILD, PUPIL, SECRETS, everything_in_the_open
from tests.unit.kernel.rights.conftest import now, service, world
from tests.unit.kernel.rights.nights import night, order
from tests.world import NOW, World, decision, table

__all__ = ["account", "now", "service", "storage", "world"]

SHOWN = {
    "a notice": r"-outbox/fsm/reports/\w+/notice\.json$",
    "a report on a list of objections": r"-outbox/fsm/reports/\w+/report\.json$",
    "daily heads": r"-outbox/.*heads.*\.json$",
    "what objections left in the ledger": r"^ledger/.*objected",
    "a hold in the ledger": r"^ledger/.*stop",
    "an incident in the ledger": r"^ledger/.*incident",
    "a certificate": r"^certificates/",
    "an order": r"^requests/.*orders/",
}
"""Where something is written about rights, by the container and the name of a blob."""


def objection(by: str, **named: Any) -> dict[str, Any]:
    days = {"from_day": date(2026, 11, 1), "until_day": date(2027, 7, 31)}
    return {"objection_ref": f"o-{by}", "named_by": by, "reason": "objection", **days, **named}


def take_list(world: World, slug: str, *rows: dict[str, Any]) -> None:
    sealed = world.seal(slug, "objections", pa.Table.from_pylist(list(rows), schema=CONTRACT.arrow_schema()))
    world.receive(slug, world.put(slug, sealed.data, sealed.metadata))
    world.carry_out_all()


@pytest.fixture
def after(world: World) -> World:
    """The small world after a match, a correction, a recall, objections, a hold, a quarantine and an incident."""

    def drop(slug: str, dataset: str, *rows: dict[str, Any]) -> str:
        world.now[0] += timedelta(minutes=10)
        taken = world.receive(slug, world.drop(slug, dataset, rows))
        world.carry_out_all()
        return str(taken)

    drop("southwark", "pupils", PUPIL)
    households = drop("lambeth", "households", CHILD)
    [match] = world.results("lambeth", "matches").to_pylist()
    drop("lambeth", "decisions", decision(match["match_ref"]))
    drop("southwark", "pupils", PUPIL | {"forename": "Qzvqzforf"})
    night(world)
    recall = decision(match["match_ref"], "recall", reason="wrong_family")
    drop("lambeth", "decisions", recall)
    world.now[0] += timedelta(minutes=10)
    take_list(world, "southwark", objection("upn"))  # it names nobody: refused
    named = {"forename": PUPIL["forename"], "surname": PUPIL["surname"], "dob": PUPIL["dob"]}
    take_list(world, "southwark", objection("upn", upn=PUPIL["upn"]), objection("person", **named))
    world.now[0] += timedelta(minutes=10)
    take_list(world, "lambeth", objection("claim", claim=CHILD["household_ref"]))
    drop("southwark", "pupils", PUPIL)
    order(world, "hold", "lambeth", drops=(households,), day=date(2026, 12, 20), why="court")
    order(world, "quarantine", "southwark", since=NOW)
    incident(world)
    world.now[0] += timedelta(days=1)
    night(world)
    state_heads(world.exchange)
    return world


def incident(world: World) -> None:
    ledger, at = world.exchange.ledger, world.now[0]
    open_incident(ledger, "wrong-receiver", at, Scope(party="lambeth"), {"drops": 1, "rows": 1})
    [opened] = incidents_in(ledger)
    inform(ledger, opened, "lambeth", at, at)
    close_incident(ledger, opened, "no-breach", ())


def found(texts: Iterator[tuple[str, str]]) -> set[str]:
    return {where for where, text in texts for low in (text.lower(),) if any(secret in low for secret in SECRETS)}


def blobs(world: World) -> list[str]:
    containers = [container.name for container in world.storage.service.list_containers()]
    return [
        f"{name}/{blob.name}"
        for name in containers
        for blob in world.storage.service.get_container_client(name).list_blobs()
    ]


def test_rights_leave_nobodys_value_in_the_open(after: World) -> None:
    assert found(everything_in_the_open(after)) == set()
    assert any(name.startswith("held/") for name in blobs(after))
    planted = set()
    for place, pattern in SHOWN.items():
        there = next((name for name in blobs(after) if re.search(pattern, name)), "")
        assert there, place
        container, _, name = there.partition("/")
        client = after.storage.service.get_container_client(container)
        kept = client.download_blob(name).readall()
        client.upload_blob(name, kept + PUPIL["surname"].encode(), metadata={"who": PUPIL["upn"]}, overwrite=True)
        planted |= {there, f"metadata of {there}"}
    assert found(everything_in_the_open(after)) == planted


BESIDE = (".source.json", ".manifest.json", "objections-fsm.manifest.json", "objections-fsm.parquet")


def lying(folder: Path) -> Iterator[tuple[str, str]]:
    """Every file of the borough's but those that are its own rows, and its own question."""
    for path in folder.rglob("*"):
        if path.is_file() and path.name not in ("pupils.parquet", "pupils.csv", "who.toml"):
            yield path.name, path.name + path.read_bytes().decode("latin-1")


def test_what_lies_beside_a_sealed_file_and_the_list_of_objections_holds_no_value(
    keys_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("client.settings.now", lambda: NOW)
    shutil.copytree(keys_folder / "southwark" / "keys", tmp_path / "keys")
    copied(tmp_path / "agreements")
    profile = tmp_path / "exchange.toml"
    profile.write_text('borough = "southwark"\nkeys = "keys"\nagreements = "agreements"\n')
    pq.write_table(table("pupils", [PUPIL]), tmp_path / "pupils.parquet")
    who = tmp_path / "who.toml"
    who.write_text(f'upn = "{PUPIL["upn"]}"\nforename = "{PUPIL["forename"]}"\nsurname = "{PUPIL["surname"]}"\n')
    with who.open("a") as file:
        file.write(f'born = "{PUPIL["dob"]}"\n')
    how = ("--out", str(tmp_path / "sealed"), "--profile", str(profile), "--json")
    seal = ("seal", str(tmp_path / "pupils.parquet"), "--dataset", "pupils", "--collection", "2026-autumn")
    assert run([*seal, *how]) == 0
    assert run(["objections", "add", "--who", str(who), "--why", "objection", "--no-drop", *how]) == 0
    assert run(["objections", "list", "--profile", str(profile)]) == 0
    said = capsys.readouterr()
    assert not [secret for secret in SECRETS if secret in (said.out + said.err).lower()]
    assert found(lying(tmp_path)) == set()
    for ending in BESIDE:
        [*_, path] = [path for path in tmp_path.rglob("*") if path.name.endswith(ending)]
        kept = path.read_bytes()
        path.write_bytes(kept + PUPIL["upn"].encode())
        assert found(lying(tmp_path)) == {path.name}, ending
        path.write_bytes(kept)
