"""Invariants of place: where a head may press, and on what. P1 to P5."""

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np

from simulator.checker.columns import Bed, Column, Mask, Rows
from simulator.checker.force import CONTACT_N, LOST_MS, LOST_N
from simulator.checker.hard_table import HARD_N, REGIONS, region_name
from simulator.checker.report import Verdict, Violation
from simulator.checker.spells import (
    Spell,
    begins,
    count,
    each_bed,
    episodes,
    lasting,
    since,
    spells,
)

# P1
INSIDE_MM: Final = 5.0
MOVED_MS: Final = 50

# P2
BORDER_SHARE: Final = 0.3
# A carriage at 310 mm in 32-bit floats is known to 3e-5 mm, its speed over a row to 0.06 mm/s.
STILL_MM_S: Final = 0.1

CHASE_MM: Final = 2.0  # P3

# P4
LEAVE_MS: Final = 200
LOADED_N: Final = 1.0  # what lies on a bed and weighs less is not its content

# P5. By the architecture the host uses the lowest limit of all that the head's contact and the
# doubt about the pose cover: 3 cm2 are 10 mm to each side (section 1), and 8 mm a pose may be off
# before it has to be found anew (row B2); on a small foot, 200 mm by 80 mm, that is this much.
FIRM_N: Final = 3.0
REACH_MM: Final = 10.0 + 8.0
REACH_U: Final = REACH_MM / 200.0
REACH_V: Final = REACH_MM / 80.0
_LOW_U, _HIGH_U = np.array([region.u for region in REGIONS]).T
_LOW_V, _HIGH_V = np.array([region.v for region in REGIONS]).T

Judged = tuple[int, Iterable[Violation]]


def on_the_sole(rows: Rows) -> Verdict:
    """P1. The 50 ms count from when the foot begins to move: deadlines are from physical onset.

    Whether it moved just before the first row is not seen, and not held against anybody.
    """
    return each_bed(rows, _off_the_sole)


def _off_the_sole(rows: Rows, bed: Bed) -> Judged:
    pressing = bed.force_n > CONTACT_N
    moved = begins(bed.foot_moved)
    moved[0] = True
    short_mm = INSIDE_MM - bed.sole_margin_mm

    def sentence(row: int) -> str:
        margin_mm = float(bed.sole_margin_mm[row])
        where = f"{abs(margin_mm):.1f} mm {'inside' if margin_mm >= 0 else 'outside'}"
        return (
            f"{bed.force_n[row]:.1f} N with the head {where} the true outline, {INSIDE_MM:.0f} mm "
            f"inside are due"
        )

    broken = pressing & (short_mm > 0.0) & (since(moved, before=0) > MOVED_MS)
    return count(pressing), episodes(rows, "P1", bed.name, broken, short_mm, sentence)


def inside_the_mask(rows: Rows) -> Verdict:
    """P2. Moving with more than 0.3 of the hard limit, the head's middle stays in the mask."""
    return each_bed(rows, _over_the_border)


def _over_the_border(rows: Rows, bed: Bed) -> Judged:
    speed_mm_s = np.hypot(_per_second(bed.x_mm), _per_second(bed.y_mm))
    over_n = bed.force_n - BORDER_SHARE * HARD_N[bed.region_true]
    sliding = (speed_mm_s > STILL_MM_S) & (over_n > 0.0)

    def sentence(row: int) -> str:
        return (
            f"{bed.force_n[row]:.1f} N on {region_name(int(bed.region_true[row]))}, moving at "
            f"{speed_mm_s[row]:.1f} mm/s outside the mask"
        )

    broken = sliding & ~bed.in_mask
    return count(sliding), episodes(rows, "P2", bed.name, broken, over_n, sentence)


def _per_second(at_mm: Column) -> Column:
    exact_mm = at_mm.astype(np.float64)
    return np.diff(exact_mm, prepend=exact_mm[0]) * 1000.0


def no_chase(rows: Rows) -> Verdict:
    """P3. Contact is lost when the force falls below 0.5 N while 1 N or more is applied.

    Lost for 50 ms it is lost until a new ARM; touched again sooner it was not lost, but meanwhile
    the press may not have followed either.
    """
    arms = np.flatnonzero(begins(rows.device_is("ARMED", "RUNNING")))
    return each_bed(rows, lambda rows, bed: _chases(rows, bed, arms))


def _chases(rows: Rows, bed: Bed, arms: Column) -> Judged:
    lost = [spell for spell in spells(bed.force_n < LOST_N) if _is_lost(bed, spell.start)]
    return len(lost), (found for spell in lost for found in _chase(rows, bed, spell, arms))


def _is_lost(bed: Bed, row: int) -> bool:
    """Whether the head was pressing up to this row, and was to go on."""
    return row > 0 and bool(bed.applied_n[row] >= CONTACT_N)


def _chase(rows: Rows, bed: Bed, spell: Spell, arms: Column) -> Iterator[Violation]:
    later = arms[arms > spell.start]
    armed_anew = int(later[0]) if len(later) else len(rows)
    end = armed_anew if spell.ms > LOST_MS else min(spell.end, armed_anew)
    advance_mm = bed.z_mm[spell.start : end] - bed.z_mm[spell.start]
    over = advance_mm > CHASE_MM
    if not over.any():
        return
    farthest = float(advance_mm.max())
    yield Violation(
        "P3",
        t_us=int(rows.t_us[spell.start]),
        bed=bed.name,
        text=f"the press went {farthest:.1f} mm up after contact was lost at "
        f"{bed.applied_n[spell.start]:.1f} N applied, with no new ARM; {CHASE_MM:.0f} mm are "
        f"allowed",
        excess=farthest - CHASE_MM,
        lasting_ms=count(over),
    )


def one_foot(rows: Rows) -> Verdict:
    """P4. For `enable` stands what the architecture has: ARMED or RUNNING.

    There the drives stay on to let go and to hold home, so that `enable` itself says nothing. An
    empty bed may stand beside a massaged foot, as long as nothing is applied there.
    """
    return each_bed(rows, _not_one_foot)


def _not_one_foot(rows: Rows, bed: Bed) -> Judged:
    armed = rows.device_is("ARMED", "RUNNING")
    wrong = ~bed.single_foot & ((bed.bed_n > LOADED_N) | (bed.applied_n > 0.0))
    wrong_ms = lasting(wrong)
    start = begins(armed) & wrong

    def sentence(row: int) -> str:
        doing = "armed" if start[row] else "still armed"
        return (
            f"{doing} with {bed.bed_n[row]:.0f} N on the bed that are not one foot, since "
            f"{wrong_ms[row]} ms"
        )

    broken = armed & (start | (wrong_ms > LEAVE_MS))
    return (
        count(begins(wrong)) + count(begins(armed)),
        episodes(rows, "P4", bed.name, broken, wrong_ms - LEAVE_MS, sentence),
    )


def right_region(rows: Rows) -> Verdict:
    """P5. A set-point's region is the true one, or within reach of it.

    The invariant is about side and direction: the neighbour across a border that the head's contact
    or the doubt about the pose covers is not called wrong.
    """
    return each_bed(rows, _wrong_region)


def _wrong_region(rows: Rows, bed: Bed) -> Judged:
    pressing = rows.device_is("ARMED", "RUNNING") & (bed.force_n > FIRM_N) & (bed.setpoint_n > 0.0)
    differs = pressing & (bed.region_believed != bed.region_true)
    far = differs & _far_from(bed.region_believed, bed.u_true, bed.v_true)

    def sentence(row: int) -> str:
        return (
            f"the host pressed {bed.force_n[row]:.1f} N as if on "
            f"{region_name(int(bed.region_believed[row]))}, the head was on "
            f"{region_name(int(bed.region_true[row]))} at u {bed.u_true[row]:.2f}, "
            f"v {bed.v_true[row]:.2f}"
        )

    return count(pressing), episodes(rows, "P5", bed.name, far, bed.force_n, sentence)


def _far_from(region: Column, u: Column, v: Column) -> Mask:
    """Return which places are out of reach of these regions."""
    known = (region >= 0) & (region < len(REGIONS))
    index = np.where(known, region, 0)
    away_u = np.maximum(_LOW_U[index] - u, u - _HIGH_U[index])
    away_v = np.maximum(_LOW_V[index] - v, v - _HIGH_V[index])
    far: Mask = ~known | (away_u > REACH_U) | (away_v > REACH_V)
    return far
