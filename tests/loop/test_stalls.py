"""A stall of the wire in the middle of a massage: nothing old is used, and nothing old is done."""

import struct

import numpy as np
import pytest

from controller.request import Acknowledge
from controller.session import Session
from firmware_bridge.clock import FRESH_US
from firmware_bridge.codec import HEADER_BYTES, up_lengths
from firmware_bridge.framing import UpDecoder, wrap_up
from firmware_bridge.messages import Kind
from simulator.device import SHAPE
from tests.loop.bench import EVENING, Bench, unloading_ms

TTL_MS = 60.0
ROW_MS = 1.0
"""The trace shows a set-point at the end of the millisecond after it was taken."""

UP, DOWN, BOTH = ("up",), ("down",), ("up", "down")
CASES = [
    pytest.param(stalled, ms, marks=[] if ms == 2_000 and stalled is not BOTH else pytest.mark.slow)
    for stalled in (UP, DOWN, BOTH)
    for ms in (35, 70, 400, 2_000)
]


class Stall:
    """A wire that keeps what it is given, and then gives all of it at once, in order."""

    def __init__(self) -> None:
        self.on = False
        self.kept = b""

    def __call__(self, data: bytes) -> bytes:
        self.kept += data
        if self.on:
            return b""
        data, self.kept = self.kept, b""
        return data


def taken_ages_ms(rows) -> np.ndarray:
    """Ages of the set-points when the device took each of them."""
    begins = np.flatnonzero(np.diff(rows["cmd_seq"].astype(np.int64)) != 0) + 1
    begins = begins[rows["cmd_seq"][begins] != 0]
    return rows["cmd_age_ms"][begins] - ROW_MS


@pytest.mark.slow
@pytest.mark.parametrize(("stalled", "stall_ms"), CASES)
def test_nothing_older_than_60_ms_is_used_or_done(stalled, stall_ms):
    bench, up, down = Bench(seed=stall_ms), Stall(), Stall()
    rehearsal = bench.rehearsal
    rehearsal.wire_up, rehearsal.wire_down = up, down
    bench.start()
    bench.until_force(2.0)
    used = bench.state.frame

    def go(steps: int) -> None:
        nonlocal used
        for _ in range(steps):
            rehearsal.turn()
            if bench.state.frame is not None and bench.state.frame is not used:
                used = bench.state.frame
                assert bench.device.now_us - used.frame.device_us <= FRESH_US

    up.on, down.on = "up" in stalled, "down" in stalled
    go(stall_ms // 5)
    up.on = down.on = False
    go(300)
    rows = bench.arrays()
    assert taken_ages_ms(rows).max() <= TTL_MS
    assert len(taken_ages_ms(rows)) > 50
    if stall_ms >= 400:
        assert bench.session in (Session.FAULT, Session.STOPPED)
        assert bench.device.firmware.machine.setpoint_counter == 0
        assert max(bed.force_n for bed in bench.device.beds) < 1.0


class WrongClock:
    """A device whose frames say another time than they did, from when it is told."""

    def __init__(self) -> None:
        self.ahead_us = 0
        lengths = up_lengths(SHAPE.rows, SHAPE.cols)
        self._decoder = UpDecoder(lengths)

    def __call__(self, data: bytes) -> bytes:
        return b"".join(wrap_up(self._shifted(payload)) for payload in self._decoder.feed(data))

    def _shifted(self, payload: bytes) -> bytes:
        if payload[0] != Kind.FRAME:
            return payload
        (device_us,) = struct.unpack_from("<Q", payload, HEADER_BYTES)
        time = struct.pack("<Q", device_us + self.ahead_us)
        return payload[:HEADER_BYTES] + time + payload[HEADER_BYTES + len(time) :]


@pytest.mark.slow
def test_a_clock_that_jumps_in_a_massage_is_a_fault_that_only_a_power_cycle_ends():
    bench, clock = Bench(seed=3), WrongClock()
    bench.rehearsal.wire_up = clock
    bench.start()
    bench.until_force(2.0)
    at_us = bench.device.now_us
    clock.ahead_us = 3_000_000
    bench.forward(1.0)
    assert (bench.session, bench.state.reason) == (Session.FAULT, "device_clock")
    rows = bench.arrays()
    assert rows["stop_at"].max() >= at_us  # it was told to stop, and has confirmed it
    assert not bench.rehearsal.runner.link.stopping
    assert unloading_ms(rows, at_us) <= 400.0
    assert bench.rehearsal.turn(Acknowledge()) == "ok"
    bench.forward(1.0)
    assert bench.session is Session.NO_DEVICE
    assert bench.rehearsal.turn(EVENING) == "no_device"
    codes = [alarm["code"] for alarm in bench.rehearsal.runner.status()["alarms"]]
    assert codes == ["device_clock"]
