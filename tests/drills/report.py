"""One table for people and one document for programs."""

import math
import os
import statistics
from collections import Counter
from typing import Any, Final

from tests.drills.judge import UNSURE_MS, Verdict
from tests.drills.plan import Drill
from tests.drills.run import Result

STARVED_MS: Final = 30.0
"""An ordinary thread that wakes up later than this: six frames' work of a device waits too."""

OVER_N: Final = 1.5
"""Invariant F2: never more above what a person's limit allows."""

COLUMNS: Final = (
    "drill", "n", "judged", "no force", "starved", "went on", "ended",
    "<1 N p50", "p99", "max ms", "silent", "moved", "old", "broken", "by whom",
)  # fmt: skip


def name_of(drill: Drill) -> str:
    return f"{drill.kind} {drill.target}"


def starved(verdict: Verdict) -> bool:
    """This machine did not run the drill on time."""
    return verdict.facts.late_ms > STARVED_MS or verdict.act_ms > UNSURE_MS


def bounds_broken(verdict: Verdict) -> list[str]:
    """Return what did not hold; a starved machine may end what else may not end."""
    found = list(verdict.broken)
    if verdict.facts.must_go_on and verdict.ended and not starved(verdict):
        found.append(f"ended the massage ({verdict.detected_by})")
    return found


def percentile(values: list[float], part: float) -> float | None:
    """Return the smallest value that so many of the values do not exceed."""
    if not values:
        return None
    return sorted(values)[max(0, math.ceil(part * len(values)) - 1)]


def summary(result: Result, plan: list[Drill]) -> dict[str, Any]:
    """Return all of it as one document."""
    rows = {}
    for name in dict.fromkeys(sorted(map(name_of, plan))):
        asked = sum(name_of(drill) == name for drill in plan)
        verdicts = [one for one in result.verdicts if name_of(one.facts.drill) == name]
        rows[name] = _row(verdicts, asked)
        rows[name]["broken"] += sum(name_of(drill) == name for drill, _ in result.failed)
    broken = [
        {"drill": one.facts.drill.number, "name": name_of(one.facts.drill), "what": what}
        for one in result.verdicts
        if one.pressing
        for what in bounds_broken(one)
    ]
    broken += [
        {"drill": drill.number, "name": name_of(drill), "what": why.splitlines()[0]}
        for drill, why in result.failed
    ]
    if result.over_n > OVER_N:
        broken.append({"drill": -1, "name": "all", "what": f"{result.over_n:.1f} N over a limit"})
    broken += [
        {"drill": -1, "name": name, "what": "not one could be judged"}
        for name, row in rows.items()
        if not row["judged"]
    ]
    return {
        "drills": rows,
        "broken": broken,
        "over_limit_n": result.over_n,
        "massages_lost_before_their_drill": result.lost,
        "power_cycles": result.cycled,
        "taken_s": round(result.taken_s, 1),
        "load_average": os.getloadavg(),
        "each": [_each(one) for one in result.verdicts],
    }


def _row(verdicts: list[Verdict], asked: int) -> dict[str, Any]:
    judged = [one for one in verdicts if one.pressing]
    ended = [one for one in judged if one.ended]
    below_ms = [one.below_ms for one in ended if one.below_ms is not None]
    stop_ms = [one.stop_ms for one in judged if one.stop_ms is not None]
    host_ms = [one.facts.host_ms for one in judged if one.facts.host_ms is not None]
    return {
        "n": asked,
        "judged": len(judged),
        "no_force": asked - len(judged),
        "starved": sum(map(starved, judged)),
        "went_on": len(judged) - len(ended),
        "ended": len(ended),
        "below_1n_ms": {
            "p50": percentile(below_ms, 0.5),
            "p99": percentile(below_ms, 0.99),
            "max": max(below_ms, default=None),
        },
        "stop_to_1n_ms_max": max(stop_ms, default=None),
        "host_ms_max": max(host_ms, default=None),
        "force_n_median": statistics.median([one.force_n for one in judged]) if judged else None,
        "silent": sum(one.silent for one in ended),
        "moved": sum(one.moved for one in ended),
        "old_orders": sum(one.old_orders for one in judged),
        "broken": sum(bool(bounds_broken(one)) for one in judged),
        "detected_by": dict(Counter(one.detected_by for one in ended)),
    }


def _each(one: Verdict) -> dict[str, Any]:
    facts = one.facts
    return {
        "drill": facts.drill.number,
        "name": name_of(facts.drill),
        "lasts_s": round(facts.drill.lasts_s, 3),
        "force_n": round(one.force_n, 2),
        "ended": one.ended,
        "below_1n_ms": one.below_ms,
        "stop_ms": one.stop_ms,
        "host_ms": facts.host_ms,
        "detected_by": one.detected_by,
        "session": facts.session,
        "reason": facts.reason,
        "act_ms": one.act_ms,
        "late_ms": round(facts.late_ms, 1),
        "broken": bounds_broken(one),
    }


def table(document: dict[str, Any]) -> str:
    """Return the table."""
    lines = [COLUMNS, *(_cells(name, row) for name, row in document["drills"].items())]
    widths = [max(len(line[column]) for line in lines) for column in range(len(COLUMNS))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column in (0, len(COLUMNS) - 1) else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def _cells(name: str, row: dict[str, Any]) -> tuple[str, ...]:
    times = row["below_1n_ms"]
    who = ", ".join(f"{cause} {count}" for cause, count in row["detected_by"].items())
    if row["stop_to_1n_ms_max"] is not None:
        who += f"{', ' if who else ''}then STOP: {row['stop_to_1n_ms_max']:.0f} ms"
    if row["host_ms_max"] is not None:
        who += f"; host: {row['host_ms_max']:.0f} ms"
    counts = (row[key] for key in ("n", "judged", "no_force", "starved", "went_on", "ended"))
    return (
        name,
        *map(str, counts),
        *("-" if times[key] is None else f"{times[key]:.0f}" for key in ("p50", "p99", "max")),
        f"{row['silent']}/{row['ended']}",
        *(str(row[key]) for key in ("moved", "old_orders", "broken")),
        who,
    )
