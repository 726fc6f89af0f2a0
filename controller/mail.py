"""Frames of the local socket between the control process and its faces.

Both directions carry `u32 little-endian length | payload`; the first payload byte is the kind.
Pure and made of the standard library alone, because the stop lane uses it too.
"""

import json
import struct
from collections.abc import Iterator, Mapping
from typing import Final

STATUS: Final = ord("S")
IMAGE: Final = ord("I")
REPLY: Final = ord("R")
REQUEST: Final = ord("Q")
STOP: Final = ord("X")

MAX_PAYLOAD_BYTES: Final = 1 << 20
"""Largest payload accepted from the control process; a status is about 8 kB, an image 2 kB."""

_LENGTH = struct.Struct("<I")


class MailError(Exception):
    """The peer on the control socket sent something that is no frame."""


def frame(kind: int, body: bytes = b"") -> bytes:
    """Return one frame of `kind` around `body`."""
    return _LENGTH.pack(1 + len(body)) + bytes((kind,)) + body


def request_frame(request: Mapping[str, object]) -> bytes:
    """Return the frame of one JSON request; NaN and infinities are refused."""
    return frame(REQUEST, json.dumps(request, allow_nan=False).encode("ascii"))


STOP_FRAME: Final = frame(STOP)
"""STOP: five bytes, no JSON, one write."""


class FrameReader:
    """Cuts a byte stream into frames; holds at most one unfinished frame.

    Args:
        max_bytes: Longest payload that is accepted.
    """

    def __init__(self, max_bytes: int = MAX_PAYLOAD_BYTES) -> None:
        self._rest = bytearray()
        self._max_bytes = max_bytes

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Yield (kind, body) of each frame completed by `data`.

        Raises:
            MailError: The stream announces an empty or an enormous frame.
        """
        self._rest += data
        while len(self._rest) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._rest)
            if not 1 <= length <= self._max_bytes:
                raise MailError(f"a frame of {length} bytes was announced")
            end = _LENGTH.size + length
            if len(self._rest) < end:
                return
            kind, body = self._rest[_LENGTH.size], bytes(self._rest[_LENGTH.size + 1 : end])
            del self._rest[:end]
            yield kind, body
