"""What can go wrong with the simulator from outside, each as one sentence with a next step."""

from dataclasses import dataclass


class SimulatorError(Exception):
    """Root of everything the simulator raises on purpose."""


@dataclass(eq=False)
class RecordingError(SimulatorError):
    """A recording cannot be laid under a foot.

    Attributes:
        path: The file.
        why: What is wrong with it.
        next_step: What a person can do about it.
    """

    path: str
    why: str
    next_step: str = "check the file, or name another one with --replay"

    def __str__(self) -> str:
        return f"cannot replay {self.path}: {self.why}; {self.next_step}"


@dataclass(eq=False)
class LinkTakenError(SimulatorError):
    """The path of the link belongs to something that must not be replaced.

    Attributes:
        path: The path asked for.
        why: Who has it.
        next_step: What a person can do about it.
    """

    path: str
    why: str
    next_step: str

    def __str__(self) -> str:
        return f"cannot serve at {self.path}: {self.why}; {self.next_step}"


@dataclass(eq=False)
class NotServedError(SimulatorError):
    """No simulated device runs at this link.

    Attributes:
        path: The link.
    """

    path: str

    def __str__(self) -> str:
        return (
            f"no simulated device runs at {self.path}; "
            f"start one with: podal-sim serve --link {self.path}"
        )


@dataclass(eq=False)
class TraceError(SimulatorError):
    """A file is not a trace.

    Attributes:
        path: The file.
        why: What is wrong with it.
    """

    path: str
    why: str

    def __str__(self) -> str:
        return f"cannot read the trace {self.path}: {self.why}; write one with serve --trace FILE"


@dataclass(eq=False)
class CommandError(SimulatorError):
    """The command after ``--`` cannot be run.

    Attributes:
        name: Its first word.
        why: What the operating system said.
    """

    name: str
    why: str

    def __str__(self) -> str:
        return f"cannot run {self.name}: {self.why}; check the words after --"


@dataclass(eq=False)
class FaultError(SimulatorError):
    """A fault that nobody can switch on.

    Attributes:
        text: What was asked for.
        at: Where in it, characters from its beginning.
        why: What is wrong, and what there is instead.
    """

    text: str
    at: int
    why: str

    def __str__(self) -> str:
        shown = self.text if len(self.text) <= 80 else f"{self.text[:77]}..."
        return f"cannot take the fault {shown!r} at character {self.at + 1}: {self.why}"
