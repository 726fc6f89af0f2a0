"""What was promised and no trace can tell, each with the reason."""

from typing import Final, NamedTuple


class Undecided(NamedTuple):
    """One promise that a trace cannot decide.

    Attributes:
        id: As in the hazard analysis, section 3.
        sentence: What is promised.
        reason: Why no trace can tell.
    """

    id: str
    sentence: str
    reason: str


UNDECIDED: Final = (
    Undecided("W1", "no changed frame is accepted", "the trace has no bytes of the link"),
    Undecided("W4", "the parser's memory and time are bounded", "the trace has neither"),
    Undecided(
        "D1",
        "one wrong taxel or line changes the estimate of the total by 10 % at most",
        "the host's estimate is not in the trace",
    ),
    Undecided("D2", "a frozen image is noticed within 50 ms", "the trace has no images"),
    Undecided("D3", "zero is within 2 kPa after each lift", "the trace has no images"),
    Undecided(
        "S4",
        "the calibration in use belongs to this device",
        "the trace does not say which one is in use",
    ),
    Undecided("C1", "ARM needs a fresh attestation", "the trace has no attestation"),
    Undecided("C2", "the ceiling of the person's class is applied", "the trace has no class"),
    Undecided(
        "C3",
        "half the force within 20 mm of a sore spot",
        "the trace does not say which spot was reported",
    ),
    Undecided(
        "L1",
        "what was saved reads back old or new, never mixed",
        "a question for files, not for a run",
    ),
    Undecided("H1", "ticks are on time", "virtual time has no lateness"),
    Undecided("H2", "the wall clock changes nothing", "takes two runs to compare"),
    Undecided("H3", "no trouble of storage or API changes force", "takes two runs to compare"),
    Undecided("H4", "no exception leaves a tick unlatched", "the trace has no exceptions"),
    Undecided("A1", "STOP is accepted within 20 ms under load", "the trace has no requests"),
    Undecided("A2", "healthy subscribers get their updates", "the trace has no subscribers"),
    Undecided("A3", "any bytes are answered 1xx to 4xx", "the trace has no requests"),
    Undecided("A4", "one lease, one start", "the trace has no requests"),
    Undecided("A5", "roles may do what their table says", "the trace has no requests"),
    Undecided(
        "N1",
        "at most one trip without a fault in 100 h",
        "a rate over many runs, which the campaign counts",
    ),
)
