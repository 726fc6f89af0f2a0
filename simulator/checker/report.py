"""What the checker says of a trace."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken promise.

    Attributes:
        invariant: Its id, such as `F1`.
        t_us: When it began, on the clock of the trace.
        bed: `left`, `right`, or empty where the machine as a whole broke it.
        text: One sentence with figures.
        excess: The most by which it was broken, in the unit that the sentence names.
        lasting_ms: For how long it was broken in all.
    """

    invariant: str
    t_us: int
    bed: str
    text: str
    excess: float
    lasting_ms: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one invariant says of a trace.

    Attributes:
        times: How often what it is about was there: rows, or occasions.
        violations: In order of time.
    """

    times: int
    violations: tuple[Violation, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What all invariants say of a trace.

    Attributes:
        violations: In order of time.
        vacuity: For each invariant that a trace can decide, how many rows or occasions of this
            trace it was about; 0 means that it was not tried.
    """

    violations: tuple[Violation, ...]
    vacuity: Mapping[str, int]
