"""Who can be a party, and by which codes."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from shared.kernel.errors import InvalidAgreement
from shared.kernel.parties.model import Party
from shared.kernel.parties.register import FILE, authorities, read_register

BY_SLUG = {party.slug: party for party in authorities()}


def test_the_33_authorities_of_london_come_first() -> None:
    london = [party for party in authorities() if party.ons_code and party.ons_code.startswith("E09")]
    assert list(authorities()[:33]) == london
    assert (BY_SLUG["lambeth"].ons_code, BY_SLUG["lambeth"].dfe_code) == ("E09000022", "208")
    assert (BY_SLUG["city-of-london"].ons_code, BY_SLUG["city-of-london"].dfe_code) == ("E09000001", "201")


@pytest.mark.parametrize(
    ("slug", "ons_code", "dfe_code"),
    [
        ("surrey", "E10000030", "936"),
        ("slough", "E06000039", "871"),
        ("hertfordshire", "E10000015", "919"),
        ("essex", "E10000012", "881"),
        ("kent", "E10000016", "886"),
        ("thurrock", "E06000034", "883"),
        ("buckinghamshire", "E06000060", "825"),
        ("birmingham", "E08000025", "330"),
    ],
)
def test_authorities_beyond_london(slug: str, ons_code: str, dfe_code: str) -> None:
    assert (BY_SLUG[slug].ons_code, BY_SLUG[slug].dfe_code) == (ons_code, dfe_code)


def test_every_authority_has_codes_and_a_name_of_its_own() -> None:
    for field in ("slug", "name", "ons_code", "dfe_code"):
        assert len({getattr(party, field) for party in authorities()}) == len(authorities())
    assert {party.kind for party in authorities()} == {"authority"}


@pytest.mark.parametrize(
    ("field", "value"),
    [("slug", "lambeth"), ("dfe_code", "208"), ("ons_code", "E09000022")],
)
def test_two_authorities_cannot_share_a_code(tmp_path: Path, field: str, value: str) -> None:
    document = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    document["authorities"][40][field] = value
    (tmp_path / "authorities.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    with pytest.raises(InvalidAgreement, match=rf"AGR-000: authorities\.yaml: .*{field} {value}.*Lambeth"):
        read_register(tmp_path / "authorities.yaml")


def test_an_entry_is_not_given_twice(tmp_path: Path) -> None:
    document = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    document["authorities"].append(document["authorities"][0])
    (tmp_path / "authorities.yaml").write_text(yaml.safe_dump(document), encoding="utf-8")
    with pytest.raises(InvalidAgreement, match="named twice"):
        read_register(tmp_path / "authorities.yaml")


def test_a_missing_register_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidAgreement, match=r"authorities\.yaml: there is no such file"):
        read_register(tmp_path / "authorities.yaml")


@pytest.mark.parametrize(
    "facts",
    [
        {"slug": "school-100785", "name": "A school", "kind": "school", "urn": "100785"},
        {"slug": "a-hub", "name": "A hub", "kind": "hub"},
        {"slug": "an-institute", "name": "An institute", "kind": "research"},
        {"slug": "new-town", "name": "New Town", "ons_code": "E07000999", "dfe_code": "999"},
    ],
)
def test_a_party_of_each_kind(facts: dict[str, str]) -> None:
    assert Party.model_validate(facts).slug == facts["slug"]


@pytest.mark.parametrize(
    ("facts", "named"),
    [
        ({"slug": "a-school", "name": "A school", "kind": "school"}, "urn"),
        ({"slug": "a-school", "name": "A school", "kind": "school", "urn": "012345"}, "urn"),
        ({"slug": "a-hub", "name": "A hub", "kind": "hub", "urn": "100785"}, "urn"),
        ({"slug": "new-town", "name": "New Town", "dfe_code": "999"}, "ons_code"),
        ({"slug": "new-town", "name": "New Town", "ons_code": "E06000999"}, "dfe_code"),
        ({"slug": "cardiff", "name": "Cardiff", "ons_code": "W06000015", "dfe_code": "681"}, "ons_code"),
        ({"slug": "new-town", "name": "New Town", "ons_code": "E05000999", "dfe_code": "999"}, "ons_code"),
        ({"slug": "exchange", "name": "Exchange", "kind": "hub"}, "slug"),
        ({"slug": "New-Town", "name": "New Town", "kind": "hub"}, "slug"),
        ({"slug": "a-club", "name": "A club", "kind": "club"}, "kind"),
    ],
)
def test_no_party(facts: dict[str, str], named: str) -> None:
    with pytest.raises(ValidationError, match=named):
        Party.model_validate(facts)
