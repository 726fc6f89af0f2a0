"""One turn of the loop: bytes and wishes in, bytes and a reply out; the shell does the waiting."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from controller.arming import Answered
from controller.core import reflect, step
from controller.lateness import Histogram
from controller.limits import check_device
from controller.request import Request
from controller.settings import Settings, machine_of
from controller.state import SensorFrame, State
from controller.status import ZoneLoads, image, status
from firmware_bridge.codec import decode_up, encode, up_lengths
from firmware_bridge.descriptor import Descriptor
from firmware_bridge.errors import DescriptorError, OtherDeviceError
from firmware_bridge.framing import UpDecoder, wrap_down
from firmware_bridge.link import Link, Phase
from firmware_bridge.messages import Ack, Acknowledge, Down, Mask, Nak, Retract, SetPoint

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
    """What one turn wants sent, and its answer to a request.

    Attributes:
        stop: STOP, before everything, b"" none.
        messages: Whole messages that must all arrive, in order.
        set_point: The order of the moment, after them; a newer one takes its place.
        reply: Answer to the request, "" there was none.
    """

    stop: bytes = b""
    messages: tuple[bytes, ...] = ()
    set_point: bytes = b""
    reply: str = ""

    @property
    def out(self) -> bytes:
        """All of it, in the order in which it is sent."""
        return self.stop + b"".join(self.messages) + self.set_point


class Runner:
    """Link and core, joined; no clock and no input or output of its own.

    Args:
        settings: Settings without a machine.
        nonces: Gives a new 32-bit number at each call.
        version: Version of the product, for the status.

    Attributes:
        late: Age of each frame when its turn began.
        work: From waking up to the set-point written, told by the shell.
        fifo: The loop runs under SCHED_FIFO.
        trouble: Code why the port cannot be opened, "" where it is.
        device_id: The device this process works with; another one needs a person's word.
    """

    def __init__(self, settings: Settings, nonces: Callable[[], int], version: str) -> None:
        self.settings = settings
        self.state = State()
        self.link = Link(nonces)
        self.late = Histogram()
        self.work = Histogram()
        self.fifo = False
        self.trouble = ""
        self.device_id = ""
        self._opened_us: int | None = None
        self._version = version
        self._zones = (ZoneLoads(), ZoneLoads())
        self._machine_session = 0
        self._unanswered: dict[int, Down] = {}
        self._answers: tuple[Answered, ...] = ()
        self._snapshot_us = -SNAPSHOT_US
        self._reflected = True
        self._heard = b""
        self._practice = UpDecoder({})

    def turn(self, chunk: bytes, now_us: int, request: Request | None = None) -> Turn:
        """Return what one turn sends; `reflect` belongs after it, once that is sent."""
        self.reflect()
        received = self.link.receive(chunk, now_us)
        self._follow_link()
        self._watch_silence(now_us)
        if received.answers:
            self._answers += self._match(received.answers)
        sensor = None
        if received.frame is not None:
            sensor = SensorFrame(received.frame, received.frame_at_us, self._answers)
            self._answers = ()
            self._heard = chunk
            self.late.add(now_us - received.frame_at_us)
        elif request is None and 0 < now_us - self.state.now_us < TICK_US and self.state.ticks:
            return self._say((), "", now_us)
        self.state = step(self.state, sensor, now_us, request, self.settings)
        self._reflected = False
        if self.state.stop:
            self.link.stop()
        return self._say(self.state.orders, self.state.reply, now_us)

    def _say(self, orders: tuple[Down, ...], reply: str, now_us: int) -> Turn:
        """Return the turn that sends `orders` and what the conversation itself wants said."""
        stop, handshake = self.link.poll_stop(now_us), self.link.poll_handshake(now_us)
        messages = (handshake,) if handshake else ()
        set_point = b""
        for order in orders:
            if self.link.stopping and not isinstance(order, Retract | Acknowledge):
                continue  # while a STOP is not confirmed nothing is asked for
            if isinstance(order, SetPoint):
                set_point = self._send(order, now_us)
            else:
                messages = (*messages, self._send(order, now_us))
        return Turn(stop, messages, set_point, reply)

    def reflect(self) -> bool:
        """Do what no set-point waits for, before the next turn at the latest; return if it did."""
        if self._reflected:
            return False
        self._reflected = True
        before = self.state
        self.state = reflect(before, self.settings)
        return self.state is not before

    def rehearse(self, now_us: int) -> None:
        """Take the next step in thought, and forget it.

        After 4 ms of other people's work neither the code nor the data of a step are near the
        processor any more, and fetching them costs more than the step. The core is pure, so a step
        taken shortly before the frame comes, with the frame before, changes nothing but that.
        """
        machine, frame = self.settings.machine, self.state.frame
        if machine is None or frame is None:
            return
        for payload in self._practice.feed(self._heard):
            decode_up(payload, machine.grid.rows, machine.grid.cols)
        for order in step(self.state, frame, now_us, None, self.settings).orders:
            wrap_down(encode(order, nonce=0, counter=0))

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
        self.link.refused = None
        self._follow_link()

    @property
    def waits_for_word(self) -> bool:
        """Another device than before is there, and a person has to say whether that is meant."""
        return isinstance(self.link.refused, OtherDeviceError)

    def accept_device(self, device_id: str | None) -> str:
        """Work with the other device from now on, because a person said so; return a code.

        Args:
            device_id: The one the person was shown; None takes whichever it is.
        """
        other = self.link.refused
        if not isinstance(other, OtherDeviceError) or device_id not in (None, other.found):
            return "no_other_device"
        self.device_id = other.found
        self.link.greet_again()
        return "ok"

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
            self._bar(self.link.refused.code if self.link.refused else "")
            return
        if self.link.bad_clock is not None:
            self._bar(self.link.bad_clock.code)
            return
        if self._machine_session == self.link.stats.sessions:
            return
        self._machine_session = self.link.stats.sessions
        descriptor = self.link.descriptor
        if descriptor is None:
            return
        try:
            self._check(descriptor)
        except (DescriptorError, OtherDeviceError) as error:
            self.link.refuse(error)
            self._bar(error.code)
            return
        self.device_id = descriptor.device_id
        matrix = descriptor.matrix
        self._practice = UpDecoder(up_lengths(matrix.rows, matrix.cols))
        self.settings = replace(self.settings, machine=machine_of(descriptor), barred="")

    def _check(self, descriptor: Descriptor) -> None:
        """Accept a device within the ceilings that is the one known before.

        Raises:
            DescriptorError: It would allow too much.
            OtherDeviceError: It is another one.
        """
        check_device(descriptor)
        if self.device_id not in ("", descriptor.device_id):
            raise OtherDeviceError(self.device_id, descriptor.device_id)

    def _bar(self, code: str) -> None:
        """Work with no device: nothing agreed with the last one holds any more."""
        if self.settings.machine is not None:
            self._unanswered, self._answers = {}, ()
        elif self.settings.barred == code:
            return
        self.settings = replace(self.settings, machine=None, barred=code)

    def snapshot_due(self, now_us: int, *, busy: bool = False) -> bool:
        """Return whether people should be shown something new; true once per period.

        After a turn that had other things to do (`busy`) they wait a period longer at most.
        """
        if now_us - self._snapshot_us < SNAPSHOT_US * (2 if busy else 1):
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
            late=self.late,
            work=self.work,
            fifo=self.fifo,
            trouble=self.trouble,
            version=self._version,
        )

    def image(self) -> bytes:
        """Return the newest pressure image, b"" without a device."""
        machine = self.settings.machine
        return image(self.state, machine) if machine else b""
