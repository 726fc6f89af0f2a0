"""How long a head has pressed in one place: the time within 15 mm, until it has left for 1 s."""

import math
from typing import Final, NamedTuple

SPOT_MM: Final = 15.0
AWAY_US: Final = 1_000_000
PRESSED_N: Final = 1.0
"""Source of all three: the design page of the machine, and invariant F5 of the hazard table."""


class Hold(NamedTuple):
    """A place that is pressed.

    Attributes:
        x_mm: Where it began, bed frame.
        y_mm: Where it began, bed frame.
        held_us: Time pressed there.
        away_us: Time since then without pressing there; a second of it ends the hold.
    """

    x_mm: float = 0.0
    y_mm: float = 0.0
    held_us: int = 0
    away_us: int = 0


NOT_HELD: Final = Hold()


def hold_on(hold: Hold, *, x_mm: float, y_mm: float, force_n: float, dt_us: int) -> Hold:
    """Return the hold `dt_us` later, with the head at (x, y) under `force_n`."""
    pressed = not force_n <= PRESSED_N
    if not hold.held_us:
        return Hold(x_mm, y_mm, dt_us, 0) if pressed else NOT_HELD
    if pressed and math.hypot(x_mm - hold.x_mm, y_mm - hold.y_mm) <= SPOT_MM:
        return hold._replace(held_us=hold.held_us + dt_us, away_us=0)
    away_us = hold.away_us + dt_us
    if away_us < AWAY_US:
        return hold._replace(away_us=away_us)
    # Where it has pressed meanwhile is not known any more: all of that second counts as here.
    return Hold(x_mm, y_mm, away_us, 0) if pressed else NOT_HELD
