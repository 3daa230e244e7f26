"""What a log line may show."""

from __future__ import annotations

import json
import logging

import pytest

from functions.journal import say, shown


@pytest.mark.parametrize(
    "name",
    [
        "pupils-2026-autumn-0123456789ab.parquet",
        "lambeth/fsm/0123456789abcdef0123456789abcdef.json",
    ],
)
def test_names_that_the_product_gives_are_shown(name: str) -> None:
    assert shown(name) == name


STRANGE = [
    "",
    "okafor/link.json",
    "pupils-okafor.parquet",
    "okafor-2026-autumn-0123456789ab.parquet",
    "okafor/fsm/0123456789abcdef0123456789abcdef.json",
    "lambeth/okafor/0123456789abcdef0123456789abcdef.json",
    "lambeth/fsm/okafor/0123456789abcdef0123456789abcdef.json",
    "0123456789abcdef0123456789abcdef.json",
]


@pytest.mark.parametrize("name", ["Amara Okafor 2014.parquet", *STRANGE])
def test_names_that_a_sender_chose_are_shown_as_a_digest(name: str) -> None:
    assert shown(name).startswith("sha256:")
    assert "kafor" not in shown(name)


def test_a_line_is_one_json_object_without_empty_facts(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="exchange"):
        say("event.done", trigger="request", code=None, milliseconds=3)

    assert json.loads(caplog.records[0].getMessage()) == {
        "event": "event.done",
        "trigger": "request",
        "milliseconds": 3,
    }


def test_a_name_that_is_no_text_is_shown_by_its_digest_too() -> None:
    assert shown("a\ud800b").startswith("sha256:")
