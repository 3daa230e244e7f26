"""`exchange subject`: an officer's question about one child, answered from the folders of two boroughs."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from client.files import write_table
from client.person import understand
from client.sealed_files import save
from client.subject.match import Known, find
from shared.kernel.envelope.keys import Use
from shared.kernel.envelope.manifest import EXCHANGE
from shared.kernel.envelope.statement import sign_statement
from shared.kernel.errors import InvalidInput
from shared.kernel.storage.storage import Storage
from tests.memory import account, service, storage
from tests.world import NOW, World, decision, household, make_world, pupil, put_postcodes, table, upn

__all__ = ["account", "service", "storage"]

AMARA = 'upn = "{upn}"\n'
BY_NAME = 'forename = "Ámara"\nsurname = "OKAFOR"\nborn = "2015-03-21"\n'


@dataclass
class Office:
    """The folders of two boroughs after a term: a pupil of Southwark is a child of a claim in Lambeth."""

    world: World
    root: Path
    exchange: Any

    def send(self, slug: str, dataset: str, rows: list[dict[str, Any]]) -> str:
        """Pack, seal, drop and have it taken in; the drop's id."""
        packed = self.root / slug / "packed" / f"{dataset}.parquet"
        packed.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table(dataset, rows), packed)
        sealed = self.world.seal(slug, dataset, table(dataset, rows))
        save(sealed, self.root / slug / "sealed", hashlib.sha256(packed.read_bytes()).hexdigest())
        drop = self.world.receive(slug, self.world.put(slug, sealed.data, sealed.metadata))
        assert drop
        return drop

    def collect(self, slug: str) -> None:
        """What `exchange fetch` saves."""
        for name in self.world.outbox(slug):
            path = self.root / slug / "collected" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.name == "current.json":
                body = json.loads(self.world.answer_of(slug, name))["payload"]["body"]
                path = path.parent / body["job"] / path.name
                path.parent.mkdir(exist_ok=True)
            if path.suffix == ".parquet":
                write_table(path, self.world.open(slug, name))
            else:
                path.write_bytes(self.world.answer_of(slug, name))

    def ask(self, slug: str, who: str, *options: object) -> Any:
        """Run the command on everything that the borough has."""
        file = self.root / "who.toml"
        file.write_text(who, encoding="utf-8")
        file.chmod(0o600)
        public = self.root / "exchange-public.json"
        public.write_bytes(self.world.rings[slug].export_public(EXCHANGE, Use.SIGN))
        said = self.exchange(
            "subject", self.root / slug, "--who", file, "--borough", slug, "--public", public, *options, "--json"
        )
        return said


@pytest.fixture
def office(storage: Storage, keys_folder: Path, tmp_path: Path, exchange: Any) -> Office:
    world = make_world(storage, keys_folder)
    storage.ensure_containers(world.agreement.controllers)
    put_postcodes(storage)
    office = Office(world, tmp_path, exchange)
    others = pupil(2, forename="Zed", surname="Reid", postcode="SE13 6TT", home_la="E09000023", dob=date(2014, 1, 2))
    office.send("southwark", "pupils", [others, pupil(1)])
    brother = household(child_seq=2, child_forename="Obi", child_dob=date(2012, 7, 1))
    office.send("lambeth", "households", [household(), brother, household("H2", child_surname="Reid")])
    world.carry_out_all()
    [match] = world.results("lambeth", "matches").to_pylist()
    office.send("lambeth", "decisions", [decision(match["match_ref"])])
    world.carry_out_all()
    for slug in ("southwark", "lambeth"):
        office.collect(slug)
    return office


def ways(answer: Any) -> dict[tuple[str, str], list[int]]:
    return {(entry["way"], entry["what"]): entry["lines"] for entry in answer["entries"]}


def test_the_school_borough_learns_what_it_sent_and_received_of_a_pupil(office: Office) -> None:
    said = office.ask("southwark", AMARA.format(upn=upn(1)), "--as-of", "2026-11-25")
    assert said.code == 0, said.err
    answer = said.json
    assert ways(answer) == {("sent", "pupils"): [3], ("received", "enrolments"): [2]}
    [sent] = [entry for entry in answer["entries"] if entry["way"] == "sent"]
    assert sent["basis"]["agreement"] == "fsm@1.0.0"
    assert any("512ZB" in article for article in sent["basis"]["lawful_basis"])
    assert "free school meals" in sent["basis"]["purpose"]
    assert (sent["when"][:10], sent["others"], sent["gone_by"]) == ("2026-11-21", ["lambeth", "lewisham"], "2026-12-21")
    assert "taken from" not in " ".join(sent["notes"])  # of which packed file the drop was made is on record
    assert "upn" in sent["columns"]
    assert "uln" not in sent["columns"]
    assert answer["exchange_holds_until"] == "2026-12-21"
    assert answer["who_could_read"]["not_audited"] == ["2026-11-21"]


def test_the_home_borough_learns_it_by_name_and_birthday_and_not_of_the_brother(office: Office) -> None:
    answer = office.ask("lambeth", BY_NAME).json
    assert ways(answer) == {
        ("sent", "households"): [2],
        ("received", "matches"): [2],
        ("sent", "decisions"): [2],
        ("received", "outcomes"): [2],
    }
    [received] = [entry for entry in answer["entries"] if entry["what"] == "matches"]
    assert received["when"].startswith("2026-11-21")
    assert received["others"] == ["lambeth", "southwark"]
    households = next(entry for entry in answer["entries"] if entry["what"] == "households")
    assert households["near"] == [4]  # Amara Reid of another claim, born the same day


def test_a_claim_is_asked_about_as_a_whole(office: Office) -> None:
    answer = office.ask("lambeth", 'claim = "h1 "').json
    assert ways(answer)[("sent", "households")] == [2, 3]


def test_a_notice_about_their_match_is_told(office: Office) -> None:
    [match] = office.world.results("lambeth", "matches").to_pylist()
    for ref, name in ((match["match_ref"], "theirs"), ("0" * 12 + "-1-" + "0" * 12 + "-1", "others")):
        body = {"word": "recall", "code": "NOT-003", "collection": "2026-autumn", "about": [{"ref": ref, "why": "x"}]}
        path = office.root / "lambeth" / "collected" / name / "notice.json"
        path.parent.mkdir(parents=True)
        path.write_bytes(sign_statement(body, "notice", office.world.exchange.keys, NOW))
    [told] = office.ask("lambeth", BY_NAME).json["notices"]
    assert told.startswith("recall (NOT-003): x; 2026-autumn")
    assert "theirs" in told


def test_nothing_is_an_answer(office: Office) -> None:
    said = office.ask("southwark", AMARA.format(upn=upn(77)))
    assert said.code == 0
    assert (said.json["found"], said.json["entries"]) == (False, [])
    assert said.json["answer"].startswith("Nothing was found.")
    assert "for 30 days at most" in said.json["exchange"]


def test_after_thirty_days_the_exchange_holds_nothing(office: Office) -> None:
    day = office.ask("lambeth", BY_NAME, "--as-of", "2026-12-20").json
    assert day["exchange_holds_until"] == "2026-12-21"
    later = office.ask("lambeth", BY_NAME, "--as-of", "2027-01-05").json
    assert later["exchange_holds_until"] == ""
    assert later["exchange"].startswith("The exchange holds nothing of it any more.")


def test_what_cannot_be_read_is_named_and_nothing_is_no_longer_certain(office: Office) -> None:
    (office.root / "southwark" / "broken.parquet").write_bytes(b"PAR1 no")
    [receipt, *_] = sorted((office.root / "southwark" / "collected").rglob("receipt.json"))
    receipt.write_bytes(receipt.read_bytes().replace(b'"rows_in":2', b'"rows_in":3'))
    said = office.ask("southwark", AMARA.format(upn=upn(77)))
    assert said.code == 8
    assert said.json["answer"].startswith("Nothing was found in what could be read.")
    assert {Path(one["file"]).name for one in said.json["left"]} == {"broken.parquet", "receipt.json"}


def test_a_receipt_that_does_not_verify_shows_nothing(office: Office) -> None:
    for receipt in (office.root / "southwark" / "collected").rglob("receipt.json"):
        receipt.write_bytes(receipt.read_bytes().replace(b"lambeth", b"croydon"))
    answer = office.ask("southwark", AMARA.format(upn=upn(1))).json
    assert ("prepared", "pupils") in ways(answer)
    assert not any("croydon" in entry["others"] for entry in answer["entries"])


def test_which_drop_it_was_is_not_guessed(office: Office) -> None:
    for source in (office.root / "southwark" / "sealed").glob("*.source.json"):
        source.unlink()
    alike = office.ask("southwark", AMARA.format(upn=upn(1))).json
    [sent] = [entry for entry in alike["entries"] if entry["way"] == "sent"]
    assert any("number of rows alone" in note for note in sent["notes"])

    office.send("southwark", "pupils", [pupil(1), pupil(3, forename="Ada")])
    office.collect("southwark")
    for source in (office.root / "southwark" / "sealed").glob("*.source.json"):
        source.unlink()
    two = office.ask("southwark", AMARA.format(upn=upn(1))).json
    [sent] = [entry for entry in two["entries"] if entry["way"] == "sent"]
    assert (sent["work"], sent["when"]) == ("", "")
    assert any("is not recorded" in note for note in sent["notes"])
    assert "not known" in two["exchange"]


def test_a_suppliers_extract_is_looked_through_whatever_its_headings(office: Office) -> None:
    extract = office.root / "lambeth" / "extract.csv"
    extract.write_text("Claim No;Kind;First;Last;Geb\nH9;CTR;Amara;Okafor;21/03/2015\nH10;CTR;Ada;Bell;01/01/2015\n")
    answer = office.ask("lambeth", BY_NAME).json
    [own] = [entry for entry in answer["entries"] if entry["way"] == "own"]
    assert (own["lines"], own["columns"]) == ([2], [])


def test_a_release_that_is_still_sealed_is_opened_with_the_boroughs_key(office: Office, keys_folder: Path) -> None:
    [name] = [name for name in office.world.outbox("southwark") if name.endswith("enrolments.parquet")]
    blob = office.world.storage.outbox("southwark").read(name)
    folder = office.root / "southwark" / "by-another-tool"
    folder.mkdir()
    (folder / "enrolments.parquet").write_bytes(blob.data)
    (folder / "enrolments.manifest.json").write_text(json.dumps(dict(blob.metadata)))
    answer = office.ask("southwark", AMARA.format(upn=upn(1)), "--keys", keys_folder / "southwark" / "keys").json
    assert len([entry for entry in answer["entries"] if entry["what"] == "enrolments"]) == 2
    assert office.ask("southwark", AMARA.format(upn=upn(1))).code == 8  # without the key it is named as not read


def test_an_audit_at_hand_says_who_read(office: Office) -> None:
    read = {"principal": "lambeth officer 1", "role": "officer", "borough": "lambeth", "of": "lambeth"}
    read |= {"container": "outbox", "operation": "GetBlob", "outcome": "done", "authentication": "OAuth"}
    read |= {"operations": 3, "first": "2026-11-21T10:00:00Z", "last": "2026-11-21T11:00:00Z", "origins": 1}
    stranger = read | {"of": "wandsworth", "principal": "wandsworth officer 1"}
    audit = {"period": {"from": "2026-11-01", "to": "2026-11-30"}, "access": [read, stranger], "answer": "holds"}
    (office.root / "lambeth" / "audit.json").write_text(json.dumps(audit))
    known = office.ask("lambeth", BY_NAME).json["who_could_read"]
    assert [one["who"] for one in known["reads"]] == ["lambeth officer 1"]
    assert known["not_audited"] == []


def test_no_cell_is_said_and_the_page_shows_them_only_where_asked(office: Office) -> None:
    personal = ("Amara", "Okafor", upn(1), "2015-03-21", "Acre")
    page = office.root / "sar-2026-014.html"
    said = office.ask("southwark", AMARA.format(upn=upn(1)), "--page", page, "--reference", "SAR 14")
    assert said.code == 0, said.err
    plain = page.read_text(encoding="utf-8")
    assert not [value for value in personal if value in said.out + said.err + plain]
    assert "SAR 14" in plain
    assert "<script" not in plain
    if os.name != "nt":
        assert page.stat().st_mode & 0o077 == 0
    office.ask("southwark", AMARA.format(upn=upn(1)), "--page", page, "--values")
    assert all(value in page.read_text(encoding="utf-8") for value in personal)


@pytest.mark.parametrize("name", ["okafor.html", "Amara Okafor.html", "x-Okafor-2.html"])
def test_the_name_of_the_page_must_not_bear_who_it_is(office: Office, name: str) -> None:
    said = office.ask("lambeth", BY_NAME, "--page", office.root / name)
    assert (said.code, said.json["error"]["code"]) == (2, "SUB-006")
    assert not (office.root / name).exists()


def test_who_may_be_asked_for_at_the_terminal(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter([upn(1), "", "", "", "", "", ""])
    monkeypatch.setattr("typer.prompt", lambda *_args, **_options: next(answers))
    public = office.root / "public.json"
    public.write_bytes(office.world.rings["southwark"].export_public(EXCHANGE, Use.SIGN))
    said = office.exchange("subject", office.root / "southwark", "--borough", "southwark", "--public", public, "--json")
    assert (said.code, said.json["found"]) == (0, True)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ('upn = "A123"', "SUB-003"),
        ('born = "21/03/2015"\nforename = "A"\nsurname = "B"', "SUB-003"),
        ('claim = ["H1", "H2"]', "SUB-003"),
        ('surname = "Okafor"', "SUB-002"),
        ('forename = "Amara"\nsurname = "Okafor"', "SUB-002"),
        ("", "SUB-002"),
        ('name = "Amara"', "SUB-001"),
        ("Amara Okafor", "SUB-001"),
    ],
)
def test_what_would_find_nothing_for_a_slip_is_refused_without_repeating_it(
    exchange: Any, tmp_path: Path, said: str, code: str
) -> None:
    who = tmp_path / "who.toml"
    who.write_text(said)
    public = tmp_path / "public.json"
    public.write_text("{}")
    answer = exchange("subject", tmp_path, "--who", who, "--borough", "lambeth", "--keys", tmp_path, "--json")
    assert (answer.code, answer.json["error"]["code"]) == (2, code)
    assert "Amara" not in answer.out + answer.err


def test_of_names_all_that_somebody_was_called_count() -> None:
    asked = understand({"forename": ["Amara"], "surname": ["Reid", "Okafor"], "born": ["2015-03-21"]})
    rows = table("pupils", [pupil(1, surname="Bell", former_surname="Reid"), pupil(2, dob=date(2015, 4, 21)), pupil(3)])
    assert [(hit.row, hit.is_certain) for hit in find(rows, asked, Known())] == [(0, True), (1, False), (2, True)]


def test_that_somebody_is_asked_about_is_not_shown_by_a_traceback() -> None:
    asked = understand({"claim": ["H1234567"]})
    assert "H1234567" not in repr(asked)
    with pytest.raises(InvalidInput) as refused:
        understand({"upn": ["H1234567"]})
    assert "H1234567" not in str(refused.value)


def test_a_result_that_may_be_wrong_does_not_make_its_child_theirs() -> None:
    """The pupil is asked about; that the child of the claim is the same one is what the exchange thinks."""
    row = {
        "match_ref": "m-1",
        "household_ref": "H9",
        "child_seq": "1",
        "child_forename": "Ada",
        "child_surname": "Bell",
    }
    row |= {"pupil_forename": "Amara", "pupil_surname": "Okafor", "pupil_dob": "2015-03-21", "child_dob": "2015-03-21"}
    known = Known()
    asked = understand({"forename": ["Amara"], "surname": ["Okafor"], "born": ["2015-03-21"]})
    [hit] = find(pa.Table.from_pylist([row]), asked, known)
    assert hit.is_certain
    assert (known.pairs, known.children, known.claims) == ({"M-1"}, set(), set())
