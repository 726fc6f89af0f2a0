"""Device time on the host's clock: the true age of what the device said, and how its clock runs.

The difference between arrival and device time is the clocks' offset plus the delay of that message.
The least difference is the offset plus the shortest delay; how the least one of each second moves
from second to second is the drift. Integer ticks throughout; bounded memory.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

BUCKET_US: Final = 1_000_000
SECONDS: Final = 6
"""Least differences of whole seconds that are kept: five steps between them."""

DRIFT_MAX_PPM: Final = 20_000
"""A device clock this wrong over five seconds is a fault. Source: SAFETY E3, 2 % over 5 s."""

FOLLOWED_PPM: Final = 2_500
"""A slow clock is followed up to this: what USB 2.0 allows a full-speed device (7.1.11)."""

CREEP_PPM: Final = 500
"""A delay that stays is forgiven this slowly, so that a queue cannot pass for a clock. Podal
proposal, unmeasured: a crystal is within 100 ppm, and 50 ms are forgiven in 100 s."""


@dataclass(frozen=True, slots=True)
class TimeBase:
    """Offset and drift of the device clock against the host clock.

    Attributes:
        bucket: Number of the newest second, or -1 before the first message.
        offset_us: Host time minus device time, shortest delay included.
        newest_us: Least (arrival - device time) of the newest second.
        least_us: The same of the whole seconds before it, newest first, without a gap.
    """

    bucket: int = -1
    offset_us: int = 0
    newest_us: int = 0
    least_us: tuple[int, ...] = ()

    @property
    def drift_ppm(self) -> int | None:
        """How much the device clock is slow (above 0) or fast, None before five whole seconds.

        The median of five steps from second to second: a stall or a single jump moves two of them.
        """
        steps_us = self._steps_us()
        return steps_us[2] if steps_us else None

    @property
    def drifts(self) -> bool:
        """The device clock was too wrong in each of five seconds, and always the same way.

        Less than all of them can be a device, or a host, that was kept from running for a while.
        """
        steps_us = self._steps_us()
        return bool(steps_us) and (steps_us[0] > DRIFT_MAX_PPM or steps_us[-1] < -DRIFT_MAX_PPM)

    def _steps_us(self) -> list[int]:
        """Return how far the least difference moved in each of five seconds, sorted, or nothing."""
        if len(self.least_us) < SECONDS:
            return []
        return sorted(newer - older for newer, older in pairwise(self.least_us))

    def host_us(self, device_us: int) -> int:
        """Return the host time at which a message of `device_us` could have arrived soonest."""
        return device_us + self.offset_us


def observe(base: TimeBase, *, device_us: int, arrival_us: int) -> TimeBase:
    """Return the time base after a message stamped `device_us` arrived at `arrival_us`."""
    difference_us = arrival_us - device_us
    bucket = arrival_us // BUCKET_US
    if base.bucket == bucket:
        if difference_us >= base.newest_us:
            return base
        offset_us = min(base.offset_us, difference_us)
        return TimeBase(bucket, offset_us, difference_us, base.least_us)
    if base.bucket < 0:
        return TimeBase(bucket, difference_us, difference_us)
    return _next_second(base, difference_us, bucket)


def _next_second(base: TimeBase, difference_us: int, bucket: int) -> TimeBase:
    """Close the newest second; a second without a message starts the history anew."""
    seconds = bucket - base.bucket
    kept = (base.newest_us, *base.least_us[: SECONDS - 1])
    closed = TimeBase(base.bucket, base.offset_us, base.newest_us, kept)
    creep_us = CREEP_PPM + min(max(closed.drift_ppm or 0, 0), FOLLOWED_PPM)
    offset_us = min(difference_us, base.offset_us + creep_us * max(seconds, 0))
    return TimeBase(bucket, offset_us, difference_us, kept if seconds == 1 else ())
