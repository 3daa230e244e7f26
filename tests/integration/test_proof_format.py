"""The scripts of docs/governance/proof-format.md, run as they stand there: nothing of ours is imported by them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from client.cli import run
from client.evidence.folder import MANIFEST, STATEMENT
from shared.kernel.envelope.keys import Use
from shared.kernel.envelope.manifest import EXCHANGE
from shared.kernel.envelope.ring import LocalKeyRing
from tests.security.lies import anew, held_by_parties
from tests.unit.kernel.audit.term import FIRST, LAST, Term, make_term

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "governance" / "proof-format.md"
TOOLS = ("sh", "jq", "openssl", "sha256sum")

pytestmark = pytest.mark.skipif(
    any(shutil.which(tool) is None for tool in TOOLS), reason=f"needs {', '.join(TOOLS)}, as the page says"
)


def script(name: str, folder: Path) -> Path:
    """A script of the page, as a file."""
    [found] = re.findall(rf"^```sh\n(# {re.escape(name)}\n.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    path = folder / name
    path.write_text(found, encoding="utf-8")
    return path


def carried_out(name: str, tmp_path: Path, *arguments: Path) -> tuple[int, str]:
    done = subprocess.run(
        ["sh", str(script(name, tmp_path)), *map(str, arguments)], capture_output=True, text=True, check=False
    )
    return done.returncode, (done.stdout + done.stderr).strip()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Term]:
    """A record, an evidence folder of it that Lambeth signed, what parties hold, and the keys from elsewhere."""
    folder = tmp_path_factory.mktemp("made")
    ring, own = LocalKeyRing(folder / "exchange"), LocalKeyRing(folder / "keys")
    ring.create_key(EXCHANGE, Use.SIGN)
    own.create_key("lambeth", Use.SIGN)
    term = make_term(ring, of_both=False)
    record = term.write(folder / "record")
    held_by_parties(term, folder / "held")
    (folder / "exchange.toml").write_text('borough = "lambeth"\nkeys = "keys"\n', encoding="utf-8")
    period = ["--from", FIRST.isoformat(), "--to", LAST.isoformat()]
    profile = ["--profile", str(folder / "exchange.toml")]
    assert run(["evidence", str(record), *period, "--out", str(folder / "out"), *profile]) == 9
    keys = [json.loads(ring.export_public(EXCHANGE, Use.SIGN))["keys"]]
    keys.append(json.loads(own.export_public("lambeth", Use.SIGN))["keys"])
    (folder / "public.json").write_text(json.dumps({"keys": [*keys[0], *keys[1]]}), encoding="utf-8")
    return folder, term


def test_a_folder_that_was_made_here_holds(made: tuple[Path, Term], tmp_path: Path) -> None:
    code, said = carried_out("verify-pack.sh", tmp_path, made[0] / "out", made[0] / "public.json")
    assert (code, said) == (0, "HOLDS: signed by lambeth")


def _alter(pack: Path) -> None:
    path = pack / "audit.json"
    path.write_bytes(path.read_bytes() + b" ")


def _add(pack: Path) -> None:
    (pack / "more.txt").write_text("x", encoding="utf-8")


def _other_list(pack: Path) -> None:
    path = pack / MANIFEST
    path.write_bytes(path.read_bytes() + b"\n")


def _twice(pack: Path) -> None:
    path = pack / STATEMENT
    path.write_bytes(path.read_bytes().replace(b'"files":', b'"files":1,"files":', 1))


def _byte(pack: Path) -> None:
    path = pack / STATEMENT
    path.write_bytes(path.read_bytes().replace(b'"issuer":"lambeth"', b'"issuer":"lambets"', 1))


@pytest.mark.parametrize("alter", [_alter, _add, _other_list, _twice, _byte])
def test_a_folder_that_was_changed_does_not(
    alter: Callable[[Path], None], made: tuple[Path, Term], tmp_path: Path
) -> None:
    pack = Path(shutil.copytree(made[0] / "out", tmp_path / "pack"))
    alter(pack)
    code, said = carried_out("verify-pack.sh", tmp_path, pack, made[0] / "public.json")
    assert code == 1
    assert "BROKEN" in said


def test_a_folder_does_not_hold_by_its_own_key_alone(made: tuple[Path, Term], tmp_path: Path) -> None:
    code, said = carried_out("verify-pack.sh", tmp_path, made[0] / "out", made[0] / "out/keys/exchange-public.json")
    assert (code, "signed with a key that is not among yours" in said) == (1, True)


def test_a_ledger_agrees_with_what_parties_hold(made: tuple[Path, Term], tmp_path: Path) -> None:
    code, said = carried_out("verify-ledger.sh", tmp_path, made[0] / "record" / "ledger", made[0] / "held")
    assert (code, said) == (0, "HOLDS")


def of_one_drop(made: tuple[Path, Term], folder: Path) -> tuple[str, Path, Path]:
    """A drop's subject, and a ledger of its chain and another one beside its receipt: each event takes its time."""
    record, term = made
    subject, other, *_ = (subject for subject in term.events if subject.startswith("drop:"))
    for chain in (subject.replace(":", "/"), other.replace(":", "/")):
        shutil.copytree(record / "record" / "ledger" / chain, folder / "ledger" / chain)
    [receipt] = (record / "held").rglob(f"{subject[5:]}/receipt.json")
    (folder / "held").mkdir()
    shutil.copy(receipt, folder / "held")
    return subject, folder / "ledger", folder / "held"


def test_one_drops_chain_agrees_with_its_receipt(made: tuple[Path, Term], tmp_path: Path) -> None:
    _, ledger, held = of_one_drop(made, tmp_path)
    assert carried_out("verify-ledger.sh", tmp_path, ledger, held) == (0, "HOLDS")


def test_a_chain_that_was_rewritten_whole_contradicts_a_receipt(made: tuple[Path, Term], tmp_path: Path) -> None:
    subject, ledger, held = of_one_drop(made, tmp_path)
    for event in anew(made[1].events[subject], lambda event: replace(event, counts={})):
        (ledger / subject.replace(":", "/") / f"{event.seq:04d}.json").write_bytes(event.to_json())
    code, said = carried_out("verify-ledger.sh", tmp_path, ledger, held)
    assert (code, f"{subject} was rewritten" in said) == (1, True)


def test_a_chain_that_is_gone_or_cut_shows(made: tuple[Path, Term], tmp_path: Path) -> None:
    subject, ledger, held = of_one_drop(made, tmp_path)
    chain = ledger / subject.replace(":", "/")
    for file in sorted(chain.iterdir())[1:]:
        file.unlink()
    code, said = carried_out("verify-ledger.sh", tmp_path, ledger, held)
    assert (code, f"{subject} is gone, or was cut" in said) == (1, True)
    shutil.rmtree(chain)
    code, said = carried_out("verify-ledger.sh", tmp_path, ledger, held)
    assert (code, f"{subject} is gone, or was cut" in said) == (1, True)


def test_a_chain_that_was_altered_shows(made: tuple[Path, Term], tmp_path: Path) -> None:
    subject, ledger, held = of_one_drop(made, tmp_path)
    file = ledger / subject.replace(":", "/") / "0002.json"
    file.write_bytes(file.read_bytes().replace(b'"routed":9', b'"routed":8'))
    code, said = carried_out("verify-ledger.sh", tmp_path, ledger, held)
    assert (code, "was altered" in said) == (1, True)
