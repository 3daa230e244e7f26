"""The handbooks are true: what they tell people to type works, in order; where they point, there is something."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, redirect_stdout
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from client.cli import run
from client.pack.places import read_directory
from functions import wiring
from functions.settings import Settings
from local.host import Host
from local.site import Site, open_site
from operate.reference import bring_postcodes
from shared.agreements.free_school_meals.contracts import DECISIONS
from shared.agreements.registry import load_agreement
from shared.kernel.disposal.watchdog import CODES as DISPOSAL_CODES
from shared.kernel.terms.model import Agreement
from shared.methods.linkage.compare.levels import LEVELS
from shared.methods.linkage.guards.guards import GUARDS
from tests.world import NOW

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
NAMES = [page.relative_to(ROOT).as_posix() for page in PAGES]
FOLLOWED = (
    "users/README.md",
    "users/officers.md",
    "users/subject.md",
    "users/totals.md",
    "operators/README.md",
    "operators/reconciliation.md",
    "operators/replay.md",
    "ig/incident.md",
)
"""The pages whose every block is run, in this order, by one reader on one machine."""

FOLLOWED_ELSEWHERE = ("users/unattended.md", "developers/add-an-agreement.md", "governance/proof-format.md")
"""By `test_unattended.py`, `tests/unit/agreements/test_add_an_agreement.py` and `test_proof_format.py`."""

BLOCK = re.compile(r"^```(console|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")


CHANGES_OF_THE_LIST = (["objections", "add"], ["objections", "remove"])


@dataclass(frozen=True)
class Block:
    """Something to type: lines of a shell, or a piece of Python."""

    page: str
    line: int
    language: str
    text: str

    def __str__(self) -> str:
        return f"docs/{self.page}:{self.line}"


def blocks(page: str) -> list[Block]:
    """Every block of a page that is there to be typed, in order."""
    text = (DOCS / page).read_text(encoding="utf-8")
    return [Block(page, text.count("\n", 0, m.start()) + 1, m[1], m[2]) for m in BLOCK.finditer(text)]


@dataclass
class Reader:
    """Somebody in a fresh clone who types what the pages say. The exchange's day is fixed; nothing else is made up."""

    clone: Path
    keys: Path
    """Keys of every party. Making RSA keys is slow, so only Southwark, whose part is played, makes its own."""
    patch: pytest.MonkeyPatch
    running: ExitStack
    where: Path = field(init=False)
    site: Site | None = None
    host: Host | None = None

    def __post_init__(self) -> None:
        self.go(self.clone)

    def go(self, folder: Path) -> None:
        """Change the folder, as `cd` does."""
        self.where = folder.resolve()
        self.patch.chdir(self.where)

    def follow(self, page: str) -> None:
        """Type every block of the page, beginning in the clone."""
        self.go(self.clone)
        for block in blocks(page):
            if block.language == "python":
                self.program(block)
                continue
            for line in block.text.splitlines():
                assert line.startswith("$ "), f"{block}: not a command: {line}"
                self.type(line.removeprefix("$ "), block)

    def program(self, block: Block) -> None:
        """Run a piece of Python in the clone, in the order of the page."""
        back = self.where
        self.go(self.clone)
        exec(compile(block.text, str(block), "exec"), {})
        self.go(back)

    def type(self, line: str, block: Block) -> None:
        """Run one command line."""
        command, *words = [found for word in shlex.split(line) for found in self.expand(word)]
        if command == "cd":
            self.go(self.where / words[0])
        elif command in ("cp", "mkdir"):
            subprocess.run([command, *words], check=True, cwd=self.where)
        elif command == "exchange" and words[0] == "up":
            self.start(words[1:])
        elif command == "exchange":
            if words[:2] == ["pack", "table"]:
                fill_in(Path(words[2]))
            if words[0] == "subject":
                name_somebody(self.where, words)
            if words[0] == "recall":
                words[1] = decided(self.where)[0]["match_ref"]
            if words[:2] == ["objections", "remove"]:
                words[2] = self.first_objection()
            if words[:2] == ["review", "decide"]:
                fill_in(Path(words[words.index("--first-look") + 1]))
            # A practice exchange has no app and no subscriptions to ask for its health, as the page says.
            assert self.run(words) == (9 if words[0] == "health" else 0), f"{block}: {line}"
            if words[0] == "practice":
                self.lend_keys()
            if words[0] in ("drop", "recall") or words[:2] in (*CHANGES_OF_THE_LIST, ["run", "now"]):
                assert self.host, f"{block}: nothing runs yet"
                self.host.run_to_quiescence(timeout=60)
        else:
            raise AssertionError(f"{block}: nobody can type this here: {line}")

    def run(self, words: list[str]) -> int:
        """Run the command where the reader is."""
        return run(words)

    def first_objection(self) -> str:
        """The number that the list shows first."""
        with redirect_stdout(StringIO()) as listed:
            assert run(["objections", "list", "--json"]) == 0
        return str(json.loads(listed.getvalue())["objections"][0]["objection_ref"])

    def lend_keys(self) -> None:
        """Lay out the keys of all who only look on."""
        practice = self.clone / "practice"
        for party in (path for path in self.keys.iterdir() if path.name != "southwark"):
            home = practice if party.name == "keys" else practice / "boroughs" / party.name
            place = home / "keys" if party.name == "keys" else home
            shutil.copytree(party, place, ignore=of_southwark, dirs_exist_ok=True)

    def expand(self, word: str) -> list[str]:
        """What the shell makes of a `*`."""
        return sorted(str(path.relative_to(self.where)) for path in self.where.glob(word)) if "*" in word else [word]

    def start(self, words: list[str]) -> None:
        """`exchange up`, in a terminal of its own in the clone."""
        [folder, postcodes] = [words[words.index(option) + 1] for option in ("--folder", "--postcodes")]
        self.site = self.running.enter_context(open_site(self.clone / folder, clock=lambda: NOW))
        bring_postcodes(self.site.operated, read_directory(self.clone / postcodes))
        self.host = Host.of(self.site)


def of_southwark(_: str, names: list[str]) -> list[str]:
    """Which files and folders of keys are Southwark's."""
    return [name for name in names if name.startswith("southwark")]


def fill_in(path: Path) -> None:
    """What the officer types into a sheet: every pair is one child and confirmed, and there is a slip of the pen."""
    head, *rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python()
    said = {"first_look": "same", "decision": "confirm", "decided_by": "fsm.officer1"}
    said |= {"decided_on": f"{NOW.date():%d/%m/%Y}"}
    slip = ["0a1b2c3d4e5f-1-0a1b2c3d4e5f-1", *[""] * (len(head) - 1)]
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"}) as workbook:
        sheet = workbook.add_worksheet()
        sheet.write_row(0, 0, head)
        for line, row in enumerate([*rows, slip], 1):
            sheet.write_row(line, 0, [said.get(name, cell) for name, cell in zip(head, row, strict=True)])


def name_somebody(folder: Path, words: list[str]) -> None:
    """What the officer types into a file with an editor: who is asked about."""
    who = folder / words[words.index("--who") + 1]
    who.write_text(f'claim = "{decided(folder)[0]["household_ref"]}"', encoding="utf-8")
    who.chmod(0o600)


def decided(folder: Path) -> list[dict[str, str]]:
    """The matches that the officer has decided on."""
    refs = pq.read_table(folder / "decisions.parquet").column("match_ref").to_pylist()
    return [row for row in results(folder) if row["match_ref"] in refs]


def results(folder: Path) -> list[dict[str, str]]:
    """Every match that the borough has collected."""
    return [row for path in (folder / "collected").rglob("matches.parquet") for row in pq.read_table(path).to_pylist()]


@pytest.fixture
def reader(tmp_path: Path, keys_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reader]:
    """A reader in a fresh clone; whatever they start ends with the test."""
    (tmp_path / "local").symlink_to(ROOT / "local")
    monkeypatch.setattr("client.settings.now", lambda: NOW)
    monkeypatch.setattr("client.dropping.exchange_now", lambda _door: NOW)
    with ExitStack() as running:
        running.callback(wiring.use, None)
        yield Reader(tmp_path, keys_folder, monkeypatch, running)


def test_the_handbooks_can_be_followed_word_for_word(reader: Reader, capsys: pytest.CaptureFixture[str]) -> None:
    sender, home = (reader.clone / "practice" / "boroughs" / slug for slug in ("southwark", "lambeth"))

    reader.follow("users/README.md")
    assert "The statement holds." in capsys.readouterr().out
    assert {path.name for path in (sender / "collected").rglob("*.*")} == {
        "receipt.json", "report.json", "report.xlsx"
    }  # fmt: skip
    assert len(list((home / "collected").rglob("matches.xlsx"))) == 1

    reader.follow("users/officers.md")
    assert "first look, 0.999 to" in capsys.readouterr().out
    [counted] = (home / "collected" / "fsm" / "decisions").rglob("summary.json")
    assert '"not_enrolled": {}' in counted.read_text(encoding="utf-8")
    assert run(["fetch", "fsm/enrolments", "--out", str(sender / "x"), "--profile", str(sender / "exchange.toml")]) == 0
    [enrolments] = (sender / "x").rglob("enrolments.parquet")
    assert pq.read_table(enrolments).column_names[-5:] == ["upn", "urn", "tier", "start_date", "status"]

    reader.follow("users/subject.md")
    asked = capsys.readouterr().out
    assert "Sent to the exchange" in asked
    assert "Received from the exchange" in asked
    assert (home / "request-14.html").is_file()
    assert "On the list before" not in asked
    told = [json.loads(path.read_bytes())["payload"]["body"]["code"] for path in home.rglob("notice.json")]
    assert told == ["NOT-003"]

    # The operators have taken in the key that Southwark made when it rotated.
    exchange = ["--keys", str(reader.clone / "practice" / "keys")]
    assert run(["keys", "import", str(sender / "southwark-public.json"), *exchange]) == 0
    reader.follow("users/totals.md")
    assert "x: not available" in capsys.readouterr().out
    assert "<svg" in (sender / "map.html").read_text(encoding="utf-8")

    reader.follow("operators/README.md")
    said = capsys.readouterr().out
    assert "received conserved done" in said
    assert "conserved released done" in said
    assert "Host.Functions" not in said  # nothing was poisoned on the way
    reader.follow("operators/reconciliation.md")
    assert "All in all: not known." in capsys.readouterr().out
    reader.follow("operators/replay.md")
    assert capsys.readouterr().out.split("\n")[:3] == [
        "No event was given up.", "Replayed: 0. Left: 0.", "Every event was delivered."
    ]  # fmt: skip
    reader.follow("ig/incident.md")
    said = capsys.readouterr().out
    assert "still to be told  no party" in said
    assert "the Commissioner was told after 0 hours" in said


def test_the_front_page_can_be_typed(reader: Reader) -> None:
    reader.follow("../README.md")
    assert (reader.clone / "ours.yaml").is_file()
    assert pq.read_table(reader.clone / "households.parquet").num_rows == 324


def test_whatever_looks_like_a_terminal_is_on_a_page_that_is_followed() -> None:
    typed = {
        page.relative_to(DOCS).as_posix()
        for page in DOCS.rglob("*.md")
        for opening in openings(page)
        if opening in ("```", "```bash", "```console", "```python", "```sh", "```shell")
    }
    assert typed == {*FOLLOWED, *FOLLOWED_ELSEWHERE}
    assert all(blocks(page) for page in FOLLOWED)


def openings(page: Path) -> list[str]:
    """The first line of every fenced block."""
    return [found[0].splitlines()[0] for found in FENCE.finditer(page.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("name", NAMES)
def test_every_relative_link_leads_to_something(name: str) -> None:
    page = ROOT / name
    for target in LINK.findall(FENCE.sub("", page.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        leads_to = (page.parent / path).resolve() if path else page
        assert leads_to.exists(), f"{name}: {target}"
        assert leads_to.is_relative_to(ROOT), f"{name}: {target}"
        assert not anchor or anchor in anchors(leads_to), f"{name}: {target}"


def anchors(page: Path) -> set[str]:
    """The headings of a page as links name them."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^a-z0-9 _-]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", NAMES)
def test_every_make_target_that_is_mentioned_exists(name: str) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z-]+)", (ROOT / name).read_text(encoding="utf-8"))) <= targets


def coded(page: str) -> set[str]:
    """What stands in the page as code: `so`."""
    return set(re.findall(r"`([^`\n]+)`", (DOCS / page).read_text(encoding="utf-8")))


def words(page: str) -> str:
    """The page's text, wherever its lines end."""
    return " ".join((DOCS / page).read_text(encoding="utf-8").split())


def test_the_officers_page_explains_every_column_guard_level_and_decision() -> None:
    released = load_agreement("fsm").releases
    explained = coded("users/officers.md")
    assert {column for name in ("matches", "review") for column in released[name].columns} <= explained
    assert set(DECISIONS.names) <= explained
    assert set(DECISIONS.column("decision").codes or ()) <= explained
    assert {guard.code for guard in GUARDS} <= explained
    text = words("users/officers.md")
    levels = {level.name.lower().replace("_", " ") for kind in LEVELS.values() for level in kind}
    assert {level for level in levels if level not in text} == set()


def test_the_pages_state_the_days_and_bands_of_the_agreement() -> None:
    agreement: Agreement = load_agreement("fsm")
    retention = agreement.retention
    governance, officers = words("ig/README.md"), words("users/officers.md")
    assert set(retention.sweep_days.values()) == {26}
    assert (retention.lifecycle_days, retention.watchdog_days, retention.promise_days) == (27, 29, 30)
    assert "on day 26, backstop on day 27, alarm on day 29, promise 30" in governance
    assert f"more than {retention.promise_days} days" in officers
    assert f"decide within {retention.pending_days} days" in officers
    bands = agreement.linkage
    assert f"From {bands.automatic} it is a match unless a guard stops it, from {bands.review} review" in officers
    assert agreement.officers_per_party == 2
    assert "At most two officers" in officers


def test_the_operators_page_explains_every_code_that_is_theirs_and_every_step_of_the_ledger() -> None:
    source = "\n".join(
        path.read_text(encoding="utf-8") for room in ("shared", "functions") for path in (ROOT / room).rglob("*.py")
    )
    page = (DOCS / "operators/README.md").read_text(encoding="utf-8")
    assert set(re.findall(r'"((?:KEY|STO|LED|SYS|EVT|DSP)-\d{3})"', source)) <= set(re.findall(r"[A-Z]{3}-\d{3}", page))
    assert {code.code for code in DISPOSAL_CODES} <= set(re.findall(r"[A-Z]{3}-\d{3}", page))
    steps = set(re.findall(r'\.record\(\s*\w+,\s*"([a-z]+)"', source)) | {"conserved"}
    named = dict(re.findall(r'^([A-Z_]+) = "([a-z.]+)"$', source, re.MULTILINE))
    steps |= {named.get(name, name.lower()) for name in re.findall(r"\.record\(\s*\w+,\s*([A-Z_]+),", source)}
    assert {"received", "released", "unbalanced", "gone", "done"} <= steps
    steps |= {"destroyed", "certified", "reminded", "alarm", "watched"}
    steps |= {"superseded", "withdrawn", "replaced", "current", "asked", "began"}
    assert steps <= coded("operators/README.md")


def test_every_setting_is_documented() -> None:
    text = (ROOT / "functions" / "settings.py").read_text(encoding="utf-8")
    named = set(re.findall(r"`(E[A-Za-z_]+)`", text))
    assert len(named) >= len(Settings.__dataclass_fields__)
    assert named <= coded("operators/settings.md")
