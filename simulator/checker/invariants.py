"""All invariants as one table: what each says, where it comes from, and who judges it."""

from collections.abc import Callable
from typing import Final, NamedTuple

from simulator.checker import force
from simulator.checker.columns import Rows
from simulator.checker.report import Verdict


class Invariant(NamedTuple):
    """One promise that a trace can decide.

    Attributes:
        id: As in the hazard analysis, section 3.
        sentence: What is promised.
        source: Who says so; where the architecture differs from the hazard analysis, it wins.
        scope: `always` also under one fault, `no fault` only before the first one.
        columns: What it reads; per-bed ones without their suffix.
        judge: What decides it.
    """

    id: str
    sentence: str
    source: str
    scope: str
    columns: str
    judge: Callable[[Rows], Verdict]


INVARIANTS: Final = (
    Invariant(
        "F1",
        "force stays at or below the hard limit of the true region, but for windows of 20 ms, 1 s "
        "apart, by 5 % or 3 N",
        "SAFETY 3 F1, DOMAIN 3.6",
        "always",
        "force_n region_true",
        force.hard_limit,
    ),
)
