"""One turn of the loop: bytes and wishes in, bytes and a reply out; the shell does the waiting."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from controller.arming import Answered
from controller.core import step
from controller.lateness import Lateness
from controller.limits import check_device
from controller.request import Request
from controller.settings import Settings, machine_of
from controller.state import SensorFrame, State
from controller.status import ZoneLoads, image, status
from firmware_bridge.errors import DescriptorError
from firmware_bridge.link import Link, Phase
from firmware_bridge.messages import Ack, Down, Mask, Nak, SetPoint

TICK_US: Final = 10_000
"""The core ticks once a frame, and at least this often without one."""

MAX_UNANSWERED: Final = 16
"""Masks whose answer is still awaited; what was not answered by then was lost."""

SILENT_US: Final = 3_000_000
"""A device that has not introduced itself this long after its port was opened is none of ours."""

SNAPSHOT_US: Final = 50_000
"""People are shown 20 snapshots a second."""


@dataclass(frozen=True, slots=True)
class Turn:
    """What one turn wants sent, and its answer to a request ("" there was none)."""

    out: bytes
    reply: str


class Runner:
    """Link and core, joined; no clock and no input or output of its own.

    Args:
        settings: Settings without a machine.
        nonces: Gives a new 32-bit number at each call.
        version: Version of the product, for the status.

    Attributes:
        fifo: The loop runs under SCHED_FIFO.
        trouble: Code why the port cannot be opened, "" where it is.
    """

    def __init__(self, settings: Settings, nonces: Callable[[], int], version: str) -> None:
        self.settings = settings
        self.state = State()
        self.link = Link(nonces)
        self.lateness = Lateness()
        self.fifo = False
        self.trouble = ""
        self._opened_us: int | None = None
        self._version = version
        self._zones = (ZoneLoads(), ZoneLoads())
        self._machine_session = 0
        self._unanswered: dict[int, Down] = {}
        self._answers: tuple[Answered, ...] = ()
        self._snapshot_us = -SNAPSHOT_US

    def turn(self, chunk: bytes, now_us: int, request: Request | None = None) -> Turn:
        """Return what one turn sends."""
        received = self.link.receive(chunk, now_us)
        self._follow_link()
        self._watch_silence(now_us)
        if received.answers:
            self._answers += self._match(received.answers)
        sensor = None
        if received.frame is not None:
            sensor = SensorFrame(received.frame, received.frame_at_us, self._answers)
            self._answers = ()
            self.lateness.add(now_us - received.frame_at_us)
        elif request is None and 0 < now_us - self.state.now_us < TICK_US and self.state.ticks:
            return Turn(self.link.poll(now_us), "")
        self.state = step(self.state, sensor, now_us, request, self.settings)
        if self.state.stop:
            self.link.stop()
        out = [self.link.poll(now_us)]
        # While a STOP is not confirmed nothing else is asked for.
        out += [
            self._send(order, now_us)
            for order in self.state.orders
            if not (self.link.stopping and isinstance(order, SetPoint))
        ]
        return Turn(b"".join(out), self.state.reply)

    def _send(self, order: Down, now_us: int) -> bytes:
        data = self.link.send(order, now_us)
        if isinstance(order, Mask):
            self._unanswered[self.link.counter] = order
            if len(self._unanswered) > MAX_UNANSWERED:
                del self._unanswered[min(self._unanswered)]
        return data

    def _match(self, answers: tuple[Ack | Nak, ...]) -> tuple[Answered, ...]:
        """Return which orders were answered; of the rest nobody wants to know."""
        return tuple(
            Answered(
                self._unanswered.pop(answer.of_counter),
                answer.refusal if isinstance(answer, Nak) else None,
            )
            for answer in answers
            if answer.of_counter in self._unanswered
        )

    def port_opened(self, now_us: int) -> None:
        """A port is open; whether a device of ours is behind it will show."""
        self.trouble = ""
        self._opened_us = now_us

    def port_lost(self) -> None:
        """The port is gone: the session with the device is over."""
        self._opened_us = None
        self.link.close()
        self._follow_link()

    def _watch_silence(self, now_us: int) -> None:
        """Say that whoever is at the port does not answer the greeting."""
        if self.link.phase is Phase.UP:
            self._opened_us = now_us
            self.trouble = ""
            return
        if self._opened_us is None or self.link.refused is not None:
            return
        if now_us - self._opened_us > SILENT_US:
            self.trouble = "device_silent"

    def _follow_link(self) -> None:
        """Keep the settings' machine in step with the link's session."""
        if self.link.phase is not Phase.UP:
            if self.settings.machine is not None:
                self.settings = replace(self.settings, machine=None)
                self._unanswered, self._answers = {}, ()
            return
        if self._machine_session == self.link.stats.sessions:
            return
        self._machine_session = self.link.stats.sessions
        descriptor = self.link.descriptor
        if descriptor is None:
            return
        try:
            check_device(descriptor)
        except DescriptorError as error:
            self.link.refuse(error)
            return
        self.settings = replace(self.settings, machine=machine_of(descriptor))

    def snapshot_due(self, now_us: int) -> bool:
        """Return whether people should be shown something new; true once per period."""
        if now_us - self._snapshot_us < SNAPSHOT_US:
            return False
        self._snapshot_us = now_us
        return True

    def status(self) -> dict[str, Any]:
        """Return the status table."""
        return status(
            self.state,
            self.settings,
            link=self.link,
            zones=self._zones,
            lateness=self.lateness,
            fifo=self.fifo,
            trouble=self.trouble,
            version=self._version,
        )

    def image(self) -> bytes:
        """Return the newest pressure image, b"" without a device."""
        machine = self.settings.machine
        return image(self.state, machine) if machine else b""
