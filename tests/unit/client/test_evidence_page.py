"""The evidence page: complete in itself, well made, and silent about small numbers."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from typing import get_args

import pytest

from client.evidence import words
from client.evidence.draw import picture
from client.evidence.facts import access_rows, collect, pair_table
from client.evidence.page import LISTED, SECTIONS, FileFact, render
from shared.agreements.free_school_meals.pairs import count_pairs
from shared.agreements.registry import load_agreements
from shared.kernel.audit.flows import Flow, count_flows, last_sweeps
from shared.kernel.audit.register import Role
from shared.kernel.audit.report import Finding, Place
from shared.kernel.terms.agreements import Agreements
from tests.unit.client.evidence_sample import MATCHED, PILOT, access, event, events, evidence, report
from tests.unit.client.page_reader import Page
from tests.unit.kernel import second

FILES = (FileFact("audit.json", 12, "a" * 64), FileFact("keys/exchange-public.json", 9, "b" * 64))


@pytest.fixture(params=[{}, {"broken": False}, {"borough": "lambeth"}], ids=["broken", "all well", "one borough"])
def document(request: pytest.FixtureRequest) -> str:
    return render(evidence(**request.param), FILES)


def test_the_page_is_well_made_and_loads_nothing(document: str) -> None:
    page = Page(document)
    assert page.faults == []
    assert not re.search(r"https?:|url\(|@import|//[a-z]", document)
    policy = next(meta["content"] for meta in page.of("meta") if meta.get("http-equiv") == "Content-Security-Policy")
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def test_the_page_can_be_read_with_any_reader(document: str) -> None:
    page = Page(document)
    assert page.of("html") == [{"lang": "en-GB"}]
    assert {"header", "nav", "main", "footer", "title", "h1"} <= {tag for tag, _ in page.elements}
    assert len(page.of("main")) == len(page.of("h1")) == 1
    assert page.of("title") == [{}, {"id": "flow-title"}]
    assert set(SECTIONS) <= set(page.ids)
    assert len(page.tables) >= 7
    for table in page.tables:
        assert (table["captions"], table["heads"], table["without scope"]) == (1, 1, 0)
        assert table["rows"] > 1
    assert all(mark.get("aria-label") for mark in page.of("span") if mark.get("role") == "img")
    [svg] = page.of("svg")
    assert svg["aria-labelledby"] == "flow-title flow-words"


def test_the_page_names_every_agreement_with_its_days() -> None:
    page = Page(render(collect(second.both(), report(), events(), {}), FILES))
    text = " ".join(page.text.split())
    assert page.faults == []
    assert "fsm@1.0.0" in text
    assert "recipients" not in text.lower()
    assert "head-count@2.1.0" in text
    assert (
        "30 days, but for what has days of its own. The nightly sweep destroys after 26 days; what awaits a decision "
        "after 45; what was decided (as pseudonyms) after 400." in text
    )
    assert "40 days. The nightly sweep destroys after 35 days." in text
    assert "Under the agreement fsm." in text


def test_who_only_collects_is_called_no_controller() -> None:
    page = Page(render(collect(load_agreements(), report(), events(), {}), FILES))
    text = " ".join(page.text.split())
    assert "RecipientsLondon Innovation and Improvement Alliance, who only collect" in text
    assert text.count("ControllersLambeth, Lewisham, Southwark, Wandsworth ") == 2


def test_without_free_school_meals_there_is_no_table_of_its_children() -> None:
    alone = Agreements((second.second(),))
    page = Page(render(collect(alone, report(), events(), {}), FILES))
    assert "pairs" not in page.ids
    assert not [link for link in page.of("a") if link.get("href") == "#pairs"]


def test_another_agreements_counts_are_none_of_children_found() -> None:
    before = collect(second.both(), report(), events(), {})
    other = event("run:ab", "released", "2026-10-20T09:30:00Z", "lambeth", counts={"matched.southwark": 400})
    after = collect(second.both(), report(), [*events(), replace(other, agreement="head-count@2.1.0")], {})
    assert after.pairs == before.pairs


def test_releases_of_any_agreement_are_counted_where_they_went() -> None:
    sent = event(
        "tally:ab", "released", "2026-10-20T09:30:00Z", "lambeth", hashes={"counts": "a" * 64} | {"lewisham": "b" * 64}
    )
    sent = replace(sent, agreement="head-count@2.1.0")
    flows = {flow.party: flow.released for flow in count_flows([sent], (), PILOT, second.both())}
    assert flows == {"lambeth": 1, "lewisham": 1, "southwark": 0, "wandsworth": 0}
    assert not any(flow.released for flow in count_flows([sent], (), PILOT, load_agreements()))


def test_headings_skip_no_level(document: str) -> None:
    levels = [int(tag[1]) for tag, _ in Page(document).elements if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_the_same_facts_give_the_same_bytes_in_whatever_order_they_come() -> None:
    said = evidence().report
    again = collect(load_agreements(), replace(said, access=said.access[::-1]), events()[::-1], {})
    assert render(again, FILES) == render(collect(load_agreements(), said, events(), {}), FILES)


def _luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in channels]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def test_every_colour_of_text_stands_out_as_wcag_aa_asks() -> None:
    document = render(evidence(), FILES)
    colours = dict(re.findall(r"--(\w+): (#[0-9a-f]{6});", document))
    grounds = ["#ffffff", colours["ground"], *re.findall(r"\.verdict[^{]*\{[^}]*background: (#[0-9a-f]{6})", document)]
    assert len(grounds) == 5
    for name in ("ink", "soft", "sea", "good", "bad", "open"):
        for ground in grounds:
            high, low = sorted((_luminance(colours[name]), _luminance(ground)), reverse=True)
            assert (high + 0.05) / (low + 0.05) >= 4.5, (name, ground)


def test_the_answer_comes_first_and_says_what_is_broken_and_what_is_not_known() -> None:
    text = " ".join(Page(render(evidence(), FILES)).text.split())
    assert "20 of 22 promises hold, 1 is broken, 1 is not known." in text
    assert "48,196 of 48,199 operations in the logs are explained" in text
    assert "3 are not." in text
    assert "Azure's logs are best effort" in text
    assert text.index("The answer", 300) < text.index("What went where", 600)


def test_where_all_is_well_the_page_says_so_and_claims_no_more() -> None:
    text = " ".join(Page(render(evidence(broken=False), FILES)).text.split())
    assert "21 of 22 promises hold, 1 is not known." in text
    assert "Nothing that the record can show." in text
    assert "Whether the logs are complete." in text


def test_what_a_record_says_is_shown_as_text_and_never_obeyed() -> None:
    said = evidence()
    script = "<script>alert(1)</script> & <img src=x> \"'"
    place = Place("log", script, 1, script)
    found = Finding(script, place, "", script, script, script, script, script)
    check = replace(said.report.checks[0], result="broken", note=script, question=script, exceptions=(found,))
    accesses = (replace(access()[0], principal=script, container=script, operation=script, authentication=script),)
    explained = (replace(said.report.explained[0], by=script, clause=script),)
    hostile = replace(said.report, checks=(check,), access=accesses, explained=explained)
    page = Page(render(collect(load_agreements(), hostile, events(), {}), (FileFact(script, 1, script),)))
    assert page.faults == []
    assert page.text.count("<script>alert(1)</script>") > 12


def test_a_small_number_of_children_is_nowhere_on_the_page() -> None:
    """Where a pair has three children, neither it nor the difference of what surrounds it stands there."""
    table = pair_table(count_pairs(events()))
    found = {(school.school, row.home): row.numbers for school in table.schools for row in school.rows}
    assert MATCHED["lambeth"]["lewisham"] == 3
    assert found["lewisham", "lambeth"][0] is None
    assert found["lewisham", "southwark"][0] is None, "or it could be worked out from the school borough's total"
    assert not any(count is not None and 0 < count < 5 for numbers in found.values() for count in numbers)
    assert table.left_out


def test_rows_destroyed_are_one_sum_and_only_where_drops_are_among_them() -> None:
    """A results file has as many rows as its table's total: from the one the other can be worked out."""
    said = evidence()
    assert said.rows_destroyed == sum(one.rows for one in said.report.destructions)
    results = tuple(
        replace(one, rows=64, by_clause={"retention.sweep_days.outbox · sweep": 2}) for one in said.report.destructions
    )
    only_results = replace(said, report=replace(said.report, destructions=results))
    assert only_results.rows_destroyed is None
    assert "64" not in re.findall(r"\d+", Page(render(only_results, FILES)).text)


def test_a_boroughs_page_shows_its_own_pairs_and_the_same_numbers_as_the_page_of_all() -> None:
    whole = pair_table(count_pairs(events()))
    all_rows = {(school.school, row.home): row.numbers for school in whole.schools for row in school.rows}
    for slug in PILOT:
        own = pair_table(count_pairs(events()), slug)
        rows = {(school.school, row.home): row.numbers for school in own.schools for row in school.rows}
        assert rows == {pair: numbers for pair, numbers in all_rows.items() if slug in pair}


def test_the_flows_are_counted_in_files() -> None:
    flows = {flow.party: flow for flow in count_flows(events(), access(), PILOT, load_agreements())}
    assert flows["lambeth"] == Flow(
        "lambeth", dropped=3, refused=1, released=2 + 3, collected=14 + 2, lists=1, objected=7
    )
    assert flows["lewisham"].released == 2 + 2
    assert [(flows[slug].lists, flows[slug].objected) for slug in PILOT] == [(1, 7), (1, 4), (0, 0), (0, 0)]


def test_of_the_people_who_objected_a_small_number_is_not_shown() -> None:
    document = render(evidence(), FILES)
    for slug, cells in {"Lambeth": ("1", "7"), "Lewisham": ("1", "[c]"), "Wandsworth": ("0", "0")}.items():
        [row] = re.findall(rf'<tr><th scope="row">{slug}</th>((?:<td class="n">[^<]*</td>){{6}})</tr>', document)
        assert tuple(re.findall(r">([^<]+)</td>", row))[-2:] == cells


def test_every_role_of_the_register_has_a_heading() -> None:
    assert set(get_args(Role)) <= set(words.ROLES)


def test_what_one_did_to_many_boroughs_is_one_row_and_to_anothers_a_row_of_its_own() -> None:
    rows = {(row.principal, row.container, row.whose): row for row in access_rows(access())}
    assert rows["app", "staging", "boroughs"].of == PILOT
    assert rows["app", "staging", "boroughs"].done == {"GetBlob": 848, "PutBlob": 656}
    assert rows["lambeth officer 1", "outbox", "own"].done == {"GetBlob": 14, "ListBlobs": 31}
    curious = replace(access()[0], principal="lambeth officer 1", of="lewisham", container="outbox")
    rows = {(row.principal, row.container, row.whose): row for row in access_rows([*access(), curious])}
    assert rows["lambeth officer 1", "outbox", "boroughs"].of == ("lewisham",)
    text = " ".join(Page(render(evidence(), FILES)).text.split())
    assert "staging, of 4 boroughs" in text


def test_the_last_sweep_says_what_is_still_held() -> None:
    older = event("sweep:older", "done", "2026-10-02T02:00:00Z", "lambeth", counts={"held": 99})
    held = {sweep.party: sweep.held for sweep in last_sweeps([older, *events()])}
    assert held == {"lambeth": 12, "lewisham": 13, "southwark": 14, "wandsworth": 15}


def test_the_picture_of_all_london_is_drawn_whole_and_in_words() -> None:
    flows = [Flow(f"borough{place}", place, 0, 33 - place, 0) for place in range(33)]
    drawn = picture(flows, lambda slug: "Kensington and Chelsea", 7)
    page = Page(drawn)
    assert page.faults == []
    assert len(page.of("path")) == 32 + 33 + 1
    assert "Kensington and Chelsea dropped 1 file and was sent 32 files." in page.text
    assert Page(picture([], str, 0)).faults == []


def test_the_newest_certificates_are_listed_and_every_one_that_does_not_hold() -> None:
    said = evidence()
    [one, *_] = said.report.destructions
    many = [
        replace(one, certificate=f"{n:032x}", day=f"2026-11-{n % 28 + 1:02d}T02:00:00Z") for n in range(LISTED + 40)
    ]
    many[0] = replace(many[0], day="2026-10-01T02:00:00Z", holds=False)
    text = Page(render(replace(said, report=replace(said.report, destructions=tuple(many))), FILES)).text
    assert f"The newest {LISTED + 1}" in text
    assert "0" * 12 in text


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ("2026-11-05T23:14:02Z", "2026-11-05T23:59:59Z", "5 Nov 2026"),
        ("2026-11-01T00:00:00Z", "2026-11-20T00:00:00Z", "1 to 20 Nov 2026"),
        ("2026-10-01T00:00:00Z", "2026-11-20T00:00:00Z", "1 Oct to 20 Nov 2026"),
        ("2026-12-30T00:00:00Z", "2027-01-02T00:00:00Z", "30 Dec 2026 to 2 Jan 2027"),
    ],
)
def test_days_read_as_british_days(first: str, last: str, said: str) -> None:
    assert words.span(first, last) == said


def test_numbers_read_as_numbers() -> None:
    assert [words.number(count) for count in (0, 12345, None)] == ["0", "12,345", "[c]"]
    assert [words.size(count) for count in (None, 999, 1_834_221)] == ["not stated", "999 bytes", "1.8 MB"]
    assert words.counted(1, "file") == "1 file"
    assert words.ways({"retention.sweep_days.inbox · sweep": 4, "retention.sweep_days.outbox · sweep": 1}) == (
        "nightly sweep: inbox 4, outbox 1"
    )
    assert words.moment("") == words.brief("") == ""
    assert words.brief("2026-10-01T09:30:07Z") == "1 Oct 2026, 09:30:07"
    assert words.breakable("releases.<b>_x") == "releases.<wbr>&lt;b&gt;_<wbr>x"
    assert words.file("ledger/drop/ab/0001.json") == "ledger/drop/ab/0001.json"
    assert words.operation("NoSuchOperation") == "NoSuchOperation"
