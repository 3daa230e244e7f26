"""Whatever is done to a chain afterwards shows. Chains are made up by Hypothesis and damaged by it too."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from shared.kernel.errors import LedgerBroken
from shared.kernel.ledger.chain import verify_chain
from shared.kernel.ledger.events import START, Event

Chain = tuple[Event, ...]


def linked(events: list[Event]) -> Chain:
    """The events as a chain: numbered, each with the hash of the one before."""
    chain: list[Event] = []
    for place, event in enumerate(events, start=1):
        previous = chain[-1].hash if chain else START
        chain.append(dataclasses.replace(event, seq=place, previous=previous))
    return tuple(chain)


slugs = st.sampled_from([first + second for first in "abcdefgh" for second in "stuvwxyz"])
digests = st.integers(0, 2**256 - 1).map(lambda number: f"{number:064x}")
events = st.builds(
    Event,
    seq=st.just(1),
    subject=st.just("run:0123456789abcdef"),
    step=slugs,
    at=st.just("2026-11-21T09:30:00Z"),
    service=slugs,
    tenant=slugs,
    agreement=st.just("fsm@1.0.0"),
    previous=st.just(START),
    counts=st.dictionaries(slugs, st.integers(0, 10**6), max_size=2),
    hashes=st.dictionaries(slugs, digests, max_size=2),
    codes=st.lists(slugs, max_size=2).map(tuple),
)
chains = st.lists(events, min_size=2, max_size=6, unique_by=lambda event: event.step).map(linked)


@given(chains)
def test_a_chain_that_was_left_alone_holds(chain: Chain) -> None:
    verify_chain(chain)
    verify_chain(chain, vouched=chain[-1].hash)
    verify_chain(())


def assert_shows(damaged: Chain, chain: Chain) -> None:
    """Somebody who knows the hash of the last event sees the damage."""
    with pytest.raises(LedgerBroken, match="LED-001"):
        verify_chain(damaged, vouched=chain[-1].hash)


@given(chains, st.data())
def test_an_altered_event_shows(chain: Chain, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(chain) - 1))
    change = data.draw(
        st.sampled_from(
            [
                {"counts": {**chain[place].counts, "rows": 1_000_001}},
                {"hashes": {**chain[place].hashes, "forged": "f" * 64}},
                {"codes": (*chain[place].codes, "forged")},
                {"at": "2026-11-21T09:30:01Z"},
                {"tenant": chain[place].tenant + "x"},
                {"step": chain[place].step + "x"},
            ]
        )
    )
    damaged = (*chain[:place], dataclasses.replace(chain[place], **change), *chain[place + 1 :])
    assert_shows(damaged, chain)


@given(chains, st.data())
def test_a_removed_event_shows(chain: Chain, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(chain) - 1))
    assert_shows((*chain[:place], *chain[place + 1 :]), chain)


@given(chains, st.data())
def test_reordered_events_show(chain: Chain, data: st.DataObject) -> None:
    order = data.draw(st.permutations(chain))
    assume(tuple(order) != chain)
    assert_shows(tuple(order), chain)


@given(chains, events, st.data())
def test_an_inserted_event_shows(chain: Chain, event: Event, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(chain) - 1))  # behind the end is not an insertion: chains grow
    previous = chain[place - 1].hash if place else START
    fitted = dataclasses.replace(event, seq=place + 1, previous=previous)
    assert_shows((*chain[:place], fitted, *chain[place:]), chain)


@given(chains, st.data())
def test_a_chain_forged_from_some_place_on_shows_at_its_end(chain: Chain, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(chain) - 1))
    forged = linked([*chain[:place], dataclasses.replace(chain[place], service="somebody"), *chain[place + 1 :]])
    verify_chain(forged)
    assert_shows(forged, chain)


@given(chains)
def test_events_of_two_subjects_are_no_chain(chain: Chain) -> None:
    with pytest.raises(LedgerBroken):
        verify_chain(linked([chain[0], dataclasses.replace(chain[1], subject="run:fedcba9876543210")]))


@given(chains)
def test_a_step_is_there_once(chain: Chain) -> None:
    with pytest.raises(LedgerBroken, match="again at place"):
        verify_chain(linked([*chain, chain[0]]))


@given(chains)
def test_without_a_stated_end_only_a_shorter_chain_passes(chain: Chain) -> None:
    verify_chain(chain[:-1])
    verify_chain(chain[:-1], vouched=chain[-2].hash)
