"""All cases, in the order in which they are asked."""

from fnmatch import fnmatchcase
from typing import Final

from simulator.conformance.case import Case
from simulator.conformance.cases import (
    arming,
    consent,
    describing,
    force,
    frames,
    framing,
    greeting,
    header,
    letting_go,
    masks,
    power,
    setpoints,
    stopping,
    technician,
    trips,
    whole_run,
)

CASES: Final[tuple[Case, ...]] = tuple(
    case
    for part in (
        framing,
        stopping,
        header,
        greeting,
        describing,
        frames,
        masks,
        consent,
        arming,
        setpoints,
        force,
        letting_go,
        trips,
        technician,
        power,
        whole_run,
    )
    for case in part.SECTION.cases
)


def chosen(pattern: str = "*") -> list[Case]:
    """Return the cases whose id, or whose section, matches a pattern like ``stop.*``."""
    return [
        case
        for case in CASES
        if fnmatchcase(case.id, pattern) or fnmatchcase(case.section, pattern)
    ]
