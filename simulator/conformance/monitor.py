"""Rules that every message of the whole run must keep, whatever the case."""

from typing import Final

from firmware_bridge.messages import DeviceState, EventKind, Kind
from simulator.conformance.messages import FRAME_HEAD, Event, Frame, read_event, read_frame
from simulator.conformance.wire import HEADER, Heard, Listener

_LENGTHS: Final = {
    0x81: (30, 30),
    0x82: (11, 523),
    0x84: (24, 24),
    0x85: (15, 15),
    0x86: (16, 16),
    0x87: (63, 187),
    0x88: (51, 51),
}
_MOST: Final = 20
_S: Final = DeviceState
_FOLLOWS: Final = {
    _S.SILENT: {_S.READY},
    _S.READY: {_S.ARMED, _S.RETRACT},
    _S.ARMED: {_S.RUNNING, _S.RETRACT},
    _S.RUNNING: {_S.ARMED, _S.RETRACT},
    _S.RETRACT: {_S.READY, _S.LATCHED},
    _S.LATCHED: {_S.READY, _S.RETRACT},
    _S.LIMP: set(),
}


class Monitor:
    """Looks at every message.

    Args:
        listener: Where the messages come from.

    Attributes:
        wrong: What broke a rule, by rule, the first few of each.
        listener: Where the messages come from.
        messages: How many it has heard.
        sessions: How many WELCOMEs among them.
    """

    def __init__(self, listener: Listener) -> None:
        self.listener = listener
        self.wrong: dict[str, list[str]] = {
            rule: []
            for rule in ("length", "counter", "nonce", "clock", "state", "version", "stops", "boot")
        }
        self._frame_bytes = 0
        self._counter = 0
        self._nonce = 0
        self._greeting = True
        self._device_us = -1
        self._event_us = -1
        self._state: int | None = None
        self._stops = 0
        self._boot_nonce = 0
        self.messages = 0
        self.sessions = 0

    def expect_matrix(self, rows: int, cols: int) -> None:
        """FRAMEs are of this matrix."""
        self._frame_bytes = FRAME_HEAD + 4 * rows * cols

    def greeting(self) -> None:
        """A HELLO goes out: what is on its way belongs to the old session."""
        self._greeting = True

    def settled(self) -> None:
        """That HELLO is one that must be refused: the session goes on."""
        self._greeting = False

    def power_cycled(self) -> None:
        """Everything begins anew."""
        self._greeting = True
        self._nonce = 0
        self._device_us = self._event_us = -1
        self._state = None
        self._stops = 0
        self._boot_nonce = 0

    def hear(self, heard: Heard) -> None:
        """Judge one message."""
        self.messages += 1
        if heard.kind == Kind.NAK and heard.nonce == 0 and heard.counter == 0:
            return  # the answer to a HELLO of another version stands outside the session
        if heard.kind == Kind.WELCOME:
            self._welcome(heard)
        elif heard.nonce != self._nonce:
            if not self._greeting:
                self._note("nonce", f"type {heard.kind:#04x} with nonce {heard.nonce:#010x}")
            return
        elif heard.counter <= self._counter:
            self._note("counter", f"{heard.counter} after {self._counter}, type {heard.kind:#04x}")
        self._counter = heard.counter
        self._judge(heard)

    def _judge(self, heard: Heard) -> None:
        if heard.version != 1:
            self._note("version", f"{heard.version} in type {heard.kind:#04x}")
        self._judge_length(heard)
        if heard.kind == Kind.FRAME:
            frame = read_frame(heard)
            if frame is not None:
                self._judge_frame(frame)
        elif heard.kind == Kind.EVENT:
            event = read_event(heard)
            if event is not None:
                self._judge_event(event)

    def _welcome(self, heard: Heard) -> None:
        self.sessions += 1
        if heard.nonce in (0, self._nonce):
            self._note("nonce", f"WELCOME with nonce {heard.nonce:#010x}")
        if heard.counter != 1:
            self._note("counter", f"{heard.counter} in WELCOME")
        boot_nonce = int.from_bytes(heard.payload[HEADER.size + 4 : HEADER.size + 8], "little")
        if self._boot_nonce not in (0, boot_nonce):
            self._note("boot", f"{boot_nonce:#010x} after {self._boot_nonce:#010x}")
        self._boot_nonce = boot_nonce
        self._nonce = heard.nonce
        self._greeting = False
        self._state = None

    def _judge_length(self, heard: Heard) -> None:
        length = len(heard.payload)
        if heard.kind == Kind.FRAME:
            low = high = self._frame_bytes or length
        else:
            low, high = _LENGTHS.get(heard.kind, (0, -1))
        if not low <= length <= high:
            self._note("length", f"{length} bytes in type {heard.kind:#04x}")

    def _judge_frame(self, frame: Frame) -> None:
        if frame.device_us <= self._device_us:
            self._note("clock", f"{frame.device_us} us after {self._device_us} us in FRAMEs")
        self._device_us = frame.device_us
        if frame.stop_count < self._stops:
            self._note("stops", f"{frame.stop_count} after {self._stops}")
        self._stops = frame.stop_count

    def _judge_event(self, event: Event) -> None:
        if event.device_us < self._event_us:
            self._note("clock", f"{event.device_us} us after {self._event_us} us in EVENTs")
        self._event_us = event.device_us
        if event.event != EventKind.STATE:
            return
        before, self._state = self._state, event.value
        if event.value > max(_S):
            self._note("state", f"state {event.value}")
        elif (
            before is not None
            and event.value != _S.LIMP
            and _S(event.value) not in _FOLLOWS[_S(before)]
        ):
            self._note("state", f"{_S(before).name} to {_S(event.value).name}")

    def _note(self, rule: str, what: str) -> None:
        if len(self.wrong[rule]) < _MOST:
            self.wrong[rule].append(what)
