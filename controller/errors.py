"""What the controller refuses, with the facts a person needs to go on."""

from dataclasses import dataclass


class ControllerError(Exception):
    """Root of everything the controller raises on purpose."""


@dataclass(eq=False)
class BadFileError(ControllerError):
    """A data file cannot be used.

    Attributes:
        path: The file.
        where: The key in it, dotted, or "" for the file as a whole.
        why: What is wrong, with the allowed range.
    """

    path: str
    where: str
    why: str

    def __str__(self) -> str:
        place = f"{self.path}, {self.where}" if self.where else self.path
        return f"{place}: {self.why}"


@dataclass(eq=False)
class UnknownRoutineError(ControllerError):
    """No routine has this id."""

    routine: str
    known: tuple[str, ...]

    def __str__(self) -> str:
        return f"there is no routine {self.routine!r}; choose one of: {', '.join(self.known)}"
