"""Draws runs from the space: every kind of fault before any again, and pairs of all else.

Each draw looks at a handful of candidates and takes the one that brings together most things that
have not met yet (a fault and an onset, an onset and a person ...); so a small slice is as fair as
its size allows, and a large campaign comes near to all pairs. All of it follows from one seed.
"""

import math
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import Final, NamedTuple, TypeVar

import numpy as np

from simulator.campaign.case import (
    CLEAN,
    FAULT_ONSETS,
    HOST_DEAD,
    PRESSING,
    STOPS,
    Case,
    Onset,
    Sitting,
    side_of,
)
from simulator.campaign.space import DURATIONS_US, Variant, variants
from simulator.faults.registry import BEDS
from simulator.plant.chance import generator
from simulator.plant.people import PEOPLE

RUNS_A_SITTING: Final = 24
"""So many runs branch from one massage: reaching the onsets then costs a tenth of the whole."""

CANDIDATES: Final = 16
AT_WORK: Final = 0.75
"""Part of the faults that break the head at work; the others break the one that rests."""

LOST: Final = (HOST_DEAD, "link=unplug", "link.down=drop,1")
"""Ways in which the device hears nothing any more."""

Pair = tuple[object, ...]
T = TypeVar("T")


class Size(NamedTuple):
    """How many runs of each sort.

    Attributes:
        faults: With something broken.
        clean: With nothing.
        stops: With a STOP, and a third as many with a lost link.
    """

    faults: int
    clean: int
    stops: int


def draw(size: Size, routines: Sequence[str], seed: int) -> list[Case]:
    """Return the runs of a campaign, those of a sitting side by side."""
    source = generator(seed, 11)
    sittings = _sittings(size, routines, seed, source)
    acts = [
        *islice(_acts(STOPS, sittings), size.stops),
        *islice(_acts(LOST, sittings), math.ceil(size.stops / 3)),
    ]
    cases = chain(
        islice(_faults(sittings, source, {case.line for case in acts}), size.faults),
        islice(_clean(sittings), size.clean),
        acts,
    )
    order = {sitting: number for number, sitting in enumerate(sittings)}
    return sorted(cases, key=lambda case: order[case.sitting])


def _sittings(
    size: Size, routines: Sequence[str], seed: int, source: np.random.Generator
) -> list[Sitting]:
    """Return enough sittings, with every person, foot and routine as often as every other."""
    count = max(
        2,
        math.ceil((size.faults + size.clean) / RUNS_A_SITTING),
        math.ceil(size.clean / len(Onset)),
        math.ceil(size.stops / (len(STOPS) * len(PRESSING))),
    )
    people = [str(name) for name in source.permutation(sorted(PEOPLE))]
    return [
        Sitting(
            person=people[number % len(people)],
            routine=routines[number // 2 % len(routines)],
            foot=BEDS[(number + number // len(people)) % 2],
            seed=seed * 1000 + number,
        )
        for number in range(count)
    ]


def _faults(
    sittings: Sequence[Sitting], source: np.random.Generator, taken: set[str]
) -> Iterator[Case]:
    """Return runs with faults, a row after the other; those in `taken` not again."""
    of_rows = variants()
    met: set[Pair] = set()
    while True:
        for row in source.permutation(len(of_rows)):
            candidates = [_candidate(of_rows[row], sittings, source) for _ in range(CANDIDATES)]
            fresh = [found for found in candidates if found[0].line not in taken] or candidates
            case, pairs = max(fresh, key=lambda found: len(found[1] - met))
            met |= pairs
            taken.add(case.line)
            yield case


def _candidate(
    choices: Sequence[Variant], sittings: Sequence[Sitting], source: np.random.Generator
) -> tuple[Case, frozenset[Pair]]:
    """Return any run of a row, and what it brings together."""
    sitting = _any(sittings, source)
    onset = _any(FAULT_ONSETS, source)
    lasts_us = _any(DURATIONS_US, source)
    at_work = bool(source.random() < AT_WORK)
    near = [each for each in choices if (side_of(each.fault) == sitting.foot) is at_work] or choices
    row, fault = _any(near, source)
    case = Case(str(fault._replace(for_us=lasts_us)), onset, sitting)
    part = fault.instance.partition("-")[2]
    return case, frozenset(
        {
            (row, onset),
            (row, str(fault.value)),
            (row, part),
            (row, lasts_us),
            (row, sitting.person),
            (row, sitting.routine),
            (row, at_work),
            (row, onset, lasts_us),
            (fault.component, onset, sitting.person),
            (onset, sitting.person, lasts_us),
        }
    )


def _any(things: Sequence[T], source: np.random.Generator) -> T:
    return things[int(source.integers(len(things)))]


def _clean(sittings: Sequence[Sitting]) -> Iterator[Case]:
    """Return clean runs: every sitting once, then each at another onset; power-on is one, too."""
    onsets = tuple(Onset)
    for turn in range(len(onsets)):
        for number, sitting in enumerate(sittings):
            yield Case(CLEAN, onsets[(number + turn) % len(onsets)], sitting)


def _acts(acts: Sequence[str], sittings: Sequence[Sitting]) -> Iterator[Case]:
    """Return each act at each onset under force, spread over the sittings."""
    for turn in range(len(acts) * len(PRESSING)):
        for number, sitting in enumerate(sittings):
            act = acts[(turn + number) % len(acts)]
            onset = PRESSING[(turn // len(acts) + number) % len(PRESSING)]
            yield Case(act, onset, sitting)
