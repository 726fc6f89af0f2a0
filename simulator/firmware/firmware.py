"""The firmware: bytes in, behaviour, bytes out. One instance is one power-on."""

import zlib
from collections.abc import Callable
from enum import Enum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from firmware_bridge.codec import Malformed, decode_down, encode
from firmware_bridge.framing import DownDecoder, FramingStats, wrap_up
from firmware_bridge.messages import (
    PROTOCOL_VERSION,
    U32_MAX,
    Ack,
    Acknowledge,
    Arm,
    BedFlag,
    BedReport,
    Calibration,
    Commit,
    Describe,
    DeviceState,
    Down,
    Event,
    Flag,
    Frame,
    Header,
    Hello,
    Kind,
    Limits,
    Mask,
    Nak,
    Page,
    Read,
    Refusal,
    Retract,
    SetPoint,
    Trip,
    Up,
    Welcome,
)
from simulator.firmware.head import Head
from simulator.firmware.keeper import Keeper
from simulator.firmware.machine import Happening, Machine
from simulator.firmware.nvram import Nvram
from simulator.wires import HeadWires, PanelWires

NAK_PERIOD_US: Final = 50_000
"""At most one refusal of a set-point in this time: 200 a second would only fill the wire."""

RETRACTED_MM: Final = 0.05
"""A press below this is at its lower end, off any sole."""

Counts = NDArray[np.uint16]


class Reset(Enum):
    """Why the microcontroller starts; its hardware keeps the cause."""

    POWER_ON = "power-on"
    BROWN_OUT = "brown-out"
    WATCHDOG = "watchdog"


class LinkCounts:
    """What the device dropped without an answer.

    Attributes:
        foreign: Messages of another session.
        repeated: Messages whose counter had been used.
        malformed: Messages that say nothing the protocol allows.
    """

    __slots__ = ("foreign", "malformed", "repeated")

    def __init__(self) -> None:
        self.foreign = 0
        self.repeated = 0
        self.malformed = 0


class Firmware:
    """The simulated microcontroller.

    Args:
        heads: Signals of the left and the right bed.
        panel: Buttons and lamp.
        nonces: Gives a new 32-bit number at each call.
        nvram: What outlives this power-on; None is a device that nobody has written to.
        reset: Why it starts.

    Attributes:
        machine: What it does.
        keeper: What a technician has written.
        dropped: What it did not even answer.
        order: The newest set-point of a session, obeyed or refused; for the record.
        journal: What has happened since someone last emptied it; for the record.
    """

    def __init__(
        self,
        heads: tuple[HeadWires, HeadWires],
        panel: PanelWires,
        nonces: Callable[[], int],
        nvram: Nvram | None = None,
        reset: Reset = Reset.POWER_ON,
    ) -> None:
        self.machine = Machine(heads, panel)
        self.keeper = Keeper(nvram or Nvram(), nonces)
        self.dropped = LinkCounts()
        self.order: SetPoint | None = None
        self.journal: list[Happening] = []
        self._panel = panel
        self._nonces = nonces
        self._decoder = DownDecoder()
        self._boot_nonce = (nonces() & U32_MAX) or 1
        self._nonce = 0
        self._counter = 0
        self._heard_counter = 0
        self._waiting: Hello | None = None
        self._refused_us = -NAK_PERIOD_US
        self._out: list[bytes] = []
        self._unlocked = False
        self.machine.keep(self.keeper)
        if reset is Reset.WATCHDOG:
            self.machine.boot_limp(Trip.HUNG)

    @property
    def nonce(self) -> int:
        """Nonce of the session, 0 before the first."""
        return self._nonce

    @property
    def framing(self) -> FramingStats:
        """What the decoder of this power-on has seen."""
        return self._decoder.stats

    def receive(self, data: bytes) -> None:
        """Take bytes from the host, in any chunking."""
        stops = self._decoder.stops
        payloads = self._decoder.feed(data)
        stops = self._decoder.stops - stops
        if stops:
            self.machine.stop(stops)
            self.keeper.forget()
        for payload in payloads:
            header, message = decode_down(payload)
            if self._is_ours(header, message):
                self._take(header, message)

    def step(self, now_us: int) -> None:
        """One millisecond."""
        machine = self.machine
        machine.step(now_us)
        if self._panel.bench_unlocked != self._unlocked:
            self._feel_key()
        if self._waiting is not None and not machine.letting_go:
            self._welcome(self._waiting)
        if machine.happenings:
            self._tell()

    def scan(self, scan_us: int, counts: Counts) -> None:
        """Take a matrix scan, and send a frame of it."""
        self.machine.scan(counts)
        if self._nonce:
            self._send(self._frame(scan_us, counts))

    def take_messages(self) -> list[bytes]:
        """Return the messages to send, whole ones, oldest first."""
        out, self._out = self._out, []
        return out

    # The link

    def _is_ours(self, header: Header, message: Down | Malformed) -> bool:
        if isinstance(message, Hello):
            return True
        if header.kind == Kind.HELLO or header.nonce != self._nonce or not self._nonce:
            self.dropped.foreign += 1
            return False
        if header.counter <= self._heard_counter:
            self.dropped.repeated += 1
            return False
        self._heard_counter = header.counter
        return True

    def _take(self, header: Header, message: Down | Malformed) -> None:
        match message:
            case Hello():
                self._greet(header, message)
            case Malformed():
                self._refuse_malformed(header, message)
            case Describe():
                self._describe(header, message)
            case SetPoint():
                self._obey(header, message)
            case Mask():
                self._answer(header, self.machine.put_mask(message))
            case Arm():
                self._arm(header, message)
            case Retract():
                self.machine.let_go(Trip.HOST_RETRACT)
                self._answer(header, None)
            case Acknowledge():
                self._answer(header, self.machine.acknowledge(message))
            case Read() | Limits() | Calibration() | Commit():
                self._serve_technician(header, message)

    def _refuse_malformed(self, header: Header, message: Malformed) -> None:
        self.dropped.malformed += 1
        if header.kind in (Kind.CALIBRATION, Kind.COMMIT):
            self.keeper.forget()
        if header.kind == Kind.SETPOINT:
            self._refuse_order(header, message.why)
        else:
            self._answer(header, message.why)

    def _greet(self, header: Header, hello: Hello) -> None:
        if not hello.version_low <= PROTOCOL_VERSION <= hello.version_high:
            nak = Nak(header.kind, header.counter, Refusal.VERSION)
            self._out.append(wrap_up(encode(nak, nonce=0, counter=0)))
            return
        if self.machine.state in (DeviceState.ARMED, DeviceState.RUNNING):
            self.machine.let_go(Trip.HOST_RETRACT)
        else:
            self.machine.forget_person()
        self._nonce = 0
        self._waiting = hello
        self.keeper.forget()

    def _welcome(self, hello: Hello) -> None:
        self._waiting = None
        self._counter = 0
        self._heard_counter = 0
        self._tell()  # to the journal only: they belong to no session
        self._nonce = (self._nonces() & U32_MAX) or 1
        self.machine.start_up()
        self._send(
            Welcome(
                host_nonce=hello.host_nonce,
                boot_nonce=self._boot_nonce,
                version=PROTOCOL_VERSION,
                descriptor_bytes=len(self.keeper.packed),
                descriptor_pages=len(self.keeper.pages),
                descriptor_crc=zlib.crc32(self.keeper.packed),
                limits_crc=self.keeper.limits_crc,
            )
        )

    def _describe(self, header: Header, message: Describe) -> None:
        if message.page < len(self.keeper.pages):
            self._send(Page(message.page, self.keeper.pages[message.page]))
        else:
            self._answer(header, Refusal.OUT_OF_RANGE)

    def _obey(self, header: Header, message: SetPoint) -> None:
        self.order = message
        refusal = self.machine.obey(message, header.counter)
        if refusal is not None:
            self._refuse_order(header, refusal)

    def _arm(self, header: Header, message: Arm) -> None:
        damaged = self.keeper.damaged
        refusal = Refusal.FAULT_PRESENT if damaged else self.machine.arm(message)
        if refusal is None:
            self.keeper.forget()
        self._answer(header, refusal)

    # What the technician reads and writes

    def _serve_technician(
        self, header: Header, message: Read | Limits | Calibration | Commit
    ) -> None:
        match message:
            case Read():
                self._send(self.keeper.state_of(message, header.counter))
            case Limits():
                self._keep_limits(header, message)
            case Calibration() | Commit():
                self._calibrate(header, message)

    def _feel_key(self) -> None:
        if self._panel.bench_unlocked != self._unlocked:
            self._unlocked = self._panel.bench_unlocked
            self.keeper.key_turned()

    def _locked(self) -> Refusal | None:
        """Return why nothing may be written now."""
        self._feel_key()
        if self.machine.state not in (DeviceState.READY, DeviceState.LATCHED):
            return Refusal.WRONG_STATE
        return None if self._panel.bench_unlocked else Refusal.LOCKED

    def _keep_limits(self, header: Header, limits: Limits) -> None:
        refusal = self._locked() or self.keeper.keep_limits(limits)
        if refusal is not None:
            self._answer(header, refusal)
            return
        self._put_in_force()
        self._send(self.keeper.limits_state(header.counter))

    def _calibrate(self, header: Header, message: Calibration | Commit) -> None:
        heads = self.machine.heads
        refusal = self._locked()
        if any(head.wires.z_mm > RETRACTED_MM for head in heads):
            refusal = Refusal.WRONG_STATE
        if refusal is not None:
            self.keeper.forget()
            self._answer(header, refusal)
            return
        now_us = self.machine.now_us
        if isinstance(message, Commit):
            result = self.keeper.commit(message, now_us)
        else:
            unloaded_n = heads[message.bed].wires.force_a_n
            result = self.keeper.propose(message, now_us, unloaded_n)
        if isinstance(result, Refusal):
            self._answer(header, result)
            return
        if isinstance(message, Commit):
            self._put_in_force()
        self._send(self.keeper.calibration_state(result, header.counter))

    def _put_in_force(self) -> None:
        """Work by what is kept now; what a person agreed to was for what was kept before."""
        self.machine.forget_person()
        self.machine.keep(self.keeper)

    # Refusals

    def _refuse_order(self, header: Header, refusal: Refusal) -> None:
        """Orders come 200 times a second; their refusals need not."""
        now_us = self.machine.now_us
        if now_us - self._refused_us >= NAK_PERIOD_US:
            self._refused_us = now_us
            self._answer(header, refusal)

    def _answer(self, header: Header, refusal: Refusal | None) -> None:
        if refusal is None:
            self._send(Ack(header.kind, header.counter))
        else:
            self._send(Nak(header.kind, header.counter, refusal))

    def _send(self, message: Up) -> None:
        self._counter = (self._counter + 1) & U32_MAX
        self._out.append(wrap_up(encode(message, nonce=self._nonce, counter=self._counter)))

    def _tell(self) -> None:
        happenings, self.machine.happenings = self.machine.happenings, []
        self.journal += happenings
        if self._nonce:
            for device_us, kind, bed, value in happenings:
                self._send(Event(device_us=device_us, event=kind, bed=bed, value=value))

    # What a frame says

    def _frame(self, scan_us: int, counts: Counts) -> Frame:
        machine = self.machine
        left, right = machine.heads
        return Frame(
            device_us=scan_us,
            state=machine.state,
            trip=machine.trip,
            flags=self._flags(),
            stop_count=machine.stop_count,
            setpoint_counter=machine.setpoint_counter,
            consent_age_ms=machine.consent_age_ms,
            left=_report(left, foot=machine.loads.foot_on(0), mask=machine.has_mask(0)),
            right=_report(right, foot=machine.loads.foot_on(1), mask=machine.has_mask(1)),
            counts=counts,
        )

    def _flags(self) -> int:
        machine = self.machine
        panel = self._panel
        return (
            (_HOMED if machine.homed else 0)
            | (_KEY_ON if panel.bench_unlocked else 0)
            | (_DRIVERS_ON if machine.heads[0].wires.enabled else 0)
            | (_CONSENT_WANTED if panel.start_lamp else 0)
            | (_START_BUTTON if panel.start_pressed else 0)
            | (_STOP_BUTTON if panel.stop_pressed else 0)
            | (_FAULT_PRESENT if machine.state in _FAULTY else 0)
        )


# Arithmetic with the flags themselves is slow, and frames are many.
_HOMED: Final = int(Flag.HOMED | Flag.SELF_TEST_OK)
_KEY_ON: Final = int(Flag.KEY_ON)
_DRIVERS_ON: Final = int(Flag.DRIVERS_ON)
_CONSENT_WANTED: Final = int(Flag.CONSENT_WANTED)
_START_BUTTON: Final = int(Flag.START_BUTTON)
_STOP_BUTTON: Final = int(Flag.STOP_BUTTON)
_FAULT_PRESENT: Final = int(Flag.FAULT_PRESENT)
_FAULTY: Final = frozenset({DeviceState.LATCHED, DeviceState.LIMP})
_CONTACT: Final = int(BedFlag.CONTACT)
_MASK_SET: Final = int(BedFlag.MASK_SET)
_FORCE_A_BAD: Final = int(BedFlag.FORCE_A_BAD)
_I16_C: Final[tuple[float, ...]] = (-327.68, 327.67)
_CLAMPED: Final = int(BedFlag.CLAMPED)
_FOOT: Final = int(BedFlag.FOOT)


def _centidegrees(celsius: float) -> int:
    """Return a temperature as 16 bits hold it; a broken sensor may say more than fits."""
    return round(min(max(celsius, _I16_C[0]), _I16_C[1]) * 100.0)


def _report(head: Head, *, foot: bool, mask: bool) -> BedReport:
    wires = head.wires
    force_n = head.felt_n
    flags = (
        (_CONTACT if force_n >= 1.0 else 0)
        | (_MASK_SET if mask else 0)
        | (_FORCE_A_BAD if head.watch.force_bad else 0)
        | (_CLAMPED if head.clamped else 0)
        | (_FOOT if foot else 0)
    )
    return BedReport(
        force_a_mn=round(force_n * 1000.0),
        force_b_mn=round(head.force_b_n * 1000.0),
        x_um=round(wires.x_mm * 1000.0),
        y_um=round(wires.y_mm * 1000.0),
        z_um=round(wires.z_mm * 1000.0),
        spin_mrpm=round(wires.spin_rpm * 1000.0),
        applied_mn=round(head.applied_n * 1000.0),
        limit_mn=round(head.limit_n * 1000.0),
        motor_cdegc=_centidegrees(wires.motor_c),
        surface_cdegc=_centidegrees(wires.surface_c),
        flags=flags,
    )
