"""One run of the campaign as one line of text, from which it can be done again bit for bit."""

import enum
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, NamedTuple

from simulator.errors import FaultError, SimulatorError
from simulator.faults.grammar import Fault
from simulator.faults.registry import BEDS, read_faults
from simulator.plant.people import PEOPLE

CLEAN: Final = "clean"
"""A run in which nothing breaks."""

STOPS: Final = ("stop=host", "stop=button", "stop=wire")
"""STOP asked of the host, by the button on the machine, and as bare bytes on the wire."""

HOST_DEAD: Final = "host=dead"
"""The host says nothing any more, as after `kill -9`."""

FORM: Final = "WHAT@ONSET.FOOT/PERSON/ROUTINE/SEED"


class Onset(enum.StrEnum):
    """Moments of a massage, in the order in which it comes to them first."""

    POWER_ON = "power-on"
    IDLE = "idle"
    APPROACH = "approach"
    FIRST_CONTACT = "first-contact"
    MOVING = "moving"
    FULL_FORCE = "full-force"


BEGINNINGS: Final = (Onset.POWER_ON, Onset.IDLE)
"""Onsets before anybody has started the massage."""

FAULT_ONSETS: Final = tuple(onset for onset in Onset if onset is not Onset.POWER_ON)
PRESSING: Final = (Onset.MOVING, Onset.FULL_FORCE)
"""Onsets at which a head presses more than 1 N: only from there it takes time to fall below."""


@dataclass(eq=False)
class CaseError(SimulatorError):
    """A line that names no run.

    Attributes:
        line: What was asked for.
        why: What is wrong, and what there is instead.
    """

    line: str
    why: str

    def __str__(self) -> str:
        return f"cannot run {self.line!r}: {self.why}; runs are called {FORM}"


class Sitting(NamedTuple):
    """One person, one massage; all onsets of it are reached by the same clean run.

    Attributes:
        person: Whose feet.
        routine: What the host is asked to run.
        foot: Which one the massage begins with.
        seed: Of all chance; it decides the level, too.
    """

    person: str
    routine: str
    foot: str
    seed: int


class Case(NamedTuple):
    """One run.

    Attributes:
        what: CLEAN, one of STOPS, HOST_DEAD, or faults as the registry reads them.
        onset: When it happens.
        sitting: To whom.
    """

    what: str
    onset: Onset
    sitting: Sitting

    @property
    def line(self) -> str:
        """The run in one line."""
        person, routine, foot, seed = self.sitting
        return f"{self.what}@{self.onset}.{foot}/{person}/{routine}/{seed}"

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What breaks in the machine, as the registry knows it."""
        if self.what in (CLEAN, HOST_DEAD, *STOPS):
            return ()
        return read_faults(self.what)

    @property
    def name(self) -> str:
        """What breaks, without which one, how much and how long."""
        return " + ".join(f"{fault.component}={fault.kind}" for fault in self.faults) or self.what


def read_case(line: str, routines: Collection[str]) -> Case:
    """Return the run that `line` names; without a foot, the one that breaks.

    Args:
        line: As `Case.line`.
        routines: Those that the host knows.

    Raises:
        CaseError: There is no such run.
    """
    what, _, rest = line.strip().rpartition("@")
    parts = rest.split("/")
    if not what or len(parts) != 4:
        raise CaseError(line, "it is not of the form")
    moment, person, routine, seed = parts
    onset, _, foot = moment.partition(".")
    for found, known, noun in (
        (onset, [str(each) for each in Onset], "onset"),
        (foot or BEDS[0], BEDS, "foot"),
        (person, PEOPLE, "person"),
        (routine, routines, "routine"),
    ):
        if found not in known:
            raise CaseError(line, f"there is no {noun} {found!r} among {', '.join(known)}")
    if not (seed.isascii() and seed.isdigit()):
        raise CaseError(line, f"{seed!r} is no seed")
    case = Case(what, Onset(onset), Sitting(person, routine, foot or BEDS[0], int(seed)))
    try:
        faults = case.faults
    except FaultError as error:
        raise CaseError(line, str(error)) from error
    broken = {side_of(fault) for fault in faults} - {""}
    if not foot and len(broken) == 1:
        case = case._replace(sitting=case.sitting._replace(foot=broken.pop()))
    return case


def side_of(fault: Fault) -> str:
    """Return the bed on which something breaks, "" where it is neither or both."""
    side = fault.instance.partition("-")[0]
    return side if side in BEDS else ""
