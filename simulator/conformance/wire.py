"""Both framings, written a second time from the protocol page.

The suite must not share a mistake with the device or with the host, so it builds and reads its
bytes by itself. It sends what no good host would send, and keeps what no good host would accept.
"""

import struct
import zlib
from typing import Final, NamedTuple

SYNC: Final = b"\xa5\x5a"
STOP: Final = bytes(8)
LONGEST_UP: Final = 8704
"""Longest payload from a device, by the page."""

HEADER: Final = struct.Struct("<BBII")
_AROUND: Final = 8
_RUN: Final = 254


def stuff(data: bytes) -> bytes:
    """Return `data` by COBS: its runs between zeros, each behind its length + 1."""
    runs = data.split(b"\x00")
    out = bytearray()
    for number, run in enumerate(runs):
        rest = run
        while len(rest) >= _RUN:
            out += b"\xff" + rest[:_RUN]
            rest = rest[_RUN:]
        # A piece of 254 bytes that ends the data needs no further code byte.
        if rest or number < len(runs) - 1 or not run:
            out += bytes((len(rest) + 1,)) + rest
    return bytes(out)


def sealed(payload: bytes) -> bytes:
    """Return a payload and its CRC-32, not yet stuffed."""
    return payload + struct.pack("<I", zlib.crc32(payload))


def down(payload: bytes) -> bytes:
    """Return one message to the device as it travels."""
    return stuff(sealed(payload)) + b"\x00"


class Heard(NamedTuple):
    """A payload from the device whose CRC was right.

    Attributes:
        kind: Message type.
        version: As in its header.
        nonce: As in its header.
        counter: As in its header.
        payload: Header and body.
        host_us: When it had arrived, by the host's clock.
    """

    kind: int
    version: int
    nonce: int
    counter: int
    payload: bytes
    host_us: int


class Listener:
    """Bytes from the device to payloads, in any chunking.

    Attributes:
        stray_bytes: Bytes between messages since the first good one.
        damaged: Messages with a wrong CRC since the first good one.
        short: Good messages too short to have a header.
    """

    def __init__(self) -> None:
        self._buffer = b""
        self._synced = False
        self.stray_bytes = 0
        self.damaged = 0
        self.short = 0

    def forget(self) -> None:
        """What comes next may begin in the middle of a message."""
        self._buffer = b""
        self._synced = False

    def feed(self, data: bytes, host_us: int) -> list[Heard]:
        """Return what `data` completes."""
        kept = self._buffer + data
        heard = []
        at = 0
        while len(kept) - at >= _AROUND:
            length = int.from_bytes(kept[at + 2 : at + 4], "little")
            if kept[at : at + 2] != SYNC or length > LONGEST_UP:
                at = self._stray(kept, at)
                continue
            end = at + length + _AROUND
            if end > len(kept):
                break
            if zlib.crc32(kept[at : end - 4]) != int.from_bytes(kept[end - 4 : end], "little"):
                self.damaged += self._synced
                at = self._stray(kept, at)
                continue
            payload = kept[at + 4 : end - 4]
            at = end
            self._synced = True
            if length < HEADER.size:
                self.short += 1
            else:
                heard.append(Heard._make((*HEADER.unpack_from(payload), payload, host_us)))
        self._buffer = kept[at:]
        return heard

    def _stray(self, kept: bytes, at: int) -> int:
        """Return where the next message may begin."""
        found = kept.find(SYNC, at + 1)
        if found < 0:
            found = len(kept) - 1 if kept.endswith(SYNC[:1]) else len(kept)
        found = max(found, at + 1)
        if self._synced:
            self.stray_bytes += found - at
        return found
