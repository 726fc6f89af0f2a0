"""Messages to payloads and back, by the one table in `messages`.

Decoding is total: a payload of the wrong length, an unknown type or a field outside its range gives
a `Malformed`, never an exception and never a message.
"""

import operator
import struct
import typing
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from firmware_bridge.messages import (
    DOWN_KINDS,
    PROTOCOL_VERSION,
    UP_KINDS,
    Ack,
    Acknowledge,
    Arm,
    BedReport,
    BedTarget,
    Calibration,
    CalibrationState,
    Commit,
    Describe,
    DeviceState,
    Down,
    Event,
    Frame,
    Header,
    Hello,
    Kind,
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
    Up,
    Welcome,
    Wire,
)

PAGE_BYTES: Final = 512
"""Longest descriptor page; small enough for a microcontroller's transmit buffer."""

CEILING_STEPS: Final = 32
"""Most steps of a bed ceiling, as in a descriptor."""


class Column(NamedTuple):
    """One integer of a message: dotted name and how it travels."""

    name: str
    wire: Wire


def columns(message: type, prefix: str = "") -> tuple[Column, ...]:
    """Return the integers of `message` in wire order, nested parts flattened."""
    found: list[Column] = []
    for name, hint in typing.get_type_hints(message, include_extras=True).items():
        metadata = getattr(hint, "__metadata__", ())
        if metadata and isinstance(metadata[0], Wire):
            found.append(Column(prefix + name, metadata[0]))
        elif isinstance(hint, type) and issubclass(hint, tuple):
            found += columns(hint, f"{prefix}{name}.")
    return tuple(found)


def _layout(message: type) -> struct.Struct:
    return struct.Struct("<" + "".join(column.wire.code for column in columns(message)))


HEADER: Final = _layout(Header)
HEADER_BYTES: Final = HEADER.size
_FIXED: Final[dict[type, struct.Struct]] = {
    message: _layout(message)
    for message in (
        *(Hello, Describe, Arm, SetPoint, Retract, Acknowledge, Read, Calibration, Commit),
        *(Welcome, Event, Ack, Nak, CalibrationState),
    )
}
_STEPPED: Final[dict[type, struct.Struct]] = {
    message: _layout(message) for message in (Limits, LimitsState)
}
_MASK_HEAD: Final = _layout(MaskHead)
_PAGE_HEAD: Final = _layout(Page)
_FRAME_HEAD: Final = _layout(Frame)
_FRAME: Final = int(Kind.FRAME)
_LAST_STATE: Final = int(max(DeviceState))
_FRAME_LEFT: Final = 7
_FRAME_RIGHT: Final = _FRAME_LEFT + len(columns(BedReport))
_BED_TARGET: Final = len(columns(BedTarget))
_BEDS_FROM: Final = 4
_SETPOINT: Final = _FIXED[SetPoint]
_BOUNDS: Final[dict[type, tuple[tuple[int, ...], tuple[int, ...]]]] = {
    message: (
        tuple(column.wire.low for column in columns(message)),
        tuple(column.wire.high for column in columns(message)),
    )
    for message in (*_FIXED, *_STEPPED, MaskHead)
}
_FRAME_FIRST: Final = Frame._fields.index("left")
_KINDS: Final = DOWN_KINDS | UP_KINDS
_not_above = operator.le
_U16: Final = np.dtype("<u2")
_ndarray = np.ndarray
_unpack_header = HEADER.unpack_from
_unpack_frame = _FRAME_HEAD.unpack_from
# What NamedTuple._make does, without its second look at the length; the layout fixes that.
_new = tuple.__new__
FRAME_HEAD_BYTES: Final = HEADER_BYTES + _FRAME_HEAD.size


@dataclass(frozen=True, slots=True)
class Malformed:
    """A payload whose CRC was right but which says nothing that the protocol allows."""

    kind: int
    counter: int
    why: Refusal


def frame_length(rows: int, cols: int) -> int:
    """Return the payload length of a FRAME with two matrices of `rows` x `cols` taxels."""
    return FRAME_HEAD_BYTES + 2 * 2 * rows * cols


def up_lengths(rows: int, cols: int) -> dict[int, tuple[int, int]]:
    """Return the payload lengths (least, most) that a device with this matrix may send."""
    lengths = {
        int(UP_KINDS[message]): (HEADER_BYTES + _FIXED[message].size,) * 2
        for message in (Welcome, Event, Ack, Nak, CalibrationState)
    }
    state = HEADER_BYTES + _STEPPED[LimitsState].size
    lengths[Kind.LIMITS_STATE] = (state + 4, state + 4 * CEILING_STEPS)
    lengths[Kind.PAGE] = (
        HEADER_BYTES + _PAGE_HEAD.size,
        HEADER_BYTES + _PAGE_HEAD.size + PAGE_BYTES,
    )
    lengths[Kind.FRAME] = (frame_length(rows, cols),) * 2
    return lengths


def _flat(values: tuple[object, ...]) -> list[int]:
    flat: list[int] = []
    for value in values:
        if isinstance(value, tuple):
            flat += value
        else:
            flat.append(typing.cast("int", value))
    return flat


def encode(message: Down | Up, *, nonce: int, counter: int) -> bytes:
    """Return the payload of `message`: header and body.

    Raises:
        struct.error: A field does not fit its integer; a bug in the caller.
    """
    head = HEADER.pack(_KINDS[type(message)], PROTOCOL_VERSION, nonce, counter)
    if isinstance(message, Frame):  # 200 a second: not by way of a flat list
        body = _FRAME_HEAD.pack(*message[:_FRAME_FIRST], *message.left, *message.right)
        return head + body + message.counts.astype(_U16).tobytes()
    match message:
        case SetPoint():
            body = _SETPOINT.pack(*message[:_BEDS_FROM], *message.left, *message.right)
        case Mask():
            body = _MASK_HEAD.pack(*message.head) + message.limits_mn.astype(_U16).tobytes()
        case Page():
            body = _PAGE_HEAD.pack(message.page) + message.data
        case Limits() | LimitsState():
            ceiling_mn = message.ceiling_mn
            body = _STEPPED[type(message)].pack(*_flat(message[:-1]))
            body += struct.pack(f"<{len(ceiling_mn)}I", *ceiling_mn)
        case _:
            body = _FIXED[type(message)].pack(*_flat(message))
    return head + body


def read_header(payload: bytes) -> Header:
    """Return the header of a payload, zeros where it is too short to have one.

    A receiver looks at it first: a frame of another session is not worth decoding.
    """
    if len(payload) < HEADER_BYTES:
        return Header(0, 0, 0, 0)
    return _new(Header, _unpack_header(payload))


def decode_up(payload: bytes, rows: int, cols: int) -> Up | Malformed:
    """Return the message in a payload from a device with `rows` x `cols` taxels a bed."""
    if len(payload) == FRAME_HEAD_BYTES + 4 * rows * cols and payload[0] == _FRAME:
        # The one message that comes 200 times a second: all its fields in one unpacking.
        values = _unpack_frame(payload, HEADER_BYTES)
        if values[1] > _LAST_STATE:
            return Malformed(_FRAME, read_header(payload).counter, Refusal.OUT_OF_RANGE)
        left = _new(BedReport, values[_FRAME_LEFT:_FRAME_RIGHT])
        right = _new(BedReport, values[_FRAME_RIGHT:])
        counts = _ndarray((2, rows, cols), _U16, payload, FRAME_HEAD_BYTES)
        return _new(Frame, values[:_FRAME_LEFT] + (left, right, counts))  # noqa: RUF005 - faster
    return _decode_rare(payload, read_header(payload))


def _decode_rare(payload: bytes, header: Header) -> Up | Malformed:
    """Decode everything but a whole FRAME."""
    kind, counter = header.kind, header.counter
    if kind in (0, Kind.FRAME):
        return Malformed(kind, counter, Refusal.BAD_LENGTH)
    if kind == Kind.PAGE:
        if len(payload) < HEADER_BYTES + _PAGE_HEAD.size:
            return Malformed(kind, counter, Refusal.BAD_LENGTH)
        (page,) = _PAGE_HEAD.unpack_from(payload, HEADER_BYTES)
        return Page(page, payload[HEADER_BYTES + _PAGE_HEAD.size :])
    if kind in (Kind.LIMITS_STATE, Kind.CALIBRATION_STATE):
        return _decode_kept(payload, header)
    for message in (Ack, Nak, Event, Welcome):
        if kind == UP_KINDS[message]:
            values = _unpack_checked(message, payload, header)
            if isinstance(values, Malformed):
                return values
            return typing.cast("Up", message(*values))
    return Malformed(kind, counter, Refusal.UNKNOWN_TYPE)


def _decode_kept(payload: bytes, header: Header) -> LimitsState | CalibrationState | Malformed:
    if header.kind == Kind.LIMITS_STATE:
        stepped = _unpack_stepped(LimitsState, payload, header)
        if isinstance(stepped, Malformed):
            return stepped
        first, ceiling_mn = stepped
        return LimitsState._make((*first[:4], LimitTable._make(first[4:]), ceiling_mn))
    values = _unpack_checked(CalibrationState, payload, header)
    if isinstance(values, Malformed):
        return values
    return CalibrationState._make((*values[:5], Calibration._make(values[5:])))


def decode_down(payload: bytes) -> tuple[Header, Down | Malformed]:
    """Return header and message of a payload from the host, each field within its range.

    A payload shorter than a header decodes as a header of zeros and a `Malformed`.
    """
    if len(payload) < HEADER_BYTES:
        return Header(0, 0, 0, 0), Malformed(0, 0, Refusal.BAD_LENGTH)
    header = Header._make(HEADER.unpack_from(payload))
    if header.kind == Kind.SETPOINT:
        values = _unpack_checked(SetPoint, payload, header)
        if isinstance(values, Malformed):
            return header, values
        left = BedTarget._make(values[_BEDS_FROM : _BEDS_FROM + _BED_TARGET])
        right = BedTarget._make(values[_BEDS_FROM + _BED_TARGET :])
        return header, SetPoint._make((*values[:_BEDS_FROM], left, right))
    if header.kind == Kind.MASK:
        return header, _decode_mask(payload, header)
    if header.kind == Kind.LIMITS:
        stepped = _unpack_stepped(Limits, payload, header)
        if isinstance(stepped, Malformed):
            return header, stepped
        return header, Limits(LimitTable._make(stepped[0]), stepped[1])
    for message in (Hello, Describe, Arm, Retract, Acknowledge, Read, Calibration, Commit):
        if header.kind == DOWN_KINDS[message]:
            values = _unpack_checked(message, payload, header)
            if isinstance(values, Malformed):
                return header, values
            return header, typing.cast("Down", message(*values))
    return header, Malformed(header.kind, header.counter, Refusal.UNKNOWN_TYPE)


def _decode_mask(payload: bytes, header: Header) -> Mask | Malformed:
    start = HEADER_BYTES + _MASK_HEAD.size
    if len(payload) < start:
        return Malformed(header.kind, header.counter, Refusal.BAD_LENGTH)
    head = MaskHead._make(_MASK_HEAD.unpack_from(payload, HEADER_BYTES))
    if not _within(head, MaskHead):
        return Malformed(header.kind, header.counter, Refusal.OUT_OF_RANGE)
    if len(payload) != start + 2 * head.rows * head.cols:
        return Malformed(header.kind, header.counter, Refusal.BAD_LENGTH)
    cells = np.frombuffer(payload, _U16, head.rows * head.cols, start)
    return Mask(head, cells.reshape(head.rows, head.cols))


def _unpack_checked(message: type, payload: bytes, header: Header) -> tuple[int, ...] | Malformed:
    layout = _FIXED[message]
    if len(payload) != HEADER_BYTES + layout.size:
        return Malformed(header.kind, header.counter, Refusal.BAD_LENGTH)
    values = layout.unpack_from(payload, HEADER_BYTES)
    if not _within(values, message):
        return Malformed(header.kind, header.counter, Refusal.OUT_OF_RANGE)
    return values


def _unpack_stepped(
    message: type, payload: bytes, header: Header
) -> tuple[tuple[int, ...], tuple[int, ...]] | Malformed:
    """Return the integers of a message that ends in the steps of a bed ceiling, and these."""
    layout = _STEPPED[message]
    count, rest = divmod(len(payload) - HEADER_BYTES - layout.size, 4)
    if rest or not 1 <= count <= CEILING_STEPS:
        return Malformed(header.kind, header.counter, Refusal.BAD_LENGTH)
    values = layout.unpack_from(payload, HEADER_BYTES)
    if not _within(values, message):
        return Malformed(header.kind, header.counter, Refusal.OUT_OF_RANGE)
    return values, struct.unpack_from(f"<{count}I", payload, HEADER_BYTES + layout.size)


def _within(values: tuple[int, ...], message: type) -> bool:
    lows, highs = _BOUNDS[message]
    return all(map(_not_above, lows, values)) and all(map(_not_above, values, highs))
