"""How punctual the loop is: counts of times by size, in constant memory, nothing made per frame."""

import itertools
from typing import Final, NamedTuple

_BITS: Final = 3
_PER_OCTAVE: Final = 1 << _BITS
_LINEAR_US: Final = 2 * _PER_OCTAVE
"""Below 16 us each microsecond has its own bin; above, each doubling has eight: 12 % at most."""

_OCTAVES: Final = 16
"""Up to 2^20 us, a second; longer times share the last bin, the longest is kept apart."""

_BINS: Final = _LINEAR_US + _OCTAVES * _PER_OCTAVE


class Spread(NamedTuple):
    """Median, 99th and 99.9th percentile and the longest [us]; zeros where nothing was counted."""

    p50_us: int = 0
    p99_us: int = 0
    p999_us: int = 0
    max_us: int = 0


SHARES: Final = (0.5, 0.99, 0.999)

FROM_US: Final = (0, *(_LINEAR_US << octave for octave in range(_OCTAVES)))
"""Where each bin of the coarse histogram begins."""


class Histogram:
    """Counts of times since the start.

    Attributes:
        total: How many were counted.
        max_us: The longest of them.
    """

    __slots__ = ("_counts", "max_us", "total")

    def __init__(self) -> None:
        self._counts = [0] * _BINS
        self.total = 0
        self.max_us = 0

    def add(self, time_us: int) -> None:
        """Count one; less than nothing counts as nothing."""
        if time_us < _LINEAR_US:
            self._counts[time_us if time_us > 0 else 0] += 1
        else:
            shift = time_us.bit_length() - _BITS - 1
            place = _PER_OCTAVE * shift + (time_us >> shift)
            self._counts[place if place < _BINS else _BINS - 1] += 1
        self.total += 1
        self.max_us = max(self.max_us, time_us)

    def spread(self) -> Spread:
        """Return the percentiles, each as the upper edge of its bin."""
        found: list[int] = []
        seen = 0
        for place, count in enumerate(self._counts):
            if not count:
                continue
            seen += count
            while len(found) < len(SHARES) and seen >= SHARES[len(found)] * self.total:
                found.append(min(_end_us(place) - 1, self.max_us))
        if not found:
            return Spread()
        p50_us, p99_us, p999_us = found
        return Spread(p50_us, p99_us, p999_us, self.max_us)

    def coarse(self) -> list[int]:
        """Return the counts by doublings, beginning at `FROM_US`."""
        starts = [0, *range(_LINEAR_US, _BINS, _PER_OCTAVE), _BINS]
        return [sum(self._counts[start:end]) for start, end in itertools.pairwise(starts)]


def _end_us(place: int) -> int:
    """Return where the bin after `place` begins."""
    if place < _LINEAR_US:
        return place + 1
    shift = place // _PER_OCTAVE - 1
    return (place % _PER_OCTAVE + _PER_OCTAVE + 1) << shift
