"""A foot that moves under a pressing head, and what comes to lie beside it, end the pressing."""

import pytest

from controller.request import Resume
from controller.session import Session
from simulator.checker import check_trace
from simulator.plant.leg import SLIDE_MM
from tests.loop.bench import EVENING, Bench, unloading_ms

LIFT_MS = 200.0
"""Row B3 of the hazard table; row B2 counts from 8 mm or 6 degrees, which come 250 ms after the
foot begins to move as far as the simulated one."""

MOVING_MS = 250.0


def massaged(person: str, act: str) -> tuple[Bench, int]:
    """A massage with this act while a head presses, and when it was done."""
    bench = Bench(person, 5)
    bench.start()
    bench.until_force(4.0)
    acted_us = bench.device.now_us
    assert bench.device.act(act)
    bench.forward(1.5)
    return bench, acted_us


@pytest.mark.slow
@pytest.mark.parametrize(
    ("person", "act"),
    [("adult", "rotate-left"), ("child", "slide-left"), ("child", "rotate-right")],
)
def test_a_foot_that_slides_or_turns_pauses_the_massage_at_once(person, act):
    bench, acted_us = massaged(person, act)
    assert (bench.session, bench.state.reason) == (Session.PAUSED, "foot_moved")
    assert unloading_ms(bench.arrays(), acted_us) <= MOVING_MS


@pytest.mark.slow
@pytest.mark.parametrize(
    ("person", "act"),
    [
        ("adult", "hand-left"),
        ("child", "hand-right"),
        ("child", "two-feet-left"),
        ("adult", "two-feet-right"),
    ],
)
def test_company_on_either_bed_disarms_the_machine(person, act):
    bench, acted_us = massaged(person, act)
    assert (bench.session, bench.state.reason) == (Session.STOPPED, "not_one_foot")
    trace = bench.arrays()
    assert unloading_ms(trace, acted_us) <= LIFT_MS
    assert "P4" not in {found.invariant for found in check_trace(trace).violations}


@pytest.mark.slow
def test_who_takes_the_hand_away_may_start_again():
    bench, _ = massaged("adult", "hand-left")
    assert not bench.state.feet_ready
    bench.forward(5.0)
    assert not bench.state.feet_ready
    bench.device.act("place-left")
    bench.forward(5.0)
    assert bench.state.feet_ready
    assert bench.rehearsal.turn(EVENING) == "ok"
    bench.until(Session.RUNNING)


@pytest.mark.slow
def test_a_foot_that_has_moved_is_found_anew_where_it_lies():
    bench = Bench("adult", 5)
    bench.start()
    bench.until_force(4.0)
    before = bench.state.beds[0].pose
    bench.device.act("slide-left")
    bench.forward(5.0)
    after = bench.state.beds[0].pose
    assert bench.session is Session.PAUSED
    assert after.heel_y_mm - before.heel_y_mm == pytest.approx(SLIDE_MM[1], abs=4.0)
    assert before.heel_x_mm - after.heel_x_mm == pytest.approx(SLIDE_MM[0], abs=4.0)
    assert bench.rehearsal.turn(Resume()) == "ok"
    bench.until(Session.RUNNING)
