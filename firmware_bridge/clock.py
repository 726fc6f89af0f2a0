"""The device's clock in one session: whether the age of a frame can be told, and by whom."""

from typing import Final

from firmware_bridge.timebase import TimeBase, observe

FRESH_US: Final = 50_000
"""A frame older than this is never used. Source: ten missed frames at 200 Hz, Podal proposal."""

SETTLE_US: Final = 200_000
"""A first frame that came long after the handshake may be old; ages count once no fresher one has
come for this long. Podal proposal, unmeasured."""

JUMP_US: Final = 100_000
"""A frame that is so much fresher than any before it comes from a clock that jumped. Twice
`FRESH_US`: a delay that passed for fresh may end."""


class Clock:
    """What the frames of one session tell about time.

    Attributes:
        base: Device time on the host's clock.
        doubt: What the clock did that it must not do, "" nothing so far.
    """

    __slots__ = ("_anchored", "_device_us", "_settling_since_us", "base", "doubt")

    def __init__(self) -> None:
        self.base = TimeBase()
        self.doubt = ""
        self._device_us = 0
        self._anchored = False
        self._settling_since_us = 0

    @property
    def tells_age(self) -> bool:
        """The age of a frame can be told."""
        return self._anchored and not self.doubt

    def hear(self, device_us: int, now_us: int, asked_us: int) -> None:
        """Learn from one frame of `device_us` that arrived at `now_us`.

        Args:
            device_us: Device time of the frame.
            now_us: Host time of its arrival.
            asked_us: Host time of the last question of the handshake: no frame of the session that
                follows its answer is older.
        """
        before = self.base
        fresher_us = before.offset_us - (now_us - device_us)
        if device_us < self._device_us:
            self._doubt("went back")
        elif not self._anchored:
            self._anchor(fresher_us, now_us, asked_us)
        elif fresher_us > JUMP_US:
            self._jump(now_us)
        self._device_us = device_us
        base = observe(before, device_us=device_us, arrival_us=now_us)
        if base is not before:
            self.base = base
            if base.bucket != before.bucket and base.drifts:
                self._doubt(f"runs wrong by {abs(base.drift_ppm or 0) / 10_000:.1f} %")

    def _anchor(self, fresher_us: int, now_us: int, asked_us: int) -> None:
        """Decide whether ages can be told: a frame right after the handshake cannot be old."""
        if self.base.bucket < 0:
            self._anchored = now_us - asked_us <= FRESH_US
            self._settling_since_us = now_us
        elif fresher_us > FRESH_US:
            self._settling_since_us = now_us  # what came before was old
        else:
            self._anchored = now_us - self._settling_since_us >= SETTLE_US

    def _jump(self, now_us: int) -> None:
        """Doubt a clock that jumps, but not one that lagged when the session began."""
        if now_us - self._settling_since_us < SETTLE_US:
            self._anchored = False
            self._settling_since_us = now_us
        else:
            self._doubt("jumped ahead")

    def _doubt(self, what: str) -> None:
        self.doubt = self.doubt or what
