"""The watch over drives, spin and switches, beat by beat, with wires that the test sets."""

import pytest

from firmware_bridge.messages import Trip
from simulator.firmware.drives import BEAT_MS, RISE_MM_S, SLOW_BEAT_MS, Drives
from simulator.firmware.motion import Motion
from simulator.firmware.spin import Spin
from simulator.firmware.startup import SWITCH_MS, SwitchTest
from simulator.firmware.watch import Watch
from simulator.wires import IDLE_MA, SPIN_IDLE_MNM, SPIN_MNM_PER_N, HeadWires, PanelWires


def press(order_mm_s: float, true_mm_s: float, beats: int, start_mm: float = 10.0) -> list[Trip]:
    """Return what each beat of 5 ms says to a press that has followed its order until now."""
    wires = HeadWires()
    wires.z_mm, wires.z_flag = start_mm, False
    drives = Drives(wires)
    found = []
    for _ in range(60):
        wires.z_mm += order_mm_s * BEAT_MS / 1000.0
        assert drives.judge_press(order_mm_s, wires.z_mm) == Trip.NONE
    for _ in range(beats):
        wires.z_mm += true_mm_s * BEAT_MS / 1000.0
        found.append(drives.judge_press(order_mm_s, wires.z_mm))
    return found


@pytest.mark.parametrize(
    ("order_mm_s", "true_mm_s"), [(0.0, 9.0), (5.0, 14.0), (5.0, -3.0), (-20.0, 3.0), (0.0, 400.0)]
)
def test_a_press_that_does_not_do_as_told_is_a_runaway_after_10_ms(order_mm_s, true_mm_s):
    assert press(order_mm_s, true_mm_s, 2) == [Trip.NONE, Trip.RUNAWAY]


@pytest.mark.parametrize(("order_mm_s", "true_mm_s"), [(0.0, 11.0), (20.0, 60.0), (-120.0, 11.0)])
def test_a_press_that_is_far_too_fast_is_a_runaway_after_5_ms(order_mm_s, true_mm_s):
    assert press(order_mm_s, true_mm_s, 1, start_mm=50.0) == [Trip.RUNAWAY]


@pytest.mark.parametrize(
    ("order_mm_s", "true_mm_s"), [(0.0, 7.0), (5.0, 12.0), (5.0, 0.0), (-20.0, 1.0), (5.0, 6.0)]
)
def test_a_press_that_is_a_little_off_is_none(order_mm_s, true_mm_s):
    assert set(press(order_mm_s, true_mm_s, 8)) == {Trip.NONE}


def test_a_press_that_creeps_3_mm_away_is_a_runaway():
    found = press(0.0, 7.0, 200)
    assert Trip.RUNAWAY in found
    assert 3.0 <= found.index(Trip.RUNAWAY) * BEAT_MS / 1000.0 * 7.0 <= 4.5


@pytest.mark.parametrize("phase_ms", range(BEAT_MS))
@pytest.mark.parametrize("fast_ms", [1, 2, 3, 4])
def test_a_press_that_lags_behind_a_short_fast_order_is_no_runaway(fast_ms, phase_ms):
    # At the edge of contact the order may be fast for some milliseconds, and then slow again.
    wires = HeadWires()
    wires.z_mm, wires.z_flag = 8.0, False
    drives = Drives(wires)
    speed_mm_s = wires.z_speed_mm_s = 5.0
    orders = [5.0] * (10 + phase_ms) + [25.0] * fast_ms + [5.0] * 15
    for ms, order_mm_s in enumerate(orders, start=1):
        speed_mm_s += (wires.z_speed_mm_s - speed_mm_s) / 3.0
        wires.z_mm += speed_mm_s / 1000.0
        assert speed_mm_s <= RISE_MM_S or drives.judge_rise(speed_mm_s / 1000.0) == Trip.NONE
        wires.z_speed_mm_s = order_mm_s
        drives.fastest_mm_s = max(order_mm_s, drives.fastest_mm_s)
        if ms % BEAT_MS == 0:
            assert drives.judge_press(order_mm_s, wires.z_mm) == Trip.NONE


def carriage(order_mm_s: float, true_mm_s: float, current_ma: float, ms: int = 400) -> Trip:
    wires = HeadWires()
    drives = Drives(wires)
    wires.x_speed_mm_s, wires.x_ma = order_mm_s, current_ma
    for _ in range(ms // SLOW_BEAT_MS):
        wires.x_mm += true_mm_s * SLOW_BEAT_MS / 1000.0
        trip = drives.judge(0.0, unloading=False)
        if trip:
            return trip
    return Trip.NONE


def test_an_axis_that_stands_is_stalled_dead_or_lost_by_its_current():
    assert carriage(5.0, 0.0, 900.0) == Trip.STALLED
    assert carriage(5.0, 0.0, IDLE_MA) == Trip.STALLED
    assert carriage(5.0, 0.0, 100.0) == Trip.POSITION_LOST
    assert carriage(-5.0, 0.0, 100.0) == Trip.POSITION_LOST


def test_an_axis_that_moves_or_is_hardly_asked_to_is_well():
    assert carriage(5.0, 2.1, 900.0) == Trip.NONE
    assert carriage(3.0, 0.0, 900.0) == Trip.NONE
    assert carriage(0.0, 0.0, 900.0) == Trip.NONE


def test_a_stall_takes_100_ms_and_not_90():
    assert carriage(50.0, 0.0, 900.0, ms=90) == Trip.NONE
    assert carriage(50.0, 0.0, 900.0, ms=100) == Trip.STALLED


@pytest.mark.parametrize(
    ("flag", "axis", "true_mm", "false_mm"),
    [("x_flag", "x_mm", 80.9, 79.1), ("y_flag", "y_mm", 60.9, 59.1), ("z_flag", "z_mm", 1.4, 0.2)],
)
def test_flags_and_encoders_may_differ_by_a_millimetre(flag, axis, true_mm, false_mm):
    for covered, place_mm, sign in ((True, true_mm, 1.0), (False, false_mm, -1.0)):
        wires = HeadWires()
        drives = Drives(wires)
        drives.homed = True
        setattr(wires, flag, covered)
        setattr(wires, axis, place_mm)
        drives.forget()
        assert {drives.judge(0.0, unloading=False) for _ in range(5)} == {Trip.NONE}
        setattr(wires, axis, place_mm + sign * 0.2)
        drives.forget()
        found = [drives.judge(0.0, unloading=False) for _ in range(2)]
        assert found == [Trip.NONE, Trip.POSITION_LOST]


def test_force_that_stays_with_a_press_that_stands_is_known_after_60_ms():
    wires = HeadWires()
    wires.z_mm, wires.z_flag, wires.z_speed_mm_s = 15.0, False, -120.0
    drives = Drives(wires)
    found = [drives.judge(20.0, unloading=True) for _ in range(7)]
    assert found == [Trip.NONE] * 6 + [Trip.RETRACT_FAILED]


def spin(torque_mnm: float, rpm: float, beats: int) -> Trip:
    wires = HeadWires()
    head = Spin(wires)
    head.asked_rpm = 30.0
    head.turn()
    wires.spin_rpm, wires.spin_mnm = 30.0, 0.0
    for _ in range(80):
        head.judge(10.0)
    wires.spin_rpm, wires.spin_mnm = rpm, torque_mnm
    trip = Trip.NONE
    for _ in range(beats):
        trip = head.judge(10.0)
    return trip


def test_a_caught_head_is_known_by_torque_or_by_speed_after_30_ms():
    expected_mnm = SPIN_IDLE_MNM + SPIN_MNM_PER_N * 10.0
    assert spin(1.5 * expected_mnm + 5.0, 30.0, 6) == Trip.ENTANGLED
    assert spin(1.5 * expected_mnm + 5.0, 30.0, 5) == Trip.NONE
    assert spin(1.5 * expected_mnm, 30.0, 60) == Trip.NONE
    assert spin(expected_mnm, 20.0, 6) == Trip.ENTANGLED
    assert spin(expected_mnm, 22.0, 60) == Trip.NONE


def switches(bridge_stuck: bool = False, relay_stuck: bool = False, late_ms: int = 0) -> Trip:
    heads, panel = (HeadWires(), HeadWires()), PanelWires()
    test = SwitchTest(heads, panel)
    age_ms, before = 0, (False, False)
    for _ in range(300):
        now = (heads[0].enabled, panel.relay)
        age_ms = age_ms + 1 if now == before else 0
        before = now
        live = (heads[0].enabled or bridge_stuck) and (panel.relay or relay_stuck)
        for wires in heads:
            if age_ms >= late_ms:
                wires.press_ma = wires.x_ma = wires.y_ma = IDLE_MA if live else 0.0
        trip = test.step()
        if trip or test.done:
            return trip
    raise AssertionError("the test of the switches has no end")


def test_both_ways_to_switch_off_are_tested():
    assert switches() == Trip.NONE
    assert switches(late_ms=SWITCH_MS - 1) == Trip.NONE
    assert switches(late_ms=SWITCH_MS + 1) == Trip.SELF_TEST
    assert switches(bridge_stuck=True) == Trip.SELF_TEST
    assert switches(relay_stuck=True) == Trip.SELF_TEST


def test_a_load_cell_without_its_noise_is_frozen_within_50_ms_though_the_press_stands():
    watch = Watch()
    found = [watch.judge_frozen(12.0, 10.0) for _ in range(10)]
    assert 0 < found.index(Trip.SENSOR) * BEAT_MS <= 45


def lost(a_n: float, b_n: float, order_mm_s: float = 0.5) -> list[Trip]:
    """Return what four beats say to channels that have lost so much of 30 N at once."""
    watch = Watch()
    assert watch.judge_jump(30.0, 31.0, order_mm_s) == Trip.NONE
    return [watch.judge_jump(30.0 - a_n, 31.0 - b_n, 20.0) for _ in range(4)]


@pytest.mark.parametrize(("a_n", "b_n"), [(3.5, 0.0), (5.0, -2.0), (15.0, 5.0)])
def test_a_load_cell_that_alone_loses_force_at_once_disagrees_within_20_ms(a_n, b_n):
    found = lost(a_n, b_n)
    assert 0 < found.index(Trip.CHANNELS_DISAGREE) * BEAT_MS <= 15


@pytest.mark.parametrize(("a_n", "b_n"), [(2.5, 0.0), (5.0, 4.0), (15.0, 8.0), (-9.0, 0.0)])
def test_skin_that_gives_way_takes_force_from_both(a_n, b_n):
    assert set(lost(a_n, b_n)) == {Trip.NONE}


def test_a_load_cell_that_says_the_same_over_a_millimetre_is_frozen():
    watch = Watch()
    found = [watch.judge_frozen(12.0, 10.0 + 0.25 * step) for step in range(5)]
    assert found[:4] == [Trip.NONE] * 4
    assert found[4] == Trip.SENSOR
    watch = Watch()
    noisy = {watch.judge_frozen(12.0 + 0.02 * (step % 2), 10.0 + 0.1 * step) for step in range(99)}
    assert noisy == {Trip.NONE}


def pressed(*forces_n: float, peak_n: float = 2.5) -> tuple[list[Trip], HeadWires]:
    """Return what each millisecond of these forces says while the press rises."""
    watch, wires = Watch(), HeadWires()
    watch.enter(40.0, 55.0)
    watch.peak_n = peak_n
    found = []
    for force_n in forces_n:
        wires.z_speed_mm_s = 5.0
        found.append(watch.judge(wires, force_n, force_n, Motion.PRESS))
    return found, wires


def test_skin_that_has_gone_is_lost_after_10_ms_and_not_followed_meanwhile():
    found, wires = pressed(*[0.2] * 10)
    assert found == [Trip.NONE] * 9 + [Trip.CONTACT_LOST]
    assert wires.z_speed_mm_s == 0.0


def test_skin_that_hardly_bears_is_lost_after_40_ms():
    found, wires = pressed(*[0.45] * 40)
    assert found == [Trip.NONE] * 39 + [Trip.CONTACT_LOST]
    assert wires.z_speed_mm_s == 5.0


def test_what_hardly_bears_and_then_bears_was_not_lost():
    assert set(pressed(*[0.45] * 39, 0.6, *[0.45] * 39)[0]) == {Trip.NONE}
    assert set(pressed(*[0.2] * 9, 0.35, *[0.2] * 9)[0]) == {Trip.NONE}


def test_what_has_never_been_pressed_by_two_newtons_cannot_be_lost():
    assert set(pressed(*[0.2] * 60, peak_n=1.9)[0]) == {Trip.NONE}
