"""STOP until the device has truly counted it, by the stop count of its frames."""

from typing import Final

from firmware_bridge.framing import STOP

STOP_PERIOD_US: Final = 5_000
LOST_US: Final = 1_000_000
"""A STOP sent so long ago was counted by now, or never will be."""


class Stopping:
    """One wish to stop at a time, and what the device has counted in this session.

    Attributes:
        wanted: STOP is being repeated because the device has not confirmed it yet.
    """

    __slots__ = ("_count", "_goal", "_sent_us", "_uncounted", "_wish_sent", "wanted")

    def __init__(self) -> None:
        self.wanted = False
        self._sent_us = -LOST_US
        self.forget_session()

    def forget_session(self) -> None:
        """The session is over; a wish that was not confirmed goes on to the next one."""
        self._count: int | None = None
        self._goal: int | None = None
        self._uncounted = 0
        self._wish_sent = False

    def want(self) -> None:
        """Send STOP now and every 5 ms until the device has counted one of these."""
        if not self.wanted:
            self.wanted = True
            self._goal = None
            self._wish_sent = False

    def poll(self, now_us: int) -> bytes:
        """Return the STOP to send now, b"" when none is due."""
        if not self.wanted:
            return b""
        if not self._wish_sent:
            self._aim(now_us)
        elif now_us - self._sent_us < STOP_PERIOD_US:
            return b""
        self._wish_sent = True
        self._sent_us = now_us
        self._uncounted += 1
        return STOP

    def _aim(self, now_us: int) -> None:
        """Set the count that confirms this wish: repeats of the last one may still be counted."""
        if now_us - self._sent_us > LOST_US:
            self._uncounted = 0
        if self._count is not None:
            self._goal = self._count + self._uncounted + 1

    def hear(self, stop_count: int) -> None:
        """Take the stop count of a frame; the first of a session says how many are of the past."""
        if stop_count == self._count and not self.wanted:
            return
        counted = stop_count - (self._count or 0)
        self._uncounted = max(self._uncounted - counted, 0)
        self._count = stop_count
        if not self.wanted or not self._wish_sent:
            return
        if self._goal is None:
            self._goal = stop_count + 1
        elif stop_count >= self._goal:
            self.wanted = False
