"""Adds up outcomes into the report of a campaign."""

import hashlib
import math
import shlex
from collections import Counter
from collections.abc import Sequence
from typing import Any, Final

from simulator.campaign.case import CLEAN, HOST_DEAD, STOPS, Case
from simulator.campaign.window import Outcome, clean_trip

OCCASIONS: Final = 100
"""An invariant whose condition was met less often has not been tried. Source: rule (c) of the
checker."""

STOP_MOST_MS: Final = 300.0
LOSS_MOST_MS: Final = 400.0
"""STOP to below 1 N, and the last word of the host to below 1 N. Source: invariants F4 and W2."""


def reproducer(case: Case) -> str:
    """Return the command that does this run again."""
    return f"podal-sim campaign --only {shlex.quote(case.line)} --trace-dir DIR"


def percentile(values: Sequence[float], part: float) -> float | None:
    """Return the smallest value that at least this part of them do not exceed; None of none."""
    if not values:
        return None
    return sorted(values)[max(math.ceil(part * len(values)) - 1, 0)]


def spread(values: Sequence[float]) -> dict[str, float | int | None]:
    """Return how values are spread."""
    return {
        "p50": percentile(values, 0.50),
        "p99": percentile(values, 0.99),
        "max": max(values, default=None),
        "n": len(values),
    }


class Tally:
    """All outcomes so far.

    Args:
        seed: Of the campaign.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.outcomes: list[Outcome] = []

    def add(self, outcome: Outcome) -> None:
        """Add one outcome."""
        self.outcomes.append(outcome)

    @property
    def violating(self) -> list[Outcome]:
        """Runs in which an invariant did not hold."""
        return [outcome for outcome in self.outcomes if outcome.broken]

    @property
    def failed(self) -> list[Outcome]:
        """Runs without an outcome."""
        return [outcome for outcome in self.outcomes if outcome.failed]

    @property
    def tripped(self) -> list[Outcome]:
        """Clean runs in which somebody noticed something."""
        return [outcome for outcome in self.outcomes if clean_trip(outcome)]

    @property
    def well(self) -> bool:
        """Return whether nothing is wrong."""
        return not (self.violating or self.failed or self.tripped or self.late)

    @property
    def late(self) -> list[Outcome]:
        """Runs in which letting go took too long after a STOP or a lost link."""
        return [
            outcome
            for outcome in self.outcomes
            if (outcome.stop_ms or 0.0) > STOP_MOST_MS or (outcome.loss_ms or 0.0) > LOSS_MOST_MS
        ]

    def vacuity(self) -> dict[str, int]:
        """Return how often the condition of each invariant was met in all runs."""
        counts: Counter[str] = Counter()
        for outcome in self.outcomes:
            counts.update(outcome.vacuity)
        return dict(sorted(counts.items()))

    def vacuous(self) -> list[str]:
        """Return the invariants that were hardly tried."""
        return [name for name, count in self.vacuity().items() if count < OCCASIONS]

    def fingerprint(self) -> str:
        """Return what two campaigns have in common that went the same, bit for bit."""
        lines = sorted(f"{outcome.case.line} {outcome.digest}" for outcome in self.outcomes)
        return hashlib.blake2b("\n".join(lines).encode(), digest_size=16).hexdigest()

    def table(self) -> dict[str, Any]:
        """Return the report for programs."""
        sorts = Counter(_sort(outcome.case) for outcome in self.outcomes)
        stops = [each.stop_ms for each in self.outcomes if each.stop_ms is not None]
        losses = [each.loss_ms for each in self.outcomes if each.loss_ms is not None]
        beside = [each for outcome in self.outcomes for each in outcome.fault_stops_ms]
        return {
            "seed": self.seed,
            "runs": sorts["fault"],
            "clean_runs": sorts["clean"],
            "stop_runs": sorts["act"],
            "faults": self._faults(),
            "violations": [entry for outcome in self.violating for entry in _entries(outcome)],
            "clean_trips": len(self.tripped),
            "clean_trip_runs": [
                {"by": outcome.detected_by, "reproduce": reproducer(outcome.case)}
                for outcome in self.tripped
            ],
            "failed": [
                {"why": outcome.failed, "reproduce": reproducer(outcome.case)}
                for outcome in self.failed
            ],
            "late": [reproducer(outcome.case) for outcome in self.late],
            "stop_to_1n_ms": spread(stops),
            "stop_beside_a_fault_to_1n_ms": spread(beside),
            "link_loss_to_1n_ms": spread(losses),
            "vacuity": self.vacuity(),
            "vacuous": self.vacuous(),
            "fingerprint": self.fingerprint(),
        }

    def _faults(self) -> dict[str, dict[str, Any]]:
        by_name: dict[str, list[Outcome]] = {}
        for outcome in self.outcomes:
            if _sort(outcome.case) == "fault":
                by_name.setdefault(outcome.case.name, []).append(outcome)
        return {name: _row(outcomes) for name, outcomes in sorted(by_name.items())}


def _sort(case: Case) -> str:
    if case.what == CLEAN:
        return "clean"
    return "act" if case.what in STOPS or case.what == HOST_DEAD else "fault"


def _row(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    worst = max(outcomes, key=lambda outcome: outcome.over)
    after_ms = [each.detected_ms for each in outcomes if each.detected_ms is not None]
    return {
        "runs": len(outcomes),
        "detected_by": dict(Counter(outcome.detected_by for outcome in outcomes).most_common()),
        "detected_after_ms": spread(after_ms),
        "violations": sum(len({found.invariant for found in each.broken}) for each in outcomes),
        "worst_over_limit_n": round(worst.over.most_n, 3),
        "worst_over_limit_ms": max(outcome.over.longest_ms for outcome in outcomes),
        "worst": worst.case.line if worst.over.most_n > 0.0 else "",
        "running_again": sum(outcome.running_again_ms is not None for outcome in outcomes),
    }


def _entries(outcome: Outcome) -> list[dict[str, Any]]:
    """Return one entry for each invariant that a run broke: its worst moment."""
    entries = []
    for name in sorted({found.invariant for found in outcome.broken}):
        of = [found for found in outcome.broken if found.invariant == name]
        worst = max(of, key=lambda found: found.excess)
        entries.append(
            {
                "invariant": name,
                "reproduce": reproducer(outcome.case),
                "fault": outcome.case.name,
                "times": len(of),
                "bed": worst.bed,
                "t_us": worst.t_us,
                "text": worst.text,
                "excess": worst.excess,
                "lasting_ms": worst.lasting_ms,
            }
        )
    return entries
