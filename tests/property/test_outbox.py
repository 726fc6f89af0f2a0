"""The outbox: whatever a port takes, and when, the device sees whole messages and the newest order.

The wire is real: what comes out of the outbox goes through the device's own decoder.
"""

from hypothesis import given, settings
from hypothesis import strategies as st

from firmware_bridge.codec import decode_down, encode
from firmware_bridge.framing import STOP, DownDecoder, wrap_down
from firmware_bridge.messages import BedTarget, Retract, SetPoint
from firmware_bridge.outbox import BLOCKED_US, MAX_BYTES, Outbox

TARGET = BedTarget(0, 0, 0, 0, 0, 0, 0, 0, 0, 255)


def set_point(counter: int) -> bytes:
    return wrap_down(encode(SetPoint(1, 60, 0, 4, TARGET, TARGET), nonce=7, counter=counter))


def order(counter: int) -> bytes:
    return wrap_down(encode(Retract(0), nonce=7, counter=counter))


def drain(outbox: Outbox, takes: int, now_us: int = 0) -> bytes:
    """Write until nothing waits or the port has taken so many bytes."""
    out = b""
    while takes and (data := outbox.next_bytes()):
        count = min(takes, len(data))
        out += data[:count]
        takes -= count
        outbox.wrote(count, now_us)
    return out


acts = st.lists(
    st.tuples(st.sampled_from(["set-point", "order", "write"]), st.integers(1, 150)), max_size=60
)


@settings(deadline=None)
@given(acts)
def test_the_device_hears_whole_messages_in_order_all_orders_and_the_newest_set_point(script):
    outbox, decoder, counter = Outbox(), DownDecoder(), 0
    orders, newest, heard = [], 0, []
    for act, size in [*script, ("write", MAX_BYTES)]:
        if act == "write":
            payloads = decoder.feed(drain(outbox, size))
            heard += [decode_down(payload)[0].counter for payload in payloads]
            continue
        counter += 1
        if act == "order":
            outbox.put(order(counter))
            orders.append(counter)
        else:
            outbox.put_latest(set_point(counter))
            newest = counter
    assert decoder.stats.bad_crc == 0
    assert heard == sorted(set(heard))
    assert set(orders) <= set(heard)
    assert newest == 0 or newest in heard
    assert len(heard) + outbox.replaced == counter
    assert not outbox.waits
    assert outbox.waiting_bytes == 0


@settings(deadline=None)
@given(acts, st.integers(0, 7))
def test_stop_goes_before_everything_and_is_counted_even_where_it_cuts_a_message(script, begun):
    outbox, decoder = Outbox(), DownDecoder()
    for counter, (act, size) in enumerate(script, 1):
        if act == "write":
            decoder.feed(drain(outbox, size))
        elif act == "order":
            outbox.put(order(counter))
        else:
            outbox.put_latest(set_point(counter))
    outbox.put_stop(STOP)
    decoder.feed(drain(outbox, begun))
    outbox.put_stop(STOP)  # the repeat does not cut the one under way
    decoder.feed(drain(outbox, len(STOP) - begun))
    assert decoder.stops == 1


def test_a_set_point_that_waits_for_a_stop_is_not_sent_after_it():
    outbox = Outbox()
    outbox.put_latest(set_point(1))
    outbox.put(order(2))
    outbox.put_stop(STOP)
    assert drain(outbox, MAX_BYTES) == STOP + order(2)


def test_a_port_that_takes_nothing_for_20_ms_is_stuck_and_one_that_takes_a_byte_is_not():
    outbox = Outbox()
    outbox.put(order(1))
    outbox.wrote(0, 1_000)
    assert not outbox.is_stuck(1_000 + BLOCKED_US)
    assert outbox.is_stuck(1_001 + BLOCKED_US)
    drain(outbox, 1, now_us=15_000)
    outbox.wrote(0, 16_000)
    assert not outbox.is_stuck(15_000 + BLOCKED_US)
    assert outbox.is_stuck(15_001 + BLOCKED_US)
    drain(outbox, MAX_BYTES)
    assert not outbox.is_stuck(10_000_000)


def test_more_than_a_port_may_be_behind_is_stuck_at_once():
    outbox = Outbox()
    for counter in range(MAX_BYTES // len(order(1)) + 2):
        outbox.put(order(counter))
    assert outbox.is_stuck(0)


def test_what_was_meant_for_a_lost_port_is_forgotten():
    outbox = Outbox()
    outbox.put_latest(set_point(1))
    outbox.wrote(0, 0)
    outbox.clear()
    assert not outbox.waits
    assert not outbox.is_stuck(10_000_000)
    outbox.put_latest(set_point(2))
    assert drain(outbox, MAX_BYTES) == set_point(2)
