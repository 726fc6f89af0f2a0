"""What can go wrong beside force and motion: heat, supply, clocks, the converter, memory.

Every 10 ms. Figures: hazard table, rows A12, A13, C3, E3 and E4; the rest is a Podal proposal.
"""

from typing import Final

from firmware_bridge.messages import Trip
from simulator.firmware.head import Head
from simulator.wires import SUPPLY_V, PanelWires

BEAT_US: Final = 10_000

DERATE_C: Final = 60.0
MOTOR_C: Final = 70.0
SURFACE_C: Final = 43.0
COOL_C: Final = 60.0
SURFACE_COOL_C: Final = 41.0
"""An acknowledgement waits until both are below."""

LEAST_SHARE: Final = 0.3
"""Share of the limits that a motor just below MOTOR_C leaves."""

NTC_C: Final = (-15.0, 115.0)
"""A reading beyond is an open or a shorted NTC."""

HOT_BEATS: Final = 2
SUPPLY_RATIO: Final = 0.85
SUPPLY_BEATS: Final = 1

SCAN_US: Final = 30_000
"""Six scans at 200 Hz: no new one for longer is a frozen converter."""

CLOCK_US: Final = 200_000
CLOCK_RATIO: Final = 0.05
COARSE_US: Final = 50_000
COARSE_RATIO: Final = 0.1
"""A clock that is far off is found sooner: before the ways of the drives look wrong by it."""

MEMORY_US: Final = 1_000_000


class Health:
    """Slow checks of one power-on.

    Args:
        heads: Both heads.
        panel: Signals that both share.
    """

    __slots__ = (
        "_clock2_us",
        "_clock_us",
        "_clock_wrong",
        "_coarse2_us",
        "_coarse_us",
        "_conversions",
        "_heads",
        "_hot_beats",
        "_low_beats",
        "_memory_us",
        "_panel",
        "_scan_us",
        "_turn",
    )

    def __init__(self, heads: tuple[Head, Head], panel: PanelWires) -> None:
        self._heads = heads
        self._panel = panel
        self._hot_beats = self._low_beats = 0
        self._conversions = panel.conversions
        self._scan_us = 0
        self._clock_us = -1
        self._clock2_us = 0
        self._coarse_us = -1
        self._coarse2_us = 0
        self._clock_wrong = False
        self._memory_us = 0
        self._turn = 0

    def judge(self, now_us: int) -> Trip:
        """Take one beat; return what trips, usually nothing."""
        panel = self._panel
        if panel.supply_v < SUPPLY_RATIO * SUPPLY_V:
            self._low_beats += 1
            if self._low_beats >= SUPPLY_BEATS:
                return Trip.SUPPLY
        else:
            self._low_beats = 0
        if panel.conversions != self._conversions:
            self._conversions = panel.conversions
            self._scan_us = now_us
        elif now_us - self._scan_us > SCAN_US:
            return Trip.SENSOR
        if now_us - self._coarse_us >= COARSE_US:
            self._compare_clocks(now_us)
        if self._clock_wrong:
            return Trip.CLOCK
        if now_us - self._memory_us >= MEMORY_US // 2:
            self._memory_us = now_us
            self._turn ^= 1
            if not self._heads[self._turn].limits.sound:
                return Trip.MEMORY
        return self._judge_heat()

    def start(self, now_us: int) -> None:
        """Begin: what was before the power came on proves nothing."""
        self._scan_us = self._memory_us = now_us
        self._conversions = self._panel.conversions
        self._clock_us = self._coarse_us = -1
        self._clock_wrong = False
        self._hot_beats = self._low_beats = 0

    @property
    def cause(self) -> bool:
        """Something that has tripped, or would, is still there."""
        panel = self._panel
        if panel.supply_v < SUPPLY_RATIO * SUPPLY_V or self._clock_wrong:
            return True
        return any(
            not NTC_C[0] <= celsius <= NTC_C[1] or celsius > cool_c
            for head in self._heads
            for celsius, cool_c in (
                (head.wires.motor_c, COOL_C),
                (head.wires.surface_c, SURFACE_COOL_C),
            )
        )

    def fresh_scan(self, now_us: int) -> bool:
        """Return whether the converter has made a scan lately."""
        return now_us - self._scan_us <= SCAN_US

    def _compare_clocks(self, now_us: int) -> None:
        now2_us = self._panel.clock2_us
        coarse_us = now_us - self._coarse_us
        far = self._coarse_us >= 0 and (
            abs(now2_us - self._coarse2_us - coarse_us) > COARSE_RATIO * coarse_us
        )
        self._coarse_us, self._coarse2_us = now_us, now2_us
        if far:
            self._clock_wrong = True
        way_us = now_us - self._clock_us
        if way_us < CLOCK_US and self._clock_us >= 0:
            return
        if self._clock_us >= 0:
            apart_us = now2_us - self._clock2_us - way_us
            self._clock_wrong = far or abs(apart_us) > CLOCK_RATIO * way_us
        self._clock_us, self._clock2_us = now_us, now2_us

    def _judge_heat(self) -> Trip:
        hot = False
        for head in self._heads:
            wires = head.wires
            motor_c, surface_c = wires.motor_c, wires.surface_c
            if not NTC_C[0] <= motor_c <= NTC_C[1] or not NTC_C[0] <= surface_c <= NTC_C[1]:
                return Trip.SENSOR
            if motor_c > MOTOR_C or surface_c > SURFACE_C:
                hot = True
            if motor_c <= DERATE_C:
                head.warm(1.0)
            else:
                above = min((motor_c - DERATE_C) / (MOTOR_C - DERATE_C), 1.0)
                head.warm(1.0 - (1.0 - LEAST_SHARE) * above)
        self._hot_beats = self._hot_beats + 1 if hot else 0
        return Trip.TOO_HOT if self._hot_beats >= HOT_BEATS else Trip.NONE
