"""Two seconds without a byte, then all of them at once: nothing old is obeyed, nothing resumes."""

import numpy as np
import pytest

from controller.session import Session
from firmware_bridge.messages import DeviceState, Trip
from simulator.faults.registry import read_faults
from tests.loop.bench import Bench, pressing, unloading_ms

STALL = "delay for 2s"
TTL_MS = 60.0
ROW_MS = 1.0
"""A row says how things are at the end of the millisecond in which an order came."""


def stalled(way: str) -> tuple[Bench, int]:
    """Return a bench that met a stall under force, 4 s after it ended, and when it began."""
    bench = pressing(seed=1, force_n=5.0)
    from_us = bench.device.now_us
    bench.device.break_down(read_faults(f"link.{way}={STALL}"))
    bench.forward(6.0)
    return bench, from_us


@pytest.mark.slow
@pytest.mark.parametrize("way", ["down", pytest.param("up", marks=pytest.mark.slow)])
def test_no_order_older_than_60_ms_is_executed(way):
    bench, from_us = stalled(way)
    rows = bench.arrays()
    taken = np.flatnonzero(np.diff(rows["cmd_seq"].astype(np.int64)) > 0) + 1
    assert rows["cmd_age_ms"][taken].max() <= TTL_MS + ROW_MS
    old = np.flatnonzero((rows["cmd_age_ms"] > TTL_MS + ROW_MS) & (rows["t_us"] > from_us))
    assert old.size, "nothing ever grew old: there was no stall"
    for bed in "lr":
        assert (rows[f"applied_n_{bed}"][old] <= rows[f"applied_n_{bed}"][old - 1]).all()
    assert unloading_ms(rows, from_us) <= 400.0
    assert ("fault on", f"link.{way}=delay") in set(
        zip(rows["event_kind"].tolist(), rows["event_text"].tolist(), strict=True)
    )


@pytest.mark.slow
@pytest.mark.parametrize("way", ["down", "up"])
def test_afterwards_the_massage_does_not_go_on_by_itself(way):
    bench, from_us = stalled(way)
    assert bench.session in (Session.STOPPED, Session.FAULT)
    assert bench.device.firmware.machine.state in (DeviceState.READY, DeviceState.LATCHED)
    assert bench.device.firmware.machine.trip in (Trip.WATCHDOG, Trip.HOST_RETRACT, Trip.STOP)
    rows = bench.arrays()
    late = rows["t_us"] > from_us + 500_000
    names = rows["fw_state_names"][rows["fw_state"][late]]
    assert not set(names) & {"ARMED", "RUNNING"}
    assert max(rows["force_n_l"][late].max(), rows["force_n_r"][late].max()) < 1.0


@pytest.mark.slow
def test_the_host_uses_no_frame_of_the_backlog():
    bench = pressing(seed=1, force_n=5.0)
    bench.device.break_down(read_faults(f"link.up={STALL}"))
    ahead_us = None
    seen_us = []
    for moment in bench.rehearsal.forward(4.0):
        sensor = bench.state.frame
        if sensor is None or not bench.state.fresh:
            continue
        age_us = moment.device_us - sensor.frame.device_us
        seen_us.append(age_us)
        ahead_us = moment.device_us
    assert ahead_us is not None
    assert max(seen_us) <= 60_000
    assert bench.rehearsal.runner.link.phase == "up"
