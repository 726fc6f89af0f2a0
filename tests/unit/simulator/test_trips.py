"""What makes the device let go by itself, and what it takes to go on."""

import math

import numpy as np
import pytest

from firmware_bridge.messages import (
    Ack,
    Acknowledge,
    DeviceState,
    EventKind,
    Flag,
    Nak,
    Refusal,
    Trip,
)
from simulator.firmware.dwell import Dwell
from simulator.firmware.head import Head
from simulator.firmware.limits import Limits, limits_of, no_limits
from simulator.probe import Probe, target
from simulator.wires import IDLE_MA, PRESS_MA_PER_N, HeadWires

HEEL = target(70.0, 50.0, force_n=20.0)


def machine_of(probe: Probe):
    return probe.device.firmware.machine


def everywhere(limit_n: float) -> Limits:
    limits_mn = np.full(len(no_limits().patch_mn), round(limit_n * 1000), dtype=np.uint16)
    return Limits(limits_mn, limits_mn)


def force_n(probe: Probe) -> float:
    return probe.device.beds[1].force_n


def until_trip(probe: Probe, within_s: float = 1.0) -> float:
    """Press on until something trips; return how long it took [ms]."""
    start_us = probe.now_us
    while machine_of(probe).trip == Trip.NONE:
        probe.tick(probe.set_point(right=HEEL), for_us=1_000)
        assert probe.now_us - start_us < within_s * 1e6
    return (probe.now_us - start_us) / 1000.0


def test_a_foot_pushed_down_on_the_head_trips_over_force_and_latches(pressing):
    pressing.device.beds[1].share_n = 1e9  # the person holds the leg stiff
    pressing.device.firmware.machine.heads[1].limits = limits_of(
        np.full((32, 16), 21_000, dtype=np.uint16)
    )
    pressing.device.beds[1].foot_lift_mm = -2.0
    assert until_trip(pressing) <= 5.0
    assert machine_of(pressing).trip == Trip.OVER_FORCE
    pressing.idle(0.5)
    assert pressing.state == DeviceState.LATCHED
    assert pressing.frame is not None
    assert pressing.frame.flags & Flag.FAULT_PRESENT
    assert force_n(pressing) == 0.0


def test_a_latched_device_needs_the_right_trip_acknowledged(pressing):
    machine_of(pressing).let_go(Trip.OVER_FORCE)
    early = pressing.ask(Acknowledge(Trip.OVER_FORCE))
    assert isinstance(early, Nak)
    assert early.refusal == Refusal.WRONG_STATE
    pressing.idle(0.5)
    wrong = pressing.ask(Acknowledge(Trip.DWELL))
    assert isinstance(wrong, Nak)
    assert pressing.state == DeviceState.LATCHED
    assert isinstance(pressing.ask(Acknowledge(Trip.OVER_FORCE)), Ack)
    pressing.tick()
    assert pressing.state == DeviceState.READY
    assert pressing.frame is not None
    assert pressing.frame.trip == Trip.NONE


def test_a_cause_that_is_still_there_cannot_be_acknowledged(pressing):
    pressing.device.beds[1]._noise[:] = [-30.0] * len(pressing.device.beds[1]._noise)
    until_trip(pressing)
    assert machine_of(pressing).trip == Trip.SENSOR
    pressing.idle(1.0)
    answer = pressing.ask(Acknowledge(Trip.SENSOR))
    assert isinstance(answer, Nak)
    pressing.device.beds[1]._noise[:] = [0.0] * len(pressing.device.beds[1]._noise)
    pressing.idle(1.0)
    assert pressing.state == DeviceState.LATCHED
    assert isinstance(pressing.ask(Acknowledge(Trip.SENSOR)), Ack)


def test_a_load_cell_out_of_its_range_lets_go_within_5_ms(pressing):
    pressing.device.beds[1]._noise[:] = [-30.0] * len(pressing.device.beds[1]._noise)
    assert until_trip(pressing) <= 5.0
    assert machine_of(pressing).trip == Trip.SENSOR


def test_two_channels_that_disagree_for_20_ms_let_go_and_latch(pressing):
    pressing.device.beds[1]._ripple = [0.4] * 64
    assert 18.0 <= until_trip(pressing) <= 25.0
    assert machine_of(pressing).trip == Trip.CHANNELS_DISAGREE
    pressing.idle(0.5)
    assert pressing.state == DeviceState.LATCHED


@pytest.mark.slow
def test_the_ripple_of_channel_b_alone_trips_nothing(pressing):
    pressing.press(8.0, right=HEEL._replace(force_mn=55_000))
    assert force_n(pressing) == pytest.approx(55.0, abs=0.6)
    assert machine_of(pressing).trip == Trip.NONE


def test_a_foot_pulled_away_is_not_followed(pressing):
    bed = pressing.device.beds[1]
    pressing.device.act("withdraw-right")
    lost_z_mm = None
    deepest = 0.0
    for _ in range(400):
        pressing.tick(pressing.set_point(right=HEEL), for_us=1_000)
        if bed.force_n == 0.0 and lost_z_mm is None:
            lost_z_mm = bed.wires.z_mm
        if lost_z_mm is not None:
            deepest = max(deepest, bed.wires.z_mm - lost_z_mm)
    assert machine_of(pressing).trip == Trip.CONTACT_LOST
    assert deepest <= 2.0
    assert bed.wires.z_mm < 1.0


@pytest.mark.slow
def test_contact_where_the_mask_says_zero_ends_the_massage(armed):
    armed.press(7.0, right=HEEL._replace(force_mn=58_000))
    machine_of(armed).heads[1].limits = limits_of(np.zeros((32, 16), dtype=np.uint16))
    for _ in range(100):
        armed.tick(armed.set_point(right=HEEL), for_us=1_000)
    assert machine_of(armed).trip == Trip.OUTSIDE_MASK
    assert force_n(armed) < 1.0


def test_a_head_led_off_the_mask_lets_go_before_its_border(pressing):
    mask_cols = np.flatnonzero(pressing.mask(1).limits_mn[26] > 0)
    edge_mm = (mask_cols.max() + 1) * 10.0
    farthest_mm = 0.0
    for step in range(370):
        x_mm = 70.0 + step * 0.2
        pressing.tick(pressing.set_point(right=target(x_mm, 50.0, force_n=20.0)))
        if force_n(pressing) > 1.0:
            farthest_mm = max(farthest_mm, pressing.device.beds[1].wires.x_mm)
    assert machine_of(pressing).trip == Trip.NONE
    assert 80.0 < farthest_mm < edge_mm


@pytest.mark.slow
def test_fifteen_seconds_on_one_spot_are_the_most(armed):
    armed.press(3.0, right=HEEL)
    start_us = armed.now_us
    while machine_of(armed).trip == Trip.NONE:
        armed.press(0.005, right=HEEL)
    assert machine_of(armed).trip == Trip.DWELL
    assert 13.0 < (armed.now_us - start_us) / 1e6 < 15.2
    armed.idle(0.5)
    assert armed.state == DeviceState.READY


def dwell_after(path, force_n=10.0) -> Dwell:
    dwell = Dwell()
    for x_mm, y_mm in path:
        dwell.advance(x_mm=x_mm, y_mm=y_mm, force_n=force_n, step_ms=10)
    return dwell


def test_dwell_counts_while_a_head_circles_within_15_mm():
    path = [(80 + 7 * math.cos(i / 20), 50 + 7 * math.sin(i / 20)) for i in range(1000)]
    assert dwell_after(path).time_ms >= 9_000


def test_dwell_starts_anew_after_a_second_away():
    path = [(80.0, 50.0)] * 500 + [(80.0, 100.0)] * 110
    assert dwell_after(path).time_ms == pytest.approx(1_100, abs=30)


def test_half_a_second_away_does_not_fool_the_dwell():
    path = ([(80.0, 50.0)] * 100 + [(80.0, 100.0)] * 50) * 5
    assert dwell_after(path).time_ms > 6_000


def test_a_stroke_that_never_rests_does_not_dwell():
    path = [(80.0, 50.0 + 0.6 * i % 200) for i in range(3000)]
    assert dwell_after(path).time_ms < 2_000


def test_off_the_skin_for_a_second_counts_as_away():
    dwell = dwell_after([(80.0, 50.0)] * 500)
    for _ in range(110):
        dwell.advance(x_mm=80.0, y_mm=50.0, force_n=0.0, step_ms=10)
    assert dwell.time_ms == 0


def test_eighty_newtons_over_the_resting_load_let_go(pressing):
    machine_of(pressing).loads.resting_n[1] = machine_of(pressing).loads.bed_n[1] - 81.0
    assert until_trip(pressing) <= 15.0
    assert machine_of(pressing).trip == Trip.TOTAL_FORCE


@pytest.mark.slow
def test_the_head_counts_in_the_whole_load_of_its_bed(pressing):
    loads = machine_of(pressing).loads.bed_n
    assert loads[1] == pytest.approx(60.0, abs=3.0)  # it has taken over what the foot bore
    pressing.press(6.0, right=HEEL._replace(force_mn=55_000))
    assert loads[1] > 70.0  # and now holds the foot up


def test_every_trip_is_told_as_an_event_and_kept_in_the_frames(pressing):
    pressing.device.act("withdraw-right")
    pressing.press(0.6, right=HEEL)
    trips = [event.value for event in pressing.events if event.event == EventKind.TRIP]
    assert trips == [Trip.CONTACT_LOST]
    assert pressing.frame is not None
    assert pressing.frame.trip == Trip.CONTACT_LOST


def test_a_load_cell_stuck_at_zero_trips_while_the_head_still_feels_for_the_skin():
    wires = HeadWires()
    head = Head(wires)
    head.limits = everywhere(30.0)
    head.obey(target(wires.x_mm, wires.y_mm, force_n=12.0))
    trip = Trip.NONE
    for _ in range(2000):
        trip = head.step(fresh=True)
        if trip:
            break
        wires.z_mm += max(wires.z_speed_mm_s, 0.0) * 0.001
        # The true force, felt by B alone.
        wires.press_ma = IDLE_MA + PRESS_MA_PER_N * max(wires.z_mm - 6.0, 0.0) * 8.0
    assert trip == Trip.CHANNELS_DISAGREE
    assert (wires.z_mm - 6.0) * 8.0 < 7.0


def test_an_approach_that_never_finds_skin_ends():
    wires = HeadWires()
    head = Head(wires)
    head.limits = everywhere(30.0)
    head.obey(target(wires.x_mm, wires.y_mm, force_n=12.0))
    trips = set()
    for _ in range(10_000):
        trips.add(head.step(fresh=True))
        wires.z_mm = min(wires.z_mm + max(wires.z_speed_mm_s, 0.0) * 0.001, 40.0)
    assert Trip.CONTACT_LOST in trips
