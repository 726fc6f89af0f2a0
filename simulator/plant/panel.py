"""What both beds share: the supply and its stored energy, relay, second oscillator, watchdog.

The watchdog stands outside the microcontroller and knows nothing of it but its feeding.
"""

from enum import StrEnum
from typing import Final

from simulator.plant.chance import generator
from simulator.wires import SUPPLY_V, PanelWires

WATCHDOG_MS: Final = 40
"""Its own oscillator counts this long without food before it cuts.

What hangs keeps its last order, which comes some 10 ms after its frame and may not grow older than
60 (W5); the hazard table, row E2, allows 100. Podal proposal, unconfirmed on hardware.
"""

STALL_N: Final = 90.0
"""Most that the press motor can push: its driver's current limit. Source: 80-100 N wanted, DOMAIN
section 7."""

HOLD_UP_V_PER_MS: Final = 12.0 / 300.0
"""The stored energy moves both presses for about 300 ms: from 24 V down to LOCKOUT_V. Podal
proposal, unmeasured."""

LOCKOUT_V: Final = 12.0
"""Below it the drivers switch off by themselves."""

BROWN_OUT_V: Final = 5.0
"""Below it the microcontroller is dead."""

DRIFT_SD_PPM: Final = 30
"""Of a quartz without temperature control."""


class ResetCause(StrEnum):
    """Why the microcontroller starts anew."""

    WATCHDOG = "watchdog"
    BROWN_OUT = "brown-out"


class PanelPlant:
    """Supply, relay, oscillator and hardware watchdog.

    The watchdog runs from the first feeding on, as those do that software cannot stop again.

    Args:
        wires: Signals of the panel.
        seed: Of the second oscillator's drift.

    Attributes:
        mains: Power comes from the wall.
        volts: Of the motors' supply, in truth.
        live: The motors have their supply: relay closed, watchdog content, enough volts.
        stall_n: Most that a press can push at these volts.
        reset: Why the microcontroller must be started anew; None: it runs. Taken back by `restart`.
    """

    __slots__ = (
        "_ahead",
        "_clock2_us",
        "_cut",
        "_hungry_ms",
        "_ppm",
        "_watching",
        "live",
        "mains",
        "reset",
        "stall_n",
        "volts",
        "wires",
    )

    def __init__(self, wires: PanelWires, *, seed: int) -> None:
        self.wires = wires
        self.mains = True
        self.volts = SUPPLY_V
        self.live = False
        self.stall_n = STALL_N
        self.reset: ResetCause | None = None
        self._ppm = round(float(generator(seed, 6).normal(0.0, DRIFT_SD_PPM)))
        self._clock2_us = 0
        self._ahead = 0
        self._watching = False
        self._hungry_ms = 0
        self._cut = False

    def step(self) -> None:
        """Advance by one millisecond."""
        wires = self.wires
        if wires.watchdog_fed:
            wires.watchdog_fed = False
            self._watching = True
            self._hungry_ms = 0
        elif self._watching:
            self._starve()
        if not self.mains or self.volts != SUPPLY_V:
            self._feed_motors()
        self._clock2_us = clock2_us = self._clock2_us + 1_000
        wires.clock2_us = clock2_us + self._ahead
        wires.supply_v = volts = self.volts
        self.live = wires.relay and volts > LOCKOUT_V and not self._cut

    def scan(self) -> None:
        """Count a scan of the matrices, and let the oscillators drift apart."""
        self.wires.conversions += 1
        self._ahead = self._clock2_us * self._ppm // 1_000_000

    def restart(self) -> None:
        """The microcontroller has been reset: its outputs are off, the watchdog waits for it."""
        self.reset = None
        self._watching = False
        self._hungry_ms = 0
        self._cut = False
        self.wires.relay = False
        self.wires.start_lamp = False
        self.wires.watchdog_fed = False

    def _starve(self) -> None:
        self._hungry_ms += 1
        if self._hungry_ms > WATCHDOG_MS:
            self._cut = True
            self._watching = False
            self.reset = ResetCause.WATCHDOG

    def _feed_motors(self) -> None:
        if self.mains:
            self.volts = SUPPLY_V
        elif self.volts > 0.0:
            self.volts = max(self.volts - HOLD_UP_V_PER_MS, 0.0)
            if self.volts < BROWN_OUT_V:
                self.reset = ResetCause.BROWN_OUT
        self.stall_n = STALL_N * self.volts / SUPPLY_V
