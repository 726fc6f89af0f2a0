"""How long a head has pressed in one place, whichever place that is.

A spot is any place with what lies within 15 mm of it; it is left when nothing was pressed there for
a second. A small circle stays near its middle however often it leaves where it began, so every spot
has its own clock, on a raster over the bed, and its own time by the skin that lies there.
"""

import math
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from controller.field import CELL_MM as SOLE_MM
from controller.field import NO_SPOT_US, SoleField

SPOT_MM: Final = 15.0
AWAY_US: Final = 1_000_000
PRESSED_N: Final = 1.0
"""Source of all three: the design page of the machine, and invariant F5 of the hazard table."""

CELL_MM: Final = 3.0
COUNT_US: Final = 40_000
COUNT_MM: Final = 0.5
"""Time is counted where the head is once it has been there for so long, or has moved so far."""

REACH_MM: Final = SPOT_MM + CELL_MM / math.sqrt(2.0) + COUNT_MM
"""A spot is known to half a cell and the head to `COUNT_MM`: nothing within 15 mm is missed."""

_REACH: Final = math.ceil(REACH_MM / CELL_MM)


LEAST_US: Final = 3_000_000
"""What is left where nothing is known: the time of the skin that bears it for the shortest time,
by the limits of the domain notes, section 3.2."""

MAX_MM: Final = 1_000.0
"""Beds are smaller; a place beyond counts as here."""


class Spots(NamedTuple):
    """The clocks of all spots of a bed, by cells of `CELL_MM`; row 0 at y = 0, column 0 at x = 0.

    Attributes:
        held_us: Time pressed near each, int64 (rows, cols).
        last_us: When last, by the clock of the hold, int64 (rows, cols).
    """

    held_us: NDArray[np.int64]
    last_us: NDArray[np.int64]


class Hold(NamedTuple):
    """What one head has pressed lately.

    Attributes:
        held_us: The longest that a spot near the head has been pressed, 0 while none is.
        left_us: The least that is left to a spot near the head.
        x_mm: Where the head was when time was last counted, bed frame.
        y_mm: The same.
        waiting_us: Pressed there and not counted yet.
        away_us: Not pressed anywhere since; a second of it ends the hold.
        now_us: Time since the hold began.
        spots: The clocks, None before the first is set.
    """

    held_us: int = 0
    left_us: int = LEAST_US
    x_mm: float = 0.0
    y_mm: float = 0.0
    waiting_us: int = 0
    away_us: int = 0
    now_us: int = 0
    spots: Spots | None = None


NOT_HELD: Final = Hold()


def hold_on(
    hold: Hold,
    *,
    x_mm: float,
    y_mm: float,
    force_n: float,
    dt_us: int,
    field: SoleField | None,
) -> Hold:
    """Return the hold `dt_us` later, with the head at (x, y) under `force_n`.

    A force that is no number presses; a place that is none is where the head was last. Without a
    `field` no time is left.
    """
    now_us = hold.now_us + dt_us
    if force_n <= PRESSED_N:
        away_us = hold.away_us + dt_us
        if not hold.held_us or away_us >= AWAY_US:
            return NOT_HELD
        return hold._replace(away_us=away_us, now_us=now_us)
    x_mm = min(max(x_mm, 0.0), MAX_MM) if math.isfinite(x_mm) else hold.x_mm
    y_mm = min(max(y_mm, 0.0), MAX_MM) if math.isfinite(y_mm) else hold.y_mm
    stayed = math.hypot(x_mm - hold.x_mm, y_mm - hold.y_mm) <= COUNT_MM and not hold.away_us
    if stayed and 0 < hold.waiting_us < COUNT_US:
        return hold._replace(
            held_us=hold.held_us + dt_us,
            left_us=hold.left_us - dt_us,
            waiting_us=hold.waiting_us + dt_us,
            now_us=now_us,
        )
    spots = _with_room(hold.spots, x_mm, y_mm)
    if hold.waiting_us:
        until_us = hold.now_us - hold.away_us
        spots = _counted(spots, hold.x_mm, hold.y_mm, hold.waiting_us, until_us)
    held_us, left_us = _told(spots, x_mm, y_mm, hold.now_us, field)
    return Hold(held_us + dt_us, left_us - dt_us, x_mm, y_mm, dt_us, 0, now_us, spots)


def _with_room(spots: Spots | None, x_mm: float, y_mm: float) -> Spots:
    """Return clocks that reach beyond (x, y) by what is near it."""
    if spots is None:
        none = np.zeros((0, 0), dtype=np.int64)
        spots = Spots(none, none)
    rows, cols = spots.held_us.shape
    more = (
        (0, max(int((y_mm + REACH_MM) / CELL_MM) + 2 - rows, 0)),
        (0, max(int((x_mm + REACH_MM) / CELL_MM) + 2 - cols, 0)),
    )
    if more == ((0, 0), (0, 0)):
        return spots
    return Spots(*(np.pad(clocks, more) for clocks in spots))


def _near(spots: Spots, x_mm: float, y_mm: float) -> tuple[tuple[slice, slice], NDArray[np.bool_]]:
    """Return the window around (x, y), and which of its spots the head there presses."""
    row, col = int(y_mm / CELL_MM), int(x_mm / CELL_MM)
    top, left = max(row - _REACH, 0), max(col - _REACH, 0)
    window = slice(top, row + _REACH + 1), slice(left, col + _REACH + 1)
    rows, cols = spots.held_us[window].shape
    up_mm = (np.arange(top, top + rows) + 0.5) * CELL_MM - y_mm
    right_mm = (np.arange(left, left + cols) + 0.5) * CELL_MM - x_mm
    near = (up_mm * up_mm)[:, None] + right_mm * right_mm <= REACH_MM * REACH_MM
    return window, near


def _counted(spots: Spots, x_mm: float, y_mm: float, pressed_us: int, until_us: int) -> Spots:
    """Return the clocks after the head has pressed at (x, y) for `pressed_us`."""
    window, near = _near(spots, x_mm, y_mm)
    held_us, last_us = spots.held_us.copy(), spots.last_us.copy()
    left = near & (until_us - pressed_us - last_us[window] >= AWAY_US)
    held_us[window][left] = 0
    held_us[window][near] += pressed_us
    last_us[window][near] = until_us
    return Spots(held_us, last_us)


def _told(
    spots: Spots, x_mm: float, y_mm: float, now_us: int, field: SoleField | None
) -> tuple[int, int]:
    """Return how long the spots near (x, y) were pressed at most, and how long they may be yet."""
    window, near = _near(spots, x_mm, y_mm)
    held_us = np.where(now_us - spots.last_us[window] < AWAY_US, spots.held_us[window], 0)
    longest_us = int(np.max(held_us, where=near, initial=0))
    if field is None:
        return longest_us, 0
    rows, cols = field.hold_us.shape
    row = (np.arange(window[0].start, window[0].start + near.shape[0]) + 0.5) * CELL_MM / SOLE_MM
    col = (np.arange(window[1].start, window[1].start + near.shape[1]) + 0.5) * CELL_MM / SOLE_MM
    row, col = row.astype(np.intp), col.astype(np.intp)
    on_bed = near & (row < rows)[:, None] & (col < cols)
    may_us = field.hold_us[np.minimum(row, rows - 1)[:, None], np.minimum(col, cols - 1)]
    return longest_us, int(np.min(may_us - held_us, where=on_bed, initial=NO_SPOT_US))
