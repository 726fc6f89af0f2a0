"""Which set-points are obeyed, for how long, and what follows when they stop."""

import pytest

from firmware_bridge.messages import DeviceState, Nak, Refusal, Trip
from simulator.probe import PARKED, Probe, target

HEEL = target(70.0, 50.0, force_n=20.0)


def force_n(probe: Probe) -> float:
    return max(bed.force_n for bed in probe.device.beds)


def until_unloaded_ms(probe: Probe, below_n: float = 1.0) -> float:
    """Time until the true force is below `below_n`, the host being silent [ms]."""
    start_us = probe.device.now_us
    while force_n(probe) >= below_n:
        probe.device.advance_to(probe.device.now_us + 1_000)
        assert probe.device.now_us - start_us < 2_000_000
    return (probe.device.now_us - start_us) / 1000.0


def test_a_set_point_from_a_frame_61_ms_old_is_refused_as_stale(armed):
    order = armed.set_point()
    for _ in range(11):
        armed.tick(armed.set_point())
    armed.tick(order)  # 55 ms old when it arrives
    assert not [answer for answer in armed.answers if isinstance(answer, Nak)]
    order = armed.set_point()
    for _ in range(13):
        armed.tick(armed.set_point())
    armed.tick(order)
    assert [a.refusal for a in armed.answers if isinstance(a, Nak)] == [Refusal.STALE]


def test_a_set_point_from_the_future_is_refused(armed):
    order = armed.set_point()._replace(frame_us=armed.now_us + 5_000)
    answer = armed.ask(order)
    assert isinstance(answer, Nak)
    assert answer.refusal == Refusal.STALE


@pytest.mark.parametrize(
    "bad",
    [
        {"x_um": 14_000},
        {"x_um": 146_000},
        {"y_um": -1_000},
        {"y_um": 311_000},
        {"feed_um_s": 200_001},
        {"vibration_hz": 10},
    ],
)
def test_a_set_point_beyond_the_machine_is_refused_whole(armed, bad):
    order = armed.set_point(left=HEEL._replace(**bad), right=target(70.0, 50.0, force_n=5.0))
    for _ in range(4):
        armed.tick(order)
    assert armed.answers[-1].refusal == Refusal.OUT_OF_RANGE
    assert armed.device.firmware.machine.heads[1].asked_n == 0.0


def test_the_frame_names_the_set_point_that_is_obeyed(armed):
    armed.tick(armed.set_point())
    counter = armed.link.counter
    armed.tick()
    assert armed.frame is not None
    assert armed.frame.setpoint_counter == counter


def test_an_expired_set_point_counts_as_no_force_and_a_new_one_is_obeyed_again(pressing):
    device = pressing.device
    device.advance_to(device.now_us + 75_000)  # the last frame was stamped at most 5 ms ago
    head = device.firmware.machine.heads[1]
    assert head.applied_n == 0.0
    assert device.firmware.machine.state == DeviceState.RUNNING
    pressing.now_us = device.now_us
    pressing.tick()
    for _ in range(600):
        pressing.tick(pressing.set_point(right=HEEL))
    assert device.firmware.machine.state == DeviceState.RUNNING
    assert 19.0 < device.beds[1].force_n < 21.0


def test_a_short_life_is_obeyed_no_longer_than_it_says(pressing):
    device = pressing.device
    pressing.tick(pressing.set_point(right=HEEL, ttl_ms=10))
    device.advance_to(device.now_us + 11_000)
    assert device.firmware.machine.heads[1].applied_n == 0.0


def test_a_silent_host_trips_the_watchdog_after_100_ms(pressing):
    device = pressing.device
    silent_us = device.now_us
    while device.firmware.machine.state == DeviceState.RUNNING:
        device.advance_to(device.now_us + 1_000)
    assert 95_000 <= device.now_us - silent_us <= 102_000
    assert device.firmware.machine.trip == Trip.WATCHDOG


def test_a_silent_host_means_no_force_within_400_ms(pressing):
    assert until_unloaded_ms(pressing) < 250.0


def test_after_the_watchdog_a_set_point_moves_nothing(pressing):
    pressing.idle(1.0)
    for _ in range(100):
        pressing.tick(pressing.set_point(right=HEEL))
    assert pressing.state == DeviceState.READY
    assert pressing.device.beds[1].wires.z_mm == 0.0


def test_refused_set_points_do_not_feed_the_watchdog(armed):
    for _ in range(25):
        armed.tick(armed.set_point(right=HEEL._replace(x_um=0)))
    assert armed.device.firmware.machine.trip == Trip.WATCHDOG


def test_running_means_a_head_is_out_or_force_is_asked(armed):
    armed.press(0.1)
    assert armed.state == DeviceState.ARMED
    armed.press(0.05, right=HEEL)
    assert armed.state == DeviceState.RUNNING
    armed.press(4.0, right=HEEL)
    armed.press(0.02, right=HEEL._replace(force_mn=0))
    assert armed.state == DeviceState.RUNNING
    armed.press(1.0, right=PARKED)
    assert armed.state == DeviceState.ARMED
