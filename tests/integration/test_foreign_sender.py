"""The example sender is what it says: nothing of ours in it, and what it drops is accepted, answered and opened."""

from __future__ import annotations

import ast
import io
import json
import re
import shutil
import socket
import ssl
import subprocess
import sys
import threading
import tomllib
import urllib.error
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pyarrow.csv as csv
import pyarrow.parquet as pq
import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization as pem
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from client.cli import run
from local.host import Host
from local.site import Site, open_site
from shared.agreements.registry import load_agreement
from shared.kernel.envelope.keys import Use
from shared.kernel.envelope.ring import LocalKeyRing
from shared.kernel.storage.access import inbox_pass, outbox_pass
from shared.kernel.storage.storage import Storage
from tests.examples import EXAMPLES, example
from tests.vectors.make import vectors_world
from tests.vectors.sealing import FOLDER as VECTORS
from tests.vectors.sealing import RECEIVED
from tests.world import COLLECTION, NOW, household, pupil, put_postcodes, table

ROOT = Path(__file__).resolve().parents[2]
DATASETS = ROOT / "docs" / "users" / "datasets" / "fsm"


sender, answers = example("sender"), example("answers")


@pytest.mark.parametrize("name", ["sender", "answers"])
def test_an_example_imports_nothing_of_ours(name: str) -> None:
    imported = set()
    for node in ast.walk(ast.parse((EXAMPLES / f"{name}.py").read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(str(node.module).partition(".")[0])
    assert imported - set(sys.stdlib_module_names) <= {"pyarrow", "cryptography", "sender"}


def test_the_example_seals_under_the_agreement_that_is_in_force() -> None:
    agreement = load_agreement("fsm")
    assert (agreement.id, agreement.version) == (sender.AGREEMENT, sender.AGREEMENT_VERSION)


@contextmanager
def running(folder: Path) -> Iterator[Site]:
    """`exchange up`, in a thread of this process and on the day of the tests' world."""
    stop = threading.Event()
    with open_site(folder, clock=lambda: NOW, kept=False) as site:
        put_postcodes(site.operated)
        host = Host.of(site)
        thread = threading.Thread(target=host.run_forever, args=(stop,))
        thread.start()
        try:
            yield site
        finally:
            stop.set()
            thread.join(60)


def supplier(site: Site, slug: str) -> Path:
    """The folder of a supplier who makes keys with his own tools, and whose public keys the operators take in."""
    folder = site.folder / "boroughs" / slug
    private = {"sign": Ed25519PrivateKey.generate(), "release": rsa.generate_private_key(65537, 3072)}
    for use, key in private.items():
        text = key.private_bytes(pem.Encoding.PEM, pem.PrivateFormat.PKCS8, pem.NoEncryption())
        (folder / f"{use}.pem").write_bytes(text)
    made = subprocess.run(
        [sys.executable, EXAMPLES / "sender.py", "keys", slug], cwd=folder, capture_output=True, text=True, check=True
    )
    ring = LocalKeyRing(site.folder / "keys")
    assert made.stdout.split() == list(ring.import_public((folder / "public.json").read_bytes()))
    (folder / "drop.json").write_bytes(ring.export_public(slug, Use.DROP))
    (folder / "exchange.json").write_bytes(ring.export_public("exchange", Use.SIGN))
    for dataset in ("pupils", "households"):
        shutil.copy(DATASETS / f"{dataset}.parquet", folder)
    return folder


@pytest.fixture
def site(tmp_path: Path, keys_folder: Path) -> Iterator[Site]:
    for party in keys_folder.iterdir():
        shutil.copytree(party, tmp_path / "keys" if party.name == "keys" else tmp_path / "boroughs" / party.name)
    with running(tmp_path) as site:
        yield site


def test_what_the_example_drops_is_accepted_and_what_comes_back_it_opens(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    school, home = supplier(site, "southwark"), supplier(site, "lambeth")
    children = [pupil(1), pupil(2, forename="NULL", surname="NA", dob=date(2014, 5, 1))]
    csv.write_csv(table("pupils", children), school / "pupils.csv")
    pq.write_table(table("households", [household()]), home / "households.parquet", compression="zstd")
    # Without the patience of a real sender, who need not be answered at once.
    monkeypatch.setattr(answers.wait_for_receipt, "__defaults__", (0.2, 60))

    monkeypatch.chdir(school)
    body = receipt(sender.drop(Path("pupils.csv"), "pupils", COLLECTION, NOW), capsys)
    assert (body["status"], body["rows_in"], body["routed"]) == ("accepted", 2, {"lambeth": 2})
    monkeypatch.chdir(home)
    body = receipt(sender.drop(Path("households.parquet"), "households", COLLECTION, NOW), capsys)
    assert (body["status"], body["rows_in"], body["rejected"]) == ("accepted", 1, 0)

    # Without the patience of a run, which waits for more files.
    site.exchange.storage.inbox("lambeth").create(f"run-now/fsm/{COLLECTION}/20261121T093000Z", b"")
    finished(site, "lambeth")
    answers.main("results", f"fsm/results/{COLLECTION}")
    [matches] = [pq.read_table(path) for path in home.glob("fsm-results-*-matches.parquet")]
    assert matches.column("pupil_surname").to_pylist() == ["Okafor"]


def receipt(sha256: str, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    """What `answers.py receipt` prints of the file with that hash."""
    capsys.readouterr()
    answers.main("receipt", sha256)
    return dict(json.loads(capsys.readouterr().out))


def finished(site: Site, slug: str) -> None:
    """Wait until a run has been released to the borough."""
    outbox, waited = site.operated.outbox(slug), threading.Event()
    for _ in range(300):
        if any(found.name.endswith("/summary.json") for found in outbox.list("fsm/results/")):
            return
        waited.wait(0.2)
    raise AssertionError("no results came")


def test_a_refusal_reaches_the_example_as_a_receipt_with_a_code(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = supplier(site, "southwark")
    rows = table("pupils", [pupil()])
    pq.write_table(rows.rename_columns([name.upper() for name in rows.column_names]), folder / "upper.parquet")
    monkeypatch.setattr(answers.wait_for_receipt, "__defaults__", (0.2, 60))
    monkeypatch.chdir(folder)
    body = receipt(sender.drop(Path("upper.parquet"), "pupils", COLLECTION, NOW), capsys)
    assert (body["status"], body["code"]) == ("rejected", "FIL-003")


def test_the_same_bytes_again_are_known_to_be_there_and_a_pass_for_another_inbox_is_an_error(site: Site) -> None:
    profile = tomllib.loads((site.folder / "boroughs" / "southwark" / "exchange.toml").read_text(encoding="utf-8"))
    tls = ssl.create_default_context(cafile=str(site.certificate))
    assert sender.put(profile["inbox_url"], "a.parquet", b"PARE", {}, tls)
    assert not sender.put(profile["inbox_url"], "a.parquet", b"PARE", {}, tls)
    elsewhere = profile["inbox_url"].replace("southwark-inbox", "lambeth-inbox")
    with pytest.raises(urllib.error.HTTPError, match="403"):
        sender.put(elsewhere, "a.parquet", b"PARE", {}, tls)


class Answers:
    """What the service answers to one request after the other: an error code, or nothing at all."""

    def __init__(self, *answers: tuple[int, str] | None) -> None:
        self.answers, self.bodies = list(answers), []

    def __call__(self, request: Any, **_: object) -> io.BytesIO:
        self.bodies.append(request.data)
        answer = self.answers.pop(0)
        if answer is None:
            raise TimeoutError
        if answer[0] >= 300:
            raise urllib.error.HTTPError("u", answer[0], "", {"x-ms-error-code": answer[1]}, None)  # type: ignore[arg-type]
        return io.BytesIO()


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        ([None, (201, "")], True),
        ([None, (403, "UnauthorizedBlobOverwrite")], False),
        ([(503, "ServerBusy"), (409, "BlobAlreadyExists")], False),
        ([(500, "InternalError"), (429, ""), (201, "")], True),
        ([(403, "AuthenticationFailed")], urllib.error.HTTPError),
        ([(503, "ServerBusy")] * 3, urllib.error.HTTPError),
        ([None] * 3, TimeoutError),
    ],
)
def test_what_passes_is_tried_again_with_the_same_bytes_and_what_does_not_is_raised(
    said: list[Any], outcome: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = Answers(*said)
    monkeypatch.setattr("urllib.request.urlopen", service)

    def put() -> bool:
        return bool(sender.put("https://u?sig", "a", b"sealed", {}, None, waits=(0, 0)))

    if isinstance(outcome, bool):
        assert put() is outcome
    else:
        with pytest.raises(outcome):
            put()
    assert service.bodies == [b"sealed"] * len(said)


def test_a_receipt_that_was_altered_is_not_believed(world: Any) -> None:
    name = world.drop("southwark", "pupils", [pupil()])
    drop = world.receive("southwark", name)
    document = world.answer("southwark", drop, "receipt.json")
    exchange = world.exchange.keys.export_public("exchange", Use.SIGN)
    assert answers.read_receipt(document, exchange)["status"] == "accepted"
    with pytest.raises(InvalidSignature):
        answers.read_receipt(document.replace(b'"rejected":0', b'"rejected":1'), exchange)


def test_waiting_for_a_receipt_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answers, "listing", lambda *_: [])
    with pytest.raises(TimeoutError, match="no receipt"):
        answers.wait_for_receipt("u", "0" * 64, b"", None, every=0, within=0)


def test_a_result_is_opened_only_as_what_the_exchange_signed_for_this_borough(world: Any) -> None:
    for slug, dataset, row in (("southwark", "pupils", pupil()), ("lambeth", "households", household())):
        world.receive(slug, world.drop(slug, dataset, [row]))
    world.carry_out_all()
    [name] = [name for name in world.outbox("lambeth") if name.endswith("/matches.parquet")]
    blob = world.storage.outbox("lambeth").read(name)
    private = private_release(world.rings["lambeth"])
    exchange = world.exchange.keys.export_public("exchange", Use.SIGN)
    metadata = dict(blob.metadata)

    assert answers.open_result(blob.data, metadata, "lambeth", private, exchange).num_rows == 1
    with pytest.raises(ValueError, match="somebody else"):
        answers.open_result(blob.data, metadata, "lewisham", private, exchange)
    with pytest.raises(ValueError, match="not the file"):
        answers.open_result(blob.data + b"x", metadata, "lambeth", private, exchange)
    altered = metadata | {"exchange_manifest": metadata["exchange_manifest"].replace("matches", "review")}
    with pytest.raises(InvalidSignature):
        answers.open_result(blob.data, altered, "lambeth", private, exchange)


def private_release(ring: LocalKeyRing) -> Any:
    """The borough's release key, out of its ring, as its supplier would hold it."""
    key_id = ring.current("lambeth", Use.RELEASE)
    [path] = (ring._private).glob(f"lambeth.release.{key_id.rpartition('/')[2]}.jwk.json")
    numbers = {k: int.from_bytes(sender.unb64url(v)) for k, v in json.loads(path.read_bytes()).items() if k != "kty"}
    public = rsa.RSAPublicNumbers(numbers["e"], numbers["n"])
    return rsa.RSAPrivateNumbers(
        numbers["p"], numbers["q"], numbers["d"], numbers["dp"], numbers["dq"], numbers["qi"], public
    ).private_key()


# --- what the page shows of requests and commands ---------------------------------------------------------------------


def request_on_the_page() -> tuple[str, list[str]]:
    """The path of the request that the page shows, and its headers but for `Host`."""
    [text] = re.findall(r"^```http\n(.*?)^```$", (EXAMPLES.parent / "sealed-file.md").read_text("utf-8"), re.M | re.S)
    head, body = text.rstrip("\n").split("\n\n")
    assert body == "<the sealed bytes>"
    line, *headers = head.splitlines()
    method, path, version = line.split(" ")
    assert (method, version) == ("PUT", "HTTP/1.1")
    return path.removesuffix("?<pass>"), [header for header in headers if not header.startswith("Host:")]


def send(url: str, headers: list[str], body: bytes) -> tuple[int, str]:
    """These very bytes over a socket; the status and `x-ms-error-code` of the answer."""
    place = urlsplit(url)
    head = [f"PUT {place.path}?{place.query} HTTP/1.1", f"Host: {place.netloc}", *headers, "Connection: close", "", ""]
    with socket.create_connection((place.hostname, place.port), timeout=60) as line:
        line.sendall("\r\n".join(head).encode() + body)
        answer = b"".join(iter(lambda: line.recv(65_536), b"")).decode()
    [code] = re.findall(r"^x-ms-error-code: (\w+)", answer, re.MULTILINE) or [""]
    return int(answer.split(" ")[1]), code


def test_the_request_on_the_page_drops_a_file_that_is_accepted(storage: Storage, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    path, headers = request_on_the_page()
    container, name = path.strip("/").split("/")
    inbox = inbox_pass(storage, "southwark", issued=now, expires=now + timedelta(hours=1))
    assert inbox.partition("?")[0].endswith(container)
    url = inbox.replace("?", f"/{name}?", 1)
    body = (VECTORS / "foreign" / "a-pupils.parquet").read_bytes()

    assert send(url, headers, body) == (201, "")
    world = vectors_world(storage, tmp_path)
    drop = world.receive("southwark", name)
    assert world.report("southwark", drop)["status"] == "accepted"

    # These two are the emulator's words, and the page says so: Azure's are others.
    assert send(url, headers, body) == (403, "AuthorizationPermissionMismatch")
    another = url.replace(name, "another.parquet")
    assert send(another.replace("sig=", "sig=AA"), headers, body) == (403, "AuthorizationFailure")
    outbox = outbox_pass(storage, "southwark", issued=now, expires=now + timedelta(hours=1))
    wrong = f"{inbox.partition('?')[0]}/another.parquet?{outbox.partition('?')[2]}"
    assert send(wrong, headers, body)[0] == 403


def test_the_answers_that_the_page_lists_are_those_that_the_example_and_the_client_know() -> None:
    page = (EXAMPLES.parent / "sealed-file.md").read_text(encoding="utf-8")
    assert {code for code in sender.TAKEN if f"`{code}`" in page} == sender.TAKEN
    [again] = re.findall(r"refused\.code not in \(([\d, ]+)\)", (EXAMPLES / "sender.py").read_text(encoding="utf-8"))
    assert f"| {again}, **or no answer in time** |" in page


def test_the_commands_of_the_page_give_a_supplier_what_he_needs_of_a_practice_exchange(
    tmp_path: Path, keys_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(keys_folder / "keys", tmp_path / "practice" / "keys")
    shutil.copy(VECTORS / "keys/sets/southwark-sign.jwks.json", tmp_path / "public.json")
    monkeypatch.chdir(tmp_path)
    section = (EXAMPLES.parent / "sealed-file.md").read_text(encoding="utf-8").partition("**Against an exchange.**")[2]
    commands = re.findall(r"`exchange (keys [^`]+)`", section)
    assert len(commands) == 3
    for command in commands:
        assert run(command.replace("<slug>", "southwark").split()) == 0, command
    assert json.loads(Path("drop.json").read_bytes())["keys"][0]["purpose"] == "drop"
    assert json.loads(Path("exchange.json").read_bytes())["keys"][0]["owner"] == "exchange"
    taken = LocalKeyRing(tmp_path / "practice" / "keys").accepted("southwark", Use.SIGN)
    assert json.loads(Path("public.json").read_bytes())["keys"][0]["kid"] in taken


def test_the_commands_of_the_page_inspect_a_file_of_the_kit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for end in ("parquet", "metadata.json"):
        shutil.copy(VECTORS / "foreign" / f"a-pupils.{end}", tmp_path / f"pupils.{end}")
    (tmp_path / "vectors").symlink_to(VECTORS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("client.settings.now", lambda: RECEIVED)
    commands = re.findall(r"^exchange (inspect .+)$", (EXAMPLES.parent / "sealed-file.md").read_text("utf-8"), re.M)
    assert len(commands) == 2
    for command in commands:
        assert run(command.split()) == 0, command
    assert "ENV-019" in capsys.readouterr().out
