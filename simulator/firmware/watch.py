"""What makes a head let go: the press compared with limits, mask, skin and the other channel."""

from typing import Final

from firmware_bridge.messages import Trip
from simulator.firmware.limits import CEILING_N, COLS, Limits
from simulator.wires import HeadWires

CONTACT_N: Final = 1.0
CLEAR_N: Final = 0.3
LOST_AFTER_N: Final = 2.0
LOST_MS: Final = 10
OVER_MS: Final = 3
OVER_N: Final = 1.5
OVER_RATIO: Final = 0.05
OVER_CEILING_N: Final = 1.0
DISAGREE_N: Final = 4.0
DISAGREE_RATIO: Final = 0.35
DISAGREE_MS: Final = 20
OUTSIDE_MS: Final = 50
RANGE_N: Final = (-5.0, 100.0)
RANGE_MS: Final = 3

_NONE: Final = Trip.NONE


class Watch:
    """The checks of one head, a millisecond at a time.

    Attributes:
        force_bad: The load cell is out of its range.
        peak_n: Largest force of this contact.
    """

    __slots__ = (
        "_disagree_ms",
        "_lost_ms",
        "_outside_ms",
        "_over_ms",
        "_range_ms",
        "force_bad",
        "peak_n",
    )

    def __init__(self) -> None:
        self.force_bad = False
        self._range_ms = 0
        self.forget()

    def forget(self) -> None:
        """A new contact begins."""
        self.peak_n = 0.0
        self._over_ms = self._lost_ms = self._outside_ms = self._disagree_ms = 0

    def judge(self, wires: HeadWires, limits: Limits, cell: int, pressing: bool) -> Trip:
        """Return what trips at this raster cell now, usually nothing."""
        force_n = wires.force_a_n
        here_n = limits.here_n[cell]
        ceiling_n = CEILING_N[cell // COLS]
        if here_n < 0.0:
            here_n = ceiling_n
            self._outside_ms = self._outside_ms + 1 if force_n >= CONTACT_N else 0
            if self._outside_ms > OUTSIDE_MS:
                return Trip.OUTSIDE_MASK
        else:
            self._outside_ms = 0
        if force_n > here_n:
            trip = self._judge_over(force_n, here_n, ceiling_n)
            if trip:
                return trip
        else:
            self._over_ms = 0
        apart_n = force_n - wires.force_b_n
        if (apart_n > DISAGREE_N or apart_n < -DISAGREE_N) and abs(apart_n) > DISAGREE_RATIO * max(
            force_n, wires.force_b_n
        ):
            self._disagree_ms += 1
            if self._disagree_ms >= DISAGREE_MS:
                return Trip.CHANNELS_DISAGREE
        else:
            self._disagree_ms = 0
        if force_n < CLEAR_N and pressing:
            return self._judge_loss(wires, force_n)
        self._lost_ms = 0
        return self.judge_range(force_n) if force_n > RANGE_N[1] else _NONE

    def _judge_over(self, force_n: float, here_n: float, ceiling_n: float) -> Trip:
        if force_n > ceiling_n + OVER_CEILING_N:
            return self.judge_range(force_n) or Trip.OVER_FORCE
        if force_n <= here_n + max(here_n * OVER_RATIO, OVER_N):
            self._over_ms = 0
            return _NONE
        self._over_ms += 1
        return Trip.OVER_FORCE if self._over_ms >= OVER_MS else _NONE

    def _judge_loss(self, wires: HeadWires, force_n: float) -> Trip:
        """The skin has gone from under a pressing head: never follow it."""
        if self.peak_n >= LOST_AFTER_N:
            self._lost_ms += 1
            wires.z_speed_mm_s = min(wires.z_speed_mm_s, 0.0)
            if self._lost_ms >= LOST_MS:
                return Trip.CONTACT_LOST
        return self.judge_range(force_n)

    def judge_range(self, force_n: float) -> Trip:
        """Return SENSOR once the load cell has said what no press can for 3 ms."""
        if RANGE_N[0] <= force_n <= RANGE_N[1]:
            self._range_ms = 0
            return _NONE
        self._range_ms += 1
        if self._range_ms < RANGE_MS:
            return _NONE
        self.force_bad = True
        return Trip.SENSOR
