"""After a stop the force is seen to fall; after trouble only a person gets it going again."""

import itertools

import pytest

from controller.request import Acknowledge, Stop
from controller.session import Session
from firmware_bridge.messages import DeviceState
from simulator.faults.registry import read_faults
from tests.loop.bench import EVENING, Bench, pressing, unloading_ms

PASSING = (
    "load_cell.right=garbage",
    "load_cell.left=stuck",
    "converter.device=off",
    "press_current.right=off",
    "taxels.left=stuck",
    "supply.device=off",
    "link.device=unplug",
    "oscillator.device=wrong,1.2",
    "motor.right-z=stuck",
)
"""Faults that come in the middle of a massage and go again."""


def running() -> Bench:
    return pressing(seed=4, force_n=4.0)


@pytest.mark.slow
def test_each_stop_is_timed_until_the_force_has_gone():
    bench = running()
    for number in range(1, 4):
        from_us = bench.device.now_us
        assert bench.rehearsal.turn(Stop()) == "ok"
        bench.forward(1.0)
        truth_ms = unloading_ms(bench.arrays(), from_us)
        times_us = bench.state.unloading.times_us
        assert len(times_us) == number
        assert abs(times_us[-1] / 1000 - truth_ms) <= 15.0  # frames come every 5 ms
        assert bench.rehearsal.turn(EVENING) == "ok"
        bench.until(Session.RUNNING)
        bench.until_force(4.0)
    figures = bench.rehearsal.runner.status()["device"]["unloading"]
    assert figures["n"] == 3
    assert 0 < figures["p50_ms"] <= figures["p99_ms"] <= figures["max_ms"] < 300


@pytest.mark.slow
def test_a_head_that_does_not_let_go_is_told():
    bench = running()
    bench.device.break_down(read_faults("motor.left-z=stuck; motor.right-z=stuck"))
    bench.rehearsal.turn(Stop())
    reasons = set()
    for _ in bench.rehearsal.forward(0.5):
        reasons.add(bench.state.reason)
    assert bench.session is Session.FAULT
    assert reasons & {"not_unloading", "retract_failed"}


@pytest.mark.slow
@pytest.mark.parametrize("fault", PASSING)
def test_with_the_fault_gone_a_person_gets_going_again_within_half_a_minute(fault):
    bench = running()
    bench.device.break_down(read_faults(f"{fault} for 300ms"))
    bench.forward(3.0)
    if bench.session is Session.RUNNING:
        return  # it was not worth stopping for
    began_us, off_us = bench.device.now_us, -5_000_000
    for _ in bench.rehearsal.forward(30.0):
        match bench.session:
            case Session.RUNNING:
                break
            case Session.FAULT if bench.state.device is DeviceState.LIMP:
                if bench.device.now_us - off_us > 5_000_000:  # switched off and on again
                    off_us = bench.device.now_us
                    bench.device.break_down(read_faults("supply.device=off for 2s"))
            case Session.FAULT:
                bench.rehearsal.turn(Acknowledge())
            case Session.READY | Session.STOPPED | Session.ENDED:
                bench.rehearsal.turn(EVENING)
            case _:
                pass
    assert bench.session is Session.RUNNING, (bench.session, bench.state.reason)
    assert bench.device.now_us - began_us <= 30_000_000


@pytest.mark.slow
@pytest.mark.parametrize("fault", PASSING)
def test_without_a_person_nothing_goes_on(fault):
    bench = running()
    bench.device.break_down(read_faults(f"{fault} for 300ms"))
    states = [bench.session]
    for _ in bench.rehearsal.forward(10.0):
        if bench.session is not states[-1]:
            states.append(bench.session)
    pairs = itertools.pairwise(states)
    assert (Session.STARTING, Session.RUNNING) not in pairs


@pytest.mark.slow
@pytest.mark.parametrize("bed", ["left", "right"])
def test_a_matrix_that_repeats_itself_ends_the_massage(bed):
    bench = running()
    bench.device.break_down(read_faults(f"taxels.{bed}=stuck for 1s"))
    bench.forward(0.05)
    assert (bench.session, bench.state.reason) == (Session.FAULT, "matrix_frozen")
    assert bench.rehearsal.turn(Acknowledge()) == "still_there"
    assert bench.rehearsal.turn(EVENING) == "faulted"
    bench.forward(1.1)
    assert bench.rehearsal.turn(Acknowledge()) == "ok"


@pytest.mark.slow
def test_taxels_at_full_scale_leave_no_force_and_end_the_massage():
    bench = running()
    bench.device.break_down(read_faults("taxels.left=wrong,saturated"))
    bench.forward(0.015)
    assert bench.state.given[0].force_n == 0.0
    bench.forward(0.1)
    assert bench.session in (Session.FAULT, Session.STOPPED)
