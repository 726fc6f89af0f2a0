"""Touching skin for the first time, and again where it was lost: never quicker than felt."""

import numpy as np
import pytest

from firmware_bridge.messages import BedTarget
from simulator.device import SHAPE, Device
from simulator.plant.feet import synthetic_feet
from simulator.plant.people import PEOPLE
from simulator.probe import Probe, target
from simulator.trace import Trace


def run(device: Device, probe: Probe, seconds: float, order: BedTarget) -> dict[str, np.ndarray]:
    """Press and return the rows of the trace written meanwhile."""
    assert device.trace is not None
    first = len(device.trace)
    probe.press(seconds, right=order)
    return {name: rows[first:] for name, rows in device.trace.arrays().items() if rows.ndim == 1}


def gains_n(rows: dict[str, np.ndarray]) -> np.ndarray:
    """Return what the force gained over each 50 ms of contact."""
    force_n = rows["force_n_r"].astype(float)
    gains = force_n[50:] - force_n[:-50]
    return gains[np.lib.stride_tricks.sliding_window_view(force_n, 51).min(axis=1) > 0.0]


@pytest.mark.parametrize("seed", range(4))
def test_the_press_stays_slow_until_the_skin_is_felt_for_certain(seed):
    feet = synthetic_feet(PEOPLE["adult"], SHAPE, seed=seed)
    probe = Probe(Device(feet, seed=seed, trace=Trace(seed=seed)))
    probe.arm()
    heel = feet[1].stance
    for _ in range(3):
        order = target(heel.heel_x_mm + 6.0, heel.heel_y_mm + 28.0, force_n=15.0)
        rows = run(probe.device, probe, 4.5, order)
        speed = np.diff(rows["z_mm_r"].astype(float)) * 1000.0
        first = int(np.flatnonzero(rows["force_n_r"] >= 1.0)[0])
        assert speed[:first].max() < 5.01
        assert speed.max() > 5.5
        probe.press(1.0, right=target(heel.heel_x_mm + 6.0, heel.heel_y_mm + 28.0))


def test_force_that_was_lost_on_hard_skin_comes_back_as_slowly_as_it_first_came():
    feet = synthetic_feet(PEOPLE["stiff"], SHAPE, seed=1)
    probe = Probe(Device(feet, seed=1, trace=Trace(seed=1)))
    probe.arm()
    x_mm, y_mm = feet[1].stance.heel_x_mm + 6.0, feet[1].stance.heel_y_mm + 28.0
    run(probe.device, probe, 4.5, target(x_mm, y_mm, force_n=1.6, slew_n_s=5.0))
    probe.device.person.legs[1].lift_mm = 2.5  # the skin gives way from under the head
    rows = run(probe.device, probe, 2.0, target(x_mm, y_mm, force_n=6.0, slew_n_s=5.0))
    assert (rows["force_n_r"] == 0.0).sum() > 200
    assert rows["force_n_r"][-1] > 5.0
    assert gains_n(rows).max() < 2.0 + 0.05 * 5.0
