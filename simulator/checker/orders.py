"""Invariants of what the device is told: W2, W3, W5, and D4."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from simulator.checker.columns import BED_COLUMNS, MACHINE_COLUMNS, Mask, Rows
from simulator.checker.report import Verdict, Violation
from simulator.checker.spells import begins, changes, count, episodes, since

# W2; a row shows what happened in the millisecond before it, so that one more may have passed.
WATCHDOG_MS: Final = 100
ROW_MS: Final = 1
FRAME_MS: Final = 50

TTL_MS: Final = 60.0  # W5


def fresh_orders(rows: Rows) -> Verdict:
    """W2. Motor commands are obeyed in ARMED and RUNNING; in the other states none is."""
    return Verdict(count(_accepted(rows)), (*_unattended(rows), *_from_old_frames(rows)))


def _accepted(rows: Rows) -> Mask:
    return changes(rows.cmd_seq) & (rows.cmd_seq > 0)


def _unattended(rows: Rows) -> Iterator[Violation]:
    armed = rows.device_is("ARMED", "RUNNING")
    silent_ms = since(_accepted(rows) | begins(armed), before=0)

    def sentence(row: int) -> str:
        return (
            f"{rows.fw_state_names[rows.fw_state[row]]} {silent_ms[row]} ms after the last "
            f"set-point; {WATCHDOG_MS} ms are allowed"
        )

    broken = armed & (silent_ms > WATCHDOG_MS + ROW_MS)
    yield from episodes(rows, "W2", "", broken, silent_ms - WATCHDOG_MS, sentence)


def _from_old_frames(rows: Rows) -> Iterator[Violation]:
    asked_n = np.maximum(rows.left.setpoint_n, rows.right.setpoint_n)
    over_ms = rows.frame_age_ms - FRAME_MS

    def sentence(row: int) -> str:
        return (
            f"the host asked for {asked_n[row]:.1f} N when its newest frame was "
            f"{rows.frame_age_ms[row]:.0f} ms old; {FRAME_MS} ms are allowed"
        )

    broken = _accepted(rows) & (asked_n > 0.0) & (over_ms > 0.0)
    yield from episodes(rows, "W2", "", broken, over_ms, sentence)


def rising_orders(rows: Rows) -> Verdict:
    """W3. Within one time of being armed: a new session begins its counter anew, unarmed.

    Nonces, and whether an order was obeyed twice under one number, are not in the trace.
    """
    armed = rows.device_is("ARMED", "RUNNING")
    accepted = _accepted(rows) & armed & ~begins(armed)
    accepted[0] = False
    before = np.concatenate((rows.cmd_seq[:1], rows.cmd_seq[:-1])).astype(np.int64)
    back = before - rows.cmd_seq.astype(np.int64)

    def sentence(row: int) -> str:
        return f"set-point {rows.cmd_seq[row]} was obeyed after {before[row]}"

    return Verdict(
        count(accepted),
        tuple(episodes(rows, "W3", "", accepted & (back > 0), back, sentence)),
    )


def young_orders(rows: Rows) -> Verdict:
    """W5. The age is that of the frame which the set-point answers, in device time."""
    armed = rows.device_is("ARMED", "RUNNING")
    applied_n = np.maximum(rows.left.applied_n, rows.right.applied_n)
    obeyed = armed & (applied_n > 0.0)
    over_ms = rows.cmd_age_ms - TTL_MS

    def sentence(row: int) -> str:
        return (
            f"{applied_n[row]:.1f} N were applied by a set-point {rows.cmd_age_ms[row]:.0f} ms "
            f"old; {TTL_MS:.0f} ms are allowed"
        )

    found = episodes(rows, "W5", "", obeyed & (over_ms > 0.0), over_ms, sentence)
    return Verdict(count(obeyed), tuple(found))


def finite(rows: Rows) -> Verdict:
    """D4, of all numbers in the trace; logs and answers of the API are not in it."""
    return Verdict(len(rows), tuple(_not_finite(rows)))


def _not_finite(rows: Rows) -> Iterator[Violation]:
    sources = [("", rows, MACHINE_COLUMNS), *((bed.name, bed, BED_COLUMNS) for bed in rows.beds)]
    for bed, source, names in sources:
        for name in names:
            values = getattr(source, name)
            if values.dtype.kind != "f" or np.isfinite(values).all():
                continue
            broken = ~np.isfinite(values)

            def sentence(row: int, name: str = name) -> str:
                return f"{name} is not a number at row {row}"

            yield from episodes(rows, "D4", bed, broken, broken.astype(np.float64), sentence)
