"""The page of the sealed file says what the code does: each number, each code, each thing it shows."""

from __future__ import annotations

import hashlib
import itertools
import json
import re
import shlex
import shutil
import subprocess
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from docs.sealed import quoted
from docs.sealed.kit import files, kit
from docs.sealed.page import ACCEPTED, DELAYED, sealed_page, spark_page
from shared.agreements.registry import load_agreement
from shared.kernel.envelope import gates
from shared.kernel.envelope.canonical import canonical
from shared.kernel.envelope.keys import Use, read_public
from shared.kernel.envelope.manifest import Manifest
from shared.kernel.envelope.statement import verify_statement
from shared.kernel.intake.codes import DROP_CODES
from shared.kernel.terms.gates import COLLECTION_NOT_OPEN, OTHER_AGREEMENT
from tests.examples import EXAMPLES, example
from tests.vectors.sealing import FOLDER, KEYS, Parquet, Signing
from tests.vectors.vector import drop
from tests.world import World

PAGE, SPARK = sealed_page(), spark_page()
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
sender = example("sender")


def shown(language: str, page: str = PAGE) -> list[str]:
    """What stands in the blocks of that language."""
    return [text for kind, text in FENCE.findall(page) if kind == language]


def shown_with(word: str, language: str = "json") -> str:
    """The one block in which that word stands."""
    [block] = [block for block in shown(language) if word in block]
    return block


# --- numbers ----------------------------------------------------------------------------------------------------------


FOREIGN_NUMBERS = {
    "1": "one (of something, or the first byte)",
    "8": "UTF-8",
    "15": "Java's version that brought Ed25519",
    "256": "SHA-256",
    "1970": "the year that seconds are counted from",
    "7517": "RFC: JSON Web Key",
    "7638": "RFC: thumbprints",
    "8037": "RFC: Ed25519 in JSON Web Keys",
}
"""Every other number comes into the template from the code."""


def test_every_number_of_the_template_is_somebody_elses() -> None:
    text = (quoted.ROOT / "docs/sealed/templates/sealed-file.md.tmpl").read_text(encoding="utf-8")
    prose = re.sub(r"`[^`\n]*`|\$\{\w+\}|\]\([^)]*\)|Ed25519(ph)?", "", FENCE.sub("", text))
    # Steps of a list, HTTP's own numbers, and the version that this page is about.
    prose = re.sub(r"^\d\. |^\| \d\. |^\| [\d, ]{3,}|version\s+2", "", prose, flags=re.MULTILINE)
    assert set(re.findall(r"(?<!\w)\d+(?!\w)", prose)) <= set(FOREIGN_NUMBERS)


def test_the_ids_of_keys_end_in_twelve_hex_digits() -> None:
    assert "first 12 **hex digits**" in PAGE
    [key] = json.loads((KEYS / "sets/southwark-sign.jwks.json").read_bytes())["keys"]
    public = {name: key[name] for name in ("crv", "kty", "x")}
    assert key["kid"].rpartition("/")[2] == hashlib.sha256(canonical(public)).hexdigest()[:12]


def test_the_limits_on_the_page_are_those_of_the_agreement() -> None:
    limits = load_agreement("fsm").limits
    table = PAGE.partition("## Limits")[2].partition("\n## ")[0]
    for value in (limits.bytes, limits.rows, limits.columns, limits.decompressed_bytes):
        assert f"{value:,}" in table


# --- what is shown ----------------------------------------------------------------------------------------------------


def test_code_on_the_pages_is_that_of_the_examples() -> None:
    sources = "\n".join(path.read_text(encoding="utf-8") for path in sorted(EXAMPLES.glob("*.py")))
    for block in shown("py") + shown("py", SPARK):
        assert all(piece in sources for piece in block.rstrip("\n").split("\n\n\n"))
    java = re.sub(r"\s+", " ", (EXAMPLES / "DropKms.java").read_text(encoding="utf-8"))
    for block in shown("java", SPARK):
        assert all(re.sub(r"\s+", " ", piece).strip() in java for piece in block.split("\n\n"))


def test_the_manifest_that_is_shown_is_canonical_and_its_signature_comes_out_of_the_test_key() -> None:
    [text] = [block.rstrip("\n") for block in shown("json") if "\n" not in block.rstrip("\n")]
    assert Manifest.model_validate_json(text).document() == text.encode()
    private = load_pem_private_key((KEYS / "pem/southwark-sign.pem").read_bytes(), None)
    signature = sender.b64url(private.sign(b"borough-exchange manifest 1\n" + text.encode()))
    assert signature in [block.strip() for block in shown("text")]


def test_the_receipt_that_is_shown_holds_and_its_payload_is_what_stands_between() -> None:
    shown_receipt = json.loads(shown_with('"signature"'))
    kept = (FOLDER / "answers/a-pupils.receipt.json").read_bytes()
    keys = {key.key_id: key for key in read_public((KEYS / "sets/exchange-sign.jwks.json").read_bytes())}
    assert verify_statement(kept, keys.__getitem__) == shown_receipt["payload"]
    payload = kept[len(b'{"payload":') : kept.rindex(b',"signature":"')]
    assert payload == canonical(shown_receipt["payload"])


def test_the_key_set_that_is_shown_is_one_but_for_what_is_cut_short() -> None:
    keys = json.loads(shown_with('"keys"'))["keys"]
    whole = [key for key in keys if "…" not in str(key)]
    assert [key.use for key in read_public(json.dumps({"keys": whole}).encode())] == [Use.SIGN]
    assert {key["purpose"] for key in keys} == {"sign", "release"}


@pytest.mark.outside
def test_the_commands_for_keys_make_keys_that_the_exchange_takes(tmp_path: Path) -> None:
    if not shutil.which("openssl"):
        pytest.skip("not run: there is no openssl on this machine")
    [commands] = [block for block in shown("text") if "openssl" in block]
    for line in commands.splitlines():
        subprocess.run(shlex.split(line), cwd=tmp_path, check=True, capture_output=True)
    private = {use: load_pem_private_key((tmp_path / f"{use}.pem").read_bytes(), None) for use in ("sign", "release")}
    keys = [sender.public_key(key, "southwark", use, 1) for use, key in private.items()]
    assert {key.use.value for key in read_public(sender.canonical({"keys": keys}))} == {"sign", "release"}


# --- the order of the gates -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fault:
    """Something that one gate refuses, to be combined with what another refuses."""

    code: str
    signing: dict[str, Any] = field(default_factory=dict)
    parquet: dict[str, Any] = field(default_factory=dict)
    change: Callable[[bytes], bytes] = bytes


def _spaced(facts: dict[str, Any]) -> bytes:
    return json.dumps(facts, sort_keys=True).encode()


FAULTS = (
    Fault(gates.SEALED.code, change=lambda data: data + b"x"),
    Fault(gates.MANIFEST.code, {"spell": _spaced}),
    Fault(gates.ADDRESS.code, {"changes": {"receiver": "lambeth"}}),
    Fault(gates.SIGNED.code, {"write": bytes.hex}),
    Fault(gates.SIGNER.code, {"changes": {"signing_key_id": "ring:southwark/sign/0123456789ab"}}),
    Fault(gates.SIGNATURE.code, {"context": b""}),
    Fault(gates.HASH.code, {"changes": {"sha256": "0" * 64}}),
    Fault(gates.KEY_ID.code, {"changes": {"key_id": "ring:southwark/drop/0123456789ab"}}),
    Fault(OTHER_AGREEMENT.code, {"changes": {"agreement_version": "0.9.0"}}),
    Fault(COLLECTION_NOT_OPEN.code, {"changes": {"collection": "2020-autumn"}}),
    Fault(gates.LOCK.code, parquet={"crypto": {"double_wrapping": True}}),
    Fault(gates.LOCK_KEY.code, parquet={"named": "ring:southwark/drop/ba9876543210"}),
    Fault(gates.UNWRAP.code, parquet={"mgf": hashes.SHA1}),
    Fault(gates.ROW_COUNT.code, {"changes": {"rows": 13}}),
    Fault("DRP-002", {"changes": {"prepared_at": "2026-06-01T09:00:00Z"}}),
)


def both(first: Fault, second: Fault) -> tuple[bytes, dict[str, str]]:
    """A drop with the two faults."""
    changes = {**first.signing.get("changes", {}), **second.signing.get("changes", {})}
    signing = Signing(**{**first.signing, **second.signing, "changes": changes})
    parquet = Parquet(**{**first.parquet, **second.parquet})
    return drop(parquet=parquet, signing=signing, change=lambda data: second.change(first.change(data)))


def test_the_page_names_the_gates_in_the_order_in_which_they_refuse(world: World) -> None:
    table = PAGE.partition("## When a drop is refused")[2].partition("\n## ")[0]
    order = re.findall(r"^\| ([A-Z]{3}-\d{3}) \|", table, re.MULTILINE)
    assert len(order) == len(set(order))
    codes = {*(code.code for code in DROP_CODES), *(gate.code for gate in gates.GATES)}
    assert codes - {code.code for code in (*ACCEPTED, DELAYED)} <= set(order)
    assert f"| `delayed` with {DELAYED.code} |" in PAGE
    for first, second in itertools.combinations(FAULTS, 2):
        drop_id = world.receive("southwark", world.put("southwark", *both(first, second)))
        code = json.loads(world.answer("southwark", drop_id, "receipt.json"))
        expected = min(first.code, second.code, key=order.index)
        assert code["payload"]["body"]["code"] == expected, f"{first.code} and {second.code}"


# --- the kit ----------------------------------------------------------------------------------------------------------


def test_the_kit_is_the_same_bytes_every_time_and_holds_what_its_pages_link_to() -> None:
    first = kit()
    assert first == kit()
    with zipfile.ZipFile(BytesIO(first)) as archive:
        names = set(archive.namelist())
        assert names == set(files())
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        for name in (name for name in names if name.endswith(".md")):
            text = FENCE.sub("", archive.read(name).decode())
            for target in re.findall(r"\]\(([^)#\s]+)", text):
                if re.match(r"[a-z]+:", target):
                    continue
                linked = (Path("/") / name).parent.joinpath(target).resolve().relative_to("/").as_posix()
                assert linked in names or linked in ("README.md", "unattended.md"), f"{name}: {target}"


def test_the_kit_has_every_vector_and_the_list_says_where() -> None:
    named = {f"vectors/{entry[what]}" for entry in json.loads((FOLDER / "vectors.json").read_bytes())["vectors"]
             for what in ("file", "metadata")}  # fmt: skip
    assert named <= set(files())
    assert not any(Path(name).is_absolute() or ".." in Path(name).parts for name in files())
