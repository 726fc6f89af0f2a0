"""Faults of the supply, the microcontroller and the person."""

from collections.abc import Callable
from typing import Final

import numpy as np

from simulator.faults.effect import Effect
from simulator.faults.line import Line
from simulator.firmware.limits import COLS, PER_MM
from simulator.microcontroller import OTHER_ID, OWN_ID, Microcontroller
from simulator.plant.panel import PanelPlant
from simulator.plant.person import Person

SWAP_US: Final = 300_000
"""How long it takes to plug in another device."""

UNDER_HEAD_BIT: Final = 0x4000
"""16 N in the words of a limit store."""


class MainsFault(Effect):
    """No mains: always, or for half of each period."""

    __slots__ = ("_half_us", "_power", "_since_us")

    def __init__(self, power: PanelPlant, period_ms: float) -> None:
        self._power = power
        self._half_us = round(period_ms * 500)
        self._since_us = 0

    def begin(self, now_us: int) -> None:
        self._since_us = now_us
        self._power.mains = False

    def before(self, now_us: int) -> None:
        if self._half_us:
            self._power.mains = (now_us - self._since_us) // self._half_us % 2 == 1

    def end(self, now_us: int) -> None:
        self._power.mains = True


class McuFault(Effect):
    """The silicon under the firmware: it hangs, runs late, keeps wrong time."""

    __slots__ = ("_amount", "_kind", "_mcu", "_next_us")

    def __init__(self, mcu: Microcontroller, kind: str, amount: float) -> None:
        self._mcu = mcu
        self._kind = kind
        self._amount = amount
        self._next_us = 0

    def begin(self, now_us: int) -> None:
        match self._kind:
            case "off":
                self._mcu.hung = True
            case "wrong":
                self._mcu.pace = self._amount
            case "delayed":
                self._mcu.every = int(self._amount)
            case _:
                self._next_us = now_us

    def before(self, now_us: int) -> None:
        if self._kind == "intermittent" and now_us >= self._next_us and not self._mcu.dead:
            self._next_us = now_us + round(self._amount * 1e6)
            self._mcu.restart(now_us)

    def end(self, now_us: int) -> None:
        match self._kind:
            case "off":
                self._mcu.hung = False
            case "wrong":
                self._mcu.pace = 1.0
            case "delayed":
                self._mcu.every = 1
            case _:
                pass


class MemoryFault(Effect):
    """Bits of the limits that the firmware works by flip, once.

    Args:
        mcu: Whose memory.
        bits: How many in each bed.
        source: Of chance.
    """

    __slots__ = ("_bits", "_mcu", "_source")

    def __init__(self, mcu: Microcontroller, bits: int, source: np.random.Generator) -> None:
        self._mcu = mcu
        self._bits = bits
        self._source = source

    def begin(self, now_us: int) -> None:
        for head in self._mcu.firmware.machine.heads:
            words, wires = head.limits.patch_mn, head.wires
            here = int(wires.y_mm * PER_MM) * COLS + int(wires.x_mm * PER_MM)
            words[min(max(here, 0), len(words) - 1)] ^= UNDER_HEAD_BIT
            for _ in range(self._bits - 1):
                place, bit = self._source.integers(len(words)), self._source.integers(16)
                words[int(place)] ^= 1 << int(bit)


class OtherDevice(Effect):
    """Out, and in again: another device; and the own one once more at the end."""

    __slots__ = ("_line", "_mcu", "_plug_us")

    def __init__(self, line: Line, mcu: Microcontroller) -> None:
        self._line = line
        self._mcu = mcu
        self._plug_us = 0

    def begin(self, now_us: int) -> None:
        self._line.unplug()
        self._plug_us = now_us + SWAP_US
        self._mcu.become(OTHER_ID, now_us)

    def after(self, now_us: int) -> None:
        if now_us == self._plug_us:
            self._line.plug()

    def end(self, now_us: int) -> None:
        self._line.unplug()
        self._line.plug()
        self._mcu.become(OWN_ID, now_us)


class PersonFault(Effect):
    """The person does what nobody expects."""

    __slots__ = ("_acts", "_do")

    def __init__(self, person: Person, begin: str, end: str) -> None:
        self._do: Callable[[str, int], bool] = person.act
        self._acts = (begin, end)

    def begin(self, now_us: int) -> None:
        self._do(self._acts[0], now_us)

    def end(self, now_us: int) -> None:
        if self._acts[1]:
            self._do(self._acts[1], now_us)
