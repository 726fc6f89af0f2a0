"""The conversation with one device: handshake, session, freshness, and STOP until it is heard.

No input or output here: bytes and the time come in, messages and bytes go out, so the same code
runs on a tty and in virtual time.
"""

import enum
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from firmware_bridge.clock import FRESH_US, Clock
from firmware_bridge.codec import (
    HEADER_BYTES,
    PAGE_BYTES,
    Malformed,
    decode_up,
    encode,
    frame_length,
    read_header,
    up_lengths,
)
from firmware_bridge.descriptor import Descriptor, parse_descriptor
from firmware_bridge.errors import (
    DescriptorError,
    DeviceClockError,
    ProtocolMismatchError,
    RefusedError,
)
from firmware_bridge.framing import MAX_UP_BYTES, FramingStats, UpDecoder, wrap_down
from firmware_bridge.messages import (
    PROTOCOL_VERSION,
    U32_MAX,
    Ack,
    CalibrationState,
    Describe,
    Down,
    Event,
    Frame,
    Header,
    Hello,
    Kept,
    Kind,
    LimitsState,
    Nak,
    Page,
    Refusal,
    SetPoint,
    Welcome,
)
from firmware_bridge.statistics import LinkStats
from firmware_bridge.stopping import Stopping
from firmware_bridge.timebase import TimeBase

VERSIONS: Final = (PROTOCOL_VERSION, PROTOCOL_VERSION)
"""Lowest and highest protocol version this host speaks; a WELCOME must lie within."""

HELLO_PERIOD_US: Final = 250_000
"""Bytes sent before a firmware enables its UART vanish, so the greeting is repeated."""

PAGE_PERIOD_US: Final = 100_000
REFUSED_PERIOD_US: Final = 2_000_000
SILENCE_US: Final = 1_000_000
"""After this long without a valid message a session is over and the greeting starts again."""

STALE_US: Final = 7_000_000
"""When all frames have been too old for so long, only a new handshake can tell ages again. Longer
than a wrong clock needs to be known as one. Podal proposal, unmeasured."""

MAX_UNMATCHED: Final = 64
"""Set-points whose first frame is still awaited for their round trip; the oldest are forgotten."""

_NO_BYTES: Final = b""


class Phase(enum.StrEnum):
    """How far the conversation has come."""

    GREETING = "greeting"
    DESCRIBING = "describing"
    REFUSED = "refused"
    UP = "up"


@dataclass(frozen=True, slots=True)
class Received:
    """What one chunk of bytes brought.

    Attributes:
        frame: The newest frame, if it is fresh; older ones of the same chunk are superseded.
        frame_at_us: Host time at which that frame was taken, by the time base.
        events: Events in order.
        answers: ACKs and NAKs in order.
        kept: Limits and calibrations that the device has told, in order.
    """

    frame: Frame | None = None
    frame_at_us: int = 0
    events: tuple[Event, ...] = ()
    answers: tuple[Ack | Nak, ...] = ()
    kept: tuple[LimitsState | CalibrationState, ...] = ()


@dataclass(slots=True)
class _Gathered:
    frame: Frame | None = None
    events: list[Event] = field(default_factory=list)
    answers: list[Ack | Nak] = field(default_factory=list)
    kept: list[LimitsState | CalibrationState] = field(default_factory=list)


class Link:
    """One host end of the wire.

    Args:
        nonces: Gives a new 32-bit number at each call; unpredictable in the product.

    Attributes:
        stats: Counts and times since the link was made.
        phase: How far the conversation has come.
        descriptor: What the newest device has said about itself.
        refused: Why the device that answered last is not worked with.
        bad_clock: Why nothing this power-on of the device says about time is believed; its session
            goes on, without frames, so that it can still confirm a STOP.
    """

    def __init__(self, nonces: Callable[[], int]) -> None:
        self._nonces = nonces
        self.stats = LinkStats()
        self.descriptor: Descriptor | None = None
        self.refused: RefusedError | None = None
        self.bad_clock: DeviceClockError | None = None
        self._bad_boot_nonce = 0
        self._stopping = Stopping()
        self._decoder = UpDecoder({})
        self._restart()

    def _restart(self) -> None:
        """Forget the session; the next poll greets again."""
        lengths = up_lengths(8, 8)
        lengths[Kind.FRAME] = (HEADER_BYTES, MAX_UP_BYTES)
        stats = self._decoder.stats
        self._decoder = UpDecoder(lengths)
        self._decoder.stats = stats
        self.phase = Phase.GREETING
        self._clock = Clock()
        self._nonce = 0
        self._host_nonce = 0
        self._counter = 0
        self._last_counter = 0
        self._counted_session = -1
        self._welcome: Welcome | None = None
        self._pages: list[bytes] = []
        self._last_sent_us: int | None = None
        self._last_heard_us = 0
        self._asked_page = -1
        self._asked_us = 0
        self._stale_since_us: int | None = None
        self._stopping.forget_session()
        self._setpoint_sent_us: dict[int, int] = {}

    def close(self) -> None:
        """Forget the session because the port is gone; a STOP not yet heard is kept."""
        self._restart()

    @property
    def timebase(self) -> TimeBase:
        """Device time on the host's clock, in this session."""
        return self._clock.base

    @property
    def framing(self) -> FramingStats:
        """What the decoder has seen since the link was made."""
        return self._decoder.stats

    @property
    def bad_crc(self) -> int:
        """Damaged messages seen, refused lengths included."""
        return self._decoder.stats.bad_crc + self._decoder.stats.bad_length

    @property
    def limits_crc(self) -> int:
        """Hash of the device's limit table as the device states it."""
        return self._welcome.limits_crc if self._welcome else 0

    @property
    def boot_nonce(self) -> int:
        """Which power-on of the device this session belongs to."""
        return self._welcome.boot_nonce if self._welcome else 0

    @property
    def stopping(self) -> bool:
        """A STOP is being repeated because the device has not confirmed it yet."""
        return self._stopping.wanted

    def stop(self) -> None:
        """Send STOP now and every 5 ms until the device has counted one of these."""
        self._stopping.want()

    def send(self, message: Down, now_us: int) -> bytes:
        """Return the bytes of `message`, counted into this session."""
        self._counter = (self._counter + 1) & U32_MAX
        if isinstance(message, SetPoint):
            sent = self._setpoint_sent_us
            if len(sent) >= MAX_UNMATCHED:
                del sent[next(iter(sent))]
            sent[self._counter] = now_us
        return wrap_down(encode(message, nonce=self._nonce, counter=self._counter))

    @property
    def counter(self) -> int:
        """Header counter of the message sent last."""
        return self._counter

    def poll(self, now_us: int) -> bytes:
        """Return the bytes that the conversation itself wants to send now."""
        return self.poll_stop(now_us) + self.poll_handshake(now_us)

    def poll_stop(self, now_us: int) -> bytes:
        """Return the STOP to send now, b"" when none is due."""
        return self._stopping.poll(now_us)

    def poll_handshake(self, now_us: int) -> bytes:
        """Return the greeting or question to send now, b"" when none is due."""
        match self.phase:
            case Phase.UP:
                if self._is_over(now_us):
                    self.close()
                return _NO_BYTES
            case Phase.DESCRIBING:
                return self._describe(now_us)
            case Phase.REFUSED:
                return self._greet(now_us) if self._is_due(REFUSED_PERIOD_US, now_us) else _NO_BYTES
            case Phase.GREETING:
                return self._greet(now_us) if self._is_due(HELLO_PERIOD_US, now_us) else _NO_BYTES

    def _is_due(self, period_us: int, now_us: int) -> bool:
        return self._last_sent_us is None or now_us - self._last_sent_us >= period_us

    def _describe(self, now_us: int) -> bytes:
        if not self._is_due(PAGE_PERIOD_US, now_us):
            return _NO_BYTES
        if now_us - self._last_heard_us > SILENCE_US:
            self.close()
            return _NO_BYTES
        self._last_sent_us = now_us
        if self._asked_page != len(self._pages):
            self._asked_page, self._asked_us = len(self._pages), now_us
        return self.send(Describe(len(self._pages)), now_us)

    def _is_over(self, now_us: int) -> bool:
        """Return whether the device is silent, or says only old things that nobody can use."""
        stale_us = 0 if self._stale_since_us is None else now_us - self._stale_since_us
        return now_us - self._last_heard_us > SILENCE_US or stale_us > STALE_US

    def _greet(self, now_us: int) -> bytes:
        self._nonce = 0
        self._host_nonce = (self._nonces() & U32_MAX) or 1
        self.phase = Phase.GREETING
        self._last_sent_us = now_us
        return self.send(Hello(self._host_nonce, *VERSIONS), now_us)

    def receive(self, chunk: bytes, now_us: int) -> Received:
        """Return what `chunk` brings; damaged, foreign, repeated and stale messages are counted."""
        if not chunk:
            return Received()
        gathered = _Gathered()
        for payload in self._decoder.feed(chunk):
            self._take(payload, now_us, gathered)
        frame = gathered.frame
        frame_at_us = 0
        if frame is not None and self.phase is Phase.UP:
            frame_at_us = self._clock.base.host_us(frame.device_us)
            if not self._is_fresh(now_us - frame_at_us, now_us):
                frame = None
        return Received(
            frame,
            frame_at_us,
            tuple(gathered.events),
            tuple(gathered.answers),
            tuple(gathered.kept),
        )

    def _is_fresh(self, age_us: int, now_us: int) -> bool:
        stats = self.stats
        stats.age_us = age_us
        stats.age_max_us = max(stats.age_max_us, age_us)
        if age_us <= FRESH_US and self._clock.tells_age and self.bad_clock is None:
            self._stale_since_us = None
            return True
        stats.stale += 1
        if self._stale_since_us is None:
            self._stale_since_us = now_us
        return False

    def _take(self, payload: bytes, now_us: int, gathered: _Gathered) -> None:
        matrix = self.descriptor.matrix if self.phase is Phase.UP and self.descriptor else None
        if matrix is None and payload[0] == Kind.FRAME:
            return  # its shape is not known yet
        rows, cols = (matrix.rows, matrix.cols) if matrix else (0, 0)
        header = read_header(payload)
        message = decode_up(payload, rows, cols)
        if isinstance(message, Malformed):
            self.stats.malformed += 1
        elif isinstance(message, Welcome):
            self._take_welcome(header, message, now_us)
        elif isinstance(message, Nak) and header.nonce == 0:
            self._take_version(header, message)
        elif self._is_ours(header):
            self._last_heard_us = now_us
            self._take_session(message, now_us, gathered)

    def _is_ours(self, header: Header) -> bool:
        if header.nonce != self._nonce or self._nonce == 0:
            self.stats.foreign += 1
            return False
        if header.counter <= self._last_counter:
            self.stats.repeats += 1
            return False
        if self.stats.sessions != self._counted_session:
            self._counted_session = self.stats.sessions  # frames before the descriptor are no loss
        else:
            self.stats.gaps += header.counter - self._last_counter - 1
        self._last_counter = header.counter
        return True

    def _take_session(
        self,
        message: Page | Frame | Event | Ack | Nak | LimitsState | CalibrationState,
        now_us: int,
        gathered: _Gathered,
    ) -> None:
        match message:
            case Frame():
                self.stats.frames += 1
                self._clock.hear(message.device_us, now_us, self._asked_us)
                self._take_frame(message, now_us)
                gathered.frame = message
            case Page():
                self._take_page(message)
            case Event():
                gathered.events.append(message)
            case Ack() | Nak():
                self.stats.naks += isinstance(message, Nak)
                gathered.answers.append(message)
            case LimitsState():
                gathered.kept.append(message)
                if message.which == Kept.LIMITS and message.limits_crc != self.limits_crc:
                    self.close()  # the descriptor of this session is no longer true: greet anew
            case CalibrationState():
                gathered.kept.append(message)

    def _take_frame(self, frame: Frame, now_us: int) -> None:
        if self._clock.doubt and self.bad_clock is None:
            self.bad_clock = DeviceClockError(self._clock.doubt)
            self._bad_boot_nonce = self.boot_nonce
        self._stopping.hear(frame.stop_count)
        sent_us = self._setpoint_sent_us.pop(frame.setpoint_counter, None)
        if sent_us is not None:
            self.stats.round_trips.add(now_us - sent_us)
            for counter in [c for c in self._setpoint_sent_us if c < frame.setpoint_counter]:
                del self._setpoint_sent_us[counter]

    def _take_welcome(self, header: Header, welcome: Welcome, now_us: int) -> None:
        if welcome.host_nonce != self._host_nonce or header.nonce == 0:
            self.stats.foreign += 1
            return
        if self._nonce:
            self.stats.repeats += 1
            return
        if not VERSIONS[0] <= welcome.version <= VERSIONS[1]:
            self._refuse(ProtocolMismatchError(*VERSIONS, welcome.version))
            return
        if not 1 <= welcome.descriptor_pages <= 32:
            self._refuse(DescriptorError("pages", f"{welcome.descriptor_pages} pages"))
            return
        self._nonce = header.nonce
        self._last_counter = header.counter
        self._last_heard_us = now_us
        self._welcome = welcome
        self._pages = []
        self._last_sent_us = None
        self.phase = Phase.DESCRIBING

    def _take_version(self, header: Header, nak: Nak) -> None:
        """Hear that no version fits; the header of the refusal says which one the device speaks."""
        asked = self.phase is Phase.GREETING and nak.of_kind == Kind.HELLO
        if asked and nak.refusal == Refusal.VERSION:
            self._refuse(ProtocolMismatchError(*VERSIONS, header.version))

    def _take_page(self, page: Page) -> None:
        welcome = self._welcome
        if self.phase is not Phase.DESCRIBING or welcome is None or page.page != len(self._pages):
            return
        self._pages.append(page.data)
        self._last_sent_us = None
        if len(self._pages) < welcome.descriptor_pages and len(page.data) == PAGE_BYTES:
            return
        packed = b"".join(self._pages)
        self._pages = []
        if len(packed) != welcome.descriptor_bytes or zlib.crc32(packed) != welcome.descriptor_crc:
            self._refuse(DescriptorError("crc", "the pages do not add up to what was announced"))
            return
        self._accept(packed, welcome)

    def _accept(self, packed: bytes, welcome: Welcome) -> None:
        try:
            descriptor = parse_descriptor(packed)
        except DescriptorError as error:
            self._refuse(error)
            return
        if descriptor.limits_crc != welcome.limits_crc:
            self._refuse(DescriptorError("limits", "their hash is not the one announced"))
            return
        matrix = descriptor.matrix
        self._decoder.expect(Kind.FRAME, frame_length(matrix.rows, matrix.cols))
        self.descriptor = descriptor
        self.refused = None
        if welcome.boot_nonce != self._bad_boot_nonce:
            self.bad_clock = None  # another power-on, another clock
        self.stats.sessions += 1
        self.phase = Phase.UP

    def _refuse(self, why: RefusedError) -> None:
        self.refused = why
        self.phase = Phase.REFUSED
        self._nonce = 0
        self._last_sent_us = max(self._last_sent_us or 0, self._last_heard_us)

    def refuse(self, why: RefusedError) -> None:
        """End the session because its owner will not work with this device; try again later."""
        self._refuse(why)

    def greet_again(self) -> None:
        """Forget why the device was refused and greet it at the next poll."""
        self.refused = None
        self.close()
