"""The agreement is read as it is written, and a wrong key is named."""

import shutil
from pathlib import Path

import pytest
import yaml

from shared.kernel.errors import InvalidAgreement
from shared.kernel.terms.load import FOLDER, load_agreement
from shared.kernel.terms.schema import schemas


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FOLDER, tmp_path / "agreements"))


def change(folder: Path, file: str, keys: list[str | int], value: object) -> None:
    document = yaml.safe_load((folder / file).read_text(encoding="utf-8"))
    at = document
    for key in keys[:-1]:
        at = at[key]
    at[keys[-1]] = value
    (folder / file).write_text(yaml.safe_dump(document), encoding="utf-8")


def test_all_33_london_authorities_are_registered_with_distinct_codes() -> None:
    boroughs = load_agreement().boroughs
    assert len(boroughs) == 33
    assert {b.slug: (b.ons_code, b.dfe_code) for b in boroughs}["lambeth"] == ("E09000022", "208")
    assert {b.slug: (b.ons_code, b.dfe_code) for b in boroughs}["city-of-london"] == ("E09000001", "201")
    for field in ("slug", "name", "ons_code", "dfe_code"):
        assert len({getattr(b, field) for b in boroughs}) == 33


def test_the_four_pilot_boroughs_are_the_participants() -> None:
    assert [b.slug for b in load_agreement().participants] == ["lambeth", "lewisham", "southwark", "wandsworth"]


def test_retention_keeps_its_promise_with_room_for_a_late_lifecycle_rule() -> None:
    retention = load_agreement().retention
    assert set(retention.sweep_days) == {"inbox", "outbox", "staging", "requests", "claims", "poison", "deadletter"}
    assert max(retention.sweep_days.values()) < retention.lifecycle_days < retention.watchdog_days < 30
    assert retention.promise_days == 30


@pytest.mark.parametrize(
    ("keys", "value", "named"),
    [
        (["version"], "one", "version"),
        (["in_force", "to"], "2020-01-01", "in_force"),
        (["controllers"], ["lambeth", "atlantis"], "atlantis"),
        (["controllers"], ["lambeth", "lambeth"], "controllers"),
        (["datasets", "pupils", "dropped_by"], ["camden"], "datasets.pupils.dropped_by"),
        (["datasets", "pupils", "purpose"], "marketing", "datasets.pupils.purpose"),
        (["datasets", "ethnicity"], {}, "datasets.ethnicity"),
        (["releases", "matches", "to"], "everybody", "releases.matches.to"),
        (["releases", "matches", "columns"], [], "releases.matches.columns"),
        (["linkage", "automatic"], 0.3, "linkage"),
        (["linkage", "cascade", 0, "keys"], ["shoe_size"], "linkage.cascade.0.keys"),
        (["linkage", "guards"], ["luck"], "linkage.guards"),
        (["retention", "lifecycle_days"], 31, "retention"),
        (["officers_per_borough"], 0, "officers_per_borough"),
        (["surprise"], 1, "surprise"),
        (["boroughs"], [], "boroughs"),
    ],
)
def test_a_wrong_key_is_refused_and_named(folder: Path, keys: list[str | int], value: object, named: str) -> None:
    change(folder, "fsm.yaml", keys, value)
    with pytest.raises(InvalidAgreement, match=named) as refused:
        load_agreement(folder)
    assert refused.value.code == "AGR-000"
    assert "fsm.yaml" in str(refused.value)


def test_two_boroughs_cannot_share_a_code(folder: Path) -> None:
    change(folder, "boroughs.yaml", ["boroughs", 0, "dfe_code"], "208")
    with pytest.raises(InvalidAgreement, match=r"boroughs\.yaml"):
        load_agreement(folder)


def test_several_faults_are_counted(folder: Path) -> None:
    change(folder, "fsm.yaml", ["version"], "one")
    change(folder, "fsm.yaml", ["title"], ["no"])
    with pytest.raises(InvalidAgreement, match=r"1 more"):
        load_agreement(folder)


@pytest.mark.parametrize(("text", "said"), [("a: [", "is not YAML at line"), ("- a\n", "must be a mapping")])
def test_what_is_not_an_agreement_file_is_refused(folder: Path, text: str, said: str) -> None:
    (folder / "fsm.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InvalidAgreement, match=said):
        load_agreement(folder)


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "boroughs.yaml").unlink()
    with pytest.raises(InvalidAgreement, match=r"boroughs\.yaml: there is no such file"):
        load_agreement(folder)


def test_the_committed_schemas_are_those_of_the_model() -> None:
    for name, text in schemas().items():
        assert (FOLDER / "schema" / name).read_text(encoding="utf-8") == text
