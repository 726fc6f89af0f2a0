"""What makes a head let go: the press compared with limits, mask, skin and the other channel."""

import math
from typing import Final

from firmware_bridge.messages import Trip
from simulator.firmware.motion import Motion
from simulator.wires import HeadWires

CONTACT_N: Final = 1.0
CLEAR_N: Final = 0.3
LOST_AFTER_N: Final = 2.0
LOST_MS: Final = 10
FADED_N: Final = 0.6
FADED_MS: Final = 40
"""Contact below half a newton for 50 ms is lost (P3); a load cell errs by a tenth."""

OVER_MS: Final = 3
OVER_N: Final = 1.5
OVER_RATIO: Final = 0.05
OVER_CEILING_N: Final = 1.0
DISAGREE_N: Final = 4.0
DISAGREE_RATIO: Final = 0.35
DISAGREE_MS: Final = 20
OUTSIDE_MS: Final = 50
RANGE_N: Final[tuple[float, ...]] = (-5.0, 100.0)
RANGE_MS: Final = 3
FROZEN_MM: Final = 1.0
FROZEN_N: Final = 0.005
"""A live load cell, noise included, changes by more while the press moves by FROZEN_MM."""

FROZEN_BEATS: Final = 8
"""40 ms; its noise alone, 40 mN, does not fit into FROZEN_N for so long."""

JUMP_N: Final = 3.0
"""Lost by channel A alone from one beat of 5 ms to the next: no skin gives way to one channel."""

JUMPED_N: Final = 2.0
"""Of it must be left when the press has stood still."""

JUMP_SHARE: Final = 0.4
"""Channel B falls by less than this share of it."""

JUMP_BEATS: Final = 2
"""10 ms in which the press does not rise; after them the jump is still there, or was none."""

QUIET_MM_S: Final = 4.0
"""Faster than this, the friction and inertia of the press are in channel B."""

DISAGREE_MM_S: Final = 60.0
"""A press that is faster lets go; what accelerates it is then no force on a foot."""

_NONE: Final = Trip.NONE
_PRESS: Final = int(Motion.PRESS)
_UNLOAD: Final = int(Motion.UNLOAD)


class Watch:
    """The checks of one head, a millisecond at a time.

    Attributes:
        force_bad: The load cell is out of its range.
        peak_n: Largest force of this contact.
        held: The press may not rise: the channels do not tell the same.
    """

    __slots__ = (
        "_ceiling_n",
        "_disagree_ms",
        "_faded_ms",
        "_frozen_beats",
        "_frozen_high_n",
        "_frozen_low_n",
        "_frozen_z_mm",
        "_here_n",
        "_inside",
        "_jump_beats",
        "_lost_ms",
        "_outside_ms",
        "_over_ms",
        "_quiet_a_n",
        "_quiet_b_n",
        "_range_ms",
        "force_bad",
        "held",
        "peak_n",
    )

    def __init__(self) -> None:
        self.force_bad = False
        self._range_ms = 0
        self.enter(0.0, 0.0)
        self.forget()

    def forget(self) -> None:
        """A new contact begins."""
        self.peak_n = 0.0
        self._over_ms = self._outside_ms = self._disagree_ms = 0
        self._lost_ms = self._faded_ms = 0
        self._frozen_z_mm = self._frozen_low_n = math.inf
        self._frozen_high_n = -math.inf
        self._frozen_beats = self._jump_beats = 0
        self._quiet_a_n = -math.inf
        self._quiet_b_n = 0.0
        self.held = False

    def enter(self, here_n: float, ceiling_n: float) -> None:
        """The head's middle is in another cell: its limit, 0 where the mask forbids pressing."""
        self._inside = here_n > 0.0
        self._here_n = here_n if here_n > 0.0 else ceiling_n
        self._ceiling_n = ceiling_n

    def judge(self, wires: HeadWires, force_n: float, force_b_n: float, motion: int) -> Trip:
        """Return what trips now, usually nothing.

        Args:
            wires: Signals of the head.
            force_n: Channel A.
            force_b_n: Channel B.
            motion: A `Motion`.
        """
        if self._inside:
            self._outside_ms = 0
        else:
            self._outside_ms = self._outside_ms + 1 if force_n >= CONTACT_N else 0
            if self._outside_ms > OUTSIDE_MS:
                return Trip.OUTSIDE_MASK
        if force_n > self._here_n:
            trip = self._judge_over(force_n, self._here_n, self._ceiling_n)
            if trip:
                return trip
        else:
            self._over_ms = 0
        apart_n = force_n - force_b_n
        if (
            (apart_n > DISAGREE_N or apart_n < -DISAGREE_N)
            and abs(apart_n) > DISAGREE_RATIO * max(force_n, force_b_n)
            and motion != _UNLOAD
            and wires.z_speed_mm_s > -DISAGREE_MM_S
        ):
            if apart_n < 0.0 and wires.z_speed_mm_s > 0.0:
                wires.z_speed_mm_s = 0.0  # one of them says that it is enough
            self._disagree_ms += 1
            if self._disagree_ms >= DISAGREE_MS:
                return Trip.CHANNELS_DISAGREE
        else:
            self._disagree_ms = 0
        if force_n < FADED_N and motion == _PRESS:
            return self._judge_loss(wires, force_n)
        self._lost_ms = self._faded_ms = 0
        return self.judge_range(force_n) if force_n > RANGE_N[1] else _NONE

    def judge_frozen(self, force_n: float, z_mm: float) -> Trip:
        """Every 5 ms in contact: return SENSOR for a load cell that the press cannot change."""
        if self._frozen_z_mm == math.inf:
            self._frozen_z_mm = z_mm
        self._frozen_low_n = low_n = min(self._frozen_low_n, force_n)
        self._frozen_high_n = high_n = max(self._frozen_high_n, force_n)
        if high_n - low_n >= FROZEN_N:
            self._frozen_z_mm = z_mm
            self._frozen_low_n = self._frozen_high_n = force_n
            self._frozen_beats = 0
            return _NONE
        self._frozen_beats += 1
        if abs(z_mm - self._frozen_z_mm) < FROZEN_MM and self._frozen_beats < FROZEN_BEATS:
            return _NONE
        self.force_bad = True
        return Trip.SENSOR

    def judge_jump(self, force_n: float, force_b_n: float, order_mm_s: float) -> Trip:
        """Every 5 ms of pressing: return CHANNELS_DISAGREE when A alone has lost force at once."""
        lost_n = self._quiet_a_n - force_n
        if (
            lost_n > (JUMPED_N if self.held else JUMP_N)
            and self._quiet_b_n - force_b_n < JUMP_SHARE * lost_n
        ):
            self.held = True
            self._jump_beats += 1
            return Trip.CHANNELS_DISAGREE if self._jump_beats > JUMP_BEATS else _NONE
        self.held = False
        self._jump_beats = 0
        quiet = -QUIET_MM_S < order_mm_s < QUIET_MM_S
        self._quiet_a_n = force_n if quiet else -math.inf
        self._quiet_b_n = force_b_n
        return _NONE

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
        if self.peak_n < LOST_AFTER_N:
            return self.judge_range(force_n)
        self._faded_ms += 1
        if force_n < CLEAR_N:
            self._lost_ms += 1
            wires.z_speed_mm_s = min(wires.z_speed_mm_s, 0.0)
        else:
            self._lost_ms = 0
        if self._lost_ms >= LOST_MS or self._faded_ms >= FADED_MS:
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
