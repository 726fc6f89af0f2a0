"""The black box's tape: what went into the runner and what came out, of the last half minute.

It begins with what the runner knew then, so that all of it can be run again. Bounded in time and in
bytes; nothing is copied, what a turn was given and gave is kept by reference.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from controller.memory import Kept
from controller.request import Request
from controller.session import PRESSING, Session
from controller.settings import Settings
from controller.state import State

BEFORE_US: Final = 30_000_000
"""At least so much is kept of what came before a stop or fault."""

AFTER_US: Final = 2_000_000
LONGEST_AFTER_US: Final = 10_000_000
"""What follows one stop or fault within 2 s belongs to it, but not for ever."""

PIECE_US: Final = 10_000_000
"""What the runner knows is taken down anew so often; whole pieces are forgotten."""

OVERDUE_US: Final = 1_000_000
"""Where nobody calls between two turns it is taken down in a turn, so much later."""

MAX_BYTES: Final = 96_000_000
"""42 s of the largest matrix at 200 frames a second are some 80 MB; of 32 x 16 taxels, 24 MB."""

ENTRY_BYTES: Final = 600
"""What an entry takes besides its bytes, generously. Measured: 470 on CPython 3.11."""

MAX_PIECE_BYTES: Final = MAX_BYTES // 8


class Outside(NamedTuple):
    """What somebody but the runner has set in it since the entry before."""

    settings: Settings
    device_id: str


class Entry(NamedTuple):
    """One call of the runner.

    Attributes:
        call: Name of the method: `turn`, `port_opened`, `port_lost`, `accept_device`;
            `reflect` only where a bug has ended it.
        now_us: Host time it was given.
        chunk: Bytes received.
        request: What a person asked for.
        detail: Id of a device to accept.
        outside: What was set from outside before the call, None nothing.
        reflected: What no set-point waits for was done before the call.
        nonces: Drawn during the call.
        stop: STOP that was sent, b"" none.
        messages: Whole messages sent, in order.
        set_point: The order of the moment.
        reply: Answer to the request, or to the word about the device.
        raised: The exception that ended the call, "" none: a bug.
    """

    call: str
    now_us: int = 0
    chunk: bytes = b""
    request: Request | None = None
    detail: str | None = None
    outside: Outside | None = None
    reflected: bool = True
    nonces: tuple[int, ...] = ()
    stop: bytes = b""
    messages: tuple[bytes, ...] = ()
    set_point: bytes = b""
    reply: str = ""
    raised: str = ""

    @property
    def size_bytes(self) -> int:
        """What keeping it takes."""
        sent = len(self.stop) + len(self.set_point) + sum(map(len, self.messages))
        said = len(self.detail or "") + len(getattr(self.request, "routine", ""))
        return ENTRY_BYTES + len(self.chunk) + sent + said


class Recording(NamedTuple):
    """Calls of a runner from a known state on: all it takes to run them again."""

    start: Kept
    entries: tuple[Entry, ...]


class Box(NamedTuple):
    """A recording worth keeping.

    Attributes:
        recording: What happened.
        why: Codes of the stops and faults in it, in order.
        at_us: Host time of the first of them.
        from_us: Host time of the first entry.
        until_us: Host time of the last entry.
    """

    recording: Recording
    why: tuple[str, ...]
    at_us: int
    from_us: int
    until_us: int


@dataclass(slots=True)
class _Piece:
    start: Kept
    at_us: int
    entries: list[Entry] = field(default_factory=list)
    size_bytes: int = 0


def why_kept(before: State, after: State) -> str:
    """Return the code of a stop or fault between two states, "" there was none."""
    if after.session is before.session:
        return ""
    if after.session is Session.FAULT:
        return after.reason or "fault"
    if after.session is Session.STOPPED and before.session in PRESSING:
        return after.reason or "stop"
    return ""


class Tape:
    """Pieces of at least the last half minute.

    Args:
        take_down: Returns what the runner knows now.
    """

    def __init__(self, take_down: Callable[[], Kept]) -> None:
        self._take_down = take_down
        self._pieces: deque[_Piece] = deque()
        self._why: tuple[str, ...] = ()
        self._first_us = 0
        self._due_us = 0

    @property
    def size_bytes(self) -> int:
        """What all of it takes."""
        return sum(piece.size_bytes for piece in self._pieces)

    def ready(self, now_us: int, *, overdue_us: int = 0) -> None:
        """Begin a new piece where that is due, and forget what nobody needs any more.

        Args:
            now_us: Host time; 0 where it is not known.
            overdue_us: Begin one only when it has been due for so long.
        """
        if self._pieces:
            piece = self._pieces[-1]
            old = now_us - piece.at_us >= PIECE_US + overdue_us
            if not old and piece.size_bytes < MAX_PIECE_BYTES:
                return
        self._pieces.append(_Piece(self._take_down(), now_us))
        self._forget(now_us)

    def _forget(self, now_us: int) -> None:
        pieces = self._pieces
        wanted_us = (self._first_us if self._why else now_us) - BEFORE_US
        while len(pieces) > 1:
            if pieces[1].at_us > wanted_us and self.size_bytes <= MAX_BYTES - MAX_PIECE_BYTES:
                return
            pieces.popleft()

    def add(self, entry: Entry) -> None:
        """Keep one more call; `ready` comes before the call itself."""
        piece = self._pieces[-1]
        piece.entries.append(entry)
        piece.size_bytes += entry.size_bytes

    def want(self, why: str, now_us: int) -> None:
        """Keep what is on the tape, and a little of what follows."""
        if not self._why:
            self._first_us = now_us
        self._why = (*self._why, why)[:16]
        self._due_us = min(now_us + AFTER_US, self._first_us + LONGEST_AFTER_US)

    def box(self, now_us: int, *, at_once: bool = False) -> Box | None:
        """Return what is to be kept, once; None where nothing is, or not yet."""
        if not self._why or (now_us < self._due_us and not at_once):
            return None
        why, self._why = self._why, ()
        entries = tuple(entry for piece in self._pieces for entry in piece.entries)
        times_us = [entry.now_us for entry in (entries[0], entries[-1])] if entries else [0, 0]
        start = self._pieces[0].start
        return Box(Recording(start, entries), why, self._first_us, times_us[0], times_us[1])
