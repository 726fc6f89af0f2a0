"""RETRACT, ACKNOWLEDGE, the STOP button, and the order in which EVENTs tell of it."""

from firmware_bridge.messages import BedFlag, DeviceState, EventKind, Kind, Refusal, Trip
from simulator.conformance import messages
from simulator.conformance.case import Section, expect
from simulator.conformance.messages import NEVER
from simulator.conformance.subject import Subject, told

SECTION = Section("letting-go", "#letting-go")


def _kinds(subject: Subject) -> list[tuple[int, int]]:
    wanted = (EventKind.STOP, EventKind.CONSENT_LOST, EventKind.TRIP, EventKind.STATE)
    return [(event.event, event.value) for event in subject.events if event.event in wanted]


@SECTION.add(
    "stop-events", "STOP in a massage: STOP, CONSENT_LOST, TRIP, RETRACT, UNLOADED, READY.",
    "#event", "F4", seconds=7.0,
)  # fmt: skip
def stop_events(subject: Subject) -> None:
    subject.arm()
    subject.press(0, 5_000)
    subject.order = None
    subject.forget()
    subject.send(bytes(8))
    subject.until(
        lambda: subject.event(EventKind.STATE, DeviceState.READY), 1_500_000, "READY again"
    )
    subject.next_frames()
    wanted = [
        (EventKind.STOP, subject.frame.stop_count & 0x7FFF_FFFF),
        (EventKind.CONSENT_LOST, 0),
        (EventKind.TRIP, Trip.STOP),
        (EventKind.STATE, DeviceState.RETRACT),
    ]
    came = [(event.event, event.value) for event in subject.events]
    expect(came[:4] == wanted, "STOP, CONSENT_LOST, TRIP 1, STATE 4", told(list(subject.events)))
    rest = [kind for kind, _ in came[4:]]
    expect(
        rest == [EventKind.UNLOADED, EventKind.STATE], "UNLOADED and STATE 1 behind them",
        told(list(subject.events)),
    )  # fmt: skip


@SECTION.add(
    "unloaded",
    "UNLOADED tells the ms from letting go until all heads were clear.",
    "#event",
    seconds=7.0,
)
def unloaded(subject: Subject) -> None:
    subject.arm()
    subject.press(0, 8_000)
    subject.order = None
    subject.forget()
    subject.send(bytes(8))
    subject.until(lambda: subject.event(EventKind.UNLOADED), 1_500_000, "EVENT UNLOADED")
    started = subject.event(EventKind.STATE, DeviceState.RETRACT)
    ended = subject.event(EventKind.UNLOADED)
    assert started is not None
    assert ended is not None
    took_ms = (ended.device_us - started.device_us) / 1000
    expect(abs(ended.value - took_ms) <= 2, f"{took_ms:.0f} ms", ended.value)
    expect(1 <= ended.value <= 500, "a time from 1 to 500 ms", ended.value)


@SECTION.add("clear", "READY comes back with the heads clear, not before.", "F4", seconds=7.0)
def clear(subject: Subject) -> None:
    subject.arm()
    subject.press(0, 8_000)
    contact_um = subject.bed(0).z_um
    subject.order = None
    subject.forget()
    subject.accepted(Kind.RETRACT, b"\x00")
    subject.in_state(DeviceState.READY)
    first = next(f for f in subject.frames if f.state == DeviceState.READY)
    bed = first.beds[0]
    expect(bed.force_a_mn < 1_000, "no force in READY", bed.force_a_mn)
    expect(
        bed.z_um <= contact_um - 4_000 or bed.z_um <= 500, "the press 5 mm down", f"{bed.z_um} um"
    )
    subject.wait(600_000)
    expect(subject.bed(0).z_um <= 500, "the press at its lower end in the end", subject.bed(0).z_um)


@SECTION.add(
    "retract-ready", "RETRACT in READY gets ACK: trip HOST_RETRACT, then READY.", "#retract"
)
def retract_ready(subject: Subject) -> None:
    subject.accepted(Kind.RETRACT, b"\x09")
    subject.until(lambda: subject.event(EventKind.TRIP), 300_000, "EVENT TRIP")
    subject.in_state(DeviceState.READY)
    subject.next_frames()
    expect(subject.frame.trip == Trip.HOST_RETRACT, "HOST_RETRACT", subject.frame.trip)


@SECTION.add("retract-armed", "RETRACT while armed disarms.", "#retract")
def retract_armed(subject: Subject) -> None:
    subject.arm()
    subject.order = None
    subject.accepted(Kind.RETRACT, b"\x00")
    subject.in_state(DeviceState.READY)
    subject.next_frames()
    frame = subject.frame
    expect(frame.trip == Trip.HOST_RETRACT, "HOST_RETRACT", frame.trip)
    expect(frame.consent_age_ms == NEVER, "consent lost", frame.consent_age_ms)
    expect(not any(b.flags & BedFlag.MASK_SET for b in frame.beds), "no masks", "some")


@SECTION.add("retract-retract", "RETRACT while letting go gets ACK too.", "#retract", seconds=7.0)
def retract_retract(subject: Subject) -> None:
    subject.arm()
    subject.press(0, 8_000)
    subject.order = None
    for _ in range(3):
        subject.accepted(Kind.RETRACT, b"\x00")
    subject.in_state(DeviceState.READY)


@SECTION.add("every-reason", "RETRACT takes any reason.", "#retract")
def every_reason(subject: Subject) -> None:
    for reason in (0, 1, 127, 255):
        subject.accepted(Kind.RETRACT, bytes((reason,)))
        subject.in_state(DeviceState.READY)


@SECTION.add("stop-armed", "STOP while armed disarms with the trip STOP.", "#stop", "F4")
def stop_armed(subject: Subject) -> None:
    subject.arm()
    subject.order = None
    subject.forget()
    subject.send(bytes(8))
    subject.in_state(DeviceState.READY)
    subject.next_frames()
    expect(subject.frame.trip == Trip.STOP, "trip STOP", subject.frame.trip)
    expect(subject.frame.consent_age_ms == NEVER, "consent lost", subject.frame.consent_age_ms)


@SECTION.add(
    "stop-behind-orders", "STOP behind a set-point in one piece wins.", "#stop", "D14", seconds=7.0
)
def stop_behind_orders(subject: Subject) -> None:
    subject.arm()
    target = subject.press(0, 5_000)
    subject.next_frames(1)
    body = messages.order(subject.frame.device_us, target, subject.parked(1))
    subject.order = None
    subject.forget()
    data = subject.payload(Kind.SETPOINT, body)
    subject.send(messages.stopped_behind(data))
    subject.until(lambda: subject.event(EventKind.STOP), 300_000, "EVENT STOP")
    subject.in_state(DeviceState.READY)


@SECTION.add(
    "orders-behind-stop", "Set-points behind a STOP are refused.", "#stop", "D14", "F4", seconds=7.0
)
def orders_behind_stop(subject: Subject) -> None:
    subject.arm()
    target = subject.press(0, 5_000)
    subject.send(bytes(8))
    for _ in range(40):
        subject.order = (target, subject.parked(1))
        subject.wait(5_000)
    subject.order = None
    subject.in_state(DeviceState.READY)
    subject.wait(300_000)
    expect(subject.frame.trip == Trip.STOP, "trip STOP", subject.frame.trip)
    expect(subject.bed(0).force_a_mn < 1_000, "no force", subject.bed(0).force_a_mn)
    expect(subject.bed(0).z_um < 1_000, "a lifted head", subject.bed(0).z_um)


@SECTION.add(
    "stop-button",
    "The STOP button lets go: trip STOP_BUTTON, `stop_count` as before.",
    "#stop",
    "B8",
    needs="person",
    seconds=7.0,
)
def stop_button(subject: Subject) -> None:
    subject.arm()
    subject.press(0, 5_000)
    before = subject.frame.stop_count
    subject.forget()
    subject.person("press-stop")
    subject.until(lambda: subject.event(EventKind.STOP_BUTTON), 1_000_000, "EVENT STOP_BUTTON")
    subject.order = None
    subject.in_state(DeviceState.READY)
    subject.next_frames()
    expect(subject.frame.trip == Trip.STOP_BUTTON, "trip STOP_BUTTON", subject.frame.trip)
    expect(subject.frame.stop_count == before, f"{before}", subject.frame.stop_count)
    flagged = [f for f in subject.frames if f.flags & 32]
    expect(bool(flagged), "the flag STOP_BUTTON", "never")
    button = subject.event(EventKind.STOP_BUTTON)
    trip = subject.event(EventKind.TRIP, Trip.STOP_BUTTON)
    assert button is not None
    expect(trip is not None and trip.device_us - button.device_us < 5_000, "at once", trip)
    subject.wait(300_000)


@SECTION.add("frames-go-on", "FRAMEs go on at their rate while it lets go.", "#frame", seconds=7.0)
def frames_go_on(subject: Subject) -> None:
    subject.arm()
    subject.press(0, 8_000)
    subject.order = None
    subject.forget()
    subject.send(bytes(8))
    subject.wait(300_000)
    states = [frame.state for frame in subject.frames]
    expect(DeviceState.RETRACT in states, "FRAMEs in RETRACT", set(states))


@SECTION.add("acknowledge", "ACKNOWLEDGE of the trip that FRAME shows clears it.", "#acknowledge")
def acknowledge(subject: Subject) -> None:
    subject.send(bytes(8))
    subject.wait(100_000)
    subject.in_state(DeviceState.READY)
    subject.accepted(Kind.ACKNOWLEDGE, bytes((Trip.STOP,)))
    subject.next_frames()
    expect(subject.frame.trip == Trip.NONE, "trip 0", subject.frame.trip)


@SECTION.add("acknowledge-other", "ACKNOWLEDGE of another trip gets OUT_OF_RANGE.", "#acknowledge")
def acknowledge_other(subject: Subject) -> None:
    subject.send(bytes(8))
    subject.wait(100_000)
    subject.in_state(DeviceState.READY)
    for trip in (Trip.NONE, Trip.OVER_FORCE, 255):
        subject.refused(Kind.ACKNOWLEDGE, bytes((trip,)), Refusal.OUT_OF_RANGE)
    subject.next_frames()
    expect(subject.frame.trip == Trip.STOP, "trip STOP as before", subject.frame.trip)


@SECTION.add("acknowledge-armed", "ACKNOWLEDGE while armed gets WRONG_STATE.", "#acknowledge")
def acknowledge_armed(subject: Subject) -> None:
    subject.arm()
    subject.refused(Kind.ACKNOWLEDGE, b"\x00", Refusal.WRONG_STATE)


@SECTION.add(
    "never-resumes",
    "After letting go nothing moves again by itself.",
    "#letting-go",
    "S3",
    "D10",
    seconds=8.0,
)
def never_resumes(subject: Subject) -> None:
    subject.arm()
    target = subject.press(0, 5_000)
    subject.order = None
    subject.wait(300_000)
    subject.in_state(DeviceState.READY)
    subject.order = (target, target)
    subject.wait(1_500_000)
    subject.order = None
    expect(subject.frame.state == DeviceState.READY, "READY", subject.summary())
    expect(all(bed.z_um < 1_000 for bed in subject.frame.beds), "lifted heads", subject.frame.beds)


@SECTION.add(
    "foot-lost",
    "A foot that is pulled away is CONTACT_LOST: the head never follows it.",
    "#trips",
    "B1",
    "P3",
    needs="person",
    seconds=8.0,
)
def foot_lost(subject: Subject) -> None:
    subject.arm()
    subject.press(0, 8_000)
    subject.wait(300_000)
    subject.forget()
    subject.person("withdraw-left")
    subject.until(lambda: subject.event(EventKind.TRIP), 2_000_000, "a trip")
    subject.order = None
    event = subject.event(EventKind.TRIP)
    assert event is not None
    expect(event.value == Trip.CONTACT_LOST, "trip CONTACT_LOST", told([event]))
    subject.in_state(DeviceState.READY)
    lost = next((f for f in subject.frames if f.beds[0].force_a_mn < 300), None)
    if lost is not None:
        highest = max(f.beds[0].z_um for f in subject.frames if f.device_us >= lost.device_us)
        expect(
            highest - lost.beds[0].z_um <= 2_000,
            "2 mm further at most",
            highest - lost.beds[0].z_um,
        )
        expect(
            event.device_us - lost.device_us <= 50_000,
            "within 50 ms",
            event.device_us - lost.device_us,
        )


@SECTION.add(
    "stands-up",
    "A person who stands up trips within the limits, and is let go.",
    "#trips",
    "B11",
    "F6",
    needs="person",
    seconds=9.0,
)
def stands_up(subject: Subject) -> None:
    subject.arm()
    subject.press(0, 8_000)
    subject.forget()
    subject.person("stand-up")
    subject.until(lambda: subject.event(EventKind.TRIP), 2_000_000, "a trip")
    subject.order = None
    subject.until(
        lambda: subject.frame.state in (DeviceState.READY, DeviceState.LATCHED), 1_500_000, "let go"
    )
