"""Drives and switches that do not do as ordered: between the firmware and the machine."""

from collections import deque
from collections.abc import Callable
from typing import Any

import numpy as np

from simulator.faults.effect import Effect
from simulator.faults.sensors import Spells
from simulator.plant.bed import BedPlant, Trouble


class OrderFault(Effect):
    """The machine reads another order than the firmware has written.

    Args:
        wires: Signals of a bed or of the panel.
        name: Which of them.
        change: From what is ordered to what is read.
    """

    __slots__ = ("_change", "_name", "_ordered", "_wires")

    def __init__(self, wires: object, name: str, change: Callable[[Any], Any]) -> None:
        self._wires = wires
        self._name = name
        self._change = change
        self._ordered: Any = None

    def before(self, now_us: int) -> None:
        self._ordered = ordered = getattr(self._wires, self._name)
        setattr(self._wires, self._name, self._change(ordered))

    def after(self, now_us: int) -> None:
        setattr(self._wires, self._name, self._ordered)


def late(steps: int) -> Callable[[float], float]:
    """Return a change that reads what was ordered so many milliseconds ago."""
    past = deque([0.0] * steps)

    def change(ordered: float) -> float:
        past.append(ordered)
        return past.popleft()

    return change


class TroubleFault(Effect):
    """A part of the machine is broken.

    Args:
        bed: Whose.
        trouble: What.
        share: Of the time that it is, in spells; 1.0 always.
        source: Of chance.
    """

    __slots__ = ("_bed", "_spells", "_trouble")

    def __init__(
        self, bed: BedPlant, trouble: Trouble, share: float, source: np.random.Generator
    ) -> None:
        self._bed = bed
        self._trouble = trouble
        self._spells = Spells(source, share) if share < 1.0 else None

    def begin(self, now_us: int) -> None:
        self._set(broken=True)

    def before(self, now_us: int) -> None:
        # Each millisecond: another fault of the same part may have ended in the meantime.
        self._set(broken=self._spells is None or self._spells.step())

    def end(self, now_us: int) -> None:
        self._set(broken=False)

    def _set(self, *, broken: bool) -> None:
        if broken:
            self._bed.troubles |= int(self._trouble)
        else:
            self._bed.troubles &= ~int(self._trouble)


class TangleFault(Effect):
    """Something has wound itself round a turning head."""

    __slots__ = ("_bed", "_mnm")

    def __init__(self, bed: BedPlant, mnm: float) -> None:
        self._bed = bed
        self._mnm = mnm

    def before(self, now_us: int) -> None:
        # Each millisecond: the person beside it may have something of their own in the head.
        self._bed.tangle_mnm = self._mnm

    def end(self, now_us: int) -> None:
        self._bed.tangle_mnm = 0.0
