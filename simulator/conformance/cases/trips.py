"""What breaks is seen, lets go in time, and latches until a person has looked."""

from firmware_bridge.messages import DeviceState, EventKind, Flag, Kind, Refusal, Trip
from simulator.conformance import messages
from simulator.conformance.case import Section, expect
from simulator.conformance.subject import Subject, told

SECTION = Section("trips", "#trips")
SAFE = (DeviceState.READY, DeviceState.LATCHED, DeviceState.LIMP)


def _broken(subject: Subject, *specs: str, force_mn: int = 8_000) -> Trip:
    """Press, break something, and return the trip that comes; no force may be left behind."""
    subject.arm()
    subject.press(0, force_mn)
    subject.wait(300_000)
    subject.forget()
    subject.fault(*specs)
    subject.until(
        lambda: subject.event(EventKind.TRIP) or subject.frame.state not in (2, 3),
        3_000_000, "a trip",
    )  # fmt: skip
    subject.order = None
    event = subject.event(EventKind.TRIP)
    worst = 0.0
    end_us = subject.now_us() + 2_000_000
    while subject.frame.state not in SAFE and subject.now_us() < end_us:
        if subject.can("truth"):
            worst = max(worst, *(bed["force_n"] for bed in subject.truth()["beds"]))
        subject.wait(3_000)
    limit_n = subject.ceiling_mn(subject.spot(0)[1]) / 1000 + 3.0
    expect(worst <= limit_n, f"a true force of {limit_n} N at most", f"{worst:.1f} N")
    if subject.can("truth"):
        subject.wait(500_000)
        left = max(bed["force_n"] for bed in subject.truth()["beds"])
        expect(left < 1.0, "no force left", f"{left:.2f} N in truth")
    expect(event is not None, "EVENT TRIP", told(list(subject.events)))
    assert event is not None
    return Trip(event.value) if event.value in list(Trip) else Trip.NONE


def _case(
    name: str, title: str, specs: tuple[str, ...], trips: tuple[Trip, ...], *rows: str,
    latches: bool = True,
) -> None:  # fmt: skip
    @SECTION.add(name, title, *rows, needs="fault", seconds=10.0)
    def ask(subject: Subject) -> None:
        trip = _broken(subject, *specs)
        names = " or ".join(trip.name for trip in trips)
        expect(trip in trips, f"the trip {names}", trip.name)
        if latches:
            expect(subject.frame.state in SAFE[1:], "LATCHED or LIMP", subject.summary())


T = Trip
_case(
    "load-cell-off",
    "A load cell without signal is seen.",
    ("load_cell.left=off",),
    (T.SENSOR, T.CHANNELS_DISAGREE, T.CONTACT_LOST),
    "C6",
    "F1",
    latches=False,
)
_case(
    "load-cell-garbage",
    "A load cell that says anything is seen.",
    ("load_cell.left=garbage",),
    (T.SENSOR, T.CHANNELS_DISAGREE, T.OVER_FORCE, T.CONTACT_LOST),
    "C6",
    "F1",
    latches=False,
)
_case(
    "current-wrong",
    "Channels that disagree are seen.",
    ("press_current.left=off", "press_current.left=wrong"),
    (T.CHANNELS_DISAGREE, T.SENSOR, T.STALLED, T.POSITION_LOST, T.RUNAWAY),
    "C7",
    "F1",
)
_case(
    "converter",
    "A converter that stands still is seen.",
    ("converter.device=stuck", "taxels.left=stuck"),
    (T.SENSOR,),
    "C3",
    "D2",
    latches=False,
)
_case(
    "hot",
    "A motor temperature sensor without signal is seen.",
    ("ntc.left-motor=off",),
    (T.SENSOR, T.TOO_HOT),
    "A13",
    "T1",
    latches=False,
)
_case(
    "supply",
    "A supply that fails is seen, and the press opens.",
    ("supply.device=off", "supply.device=wrong,18"),
    (T.SUPPLY, T.RETRACT_FAILED, T.SELF_TEST),
    "A12",
    "F4",
    latches=False,
)
_case(
    "oscillator",
    "A clock that runs wrong is seen.",
    ("oscillator.device=wrong",),
    tuple(Trip),
    "E3",
    "C4",
    latches=False,
)


@SECTION.add(
    "load-cell-stuck",
    "A load cell that stays where it was presses nobody beyond the limit.",
    "C7",
    "F1",
    "F2",
    needs="fault truth",
    seconds=12.0,
)
def load_cell_stuck(subject: Subject) -> None:
    subject.arm(limit_mn=12_000)
    target = subject.press(0, 5_000)
    subject.wait(300_000)
    subject.fault("load_cell.left=stuck")
    subject.order = (target._replace(force_mn=12_000), subject.parked(1))
    worst = 0.0
    end_us = subject.now_us() + 3_000_000
    while subject.now_us() < end_us:
        worst = max(worst, subject.truth()["beds"][0]["force_n"])
        subject.wait(3_000)
    expect(worst <= 15.0, "15 N in truth at most", f"{worst:.1f} N")
    expect(subject.frame.state not in (2, 3), "a device that has let go", subject.summary())


def _latch(subject: Subject) -> Trip:
    """Bring the device to LATCHED; the cause is gone."""
    trip = _broken(subject, "load_cell.left=wrong", "load_cell.left=garbage")
    expect(subject.frame.state == DeviceState.LATCHED, "LATCHED", subject.summary())
    subject.clear_faults()
    subject.wait(300_000)
    return trip


@SECTION.add(
    "latched-arm",
    "In LATCHED ARM gets FAULT_PRESENT, and the flag says so.",
    "#arm",
    "S3",
    needs="fault",
    seconds=10.0,
)
def latched_arm(subject: Subject) -> None:
    _latch(subject)
    subject.refused(Kind.ARM, messages.arm(3, subject.limits_crc), Refusal.FAULT_PRESENT)
    expect(
        bool(subject.frame.flags & Flag.FAULT_PRESENT), "FAULT_PRESENT", hex(subject.frame.flags)
    )


@SECTION.add(
    "latched-mask", "In LATCHED a mask gets WRONG_STATE.", "#mask", needs="fault", seconds=10.0
)
def latched_mask(subject: Subject) -> None:
    _latch(subject)
    subject.refused(Kind.MASK, subject.mask(0), Refusal.WRONG_STATE)


@SECTION.add(
    "latched-hello",
    "A new session finds it LATCHED still, with its trip.",
    "#shaking-hands",
    "S3",
    "D10",
    needs="fault",
    seconds=10.0,
)
def latched_hello(subject: Subject) -> None:
    trip = _latch(subject)
    subject.greet()
    subject.next_frames()
    expect(subject.frame.state == DeviceState.LATCHED, "LATCHED", subject.summary())
    expect(subject.frame.trip == trip, trip.name, subject.frame.trip)


@SECTION.add(
    "latched-stop",
    "STOP in LATCHED lets go, and the latch stays with its trip.",
    "#stop",
    "F4",
    needs="fault",
    seconds=10.0,
)
def latched_stop(subject: Subject) -> None:
    trip = _latch(subject)
    before = subject.frame.stop_count
    subject.send(bytes(8))
    subject.until(lambda: subject.frame.stop_count == before + 1, 300_000, "the STOP counted")
    subject.in_state(DeviceState.LATCHED)
    subject.next_frames()
    expect(subject.frame.trip == trip, trip.name, subject.frame.trip)


@SECTION.add(
    "latched-acknowledge",
    "ACKNOWLEDGE of its trip leads from LATCHED to READY.",
    "#acknowledge",
    "L2",
    needs="fault",
    seconds=10.0,
)
def latched_acknowledge(subject: Subject) -> None:
    trip = _latch(subject)
    subject.refused(Kind.ACKNOWLEDGE, bytes((trip ^ 31,)), Refusal.OUT_OF_RANGE)
    subject.accepted(Kind.ACKNOWLEDGE, bytes((trip,)))
    subject.in_state(DeviceState.READY, 10_000_000)
    subject.next_frames()
    expect(subject.frame.trip == Trip.NONE, "trip 0", subject.frame.trip)


@SECTION.add(
    "reset",
    "A reset while a head presses: no force, and nothing goes on by itself.",
    "#shaking-hands",
    "E1",
    "E2",
    "S3",
    "M1",
    needs="fault truth",
    seconds=12.0,
)
def reset(subject: Subject) -> None:
    subject.arm()
    subject.press(0, 8_000)
    before = subject.truth()["boots"]
    subject.monitor.power_cycled()
    subject.fault("mcu.device=intermittent", "mcu.device=off")
    subject.wait(700_000)
    subject.order = None
    truth = subject.truth()
    expect(truth["boots"] > before or not truth["motors_powered"], "a reset", truth)
    subject.wait(500_000)
    truth = subject.truth()
    worst = max(bed["force_n"] for bed in truth["beds"])
    expect(worst < 1.0, "no force", f"{worst:.2f} N")
    subject.clear_faults()
    subject.monitor.power_cycled()
    if subject.can("power"):
        subject.power_cycle()
