"""Rules of the two framings that hold for every input."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.framing import (
    MAX_DOWN_BYTES,
    MAX_UP_BYTES,
    STOP,
    DownDecoder,
    UpDecoder,
    cobs_decode,
    cobs_encode,
    wrap_down,
    wrap_up,
)

ANY_LENGTH = dict.fromkeys(range(256), (1, MAX_UP_BYTES))
payloads = st.binary(min_size=1, max_size=600)
zero_rich = st.lists(
    st.sampled_from([b"\x00", b"\x00\x00\x00", b"\x01", b"\xa5\x5a", b"\xff" * 130])
)


def in_chunks(data: bytes, cuts: list[int]) -> list[bytes]:
    edges = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    return [data[a:b] for a, b in itertools.pairwise(edges)]


@given(st.binary(max_size=1200))
def test_stuffing_comes_back_and_holds_no_zero(data):
    stuffed = cobs_encode(data)
    assert 0 not in stuffed
    assert cobs_decode(stuffed) == data
    assert len(stuffed) <= len(data) + len(data) // 254 + 1


@given(zero_rich)
def test_stuffing_comes_back_on_zero_rich_data(parts):
    data = b"".join(parts)
    assert cobs_decode(cobs_encode(data)) == data


@given(st.binary(max_size=600))
def test_unstuffing_is_total(data):
    cobs_decode(data)


@given(st.lists(payloads, max_size=6), st.lists(st.integers(0, 10_000), max_size=20))
def test_every_chunking_gives_the_same_messages_from_the_device(messages, cuts):
    decoder = UpDecoder(ANY_LENGTH)
    stream = b"".join(map(wrap_up, messages))
    found = [payload for chunk in in_chunks(stream, cuts) for payload in decoder.feed(chunk)]
    assert found == messages
    assert decoder.buffered_bytes == 0


@given(st.lists(payloads, max_size=6), st.lists(st.integers(0, 10_000), max_size=20))
def test_every_chunking_gives_the_same_messages_from_the_host(messages, cuts):
    decoder = DownDecoder()
    stream = b"".join(map(wrap_down, messages))
    found = [payload for chunk in in_chunks(stream, cuts) for payload in decoder.feed(chunk)]
    assert found == messages
    assert decoder.stops == 0


@given(st.binary(max_size=3000), payloads, payloads)
def test_after_garbage_the_second_message_gets_through(garbage, first, last):
    decoder = UpDecoder(ANY_LENGTH)
    found = decoder.feed(garbage + wrap_up(first) + bytes(MAX_UP_BYTES + 16) + wrap_up(last))
    assert found[-1] == last


@given(st.binary(max_size=3000), payloads)
def test_garbage_before_a_delimiter_costs_nothing_after_it(garbage, message):
    decoder = DownDecoder()
    assert decoder.feed(garbage + b"\x00" + wrap_down(message))[-1] == message


@given(st.lists(st.binary(max_size=9000), max_size=8))
def test_memory_is_bounded_under_any_input(chunks):
    up, down = UpDecoder(ANY_LENGTH), DownDecoder()
    for chunk in chunks:
        up.feed(chunk)
        down.feed(chunk)
        assert up.buffered_bytes <= MAX_UP_BYTES + 8
        assert down.buffered_bytes <= MAX_DOWN_BYTES + MAX_DOWN_BYTES // 254 + 5


@given(
    st.binary(max_size=40).filter(lambda data: not data.endswith(b"\x00")),
    st.lists(st.integers(1, 7), max_size=8),
    payloads,
)
def test_a_stop_is_heard_amid_garbage_in_any_chunking(garbage, cuts, message):
    decoder = DownDecoder()
    before = DownDecoder()
    before.feed(garbage)
    for chunk in in_chunks(garbage + STOP + wrap_down(message), cuts):
        decoder.feed(chunk)
    assert decoder.stops == before.stops + 1


@given(st.integers(0, 60), st.lists(st.integers(0, 60), max_size=10))
def test_each_eight_zeros_are_one_stop(count, cuts):
    decoder = DownDecoder()
    for chunk in in_chunks(b"\x01" + bytes(count) + b"\x01", cuts):
        decoder.feed(chunk)
    assert decoder.stops == count // 8


@given(payloads)
def test_no_message_to_the_device_contains_a_stop(message):
    assert STOP not in wrap_down(message) + wrap_down(message)


@given(st.lists(payloads, min_size=1, max_size=3), st.data())
def test_every_single_flipped_bit_is_noticed(messages, data):
    stream = bytearray(b"".join(map(wrap_up, messages)))
    bit = data.draw(st.integers(0, len(stream) * 8 - 1))
    stream[bit // 8] ^= 1 << bit % 8
    found = UpDecoder(ANY_LENGTH).feed(bytes(stream))
    assert all(payload in messages for payload in found)
