"""All invariants over one trace."""

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from simulator.checker.columns import read_rows
from simulator.checker.invariants import INVARIANTS
from simulator.checker.report import CheckReport


def check_trace(arrays: Mapping[str, NDArray[Any]]) -> CheckReport:
    """Judge a trace by every invariant that it can decide.

    What needs history from before the first row claims nothing from what it has not seen.

    Args:
        arrays: Of the trace, by the names in docs/reference/trace.md.

    Raises:
        UnfitTraceError: A column is missing or of another length, or the rows are not a millisecond
            apart.
    """
    rows = read_rows(arrays)
    verdicts = {invariant.id: invariant.judge(rows) for invariant in INVARIANTS}
    found = [violation for verdict in verdicts.values() for violation in verdict.violations]
    return CheckReport(
        violations=tuple(sorted(found, key=lambda violation: violation.t_us)),
        vacuity={name: verdict.times for name, verdict in verdicts.items()},
    )
