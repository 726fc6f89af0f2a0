"""However a wire stalls, or this host is stopped, nothing old passes for the present."""

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge.link import FRESH_US, Link, Phase
from tests.unit.firmware_bridge.test_link import ScriptedDevice

FRAME_US = 5_000
WIRE_US = 1_000
PTY_BYTES = 4_095
"""What one read of a full pty gives."""

stalls = st.lists(
    st.tuples(
        st.integers(0, 400),  # frame at which it begins, from the first greeting on
        st.integers(1, 450),  # frames that it lasts: up to 2.25 s
        st.sampled_from(["wire", "host", "drops"]),
    ),
    max_size=4,
)


def kind_at(script, number):
    """The stall under way at this frame, None where all flows."""
    for start, length, kind in script:
        if start <= number < start + length:
            return kind
    return None


@settings(deadline=None, max_examples=50)
@given(stalls, st.integers(0, FRAME_US - 1))
def test_no_frame_is_used_that_is_older_than_50_ms(script, phase_us):
    link, device = Link(itertools.count(1).__next__), ScriptedDevice()
    epoch_us = 3_000_000_000 + phase_us
    pending, used, kept = b"", 0, 0
    for number in range(900):
        taken_us = number * FRAME_US
        device.device_us = taken_us - FRAME_US
        kind = kind_at(script, number)
        frame = device.frame()
        if kind != "drops" or kept < 15:  # a device keeps so many and drops the rest whole
            pending += frame
            kept += kind is not None
        if kind is not None:
            continue
        kept = 0
        while True:
            now_us = epoch_us + taken_us + WIRE_US
            chunk, pending = pending[:PTY_BYTES], pending[PTY_BYTES:]
            received = link.receive(chunk, now_us)
            if received.frame is not None:
                used += 1
                assert taken_us - received.frame.device_us <= FRESH_US
            said = link.poll(now_us)
            pending += device.answer(said)
            if not pending:
                break
    assert used or script
    assert link.bad_clock is None
    if max((start + length for start, length, _ in script), default=0) < 600:
        assert link.phase is Phase.UP  # it finds back by itself
        assert used
