"""Messages to a host that reads slowly or not at all: whole or not at all."""

from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.framing import SYNC, UpDecoder, wrap_up
from firmware_bridge.messages import Kind
from simulator.cable import KEPT_BYTES, Outlet

FRAME = wrap_up(bytes([Kind.FRAME]) + bytes(2000))
ACK = wrap_up(bytes([Kind.ACK]) + bytes(20))


def test_a_message_that_has_begun_is_finished_before_anything_else():
    outlet = Outlet()
    outlet.offer([FRAME])
    outlet.next_bytes()
    outlet.wrote(100)
    outlet.offer([FRAME, ACK])
    assert outlet.next_bytes() == FRAME[100:]
    outlet.wrote(len(FRAME) - 100)
    assert outlet.next_bytes() == ACK
    assert outlet.dropped == 1


def test_frames_do_not_wait_and_answers_do():
    outlet = Outlet()
    outlet.offer([FRAME])
    outlet.next_bytes()
    for _ in range(10):
        outlet.offer([FRAME, ACK])
    assert outlet.dropped == 10
    outlet.wrote(len(FRAME))
    for _ in range(10):
        assert outlet.next_bytes() == ACK
        outlet.wrote(len(ACK))
    assert not outlet.blocked


def test_what_waits_is_bounded():
    outlet = Outlet()
    for _ in range(10_000):
        outlet.offer([ACK])
    assert outlet.dropped >= 10_000 - KEPT_BYTES // len(ACK) - 1


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 3000)), max_size=200))
def test_a_host_never_sees_half_a_message(steps):
    outlet = Outlet()
    seen = b""
    for frame, taken in steps:
        outlet.offer([FRAME if frame else ACK])
        data = outlet.next_bytes()[:taken]
        seen += data
        if data:
            outlet.wrote(len(data))
    while data := outlet.next_bytes():
        seen += data
        outlet.wrote(len(data))
    decoder = UpDecoder({Kind.FRAME: (2001, 2001), Kind.ACK: (21, 21)})
    payloads = decoder.feed(seen)
    assert len(payloads) == outlet.sent
    assert outlet.sent + outlet.dropped == len(steps)
    assert decoder.stats.skipped_bytes == 0
    assert seen[:2] in (b"", SYNC)
