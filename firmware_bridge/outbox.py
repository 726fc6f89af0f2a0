"""What waits to be written to a port that takes no bytes now; the shell does the writing.

One writer, one order. A set-point that waits is replaced by a newer one; a message that has begun
is finished, except for STOP, which goes before everything: eight zeros end a half message on the
wire, its CRC is wrong, and the device counts the STOP all the same.
"""

from collections import deque
from typing import Final

MAX_BYTES: Final = 16_384
"""Far above what a healthy port leaves waiting: two masks of the largest matrix and a set-point."""

BLOCKED_US: Final = 20_000
"""A device that takes no byte for four frames is not reading. Source: SAFETY D13."""


class Outbox:
    """Messages on their way to a device; bounded, and no input or output of its own.

    Attributes:
        replaced: Set-points that a newer one has replaced before a byte of them was written.
        cut: Messages that a STOP has cut.
    """

    __slots__ = ("_begun", "_bytes", "_newest", "_stop", "_waiting", "_waits_since_us", "cut",
                 "replaced")  # fmt: skip

    def __init__(self) -> None:
        self.replaced = 0
        self.cut = 0
        self.clear()

    def clear(self) -> None:
        """Forget everything: the port is gone, and with it the session it was meant for."""
        self._begun = b""
        self._stop = False
        self._waiting: deque[bytes] = deque()
        self._newest: bytes | None = None  # the set-point among those that wait
        self._bytes = 0
        self._waits_since_us: int | None = None

    @property
    def waits(self) -> bool:
        """Something is still to be written."""
        return bool(self._begun or self._waiting)

    @property
    def waiting_bytes(self) -> int:
        """Bytes still to be written."""
        return self._bytes + len(self._begun)

    def put(self, message: bytes) -> None:
        """Take one whole message behind those that wait."""
        self._waiting.append(message)
        self._bytes += len(message)

    def put_latest(self, message: bytes) -> None:
        """Take a set-point, in place of one that still waits; counters go on rising."""
        if self._newest is not None:
            self._waiting.remove(self._newest)
            self._bytes -= len(self._newest)
            self.replaced += 1
        self.put(message)
        self._newest = message

    def put_stop(self, stop: bytes) -> None:
        """Take a STOP before everything; set-points and half messages no longer matter."""
        if self._stop:
            return  # one waits or is being written already; the next comes in 5 ms
        if self._begun:
            self.cut += 1
            self._begun = b""
        if self._newest is not None:
            self._waiting.remove(self._newest)
            self._bytes -= len(self._newest)
            self._newest = None
        self._waiting.appendleft(stop)
        self._bytes += len(stop)
        self._stop = True

    def next_bytes(self) -> bytes:
        """Return what to write next, b"" when nothing waits."""
        if not self._begun and self._waiting:
            begun = self._waiting.popleft()
            self._bytes -= len(begun)
            if begun is self._newest:
                self._newest = None
            self._begun = begun
        return self._begun

    def wrote(self, count: int, now_us: int) -> None:
        """The port has taken so many of the bytes that `next_bytes` gave."""
        self._begun = self._begun[count:]
        if not self._begun:
            self._stop = False  # it goes first, so whatever was finished, no STOP waits now
        if count or self._waits_since_us is None:
            self._waits_since_us = now_us
        if not self.waits:
            self._waits_since_us = None

    def is_stuck(self, now_us: int) -> bool:
        """Return whether the port has taken no byte for too long, or too much waits for it."""
        if self.waiting_bytes > MAX_BYTES:
            return True
        since_us = self._waits_since_us
        return self.waits and since_us is not None and now_us - since_us > BLOCKED_US
