"""Massages and what interrupts them, in virtual time, judged by the truth of the plant."""

import numpy as np
import pytest

from controller.request import Acknowledge, Pause, Resume, Start, Stop
from controller.session import Session
from simulator.plant.people import PEOPLE
from tests.loop.bench import (
    EVENING,
    USER_MAX_N,
    Bench,
    over_limit_n,
    pressing,
    unloading_ms,
    worst_force_n,
)


def test_start_is_refused_without_feet_and_says_so():
    bench = Bench(auto=False)
    bench.forward(1.5)
    assert bench.session is Session.NO_FOOT
    assert bench.rehearsal.turn(EVENING) == "no_foot"


def test_an_unknown_routine_and_wrong_minutes_are_refused():
    bench = Bench()
    bench.until(Session.READY)
    assert bench.rehearsal.turn(Start("morning")) == "unknown_routine"
    assert bench.rehearsal.turn(Start("evening-wind-down", 500.0)) == "bad_request"
    assert bench.session is Session.READY


@pytest.mark.slow
def test_without_start_on_the_machine_nothing_moves():
    bench = Bench(auto=False)
    bench.forward(0.7)
    for act in ("sit", "place"):
        assert bench.device.act(act)
    bench.until(Session.READY)
    bench.forward(62.0)  # the feet were placed too long ago to count as consent
    assert bench.rehearsal.turn(EVENING) == "ok"
    bench.forward(5.0)
    assert bench.session is Session.STARTING
    assert (
        not bench.arrays()["enable"].astype(bool)[-4000:].any()
        or worst_force_n(bench.arrays()) < 0.1
    )
    assert bench.device.act("press-start")
    bench.until(Session.RUNNING, within_s=2.0)


@pytest.mark.slow
def test_nobody_pressing_start_gives_up_after_a_minute():
    bench = Bench(auto=False)
    bench.forward(0.7)
    for act in ("sit", "place"):
        bench.device.act(act)
    bench.until(Session.READY)
    bench.forward(62.0)
    bench.rehearsal.turn(EVENING)
    bench.forward(61.0)
    assert bench.session is Session.READY
    assert bench.state.reason == "no_consent"


@pytest.mark.slow
@pytest.mark.drawn(5)
@pytest.mark.parametrize("seed", range(40))
def test_stop_unloads_within_300_ms(seed):
    bench = Bench(seed=seed)
    bench.start()
    bench.until_force(2.5)
    bench.forward(0.1 + 0.31 * seed)
    assert bench.rehearsal.turn(Stop()) == "ok"
    assert bench.session is Session.STOPPED
    bench.forward(1.0)
    trace = bench.arrays()
    stop_us = int(trace["stop_at"][-1])
    assert stop_us > 0
    assert unloading_ms(trace, stop_us) <= 300.0
    assert not bench.rehearsal.runner.link.stopping


def test_a_withdrawn_foot_is_never_followed():
    bench = Bench(seed=3)
    bench.start()
    bench.until_force(3.0)
    z_mm = bench.arrays()["z_mm_l"][-1]
    bench.device.act("withdraw")
    bench.forward(1.5)
    assert bench.session is Session.NO_FOOT
    assert bench.state.reason in ("contact_lost", "foot_gone")
    trace = bench.arrays()
    assert trace["z_mm_l"][-1500:].max() <= z_mm + 3.0
    assert trace["force_n_l"][-500:].max() < 0.5


@pytest.mark.slow
def test_a_pause_unloads_keeps_the_place_and_does_not_count():
    bench = Bench(seed=1)
    bench.start()
    bench.until_force(3.0)
    bench.forward(2.0)
    active_us = bench.state.run.active_us
    assert bench.rehearsal.turn(Pause()) == "ok"
    bench.forward(20.0)
    assert bench.session is Session.PAUSED
    assert bench.state.run.active_us == active_us
    assert bench.arrays()["force_n_l"][-18_000:].max() < 0.5
    assert bench.rehearsal.turn(Resume()) == "ok"
    bench.until(Session.RUNNING, within_s=5.0)
    bench.until_force(3.0)
    bench.until(Session.ENDED, within_s=190)
    assert bench.state.run.active_us == pytest.approx(180e6, abs=20_000)
    assert over_limit_n(bench.arrays(), USER_MAX_N) <= 1.5


def test_when_the_host_dies_the_device_lets_go_by_itself_and_nothing_resumes():
    bench = pressing(seed=2, force_n=3.0)
    died_us = bench.device.now_us
    bench.rehearsal.host_alive = False
    bench.forward(3.0)
    trace = bench.arrays()
    assert unloading_ms(trace, died_us) <= 400.0
    bench.rehearsal.host_alive = True
    bench.forward(5.0)
    assert bench.session in (Session.STOPPED, Session.FAULT)
    assert unloading_ms(bench.arrays(), died_us) <= 400.0


def test_when_frames_stop_coming_the_host_faults_and_a_person_must_acknowledge():
    bench = pressing(seed=2, force_n=3.0)
    at_us = bench.device.now_us
    bench.rehearsal.wire_up = lambda _data: b""
    bench.forward(0.3)
    assert bench.session is Session.FAULT
    assert bench.state.reason == "frames_lost"
    bench.rehearsal.wire_up = bytes
    bench.forward(4.0)
    assert bench.session is Session.FAULT
    assert unloading_ms(bench.arrays(), at_us) <= 400.0
    assert bench.rehearsal.turn(EVENING) == "faulted"
    assert bench.rehearsal.turn(Acknowledge()) == "ok"
    bench.until(Session.READY, within_s=5.0)


@pytest.mark.slow
def test_a_noisy_wire_is_safe():
    rng = np.random.default_rng(5)

    def spoil(data: bytes) -> bytes:
        if data and rng.random() < 0.2:
            spoiled = bytearray(data)
            spoiled[int(rng.integers(len(data)))] ^= 1 << int(rng.integers(8))
            return bytes(spoiled)
        return data

    bench = Bench(seed=4)
    bench.rehearsal.wire_up = spoil
    bench.rehearsal.wire_down = spoil
    bench.start()
    bench.forward(40.0)
    assert over_limit_n(bench.arrays(), USER_MAX_N) <= 1.5
    assert bench.rehearsal.runner.link.bad_crc > 100


@pytest.mark.slow
@pytest.mark.drawn(1)
@pytest.mark.parametrize("person", sorted(set(PEOPLE) - {"adult"}))
def test_other_people_are_massaged_within_their_limits(person):
    bench = Bench(person, seed=7)
    bench.start()
    bench.until(Session.ENDED, within_s=190)
    assert over_limit_n(bench.arrays(), USER_MAX_N) <= 1.5


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bytes():
    traces = []
    for _ in range(2):
        bench = Bench(seed=9)
        bench.start()
        bench.forward(6.0)
        traces.append(bench.arrays())
    assert all(np.array_equal(traces[0][name], traces[1][name]) for name in traces[0])


@pytest.mark.slow
def test_a_copied_bench_goes_on_as_one_that_was_not_copied():
    once, again = (pressing(seed=2, force_n=3.0) for _ in range(2))
    alone = Bench(seed=2)
    alone.start()
    alone.until_force(3.0)
    for bench in (once, again, alone):
        bench.forward(1.0)
    for name, values in alone.arrays().items():
        assert np.array_equal(once.arrays()[name], values)
        assert np.array_equal(again.arrays()[name], values)
