"""A whole session in bytes, from the greeting to a STOP, with the smallest device there can be.

The matrix is 8 x 4, so that every message can be shown. The host's half is what the real link
sends; a test lets it talk to the device's half.
"""

import json
import struct
import zlib
from typing import Any, Final, NamedTuple

import numpy as np

from docs.markdown import block
from firmware_bridge.codec import PAGE_BYTES, encode
from firmware_bridge.descriptor import limits_crc
from firmware_bridge.framing import STOP, wrap_down, wrap_up
from firmware_bridge.messages import (
    DOWN_KINDS,
    U32_MAX,
    UP_KINDS,
    Ack,
    Arm,
    BedFlag,
    BedReport,
    BedTarget,
    Describe,
    DeviceState,
    Down,
    Event,
    EventKind,
    Flag,
    Frame,
    Hello,
    Kind,
    Mask,
    MaskHead,
    Nak,
    Page,
    Refusal,
    SetPoint,
    Trip,
    Up,
    Welcome,
)

HOST_NONCE: Final = 0x00C0FFEE
NONCE: Final = 0x5EED0002
ROWS, COLS = 8, 4
TABLE: Final[dict[str, Any]] = {
    "schema": 1,
    "device_id": "small-1",
    "model": "small",
    "firmware": "1",
    "simulated": True,
    "rate_hz": 200,
    "matrix": {
        "rows": ROWS,
        "cols": COLS,
        "pitch_x_um": 40_000,
        "pitch_y_um": 40_000,
        "full_scale_counts": 4095,
        "zero_counts": 40,
        "pa_per_count": 100,
    },
    "carriage": {
        "x_min_um": 15_000,
        "x_max_um": 145_000,
        "y_min_um": 0,
        "y_max_um": 310_000,
        "z_max_um": 40_000,
        "head_radius_um": 20_000,
        "feed_max_um_s": 200_000,
        "spin_max_mrpm": 0,
    },
    "limits": {
        "bed_ceiling": [{"y_um": 0, "force_mn": 40_000}, {"y_um": 275_000, "force_mn": 20_000}],
        "total_over_resting_mn": 80_000,
        "rise_mn_s": 20_000,
        "tap_rise_mn_s": 20_000,
        "approach_um_s": 5_000,
        "press_um_s": 25_000,
        "retract_um_s": 120_000,
        "dwell_ms": 15_000,
        "watchdog_ms": 100,
        "ttl_ms": 60,
        "consent_ms": 60_000,
        "pause_ms": 300_000,
        "session_ms": 1_800_000,
    },
}


class Step(NamedTuple):
    """One thing that crosses the wire.

    Attributes:
        way: "host" or "device": who sends it.
        name: Message type, or STOP.
        says: What it means here.
        wire: All its bytes.
    """

    way: str
    name: str
    says: str
    wire: bytes


def stored(text: bytes) -> bytes:
    """Return a zlib stream of one stored block: no compressor needed, and the same everywhere."""
    sizes = struct.pack("<HH", len(text), len(text) ^ 0xFFFF)
    return b"\x78\x01\x01" + sizes + text + struct.pack(">I", zlib.adler32(text))


PACKED: Final = stored(json.dumps(TABLE, sort_keys=True, separators=(",", ":")).encode())
LIMITS_CRC: Final = limits_crc(TABLE["limits"])
_PAGES: Final = tuple(PACKED[at : at + PAGE_BYTES] for at in range(0, len(PACKED), PAGE_BYTES))
_READY_FLAGS: Final = int(Flag.HOMED | Flag.DRIVERS_ON | Flag.SELF_TEST_OK)
_FOOT: Final = int(BedFlag.FOOT)
_MASKED: Final = int(BedFlag.FOOT | BedFlag.MASK_SET)
_PARKED: Final = BedTarget(80_000, 60_000, 0, 0, 0, 0, 0, 0, 0, 255)
_PRESS: Final = BedTarget(80_000, 60_000, 50_000, 10_000, 5_000, 0, 0, 20_000, 0, 0)


def _counts() -> np.ndarray[Any, np.dtype[np.uint16]]:
    """Return two feet of 26.9 N each, as coarse as the matrix: a heel and a ball."""
    one = np.full((ROWS, COLS), 40, np.uint16)
    one[1:3, 1:3] = one[5:7, 1:3] = 61
    return np.stack((one, one))


def _mask(bed: int) -> Mask:
    limits_mn = np.zeros((ROWS, COLS), np.uint16)
    limits_mn[1:7, 1:3] = 20_000
    return Mask(MaskHead(bed, ROWS, COLS, 80_000, 40_000, 0), limits_mn)


def _frame(device_us: int, state: DeviceState, **changed: int) -> Frame:
    flags = changed.pop("bed_flags", _MASKED)
    bed = BedReport(0, 0, 80_000, 60_000, 0, 0, 0, 0, 2_400, 2_400, flags)
    frame = Frame(device_us, state, 0, _READY_FLAGS, 0, 0, U32_MAX, bed, bed, _counts())
    return frame._replace(**changed)


class _Writer:
    """Counts the messages of both sides as they must be counted."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self._counters = {"host": 0, "device": 0}

    def host(self, message: Down, says: str) -> int:
        nonce = 0 if isinstance(message, Hello) else NONCE
        return self._add("host", DOWN_KINDS[type(message)], message, nonce, says)

    def device(self, message: Up, says: str) -> int:
        return self._add("device", UP_KINDS[type(message)], message, NONCE, says)

    def stop(self, says: str) -> None:
        self.steps.append(Step("host", "STOP", says, STOP))

    def _add(self, way: str, kind: Kind, message: Down | Up, nonce: int, says: str) -> int:
        self._counters[way] += 1
        counter = self._counters[way]
        payload = encode(message, nonce=nonce, counter=counter)
        wire = wrap_down(payload) if way == "host" else wrap_up(payload)
        self.steps.append(Step(way, kind.name, says, wire))
        return counter


def session() -> list[Step]:
    """Return the session, message by message."""
    talk = _Writer()
    _greet(talk)
    _arm(talk)
    _press_and_stop(talk)
    return talk.steps


def _greet(talk: _Writer) -> None:
    talk.host(Hello(HOST_NONCE, 1, 1), "a session, please; I speak version 1 alone")
    talk.device(
        Welcome(
            HOST_NONCE, 0x0B007002, 1, len(PACKED), len(_PAGES), zlib.crc32(PACKED), LIMITS_CRC
        ),
        f"a nonce; a descriptor of {len(PACKED)} bytes in {len(_PAGES)} pages",
    )
    for number, data in enumerate(_PAGES):
        talk.host(Describe(number), f"page {number}")
        talk.device(Page(number, data), f"page {number}, {len(data)} bytes")
    talk.device(
        _frame(2_000_000, DeviceState.READY, bed_flags=_FOOT),
        "READY, both feet on; one in 5 ms from now on, not all shown",
    )


def _arm(talk: _Writer) -> None:
    for bed, side in enumerate(("left", "right")):
        counter = talk.host(_mask(bed), f"{side}: 12 cells of 20 N, the others 0")
        talk.device(Ack(Kind.MASK, counter), "taken")
    counter = talk.host(Arm(3, LIMITS_CRC), "both beds, by the hash of the limits")
    talk.device(Nak(Kind.ARM, counter, Refusal.NO_CONSENT), "NO_CONSENT: the START lamp blinks")
    talk.device(Event(4_100_000, EventKind.START_BUTTON, 255, 1), "a person presses START")
    counter = talk.host(Arm(3, LIMITS_CRC), "again, 300 ms after the first")
    talk.device(Ack(Kind.ARM, counter), "armed")
    talk.device(Event(4_150_000, EventKind.STATE, 255, DeviceState.ARMED), "state ARMED")
    talk.device(_frame(4_155_000, DeviceState.ARMED, consent_age_ms=55), "ARMED, both masks set")


def _press_and_stop(talk: _Writer) -> None:
    counter = talk.host(
        SetPoint(4_155_000, 60, 1, 4, _PRESS, _PARKED),
        "left: 10 N on the heel; right: off the skin",
    )
    talk.device(Event(4_157_000, EventKind.STATE, 255, DeviceState.RUNNING), "state RUNNING")
    running = _frame(4_160_000, DeviceState.RUNNING, consent_age_ms=60, setpoint_counter=counter)
    talk.device(running, f"RUNNING, set-point {counter} obeyed")
    talk.stop("eight zero bytes; again in 5 ms until `stop_count` has changed")
    for kind, value, says in (
        (EventKind.STOP, 1, "the first since power-on"),
        (EventKind.CONSENT_LOST, 0, "consent is lost"),
        (EventKind.TRIP, int(Trip.STOP), "trip STOP"),
        (EventKind.STATE, int(DeviceState.RETRACT), "state RETRACT"),
    ):
        talk.device(Event(4_163_000, kind, 255, value), says)
    letting_go = _frame(
        4_165_000, DeviceState.RETRACT, trip=Trip.STOP, stop_count=1, bed_flags=_FOOT
    )
    talk.device(letting_go, "RETRACT, stop_count 1: the host hears that it was heard")
    talk.device(Event(4_180_000, EventKind.UNLOADED, 255, 17), "every head clear after 17 ms")
    talk.device(Event(4_180_000, EventKind.STATE, 255, DeviceState.READY), "state READY")


_SHOWN_BYTES: Final = 72
_END_BYTES: Final = 8
_LINE_BYTES: Final = 24


def page_session() -> str:
    """Return the session as a block: who, what, and the bytes, long ones shortened."""
    lines: list[str] = []
    for way, name, says, wire in session():
        arrow = "-->" if way == "host" else "<--"
        lines.append(f"{arrow} {name}: {says}")
        shown = wire if len(wire) <= _SHOWN_BYTES else wire[: _SHOWN_BYTES - _LINE_BYTES]
        starts = range(0, len(shown), _LINE_BYTES)
        lines += [f"    {shown[at : at + _LINE_BYTES].hex(' ')}" for at in starts]
        if shown is not wire:
            between = len(wire) - len(shown) - _END_BYTES
            lines.append(f"    ... {between} bytes ... {wire[-_END_BYTES:].hex(' ')}")
    return block(lines)
