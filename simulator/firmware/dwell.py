"""How long a head has pressed on one spot."""

import math
from typing import Final

SPOT_MM: Final = 15.0
AWAY_MS: Final = 1000
PRESSING_N: Final = 1.0


class Dwell:
    """Continuous time within 15 mm; being away, or off the skin, for 1 s starts anew.

    Attributes:
        time_ms: Time on the present spot.
    """

    __slots__ = ("_away_ms", "_next_ms", "_next_x_mm", "_next_y_mm", "_x_mm", "_y_mm", "time_ms")

    def __init__(self) -> None:
        self._x_mm = self._y_mm = math.inf
        self._next_x_mm = self._next_y_mm = math.inf
        self._next_ms = 0
        self._away_ms = AWAY_MS
        self.time_ms = 0

    def advance(self, *, x_mm: float, y_mm: float, force_n: float, step_ms: int) -> None:
        """Count `step_ms` more at this place under this force."""
        pressing = force_n > PRESSING_N
        if pressing and math.hypot(x_mm - self._x_mm, y_mm - self._y_mm) <= SPOT_MM:
            self.time_ms += step_ms
            self._away_ms = 0
            return
        self._away_ms += step_ms
        self.time_ms += step_ms
        self._count_next(x_mm, y_mm, step_ms if pressing else 0)
        if self._away_ms >= AWAY_MS:
            self.time_ms = self._next_ms
            self._x_mm, self._y_mm = self._next_x_mm, self._next_y_mm
            self._next_x_mm = math.inf

    def _count_next(self, x_mm: float, y_mm: float, pressed_ms: int) -> None:
        """Time a spot that may become the present one, so that its first second counts as well."""
        if math.hypot(x_mm - self._next_x_mm, y_mm - self._next_y_mm) > SPOT_MM:
            self._next_x_mm, self._next_y_mm = x_mm, y_mm
            self._next_ms = 0
        self._next_ms += pressed_ms
