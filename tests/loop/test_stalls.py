"""A stall of the wire in the middle of a massage: nothing old is used, and nothing old is done."""

import numpy as np
import pytest

from controller.session import Session
from firmware_bridge.link import FRESH_US
from tests.loop.bench import Bench

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
