"""Both framings at every edge: lengths, chunks, counters, and bytes written by hand."""

import pytest

from firmware_bridge.framing import (
    CRC_BYTES,
    MAX_DOWN_BYTES,
    MAX_UP_BYTES,
    PREFIX_BYTES,
    STOP,
    SYNC,
    DownDecoder,
    FramingStats,
    UpDecoder,
    cobs_decode,
    cobs_encode,
    wrap_down,
    wrap_up,
)

KIND = 7
LENGTHS = {KIND: (2, 5)}
LONGEST_STUFFED = 4352 + 17 + 1 + 4
"""The longest message, one code for each 254 bytes and one more, and the CRC."""


def told(*, accepted=0, bad_crc=0, bad_length=0, skipped_bytes=0) -> FramingStats:
    return FramingStats(accepted, bad_crc, bad_length, skipped_bytes)


def up(*more: int) -> bytes:
    return bytes((KIND, *more))


def damaged(message: bytes) -> bytes:
    return message[:-1] + bytes((message[-1] ^ 0x40,))


def ones(count: int) -> bytes:
    return b"\x01" * count


def test_the_figures_of_the_wire_are_those_of_the_protocol():
    assert bytes((0xA5, 0x5A)) == SYNC
    assert bytes(8) == STOP
    assert (PREFIX_BYTES, CRC_BYTES, MAX_UP_BYTES, MAX_DOWN_BYTES) == (4, 4, 8704, 4352)


def test_a_decoder_has_seen_nothing_at_first():
    assert FramingStats() == told()
    up_decoder, down_decoder = UpDecoder(LENGTHS), DownDecoder()
    assert up_decoder.stats == down_decoder.stats == told()
    assert up_decoder.buffered_bytes == down_decoder.buffered_bytes == down_decoder.stops == 0


@pytest.mark.parametrize(
    ("data", "stuffed"),
    [
        (b"", b"\x01"),
        (b"\x00", b"\x01\x01"),
        (b"\x00\x00", b"\x01\x01\x01"),
        (b"\x11\x00\x22", b"\x02\x11\x02\x22"),
        (b"\x11\x00", b"\x02\x11\x01"),
        (ones(253), b"\xfe" + ones(253)),
        (ones(254), b"\xff" + ones(254)),
        (ones(255), b"\xff" + ones(254) + b"\x02\x01"),
        (ones(254) + b"\x00", b"\xff" + ones(254) + b"\x01\x01"),
        (ones(253) + b"\x00", b"\xfe" + ones(253) + b"\x01"),
        (b"\x00" + ones(253), b"\x01\xfe" + ones(253)),
        (b"\x00" + ones(254), b"\x01\xff" + ones(254)),
        (ones(254) + b"\x00\x11", b"\xff" + ones(254) + b"\x01\x02\x11"),
        (ones(508), (b"\xff" + ones(254)) * 2),
        (ones(509), (b"\xff" + ones(254)) * 2 + b"\x02\x01"),
        (ones(255) + b"\x00" + ones(255), (b"\xff" + ones(254) + b"\x02\x01") * 2),
    ],
)
def test_stuffing_is_that_of_the_paper(data, stuffed):
    assert cobs_encode(data) == stuffed
    assert cobs_decode(stuffed) == data


@pytest.mark.parametrize(
    "block",
    [b"\x02", b"\x03\x11", b"\x02\x11\x05", b"\x01\x00", b"\x02\x11\x00", b"\xff" + ones(253)],
)
def test_what_no_stuffing_has_made_is_refused(block):
    assert cobs_decode(block) is None


def test_nothing_comes_back_from_nothing():
    assert cobs_decode(b"") == b""


def test_a_message_to_the_device_stands_between_zeros():
    assert wrap_down(b"\x07")[:1] == wrap_down(b"\x07")[-1:] == b"\x00"
    assert cobs_decode(wrap_down(b"\x07")[1:-1])[:1] == b"\x07"


@pytest.mark.parametrize(("length", "taken"), [(1, False), (2, True), (5, True), (6, False)])
def test_a_length_that_its_kind_cannot_have_is_refused(length, taken):
    decoder = UpDecoder(LENGTHS)
    message = wrap_up(up(*[0x11] * (length - 1)))
    assert len(decoder.feed(message)) == taken
    assert decoder.stats == (
        told(accepted=1) if taken else told(bad_length=1, skipped_bytes=len(message))
    )


def test_a_kind_that_is_not_named_is_refused():
    decoder = UpDecoder(LENGTHS)
    for kind in (0, 6, 8, 255):
        assert decoder.feed(wrap_up(bytes((kind, 0x11)))) == []
    assert decoder.stats.bad_length == 4


@pytest.mark.parametrize("kind", [0, 1, 254, 255])
def test_every_kind_can_be_named(kind):
    assert UpDecoder({kind: (1, 1)}).feed(wrap_up(bytes((kind,)))) == [bytes((kind,))]


def test_what_is_expected_from_now_on_is_exactly_one_length():
    decoder = UpDecoder(LENGTHS)
    decoder.expect(KIND, 3)
    decoder.expect(9, 4)
    stream = wrap_up(up(1)) + wrap_up(up(1, 2)) + wrap_up(up(1, 2, 3)) + wrap_up(b"\x09abc")
    assert decoder.feed(stream) == [up(1, 2), b"\x09abc"]
    assert decoder.stats.bad_length == 2


@pytest.mark.parametrize("step", [1, 2, 3, 4, 5, 6, 7])
def test_a_message_comes_with_its_last_byte_and_not_before(step):
    decoder = UpDecoder(LENGTHS)
    message = wrap_up(up(1, 2, 3))
    for start in range(0, 5 * len(message), step):
        end = min(start + step, 5 * len(message))
        found = decoder.feed((message * 5)[start:end])
        whole = end // len(message)
        assert len(found) == whole - start // len(message)
        assert decoder.buffered_bytes == end - whole * len(message)
    assert decoder.stats == told(accepted=5)


def test_a_longer_message_after_a_shorter_one_is_waited_for():
    decoder = UpDecoder(LENGTHS)
    stream = wrap_up(up(1)) + wrap_up(up(1, 2, 3, 4)) + wrap_up(up(1))
    found = [decoder.feed(stream[i : i + 1]) for i in range(len(stream))]
    assert [i for i, payloads in enumerate(found) if payloads] == [9, 22, 32]


def test_a_wrong_crc_costs_that_message_alone():
    decoder = UpDecoder(LENGTHS)
    bad = damaged(wrap_up(up(1, 2)))
    assert decoder.feed(bad + wrap_up(up(3))) == [up(3)]
    assert decoder.stats == told(accepted=1, bad_crc=1, skipped_bytes=len(bad))


def test_a_message_inside_one_that_is_damaged_is_found():
    decoder = UpDecoder({KIND: (2, 40)})
    inner = wrap_up(up(3))
    assert decoder.feed(damaged(wrap_up(up() + inner))) == [up(3)]
    assert decoder.stats == told(accepted=1, bad_crc=1, skipped_bytes=5)


def test_a_message_right_behind_a_refused_sync_is_found():
    decoder = UpDecoder({KIND: (2, 40), SYNC[0]: (1, 1)})
    inner = wrap_up(up(3))
    assert decoder.feed(SYNC + inner) == [up(3)]
    assert decoder.stats == told(accepted=1, bad_length=1, skipped_bytes=2)


@pytest.mark.parametrize(
    ("noise", "kept"),
    [(b"\x11" * 9, 0), (b"\x11" * 8 + b"\xa5", 1), (b"\x5a" * 9, 0), (b"\xa5" * 9, 1)],
)
def test_noise_is_thrown_away_but_for_what_may_begin_a_message(noise, kept):
    decoder = UpDecoder(LENGTHS)
    assert decoder.feed(noise) == []
    assert decoder.buffered_bytes == kept
    assert decoder.stats == told(skipped_bytes=9 - kept)


@pytest.mark.parametrize("before", [b"", wrap_up(up(1))], ids=["at first", "later"])
def test_five_bytes_of_noise_are_known_for_noise(before):
    decoder = UpDecoder(LENGTHS)
    decoder.feed(before)
    assert decoder.feed(b"\x11" * 5) == []
    assert (decoder.buffered_bytes, decoder.stats.skipped_bytes) == (0, 5)


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5])
def test_a_message_right_behind_noise_and_a_message_is_found(count):
    decoder = UpDecoder(LENGTHS)
    assert decoder.feed(wrap_up(up(1)) + b"\x11" * count + wrap_up(up(2))) == [up(1), up(2)]
    assert decoder.stats == told(accepted=2, skipped_bytes=count)


def test_a_sync_in_the_place_of_a_length_begins_a_message():
    """Two sync words in a row read as a length of 23 205."""
    decoder = UpDecoder({KIND: (2, 5), 2: (1, 40_000)})
    whole = 23_205 + 8
    stream = (SYNC + wrap_up(up(3))).ljust(whole, b"\x11")
    assert decoder.feed(stream[:-1]) == []
    assert decoder.feed(stream[-1:]) == [up(3)]
    assert (decoder.stats.bad_crc, decoder.stats.accepted) == (1, 1)


def test_a_sync_split_by_a_chunk_after_noise_is_found():
    decoder = UpDecoder(LENGTHS)
    message = wrap_up(up(3))
    assert decoder.feed(b"\x11" * 8 + message[:1]) == []
    assert decoder.feed(message[1:]) == [up(3)]
    assert decoder.stats == told(accepted=1, skipped_bytes=8)


def test_a_refused_message_that_ends_in_half_a_sync_keeps_it():
    decoder = UpDecoder(LENGTHS)
    assert decoder.feed(SYNC + b"\x03\x00\x08\xa5") == []
    assert (decoder.buffered_bytes, decoder.stats) == (1, told(bad_length=1, skipped_bytes=5))


def test_noise_after_a_message_that_is_waited_for_needs_no_more_than_a_head():
    decoder = UpDecoder({KIND: (2, 40)})
    long = damaged(wrap_up(up(*range(1, 31))))
    decoder.feed(long[:-1])
    assert decoder.feed(long[-1:]) == []
    assert decoder.feed(wrap_up(up(3))) == [up(3)]


@pytest.mark.parametrize(
    ("chunks", "stops"),
    [
        ((bytes(7),), 0),
        ((bytes(8),), 1),
        ((bytes(15),), 1),
        ((bytes(16),), 2),
        ((bytes(4), bytes(4)), 1),
        ((bytes(7), b"", bytes(1)), 1),
        ((bytes(8), bytes(7)), 1),
        ((bytes(8), bytes(8)), 2),
        ((bytes(7), b"\x01", bytes(1)), 0),
        ((b"\x01" + bytes(7), bytes(1) + b"\x01"), 1),
        ((b"\x01" + bytes(8), bytes(8) + b"\x01"), 2),
        ((b"\x01" + bytes(4) + b"\x01", bytes(4)), 0),
        ((b"\x01" + bytes(8) + b"\x01",), 1),
        ((b"\x01" + bytes(17) + b"\x01" + bytes(7) + b"\x01",), 2),
        ((bytes(8) + b"\x01" + bytes(8) + b"\x01" + bytes(8),), 3),
        ((bytes(3), bytes(5) + b"\x01" + bytes(5), bytes(3)), 2),
        ((bytes(7) + b"\x01" + bytes(7),), 0),
        ((bytes(4) + b"!" + bytes(4),), 0),
        ((b"\x01" + bytes(4) + b"!" + bytes(4),), 0),
        ((b"\x01" + bytes(7) + b"\x02" + bytes(2) + b"\x01",), 0),
    ],
)
def test_each_run_of_eight_zeros_is_one_stop_however_it_is_cut(chunks, stops):
    decoder = DownDecoder()
    for chunk in chunks:
        decoder.feed(chunk)
    assert decoder.stops == stops


def test_stops_and_empty_blocks_are_neither_messages_nor_damage():
    decoder = DownDecoder()
    assert decoder.feed(STOP + bytes(3)) == []
    assert decoder.stats == told()


@pytest.mark.parametrize(
    "block",
    [
        cobs_encode(b"\x11" * 9),
        wrap_down(b"")[1:-1],
        b"\x05\x11",
        b"\x01",
        damaged(wrap_down(b"\x07\x08")[:-1])[1:],
    ],
    ids=["no CRC", "no payload", "no stuffing", "no bytes", "wrong CRC"],
)
def test_a_damaged_message_to_the_device_is_counted_and_costs_no_other(block):
    decoder = DownDecoder()
    assert decoder.feed(block + wrap_down(b"\x07")) == [b"\x07"]
    assert decoder.stats == told(accepted=1, bad_crc=1, skipped_bytes=len(block))


def test_a_message_of_one_byte_is_the_shortest():
    decoder = DownDecoder()
    assert decoder.feed(wrap_down(b"\x07")) == [b"\x07"]
    assert decoder.stats == told(accepted=1)


def test_the_longest_message_to_the_device_gets_through():
    decoder = DownDecoder()
    assert decoder.feed(wrap_down(ones(MAX_DOWN_BYTES))) == [ones(MAX_DOWN_BYTES)]
    assert decoder.stats == told(accepted=1)


@pytest.mark.parametrize("chunk", [1, 1000, 100_000])
def test_a_block_longer_than_any_message_is_dropped_up_to_its_end(chunk):
    decoder = DownDecoder()
    stream = ones(LONGEST_STUFFED + 10)
    for start in range(0, len(stream), chunk):
        assert decoder.feed(stream[start : start + chunk]) == []
    assert decoder.buffered_bytes == 0
    assert decoder.stats == told(bad_length=1, skipped_bytes=len(stream))
    assert decoder.feed(b"\x11\x00" + wrap_down(b"\x07")) == [b"\x07"]
    assert decoder.stats == told(accepted=1, bad_length=1, skipped_bytes=len(stream) + 1)


@pytest.mark.parametrize(("more", "kept"), [(0, LONGEST_STUFFED), (1, 0)])
def test_as_much_is_kept_as_the_longest_message_needs(more, kept):
    decoder = DownDecoder()
    decoder.feed(ones(LONGEST_STUFFED + more))
    assert decoder.buffered_bytes == kept
    assert decoder.stats.bad_length == more
