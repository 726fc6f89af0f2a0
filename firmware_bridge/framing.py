"""Where one message ends and the next begins, in both directions, with a CRC-32 on each.

Host to device: COBS blocks ended by one zero byte, so that no message holds a zero and STOP can
be eight zero bytes that nothing else looks like. Device to host: sync word, length, payload,
CRC-32. Both decoders take any chunking, hold a bounded buffer, and never raise on any input.
"""

import re
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

SYNC: Final = b"\xa5\x5a"
STOP: Final = b"\x00" * 8
"""Outside all framing: who sees eight zero bytes in a row stops, whatever came before."""

CRC_RESIDUE: Final = 0x2144DF1C
"""CRC-32 of any data followed by its own CRC-32: a property of the IEEE 802.3 CRC."""

PREFIX: Final = struct.Struct("<2sHB")
"""Sync, payload length, and the first payload byte: the message type."""

PREFIX_BYTES: Final = 4
CRC_BYTES: Final = 4
MAX_UP_BYTES: Final = 8704
"""Longest payload from the device: two 64 x 32 matrices of 16-bit taxels and their header."""

MAX_DOWN_BYTES: Final = 4352
"""Longest message to the device, header included: the mask of a 64 x 32 matrix."""

_AROUND_BYTES: Final = PREFIX_BYTES + CRC_BYTES
_CRC = struct.Struct("<I")
_unpack_prefix = PREFIX.unpack_from
_crc32 = zlib.crc32
_CODES = [bytes((length + 1,)) for length in range(255)]
_ZERO_RUN = re.compile(rb"\x00+")


def cobs_encode(data: bytes) -> bytes:
    """Return `data` without any zero byte, by consistent overhead byte stuffing (Cheshire 1999)."""
    blocks = data.split(b"\x00")
    if len(data) < 254:
        # Most blocks are empty: orders are made of small numbers in wide fields.
        return b"".join([_CODES[len(block)] + block if block else b"\x01" for block in blocks])
    out: list[bytes] = []
    last = len(blocks) - 1
    for index, block in enumerate(blocks):
        start = 0
        while len(block) - start >= 254:
            out.append(_CODES[254] + block[start : start + 254])
            start += 254
        if index < last or start == 0 or start < len(block):
            out.append(_CODES[len(block) - start] + block[start:])
    return b"".join(out)


def cobs_decode(block: bytes) -> bytes | None:
    """Return what `cobs_encode` was given, or None where `block` cannot have come from it."""
    out = bytearray(block)
    size = len(out)
    position = 0
    surplus: list[int] = []
    while position < size:
        code = out[position]
        if code == 0:
            return None
        out[position] = 0
        position += code
        if code == 255 and position < size:
            surplus.append(position)
    if position != size:
        return None
    for index in reversed(surplus):
        del out[index]
    return bytes(out[1:])


def wrap_down(payload: bytes) -> bytes:
    """Return one host-to-device message on the wire: zero byte, COBS(payload, CRC-32), zero byte.

    The zero in front keeps damage to the end of one message from taking the next one with it.
    """
    return b"\x00" + cobs_encode(payload + _CRC.pack(zlib.crc32(payload))) + b"\x00"


def wrap_up(payload: bytes) -> bytes:
    """Return one device-to-host message on the wire: sync, length, payload, CRC-32 of all that."""
    head = SYNC + len(payload).to_bytes(2, "little") + payload
    return head + _CRC.pack(zlib.crc32(head))


@dataclass(slots=True)
class FramingStats:
    """What a decoder has seen since it was made.

    Attributes:
        accepted: Messages whose CRC was right.
        bad_crc: Complete messages whose CRC was wrong.
        bad_length: Messages refused for their length before a CRC could be formed.
        skipped_bytes: Bytes that belonged to no accepted message.
    """

    accepted: int = 0
    bad_crc: int = 0
    bad_length: int = 0
    skipped_bytes: int = 0


class UpDecoder:
    """Bytes from the device to payloads, in any chunking.

    A length that its message type cannot have is refused at once: otherwise one flipped length bit
    would swallow the messages that follow it.

    Args:
        lengths: Allowed payload lengths (least, most) by message type; a type not named is refused.
    """

    __slots__ = ("_buffer", "_lengths", "_need", "stats")

    def __init__(self, lengths: Mapping[int, tuple[int, int]]) -> None:
        self._buffer = b""
        self._need = PREFIX_BYTES + 1
        self._lengths: list[tuple[int, int] | None] = [lengths.get(kind) for kind in range(256)]
        self.stats = FramingStats()

    @property
    def buffered_bytes(self) -> int:
        """Bytes kept until their message is complete; never more than one message."""
        return len(self._buffer)

    def expect(self, kind: int, length: int) -> None:
        """From now on accept messages of type `kind` with exactly this payload length."""
        self._lengths[kind] = (length, length)

    def feed(self, chunk: bytes) -> list[bytes]:
        """Return the payloads completed by `chunk`, each with its CRC checked."""
        data = self._buffer + chunk
        size = len(data)
        if size < self._need:
            self._buffer = data
            return []  # most small chunks end here: nothing can be complete yet
        payloads: list[bytes] = []
        lengths = self._lengths
        start = 0
        need = PREFIX_BYTES + 1
        while size - start > PREFIX_BYTES:
            sync, length, kind = _unpack_prefix(data, start)
            if sync != SYNC:
                start = self._skip_to_sync(data, start, start + 1)
                continue
            allowed = lengths[kind]
            if allowed is None or not allowed[0] <= length <= allowed[1]:
                self.stats.bad_length += 1
                start = self._skip_to_sync(data, start, start + 2)
                continue
            end = start + length + _AROUND_BYTES
            if end > size:
                need = end - start
                break
            message = data[start:end]
            if _crc32(message) == CRC_RESIDUE:
                payloads.append(message[PREFIX_BYTES:-CRC_BYTES])
                start = end
            else:
                self.stats.bad_crc += 1
                start = self._skip_to_sync(data, start, start + 2)
        self._buffer = data[start:]
        self._need = need
        self.stats.accepted += len(payloads)
        return payloads

    def _skip_to_sync(self, data: bytes, start: int, search_from: int) -> int:
        found = data.find(SYNC, search_from)
        if found < 0:
            found = len(data) - 1 if data[-1:] == SYNC[:1] else len(data)
        self.stats.skipped_bytes += found - start
        return found


class DownDecoder:
    """Bytes from the host to payloads and STOPs, in any chunking; the device's side of the wire."""

    __slots__ = ("_block", "_overflow", "_zeros", "stats", "stops")

    def __init__(self) -> None:
        self._block = b""
        self._overflow = False
        self._zeros = 0
        self.stats = FramingStats()
        self.stops = 0

    @property
    def buffered_bytes(self) -> int:
        """Bytes kept until their message is complete; never more than one message."""
        return len(self._block)

    def feed(self, chunk: bytes) -> list[bytes]:
        """Return the payloads completed by `chunk`; `stops` rises by one for each eight zeros."""
        self._count_stops(chunk)
        payloads: list[bytes] = []
        blocks = chunk.split(b"\x00")
        for block in blocks[:-1]:
            payload = self._finish(block)
            if payload is not None:
                payloads.append(payload)
        self._append(blocks[-1])
        return payloads

    def _count_stops(self, chunk: bytes) -> None:
        stripped = chunk.lstrip(b"\x00")
        before, self._zeros = self._zeros, self._zeros + len(chunk) - len(stripped)
        self.stops += self._zeros // len(STOP) - before // len(STOP)
        if not stripped:
            return
        rest = stripped.rstrip(b"\x00")
        if STOP in rest:
            self.stops += _stops_inside(rest)
        self._zeros = len(stripped) - len(rest)
        self.stops += self._zeros // len(STOP)

    def _append(self, part: bytes) -> None:
        if self._overflow:
            self.stats.skipped_bytes += len(part)
            return
        self._block += part
        if len(self._block) > MAX_DOWN_BYTES + MAX_DOWN_BYTES // 254 + 1 + CRC_BYTES:
            self.stats.bad_length += 1
            self.stats.skipped_bytes += len(self._block)
            self._block = b""
            self._overflow = True

    def _finish(self, part: bytes) -> bytes | None:
        self._append(part)
        block, self._block = self._block, b""
        if self._overflow:
            self._overflow = False
            return None
        if not block:
            return None
        message = cobs_decode(block)
        if message is None or len(message) <= CRC_BYTES or zlib.crc32(message) != CRC_RESIDUE:
            self.stats.bad_crc += 1
            self.stats.skipped_bytes += len(block)
            return None
        self.stats.accepted += 1
        return message[:-CRC_BYTES]


def _stops_inside(data: bytes) -> int:
    """Return how many STOPs `data` holds: each run of zeros counts once for each eight of them."""
    return sum(len(run) // len(STOP) for run in _ZERO_RUN.findall(data))
