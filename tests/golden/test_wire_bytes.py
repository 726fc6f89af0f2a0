"""Byte vectors written by hand from the protocol page: a mistake made twice cannot hide here."""

import numpy as np
import pytest

from firmware_bridge.codec import (
    Malformed,
    decode_down,
    decode_up,
    encode,
    frame_length,
    read_header,
    up_lengths,
)
from firmware_bridge.framing import STOP, DownDecoder, UpDecoder, wrap_down, wrap_up
from firmware_bridge.messages import (
    Ack,
    Acknowledge,
    Arm,
    BedReport,
    BedTarget,
    Calibration,
    CalibrationState,
    Commit,
    Describe,
    Event,
    Frame,
    Hello,
    Limits,
    LimitsState,
    LimitTable,
    Mask,
    MaskHead,
    Nak,
    Page,
    Read,
    Refusal,
    Retract,
    SetPoint,
    Welcome,
)


def crc32_bit_by_bit(data: bytes) -> bytes:
    """CRC-32 as its definition reads, shared with no library: reflected 0xEDB88320."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0xEDB88320 if crc & 1 else 0)
    return (crc ^ 0xFFFFFFFF).to_bytes(4, "little")


def hexed(text: str) -> bytes:
    return bytes.fromhex(text)


TARGET_LEFT = BedTarget(80_000, -5, 60_000, 18_000, 5_000, -30_000, 25, 16_000, 36, 0)
TARGET_RIGHT = BedTarget(0, 0, 0, 0, 0, 0, 0, 0, 0, 255)

LIMITS = LimitTable(
    70_000, 15_000, 60_000, 4_000, 20_000, 10_000, 30_000, 120_000, 900_000
)  # fmt: skip
LIMITS_WRITTEN = (
    "70110100 983a0000 60ea0000 a00f0000 204e0000 10270000 30750000 c0d40100 a0bb0d00"
    "50c30000 f0550000 00000000"
)
CALIBRATION = Calibration(2, 1, 0xCAFEBABE, 1_050_000, -250, 7, 0x01020304, 20_000)
CALIBRATION_WRITTEN = "02 01 bebafeca 90051000 06ffffff 07000000 04030201 204e"

# header: kind, version 01, nonce 44332211, counter 05000000; then the body, field by field
DOWN = {
    "hello": (
        Hello(0xA1B2C3D4, 1, 2),
        "01 01 11223344 05000000d4c3b2a1 01 02",
    ),
    "describe": (Describe(3), "02 01 11223344 0500000003"),
    "mask": (
        Mask(
            MaskHead(1, 2, 3, 70_000, -1, -250), np.array([[0, 1, 2], [40_000, 4, 65_535]], "<u2")
        ),
        "03 01 11223344 0500000001 02 03 70110100 ffffffff 06ff0000 0100 0200 409c 0400 ffff",
    ),
    "arm": (Arm(3, 0xDEADBEEF), "04 01 11223344 0500000003 efbeadde"),
    "setpoint": (
        SetPoint(0x0102030405060708, 60, 7, 4, TARGET_LEFT, TARGET_RIGHT),
        "05 01 11223344 05000000"
        "0807060504030201 3c 0700 04"
        "80380100 fbffffff 60ea0000 50460000 88130000 d08affff 19 803e0000 24 00"
        "00000000 00000000 00000000 00000000 00000000 00000000 00 00000000 00 ff",
    ),
    "retract": (Retract(9), "06 01 11223344 0500000009"),
    "acknowledge": (Acknowledge(5), "07 01 11223344 0500000005"),
    "read": (Read(3, 1), "08 01 11223344 0500000003 01"),
    "limits": (
        Limits(LIMITS, (50_000, 22_000, 0)),
        "09 01 11223344 05000000" + LIMITS_WRITTEN,
    ),
    "calibration": (CALIBRATION, "0a 01 11223344 05000000" + CALIBRATION_WRITTEN),
    "commit": (Commit(0x01020304, 0x0A0B0C0D), "0b 01 11223344 0500000004030201 0d0c0b0a"),
}

REPORT_LEFT = BedReport(12_345, -1, 80_000, 40_000, 17_000, 0, 12_000, 40_000, 3_125, 2_950, 3)
REPORT_RIGHT = BedReport(0, 0, 0, 0, 0, 0, 0, 0, -500, 0, 0x8000)

UP = {
    "welcome": (
        Welcome(0xA1B2C3D4, 7, 1, 600, 2, 0x01020304, 0xFFFFFFFF),
        "81 01 11223344 05000000d4c3b2a1 07000000 01 5802 02 04030201 ffffffff",
    ),
    "page": (Page(1, b"\x78\xda\x00"), "82 01 11223344 0500000001 78da00"),
    "frame": (
        Frame(
            0x10,
            3,
            4,
            0x0105,
            2,
            9,
            0xFFFFFFFF,
            REPORT_LEFT,
            REPORT_RIGHT,
            np.array([[[1, 2]], [[0x0FFF, 0x0100]]], "<u2"),
        ),
        "83 01 11223344 05000000"
        "1000000000000000 03 04 0501 02000000 09000000 ffffffff"
        "39300000 ffffffff 80380100 409c0000 68420000 00000000 e02e0000 409c0000 350c 860b 0300"
        "00000000 00000000 00000000 00000000 00000000 00000000 00000000 00000000 0cfe 0000 0080"
        "0100 0200 ff0f 0001",
    ),
    "event": (
        Event(0x10, 2, 255, -3),
        "84 01 11223344 050000001000000000000000 02 ff fdffffff",
    ),
    "ack": (Ack(4, 77), "85 01 11223344 0500000004 4d000000"),
    "nak": (Nak(4, 77, 6), "86 01 11223344 0500000004 4d000000 06"),
    "limits_state": (
        LimitsState(77, 1, 9, 0xDEADBEEF, LIMITS, (50_000, 22_000, 0)),
        "87 01 11223344 050000004d000000 01 09000000 efbeadde" + LIMITS_WRITTEN,
    ),
    "calibration_state": (
        CalibrationState(77, 2, 9, 0xDEADBEEF, 0x01020304, CALIBRATION),
        "88 01 11223344 050000004d000000 02 09000000 efbeadde 04030201" + CALIBRATION_WRITTEN,
    ),
}


def same(one: object, other: object) -> bool:
    """Equality that reaches into arrays."""
    if isinstance(one, tuple) and isinstance(other, tuple):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(np.array_equal(np.asarray(one), np.asarray(other)))


@pytest.mark.parametrize("name", DOWN)
def test_a_message_to_the_device_is_the_bytes_on_the_page(name):
    message, written = DOWN[name]
    payload = encode(message, nonce=0x44332211, counter=5)
    assert payload.hex() == hexed(written).hex()
    header, read = decode_down(payload)
    assert (header.version, header.nonce, header.counter) == (1, 0x44332211, 5)
    assert type(read) is type(message)
    assert same(read, message)


@pytest.mark.parametrize("name", UP)
def test_a_message_from_the_device_is_the_bytes_on_the_page(name):
    message, written = UP[name]
    payload = encode(message, nonce=0x44332211, counter=5)
    assert payload.hex() == hexed(written).hex()
    header, read = read_header(payload), decode_up(payload, rows=1, cols=2)
    assert (header.version, header.nonce, header.counter) == (1, 0x44332211, 5)
    assert type(read) is type(message)
    assert same(read, message)


def test_the_crc_is_the_one_of_ethernet():
    assert crc32_bit_by_bit(b"123456789").hex() == "2639f4cb"  # check value 0xCBF43926


def test_framing_to_the_host_is_sync_length_payload_crc():
    payload = hexed(UP["ack"][1])
    written = hexed("a55a 0f00") + payload
    written += crc32_bit_by_bit(written)
    assert wrap_up(payload) == written
    assert UpDecoder({0x85: (15, 15)}).feed(written) == [payload]


def test_framing_to_the_device_is_cobs_and_a_zero():
    payload = hexed(DOWN["arm"][1])
    crc = crc32_bit_by_bit(payload)
    assert 0 not in crc
    # 7 bytes before the first zero, two empty blocks, 9 bytes to the end
    stuffed = hexed("08 04011122334405 01 01 0a 03efbeadde") + crc
    assert wrap_down(payload) == b"\x00" + stuffed + b"\x00"
    assert DownDecoder().feed(wrap_down(payload)) == [payload]


def test_stop_is_eight_zero_bytes():
    assert STOP.hex() == "00" * 8


def test_a_block_of_254_bytes_without_zero_takes_one_code_byte_only():
    payload = bytes(range(1, 251))
    assert len(payload) + 4 == 254
    crc = crc32_bit_by_bit(payload)
    assert 0 not in crc
    assert wrap_down(payload) == b"\x00\xff" + payload + crc + b"\x00"


def test_a_field_outside_its_range_is_no_message():
    payload = bytearray(encode(DOWN["setpoint"][0], nonce=1, counter=1))
    payload[10 + 8] = 61  # ttl_ms, 60 at most
    _, read = decode_down(bytes(payload))
    assert isinstance(read, Malformed)


def test_the_length_of_a_frame_follows_from_the_matrix():
    assert frame_length(32, 16) == 10 + 24 + 2 * 38 + 2 * 2 * 512
    assert up_lengths(32, 16)[0x83] == (2158, 2158)


@pytest.mark.parametrize("steps", [-1, 0, 33])
def test_limits_without_a_sensible_number_of_steps_are_no_message(steps):
    table = bytes.fromhex(LIMITS_WRITTEN)[:36]
    payload = bytes.fromhex("09 01 11223344 05000000") + table
    payload = payload[:-2] if steps < 0 else payload + bytes(4 * steps)
    _, read = decode_down(payload)
    assert read == Malformed(9, 5, Refusal.BAD_LENGTH)


@pytest.mark.parametrize(
    ("name", "at", "value"),
    [
        ("read", 0, 5),  # what
        ("read", 1, 2),  # bed
        ("calibration", 0, 1),  # channel
        ("calibration", 1, 2),  # bed
        ("calibration", 8, 0x12),  # gain_ppm 1180048
        ("calibration", 8, 0x0C),  # gain_ppm 787856
        ("calibration", 13, 0x07),  # zero_mn, far from 0
    ],
)
def test_what_a_technician_may_not_write_is_no_message(name, at, value):
    payload = bytearray(encode(DOWN[name][0], nonce=1, counter=1))
    payload[10 + at] = value
    _, read = decode_down(bytes(payload))
    assert isinstance(read, Malformed)
    assert read.why == Refusal.OUT_OF_RANGE


def test_the_bounds_of_a_gain_belong_to_it():
    for gain_ppm in (850_000, 1_150_000):
        wanted = CALIBRATION._replace(gain_ppm=gain_ppm)
        assert decode_down(encode(wanted, nonce=1, counter=1))[1] == wanted
    for gain_ppm in (849_999, 1_150_001):
        wanted = CALIBRATION._replace(gain_ppm=gain_ppm)
        assert isinstance(decode_down(encode(wanted, nonce=1, counter=1))[1], Malformed)
