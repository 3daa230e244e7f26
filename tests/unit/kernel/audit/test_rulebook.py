"""What a job may do follows from its pipeline's rights and its agreement's terms, and from nothing else."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.kernel.audit.places import EXCHANGE, Place, Places
from shared.kernel.audit.rulebook import Operation, Rulebook
from shared.kernel.terms.agreements import Agreements
from tests.unit.kernel import second

BOOK = Rulebook(second.both())


def job(verb: str, place: Place, work: str = "tally", agreement: str = "head-count") -> Operation:
    """The app does it for a job of Lewisham."""
    return Operation("app", "", verb, place, work, "lewisham", agreement)


@pytest.mark.parametrize(
    ("verb", "place", "clause"),
    [
        ("read", Place("staging", "lewisham", "head-count", "absences"), "datasets"),
        ("read", Place("staging", "lewisham", "head-count", "earlier"), "datasets"),
        ("create", Place("staging", "lewisham", "head-count", "earlier"), "purposes"),
        ("create", Place("outbox", "lewisham", "head-count", "counts"), "purposes"),
        ("create", Place("outbox", "lambeth", "head-count", "counts"), "releases.counts"),
        ("create", Place("claims", "lewisham", "head-count"), "purposes"),
        ("delete", Place("outbox", "lewisham", "head-count", "counts"), "purposes"),
        ("list", Place("outbox", "lambeth", "head-count", "counts"), "releases.counts"),
        ("delete", Place("staging", "lewisham", "head-count", "earlier"), "purposes"),
        ("unwrap", Place("vault", EXCHANGE), "purposes"),
        ("read", Place("pending", "lewisham", "head-count", "left"), "retention.pending_days"),
        ("create", Place("pending", "lewisham", "head-count", "asked"), "retention.pending_days"),
        ("list", Place("decisions", "lewisham", "head-count", "heard"), "retention.decisions_days"),
        ("read", Place("decisions", "lewisham", "head-count", "heard"), "retention.decisions_days"),
        ("create", Place("decisions", "lewisham", "head-count", "noted"), "retention.decisions_days"),
    ],
)
def test_a_job_may_do_what_its_pipeline_says(verb: str, place: Place, clause: str) -> None:
    why = BOOK.explain(job(verb, place))
    assert why is not None
    assert (why.way, why.by, why.clause, why.agreement) == ("ledger", "tally", clause, "head-count")


@pytest.mark.parametrize(
    ("verb", "place"),
    [
        ("read", Place("staging", "lewisham", "fsm", "pupils")),
        ("read", Place("staging", "lambeth", "head-count", "absences")),
        ("read", Place("staging", "lewisham", "head-count")),
        ("read", Place("staging", "lewisham")),
        ("list", Place("staging", "lewisham", "fsm")),
        ("create", Place("staging", "lewisham", "head-count", "absences")),
        ("create", Place("outbox", "lewisham", "fsm", "results")),
        ("create", Place("outbox", "lewisham", "exchange", "reports")),
        ("create", Place("outbox", "lewisham", "head-count", "reports")),
        ("create", Place("claims", "lewisham", "fsm")),
        ("create", Place("requests", "lewisham", "fsm")),
        ("create", Place("requests", "lambeth", "head-count")),
        ("delete", Place("staging", "lewisham", "head-count", "absences")),
        ("delete", Place("outbox", "lewisham", "head-count", "reports")),
        ("delete", Place("outbox", "lewisham", "fsm", "results")),
        ("delete", Place("claims", "lewisham", "head-count")),
        ("read", Place("outbox", "lewisham", "head-count", "counts")),
        ("unwrap", Place("vault", "lewisham")),
        ("create", Place("pending", "lewisham", "head-count", "left")),
        ("read", Place("pending", "lewisham", "head-count", "noted")),
        ("create", Place("decisions", "lewisham", "head-count", "heard")),
        ("read", Place("decisions", "lambeth", "head-count", "noted")),
        ("read", Place("decisions", "lewisham", "fsm", "noted")),
        ("read", Place("decisions", "lewisham", "head-count")),
        ("alter", Place("decisions", "lewisham", "head-count", "noted")),
        ("delete", Place("decisions", "lewisham", "head-count", "noted")),
    ],
)
def test_a_job_may_do_nothing_else(verb: str, place: Place) -> None:
    assert BOOK.explain(job(verb, place)) is None


def test_the_same_kind_under_another_agreement_is_another_kind() -> None:
    place = Place("staging", "lewisham", "head-count", "absences")
    assert BOOK.explain(job("read", place, agreement="fsm")) is None
    assert BOOK.explain(job("read", place, agreement=EXCHANGE)) is None
    assert BOOK.explain(job("read", place, work="run", agreement="head-count")) is None


def test_a_release_to_its_own_party_goes_to_no_other_and_one_to_others_not_to_its_own() -> None:
    def sends(owner: str, folder: str, work: str) -> bool:
        return BOOK.explain(job("create", Place("outbox", owner, "fsm", folder), work, "fsm")) is not None

    assert sends("lewisham", "results", "run")
    assert not sends("lambeth", "results", "run")
    assert sends("lambeth", "enrolments", "enrolment")
    assert not sends("lewisham", "enrolments", "enrolment")


def test_the_exchanges_own_work_is_of_no_agreement() -> None:
    place = Place("staging", "lewisham", "fsm", "pupils")
    assert BOOK.explain(job("delete", place, "sweep", EXCHANGE)) is not None
    assert BOOK.explain(job("delete", place, "sweep", "fsm")) is None


def test_a_drop_that_was_not_believed_is_answered_and_that_is_all() -> None:
    def may(verb: str, place: Place) -> bool:
        return BOOK.explain(job(verb, place, "drop", EXCHANGE)) is not None

    assert may("create", Place("outbox", "lewisham", EXCHANGE, "reports"))
    assert not may("create", Place("outbox", "lewisham", "fsm", "reports"))
    assert not may("create", Place("staging", "lewisham", "fsm", "pupils"))
    assert not may("create", Place("requests", "lewisham", "fsm"))


@pytest.mark.parametrize(
    ("verb", "place", "may"),
    [
        ("list", Place("claims", "lewisham", "fsm", "due"), True),
        ("delete", Place("claims", "lewisham", "fsm", "due"), True),
        ("list", Place("staging", "lewisham", "fsm", "pupils"), True),
        ("create", Place("requests", "lewisham", "fsm"), True),
        ("delete", Place("claims", "lewisham", "fsm"), False),
        ("delete", Place("claims", "lambeth", "fsm", "due"), False),
        ("delete", Place("claims", "lewisham", "exchange", "due"), False),
        ("create", Place("claims", "lewisham", "fsm", "due"), False),
        ("read", Place("staging", "lewisham", "fsm", "pupils"), False),
        ("create", Place("requests", "lambeth", "fsm"), False),
        ("create", Place("outbox", "lewisham", "fsm", "results"), False),
    ],
)
def test_who_wakes_work_takes_its_marks_away_and_asks_for_jobs_and_that_is_all(
    verb: str, place: Place, may: bool
) -> None:
    assert (BOOK.explain(job(verb, place, "wake", "fsm")) is not None) is may


def test_where_nothing_waits_nothing_is_woken_and_no_mark_is_left() -> None:
    marks = Place("claims", "lewisham", "head-count", "due")
    assert BOOK.explain(job("delete", marks, "wake", "head-count")) is None
    assert BOOK.explain(job("create", replace(marks, owner="lambeth"), "drop", "head-count")) is None
    assert BOOK.explain(job("create", Place("claims", "lambeth", "fsm", "due"), "drop", "fsm")) is not None
    assert BOOK.explain(job("create", Place("claims", "lambeth", "fsm"), "drop", "fsm")) is None


def test_who_waits_is_told_in_its_own_outbox_and_the_look_at_it_reads_requests_alone() -> None:
    def may(verb: str, place: Place, work: str, agreement: str) -> bool:
        return BOOK.explain(job(verb, place, work, agreement)) is not None

    assert may("create", Place("outbox", "lewisham", "fsm", "reports"), "waiting", "fsm")
    assert not may("create", Place("outbox", "lambeth", "fsm", "reports"), "waiting", "fsm")
    assert not may("create", Place("outbox", "lewisham", "fsm", "results"), "waiting", "fsm")
    assert not may("create", Place("outbox", "lewisham", "head-count", "reports"), "waiting", "fsm")
    assert not may("read", Place("staging", "lewisham", "fsm", "pupils"), "waiting", "fsm")
    assert may("read", Place("requests", "lambeth", "fsm"), "watchdog", EXCHANGE)
    assert may("list", Place("staging", "lambeth", "fsm"), "watchdog", EXCHANGE)
    assert not may("read", Place("staging", "lambeth", "fsm", "pupils"), "watchdog", EXCHANGE)
    assert not may("delete", Place("requests", "lambeth", "fsm"), "watchdog", EXCHANGE)


@pytest.mark.parametrize("kind", ["order", "waiting", "current", "turn"])
def test_chains_of_the_exchanges_own_are_told_from_what_is_none_of_ours(kind: str) -> None:
    assert Places(second.both()).shown_name("ledger", f"{kind}/{ID}/0001.json") == f"{kind}/{ID}/0001.json"


ID = "0123456789abcdef" * 2


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        (f"fsm/results/2026-autumn/{ID}/matches.parquet", True),
        (f"fsm/results/2026-autumn/{ID}/summary.json", True),
        ("fsm/results/2026-autumn/current.json", True),
        ("fsm/results/2026-okafor/current.json", False),
        ("fsm/decisions/2026-autumn/current.json", False),
        (f"fsm/reports/{ID}/report.xlsx", True),
        (f"exchange/reports/{ID}/receipt.json", True),
        (f"exchange/certificates/2026-11-30-{ID}.json", True),
        (f"head-count/counts/2026-autumn/{ID}/counts.parquet", True),
        (f"amara-okafor/reports/{ID}/report.json", False),
        (f"amara/results/2026-autumn/{ID}/matches.parquet", False),
        (f"fsm/results/2026-okafor/{ID}/matches.parquet", False),
        (f"fsm/okafor/2026-autumn/{ID}/matches.parquet", False),
        (f"fsm/results/2026-autumn/{ID}/okafor.parquet", False),
        (f"head-count/results/2026-autumn/{ID}/matches.parquet", False),
        (f"reports/{ID}/report.json", False),
        (f"fsm/reports/{ID}/report.json\n", False),
    ],
)
def test_a_name_in_an_outbox_is_repeated_where_our_own_grammar_made_it(name: str, shown: bool) -> None:
    assert Places(second.both()).shown_name("outbox", name) == (name if shown else "")
    assert Places(second.both()).shown_name("inbox", name) == ""


def test_names_of_an_agreement_that_there_is_not_are_not_repeated() -> None:
    alone = Places(Agreements((second.fsm(),)))
    assert alone.shown_name("outbox", f"head-count/counts/2026-autumn/{ID}/counts.parquet") == ""
    assert alone.shown_name("ledger", f"tally/{ID}/0001.json") == ""
    assert Places(second.both()).shown_name("ledger", f"tally/{ID}/0001.json") == f"tally/{ID}/0001.json"


@pytest.mark.parametrize(
    ("kind", "folders", "place"),
    [
        ("staging", ["fsm", "pupils"], ("fsm", "pupils")),
        ("staging", ["fsm", "amara"], ("fsm", "")),
        ("staging", ["amara", "pupils"], ("", "")),
        ("staging", ["head-count", "pupils"], ("head-count", "")),
        ("claims", ["fsm", "due"], ("fsm", "due")),
        ("claims", ["fsm", "amara"], ("fsm", "")),
        ("outbox", ["exchange", "reports"], ("exchange", "reports")),
        ("outbox", [], ("", "")),
    ],
)
def test_a_folder_is_known_by_its_agreement_or_not_at_all(
    kind: str, folders: list[str], place: tuple[str, str]
) -> None:
    assert Places(second.both()).within(kind, folders) == place
