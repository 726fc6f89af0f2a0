"""The checker over traces of the real controller and the simulated device."""

import time

import numpy as np
import pytest

from simulator.checker import check_trace
from tests.checker.builder import window
from tests.loop.bench import Bench


@pytest.fixture(scope="module")
def stopped_massage():
    bench = Bench("adult", seed=3)
    bench.start()
    bench.until_force(3.0)
    bench.forward(2.0)
    bench.device.act("press-stop")
    bench.forward(1.0)
    return bench.arrays()


def test_a_massage_and_its_stop_keep_what_was_promised(stopped_massage):
    report = check_trace(stopped_massage)
    assert report.violations == ()
    # Nothing here blinds the matrix, pulls a foot away, spins, or is armed a second time; and 12 s
    # of a gentle opening neither slide with a third of the hard limit nor last for 30 s.
    untried = {"F7", "P2", "P3", "M4", "S3", "L2"}
    assert {name for name, times in report.vacuity.items() if times == 0} <= untried


def test_windows_of_it_are_judged_no_harsher_than_the_whole(stopped_massage):
    whole = {(found.invariant, found.bed) for found in check_trace(stopped_massage).violations}
    rows = len(stopped_massage["t_us"])
    for start in range(0, rows - 500, 487):
        part = window(stopped_massage, start, start + 3000)
        assert {(found.invariant, found.bed) for found in check_trace(part).violations} <= whole


def test_too_much_force_in_it_is_noticed(stopped_massage):
    pressed = dict(stopped_massage)
    pressed["force_n_l"] = stopped_massage["force_n_l"] * 30.0
    assert "F1" in {found.invariant for found in check_trace(pressed).violations}


def test_a_device_that_did_not_hear_stop_is_noticed(stopped_massage):
    deaf = dict(stopped_massage)
    unheard = int((stopped_massage["stop_at"] >= 0).argmax())
    for name in ("fw_state", "enable", "force_n_l", "applied_n_l", "gap_mm_l", "z_mm_l"):
        deaf[name] = stopped_massage[name].copy()
        deaf[name][unheard:] = deaf[name][unheard - 1]
    assert "F4" in {found.invariant for found in check_trace(deaf).violations}


def test_twenty_seconds_take_less_than_a_third_of_a_second(stopped_massage):
    rows = len(stopped_massage["t_us"])
    again = np.resize(np.arange(rows - 3500, rows - 1100), 20_000)  # over and over, under force
    repeated = {
        name: array[again] if array.shape == (rows,) else array
        for name, array in stopped_massage.items()
    }
    repeated["t_us"] = stopped_massage["t_us"][0] + 1000 * np.arange(20_000)
    began = time.process_time()
    report = check_trace(repeated)
    assert time.process_time() - began < 0.3
    assert report.vacuity["F1"] > 10_000
