"""A clock is a witness and not a judge: a file of a clock that is a little fast is taken, beyond that it is told."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.world import NOW, World, pupil


@pytest.mark.parametrize(
    ("ahead", "status"),
    [
        (timedelta(0), "accepted"),
        (timedelta(minutes=9, seconds=59), "accepted"),
        (timedelta(minutes=10), "accepted"),
        (timedelta(minutes=10, seconds=1), "rejected"),
        (timedelta(hours=23), "rejected"),
    ],
)
def test_a_file_of_the_future_is_refused_beyond_ten_minutes(world: World, ahead: timedelta, status: str) -> None:
    name = world.drop("southwark", "pupils", [pupil()], prepared_at=NOW + ahead)
    assert world.report("southwark", world.receive("southwark", name))["status"] == status
