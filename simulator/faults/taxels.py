"""Matrices that lie: cells, lines and whole images, after the converter."""

from collections import deque
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from simulator.faults.effect import Effect
from simulator.faults.grammar import Value
from simulator.faults.registry import TAXELS
from simulator.plant.matrix import Counts

CROSSTALK: Final = 0.15
"""Part of a line's mean that every cell of the line says too, when it is wet. Podal proposal."""

SCAN_MS: Final = 5

Said = NDArray[np.floating[Any]]


class TaxelFault(Effect):
    """A fault of some taxels of one bed.

    Args:
        place: Which, as the registry names them.
        kind: How.
        value: How much.
        top: Most that the converter says.
        source: Of chance.
    """

    __slots__ = (
        "_bed",
        "_cells",
        "_first_us",
        "_kind",
        "_past",
        "_seen",
        "_source",
        "_top",
        "_value",
    )

    def __init__(
        self, place: str, kind: str, value: Value | None, top: int, source: np.random.Generator
    ) -> None:
        form = TAXELS.fullmatch(place)
        if form is None:
            raise ValueError(f"no taxels are called {place}")
        bed, row, col, line, number = form.groups()
        self._bed = ("left", "right").index(bed)
        rows = slice(int(row), int(row) + 1) if row else slice(None)
        cols = slice(int(col), int(col) + 1) if col else slice(None)
        if line == "row":
            rows = slice(int(number), int(number) + 1)
        elif line == "col":
            cols = slice(int(number), int(number) + 1)
        self._cells = (rows, cols)
        self._kind = kind
        self._value = value or Value("", 0.0)
        self._top = top
        self._source = source
        self._seen: Counts | None = None
        self._past: deque[Counts] = deque()
        self._first_us = -1

    def scan(self, counts: Counts, now_us: int) -> Counts:
        if self._first_us < 0:
            self._first_us = now_us
        changed = counts.copy()
        part = changed[self._bed][self._cells]
        part[...] = np.clip(self._said(part, now_us), 0, self._top)
        changed.setflags(write=False)
        return changed

    def _said(self, part: Counts, now_us: int) -> Said:
        value, number = self._value, self._value.number
        said: Said
        match self._kind:
            case "off":
                said = np.zeros(part.shape)
            case "stuck":
                if self._seen is None:
                    self._seen = (
                        part.copy() if value == Value("", 0.0) else np.full_like(part, number)
                    )
                said = self._seen.astype(np.float64)
            case "garbage":
                said = np.asarray(part + self._source.standard_normal(part.shape) * number)
            case "slow":
                said = part + number * (now_us - self._first_us) / 1e6
            case "delayed":
                self._past.append(part.copy())
                if len(self._past) > max(int(number) // SCAN_MS, 1):
                    said = self._past.popleft().astype(np.float64)
                else:
                    said = self._past[0].astype(np.float64)
            case "intermittent":
                lost = float(self._source.random()) < number
                said = np.zeros(part.shape) if lost else part.astype(np.float64)
            case _:
                said = self._wrong(part.astype(np.float64))
        return said

    def _wrong(self, part: Said) -> Said:
        value = self._value
        match value.word:
            case "saturated":
                part = np.full(part.shape, float(self._top))
            case "transposed":  # the scan runs along the other lines
                part = part.T.reshape(part.shape)
            case "mirrored":
                part = part[:, ::-1]
            case "reversed":
                part = part[::-1]
            case "crosstalk":
                rows, cols = part.mean(axis=1, keepdims=True), part.mean(axis=0, keepdims=True)
                part = part + CROSSTALK * (rows + cols)
            case _:
                part = part * value.number if value.mode == "x" else part + value.number
        return part
