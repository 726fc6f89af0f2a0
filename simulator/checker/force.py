"""Invariants of force: how hard and how fast. F1 to F3, F6 and F7."""

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from simulator.checker.columns import Bed, Column, Mask, Rows
from simulator.checker.hard_table import HARD_N, USER_MAX_N, region_name
from simulator.checker.report import Verdict, Violation
from simulator.checker.runaway import running_away
from simulator.checker.spells import clusters, count, each_bed, episodes, lasting, latest, since

CONTACT_N: Final = 1.0  # below it the hazard analysis calls a foot unloaded
# Row B1: contact is lost below this, and the answer to it is due within so long.
LOST_N: Final = 0.5
LOST_MS: Final = 50

# F1: windows of at most 20 ms, at least 1 s apart, and in them at most 5 % or 3 N above.
OVER_MS: Final = 20
OVER_APART_MS: Final = 1_000
OVER_SHARE: Final = 0.05
OVER_N: Final = 3.0

USER_MARGIN_N: Final = 1.5  # F2

# F3: over any 50 ms 0.05 of the allowed rise a second, and 2 N.
RISE_MS: Final = 50
RISE_N: Final = 2.0
FASTEST_RISE_N_S: Final = 80.0  # architecture 2: 20, patting 80
APPROACH_MM_S: Final = 5.0  # architecture 2: until 1 N
PRESS_MM_S: Final = 25.0  # architecture 2: in contact
# A press at 40 mm in 32-bit floats is known to 4e-6 mm, its speed over a millisecond to 0.008 mm/s.
SPEED_ROUNDING_MM_S: Final = 0.01

# F6
TOTAL_OVER_N: Final = 80.0
TOTAL_MS: Final = 50

# F7
SATURATED_TAXELS: Final = 3
SATURATED_MS: Final = 30
ANSWER_MS: Final = 30

Judged = tuple[int, Iterable[Violation]]


def hard_limit(rows: Rows) -> Verdict:
    """F1. Off the sole the limit is 0 N, so that any force there counts."""
    return each_bed(rows, lambda _, bed: (count(bed.force_n > 0.0), _over_hard(rows, bed)))


def _over_hard(rows: Rows, bed: Bed) -> Iterator[Violation]:
    hard_n = HARD_N[bed.region_true]
    over_n = bed.force_n - hard_n
    above = over_n > 0.0
    granted_n = np.maximum(OVER_SHARE * hard_n, OVER_N)
    for window in clusters(above, OVER_APART_MS):
        inside = slice(window.start, window.end)
        worst = window.start + int(np.argmax(over_n[inside]))
        if window.ms <= OVER_MS and (over_n[inside] <= granted_n[inside]).all():
            continue
        lasting_ms = count(above[inside])
        yield Violation(
            "F1",
            t_us=int(rows.t_us[window.start]),
            bed=bed.name,
            text=f"{bed.force_n[worst]:.1f} N on {region_name(int(bed.region_true[worst]))}, "
            f"{over_n[worst]:.1f} N above its {hard_n[worst]:.0f} N; above for {lasting_ms} ms "
            f"within {window.ms} ms",
            excess=float(over_n[worst]),
            lasting_ms=lasting_ms,
        )


def user_limit(rows: Rows) -> Verdict:
    """F2, before the first fault. Off the sole there is no hard limit above 0 N to reach."""
    return each_bed(rows, _over_user)


def _over_user(rows: Rows, bed: Bed) -> Judged:
    sound = before_faults(rows)
    user_n, hard_n = USER_MAX_N[bed.region_true], HARD_N[bed.region_true]
    reached = (hard_n > 0.0) & (bed.force_n >= hard_n)
    over_n = bed.force_n - user_n - USER_MARGIN_N

    def sentence(row: int) -> str:
        return (
            f"{bed.force_n[row]:.1f} N on {region_name(int(bed.region_true[row]))} without a "
            f"fault, where a user may choose {user_n[row]:.0f} N and {USER_MARGIN_N} N are granted"
        )

    broken = sound & ((over_n > 0.0) | reached)
    return (
        count(sound & (bed.force_n > 0.0)),
        episodes(rows, "F2", bed.name, broken, over_n, sentence),
    )


def before_faults(rows: Rows) -> Mask:
    """Return the rows before the first fault: what comes after one may be its doing.

    Where a run was given faults and the trace shows none, they may have been before it.
    """
    faulty = rows.fault_on > 0
    if rows.faults and not faulty.any():
        return np.zeros(len(rows), dtype=np.bool_)
    return ~np.logical_or.accumulate(faulty)


def rise(rows: Rows) -> Verdict:
    """F3: of the force, and of the press.

    The hazard analysis asks for 5 mm/s in the last 5 mm and in contact; the architecture, which
    wins, for 5 mm/s until 1 N and 25 mm/s in contact. Contact, once made at 1 N, is lost after
    50 ms below 0.5 N (row B1); how far a press may follow meanwhile is P3. A press that runs away
    is stopped by row A7, and judged by its force until then.
    """
    unruly = running_away(rows)
    force = each_bed(rows, _force_rise)
    speed = each_bed(rows, lambda rows, bed: _press_speed(rows, bed, unruly))
    return Verdict(force.times + speed.times, force.violations + speed.violations)


def _force_rise(rows: Rows, bed: Bed) -> Judged:
    in_contact = lasting(bed.force_n > 0.0) > RISE_MS
    gain_n, granted_n = _gains(bed)

    def sentence(row: int) -> str:
        return (
            f"the force rose by {gain_n[row]:.2f} N to {bed.force_n[row]:.1f} N within {RISE_MS} "
            f"ms of contact, {granted_n[row]:.2f} N are allowed"
        )

    broken = in_contact & (gain_n > granted_n)
    return (
        count(in_contact),
        episodes(rows, "F3", bed.name, broken, gain_n - granted_n, sentence),
    )


def _gains(bed: Bed) -> tuple[Column, Column]:
    """Return the gain of force over the 50 ms before each row, and what was allowed."""
    gain_n = np.zeros(len(bed.force_n))
    granted_n = np.full(len(bed.force_n), RISE_N)
    if len(gain_n) > RISE_MS:
        gain_n[RISE_MS:] = bed.force_n[RISE_MS:] - bed.force_n[:-RISE_MS]
        rate_n_s = np.minimum(bed.rate_limit_n_s, FASTEST_RISE_N_S)
        fastest_n_s = sliding_window_view(rate_n_s, RISE_MS + 1).max(axis=1)
        granted_n[RISE_MS:] += fastest_n_s * RISE_MS * 1e-3
    return gain_n, granted_n


def _press_speed(rows: Rows, bed: Bed, unruly: Mask) -> Judged:
    z_mm = bed.z_mm.astype(np.float64)
    speed_mm_s = np.diff(z_mm, prepend=z_mm[0]) * 1000.0
    allowed_mm_s = np.where(_in_contact(bed.force_n), PRESS_MM_S, APPROACH_MM_S)
    over_mm_s = speed_mm_s - allowed_mm_s

    def sentence(row: int) -> str:
        return (
            f"the press ran up at {speed_mm_s[row]:.2f} mm/s at {bed.force_n[row]:.2f} N and "
            f"{bed.gap_mm[row]:.1f} mm from the skin, {allowed_mm_s[row]:.0f} mm/s are allowed"
        )

    broken = (over_mm_s > SPEED_ROUNDING_MM_S) & ~unruly
    return (
        count(speed_mm_s > SPEED_ROUNDING_MM_S),
        episodes(rows, "F3", bed.name, broken, over_mm_s, sentence),
    )


def _in_contact(force_n: Column) -> Mask:
    """Return the rows between contact made and lost; it may have been made unseen."""
    made, lost = force_n >= CONTACT_N, lasting(force_n < LOST_N) > LOST_MS
    made[0] = force_n[0] >= LOST_N
    found: Mask = since(made, before=len(made)) < since(lost, before=len(lost))
    return found


def total(rows: Rows) -> Verdict:
    """F6. Resting is what stood on the bed before the head touched."""
    return each_bed(rows, _over_total)


def _over_total(rows: Rows, bed: Bed) -> Judged:
    pressing = bed.force_n >= CONTACT_N
    resting_n = latest(bed.bed_n, bed.force_n <= 0.0, otherwise=float(bed.resting_n[0]))
    over_n = bed.bed_n - resting_n - TOTAL_OVER_N
    over = pressing & (over_n > 0.0)

    def sentence(row: int) -> str:
        return (
            f"{bed.bed_n[row]:.0f} N on the bed under a pressing head, where {resting_n[row]:.0f} "
            f"N rested: more than {TOTAL_OVER_N:.0f} N on top for more than {TOTAL_MS} ms"
        )

    return (
        count(pressing),
        episodes(rows, "F6", bed.name, over & (lasting(over) > TOTAL_MS), over_n, sentence),
    )


def saturation(rows: Rows) -> Verdict:
    """F7. Judged while the device obeys: what was asked before cannot be taken back later."""
    return each_bed(rows, _blind)


def _blind(rows: Rows, bed: Bed) -> Judged:
    blind_ms = lasting(bed.saturated >= SATURATED_TAXELS)
    late = rows.device_is("ARMED", "RUNNING") & (blind_ms > SATURATED_MS + ANSWER_MS)

    def sentence(row: int) -> str:
        return (
            f"a set-point of {bed.setpoint_n[row]:.1f} N with {bed.saturated[row]} taxels at full "
            f"scale for {blind_ms[row]} ms"
        )

    broken = late & (bed.setpoint_n > 0.0)
    return (
        count(blind_ms == SATURATED_MS),
        episodes(rows, "F7", bed.name, broken, bed.setpoint_n, sentence),
    )
