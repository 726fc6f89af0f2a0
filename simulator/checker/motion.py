"""Invariants of the drives and their warmth: M1 to M4, T1."""

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np

from simulator.checker.columns import Bed, Column, Mask, Rows
from simulator.checker.report import Verdict, Violation
from simulator.checker.spells import begins, count, each_bed, episodes, lasting

# M1
POWER_MS: Final = 20
UP_MM: Final = 0.05  # less is the play of a drive that has just been stopped

# M2, and row A8: less than 0.2 mm in 100 ms.
STALLED_MS: Final = 150
STALL_WINDOW_MS: Final = 100
STALL_MM: Final = 0.2
# docs/reference/protocol.md, the reference device: 40 mA idle, 25 mA friction, 11 mA/N. Domain
# figures 7: current tells force to 30 %.
IDLE_MA: Final = 40.0 + 25.0
MA_PER_N: Final = 11.0
CURRENT_SHARE: Final = 1.3

# M3
UNHOMED_MM_S: Final = 5.0
ROUNDING_MM_S: Final = 0.1

# M4, and row A6: back by at most as much.
TANGLE_SHARE: Final = 1.5
TANGLE_MS: Final = 30
TANGLE_STOP_MS: Final = 50
TANGLE_DEG: Final = 90.0
STANDING_RPM: Final = 0.5
DEG_PER_RPM_MS: Final = 360.0 / 60.0 / 1000.0
TORQUE_ROUNDING_MNM: Final = 1e-3

# T1
SURFACE_C: Final = 43.0
MOTOR_C: Final = 70.0

Judged = tuple[int, Iterable[Violation]]


def power_off(rows: Rows) -> Verdict:
    """M1. SILENT and LIMP: no drive has power; RETRACT and LATCHED: no press goes up.

    The architecture tests and homes on the way from SILENT to READY, and needs power for it: until
    homed it may come back after it has been off, or where SILENT began before the trace. Carriage
    and spin run out by themselves.
    """
    silent, limp = rows.device_is("SILENT"), rows.device_is("LIMP")
    off, going = silent | limp, rows.device_is("RETRACT", "LATCHED")
    off_ms = lasting(off)
    began_unseen = off_ms > np.arange(len(rows))
    never_off = (lasting(off & rows.enable) == off_ms) & ~began_unseen
    allowed = silent & ~rows.homed & ~never_off

    def sentence(row: int) -> str:
        state = rows.fw_state_names[rows.fw_state[row]]
        return f"the drives have power {off_ms[row]} ms after {state} began"

    powered = (off_ms > POWER_MS) & rows.enable & ~allowed
    found = episodes(rows, "M1", "", powered, off_ms - POWER_MS, sentence)
    retracting = each_bed(rows, lambda rows, bed: (0, _goes_up(rows, bed, going)))
    times = count(begins(off)) + count(begins(going))
    return Verdict(times, (*found, *retracting.violations))


def _goes_up(rows: Rows, bed: Bed, going: Mask) -> Iterator[Violation]:
    due = lasting(going) > POWER_MS
    up_mm = bed.z_mm - _lowest_so_far(bed.z_mm, due)

    def sentence(row: int) -> str:
        state = rows.fw_state_names[rows.fw_state[row]]
        return f"the press went {up_mm[row]:.2f} mm up in {state}, at {bed.z_mm[row]:.1f} mm"

    return episodes(rows, "M1", bed.name, due & (up_mm > UP_MM), up_mm, sentence)


def _lowest_so_far(z_mm: Column, spell: Mask) -> Column:
    """Return the lowest place of each spell up to each of its rows."""
    lowest = z_mm.astype(np.float64)
    for start, end in np.flatnonzero(np.diff(spell, prepend=False, append=False)).reshape(-1, 2):
        lowest[start:end] = np.minimum.accumulate(lowest[start:end])
    return lowest


def stalled(rows: Rows) -> Verdict:
    """M2, of the press: the others have no current in the trace."""
    return each_bed(rows, _stalled)


def _stalled(rows: Rows, bed: Bed) -> Judged:
    hold_ma = IDLE_MA + CURRENT_SHARE * MA_PER_N * np.maximum(bed.force_n, 0.0)
    over_ma = np.abs(bed.press_current_ma) - hold_ma
    over_ms = lasting(over_ma > 0.0)
    stands = _stands(bed.z_mm)

    def sentence(row: int) -> str:
        return (
            f"{bed.press_current_ma[row]:.0f} mA for {over_ms[row]} ms in a press that stands at "
            f"{bed.force_n[row]:.1f} N; {hold_ma[row]:.0f} mA hold that"
        )

    broken = stands & (over_ms > STALLED_MS)
    return (
        count(begins(stands & (over_ma > 0.0))),
        episodes(rows, "M2", bed.name, broken, over_ma, sentence),
    )


def _stands(z_mm: Column) -> Mask:
    """Return the rows that end 150 ms with less than 0.2 mm moved in each 100 ms of them."""
    window, before = STALL_WINDOW_MS, STALLED_MS - STALL_WINDOW_MS
    slow = np.zeros(len(z_mm), dtype=np.bool_)
    slow[window:] = np.abs(z_mm[window:] - z_mm[:-window]) < STALL_MM
    found = slow.copy()
    found[before:] &= slow[:-before]
    found[:before] = False
    return found


def homed_first(rows: Rows) -> Verdict:
    """M3. To press is to have a force applied, or to go up against the skin: homing goes up, too.

    5 mm/s are those of each axis. A drive that loses home on its way has the 20 ms of M1 to lose
    its power, and then runs out: it is judged as long as it does not grow slower.
    """
    unhomed = ~rows.homed.astype(np.bool_)
    due = lasting(unhomed) > POWER_MS
    verdict = each_bed(rows, lambda rows, bed: (0, _unhomed(rows, bed, due)))
    return Verdict(count(unhomed), verdict.violations)


def _unhomed(rows: Rows, bed: Bed, due: Mask) -> Iterator[Violation]:
    x_mm_s, y_mm_s = np.abs(_speed(bed.x_mm)), np.abs(_speed(bed.y_mm))
    x_mm_s[_slower(x_mm_s)] = 0.0
    y_mm_s[_slower(y_mm_s)] = 0.0
    axis_mm_s = np.maximum(x_mm_s, y_mm_s)
    up_mm_s = _speed(bed.z_mm)
    pressing = (bed.applied_n > 0.0) | ((up_mm_s > ROUNDING_MM_S) & (bed.force_n > 0.0))

    def pressed(row: int) -> str:
        return (
            f"not homed, {bed.applied_n[row]:.1f} N were applied and the press went up at "
            f"{up_mm_s[row]:.1f} mm/s against {bed.force_n[row]:.1f} N"
        )

    def ran(row: int) -> str:
        return (
            f"not homed, the carriage ran at {axis_mm_s[row]:.1f} mm/s; "
            f"{UNHOMED_MM_S:.0f} mm/s are allowed"
        )

    over_mm_s = axis_mm_s - UNHOMED_MM_S
    too_fast = due & (over_mm_s > ROUNDING_MM_S)
    yield from episodes(rows, "M3", bed.name, due & pressing, bed.applied_n, pressed)
    yield from episodes(rows, "M3", bed.name, too_fast, over_mm_s, ran)


def _slower(speed_mm_s: Column) -> Mask:
    """Return the rows in which a drive is slower than in the one before."""
    return np.diff(speed_mm_s, prepend=speed_mm_s[0]) < -ROUNDING_MM_S


def _speed(at_mm: Column) -> Column:
    exact_mm = at_mm.astype(np.float64)
    return np.diff(exact_mm, prepend=exact_mm[0]) * 1000.0


def tangle(rows: Rows) -> Verdict:
    """M4. Row A6 adds that it may turn back by 90 degrees at most."""
    arms = np.flatnonzero(begins(rows.device_is("ARMED", "RUNNING")))
    return each_bed(rows, lambda rows, bed: _tangles(rows, bed, arms))


def _tangles(rows: Rows, bed: Bed, arms: Column) -> Judged:
    torque, expected = np.abs(bed.spin_torque_mnm), np.abs(bed.spin_expected_mnm)
    caught = torque > TANGLE_SHARE * expected + TORQUE_ROUNDING_MNM
    triggers = np.flatnonzero(lasting(caught & _turning(bed)) == TANGLE_MS)
    return len(triggers), (
        found for row in triggers.tolist() for found in _turns(rows, bed, row, arms)
    )


def _turning(bed: Bed) -> Mask:
    return np.abs(bed.spin_rpm) > STANDING_RPM


def _turns(rows: Rows, bed: Bed, row: int, arms: Column) -> Iterator[Violation]:
    later = arms[arms > row]
    rpm = bed.spin_rpm[row : int(later[0]) if len(later) else len(rows)].astype(np.float64)
    way = np.sign(rpm[0])
    on_deg = float(np.maximum(way * rpm[1:], 0.0).sum()) * DEG_PER_RPM_MS
    back_deg = float(np.maximum(-way * rpm[1:], 0.0).sum()) * DEG_PER_RPM_MS
    still = np.flatnonzero(way * rpm <= STANDING_RPM)
    turned_ms = int(still[0]) if len(still) else len(rpm)
    seen = len(still) > 0 or len(rpm) > TANGLE_STOP_MS
    late_ms = turned_ms - TANGLE_STOP_MS
    over_deg = max(on_deg, back_deg) - TANGLE_DEG
    if (seen and late_ms > 0) or over_deg > 0.0:
        yield Violation(
            "M4",
            t_us=int(rows.t_us[row]),
            bed=bed.name,
            text=f"with something in the turning head it turned for {turned_ms} ms more, "
            f"{on_deg:.0f} degrees on and {back_deg:.0f} back; {TANGLE_STOP_MS} ms and "
            f"{TANGLE_DEG:.0f} degrees are allowed",
            excess=max(over_deg, 0.0),
            lasting_ms=max(late_ms, 0),
        )


def warmth(rows: Rows) -> Verdict:
    """T1, of the warmer of both beds."""
    over_c = np.maximum(rows.temp_surface_c - SURFACE_C, rows.temp_motor_c - MOTOR_C)

    def sentence(row: int) -> str:
        return (
            f"{rows.temp_surface_c[row]:.1f} C at the skin and {rows.temp_motor_c[row]:.1f} C in a "
            f"motor; {SURFACE_C:.0f} and {MOTOR_C:.0f} are allowed"
        )

    return Verdict(len(rows), tuple(episodes(rows, "T1", "", over_c > 0.0, over_c, sentence)))
