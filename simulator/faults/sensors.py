"""Sensors that lie: between the machine and the firmware, one wire at a time."""

from collections import deque
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from simulator.faults.effect import Effect
from simulator.faults.grammar import Value
from simulator.faults.registry import Sensor

SPELL_MS: Final = 20
"""Mean length of a spell in which a loose contact is open. Podal proposal, unmeasured."""


class Spells:
    """A loose contact: open for a part of the time, in spells.

    Args:
        source: Of its chance.
        share: Part of the time that it is open.
    """

    __slots__ = ("_closes", "_opens", "_source", "open")

    def __init__(self, source: np.random.Generator, share: float) -> None:
        self._source = source
        self._closes = 1.0 / SPELL_MS if share < 1.0 else 0.0
        self._opens = min(share / (1.0 - share) / SPELL_MS, 1.0) if share < 1.0 else 1.0
        self.open = True

    def step(self) -> bool:
        """Return whether it is open in the next millisecond."""
        if float(self._source.random()) < (self._closes if self.open else self._opens):
            self.open = not self.open
        return self.open


class WireEffect(Effect):
    """A fault between a wire and its reader; the wire's own value is kept aside.

    The machine does not write every wire in every millisecond, so it must find its own value
    there, and the reader the changed one.

    Args:
        wires: Signals of a bed or of the panel.
        name: Which of them.
        change: From what is true to what is read, and the time.
    """

    __slots__ = ("_change", "_holds", "_name", "_said", "_wires")

    def __init__(self, wires: object, name: str, change: Callable[[Any, int], Any]) -> None:
        self._wires = wires
        self._name = name
        self._change = change
        self._said: Any = None
        self._holds = False

    def undo(self) -> None:
        if self._holds:
            setattr(self._wires, self._name, self._said)
            self._holds = False

    def redo(self, now_us: int) -> None:
        self.after(now_us)

    def before(self, now_us: int) -> None:
        self.undo()

    def after(self, now_us: int) -> None:
        self._said = getattr(self._wires, self._name)
        self._holds = True
        setattr(self._wires, self._name, self._change(self._said, now_us))


def sensor_change(
    sensor: Sensor, kind: str, value: Value | None, now: float, source: np.random.Generator
) -> Callable[[float, int], float]:
    """Return how a fault changes what a sensor says.

    Args:
        sensor: Which sort.
        kind: How it breaks.
        value: How much.
        now: What it says at the beginning.
        source: Of chance.
    """
    dead = sensor.dead
    whole = sensor.component in ("oscillator", "converter")
    number = value.number if value is not None else 0.0
    match kind:
        case "off":
            return lambda _true, _us: dead
        case "stuck":
            held = now if value is None else number
            held = round(held) if whole else held
            return lambda _true, _us: held
        case "garbage":
            low, high = sensor.span
            if whole:
                return lambda _true, _us: int(source.integers(int(low), int(high)))
            return lambda _true, _us: float(source.uniform(low, high))
        case "wrong" if value is not None and value.mode == "x":
            zero = now if sensor.component in ("encoder", "oscillator", "converter") else 0.0
            if whole:
                return lambda true, _us: round(zero + (true - zero) * number)
            return lambda true, _us: zero + (true - zero) * number
        case "wrong":
            return lambda true, _us: round(true + number) if whole else true + number
        case "slow":
            return _Lag(now, 1.0 / max(number, 1.0), whole=whole)
        case "delayed":
            return _Delay(now, max(int(number), 1))
        case _:
            spells = Spells(source, number)
            return lambda true, _us: dead if spells.step() else true


class _Lag:
    __slots__ = ("_part", "_said", "_whole")

    def __init__(self, now: float, part: float, *, whole: bool) -> None:
        self._said = now
        self._part = part
        self._whole = whole

    def __call__(self, true: float, _now_us: int) -> float:
        self._said += (true - self._said) * self._part
        return round(self._said) if self._whole else self._said


class _Delay:
    __slots__ = ("_past",)

    def __init__(self, now: float, steps: int) -> None:
        self._past = deque([now] * steps)

    def __call__(self, true: float, _now_us: int) -> float:
        self._past.append(true)
        return self._past.popleft()


def switch_change(
    kind: str, now: bool, *, off: bool, stuck: bool | None, part: float, source: np.random.Generator
) -> Callable[[bool, int], bool]:
    """Return how a fault changes what a switch says.

    Args:
        kind: How it breaks.
        now: What it says at the beginning.
        off: What it says when it is off.
        stuck: What it says when it is stuck, None what it says now.
        part: Of the time that it chatters.
        source: Of chance.
    """
    if kind == "off":
        return lambda _true, _us: off
    if kind == "stuck":
        held = now if stuck is None else stuck
        return lambda _true, _us: held
    return lambda true, _us: not true if float(source.random()) < part else true
