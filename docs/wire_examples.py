"""Worked bytes of the protocol page, made by the code that makes them on the wire."""

import json
import zlib
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np

from docs.markdown import block, table
from firmware_bridge.codec import FRAME_HEAD_BYTES, HEADER_BYTES, encode
from firmware_bridge.descriptor import limits_crc, parse_descriptor
from firmware_bridge.framing import cobs_encode, wrap_down, wrap_up
from firmware_bridge.messages import (
    Ack,
    Arm,
    BedFlag,
    BedReport,
    BedTarget,
    Calibration,
    CalibrationPhase,
    CalibrationState,
    Commit,
    Describe,
    DeviceState,
    Down,
    Event,
    EventKind,
    Flag,
    Frame,
    Hello,
    Kept,
    Kind,
    Limits,
    LimitsState,
    LimitTable,
    Mask,
    MaskHead,
    Nak,
    Read,
    Refusal,
    SetPoint,
    Up,
    Welcome,
)
from simulator.firmware.identity import LIMITS_CRC, PACKED, TABLE
from simulator.firmware.keeper import digest_of, table_of

HOST_NONCE: Final = 0x1B0C00A7
NONCE: Final = 0x5EED0001
FRAME_US: Final = 12_345_000
_BYTES_A_LINE: Final = 24
_HEX: Final = ("nonce", "crc", "token", "digest")
_PACKED_ONCE: Final = (391, 1, 0x2FDA8458)
"""Bytes, pages and CRC of the reference descriptor as one zlib packs it; others pack otherwise."""

_LEFT: Final = BedTarget(80_000, 140_000, 80_000, 12_000, 15_000, 0, 0, 28_000, 36, 3)
_RIGHT: Final = BedTarget(80_000, 60_000, 0, 0, 0, 0, 0, 0, 0, 255)
_CONTACT: Final = int(BedFlag.CONTACT | BedFlag.MASK_SET | BedFlag.FOOT)
_RESTING: Final = int(BedFlag.MASK_SET | BedFlag.FOOT)

_LOWERED: Final = Limits(
    LimitTable(*(TABLE["limits"][name] for name in LimitTable._fields))._replace(
        rise_mn_s=15_000, dwell_ms=10_000
    ),
    (50_000, 35_000, 18_000),
)
_LOWERED_CRC: Final = limits_crc(table_of(_LOWERED))
_RECORD: Final = Calibration(
    Kept.CHANNEL_A, 0, zlib.crc32(TABLE["device_id"].encode()), 1_020_000, -120, 0, 0, 20_600
)
_TOKEN: Final = 0x7C0FFEE1

DOWN: Final[Mapping[str, tuple[Down, int, int]]] = {
    "HELLO": (Hello(HOST_NONCE, 1, 1), 0, 1),
    "DESCRIBE": (Describe(0), NONCE, 2),
    "MASK": (
        Mask(MaskHead(0, 8, 4, 78_500, 21_000, -450), np.full((8, 4), 40_000, "<u2")),
        NONCE,
        5,
    ),
    "ARM": (Arm(3, LIMITS_CRC), NONCE, 7),
    "SETPOINT": (SetPoint(FRAME_US, 60, 1, 4, _LEFT, _RIGHT), NONCE, 300),
    "READ": (Read(Kept.COMPILED_LIMITS, 0), NONCE, 8),
    "LIMITS": (_LOWERED, NONCE, 9),
    "CALIBRATION": (_RECORD, NONCE, 10),
    "COMMIT": (Commit(_TOKEN, digest_of(_RECORD)), NONCE, 11),
}
UP: Final[Mapping[str, tuple[Up, int, int]]] = {
    "WELCOME": (
        Welcome(HOST_NONCE, 0x0B007001, 1, *_PACKED_ONCE, LIMITS_CRC),
        NONCE,
        1,
    ),
    "FRAME": (
        Frame(
            FRAME_US,
            DeviceState.RUNNING,
            0,
            int(Flag.HOMED | Flag.DRIVERS_ON | Flag.SELF_TEST_OK),
            2,
            299,
            8_250,
            BedReport(11_870, 11_420, 80_010, 138_900, 21_350, 0, 12_000, 28_000, 2_400, 2_400,
                      _CONTACT),
            BedReport(-15, 0, 80_000, 60_000, 0, 0, 0, 0, 2_400, 2_400, _RESTING),
            np.full((2, 32, 16), TABLE["matrix"]["zero_counts"], "<u2"),
        ),
        NONCE,
        1_234,
    ),
    "EVENT": (Event(FRAME_US, EventKind.STATE, 255, DeviceState.RUNNING), NONCE, 1_233),
    "ACK": (Ack(Kind.ARM, 7), NONCE, 250),
    "NAK": (Nak(Kind.ARM, 7, Refusal.NO_CONSENT), NONCE, 251),
    "LIMITS_STATE": (
        LimitsState(9, Kept.LIMITS, 1, _LOWERED_CRC, _LOWERED.table, _LOWERED.ceiling_mn),
        NONCE,
        260,
    ),
    "CALIBRATION_STATE": (
        CalibrationState(
            10, CalibrationPhase.PROPOSED, 1, digest_of(_RECORD), _TOKEN, _RECORD
        ),
        NONCE,
        270,
    ),
}  # fmt: skip


def payload_of(name: str) -> bytes:
    """Return the payload of the example `name`."""
    message, nonce, counter = {**DOWN, **UP}[name]
    return encode(message, nonce=nonce, counter=counter)


def wire_of(name: str) -> bytes:
    """Return the bytes of the example `name` as they travel."""
    return (wrap_down if name in DOWN else wrap_up)(payload_of(name))


def _hex_lines(label: str, data: bytes) -> list[str]:
    starts = range(0, len(data), _BYTES_A_LINE)
    lines = [data[at : at + _BYTES_A_LINE].hex(" ") for at in starts]
    return [f"{label if number == 0 else '':8} {line}" for number, line in enumerate(lines)]


def example(name: str) -> str:
    """Return fields and bytes of one example: header, body, CRC, and all of it on the wire."""
    message, nonce, counter = {**DOWN, **UP}[name]
    payload, wire = payload_of(name), wire_of(name)
    crc = zlib.crc32(payload) if name in DOWN else zlib.crc32(wire[:-4])
    head = f"{name}  nonce 0x{nonce:08x}, counter {counter}"
    return block(
        [
            head,
            *_field_lines(message),
            *_hex_lines("header", payload[:HEADER_BYTES]),
            *_hex_lines("body", payload[HEADER_BYTES:]),
            f"{'crc':8} {crc.to_bytes(4, 'little').hex(' ')}   (0x{crc:08x})",
            *_hex_lines("wire", wire),
        ]
    )


def head_example(name: str, length: int) -> str:
    """Return fields and the first bytes of an example whose end is a matrix."""
    message, nonce, counter = {**DOWN, **UP}[name]
    payload = payload_of(name)
    head = f"{name}  nonce 0x{nonce:08x}, counter {counter}, payload of {len(payload)} bytes"
    framed = [] if name in DOWN else [*_hex_lines("before", wire_of(name)[:4])]
    return block(
        [
            head,
            *_field_lines(message),
            *framed,
            *_hex_lines("header", payload[:HEADER_BYTES]),
            *_hex_lines("body", payload[HEADER_BYTES:length]),
            f"{'...':8} then the matrix, {len(payload) - length} bytes, and the CRC-32 of all "
            "before it"
            + (f": 0x{zlib.crc32(payload):08x}" if name in DOWN else "")
            + (f": 0x{zlib.crc32(wire_of(name)[:-4]):08x}" if name in UP else ""),
        ]
    )


def _field_lines(message: Any) -> list[str]:
    lines: list[str] = []
    parts: list[str] = []
    for name, value in message._asdict().items():
        if isinstance(value, tuple) and hasattr(value, "_asdict"):
            inner = ", ".join(
                f"{key} {_number(key, item)}" for key, item in value._asdict().items()
            )
            lines.append(f"  {name}: {inner}")
        elif isinstance(value, np.ndarray):
            lines.append(f"  {name}: {' x '.join(map(str, value.shape))}, all {value.flat[0]}")
        elif isinstance(value, tuple):
            lines.append(f"  {name}: {', '.join(map(str, value))}")
        else:
            parts.append(f"{name} {_number(name, value)}")
    return [*([f"  {', '.join(parts)}"] if parts else []), *lines]


def _number(name: str, value: int) -> str:
    return f"0x{value:08x}" if name.endswith(_HEX) else str(int(value))


def cobs() -> str:
    """Return small byte strings before and after stuffing, closing zero included."""
    samples = (b"", b"\x00", b"\x00\x00", b"\x11\x22\x00\x33", b"\x11\x22\x33\x44", b"\x11\x00")
    rows = [
        (f"`{data.hex(' ')}`" if data else "(nothing)", f"`{cobs_encode(data).hex(' ')} 00`")
        for data in samples
    ]
    full = bytes(range(1, 255))
    rows += [
        ("254 bytes `01 .. fe`", f"`{cobs_encode(full)[:2].hex(' ')} .. fe 00`"),
        ("255 bytes `01 .. ff`", f"`{cobs_encode(full)[:2].hex(' ')} .. fe 02 ff 00`"),
    ]
    assert cobs_encode(full + b"\xff") == b"\xff" + full + b"\x02\xff"  # noqa: S101 - the row above
    return table(("data", "on the wire"), rows)


def limits_hash() -> str:
    """Return the canonical JSON of the reference device's limits, and its hash."""
    text = json.dumps(TABLE["limits"], sort_keys=True, separators=(",", ":"))
    lines = [text[at : at + 96] for at in range(0, len(text), 96)]
    return block(
        [
            *lines,
            "",
            f"{len(text)} bytes in one line, broken here to fit",
            f"CRC-32 = 0x{limits_crc(TABLE['limits']):08x}",
        ]
    )


def descriptor_example() -> str:
    """Return the descriptor of the reference device, checked by the parser the host uses."""
    parse_descriptor(PACKED)
    text = json.dumps(TABLE, indent=2)
    return "\n```json\n" + text + "\n```\n\n"


PARTS: Final[Mapping[str, Callable[[], str]]] = {
    "cobs examples": cobs,
    "limits hash": limits_hash,
    "descriptor example": descriptor_example,
    "example HELLO": lambda: example("HELLO"),
    "example WELCOME": lambda: example("WELCOME"),
    "example DESCRIBE": lambda: example("DESCRIBE"),
    "example MASK": lambda: head_example("MASK", HEADER_BYTES + 13),
    "example ARM": lambda: example("ARM"),
    "example SETPOINT": lambda: example("SETPOINT"),
    "example FRAME": lambda: head_example("FRAME", FRAME_HEAD_BYTES),
    "example EVENT": lambda: example("EVENT"),
    "example ACK": lambda: example("ACK"),
    "example READ": lambda: example("READ"),
    "example LIMITS": lambda: example("LIMITS"),
    "example LIMITS_STATE": lambda: example("LIMITS_STATE"),
    "example CALIBRATION": lambda: example("CALIBRATION"),
    "example CALIBRATION_STATE": lambda: example("CALIBRATION_STATE"),
    "example COMMIT": lambda: example("COMMIT"),
    "example NAK": lambda: example("NAK"),
}
