"""F5: no spot is pressed for longer than its region bears."""

from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

import numpy as np

from simulator.checker.columns import Bed, Counts, Rows
from simulator.checker.force import CONTACT_N
from simulator.checker.hard_table import HOLD_S, REGIONS, region_name
from simulator.checker.report import Verdict, Violation
from simulator.checker.spells import clusters, count, each_bed

# Architecture 2: continuous time within 15 mm counts, and leaving for 1 s begins it anew.
SPOT_MM: Final = 15.0
LEFT_MS: Final = 1_000
MARGIN_MS: Final = 100  # F5
GRID_MM: Final = 5.0  # of the spots looked at; a finer one could only find more


class _Stay(NamedTuple):
    """A stay at a spot that lasted too long."""

    start: int
    end: int
    over_ms: int
    spot: int
    held_ms: int


def hold(rows: Rows) -> Verdict:
    """F5. A spot is any place where a head pressed, with what lies within 15 mm of it.

    The region at the spot says how long; time away does not count, and 1 s of it begins anew.
    """
    return each_bed(rows, _held)


def _held(rows: Rows, bed: Bed) -> tuple[int, Iterable[Violation]]:
    pressed = np.flatnonzero((bed.force_n > CONTACT_N) & (bed.region_true >= 0))
    return len(pressed), _too_long(rows, bed, pressed)


def _too_long(rows: Rows, bed: Bed, pressed: Counts) -> Iterator[Violation]:
    stays = [stay for spot in _spots(bed, pressed) for stay in _stays(bed, pressed, spot)]
    told: list[_Stay] = []
    for stay in sorted(stays, key=lambda stay: -stay.over_ms):
        # Neighbouring spots tell of the same stay; the worst one is told.
        if any(stay.start < other.end and other.start < stay.end for other in told):
            continue
        told.append(stay)
        region = int(bed.region_true[stay.spot])
        yield Violation(
            "F5",
            t_us=int(rows.t_us[stay.start]),
            bed=bed.name,
            text=f"more than {CONTACT_N:.0f} N for {stay.held_ms / 1000:.2f} s within "
            f"{SPOT_MM:.0f} mm of ({bed.x_mm[stay.spot]:.0f}, {bed.y_mm[stay.spot]:.0f}) mm on "
            f"{region_name(region)}, {HOLD_S[region]:.0f} s are allowed",
            excess=stay.over_ms / 1000.0,
            lasting_ms=stay.over_ms,
        )


def _spots(bed: Bed, pressed: Counts) -> list[int]:
    """Return one row for each cell of the grid and each region in which a head pressed."""
    x, y = (np.floor(at_mm[pressed] / GRID_MM).astype(np.int64) for at_mm in (bed.x_mm, bed.y_mm))
    _, first = np.unique(
        (x * 4096 + y) * len(REGIONS) + bed.region_true[pressed], return_index=True
    )
    return [int(row) for row in pressed[first]]


def _stays(bed: Bed, pressed: Counts, spot: int) -> Iterator[_Stay]:
    allowed_ms = int(HOLD_S[bed.region_true[spot]]) * 1000 + MARGIN_MS
    x_mm, y_mm = bed.x_mm[pressed] - bed.x_mm[spot], bed.y_mm[pressed] - bed.y_mm[spot]
    here = np.zeros(len(bed.x_mm), dtype=np.bool_)
    here[pressed] = x_mm * x_mm + y_mm * y_mm <= SPOT_MM * SPOT_MM
    if count(here) <= allowed_ms:
        return
    for stay in clusters(here, LEFT_MS):
        held_ms = count(here[stay.start : stay.end])
        if held_ms > allowed_ms:
            yield _Stay(stay.start, stay.end, held_ms - allowed_ms, spot, held_ms)
