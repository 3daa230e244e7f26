"""A row's journey through the services, on the emulator, with real keys."""

from __future__ import annotations

from datetime import date

from tests.world import NOW, World, decision, household, pupil, upn


def test_a_child_on_both_sides_is_matched_released_to_its_home_borough_and_enrolled_at_its_school(world: World) -> None:
    world.receive("southwark", world.drop("southwark", "pupils", [pupil()]))
    world.receive("lambeth", world.drop("lambeth", "households", [household()]))
    world.carry_out_all()

    [match] = world.results("lambeth", "matches").to_pylist()
    assert (match["household_ref"], match["pupil_forename"], match["tier"]) == ("H1", "Amara", "targeted")
    assert match["rule"] == "dob-surname-forename3"

    world.receive("lambeth", world.drop("lambeth", "decisions", [decision(match["match_ref"])]))
    world.carry_out_all()

    assert world.results("southwark", "enrolments").to_pylist() == [
        {"upn": upn(1), "urn": "100042", "tier": "targeted", "start_date": NOW.date()}
    ]


def test_every_row_of_a_drop_and_of_a_run_ends_in_exactly_one_place(world: World) -> None:
    pupils = [
        pupil(1),
        pupil(2, forename="Bola", surname="Adeyemi", dob=date(2014, 1, 2)),
        pupil(3, home_la=None, postcode="GU1 1AA"),
        pupil(4, home_la=None, postcode=None),
        pupil(5, home_la="E09000028"),
        pupil(6, upn="A210234519001"),
        pupil(7, forename="Chi", surname="Eze", dob=date(2013, 5, 6), fsm_start_date=date(2025, 9, 1)),
    ]
    drop = world.receive("southwark", world.drop("southwark", "pupils", pupils))
    report = world.report("southwark", drop)
    assert (report["status"], report["rows_in"], report["rows_rejected"]) == ("partly_accepted", 7, 1)
    conserved = next(e for e in world.exchange.ledger.events(f"drop:{drop}") if e.step == "conserved")
    assert conserved.counts == {
        "rows_in": 7,
        "rejected": 1,
        "routed": 3,
        "excluded.home_unknown": 1,
        "excluded.home_outside_exchange": 1,
        "excluded.home_is_school_borough": 1,
    }

    world.receive("lambeth", world.drop("lambeth", "households", [household(), household("H2", child_forename="Zoe")]))
    world.carry_out_all()
    [run] = list(world.exchange.ledger.subjects("run"))
    conserved = next(e for e in world.exchange.ledger.events(run) if e.step == "conserved")
    assert conserved.counts == {"rows_in": 3, "matched": 1, "unmatched": 1, "excluded.fsm_already_open": 1}
