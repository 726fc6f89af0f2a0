"""What each trip answers: rows of the hazard table, how soon, and where the device then rests."""

from collections.abc import Mapping
from enum import Enum
from typing import Final, NamedTuple

from firmware_bridge.messages import Trip


class End(Enum):
    """Where the device rests after a trip."""

    READY = "READY"
    LATCHED = "LATCHED"
    LATCHED_UNHOMED = "LATCHED, then SILENT: tested and homed again"
    LIMP_UNLOADED = "LIMP, once the heads are clear"
    LIMP = "LIMP, at once"


class Answer(NamedTuple):
    """How the device answers one kind of trip.

    Attributes:
        rows: Of the hazard table; empty where a person or the host asked for it.
        deadline_ms: From the physical onset to the letting go (LIMP: to both ways switched off).
        end: Where it rests afterwards.
    """

    rows: tuple[str, ...]
    deadline_ms: int
    end: End


# Rows and deadlines: hazard table, sections A to E, firmware column. Where the table gives a time
# until the force has gone, the retraction (at most 300 ms) is taken off.
ANSWERS: Final[Mapping[Trip, Answer]] = {
    Trip.STOP: Answer(("D14", "B8"), 1, End.READY),
    Trip.STOP_BUTTON: Answer(("B8",), 1, End.READY),
    Trip.HOST_RETRACT: Answer(("D10", "D12"), 1, End.READY),
    Trip.WATCHDOG: Answer(("D6", "D9", "F1", "F2"), 102, End.READY),
    Trip.OVER_FORCE: Answer(("A1",), 20, End.LATCHED),
    Trip.CHANNELS_DISAGREE: Answer(("C7", "A1"), 40, End.LATCHED),
    Trip.OUTSIDE_MASK: Answer(("A3",), 52, End.READY),
    Trip.CONTACT_LOST: Answer(("B1",), 50, End.READY),
    Trip.DWELL: Answer(("A4",), 100, End.READY),
    Trip.TOTAL_FORCE: Answer(("A5", "B11"), 50, End.READY),
    Trip.ENTANGLED: Answer(("A6",), 45, End.LATCHED),
    Trip.STALLED: Answer(("A8",), 155, End.LATCHED_UNHOMED),
    Trip.RUNAWAY: Answer(("A7",), 20, End.LIMP),
    Trip.POSITION_LOST: Answer(("A9",), 155, End.LATCHED_UNHOMED),
    Trip.TOO_HOT: Answer(("A13",), 20, End.LATCHED),
    Trip.SENSOR: Answer(("C3", "C6", "C7", "A13"), 50, End.LATCHED),
    Trip.SELF_TEST: Answer(("A10", "A14"), 100, End.LATCHED_UNHOMED),
    Trip.SUPPLY: Answer(("A12",), 12, End.LIMP_UNLOADED),
    Trip.SESSION_CAP: Answer(("B9", "B10"), 20, End.READY),
    Trip.PAUSE_CAP: Answer(("B10", "G7"), 20, End.READY),
    Trip.RETRACT_FAILED: Answer(("A11",), 150, End.LIMP),
    Trip.CLOCK: Answer(("E3",), 400, End.LATCHED_UNHOMED),
    Trip.MEMORY: Answer(("E4",), 1_010, End.LATCHED_UNHOMED),
    Trip.HUNG: Answer(("E2",), 100, End.LIMP),
}

END_OF: Final[Mapping[Trip, End]] = {
    Trip.NONE: End.READY,
    **{trip: answer.end for trip, answer in ANSWERS.items()},
}
