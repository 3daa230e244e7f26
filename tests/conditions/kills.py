"""Kills commands at random moments and types them again: nothing half, nothing doubled, nothing left.

python -m tests.conditions.kills 200 [seed]

A process that has everything imported forks for each command, so that the moment of the kill falls into the command's
own work and not into Python's beginning. SIGKILL: nothing of the command runs after it.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow.parquet as pq

# Imported here, so that a fork has them.
import client.beforehand
import client.commands.doctor
import client.commands.drop
import client.commands.fetch
import client.commands.keys
import client.commands.pack
import client.commands.seal
import client.commands.style
import client.commands.template
import client.dropping
import client.examine
import client.fetching
import client.key_folder
import client.pack.census
import client.pack.tabular
from client import settings
from client.cli import run
from client.sealed_files import SOURCE, beside, load
from local.azurite import Azurite
from local.site import Desk, make_keys
from operate.passes import write_profile
from shared.agreements.registry import load_agreement
from shared.kernel.envelope.keys import Use
from shared.kernel.envelope.ring import LocalKeyRing
from shared.kernel.storage.access import inbox_pass, outbox_pass
from shared.kernel.storage.storage import Storage
from tests.unit.client.results_sample import lay_references
from tests.world import COLLECTION, NOW, household, table

SLUG = "lambeth"
SAMPLE = Path(__file__).resolve().parents[2] / "local" / "synth" / "sample"
_BEGAN = time.monotonic()
_HANGS = 120.0


def _now() -> datetime:
    """A clock that goes: each sealed file has a second of its own."""
    return NOW + timedelta(seconds=int(time.monotonic() - _BEGAN))


@dataclass
class Desktop:
    """One borough's folder, an exchange on the emulator, and what is typed there."""

    folder: Path
    storage: Storage
    chance: random.Random
    lasts: dict[str, float] = field(default_factory=dict)
    """Seconds that each command takes when it is let be."""
    kills: Counter[str] = field(default_factory=Counter)
    number: int = 0

    def set_up(self) -> None:
        """Keys, profile, an extract, and something to collect."""
        make_keys(self.folder / "exchange-keys", (Desk(SLUG, self.folder),))
        issued = datetime.now(UTC)
        passes = {
            f"{box}_url": make(self.storage, SLUG, issued=issued, expires=issued + timedelta(hours=5))
            for box, make in (("inbox", inbox_pass), ("outbox", outbox_pass))
        }
        write_profile(self.folder / "exchange.toml", {"borough": SLUG, "keys": "keys"} | passes)
        rows = [household(f"H{number}") for number in range(2000)]
        pq.write_table(table("households", rows), self.folder / "h.parquet")
        lines = "".join(f"m-{number},confirm,officer1,{NOW.date()}\n" for number in range(2000))
        (self.folder / "d.csv").write_text(f"match_ref,decision,decided_by,decided_on\n{lines}")
        lay_references(self.folder / "results", (f"m-{number}" for number in range(2000)))
        for number in range(6):
            self.storage.outbox(SLUG).create(f"results/{number}.json", b"x" * 50_000 * number)
        os.chdir(self.folder)

    def typed(self, words: list[str], kill: float | None = None) -> int | None:
        """Type a command; `None` when it was killed before it ended."""
        child = os.fork()
        if child == 0:  # pragma: no cover - another process
            settings.now = _now
            client.dropping.exchange_now = lambda _door: _now()
            client.examine.now = lambda: NOW
            code = 1
            try:
                with Path(os.devnull).open("w") as nothing, redirect_stdout(nothing), redirect_stderr(nothing):
                    code = run(words)
            finally:
                os._exit(code)
        began = time.monotonic()
        while kill is None or time.monotonic() - began < kill:
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                return os.waitstatus_to_exitcode(status)
            assert time.monotonic() - began < _HANGS, words
            time.sleep(0.0005)
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        code = os.waitstatus_to_exitcode(status)
        return code if code >= 0 else None

    def killed(self, name: str, words: list[str], ends: tuple[int, ...] = (0,)) -> None:
        """Kill a command at a random moment, then type it again and let it be."""
        code = self.typed(words, self.chance.uniform(0, self.lasts.get(name, 1.0)))
        self.kills[f"{name}: {'killed' if code is None else 'ended before'}"] += 1
        began = time.monotonic()
        code = self.typed(words)
        self.lasts[name] = 0.5 * self.lasts.get(name, 0.0) + 0.6 * (time.monotonic() - began)
        assert code in ends, f"{name} ended with {code}"
        left = [path for path in self.folder.rglob(".*") if path.name not in (".lock",)]
        assert not left, f"{name} left {left}"

    def keys_new(self) -> None:
        keys = self.folder / f"keys-{self.number}"
        self.killed("keys new", ["keys", "new", "--borough", SLUG, "--keys", str(keys)], (0, 7))
        self.whole_ring(keys, 1)

    def keys_rotate(self) -> None:
        keys = self.folder / f"keys-{self.number}"
        assert self.typed(["keys", "new", "--borough", SLUG, "--keys", str(keys)]) == 0
        self.killed("keys rotate", ["keys", "rotate", "--borough", SLUG, "--keys", str(keys)])
        self.whole_ring(keys, 3)

    def whole_ring(self, keys: Path, most: int) -> None:
        """Every key has both parts, and there are no more versions than were asked for."""
        names = [sorted(path.name for path in (keys / part).iterdir()) for part in ("public", "private")]
        assert names[0] == names[1]
        held = [len(LocalKeyRing(keys).held(SLUG, use)) for use in (Use.RELEASE, Use.SIGN)]
        assert all(1 <= count <= most for count in held), held

    def pack(self) -> None:
        out = self.folder / f"packed-{self.number}" / "d.parquet"
        words = ["pack", "table", "d.csv", "--dataset", "decisions", "--out", str(out), "--settle", "0"]
        words += ["--results", "results"]
        self.killed("pack", words)
        assert pq.read_table(out).num_rows == 2000
        assert sorted(path.name for path in out.parent.iterdir()) == ["d-report.csv", "d.parquet"]

    def seal(self) -> None:
        out = self.folder / f"sealed-{self.number}"
        self.killed("seal", self.sealing(out))
        pairs = sorted(out.glob("*.parquet"))
        assert 1 <= len(pairs) <= 2
        for path in pairs:
            assert load(path).manifest.rows == 2000
        sources = [path.with_name(f"{path.stem}{SOURCE}") for path in pairs]
        assert sorted(out.iterdir()) == sorted([*pairs, *map(beside, pairs), *sources])

    def sealing(self, out: Path) -> list[str]:
        words = ["seal", "h.parquet", "--dataset", "households", "--collection", COLLECTION, "--out", str(out)]
        return [*words, "--profile", str(self.folder / "exchange.toml")]

    def drop(self) -> None:
        out = self.folder / f"dropped-{self.number}"
        assert self.typed(self.sealing(out)) == 0
        [sealed] = out.glob("*.parquet")
        self.killed("drop", ["drop", str(sealed)])
        there = [facts for facts in self.storage.inbox(SLUG).list() if facts.name == sealed.name]
        assert [facts.size for facts in there] == [sealed.stat().st_size]

    def fetch(self) -> None:
        out = self.folder / f"fetched-{self.number}"
        self.killed("fetch", ["fetch", "results/", "--out", str(out)])
        sizes = [path.stat().st_size for path in sorted((out / "results").iterdir())]
        assert sizes == [50_000 * number for number in range(6)]

    def template(self) -> None:
        out = self.folder / f"template-{self.number}"
        self.killed("template", ["template", "households", "--out", str(out / "t.csv")])
        assert sorted(path.name for path in out.iterdir()) == ["t-dictionary.csv", "t.csv"]

    def keys_import(self) -> None:
        keys, out = self.folder / f"imported-{self.number}", self.folder / f"public-{self.number}.json"
        assert self.typed(["keys", "export", "--out", str(out)]) == 0
        self.killed("keys import", ["keys", "import", str(out), "--keys", str(keys)])
        assert [len(LocalKeyRing(keys).accepted(SLUG, use)) for use in (Use.RELEASE, Use.SIGN)] == [1, 1]

    def style_new(self) -> None:
        out = self.folder / f"style-{self.number}" / "ours.yaml"
        self.killed("style new", ["style", "new", "d.csv", "--dataset", "decisions", "--out", str(out)])
        assert [path.name for path in out.parent.iterdir()] == ["ours.yaml"]
        assert out.read_text(encoding="utf-8").rstrip().count("\n") > 3

    def practice(self) -> None:
        out = self.folder / f"practice-{self.number}"
        self.killed("practice", ["practice", str(out)])
        made = {path.relative_to(out) for path in out.rglob("*") if path.is_file()}
        assert made == {path.relative_to(SAMPLE) for path in SAMPLE.rglob("[!.]*") if path.is_file()}

    def pack_census(self) -> None:
        out = self.folder / f"census-{self.number}" / "p.parquet"
        self.killed(
            "pack census", ["pack", "census", str(SAMPLE / "census" / "southwark"), "--out", str(out), "--settle", "0"]
        )
        assert pq.read_table(out).num_rows > 100
        assert sorted(path.name for path in out.parent.iterdir()) == ["p-report.csv", "p.parquet"]

    def export(self) -> None:
        out = self.folder / f"exported-{self.number}" / "public.json"
        self.killed("keys export", ["keys", "export", "--out", str(out)])
        assert out.stat().st_size > 500


def commands(desk: Desktop) -> list[Callable[[], None]]:
    """Every command that changes anything."""
    return [
        *(desk.keys_new, desk.keys_rotate, desk.pack, desk.seal, desk.drop, desk.fetch, desk.template, desk.export),
        *(desk.keys_import, desk.style_new, desk.practice, desk.pack_census),
    ]


def kill_many(folder: Path, count: int, seed: int) -> Counter[str]:
    """Kill so many commands, one after the other; raises where something half, doubled or left is found."""
    with (
        Azurite(folder / "azurite", ["kills"], kept=False) as emulator,
        Storage.connect(emulator.connection_string("kills")) as storage,
    ):
        storage.ensure_containers(load_agreement("fsm").controllers)
        (folder / "desk").mkdir()
        desk = Desktop(folder / "desk", storage, random.Random(seed))
        desk.set_up()
        todo = commands(desk)
        for desk.number in range(count):
            todo[desk.number % len(todo)]()
        assert sum(1 for _ in storage.inbox(SLUG).list()) == len(range(4, count, len(todo)))
        return desk.kills


def main() -> None:
    """The command line."""
    count, seed = int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else random.randrange(10**6)
    sys.stdout.write(f"seed {seed}\n")
    with tempfile.TemporaryDirectory() as folder:
        for what, times in sorted(kill_many(Path(folder), count, seed).items()):
            sys.stdout.write(f"{times:4} {what}\n")


if __name__ == "__main__":
    main()
