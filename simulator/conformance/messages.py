"""What the messages hold, written a second time from the tables of the protocol page."""

import struct
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simulator.conformance.wire import HEADER, STOP, Heard, down

NEVER: Final = 0xFFFF_FFFF
"""`consent_age_ms` of a consent that nobody gave, or that is lost."""

_FRAME: Final = struct.Struct("<QBBHIII iiiiiiIIhhH iiiiiiIIhhH".replace(" ", ""))
_EVENT: Final = struct.Struct("<QBBi")
_WELCOME: Final = struct.Struct("<IIBHBII")
_ANSWER: Final = struct.Struct("<BI")
_MASK: Final = struct.Struct("<BBBiih")
_TARGET: Final = struct.Struct("<iiIIIiBIBB")
_ORDER: Final = struct.Struct("<QBHB")
FRAME_HEAD: Final = HEADER.size + _FRAME.size


class BedNow(NamedTuple):
    """One bed of a FRAME, fields as the page names them."""

    force_a_mn: int
    force_b_mn: int
    x_um: int
    y_um: int
    z_um: int
    spin_mrpm: int
    applied_mn: int
    limit_mn: int
    motor_cdegc: int
    surface_cdegc: int
    flags: int


class Frame(NamedTuple):
    """A FRAME, fields as the page names them; `counts` are still bytes."""

    device_us: int
    state: int
    trip: int
    flags: int
    stop_count: int
    setpoint_counter: int
    consent_age_ms: int
    beds: tuple[BedNow, BedNow]
    counts: bytes
    counter: int
    host_us: int

    def image(self, rows: int, cols: int) -> NDArray[np.int64]:
        """Return the counts, shape (2, rows, cols)."""
        return np.frombuffer(self.counts, "<u2").astype(np.int64).reshape(2, rows, cols)

    @property
    def force_mn(self) -> int:
        """The larger force of the two."""
        return max(self.beds[0].force_a_mn, self.beds[1].force_a_mn)


class Event(NamedTuple):
    """An EVENT."""

    device_us: int
    event: int
    bed: int
    value: int


class Welcome(NamedTuple):
    """A WELCOME and the nonce and counter of its header."""

    host_nonce: int
    boot_nonce: int
    version: int
    descriptor_bytes: int
    descriptor_pages: int
    descriptor_crc: int
    limits_crc: int
    nonce: int
    counter: int


class Answer(NamedTuple):
    """An ACK, or a NAK with its refusal; 0 is ACK."""

    of_kind: int
    of_counter: int
    refusal: int


class Target(NamedTuple):
    """What one head is asked for."""

    x_um: int
    y_um: int
    feed_um_s: int = 0
    force_mn: int = 0
    slew_mn_s: int = 20_000
    spin_mrpm: int = 0
    vibration_hz: int = 0
    limit_mn: int = 60_000
    limit_zone: int = 0
    limit_region: int = 255


def read_frame(heard: Heard) -> Frame | None:
    """Return the FRAME, or None for one that is too short to be one."""
    if len(heard.payload) < FRAME_HEAD:
        return None
    values = _FRAME.unpack_from(heard.payload, HEADER.size)
    beds = (BedNow(*values[7:18]), BedNow(*values[18:]))
    counts = heard.payload[FRAME_HEAD:]
    return Frame._make((*values[:7], beds, counts, heard.counter, heard.host_us))


def read_event(heard: Heard) -> Event | None:
    """Return the EVENT, or None for one of another length."""
    body = heard.payload[HEADER.size :]
    return Event(*_EVENT.unpack(body)) if len(body) == _EVENT.size else None


def read_welcome(heard: Heard) -> Welcome | None:
    """Return the WELCOME, or None for one of another length."""
    body = heard.payload[HEADER.size :]
    if len(body) != _WELCOME.size:
        return None
    return Welcome._make((*_WELCOME.unpack(body), heard.nonce, heard.counter))


def read_answer(heard: Heard, *, refused: bool) -> Answer | None:
    """Return the ACK or NAK, or None for one of another length."""
    body = heard.payload[HEADER.size :]
    if len(body) != _ANSWER.size + refused:
        return None
    return Answer._make((*_ANSWER.unpack_from(body), body[-1] if refused else 0))


def hello(host_nonce: int, low: int = 1, high: int = 1) -> bytes:
    """Return the body of HELLO."""
    return struct.pack("<IBB", host_nonce, low, high)


def mask(
    bed: int,
    limits_mn: NDArray[np.int64],
    *,
    heel_um: tuple[int, int] = (0, 0),
    axis_cdeg: int = 0,
    shape: tuple[int, int] | None = None,
) -> bytes:
    """Return the body of MASK; `shape` lies about rows and cols."""
    rows, cols = shape or (limits_mn.shape[0], limits_mn.shape[1])
    head = _MASK.pack(bed, rows, cols, *heel_um, axis_cdeg)
    return head + limits_mn.astype("<u2").tobytes()


def arm(beds: int, limits_crc: int) -> bytes:
    """Return the body of ARM."""
    return struct.pack("<BI", beds, limits_crc)


def order(
    frame_us: int, left: Target, right: Target, *, ttl_ms: int = 60, host_state: int = 4
) -> bytes:
    """Return the body of SETPOINT."""
    head = _ORDER.pack(frame_us, ttl_ms, 1, host_state)
    return head + _TARGET.pack(*left) + _TARGET.pack(*right)


def stopped_behind(payload: bytes) -> bytes:
    """Return a message and a STOP right behind it: its own zero is the first of the run."""
    return down(payload) + STOP
