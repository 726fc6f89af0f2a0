"""Invariants of force: how hard, how fast, how long. F1 to F3."""

from collections.abc import Iterator
from typing import Final

import numpy as np

from simulator.checker.columns import Bed, Rows
from simulator.checker.hard_table import HARD_N, region_name
from simulator.checker.report import Verdict, Violation
from simulator.checker.spells import clusters

# F1: windows of at most 20 ms, at least 1 s apart, and in them at most 5 % or 3 N above.
OVER_MS: Final = 20
OVER_APART_MS: Final = 1_000
OVER_SHARE: Final = 0.05
OVER_N: Final = 3.0


def hard_limit(rows: Rows) -> Verdict:
    """F1. Off the sole the limit is 0 N, so that any force there counts."""
    times = sum(int(np.count_nonzero(bed.force_n > 0.0)) for bed in rows.beds)
    return Verdict(times, tuple(found for bed in rows.beds for found in _over_hard(rows, bed)))


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
        lasting_ms = int(np.count_nonzero(above[inside]))
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
