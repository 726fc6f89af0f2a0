"""Running a black box again: the real runner, the recorded inputs, every byte compared."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from controller.box_file import BadBoxError, Head, read_box, this_arithmetic
from controller.codebook import BadValueError
from controller.memory import recall
from controller.runner import Runner
from controller.settings import Settings, default_settings
from controller.tape import Entry, Outside, Recording
from controller.taped import raised_text
from simulator.errors import SimulatorError
from simulator.replay_words import first_difference

STRANGE = (AttributeError, ArithmeticError, LookupError, TypeError, ValueError, AssertionError)
"""What a runner may raise over a state that no runner was ever in."""


@dataclass(eq=False)
class ReplayError(SimulatorError):
    """A file that is no black box, a damaged one, or one that this version cannot run."""

    why: str

    def __str__(self) -> str:
        return self.why


@dataclass(frozen=True, slots=True)
class Difference:
    """The first place where a replay went another way.

    Attributes:
        turn: Number of the turn, from 1.
        at_s: Its time, 0 at the first stop or fault.
        words: What differs.
    """

    turn: int
    at_s: float
    words: str

    def __str__(self) -> str:
        return f"turn {self.turn}, {self.at_s:+.3f} s from the stop: {self.words}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a replay has shown.

    Attributes:
        head: What the black box says about itself.
        turns: Turns that were reproduced bit for bit.
        difference: The first that was not, None all were.
        arithmetic: What the last bit may depend on, here.
    """

    head: Head
    turns: int
    difference: Difference | None
    arithmetic: str

    @property
    def foreign(self) -> str:
        """What was another one where it was recorded, "" nothing that is known."""
        if self.arithmetic != self.head.arithmetic:
            return f"recorded with {self.head.arithmetic}; this is {self.arithmetic}"
        return ""


class _Nonces:
    """The numbers that were drawn then, drawn again."""

    def __init__(self) -> None:
        self.left: list[int] = []
        self.too_many = 0

    def draw(self) -> int:
        if self.left:
            return self.left.pop(0)
        self.too_many += 1
        return 1


def replay_file(path: Path) -> Outcome:
    """Return what running the black box at `path` again shows.

    Raises:
        ReplayError: It is no black box, or cannot be run.
        OSError: It cannot be read.
    """
    try:
        head, recording = read_box(path)
    except BadBoxError as error:
        raise ReplayError(str(error)) from None
    first_us = recording.entries[0].now_us if recording.entries else 0
    try:
        turns, difference = replay(recording, stop_us=first_us + round(head.before_s * 1e6))
    except (BadValueError, *STRANGE) as error:
        why = f"recorded by Podal {head.podal}; this version cannot run it: {error}"
        raise ReplayError(f"{path}: {why}") from None
    return Outcome(head, turns, difference, this_arithmetic())


def replay(recording: Recording, *, stop_us: int = 0) -> tuple[int, Difference | None]:
    """Run the recording; return how many turns were the same, and the first that was not.

    Args:
        recording: Where it began and what happened.
        stop_us: Host time that counts as zero.

    Raises:
        BadValueError: It begins in a state that this version does not know.
    """
    nonces = _Nonces()
    runner = _runner_at(recording, nonces.draw)
    turns = 0
    for entry in recording.entries:
        nonces.left = list(entry.nonces)
        nonces.too_many = 0
        words = _again(runner, entry) if not entry.raised else _raises_again(runner, entry)
        if not words and (nonces.left or nonces.too_many):
            drawn = len(entry.nonces) - len(nonces.left) + nonces.too_many
            words = f"{drawn} nonces drawn, {len(entry.nonces)} were"
        if words:
            return turns, Difference(turns + 1, (entry.now_us - stop_us) / 1e6, words)
        turns += entry.call == "turn"
    return turns, None


def _runner_at(recording: Recording, nonces: Callable[[], int]) -> Runner:
    """Return a runner that knows what the recorded one knew."""
    settings = recording.start.values.get("settings")
    runner = Runner(
        settings if isinstance(settings, Settings) else default_settings(), nonces, "replay"
    )
    recall(runner, recording.start)
    return runner


def _raises_again(runner: Runner, entry: Entry) -> str:
    """Do once more what ended in a bug; return what differs, "" nothing."""
    try:
        _again(runner, entry)
    except Exception as error:  # noqa: BLE001 - whichever it was
        raised = raised_text(error)
        return "" if raised == entry.raised else f"raises {raised}, it was {entry.raised}"
    return f"raises nothing, it was {entry.raised}"


def _again(runner: Runner, entry: Entry) -> str:
    """Do once more what was done; return what differs, "" nothing."""
    if isinstance(entry.outside, Outside):
        runner.settings, runner.device_id = entry.outside
    if entry.reflected:
        runner.reflect()
    match entry.call:
        case "turn":
            return first_difference(entry, runner.turn(entry.chunk, entry.now_us, entry.request))
        case "reflect":
            runner.reflect()
        case "port_opened":
            runner.port_opened(entry.now_us)
        case "port_lost":
            runner.port_lost()
        case "accept_device":
            reply = runner.accept_device(entry.detail)
            return "" if reply == entry.reply else f"reply {reply!r}, it was {entry.reply!r}"
        case _:
            raise BadValueError(f"nobody calls {entry.call!r}")
    return ""
