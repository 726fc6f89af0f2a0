"""Seeded noise, made once in bulk: one draw a millisecond would cost more than the physics."""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

NOISE_MASK: Final = (1 << 14) - 1
_FIELD: Final = 1 << 19


def generator(seed: int, *path: int) -> np.random.Generator:
    """Return the random source of one part, independent of every other part's."""
    return np.random.default_rng([seed, *path])


def scalar_noise(source: np.random.Generator, sd: float) -> list[float]:
    """Return Gaussian numbers to be read in a loop: index & NOISE_MASK."""
    values: list[float] = (source.standard_normal(NOISE_MASK + 1) * sd).tolist()
    return values


class FieldNoise:
    """Gaussian fields cut out of one long record at places that do not repeat for hours.

    Args:
        source: Where they come from.
        sd: Their standard deviation.
        most: Larger numbers are clipped.
        shape: Of a field.
    """

    __slots__ = ("_at", "_shape", "_size", "_stride", "_values")

    def __init__(
        self, source: np.random.Generator, *, sd: float, most: float, shape: tuple[int, ...]
    ) -> None:
        self._shape = shape
        self._size = math.prod(shape)
        values = source.standard_normal(_FIELD + self._size) * sd
        self._values = values.clip(-most, most).astype(np.float32)
        self._stride = 2 * int(source.integers(self._size, _FIELD // 2)) + 1
        self._at = 0

    def draw(self) -> NDArray[np.float32]:
        """Return the next field; read-only use."""
        at = self._at
        self._at = (at + self._stride) & (_FIELD - 1)
        return self._values[at : at + self._size].reshape(self._shape)
