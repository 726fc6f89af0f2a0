"""Device time on the host's clock, and so the true age of what the device said.

The difference between arrival and device time is the clocks' offset plus the delay of that message;
the least difference seen lately is the offset plus the shortest delay. Integer ticks throughout.
"""

from dataclasses import dataclass
from typing import Final

BUCKET_US: Final = 1_000_000
BUCKETS: Final = 8
"""Least difference over the last 8 s: two clocks 100 ppm apart move 0.8 ms in that time."""


@dataclass(frozen=True, slots=True)
class TimeBase:
    """Offset of the device clock against the host clock.

    Attributes:
        bucket: Number of the newest bucket, or -1 before the first message.
        least_us: Least (arrival - device time) of each recent bucket, newest first.
    """

    bucket: int = -1
    least_us: tuple[int, ...] = ()

    @property
    def offset_us(self) -> int:
        """Host time minus device time, shortest delay included; 0 before the first message."""
        return min(self.least_us, default=0)

    def host_us(self, device_us: int) -> int:
        """Return the host time at which a message of `device_us` could have arrived soonest."""
        return device_us + self.offset_us


def observe(base: TimeBase, *, device_us: int, arrival_us: int) -> TimeBase:
    """Return the time base after a message stamped `device_us` arrived at `arrival_us`."""
    difference = arrival_us - device_us
    bucket = arrival_us // BUCKET_US
    if base.bucket == bucket:
        if difference >= base.least_us[0]:
            return base
        return TimeBase(bucket, (difference, *base.least_us[1:]))
    return TimeBase(bucket, (difference, *base.least_us[: BUCKETS - 1]))
