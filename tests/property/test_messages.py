"""Every message of the table, both directions: what is sent is what is received, or nothing."""

import itertools
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.codec import encode, up_lengths
from firmware_bridge.framing import STOP, DownDecoder, UpDecoder, wrap_down, wrap_up
from firmware_bridge.messages import DOWN_KINDS, UP_KINDS, Ack, Arm, Kind, Nak, Page, Retract
from tests.any_message import COLS, KINDS, ROWS, decoded, messages, plain, samples

u32 = st.integers(0, 2**32 - 1)
LENGTHS = up_lengths(ROWS, COLS)
FLUSH_UP = wrap_up(encode(Page(1, bytes(512)), nonce=7, counter=9)) * 2
"""Whole messages, so that nothing before them still waits for its end."""


def wrap(kind, payload):
    return wrap_down(payload) if kind in DOWN_KINDS else wrap_up(payload)


def feed(kind, stream):
    """Return what the receiver of such messages accepts, and how many STOPs it hears."""
    if kind in DOWN_KINDS:
        decoder = DownDecoder()
        return decoder.feed(stream + b"\x00"), decoder.stops
    *found, last, but_one = UpDecoder(LENGTHS).feed(stream + FLUSH_UP)
    assert last == but_one == FLUSH_UP[4 : len(FLUSH_UP) // 2 - 4]
    return found, 0


def names(kinds):
    return [kind.__name__ for kind in kinds]


def test_every_type_on_the_wire_is_in_the_table():
    assert {int(kind) for kind in (*DOWN_KINDS.values(), *UP_KINDS.values())} == set(Kind)


@pytest.mark.parametrize("kind", KINDS, ids=names(KINDS))
@given(data=st.data(), nonce=u32, counter=u32)
def test_every_message_comes_back_as_it_was_sent(kind, data, nonce, counter):
    message = data.draw(messages((kind,)))
    assert plain(decoded(encode(message, nonce=nonce, counter=counter), message)) == plain(message)


@pytest.mark.parametrize("kind", KINDS, ids=names(KINDS))
def test_no_message_is_longer_than_its_frame_allows(kind):
    for message in samples(kind, 20):
        payload = encode(message, nonce=1, counter=2)
        assert feed(kind, wrap(kind, payload))[0] == [payload]


def in_pieces(stream, sizes):
    start = 0
    for size in sizes:
        yield stream[start : start + size]
        start += size
        if start >= len(stream):
            return


@pytest.mark.parametrize("kinds", [tuple(DOWN_KINDS), tuple(UP_KINDS)], ids=["down", "up"])
@pytest.mark.parametrize("cut", ["byte by byte", "all at once", "64 bytes", "at random"])
def test_every_chunking_of_every_kind_gives_the_same_messages(kinds, cut):
    rng = random.Random(5)
    sent = [
        encode(message, nonce=7, counter=number)
        for number, message in enumerate(
            itertools.chain.from_iterable(zip(*(samples(kind, 3) for kind in kinds), strict=True))
        )
    ]
    down = kinds[0] in DOWN_KINDS
    stream = b"".join(map(wrap_down if down else wrap_up, sent))
    sizes = {
        "byte by byte": itertools.repeat(1),
        "all at once": itertools.repeat(len(stream)),
        "64 bytes": itertools.repeat(64),
        "at random": (rng.randint(1, 700) for _ in itertools.count()),
    }[cut]
    decoder = DownDecoder() if down else UpDecoder(LENGTHS)
    assert [p for piece in in_pieces(stream, sizes) for p in decoder.feed(piece)] == sent
    assert decoder.buffered_bytes == 0


@pytest.mark.parametrize("kind", KINDS, ids=names(KINDS))
def test_no_single_flipped_bit_makes_another_message(kind):
    """All of them: each bit of the whole message on the wire, delimiters and lengths included."""
    (message,) = samples(kind, 1, seed=3)
    payload = encode(message, nonce=0xA55A_00FF, counter=0x0100)
    wire = wrap(kind, payload)
    whole = int.from_bytes(wire, "little")
    for bit in range(len(wire) * 8):
        damaged = (whole ^ 1 << bit).to_bytes(len(wire), "little")
        found, stops = feed(kind, damaged)
        assert not found, f"bit {bit}"
        assert not stops, f"bit {bit}"


SHORT = (Retract(3), Arm(3, 0), Ack(4, 1), Nak(5, 0xA55A, 13))


@pytest.mark.slow
@pytest.mark.parametrize("message", SHORT, ids=[type(message).__name__ for message in SHORT])
def test_no_burst_of_two_bytes_makes_another_message(message):
    """All of them: every pair of neighbours, every change of both."""
    wire = wrap(type(message), encode(message, nonce=0x5EED, counter=1))
    between = b"\x00" if type(message) in DOWN_KINDS else b""
    for at in range(len(wire) - 1):
        old = int.from_bytes(wire[at : at + 2], "little")
        head, tail = wire[:at], wire[at + 2 :]
        for first in range(0, 0x10000, 0x1000):
            stream = b"".join(
                head + (old ^ change).to_bytes(2, "little") + tail + between
                for change in range(max(first, 1), first + 0x1000)
            )
            found, stops = feed(type(message), stream)
            assert not found, f"bytes {at} and {at + 1}"
            assert not stops, f"bytes {at} and {at + 1}"


def all_chunkings(data):
    """Yield every way to cut `data`, 2 ** (len - 1) of them."""
    for cuts in range(1 << len(data) - 1):
        edges = [0, *(at for at in range(1, len(data)) if cuts >> at - 1 & 1), len(data)]
        yield [data[a:b] for a, b in itertools.pairwise(edges)]


@pytest.mark.parametrize(
    ("stream", "stops"),
    [
        (STOP, 1),
        (b"\x05\x05" + STOP + b"\x05", 1),
        (b"\x05" + bytes(7) + b"\x05\x00", 0),
        (bytes(11), 1),
        (b"\x02" + bytes(9) + b"\xa5", 1),
        (bytes(4) + b"\x01" + bytes(7), 0),
        (bytes(12), 1),
    ],
)
def test_a_stop_is_heard_under_every_chunking(stream, stops):
    for chunks in all_chunkings(stream):
        decoder = DownDecoder()
        for chunk in chunks:
            decoder.feed(chunk)
        assert decoder.stops == stops, chunks


@given(st.lists(st.sampled_from([b"\x00", b"\x00\x00\x00", STOP, b"\x01", b"\xff"]), max_size=24))
def test_stops_are_counted_as_a_reader_of_single_bytes_counts_them(parts):
    stream = b"".join(parts)
    expected = run = 0
    for byte in stream:
        run = run + 1 if byte == 0 else 0
        expected += run > 0 and run % len(STOP) == 0
    decoder = DownDecoder()
    decoder.feed(stream)
    assert decoder.stops == expected
