"""An agreement is read as it is written, and a wrong key is named."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from shared.agreements.registry import PACKAGES, agreement_file, load_agreement, load_agreements
from shared.kernel.errors import InvalidAgreement
from shared.kernel.terms.model import Agreement
from tests.agreements import copied

SCHOOL = {"slug": "school-100785", "name": "A school", "kind": "school", "urn": "100785"}
HUB = {"slug": "a-hub", "name": "A hub", "kind": "hub"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return copied(tmp_path / "agreements")


def change(path: Path, keys: list[str | int], value: object) -> None:
    document = yaml.safe_load(path.read_text(encoding="utf-8"))
    at = document
    for key in keys[:-1]:
        at = at[key]
    at[keys[-1]] = value
    path.write_text(yaml.safe_dump(document), encoding="utf-8")


@pytest.mark.parametrize("id", PACKAGES)
def test_every_agreement_that_is_shipped_loads_under_its_id(id: str) -> None:
    assert load_agreement(id).id == id
    assert load_agreements()[id].terms == load_agreement(id)


def test_the_agreements_are_found_by_id_by_reference_and_by_day() -> None:
    agreements = load_agreements()
    for agreed in agreements:
        terms = agreed.terms
        assert terms.id in agreements
        assert agreements.named(terms.reference) == agreed
        assert agreed in agreements.in_force(terms.in_force.first)
        assert agreed not in agreements.in_force(terms.in_force.last.replace(year=terms.in_force.last.year + 1))
    assert "gossip" not in agreements


@pytest.mark.parametrize("id", PACKAGES)
def test_retention_keeps_its_promise_with_room_for_a_late_lifecycle_rule(id: str) -> None:
    retention = load_agreement(id).retention
    assert set(retention.sweep_days) == {"inbox", "outbox", "staging", "requests", "claims", "poison", "deadletter"}
    assert max(retention.sweep_days.values()) < retention.lifecycle_days < retention.watchdog_days
    assert retention.watchdog_days < retention.promise_days


def test_parties_are_told_in_time_also_where_the_terms_do_not_say_when() -> None:
    retention = load_agreement("fsm").retention
    unsaid = retention.model_copy(update={"waiting_days": None})
    short = unsaid.model_copy(update={"sweep_days": {**retention.sweep_days, "staging": 9}})
    assert retention.told_after_days == unsaid.told_after_days == 7
    assert short.told_after_days == 4


@pytest.mark.parametrize(
    ("keys", "value", "named"),
    [
        (["id"], "fsn", "id: must be fsm"),
        (["id"], "exchange", "id: exchange is the exchange's own"),
        (["version"], "one", "version"),
        (["in_force", "to"], "2020-01-01", "in_force"),
        (["controllers"], ["lambeth", "atlantis"], "controllers.*atlantis"),
        (["controllers"], ["lambeth", "lambeth"], "controllers"),
        (["controllers"], [], "controllers"),
        (["recipients"], ["atlantis"], "recipients.*atlantis"),
        (["recipients"], ["lambeth"], "recipients.*lambeth"),
        (["parties"], [SCHOOL], "parties.*school-100785"),
        (["parties"], [SCHOOL | {"urn": "0785"}], r"parties\.0\.urn"),
        (["parties"], [SCHOOL | {"urn": None}], "urn"),
        (["parties"], [HUB | {"slug": "exchange"}], "slug: exchange"),
        (["parties"], [HUB | {"slug": "lambeth"}], "lambeth"),
        (["parties"], [HUB | {"dfe_code": "208"}], "dfe_code"),
        (["parties"], [{"slug": "new-town", "name": "New Town", "ons_code": "E06000999", "dfe_code": "208"}], "208"),
        (["datasets", "pupils", "dropped_by"], ["camden"], "datasets.pupils.dropped_by"),
        (["datasets", "pupils", "purpose"], "marketing", "datasets.pupils.purpose"),
        (["datasets", "pupils", "collections", "2026-autum"], {"from": "2026-09-01", "to": "2026-09-02"}, "2026-autum"),
        (["datasets", "pupils", "collections", "2026-28"], {"from": "2026-09-01", "to": "2026-09-02"}, "2026-28"),
        (["datasets", "ethnicity"], {}, "datasets.ethnicity"),
        (["releases", "matches", "to"], "everybody", "releases.matches.to"),
        (["releases", "matches", "columns"], [], "releases.matches.columns"),
        (["releases", "matches", "columns"], ["match_ref", "postcode"], "releases.matches.columns.*postcode"),
        (["releases", "gossip"], {"to": "any", "columns": ["upn"]}, "releases.gossip"),
        (["retention", "waiting_days"], 0, "retention.waiting_days"),
        (["retention", "waiting_days"], 14, "waiting_days: half of the 26 days"),
        (["linkage", "automatic"], 0.3, "linkage"),
        (["linkage", "cascade", 0, "keys"], ["shoe_size"], "linkage.cascade.0.keys"),
        (["linkage", "guards"], ["luck"], "linkage.guards"),
        (["linkage", "model"], "../model-1.3.0.json", "beside"),
        (["linkage", "model"], "model-9.9.9.json", r"model-9\.9\.9\.json: there is no such file"),
        (["eligibility", "rule_set"], None, "eligibility.rule_set"),
        (["retention", "lifecycle_days"], 31, "retention"),
        (["officers_per_party"], 0, "officers_per_party"),
        (["retention", "pending_days"], 34, "retention.pending_days: at least 35"),
        (["retention", "pending_days"], None, "retention.pending_days: at least 35"),
        (["retention", "decisions_days"], None, "retention.decisions_days"),
        (["retention", "decisions_days"], 20, "decisions_days: fewer than rows are kept"),
        (["surprise"], 1, "surprise"),
        (["boroughs"], [], "boroughs"),
    ],
)
def test_a_wrong_key_is_refused_and_named(folder: Path, keys: list[str | int], value: object, named: str) -> None:
    change(folder / "fsm.yaml", keys, value)
    with pytest.raises(InvalidAgreement, match=named) as refused:
        load_agreement("fsm", folder)
    assert refused.value.code == "AGR-000"
    assert named.startswith("model-") or r"model-9" in named or "fsm.yaml" in str(refused.value)


def test_a_dataset_needs_a_contract(folder: Path) -> None:
    terms = yaml.safe_load((folder / "fsm.yaml").read_text(encoding="utf-8"))
    change(folder / "fsm.yaml", ["datasets", "attendance"], terms["datasets"]["pupils"])
    with pytest.raises(InvalidAgreement, match=r"datasets\.attendance: there is no contract for it, but for decisions"):
        load_agreement("fsm", folder)


@pytest.mark.parametrize("id", PACKAGES)
def test_the_datasets_that_terms_may_name_are_those_of_the_contracts(id: str) -> None:
    package = PACKAGES[id]
    assert set(package.contracts) == set(package.pipeline.contracts) == package.terms.CONTRACTED


@pytest.mark.parametrize("id", PACKAGES)
def test_the_releases_that_terms_may_name_are_those_of_the_pipeline(id: str) -> None:
    package = PACKAGES[id]
    assert {name for rights in package.pipeline.kinds.values() for name in rights.sends} == set(package.terms.MADE)


def test_a_party_that_no_register_has_is_given_by_the_agreement(folder: Path) -> None:
    plain = load_agreement("fsm", folder)
    change(folder / "fsm.yaml", ["parties"], [SCHOOL, HUB])
    change(folder / "fsm.yaml", ["controllers"], [*plain.controllers, "school-100785", "surrey"])
    change(folder / "fsm.yaml", ["recipients"], ["a-hub"])
    agreement: Agreement = load_agreement("fsm", folder)
    assert [party.slug for party in agreement.participants] == [*plain.controllers, "school-100785", "surrey", "a-hub"]
    assert agreement.by_slug["school-100785"].urn == "100785"
    assert {party.ons_code for party in agreement.authorities} >= {"E10000030", "E06000039"}
    assert plain.by_slug["slough"].dfe_code == "871"
    assert "a-hub" not in plain.by_slug


def test_several_faults_are_counted(folder: Path) -> None:
    change(folder / "fsm.yaml", ["version"], "one")
    change(folder / "fsm.yaml", ["title"], ["no"])
    with pytest.raises(InvalidAgreement, match=r"1 more"):
        load_agreement("fsm", folder)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b"a: [", "is not YAML at line"),
        (b"- a\n", "must be a mapping"),
        (b"", "must be a mapping"),
        ("title: Für".encode("latin-1"), "is not text in UTF-8"),
    ],
)
def test_what_is_not_an_agreement_file_is_refused(folder: Path, text: bytes, said: str) -> None:
    (folder / "fsm.yaml").write_bytes(text)
    with pytest.raises(InvalidAgreement, match=rf"AGR-000: fsm\.yaml: {said}"):
        load_agreement("fsm", folder)


@pytest.mark.parametrize("id", PACKAGES)
def test_a_folder_has_every_agreement(folder: Path, id: str) -> None:
    assert [agreed.terms.id for agreed in load_agreements(folder)] == list(PACKAGES)
    agreement_file(id, folder).unlink()
    with pytest.raises(InvalidAgreement, match=rf"{id}\.yaml: there is no such file in the folder agreements"):
        load_agreements(folder)


@pytest.mark.parametrize("name", ["fsn.yaml", "fsm.yml", "agreement.yaml", "boroughs.yaml"])
def test_a_folder_has_no_file_of_another_name(folder: Path, name: str) -> None:
    (folder / name).write_text("id: fsn\n", encoding="utf-8")
    with pytest.raises(InvalidAgreement, match=rf"{name}: is the file of no agreement; there are fsm\.yaml"):
        load_agreements(folder)
