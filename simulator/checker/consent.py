"""Invariants of who may start what, and for how long: S1 to S3, C4 to C6, L2."""

from collections.abc import Iterable, Iterator
from typing import Final

import numpy as np

from simulator.checker.columns import Bed, Counts, Mask, Rows
from simulator.checker.hard_table import HARD_N, HIGHEST_N, region_name
from simulator.checker.report import Verdict, Violation
from simulator.checker.runaway import running_away
from simulator.checker.spells import begins, changes, count, each_bed, episodes, lasting, row_at

# Architecture 2: which states lead to which; RETRACT, LATCHED, LIMP and a reset come from any.
# RUNNING is ARMED with force asked, and goes back to it without.
LEADS_TO: Final = {
    "READY": ("SILENT", "RETRACT", "LATCHED"),
    "ARMED": ("READY", "RUNNING"),
    "RUNNING": ("ARMED",),
}
ARMED: Final = ("ARMED", "RUNNING")
LET_GO: Final = ("SILENT", "RETRACT", "LATCHED", "LIMP")

UP_MM_S: Final = 0.1  # slower is rounding
CONSENT_US: Final = 60_000_000  # C5
PAUSE_MS: Final = 300_000  # architecture 2: consent ends after 5 min of pause
SESSION_MS: Final = 1_800_000  # C4
RELEASE_MS: Final = 1_000  # row B9: released within 1 s of the end
ROW_US: Final = 1_000  # a row shows what happened in the millisecond before it
WIRE_N: Final = 0.0015  # forces are told in whole mN
ALIVE_MS: Final = 30_000  # L2

Judged = tuple[int, Iterable[Violation]]


def in_order(rows: Rows) -> Verdict:
    """S1, by the architecture's states: READY stands for hello, limits, self-test and homing.

    Attestation is the host's and not in the trace; consent is C5 and S3, the foot P4. A press that
    runs away is stopped by row A7.
    """
    found = [*_wrong_ways(rows), *_unasked(rows)]
    unruly = running_away(rows)
    moves = each_bed(rows, lambda rows, bed: _moves_ready(rows, bed, unruly))
    return Verdict(count(_armings(rows)) + moves.times, (*found, *moves.violations))


def _armings(rows: Rows) -> Mask:
    return begins(rows.device_is(*ARMED))


def _wrong_ways(rows: Rows) -> Iterator[Violation]:
    names = rows.fw_state_names.tolist()
    for row in np.flatnonzero(changes(rows.fw_state)).tolist():
        before, after = names[rows.fw_state[row - 1]], names[rows.fw_state[row]]
        if before in LEADS_TO.get(after, (before,)):
            continue
        text = f"{before} went to {after}; only {', '.join(LEADS_TO[after])} may"
        yield Violation("S1", int(rows.t_us[row]), "", text, 1.0, 1)


def _unasked(rows: Rows) -> Iterator[Violation]:
    """Armed without an ARM since the last time of being armed."""
    ends = np.flatnonzero(begins(~rows.device_is(*ARMED)))
    for row in np.flatnonzero(_armings(rows)).tolist():
        asked_us = int(rows.arm_req_at[row])
        unarmed = ends[ends < row]
        since_us = int(rows.t_us[unarmed[-1]]) if len(unarmed) else 0
        if asked_us < since_us:
            text = "armed with no ARM received since it was last armed"
            yield Violation("S1", int(rows.t_us[row]), "", text, 1.0, 1)


def _moves_ready(rows: Rows, bed: Bed, unruly: Mask) -> Judged:
    ready = rows.device_is("READY")
    z_mm = bed.z_mm.astype(np.float64)
    up_mm_s = np.diff(z_mm, prepend=z_mm[0]) * 1000.0
    broken = ready & ((bed.applied_n > 0.0) | ((up_mm_s > UP_MM_S) & ~unruly))

    def sentence(row: int) -> str:
        return (
            f"{bed.applied_n[row]:.1f} N were applied in READY, and the press went up at "
            f"{up_mm_s[row]:.1f} mm/s"
        )

    return 0, episodes(rows, "S1", bed.name, broken, up_mm_s, sentence)


def tested(rows: Rows) -> Verdict:
    """S2, of what shows: homed. The other tests of a start leave no column."""
    armings = _armings(rows)
    unhomed = rows.device_is(*ARMED) & ~rows.homed

    def sentence(row: int) -> str:
        return f"{rows.fw_state_names[rows.fw_state[row]]} without having been homed"

    found = episodes(rows, "S2", "", unhomed, lasting(unhomed), sentence)
    return Verdict(count(armings), tuple(found))


def new_consent(rows: Rows) -> Verdict:
    """S3, and the architecture: consent ends with STOP, a trip, a reset or being disarmed.

    The end of a consent that the trace does not show claims nothing.
    """
    ends = _consent_ends_us(rows)
    found, times = [], 0
    for row in np.flatnonzero(_armings(rows)).tolist():
        before = ends[ends <= rows.t_us[row]]
        if len(before) == 0:
            continue
        times += 1
        given_us, ended_us = int(rows.consent_at[row]), int(before[-1])
        if given_us <= ended_us:
            ago_s = (int(rows.t_us[row]) - ended_us) / 1e6
            text = (
                f"armed {ago_s:.1f} s after consent had ended by STOP, trip or reset, and nobody "
                f"pressed START or placed a foot since"
            )
            late_s = (ended_us - given_us) / 1e6
            found.append(Violation("S3", int(rows.t_us[row]), "", text, late_s, 1))
    return Verdict(times, tuple(found))


def _consent_ends_us(rows: Rows) -> Counts:
    let_go = np.flatnonzero(begins(rows.device_is(*LET_GO)))
    stops = rows.stop_at[changes(rows.stop_at) & (rows.stop_at >= 0)]
    return np.sort(np.concatenate((rows.t_us[let_go], stops))).astype(np.int64)


def session_cap(rows: Rows) -> Verdict:
    """C4, by the architecture per power-on; its sum by day is the host's and not in the trace."""
    armed = rows.device_is(*ARMED)
    sum_ms = np.cumsum(armed.astype(np.int64))
    for t_us in rows.event_t_us[rows.event_kind == "power"].tolist():
        at = min(row_at(rows, int(t_us)), len(rows) - 1)
        sum_ms[at:] -= sum_ms[at]

    def sentence(row: int) -> str:
        return f"armed for {sum_ms[row] / 60000:.2f} min since power-on; 30 min are allowed"

    over_ms = sum_ms - SESSION_MS
    broken = armed & (over_ms > RELEASE_MS)
    return Verdict(
        count(armed), tuple(episodes(rows, "C4", "", broken, over_ms / 1000.0, sentence))
    )


def consent(rows: Rows) -> Verdict:
    """C5: given within 60 s before; and by the architecture used up by 5 min of pause."""
    armings, paused_ms = np.flatnonzero(_armings(rows)), _paused_ms(rows)
    times = len(armings) + count(paused_ms == PAUSE_MS)
    return Verdict(times, (*_stale_consents(rows, armings), *_long_pauses(rows, paused_ms)))


def _stale_consents(rows: Rows, armings: Counts) -> Iterator[Violation]:
    for row in armings.tolist():
        given_us, now_us = int(rows.consent_at[row]), int(rows.t_us[row])
        age_us = now_us - given_us
        if given_us >= 0 and age_us <= CONSENT_US + ROW_US:
            continue
        when = "never" if given_us < 0 else f"{age_us / 1e6:.1f} s before"
        text = f"armed, START pressed or a foot placed {when}; 60 s are allowed"
        yield Violation("C5", now_us, "", text, (age_us - CONSENT_US) / 1e6, 1)


def _paused_ms(rows: Rows) -> Counts:
    asked_n = np.maximum(rows.left.setpoint_n, rows.right.setpoint_n)
    return lasting(rows.device_is(*ARMED) & (asked_n <= 0.0))


def _long_pauses(rows: Rows, paused_ms: Counts) -> Iterator[Violation]:
    def sentence(row: int) -> str:
        return f"armed for {paused_ms[row] / 1000:.1f} s with no force asked; 300 s are allowed"

    over_ms = paused_ms - PAUSE_MS
    yield from episodes(rows, "C5", "", over_ms > 1, over_ms / 1000.0, sentence)


def limits_hold(rows: Rows) -> Verdict:
    """C6, of what shows: what is applied, the limits in force, and the compiled ceiling.

    Limits differ by place and rise with warm-up, so that a rise while armed says nothing; the
    technician's are not in the trace.
    """
    return each_bed(rows, _over_limits)


def _over_limits(rows: Rows, bed: Bed) -> Judged:
    armed = rows.device_is(*ARMED)
    ceiling_n = HARD_N[np.clip(bed.region_believed, -1, len(HARD_N) - 2)]
    gaps = (
        ("applied", bed.applied_n, "the host's limit", bed.limit_n),
        ("applied", bed.applied_n, "the device's limit", bed.hard_limit_n),
        ("the host's limit", bed.limit_n, "the ceiling there", ceiling_n),
        ("the device's limit", bed.hard_limit_n, "any ceiling", np.full(len(rows), HIGHEST_N)),
    )
    found: list[Violation] = []
    for lower, lower_n, upper, upper_n in gaps:
        over_n = lower_n - upper_n

        def sentence(
            row: int,
            lower: str = lower,
            lower_n: np.ndarray = lower_n,
            upper: str = upper,
            upper_n: np.ndarray = upper_n,
        ) -> str:
            return (
                f"{lower} {lower_n[row]:.2f} N is above {upper} of {upper_n[row]:.2f} N, believed "
                f"on {region_name(int(bed.region_believed[row]))}"
            )

        found += episodes(rows, "C6", bed.name, armed & (over_n > WIRE_N), over_n, sentence)
    return count(armed), found


def alive(rows: Rows) -> Verdict:
    """L2, of an ARM without any fault, STOP or moving foot, that the host goes on wanting.

    The trace shows no acknowledgement, and so not whether a latch that was acknowledged opened.
    """
    found, times = [], 0
    disturbed = _disturbed(rows)
    running = rows.device_is("RUNNING")
    for row in np.flatnonzero(changes(rows.arm_req_at) & (rows.arm_req_at >= 0)).tolist():
        end = row + ALIVE_MS
        if end >= len(rows) or disturbed[row : end + 1].any():
            continue
        times += 1
        if not running[row : end + 1].any():
            text = f"not RUNNING within {ALIVE_MS // 1000} s of an ARM that nothing disturbed"
            found.append(Violation("L2", int(rows.t_us[row]), "", text, 1.0, ALIVE_MS))
    return Verdict(times, tuple(found))


def _disturbed(rows: Rows) -> Mask:
    # Before the first set-point nothing says what the host wants.
    unwilling = (rows.cmd_seq > 0) & ~rows.host_is("ready", "starting", "running")
    stopped = changes(rows.stop_at)
    moving = rows.left.foot_moved | rows.right.foot_moved
    stale = (rows.consent_at < 0) | (rows.t_us - rows.consent_at > CONSENT_US)
    unconsented = ~rows.device_is(*ARMED) & stale
    return (rows.fault_on > 0) | stopped | moving | unwilling | unconsented
