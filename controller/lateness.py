"""How late the loop is: the age of each frame when its tick begins, as a histogram."""

from typing import Final

BIN_US: Final = 50
BINS: Final = 2_000
"""Up to 100 ms in steps of 50 us; later ones share the last bin, the largest is kept apart."""


class Lateness:
    """Counts of frame ages since the start; constant memory, no allocation per frame."""

    __slots__ = ("_counts", "_total", "max_us")

    def __init__(self) -> None:
        self._counts = [0] * BINS
        self._total = 0
        self.max_us = 0

    def add(self, late_us: int) -> None:
        """Count one frame."""
        late_us = max(late_us, 0)
        self._counts[min(late_us // BIN_US, BINS - 1)] += 1
        self._total += 1
        self.max_us = max(self.max_us, late_us)

    def quantile_us(self, share: float) -> int:
        """Return the upper edge of the bin below which `share` of the frames lie; 0 without any."""
        wanted = share * self._total
        seen = 0
        for number, count in enumerate(self._counts):
            seen += count
            if count and seen >= wanted:
                return min((number + 1) * BIN_US, self.max_us)
        return 0
