"""Which drills are done, in which order, at which moment: all of it from one seed."""

import math
import random
from dataclasses import dataclass
from typing import Final

SHORTEST_STOP_S: Final = 0.010
LONGEST_STOP_S: Final = 10.0
"""A process stands still for so long. Source: hazard table, row F2."""

WAIT_S: Final = 1.5
"""From the first force to the act passes at most this long; strokes take several seconds."""

OUT_S: Final = (0.2, 1.5)
"""A cable is out for so long: shorter and longer than a host takes to look again."""

SHORT_OF_WORK: Final = 2.0
"""A frozen API is watched for at most this long; it is not in the way of the massage."""

BATCH: Final = 10
"""Drills one device lives through; its trace is written when it ends."""

PARTS: Final = ("control", "serve", "stop-lane", "supervisor")


@dataclass(frozen=True, slots=True)
class Drill:
    """One thing that goes wrong.

    Attributes:
        number: Its place in the plan.
        kind: What is done: a row of the table.
        target: Which process, or which device.
        wait_s: From the first force to the act.
        lasts_s: How long a process stands still, or a cable is out.
    """

    number: int
    kind: str
    target: str
    wait_s: float
    lasts_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Counts:
    """How many drills of each kind."""

    kills: int = 0
    stops: int = 0
    unplugs: int = 0
    terms: int = 0
    deaf: int = 0
    full: int = 0
    clock: int = 0


def make_plan(counts: Counts, seed: int) -> list[Drill]:
    """Return the drills in a random order; those under another clock come last."""
    rng = random.Random(seed)
    wanted = [
        *(("kill", _victim(n)) for n in range(counts.kills)),
        *(("stop", "serve" if n % 10 == 9 else "control") for n in range(counts.stops)),
        *(("unplug", "other" if n % 5 == 4 else "same") for n in range(counts.unplugs)),
        *(("term", "control" if n % 2 else "product") for n in range(counts.terms)),
        *(("deaf", "device") for _ in range(counts.deaf)),
        *(("full", "disk") for _ in range(counts.full)),
    ]
    rng.shuffle(wanted)
    wanted += [("clock", "+1h" if n % 2 else "-1h") for n in range(counts.clock)]
    return [
        Drill(number, kind, target, rng.uniform(0.0, WAIT_S), _lasts_s(kind, target, rng))
        for number, (kind, target) in enumerate(wanted)
    ]


def _victim(number: int) -> str:
    """Seven of ten kill control; the other three of four kill one of the other processes each."""
    return PARTS[max(0, number % 10 - 6)]


def _lasts_s(kind: str, target: str, rng: random.Random) -> float:
    if kind == "stop":
        spread = math.log(LONGEST_STOP_S / SHORTEST_STOP_S)
        lasts_s = SHORTEST_STOP_S * math.exp(rng.uniform(0.0, spread))
        return min(lasts_s, SHORT_OF_WORK) if target == "serve" else lasts_s
    return rng.uniform(*OUT_S) if kind == "unplug" else 0.0


def batches(plan: list[Drill]) -> list[list[Drill]]:
    """Return the plan in parts, each for one device; another clock is a part of its own."""
    found: list[list[Drill]] = []
    for clock in (False, True):
        drills = [drill for drill in plan if (drill.kind == "clock") is clock]
        found += [drills[at : at + BATCH] for at in range(0, len(drills), BATCH)]
    return found
