"""What a technician has written is what the device works by, at once and after power-off."""

import zlib

import pytest

from firmware_bridge.messages import (
    Calibration,
    CalibrationState,
    Commit,
    DeviceState,
    Kept,
    Limits,
    LimitsState,
    Trip,
)
from simulator.firmware.identity import TABLE
from simulator.firmware.keeper import COMPILED
from simulator.probe import Probe, target
from tests.unit.simulator.conftest import HEEL

RIGHT = 1
DEVICE_CRC = zlib.crc32(TABLE["device_id"].encode())


def lower(probe: Probe, *, ceiling_mn: tuple[int, ...] = COMPILED.ceiling_mn, **table: int) -> None:
    """A technician lowers limits, and goes."""
    probe.connect()
    probe.device.panel.bench_unlocked = True
    wanted = Limits(COMPILED.table._replace(**table), ceiling_mn)
    assert isinstance(probe.ask_technically(wanted), LimitsState)
    probe.device.panel.bench_unlocked = False
    consent_anew(probe)


def calibrate(probe: Probe, channel: Kept, gain_ppm: int) -> None:
    """A technician fits one channel of the right bed, and goes."""
    probe.connect()
    probe.device.panel.bench_unlocked = True
    record = Calibration(channel, RIGHT, DEVICE_CRC, gain_ppm, 0, 0, 0, 20_600)
    proposed = probe.ask_technically(record)
    assert isinstance(proposed, CalibrationState)
    done = probe.ask_technically(Commit(proposed.token, proposed.digest))
    assert isinstance(done, CalibrationState)
    probe.device.panel.bench_unlocked = False
    consent_anew(probe)


def consent_anew(probe: Probe) -> None:
    probe.connect()
    probe.device.act("press-start")
    probe.idle(0.5)


def strongest_n(probe: Probe, seconds: float, force_n: float, slew_n_s: float = 20.0) -> float:
    """Press the right heel and return the largest true force."""
    order = target(*HEEL, force_n=force_n, slew_n_s=slew_n_s)
    most_n = 0.0
    for _ in range(round(seconds * 200)):
        probe.press(0.005, right=order)
        most_n = max(most_n, probe.device.beds[RIGHT].force_n)
    return most_n


def test_a_lowered_bed_ceiling_bounds_the_force(probe):
    lower(probe, ceiling_mn=(12_000, 12_000, 12_000))
    probe.arm()
    assert 11.0 < strongest_n(probe, 5.0, force_n=30.0) < 13.0
    assert probe.frame.right.limit_mn == 12_000


def test_a_lowered_rise_slows_the_force(probe):
    lower(probe, rise_mn_s=2_000)
    probe.arm()
    strongest_n(probe, 3.5, force_n=2.0)
    before_n = probe.device.beds[RIGHT].force_n
    assert 1.0 < before_n < 3.0
    assert strongest_n(probe, 2.0, force_n=30.0) < before_n + 2.0 * 2.0 + 1.5


@pytest.mark.slow
def test_a_lowered_dwell_lets_go_sooner(probe):
    lower(probe, dwell_ms=3_000)
    probe.arm()
    strongest_n(probe, 2.0, force_n=15.0)
    assert probe.state == DeviceState.RUNNING
    strongest_n(probe, 6.0, force_n=15.0)
    assert probe.frame.trip == Trip.DWELL


def test_a_lowered_time_armed_ends_the_session_and_bars_the_next(probe):
    lower(probe, session_ms=2_000)
    probe.arm()
    probe.press(2.5)
    assert probe.frame.trip == Trip.SESSION_CAP


def test_the_gain_of_channel_a_is_in_the_force_that_is_held_and_told(probe):
    calibrate(probe, Kept.CHANNEL_A, 900_000)
    probe.arm()
    strongest_n(probe, 5.0, force_n=18.0)
    assert 19.0 < probe.device.beds[RIGHT].force_n < 21.0
    assert probe.frame.right.force_a_mn == pytest.approx(18_000, abs=600)
