"""A runner whose every input and output is on tape."""

from collections.abc import Callable
from typing import Final, NamedTuple

from controller.memory import remember
from controller.request import Request
from controller.runner import Runner, Turn
from controller.settings import Settings
from controller.state import State
from controller.tape import OVERDUE_US, Box, Entry, Outside, Tape, why_kept

_OWN: Final = frozenset(
    {"tape", "_drawn", "_seen_settings", "_seen_device_id", "_last_us", "_turning", "_turned"}
)


def raised_text(error: Exception) -> str:
    """Return an exception as the tape has it."""
    return f"{type(error).__name__}: {error}"[:1000]


class _Turned(NamedTuple):
    """A turn that is not on the tape yet."""

    chunk: bytes
    now_us: int
    request: Request | None
    outside: Outside | None
    reflected: bool
    before: State
    after: State
    turn: Turn


class TapedRunner(Runner):
    """The runner, and a tape of it; what it does is the same.

    Args:
        settings: Settings without a machine.
        nonces: Gives a new 32-bit number at each call.
        version: Version of the product, for the status.

    Attributes:
        tape: The last half minute.
    """

    def __init__(self, settings: Settings, nonces: Callable[[], int], version: str) -> None:
        self._drawn: list[int] = []

        def draw() -> int:
            number = nonces()
            self._drawn.append(number)
            return number

        super().__init__(settings, draw, version)
        self.tape = Tape(lambda: remember(self, _OWN))
        self._seen_settings = settings
        self._seen_device_id = self.device_id
        self._last_us = 0
        self._turning = False
        self._turned: _Turned | None = None

    def reflect(self) -> bool:
        """Do what no set-point waits for, and the tape's own work."""
        try:
            did = super().reflect()
        except Exception as error:
            if not self._turning:
                self._write_down()
                kept = Entry("reflect", self._last_us, reflected=False, raised=raised_text(error))
                self.tape.add(kept)
            raise
        if not self._turning:
            self._write_down()
            self.tape.ready(self._last_us)
        return did

    def turn(self, chunk: bytes, now_us: int, request: Request | None = None) -> Turn:
        """Return what one turn sends; it comes onto the tape when the set-point is on its way."""
        outside, reflected = self._begin(now_us)
        before = self.state
        self._turning = True
        try:
            turn = super().turn(chunk, now_us, request)
        except Exception as error:
            kept = Entry("turn", now_us, chunk, request, outside=outside, reflected=reflected)
            self._end(kept._replace(nonces=self._nonces_drawn(), raised=raised_text(error)))
            raise
        finally:
            self._turning = False
        self._turned = _Turned(chunk, now_us, request, outside, reflected, before, self.state, turn)
        self._seen_settings, self._seen_device_id = self.settings, self.device_id
        return turn

    def want(self, why: str, now_us: int) -> None:
        """Keep what is on the tape, for a reason that the runner does not know."""
        self._write_down()
        self.tape.want(why, now_us)

    def box(self, now_us: int, *, at_once: bool = False) -> Box | None:
        """Return what is to be kept, once; None where nothing is, or not yet."""
        self._write_down()
        return self.tape.box(now_us, at_once=at_once)

    def _write_down(self) -> None:
        """Bring the last turn onto the tape, if it is not there yet."""
        turned = self._turned
        if turned is None:
            return
        self._turned = None
        turn = turned.turn
        self.tape.add(
            Entry(
                "turn",
                turned.now_us,
                turned.chunk,
                turned.request,
                None,
                turned.outside,
                turned.reflected,
                self._nonces_drawn(),
                turn.stop,
                turn.messages,
                turn.set_point,
                turn.reply,
            )
        )
        why = why_kept(turned.before, turned.after)
        if why:
            self.tape.want(why, turned.now_us)

    def port_opened(self, now_us: int) -> None:
        """A port is open."""
        outside, reflected = self._begin(now_us)
        super().port_opened(now_us)
        self._end(Entry("port_opened", now_us, outside=outside, reflected=reflected))

    def port_lost(self) -> None:
        """The port is gone."""
        outside, reflected = self._begin(self._last_us)
        super().port_lost()
        self._end(Entry("port_lost", self._last_us, outside=outside, reflected=reflected))

    def accept_device(self, device_id: str | None) -> str:
        """Work with the other device from now on; return a code."""
        outside, reflected = self._begin(self._last_us)
        reply = super().accept_device(device_id)
        self._end(
            Entry(
                "accept_device",
                self._last_us,
                detail=device_id,
                outside=outside,
                reflected=reflected,
                reply=reply,
            )
        )
        return reply

    def _begin(self, now_us: int) -> tuple[Outside | None, bool]:
        """Return what was done to the runner since its last call."""
        self._write_down()
        self._last_us = now_us
        outside = None
        if self.settings is not self._seen_settings or self.device_id != self._seen_device_id:
            outside = Outside(self.settings, self.device_id)
        # A piece begins between two calls, so all of a call is on one piece.
        self.tape.ready(now_us, overdue_us=OVERDUE_US)
        return outside, self._reflected

    def _end(self, entry: Entry) -> None:
        self.tape.add(entry)
        self._seen_settings, self._seen_device_id = self.settings, self.device_id

    def _nonces_drawn(self) -> tuple[int, ...]:
        if not self._drawn:
            return ()
        drawn, self._drawn = tuple(self._drawn), []
        return drawn
