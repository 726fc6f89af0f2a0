"""Defects that were found once, each told as what a person went through."""

import cProfile
import pstats
from dataclasses import replace

import pytest

from controller.request import Acknowledge, Pause, Resume, Start
from controller.session import Session
from firmware_bridge.messages import DeviceState, Trip
from simulator.checker import check_trace
from simulator.device import SHAPE
from simulator.faults.registry import read_faults
from simulator.plant.feet import synthetic_feet
from simulator.plant.footprint import synthetic_kpa
from simulator.plant.people import PEOPLE
from simulator.rehearsal import HOST_EPOCH_US
from tests.loop.bench import EVENING, Bench, worst_force_n


@pytest.mark.slow
def test_feet_lifted_during_a_pause_do_not_leave_the_device_armed():
    bench = Bench()
    bench.start()
    bench.until_force(2.5)
    assert bench.rehearsal.turn(Pause()) == "ok"
    bench.forward(1.0)
    bench.device.act("withdraw")
    bench.forward(1.0)
    assert bench.session is Session.NO_FOOT
    assert bench.state.reason == "foot_gone"
    assert bench.device.firmware.machine.state is DeviceState.READY
    bench.device.act("place")
    bench.start()


def test_a_device_that_is_armed_for_no_session_is_let_go_at_once():
    bench = Bench()
    bench.start()
    # As after an ARM that was still under way when the host gave the start up.
    bench.rehearsal.runner.state = bench.state._replace(session=Session.READY)
    bench.forward(0.1)
    assert bench.device.firmware.machine.state is DeviceState.READY
    assert bench.session is Session.READY
    assert worst_force_n(bench.arrays()) < 0.1


@pytest.mark.slow
def test_a_massage_ends_even_where_a_load_cell_never_reads_as_lifted():
    bench = Bench()
    bench.start()
    bench.until_force(2.5)
    right = bench.device.beds[1]
    right._noise = [noise_n + 0.8 for noise_n in right._noise]
    run = bench.state.run
    bench.rehearsal.runner.state = bench.state._replace(
        run=run._replace(number=len(run.steps) - 1, step_us=run.steps[-1].lasts_us)
    )
    bench.until(Session.ENDED, within_s=3.0)


@pytest.mark.slow
def test_the_stop_button_ends_a_start_that_waits_for_the_start_button():
    bench = Bench(auto=False)
    bench.forward(0.7)
    bench.device.act("place")
    bench.until(Session.READY)
    bench.device.act("press-stop")  # takes the consent that placing the feet has given
    bench.forward(0.5)
    assert bench.rehearsal.turn(EVENING) == "ok"
    bench.forward(1.0)
    assert bench.session is Session.STARTING
    bench.device.act("press-stop")
    bench.forward(0.1)
    assert bench.session is Session.STOPPED
    assert bench.state.reason == "stop_button"
    bench.device.act("press-start")
    bench.forward(1.0)
    assert bench.session is Session.STOPPED
    assert bench.device.firmware.machine.state is DeviceState.READY


def lie_elsewhere(bench: Bench, by_mm: float) -> None:
    """The same feet, further towards the toes."""
    person = PEOPLE["small"]
    for bed, foot in enumerate(synthetic_feet(person, SHAPE, seed=0)):
        stance = replace(foot.stance, heel_y_mm=foot.stance.heel_y_mm + by_mm)
        kpa = synthetic_kpa(person, stance, SHAPE)
        bench.device.beds[bed].put_foot(foot.sole, stance)
        bench.device.matrices.put_foot(bed, kpa)


def masks_match_the_poses(bench: Bench) -> bool:
    places = bench.device.firmware.machine._places
    return all(
        place is not None and abs(place.heel_y_mm - bed.pose.heel_y_mm) < 0.01
        for place, bed in zip(places, bench.state.beds, strict=True)
    )


@pytest.mark.slow
def test_the_masks_follow_feet_that_shift_while_start_is_awaited():
    bench = Bench("small", auto=False)
    bench.forward(0.7)
    bench.device.act("place")
    bench.until(Session.READY)
    bench.device.act("press-stop")
    bench.forward(0.5)
    assert bench.rehearsal.turn(EVENING) == "ok"
    bench.forward(1.0)
    lie_elsewhere(bench, 15.0)
    bench.forward(4.0)
    bench.device.act("press-start")
    bench.until(Session.RUNNING, within_s=2.0)
    assert masks_match_the_poses(bench)


@pytest.mark.slow
def test_feet_that_lie_elsewhere_after_a_pause_need_a_new_consent():
    bench = Bench("small", auto=False)
    bench.forward(0.7)
    bench.device.act("place")
    bench.start()
    bench.until_force(2.5)
    assert bench.rehearsal.turn(Pause()) == "ok"
    bench.forward(1.0)
    lie_elsewhere(bench, 40.0)
    bench.forward(4.0)
    assert bench.rehearsal.turn(Resume()) == "ok"
    bench.forward(3.0)
    assert bench.session is Session.STARTING
    assert bench.rehearsal.runner.status()["session"]["waiting_for"] == "start_button"
    bench.device.act("press-start")
    bench.until(Session.RUNNING, within_s=2.0)
    assert masks_match_the_poses(bench)


def test_a_start_refused_during_a_massage_leaves_its_reason_and_its_rhythm_alone():
    bench = Bench()
    bench.start()
    with cProfile.Profile() as profiler:
        assert bench.rehearsal.turn(EVENING) == "not_ready"
        assert bench.rehearsal.turn(Start("evening-wind-down", 500.0)) == "bad_request"
        assert bench.rehearsal.turn(Start("morning")) == "unknown_routine"
    assert bench.state.reason == ""
    called = {name for _file, _line, name in pstats.Stats(profiler).stats}
    assert "step" in called
    assert "fit_steps" not in called  # tens of milliseconds, in the middle of a massage


@pytest.mark.slow
def test_one_acknowledgement_is_enough_where_the_device_has_latched():
    bench = Bench()
    bench.start()
    bench.until_force(2.5)
    bench.device.firmware.machine.let_go(Trip.OVER_FORCE)
    bench.forward(3.0)
    assert bench.session is Session.FAULT
    assert bench.state.device is DeviceState.LATCHED
    assert bench.rehearsal.turn(Acknowledge()) == "ok"
    bench.until(Session.READY, within_s=2.0)


@pytest.mark.slow
def test_feet_put_back_the_wrong_way_round_are_told_so():
    left, right = synthetic_feet(PEOPLE["adult"], SHAPE, seed=0)
    bench = Bench()
    bench.start()
    bench.device.act("withdraw")
    bench.forward(1.0)
    for bed, foot in enumerate((right, left)):
        bench.device.beds[bed].put_foot(foot.sole, foot.stance)
        bench.device.matrices.put_foot(bed, foot.resting_kpa)
    assert bench.rehearsal.runner.status()["session"]["reason"] in ("foot_gone", "contact_lost")
    bench.device.act("place")
    bench.forward(4.0)
    assert bench.session is Session.NO_FOOT
    assert bench.rehearsal.runner.status()["session"]["reason"] == "wrong_side"


@pytest.mark.slow
def test_a_tick_without_a_frame_does_not_take_the_turn_of_a_bed():
    bench = Bench()
    bench.forward(0.7)
    rehearsal = bench.rehearsal
    for number in range(800):
        bench.forward(0.005)
        if number % 2 == 0:  # a second turn in between, as a client that asks makes
            rehearsal.runner.turn(b"", HOST_EPOCH_US + rehearsal.now_us, Pause())
            rehearsal.runner.turn(b"", HOST_EPOCH_US + rehearsal.now_us, Pause())
        rehearsal.runner.turn(b"", HOST_EPOCH_US + rehearsal.now_us, Pause())
    assert bench.session is Session.READY


@pytest.mark.slow
@pytest.mark.parametrize("taxels", ["left-row-12=stuck,4095", "left=wrong,saturated"])
def test_taxels_that_say_full_scale_are_in_the_record_and_nothing_is_pressed_on(taxels):
    """Only what truly was at full scale was recorded, so that F7 judged nothing."""
    bench = Bench(seed=2)
    bench.start()
    bench.until_force(3.0)
    bench.device.break_down(read_faults(f"taxels.{taxels}"))
    bench.forward(0.5)
    report = check_trace(bench.arrays())
    assert report.vacuity["F7"] > 0
    assert report.violations == ()
    assert bench.session is not Session.RUNNING
