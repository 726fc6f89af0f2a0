"""Counts and times of a link as values: trouble is data, not an exception."""

from dataclasses import dataclass, field
from typing import Final

BIN_US: Final = 250
BINS: Final = 400
"""Up to 100 ms in steps of 250 us; later ones share the last bin, the largest is kept apart."""


class Times:
    """Times of one kind as a histogram: constant memory, nothing allocated for one more.

    Attributes:
        last_us: The newest one, 0 before the first.
        max_us: The largest one.
        total: How many there were.
    """

    __slots__ = ("_counts", "last_us", "max_us", "total")

    def __init__(self) -> None:
        self._counts = [0] * BINS
        self.last_us = 0
        self.max_us = 0
        self.total = 0

    def add(self, time_us: int) -> None:
        """Count one; a negative one counts as 0."""
        time_us = max(time_us, 0)
        self.last_us = time_us
        self.max_us = max(self.max_us, time_us)
        self.total += 1
        self._counts[min(time_us // BIN_US, BINS - 1)] += 1

    def quantile_us(self, share: float) -> int:
        """Return the upper edge of the bin below which `share` of them lie; 0 without any."""
        wanted = share * self.total
        seen = 0
        for number, count in enumerate(self._counts):
            seen += count
            if count and seen >= wanted:
                last = number == BINS - 1
                return self.max_us if last else min((number + 1) * BIN_US, self.max_us)
        return 0


@dataclass(slots=True)
class LinkStats:
    """What a link has seen since it was made, over all its sessions.

    Attributes:
        frames: Frames of a session, used or not.
        stale: Chunks whose newest frame was too old, or of unknown age, and so not used.
        gaps: Messages of the device that never came, by its counter.
        repeats: Messages whose counter had been used.
        foreign: Messages of another session.
        malformed: Messages with a right CRC that say nothing the protocol allows.
        naks: Refusals by the device.
        sessions: Handshakes that came to their end.
        age_us: Age of the newest frame when it was taken.
        age_max_us: Oldest frame of all, used or not.
        round_trips: From a set-point to the first frame that obeys it.
    """

    frames: int = 0
    stale: int = 0
    gaps: int = 0
    repeats: int = 0
    foreign: int = 0
    malformed: int = 0
    naks: int = 0
    sessions: int = 0
    age_us: int = 0
    age_max_us: int = 0
    round_trips: Times = field(default_factory=Times)

    @property
    def reconnects(self) -> int:
        """Sessions after the first."""
        return max(self.sessions - 1, 0)
