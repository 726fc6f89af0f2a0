"""What people can ask of a session, as values; the core answers each with a code."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from controller.limits import LEVELS

MOST_MINUTES: Final = 1440
"""Beyond a day no request is meant; each routine has its own, narrower range."""


@dataclass(frozen=True, slots=True)
class Start:
    """Start this routine."""

    routine: str
    minutes: float | None = None
    level: str = "normal"


@dataclass(frozen=True, slots=True)
class Pause:
    """Unload and keep the place."""


@dataclass(frozen=True, slots=True)
class Resume:
    """Go on from the place that was kept."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Let go now."""


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """A person has seen the fault."""


Request = Start | Pause | Resume | Stop | Acknowledge


def parse_request(table: Mapping[str, Any]) -> Request | None:
    """Return the request in a decoded message, None where it is not one."""
    match table.get("do"):
        case "start":
            return _start(table)
        case "pause":
            return Pause()
        case "resume":
            return Resume()
        case "stop":
            return Stop()
        case "acknowledge":
            return Acknowledge()
        case _:
            return None


def _start(table: Mapping[str, Any]) -> Start | None:
    routine, minutes, level = table.get("routine"), table.get("minutes"), table.get("level")
    if level is None:
        level = "normal"
    if not isinstance(routine, str) or not isinstance(level, str) or level not in LEVELS:
        return None
    if minutes is not None:
        if isinstance(minutes, bool) or not isinstance(minutes, int | float):
            return None
        if not 0 < minutes <= MOST_MINUTES:  # an integer may be too large for a float
            return None
    return Start(routine, minutes, level)
