"""Errors of the faces: what the control process did not do, and why."""

import errno
import os
from dataclasses import dataclass
from pathlib import Path


class ApiError(Exception):
    """Root of everything the faces raise on purpose."""


@dataclass(eq=False)
class ControlUnreachableError(ApiError):
    """No control process answers.

    Attributes:
        code: `control_absent` (nothing is connected) or `control_silent` (no answer in time).
    """

    code: str

    def __str__(self) -> str:
        if self.code == "control_silent":
            return "The control process does not answer. Use the STOP button on the machine."
        return "The control process is not running. Start it with: podal run"


@dataclass(eq=False)
class ControlRefusedError(ApiError):
    """The control process answered no.

    Attributes:
        code: Why, as a short code.
        detail: The same in one sentence.
    """

    code: str
    detail: str

    def __str__(self) -> str:
        return self.detail or self.code


@dataclass(eq=False)
class PortTakenError(ApiError):
    """A TCP port cannot be listened on.

    Attributes:
        option: The option that chooses another port.
        number: The system's error number.
    """

    host: str
    port: int
    option: str
    number: int

    def __str__(self) -> str:
        if self.number == errno.EADDRINUSE:
            return (
                f"Port {self.port} on {self.host} is already served (perhaps by another Podal): "
                f"end that program, or choose another port with {self.option}."
            )
        why = os.strerror(self.number)
        return (
            f"Port {self.port} on {self.host} cannot be used ({why}): "
            f"choose another with {self.option}."
        )


@dataclass(eq=False)
class SocketFolderError(ApiError):
    """The folder for the control socket cannot be trusted or made."""

    folder: Path
    why: str

    def __str__(self) -> str:
        return (
            f"The folder {self.folder} cannot hold the control socket ({self.why}): "
            "remove it, or choose another path with --socket."
        )
