"""`exchange up`: a borough drops, its function fires, its answer is there; stopped and started, nothing is lost."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from local.site import Desk, make_keys
from shared.agreements.registry import PACKAGES, load_agreements
from shared.kernel.envelope.keys import Use
from shared.kernel.envelope.ring import LocalKeyRing
from shared.kernel.storage.access import BoroughDoor

ROOT = Path(__file__).resolve().parents[2]


@contextmanager
def up(folder: Path) -> Iterator[dict[str, Path]]:
    """Run the command as a person would; yields each borough's profile; ends it with Ctrl-C."""
    command = [sys.executable, "-m", "client.cli", "up", "--folder", str(folder), "--json"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            said = json.loads(process.stdout.readline())
            yield {slug: Path(profile) for slug, profile in said["profiles"].items()}
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(60) == 0


def door(profile: Path) -> BoroughDoor:
    held = tomllib.loads(profile.read_text(encoding="utf-8"))
    certificate = str(profile.parent / held["certificate"])
    return BoroughDoor(held["inbox_url"], held["outbox_url"], connection_verify=certificate)


def answers(profile: Path, wait: float = 60) -> set[str]:
    deadline = time.monotonic() + wait
    with door(profile) as way:
        while True:
            names = {facts.name for facts in way.list()}
            if names or time.monotonic() > deadline:
                return names
            time.sleep(0.2)


def test_a_borough_drops_and_is_answered_and_a_restart_keeps_blobs_and_keys(tmp_path: Path) -> None:
    with up(tmp_path) as profiles:
        assert set(profiles) == set(load_agreements().parties)
        assert profiles["lambeth"].stat().st_mode & 0o077 == 0
        with door(profiles["lambeth"]) as way:
            way.put("pupils.parquet", b"not sealed at all", {})
        first = answers(profiles["lambeth"])
        keys = LocalKeyRing(profiles["lambeth"].parent / "keys")
        sealed_to = keys.current("lambeth", Use.DROP)

    assert first
    with up(tmp_path) as profiles:
        # The first look may have seen some of the answer before all of it was written.
        assert first <= answers(profiles["lambeth"], wait=0)
        assert answers(profiles["southwark"], wait=0) == set()
        assert keys.current("lambeth", Use.DROP) == sealed_to


def test_a_desk_holds_no_private_key_of_anybody_else_and_can_be_made_again(tmp_path: Path) -> None:
    desks = tuple(Desk(slug, tmp_path / slug) for slug in ("lambeth", "southwark"))

    make_keys(tmp_path / "keys", desks)
    made = sorted(path.name for path in tmp_path.rglob("*.jwk.json"))
    make_keys(tmp_path / "keys", desks)

    assert sorted(path.name for path in tmp_path.rglob("*.jwk.json")) == made
    for desk in desks:
        assert {held[0] for held in private(desk.folder / "keys")} == {desk.slug}
    assert private(tmp_path / "keys") == {
        ("exchange", "sign"),
        ("exchange", "staging"),
        ("lambeth", "drop"),
        ("southwark", "drop"),
        *((agreement, "pseudonym") for agreement in PACKAGES),
    }


def private(ring: Path) -> set[tuple[str, ...]]:
    """Owner and use of every private key in a ring."""
    return {tuple(path.name.split(".")[:2]) for path in (ring / "private").iterdir()}
