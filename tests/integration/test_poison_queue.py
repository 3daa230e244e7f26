"""The poison queue, in the functions host's own words."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from azure.storage.queue import QueueClient

from shared.kernel.errors import StorageFault
from shared.kernel.storage.poison import QUEUE, PoisonMessage, PoisonQueue
from tests.poison import give_up, how_many, in_sight


@pytest.fixture
def poison(account: str) -> Iterator[PoisonQueue]:
    with PoisonQueue.connect(account) as queue:
        queue.every.ensure(QUEUE)
        yield queue


MESSAGE = PoisonMessage("Host.Functions.drop_lambeth", "lambeth-inbox", "a.parquet", '"0x1"')


def test_what_was_given_up_can_be_looked_at_and_stays(poison: PoisonQueue) -> None:
    assert (how_many(poison), in_sight(poison)) == (0, [])
    give_up(poison, MESSAGE)
    assert in_sight(poison) == in_sight(poison) == [MESSAGE]
    assert how_many(poison) == 1


def test_messages_are_those_of_the_functions_host(account: str, poison: PoisonQueue) -> None:
    give_up(poison, MESSAGE)
    with QueueClient.from_connection_string(account, QUEUE) as raw:
        said = json.loads(base64.b64decode(raw.peek_messages()[0].content))
    assert said == {
        "FunctionId": "Host.Functions.drop_lambeth",
        "BlobType": "BlockBlob",
        "ContainerName": "lambeth-inbox",
        "BlobName": "a.parquet",
        "ETag": '"0x1"',
    }


def test_making_the_queue_again_keeps_what_is_in_it(poison: PoisonQueue) -> None:
    give_up(poison, MESSAGE)
    poison.every.ensure(QUEUE)
    assert how_many(poison) == 1


def test_a_missing_queue_is_a_fault_with_a_code(account: str) -> None:
    with PoisonQueue.connect(account) as queue, pytest.raises(StorageFault, match="STO-006"):
        give_up(queue, MESSAGE)


def test_every_queue_of_given_up_events_is_found_and_no_other(account: str, poison: PoisonQueue) -> None:
    for name in ("drop-lambeth", "drop-lambeth-poison", "request-poison"):
        poison.every.ensure(name)

    assert poison.names() == ("drop-lambeth-poison", "request-poison", QUEUE)


def test_letters_come_from_all_of_them_whatever_is_in_them_and_go_back(account: str, poison: PoisonQueue) -> None:
    poison.every.ensure("request-poison")
    give_up(poison, MESSAGE)
    with QueueClient.from_connection_string(account, "request-poison") as raw:
        raw.send_message("no Base64 at all \u00e9")
        with poison.messages() as letters:
            assert sorted(letter.queue for letter in letters) == ["request-poison", QUEUE]
            assert not list(raw.receive_messages())
            [stray] = [letter for letter in letters if letter.queue == "request-poison"]
            poison.remove(stray)
        assert not list(raw.receive_messages())
    assert in_sight(poison) == [MESSAGE]


def test_a_letter_that_somebody_else_has_taken_meanwhile_is_theirs_and_the_others_go_back(
    account: str, poison: PoisonQueue
) -> None:
    """Whoever holds letters for longer than two minutes holds them no more."""
    for name in ("a.parquet", "b.parquet"):
        give_up(poison, replace(MESSAGE, blob=name))
    with QueueClient.from_connection_string(account, QUEUE) as raw:
        with poison.messages() as letters:
            first = letters[0]
            raw.update_message(first.id, first.receipt, visibility_timeout=0)
            [theirs] = raw.receive_messages(max_messages=1, visibility_timeout=60)
            assert theirs.id == first.id
        assert [message.blob for message in in_sight(poison)] == ["b.parquet"]
        raw.delete_message(theirs)


def test_where_no_event_was_ever_given_up_there_are_no_letters(account: str) -> None:
    with PoisonQueue.connect(account) as queue, queue.messages() as letters:
        assert letters == ()
