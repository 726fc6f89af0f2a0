"""The device under test as the cases see it: bytes out, messages in, time, and the bench."""

import json
import zlib
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from firmware_bridge.messages import (
    BEDS,
    BedFlag,
    DeviceState,
    EventKind,
    Flag,
    Kind,
    Refusal,
    Trip,
)
from simulator.conformance import messages as wire_messages
from simulator.conformance.case import FailedError, SkippedError, expect
from simulator.conformance.messages import (
    NEVER,
    Answer,
    BedNow,
    Event,
    Frame,
    Target,
    Welcome,
    read_answer,
    read_event,
    read_frame,
    read_welcome,
)
from simulator.conformance.monitor import Monitor
from simulator.conformance.port import Bench, SubjectPort
from simulator.conformance.wire import HEADER, Heard, Listener, down

ANSWER_US: Final = 250_000
"""The host asks again after 100 to 300 ms, so an answer that takes longer is no use to it."""

HELLO_US: Final = 250_000
GREETING_US: Final = 5_000_000
HOMING_US: Final = 60_000_000
"""The page gives no bound on homing; a minute is patience, not a rule."""

CONSENT_US: Final = 8_000_000
ATTENDED_US: Final = 60_000_000
PULSE_US: Final = 5_000
LATE_US: Final = 40_000
FRAMES: Final = 20_000
MESSAGES: Final = 20_000
BUTTONS: Final = int(Flag.START_BUTTON | Flag.STOP_BUTTON)
_ARMED: Final = (int(DeviceState.ARMED), int(DeviceState.RUNNING))


class UnansweringError(Exception):
    """No HELLO gets a WELCOME: there is nobody to ask."""


class Subject:
    """One device behind a port.

    Args:
        port: The way to it.
        bench: The channel beside the wire, None where there is none.
        prompt: Asks a person at the machine for something; None where nobody is there.

    Attributes:
        nonce: Of the session.
        counter: Of the last message sent.
        frames: FRAMEs since `forget`.
        events: EVENTs since `forget`.
        answers: ACKs and NAKs since `forget`.
        heard: All other messages since `forget`, and those, without FRAMEs.
        order: Both targets, sent as a SETPOINT for each FRAME; None sends none.
        sent_orders: Counter and `frame_us` of each since `forget`.
        late: The host itself was too slow to keep a device fed.
        last_sent: The last bytes, for a report.
        newest: The last FRAME of a session, None before the first.
        seen: FRAMEs of all sessions.
        monitor: What was wrong with any message of the whole run.
    """

    def __init__(
        self,
        port: SubjectPort,
        bench: Bench | None = None,
        *,
        prompt: Callable[[str], None] | None = None,
    ) -> None:
        self.port = port
        self.slack_us = port.slack_us
        self._bench = bench
        self._prompt = prompt
        self._listener = Listener()
        self.monitor = Monitor(self._listener)
        self.nonce = 0
        self.counter = 0
        self.welcome: Welcome | None = None
        self.table: dict[str, Any] = {}
        self._table_crc = -1
        self.bench_hello: dict[str, Any] = {}
        self.nobody = ""
        self.feet_touched = False
        self._host_nonce = 0x1B0C_0000
        self._deadline_us = 1 << 62
        self.late = False
        self._turned_us = 0
        self.last_sent = b""
        self.order: tuple[Target, Target] | None = None
        self.ttl_ms = 60
        self.frames: deque[Frame] = deque(maxlen=FRAMES)
        self.events: deque[Event] = deque(maxlen=MESSAGES)
        self.answers: deque[Answer] = deque(maxlen=MESSAGES)
        self.heard: deque[Heard] = deque(maxlen=MESSAGES)
        self.sent_orders: deque[tuple[int, int]] = deque(maxlen=MESSAGES)
        self.recorded: list[bytes] | None = None
        self.newest: Frame | None = None
        self.seen = 0
        self._broken = False

    # Time

    def now_us(self) -> int:
        """Return the host's time."""
        return self.port.now_us()

    def allow(self, for_us: int) -> None:
        """Give up the case when it takes longer than this."""
        self._deadline_us = self.now_us() + for_us
        self.late = False

    def wait(self, for_us: int) -> None:
        """Let time pass, taking what comes and sending `order`."""
        end_us = self.now_us() + for_us
        while (left_us := end_us - self.now_us()) > 0:
            self.pump(left_us)

    def pump(self, wait_us: int) -> None:
        """Take what comes within `wait_us`, one look.

        Raises:
            FailedError: The case has taken far longer than it may.
        """
        now_us = self.now_us()
        if now_us > self._deadline_us:
            raise FailedError("an end of this case", "none within its time; the device stalls it")
        if self.order is not None and self._turned_us and now_us - self._turned_us > LATE_US:
            self.late = True
        data = self.port.receive(min(wait_us, PULSE_US * 4))
        self._turned_us = self.now_us()
        if not data:
            return
        before = self.newest
        for heard in self._listener.feed(data, self._turned_us):
            self._take(heard)
        if self.order is not None and self.newest is not None and self.newest is not before:
            self._send_order(self.newest)

    def until(self, done: Callable[[], object], within_us: int, expected: str) -> None:
        """Wait until `done` is true.

        Raises:
            FailedError: It is not, within `within_us` and what the port may be late.
        """
        end_us = self.now_us() + within_us + self.slack_us
        while not done():
            left_us = end_us - self.now_us()
            if left_us <= 0:
                raise FailedError(f"{expected} within {within_us / 1000:.0f} ms", self.summary())
            self.pump(left_us)

    def forget(self) -> None:
        """Begin new lists of what was heard."""
        self.frames.clear()
        self.events.clear()
        self.answers.clear()
        self.heard.clear()
        self.sent_orders.clear()

    def summary(self) -> str:
        """Return in a few words what the device said last."""
        words = []
        if self.newest is None:
            words.append("no FRAME")
        else:
            frame = self.newest
            words.append(
                f"state {_name(DeviceState, frame.state)}, trip {_name(Trip, frame.trip)}, "
                f"force A {frame.beds[0].force_a_mn} and {frame.beds[1].force_a_mn} mN"
            )
        words += [_said(answer) for answer in list(self.answers)[-3:]]
        words += [_told(event) for event in list(self.events)[-6:]]
        return "; ".join(words)

    # Bytes and messages out

    def send(self, data: bytes) -> None:
        """Send raw bytes."""
        self.last_sent = data
        if self.recorded is not None:
            self.recorded.append(data)
        self.port.send(data)

    def payload(
        self, kind: int, body: bytes = b"", *, nonce: int | None = None, counter: int | None = None
    ) -> bytes:
        """Return a payload of this session, with the next counter unless told otherwise."""
        if counter is None:
            counter = self.counter = self.counter + 1
        return HEADER.pack(kind, 1, self.nonce if nonce is None else nonce, counter) + body

    def say(self, kind: int, body: bytes = b"") -> int:
        """Send a message of the session; return its counter."""
        self.send(down(self.payload(kind, body)))
        return self.counter

    def ask(self, kind: int, body: bytes = b"", *, within_us: int = ANSWER_US) -> Answer:
        """Send a message and return its ACK or NAK.

        Raises:
            FailedError: None comes.
        """
        counter = self.say(kind, body)
        found: list[Answer] = []

        def answered() -> bool:
            found.extend(a for a in self.answers if a.of_counter == counter)
            return bool(found)

        self.until(answered, within_us, f"an ACK or NAK of {_name(Kind, kind)}")
        expect(
            found[0].of_kind == kind,
            f"`of_kind` {kind:#04x} in the answer to {_name(Kind, kind)}",
            f"{found[0].of_kind:#04x}",
        )
        return found[0]

    def accepted(self, kind: int, body: bytes = b"") -> None:
        """Send a message that must get ACK."""
        answer = self.ask(kind, body)
        expect(answer.refusal == 0, f"ACK of {_name(Kind, kind)}", _said(answer))

    def refused(self, kind: int, body: bytes, *refusals: Refusal) -> None:
        """Send a message that must get NAK with one of these reasons."""
        answer = self.ask(kind, body)
        names = " or ".join(refusal.name for refusal in refusals)
        expect(answer.refusal in refusals, f"NAK {names} to {_name(Kind, kind)}", _said(answer))

    def page(self, number: int) -> bytes:
        """Return one page of the descriptor.

        Raises:
            FailedError: It does not come.
        """
        self.say(Kind.DESCRIBE, bytes((number,)))
        found: list[bytes] = []

        def came() -> bool:
            found.extend(
                message.payload[HEADER.size + 1 :]
                for message in self.heard
                if message.kind == Kind.PAGE
                and message.payload[HEADER.size : HEADER.size + 1] == bytes((number,))
            )
            return bool(found)

        self.until(came, ANSWER_US, f"PAGE {number}")
        return found[-1]

    def pings(self) -> int:
        """Return how many PAGEs, ACKs, NAKs and WELCOMEs were heard since `forget`."""
        return sum(m.kind not in (Kind.FRAME, Kind.EVENT) for m in self.heard)

    def alive(self) -> None:
        """The device must answer a DESCRIBE of page 0, exactly once."""
        before = self.pings()
        self.say(Kind.DESCRIBE, b"\x00")
        self.until(lambda: self.pings() > before, ANSWER_US, "PAGE 0, the answer to DESCRIBE")

    def dropped(self, data: bytes, what: str) -> None:
        """Send bytes that must get no answer; a good message behind them must get its own.

        Raises:
            FailedError: There was an answer, or none to the good message.
        """
        before = self.pings()
        # The zero ends a block that was left open; behind a whole message it is an empty block.
        self.send(data)
        self.wait(10_000)
        self.say(Kind.DESCRIBE, b"\x00")
        self.until(lambda: self.pings() > before, ANSWER_US, f"PAGE 0 after {what}")
        self.wait(10_000)
        said = [m.payload.hex(" ")[:60] for m in self.heard if m.kind not in (0x83, 0x84)]
        expect(
            self.pings() == before + 1,
            f"no answer to {what}, and one PAGE behind it",
            f"{self.pings() - before} answers: {said[before:]}",
        )

    # A session

    def hello(
        self, low: int = 1, high: int = 1, *, nonce: int = 0, counter: int | None = None
    ) -> int:
        """Send HELLO with a new host nonce, and return that."""
        self._host_nonce = self._host_nonce % 0xFFFF_FFF0 + 1
        body = wire_messages.hello(self._host_nonce, low, high)
        self.monitor.greeting()
        if counter is None:
            counter = self.counter = self.counter + 1
        self.send(down(HEADER.pack(Kind.HELLO, 1, nonce, counter) + body))
        return self._host_nonce

    def welcomed(self, within_us: int) -> bool:
        """Wait for the WELCOME that answers the newest HELLO."""
        end_us = self.now_us() + within_us
        while (left_us := end_us - self.now_us()) > 0:
            if self.welcome is not None and self.welcome.host_nonce == self._host_nonce:
                return True
            self.pump(left_us)
        return self.welcome is not None and self.welcome.host_nonce == self._host_nonce

    def greet(self) -> Welcome:
        """Begin a session as a good host does: HELLO every 250 ms, each with a new nonce.

        Raises:
            UnansweringError: No WELCOME came.
        """
        self.order = None
        end_us = self.now_us() + GREETING_US
        while self.now_us() < end_us:
            self.hello()
            if self.welcomed(HELLO_US + self.slack_us) and self.welcome is not None:
                self._describe(self.welcome)
                return self.welcome
        raise UnansweringError(f"no WELCOME within {GREETING_US // 1_000_000} s of HELLOs")

    def ready(self) -> None:
        """A new session in READY, both feet as they were, nothing left of the case before.

        Raises:
            UnansweringError: The device does not get there.
        """
        self.clear_faults()
        if self._broken:
            self.monitor.power_cycled()  # what was broken may have led to a reset
            self._broken = False
        self.greet()
        self.forget()
        end_us = self.now_us() + HOMING_US
        while True:
            state = self.newest.state if self.newest is not None else DeviceState.SILENT
            if state == DeviceState.READY and self.frames:
                break
            if self.now_us() > end_us:
                raise UnansweringError(f"it does not become READY: {self.summary()}")
            if state == DeviceState.LATCHED and self.newest is not None:
                self.say(Kind.ACKNOWLEDGE, bytes((self.newest.trip,)))
                self.wait(300_000)
            elif state == DeviceState.LIMP:
                self.power_cycle()
                self.greet()
                self.wait(100_000)
            else:
                self.wait(20_000)
        if self.feet_touched:
            self.person("place")
            self.feet_touched = False
            self.wait(1_500_000)
            self.greet()
        self.forget()
        self.until(self._at_ease, 2_000_000, "no button pressed")

    def _at_ease(self) -> bool:
        """A FRAME has come, and nobody holds a button from the case before."""
        return bool(self.frames) and not self.frame.flags & BUTTONS

    def leave(self) -> None:
        """Let go of the heads, whatever the case has left."""
        self.order = None
        self.ttl_ms = 60
        self.recorded = None
        if self.newest is not None and self.newest.state in _ARMED:
            self.say(Kind.RETRACT, b"\x00")
            self.wait(20_000)

    # What it says about itself

    @property
    def matrix(self) -> tuple[int, int]:
        """Rows and columns of each bed."""
        return self.table["matrix"]["rows"], self.table["matrix"]["cols"]

    @property
    def pitch_um(self) -> tuple[int, int]:
        """Width and height of a cell."""
        return self.table["matrix"]["pitch_x_um"], self.table["matrix"]["pitch_y_um"]

    def limit(self, name: str) -> int:
        """Return an integer of the descriptor's limits."""
        return int(self.table["limits"][name])

    def carriage(self, name: str) -> int:
        """Return an integer of the descriptor's carriage."""
        return int(self.table["carriage"][name])

    def ceiling_mn(self, y_um: int) -> int:
        """Return the bed ceiling at a place."""
        steps = self.table["limits"]["bed_ceiling"]
        return int([step["force_mn"] for step in steps if step["y_um"] <= y_um][-1])

    @property
    def frame(self) -> Frame:
        """The newest FRAME.

        Raises:
            FailedError: There was none.
        """
        if self.newest is None:
            raise FailedError("a FRAME", "none")
        return self.newest

    def bed(self, number: int) -> BedNow:
        """Return a bed of the newest FRAME."""
        return self.frame.beds[number]

    @property
    def limits_crc(self) -> int:
        """The hash that WELCOME told."""
        return self.welcome.limits_crc if self.welcome is not None else 0

    def next_frames(self, count: int = 2) -> None:
        """Wait for some FRAMEs more: what they say was true after now."""
        wanted = self.seen + count
        self.until(lambda: self.seen >= wanted, 1_000_000, "more FRAMEs")

    def in_state(self, state: DeviceState, within_us: int = 1_000_000) -> None:
        """Wait until FRAMEs say this state."""
        self.until(
            lambda: self.newest is not None and self.newest.state == state,
            within_us,
            f"state {state.name}",
        )

    def event(self, kind: EventKind, value: int | None = None) -> Event | None:
        """Return the first such EVENT since `forget`, or None."""
        for event in self.events:
            if event.event == kind and (value is None or event.value == value):
                return event
        return None

    def image_kpa(self, bed: int) -> NDArray[np.float64]:
        """Return the mean pressure of the last 16 FRAMEs on a bed."""
        rows, cols = self.matrix
        matrix = self.table["matrix"]
        recent = list(self.frames)[-16:] or [self.frame]
        mean = np.mean([frame.image(rows, cols)[bed] for frame in recent], axis=0)
        image: NDArray[np.float64] = (mean - matrix["zero_counts"]) * matrix["pa_per_count"] / 1000
        return image

    def load_n(self, bed: int) -> float:
        """Return the load of a bed by its matrix."""
        pitch_x_um, pitch_y_um = self.pitch_um
        return float(self.image_kpa(bed).sum()) * pitch_x_um * pitch_y_um * 1e-9

    # The bench and the person

    def can(self, what: str) -> bool:
        """Return whether the bench channel offers this."""
        return what in self.bench_hello.get("can", ())

    def bench(self, request: dict[str, Any]) -> dict[str, Any]:
        """Return the answer of the bench channel.

        Raises:
            SkippedError: There is none, or it refuses.
        """
        if self._bench is None:
            raise SkippedError("no bench channel")
        answer = self._bench.ask(request)
        if answer.get("ok") is not True:
            words = " ".join(str(value) for value in request.values())
            raise SkippedError(f"the bench refuses {words!r}: {answer.get('detail', 'no reason')}")
        return answer

    def open_bench(self) -> None:
        """Ask the bench what it can; one that does not say offers nothing."""
        if self._bench is not None:
            answer = self._bench.ask({"do": "hello"})
            if answer.get("ok") is True:
                self.bench_hello = answer

    def truth(self) -> dict[str, Any]:
        """Return what is true now, by the bench."""
        return self.bench({"do": "truth"})

    def person(self, act: str) -> None:
        """Have the person do something."""
        acts = self.bench_hello.get("acts")
        if acts is not None and act not in acts:
            raise SkippedError(f"the bench has no person who can {act}")
        if act not in ("press-start", "press-stop", "place"):
            self.feet_touched = True
        self.bench({"do": "person", "act": act})

    def fault(self, *specs: str) -> str:
        """Begin the first of these faults that the bench knows; return it.

        Raises:
            SkippedError: It knows none.
        """
        known = self.bench_hello.get("faults", ())
        for spec in specs:
            if spec.split(",")[0].split(" ")[0] in known:
                self._broken = True
                self.bench({"do": "fault", "spec": spec})
                return spec
        raise SkippedError(f"the bench knows no fault {' or '.join(specs)}")

    def clear_faults(self) -> None:
        """End all faults."""
        if self.can("fault"):
            self.bench({"do": "clear"})

    def power_cycle(self) -> None:
        """Switch the device off and on.

        Raises:
            SkippedError: The bench cannot.
        """
        if not self.can("power"):
            raise SkippedError("the bench has no power switch")
        self.order = None
        self.bench({"do": "power", "act": "cycle"})
        self._listener.forget()
        self.monitor.power_cycled()
        self.newest = None
        self.welcome = None

    def feet(self) -> None:
        """Both feet must lie on the beds.

        Raises:
            SkippedError: They do not, and nobody places them.
        """
        if self._feet_lie():
            return
        if self.can("person"):
            self.person("place")
        elif self._prompt is not None:
            self._prompt("place both feet on the beds, and keep them still")
        else:
            raise SkippedError("no feet on the beds, and nobody to place them")
        self.until(self._feet_lie, ATTENDED_US if self._prompt else 3_000_000, "both feet placed")
        self.wait(1_000_000)

    def _feet_lie(self) -> bool:
        return all(bed.flags & BedFlag.FOOT for bed in self.frame.beds)

    def consent(self) -> None:
        """A person presses START.

        Raises:
            SkippedError: Nobody does.
        """
        if self.can("person"):
            self.until(self._start_is_up, 1_000_000, "START released")
            self.person("press-start")
            self.until(
                lambda: self.frame.consent_age_ms != NEVER and self._start_is_up(),
                1_500_000,
                "`consent_age_ms` to count from START",
            )

    def _start_is_up(self) -> bool:
        return not self.frame.flags & Flag.START_BUTTON

    # The way to pressing

    def allowed(self, bed: int) -> NDArray[np.bool_]:
        """Return the cells that bear load, grown by one: where a mask may allow pressing."""
        loaded = self.image_kpa(bed) > 2.0
        padded = np.pad(loaded, 1)
        grown = np.zeros_like(loaded)
        rows, cols = loaded.shape
        for row in range(3):
            for col in range(3):
                grown |= padded[row : row + rows, col : col + cols]
        return grown

    def mask(
        self,
        bed: int,
        limit_mn: int = 60_000,
        *,
        cells: NDArray[np.bool_] | None = None,
        heel_um: tuple[int, int] = (0, 0),
        axis_cdeg: int = 0,
    ) -> bytes:
        """Return the body of a MASK of one limit."""
        cells = self.allowed(bed) if cells is None else cells
        return wire_messages.mask(
            bed, cells.astype(np.int64) * limit_mn, heel_um=heel_um, axis_cdeg=axis_cdeg
        )

    def put_masks(self, limit_mn: int = 60_000) -> None:
        """Send a mask for each bed, as a good host does."""
        self.feet()
        if len(self.frames) < 16:
            self.next_frames(16)
        for bed in range(len(BEDS)):
            self.accepted(Kind.MASK, self.mask(bed, limit_mn))

    def arm(self, beds: int = 3, *, limit_mn: int = 60_000, feed: bool = True) -> None:
        """Masks, consent, ARM; then keep the device fed with orders that ask for nothing.

        Raises:
            SkippedError: Nobody gives consent.
        """
        if self.nobody:
            raise SkippedError(self.nobody)
        self.put_masks(limit_mn)
        self.consent()
        body = wire_messages.arm(beds, self.limits_crc)
        attended = self._prompt is not None and not self.can("person")
        if attended and self._prompt is not None:
            self._prompt("press START")
        end_us = self.now_us() + (ATTENDED_US if attended else CONSENT_US)
        while True:
            answer = self.ask(Kind.ARM, body)
            if answer.refusal == 0:
                break
            expect(answer.refusal == Refusal.NO_CONSENT, "ACK of ARM", _said(answer))
            if self.can("person") or self.now_us() > end_us:
                self.nobody = "nobody gives consent: START is not pressed"
                raise SkippedError(self.nobody)
            self.wait(200_000)
        if feed:
            self.order = (self.parked(0), self.parked(1))
            self._send_order(self.frame)
            self.in_state(DeviceState.ARMED)

    def parked(self, bed: int) -> Target:
        """Return a target that asks for nothing: where the head is now, within its range."""
        now = self.bed(bed)
        return Target(
            min(max(now.x_um, self.carriage("x_min_um")), self.carriage("x_max_um")),
            min(max(now.y_um, self.carriage("y_min_um")), self.carriage("y_max_um")),
        )

    def spot(self, bed: int) -> tuple[int, int]:
        """Return a place on the heel where the head can press, x and y in um."""
        image = np.clip(self.image_kpa(bed), 0.0, None)
        rows, _ = image.shape
        pitch_x_um, pitch_y_um = self.pitch_um
        loaded = np.flatnonzero((image > 2.0).any(axis=1))
        expect(loaded.size > 0, "a loaded bed", "an empty image")
        y_um = (rows - 0.5 - np.arange(rows)) * pitch_y_um
        heel = y_um <= y_um[loaded[-1]] + 0.25 * (y_um[loaded[0]] - y_um[loaded[-1]])
        weight = image * (heel & (y_um >= y_um[loaded[-1]]))[:, None]
        total = weight.sum()
        x_um = (np.arange(image.shape[1]) + 0.5) * pitch_x_um
        x = float((weight.sum(axis=0) * x_um).sum() / total)
        y = float((weight.sum(axis=1) * y_um).sum() / total)
        return (
            round(min(max(x, self.carriage("x_min_um")), self.carriage("x_max_um"))),
            round(min(max(y, self.carriage("y_min_um")), self.carriage("y_max_um"))),
        )

    def target(self, bed: int, force_mn: int, **more: int) -> Target:
        """Return an order to press on the heel."""
        x_um, y_um = self.spot(bed)
        feed_um_s = min(100_000, self.carriage("feed_max_um_s"))
        return Target(x_um, y_um, feed_um_s=feed_um_s, force_mn=force_mn)._replace(**more)

    def press(self, bed: int, force_mn: int, *, reach: float = 0.8, **more: int) -> Target:
        """Order one head to press until it does; the other stays lifted."""
        target = self.target(bed, force_mn, **more)
        self.order = (target, self.parked(1)) if bed == 0 else (self.parked(0), target)
        # The whole travel at the slowest approach, and the rise.
        within_us = 4_000_000 + self.carriage("z_max_um") * 1_000_000 // self.limit("approach_um_s")
        self.until(
            lambda: self.bed(bed).force_a_mn >= reach * force_mn or self.frame.state not in _ARMED,
            within_us,
            f"force A of {reach * force_mn / 1000:.1f} N on the {BEDS[bed]} bed",
        )
        expect(self.frame.state in _ARMED, "a device that presses", self.summary())
        return target

    # Inside

    def _send_order(self, frame: Frame) -> None:
        if self.order is None:
            return
        body = wire_messages.order(frame.device_us, *self.order, ttl_ms=self.ttl_ms)
        self.sent_orders.append((self.say(Kind.SETPOINT, body), frame.device_us))

    def _take(self, heard: Heard) -> None:
        self.monitor.hear(heard)
        if heard.kind == Kind.FRAME:
            frame = read_frame(heard)
            if frame is not None and heard.nonce == self.nonce:
                self.frames.append(frame)
                self.newest = frame
                self.seen += 1
            return
        self.heard.append(heard)
        if heard.kind == Kind.WELCOME:
            welcome = read_welcome(heard)
            if welcome is not None:
                self.welcome = welcome
                self.nonce = welcome.nonce
        elif heard.kind == Kind.EVENT:
            event = read_event(heard)
            if event is not None:
                self.events.append(event)
        elif heard.kind in (Kind.ACK, Kind.NAK):
            answer = read_answer(heard, refused=heard.kind == Kind.NAK)
            if answer is not None:
                self.answers.append(answer)

    def _describe(self, welcome: Welcome) -> None:
        """Read the descriptor once; the cases judge it, the suite only needs it."""
        if self._table_crc == welcome.descriptor_crc:
            return
        try:
            packed = b"".join(self.page(n) for n in range(welcome.descriptor_pages))
            table = json.loads(zlib.decompressobj().decompress(packed, 65_536))
            rows, cols = table["matrix"]["rows"], table["matrix"]["cols"]
            self.monitor.expect_matrix(rows, cols)
        except FailedError as error:
            raise UnansweringError(f"no descriptor: {error}") from error
        except (zlib.error, ValueError, KeyError, TypeError) as error:
            raise UnansweringError(f"its descriptor cannot be read: {error!r}") from error
        self.table = table
        self._table_crc = welcome.descriptor_crc


def _name(names: type[Any], value: int) -> str:
    try:
        return str(names(value).name)
    except ValueError:
        return str(value)


def _said(answer: Answer) -> str:
    kind = _name(Kind, answer.of_kind)
    if answer.refusal == 0:
        return f"ACK of {kind} {answer.of_counter}"
    return f"NAK {_name(Refusal, answer.refusal)} to {kind} {answer.of_counter}"


def _told(event: Event) -> str:
    return f"EVENT {_name(EventKind, event.event)} {event.value} at {event.device_us} us"


def told(events: Sequence[Event]) -> str:
    """Return EVENTs in words."""
    return ", ".join(_told(event) for event in events) or "no EVENT"
