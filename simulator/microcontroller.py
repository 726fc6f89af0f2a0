"""The microcontroller as a part of the machine: it is reset, hangs, keeps wrong time."""

from collections.abc import Callable
from typing import Final

from firmware_bridge.codec import PAGE_BYTES
from firmware_bridge.descriptor import pack_descriptor
from simulator.firmware.firmware import Counts, Firmware, Reset
from simulator.firmware.identity import TABLE
from simulator.firmware.keeper import table_of
from simulator.firmware.nvram import Nvram
from simulator.plant.panel import BROWN_OUT_V, PanelPlant, ResetCause
from simulator.wires import HeadWires

STEP_US: Final = 1_000
OWN_ID: Final[str] = TABLE["device_id"]
OTHER_ID: Final = "podal-sim-2"
"""Name of the device that is plugged in instead."""

_TOLD: Final = {ResetCause.WATCHDOG: Reset.WATCHDOG, ResetCause.BROWN_OUT: Reset.BROWN_OUT}


class Microcontroller:
    """Firmware and the silicon under it.

    Args:
        heads: Signals of the left and the right bed.
        power: Supply, relay and hardware watchdog.
        nonces: Gives a new 32-bit number at each call.
        nvram: What outlives every power-on.

    Attributes:
        firmware: What runs in it; another one after each reset.
        nvram: What it keeps without power.
        boots: Power-ons and resets.
        dead: It has no power.
        hung: Its loop stands still; its outputs stay as they are.
        pace: Its clock runs so many times as fast as time.
        every: Its loop runs only every so many milliseconds.
        ahead_us: Its clock less the machine's time.
        cause: Why the firmware was last started, None a power-on.
        on_reset: Called before a firmware is thrown away.
    """

    def __init__(
        self,
        heads: tuple[HeadWires, HeadWires],
        power: PanelPlant,
        nonces: Callable[[], int],
        nvram: Nvram,
    ) -> None:
        self.nvram = nvram
        self.boots = 1
        self.dead = False
        self.hung = False
        self.pace = 1.0
        self.every = 1
        self.ahead_us = 0
        self.cause: ResetCause | None = None
        self.on_reset: Callable[[], None] = _nothing
        self.device_id = OWN_ID
        self._own_nvram = nvram
        self._heads = heads
        self._power = power
        self._nonces = nonces
        self._owed_us = 0.0
        self.firmware = Firmware(heads, power.wires, nonces, nvram)

    @property
    def well(self) -> bool:
        """It runs as it should: the machine need not ask it every millisecond."""
        return not (self.dead or self.hung or self.pace != 1.0 or self.every != 1)

    def receive(self, data: bytes) -> None:
        """Bytes from the host; nobody takes them where nothing runs."""
        if not (self.dead or self.hung):
            self.firmware.receive(data)

    def step(self, now_us: int) -> None:
        """One millisecond of the machine, for a microcontroller that may be unwell."""
        if self.dead or self.hung:
            self.ahead_us -= STEP_US  # its clock stands, too
            return
        self._owed_us += (self.pace - 1.0) * STEP_US
        while self._owed_us >= STEP_US:
            self._owed_us -= STEP_US
            self.firmware.step(now_us + self.ahead_us)
            self.ahead_us += STEP_US
        if self._owed_us <= -STEP_US:
            self._owed_us += STEP_US
            self.ahead_us -= STEP_US
        elif now_us // STEP_US % self.every == 0:
            self.firmware.step(now_us + self.ahead_us)

    def scan(self, now_us: int, counts: Counts) -> None:
        """A scan of the matrices is done."""
        if not (self.dead or self.hung):
            self.firmware.scan(now_us + self.ahead_us, counts)

    def look_after(self, now_us: int) -> None:
        """Do what the supply and the hardware watchdog demand."""
        power = self._power
        if power.reset is ResetCause.WATCHDOG:
            self.restart(now_us, power.reset)
        elif power.reset is ResetCause.BROWN_OUT:
            if power.volts >= BROWN_OUT_V:
                self.dead = False
                self.restart(now_us, power.reset)
            elif not self.dead:
                self.dead = True
                self._outputs_off()

    def restart(self, now_us: int, cause: ResetCause | None = None) -> None:
        """Start anew; the hardware has switched every output off.

        Args:
            now_us: Time of the machine.
            cause: What the hardware tells the new firmware, None a power-on.
        """
        self.on_reset()
        self.cause = cause
        self._outputs_off()
        self._power.restart()
        self.boots += 1
        self.ahead_us = -now_us
        self._owed_us = 0.0
        told = Reset.POWER_ON if cause is None else _TOLD[cause]
        self.firmware = Firmware(self._heads, self._power.wires, self._nonces, self.nvram, told)
        if self.device_id != OWN_ID:
            self._pass_for_another()

    def become(self, device_id: str, now_us: int) -> None:
        """Another device is plugged in, or by OWN_ID the own one again."""
        self.device_id = device_id
        self.nvram = self._own_nvram if device_id == OWN_ID else Nvram()
        self.restart(now_us)

    def _pass_for_another(self) -> None:
        keeper = self.firmware.keeper
        table = {**TABLE, "device_id": self.device_id, "limits": table_of(keeper.limits)}
        keeper.packed = pack_descriptor(table)
        starts = range(0, len(keeper.packed), PAGE_BYTES)
        keeper.pages = tuple(keeper.packed[at : at + PAGE_BYTES] for at in starts)

    def _outputs_off(self) -> None:
        for wires in self._heads:
            wires.enabled = wires.homing = False
            wires.x_speed_mm_s = wires.y_speed_mm_s = wires.z_speed_mm_s = 0.0
            wires.spin_order_rpm = 0.0
            wires.vibration_hz = 0


def _nothing() -> None:
    """Nobody wants to know."""
