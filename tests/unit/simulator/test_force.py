"""The inner loops: how hard, how fast, and where the head is let press at all."""

import math

import numpy as np
import pytest

from firmware_bridge.messages import BedFlag, BedTarget
from simulator.device import SHAPE, Device
from simulator.firmware.limits import limits_of, no_limits
from simulator.plant.feet import synthetic_feet
from simulator.plant.people import PEOPLE
from simulator.probe import PARKED, Probe, target
from simulator.trace import Trace

HEEL = (70.0, 50.0)


def run(device: Device, probe: Probe, seconds: float, order: BedTarget) -> dict[str, np.ndarray]:
    """Press and return the rows of the trace written meanwhile."""
    assert device.trace is not None
    first = len(device.trace)
    probe.press(seconds, right=order)
    return {name: rows[first:] for name, rows in device.trace.arrays().items() if rows.ndim == 1}


@pytest.fixture
def traced(feet) -> Probe:
    probe = Probe(Device(feet, seed=1, trace=Trace(seed=1)))
    probe.arm()
    return probe


@pytest.mark.parametrize("person", sorted(PEOPLE))
@pytest.mark.parametrize(
    "force_n",
    [pytest.param(5.0, marks=pytest.mark.slow), 18.0, pytest.param(40.0, marks=pytest.mark.slow)],
)
def test_the_force_asked_is_the_force_that_comes(person, force_n):
    feet = synthetic_feet(PEOPLE[person], SHAPE, seed=1)
    probe = Probe(Device(feet, seed=1))
    probe.arm()
    heel = feet[1].stance
    order = target(heel.heel_x_mm + 6.0, heel.heel_y_mm + 28.0, force_n=force_n)
    probe.press(5.5, right=order)
    forces = []
    for _ in range(100):
        probe.press(0.005, right=order)
        forces.append(probe.device.beds[1].force_n)
    assert np.mean(forces) == pytest.approx(force_n, abs=0.2)
    assert np.std(forces) < 0.3


def test_no_more_is_applied_than_the_mask_allows(probe):
    probe.arm(limit_n=20.0)
    probe.press(5.0, right=target(*HEEL, force_n=35.0))
    assert probe.device.beds[1].force_n == pytest.approx(20.0, abs=0.5)
    assert probe.frame is not None
    assert probe.frame.right.flags & BedFlag.CLAMPED
    assert probe.frame.right.limit_mn == 20_000


def test_no_more_is_applied_than_the_host_s_own_limit(armed):
    armed.press(5.0, right=target(*HEEL, force_n=35.0, limit_n=12.0))
    assert armed.device.beds[1].force_n == pytest.approx(12.0, abs=0.5)


@pytest.mark.parametrize(("y_mm", "ceiling_n"), [(60.0, 60.0), (150.0, 40.0), (277.0, 22.0)])
def test_the_ceiling_of_the_bed_holds_whatever_is_asked(armed, y_mm, ceiling_n):
    image = armed.image_kpa(1)
    row = SHAPE.rows - 1 - int(y_mm / SHAPE.pitch_y_mm)
    x_mm = (float(np.average(np.arange(SHAPE.cols), weights=image[row].clip(0.0))) + 0.5) * 10.0
    armed.press(7.5, right=target(x_mm, y_mm, force_n=60.0))
    head = armed.device.firmware.machine.heads[1]
    assert head.limit_n == ceiling_n
    assert head.applied_n == ceiling_n
    assert armed.device.beds[1].force_n == pytest.approx(ceiling_n, abs=0.8)


def test_without_a_mask_nothing_is_pressed(probe):
    probe.arm()
    probe.device.firmware.machine.heads[1].limits = no_limits()
    probe.press(2.0, right=target(*HEEL, force_n=10.0))
    assert probe.device.beds[1].wires.z_mm == 0.0


def test_the_free_approach_is_no_faster_than_5_mm_s(traced):
    rows = run(traced.device, traced, 2.5, target(*HEEL, force_n=10.0))
    speed = np.diff(rows["z_mm_r"]) * 1000.0
    free = rows["force_n_r"][1:] < 0.9
    assert free.sum() > 1000
    assert speed[free].max() <= 5.01


def test_the_carriage_creeps_until_there_is_contact(traced):
    run(traced.device, traced, 0.7, target(*HEEL, force_n=10.0))
    rows = run(traced.device, traced, 3.0, target(70.0, 90.0, force_n=10.0))
    speed = np.hypot(np.diff(rows["x_mm_r"]), np.diff(rows["y_mm_r"])) * 1000.0
    touched = int(np.argmax(rows["force_n_r"] > 0.9))
    assert 1000 < touched < 2800
    assert speed[:touched].max() <= 5.01
    assert speed[touched:].max() > 40.0


def test_force_rises_no_faster_than_20_n_s(traced):
    rows = run(traced.device, traced, 6.0, target(*HEEL, force_n=50.0, slew_n_s=80.0))
    force_n = rows["force_n_r"]
    assert force_n[-1] == pytest.approx(50.0, abs=0.5)
    assert (force_n[50:] - force_n[:-50]).max() <= 20.0 * 0.05 + 0.5


def test_a_slower_rise_is_kept_as_asked(traced):
    rows = run(traced.device, traced, 5.0, target(*HEEL, force_n=20.0, slew_n_s=5.0))
    applied = rows["applied_n_r"]
    rising = applied[(applied > 2.0) & (applied < 19.0)]
    assert np.diff(rising).max() <= 0.005 + 1e-4


def test_the_press_is_no_faster_than_25_mm_s_in_contact(traced):
    run(traced.device, traced, 3.0, target(*HEEL, force_n=10.0))
    rows = run(traced.device, traced, 2.0, target(85.0, 100.0, force_n=10.0, feed_mm_s=200.0))
    assert (np.diff(rows["z_mm_r"]) * 1000.0).max() <= 25.1


def test_letting_go_reaches_100_mm_s_and_ends_at_the_bottom(traced):
    run(traced.device, traced, 4.0, target(*HEEL, force_n=30.0))
    rows = run(traced.device, traced, 0.6, PARKED)
    assert (np.diff(rows["z_mm_r"]) * 1000.0).min() < -100.0
    assert rows["z_mm_r"][-1] < 0.1


def test_the_carriage_stands_while_a_head_lets_go(traced):
    run(traced.device, traced, 4.0, target(*HEEL, force_n=30.0))
    order = target(100.0, 200.0, force_n=0.0, feed_mm_s=200.0)
    rows = run(traced.device, traced, 1.5, order)
    moved = np.hypot(np.diff(rows["x_mm_r"]), np.diff(rows["y_mm_r"]))
    assert moved[rows["force_n_r"][1:] >= 0.3].max() < 0.01
    assert math.hypot(rows["x_mm_r"][-1] - 100.0, rows["y_mm_r"][-1] - 200.0) < 0.5


def test_a_lifted_head_travels_no_faster_than_it_is_told(traced):
    rows = run(traced.device, traced, 1.0, target(100.0, 250.0, feed_mm_s=150.0))
    speed = np.hypot(np.diff(rows["x_mm_r"]), np.diff(rows["y_mm_r"])) * 1000.0
    assert 140.0 < speed.max() <= 151.0
    assert rows["y_mm_r"][-1] < 250.5


@pytest.mark.slow
def test_over_the_sole_at_40_mm_s_the_force_stays_near_its_target(traced):
    """Rolling heel to ball and back over the arch: a sole is not flat."""
    order = target(*HEEL, force_n=12.0)
    traced.device.firmware.machine.heads[1].limits = limits_of(np.full((32, 16), 40_000))
    run(traced.device, traced, 4.0, order)
    errors = []
    for cycle in range(2400):
        y_mm = 135.0 - 85.0 * math.cos(cycle * 0.005 * 40.0 / 85.0)
        x_mm = 70.0 + 18.0 * (y_mm - 50.0) / 170.0
        traced.tick(traced.set_point(right=target(x_mm, y_mm, force_n=12.0)))
        errors.append(traced.device.beds[1].force_n - 12.0)
    assert float(np.sqrt(np.mean(np.square(errors)))) < 0.5
    assert max(errors) < 1.5


def test_a_spin_and_a_vibration_last_no_longer_than_the_press(traced):
    order = target(*HEEL, force_n=10.0)._replace(spin_mrpm=30_000, vibration_hz=30)
    rows = run(traced.device, traced, 4.0, order)
    assert rows["spin_rpm_r"][-1] == pytest.approx(30.0, abs=0.1)
    assert np.ptp(rows["force_n_r"][-200:]) > 0.2
    traced.device.receive(bytes(8))
    traced.idle(1.0)
    assert abs(traced.device.beds[1].wires.spin_rpm) < 0.1
    assert traced.device.beds[1].wires.vibration_hz == 0
