"""What happens when something goes wrong, as one pure function of state, event and time.

Causes, how they are detected, what they do and when they count as over are data:
`data/failsafe.toml`. A cause gives way only to a graver one; a latched one is left only by a person
who acknowledges, and not while it is still there.
"""

import enum
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from importlib import resources
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from controller.errors import BadFileError
from controller.session import Happening

SCHEMA: Final = 1


class Severity(enum.IntEnum):
    """How grave a cause is; only a graver one takes the place of another."""

    NOTHING = 0
    PAUSE = 1
    STOP = 2
    LATCH = 3


class Clear(enum.StrEnum):
    """What must happen before a cause counts as over."""

    ITSELF = "itself"
    RESUME = "resume"
    START = "start"
    ACKNOWLEDGE = "acknowledge"


SEVERITY: Final[Mapping[Happening, Severity]] = MappingProxyType(
    {
        Happening.FOOT_MOVED: Severity.PAUSE,
        Happening.FEET_GONE: Severity.STOP,
        Happening.LET_GO: Severity.STOP,
        Happening.STOP: Severity.STOP,
        Happening.DEVICE_LOST: Severity.LATCH,
        Happening.FAULT: Severity.LATCH,
    }
)
"""What a cause may do to a session, and how grave that is."""

_CLEARS: Final[Mapping[Severity, frozenset[Clear]]] = MappingProxyType(
    {
        Severity.PAUSE: frozenset({Clear.ITSELF, Clear.RESUME}),
        Severity.STOP: frozenset({Clear.START}),
        Severity.LATCH: frozenset({Clear.ACKNOWLEDGE}),
    }
)
"""What stopped a massage never ends by itself."""


@dataclass(frozen=True, slots=True)
class Cause:
    """One thing that can go wrong; the texts are for people who read the table.

    Attributes:
        event: What happens.
        detection: How it is noticed.
        happening: What it does to the session.
        clear: When it counts as over.
        by: Who detects it first: host, device or person.
        rows: Of the hazard table.
        deadline_ms: From the event to the letting go.
        stop: The host sends STOP as well, until it is confirmed.
    """

    event: str
    detection: str
    happening: Happening
    clear: Clear
    by: str
    rows: tuple[str, ...]
    deadline_ms: int
    stop: bool

    @property
    def severity(self) -> Severity:
        """How grave it is."""
        return SEVERITY[self.happening]


class What(enum.Enum):
    """Kinds of events that the failsafe hears of."""

    HAPPENED = "happened"
    GONE = "gone"
    RESUMED = "resumed"
    STARTED = "started"
    ACKNOWLEDGED = "acknowledged"


class Event(NamedTuple):
    """Something that the failsafe must know.

    Attributes:
        what: Its kind.
        code: Of the cause that has happened or gone.
    """

    what: What
    code: str = ""


class Guard(NamedTuple):
    """The gravest cause that is not over yet.

    Attributes:
        code: Its key in `CAUSES`, "" none.
        since_us: When it happened.
        present: It is still there, as far as anybody can tell.
    """

    code: str = ""
    since_us: int = 0
    present: bool = False

    @property
    def severity(self) -> Severity:
        """How grave it is; a cause that is not known is as grave as any."""
        if not self.code:
            return Severity.NOTHING
        cause = CAUSES.get(self.code)
        return cause.severity if cause else Severity.LATCH


UNHARMED: Final = Guard()

_ENDS: Final[Mapping[What, Severity]] = MappingProxyType(
    {
        What.RESUMED: Severity.PAUSE,
        What.STARTED: Severity.STOP,
        What.ACKNOWLEDGED: Severity.LATCH,
    }
)
"""How grave a cause each act of a person may end."""


def failsafe(guard: Guard, event: Event, now_us: int) -> Guard:
    """Return the guard after `event`; any code and any order of events will do."""
    if event.what is What.HAPPENED:
        return _happened(guard, event.code, now_us)
    if event.what is What.GONE:
        return _gone(guard, event.code)
    ends = guard.severity <= _ENDS[event.what] and not guard.present
    return UNHARMED if ends else guard


def _happened(guard: Guard, code: str, now_us: int) -> Guard:
    new = Guard(code, now_us, present=True)
    if code == guard.code:
        return guard._replace(present=True)
    return new if new.severity > guard.severity else guard


def _gone(guard: Guard, code: str) -> Guard:
    if code != guard.code:
        return guard
    cause = CAUSES.get(code)
    over = cause is not None and cause.clear is Clear.ITSELF
    return UNHARMED if over else guard._replace(present=False)


def load_causes() -> Mapping[str, Cause]:
    """Return the causes that ship with Podal, by code.

    Raises:
        BadFileError: The file is damaged.
    """
    source = resources.files("controller").joinpath("data", "failsafe.toml")
    return parse_causes(source.read_text(encoding="utf-8"), "failsafe.toml")


def parse_causes(text: str, path: str) -> Mapping[str, Cause]:
    """Return the causes in `text`.

    Raises:
        BadFileError: Not TOML, a key too many or too few, a value that means nothing.
    """
    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadFileError(path, "", f"not TOML: {error}") from None
    if table.get("schema") != SCHEMA:
        raise BadFileError(path, "schema", f"must be {SCHEMA}")
    rows = table.get("causes")
    if not isinstance(rows, dict) or not rows:
        raise BadFileError(path, "causes", "must be tables, one a cause")
    return MappingProxyType(
        {code: _cause(row, f"causes.{code}", path) for code, row in rows.items()}
    )


def _cause(row: Any, key: str, path: str) -> Cause:
    names = [field.name for field in fields(Cause)]
    if not isinstance(row, dict) or set(row) != set(names):
        raise BadFileError(path, key, f"must have exactly: {', '.join(names)}")
    try:
        cause = Cause(
            event=str(row["event"]),
            detection=str(row["detection"]),
            happening=Happening(row["happening"]),
            clear=Clear(row["clear"]),
            by=str(row["by"]),
            rows=tuple(map(str, row["rows"])),
            deadline_ms=int(row["deadline_ms"]),
            stop=row["stop"] is True,
        )
        severity = cause.severity
    except (ValueError, TypeError, KeyError) as error:
        raise BadFileError(path, key, f"means nothing: {error}") from None
    if cause.clear not in _CLEARS[severity]:
        raise BadFileError(
            path, f"{key}.clear", f"{cause.clear} is too little after {cause.happening}"
        )
    if not cause.deadline_ms > 0 or not cause.rows:
        raise BadFileError(path, key, "needs a deadline above 0 and rows of the hazard table")
    return cause


CAUSES: Final = load_causes()
