"""SETPOINT: freshness, ranges, the newest one counts, and the watchdog behind it."""

from firmware_bridge.messages import DeviceState, EventKind, Kind, Refusal, Trip
from simulator.conformance import messages
from simulator.conformance.case import Section, expect
from simulator.conformance.subject import Subject
from simulator.conformance.wire import down

SECTION = Section("setpoint", "#set-point")
NAK_PERIOD_US = 60_000


def _parked(subject: Subject, frame_us: int, ttl_ms: int = 60) -> bytes:
    return messages.order(frame_us, subject.parked(0), subject.parked(1), ttl_ms=ttl_ms)


@SECTION.add("ready", "In READY a set-point gets WRONG_STATE and moves nothing.", "S1", "S3")
def ready(subject: Subject) -> None:
    body = messages.order(
        subject.frame.device_us, subject.target(0, 10_000), subject.target(1, 10_000)
    )
    subject.refused(Kind.SETPOINT, body, Refusal.WRONG_STATE)
    subject.wait(100_000)
    expect(subject.frame.state == DeviceState.READY, "READY", subject.summary())
    expect(all(bed.z_um < 1_000 for bed in subject.frame.beds), "lifted heads", subject.frame.beds)


@SECTION.add("accepted", "A set-point that is accepted gets no answer, and FRAME names it.")
def accepted(subject: Subject) -> None:
    subject.arm()
    subject.next_frames(6)
    subject.forget()
    subject.next_frames(10)
    expect(not subject.answers, "no answers", list(subject.answers))
    counters = [counter for counter, _ in subject.sent_orders]
    named = subject.frame.setpoint_counter
    expect(named in counters, f"one of {counters} in `setpoint_counter`", named)


def _stale(subject: Subject, frame_us: int, what: str) -> None:
    subject.wait(NAK_PERIOD_US)
    counter = subject.say(Kind.SETPOINT, _parked(subject, frame_us))
    subject.until(
        lambda: any(a.of_counter == counter for a in subject.answers), 250_000, f"NAK to {what}"
    )
    answer = next(a for a in subject.answers if a.of_counter == counter)
    expect(answer.refusal == Refusal.STALE, f"NAK STALE to {what}", answer)


@SECTION.add("stale", "A set-point of a frame older than `ttl_ms` gets STALE.", "D8", "W5")
def stale(subject: Subject) -> None:
    subject.arm()
    subject.next_frames(60)
    for age_ms in (subject.limit("ttl_ms") + 10, 200, 10_000):
        frame_us = max(subject.frame.device_us - age_ms * 1000, 0)
        _stale(subject, frame_us, f"a frame of {age_ms} ms ago")


@SECTION.add("time-zero", "A set-point of device time 0 gets STALE.", "D8")
def time_zero(subject: Subject) -> None:
    subject.arm()
    _stale(subject, 0, "device time 0")


@SECTION.add("future", "A set-point of a frame that is yet to come gets STALE.", "D8", "E3")
def future(subject: Subject) -> None:
    subject.arm()
    for ahead_us in (300_000, 1 << 40, (1 << 63) - 1, (1 << 64) - 1):
        frame_us = min(subject.frame.device_us + ahead_us, (1 << 64) - 1)
        _stale(subject, frame_us, f"a frame at {frame_us} us")


@SECTION.add("wrapped", "64 bits of the time count: 2^32 us ago is not now.", "D8")
def wrapped(subject: Subject) -> None:
    subject.arm()
    _stale(subject, subject.frame.device_us + (1 << 32), "a frame 2^32 us ahead")


def _outside(subject: Subject, **more: int) -> None:
    for bed in (0, 1):
        targets = [subject.parked(0), subject.parked(1)]
        targets[bed] = targets[bed]._replace(**more)
        subject.wait(NAK_PERIOD_US)
        body = messages.order(subject.frame.device_us, *targets)
        subject.refused(Kind.SETPOINT, body, Refusal.OUT_OF_RANGE)


@SECTION.add("carriage-x", "A target outside the carriage's x range gets OUT_OF_RANGE.", "A3")
def carriage_x(subject: Subject) -> None:
    subject.arm()
    _outside(subject, x_um=subject.carriage("x_min_um") - 1)
    _outside(subject, x_um=subject.carriage("x_max_um") + 1)


@SECTION.add("carriage-y", "A target outside the carriage's y range gets OUT_OF_RANGE.", "A3")
def carriage_y(subject: Subject) -> None:
    subject.arm()
    _outside(subject, y_um=subject.carriage("y_min_um") - 1)
    _outside(subject, y_um=subject.carriage("y_max_um") + 1)


@SECTION.add("feed", "A feed above `feed_max_um_s` gets OUT_OF_RANGE.", "A3")
def feed(subject: Subject) -> None:
    subject.arm()
    most = subject.carriage("feed_max_um_s")
    _outside(subject, feed_um_s=most + 1)


@SECTION.add("vibration", "A vibration of 1 to 19 Hz gets OUT_OF_RANGE.")
def vibration(subject: Subject) -> None:
    subject.arm()
    for hertz in (1, 19):
        _outside(subject, vibration_hz=hertz)


@SECTION.add("edges", "Targets at the edges of the carriage's range are accepted.")
def edges(subject: Subject) -> None:
    subject.arm()
    low = subject.parked(0)._replace(
        x_um=subject.carriage("x_min_um"), y_um=subject.carriage("y_min_um"), vibration_hz=20
    )
    high = subject.parked(1)._replace(
        x_um=subject.carriage("x_max_um"), y_um=subject.carriage("y_max_um"), vibration_hz=45
    )
    subject.forget()
    subject.order = (low, high)
    subject.next_frames(10)
    expect(not subject.answers, "no NAK", list(subject.answers))


@SECTION.add("nak-rate", "Refused set-points get at most one NAK in 50 ms.", "D5", seconds=1.0)
def nak_rate(subject: Subject) -> None:
    subject.wait(NAK_PERIOD_US)
    subject.forget()
    since = subject.frame.device_us
    for _ in range(100):
        subject.say(Kind.SETPOINT, _parked(subject, 0))
        subject.wait(4_000)
    subject.next_frames()
    took_us = subject.frame.device_us - since
    most = took_us // 50_000 + 2
    expect(1 <= len(subject.answers) <= most, f"1 to {most} NAKs", len(subject.answers))


@SECTION.add("newest", "Of two set-points in one piece the newer is obeyed.", "W3")
def newest(subject: Subject) -> None:
    subject.arm()
    subject.order = None
    for _ in range(5):
        subject.next_frames(1)
        first = down(subject.payload(Kind.SETPOINT, _parked(subject, subject.frame.device_us)))
        second = down(subject.payload(Kind.SETPOINT, _parked(subject, subject.frame.device_us)))
        subject.send(first + second)
        subject.next_frames(1)
    counter = subject.counter
    subject.until(
        lambda: subject.frame.setpoint_counter == counter, 60_000, f"`setpoint_counter` {counter}"
    )


@SECTION.add("older-behind", "An older set-point behind a newer one is dropped.", "D4", "W3")
def older_behind(subject: Subject) -> None:
    subject.arm()
    subject.order = None
    for _ in range(5):
        subject.next_frames(1)
        first = down(subject.payload(Kind.SETPOINT, _parked(subject, subject.frame.device_us)))
        second = down(subject.payload(Kind.SETPOINT, _parked(subject, subject.frame.device_us)))
        subject.send(second + first)
        subject.next_frames(1)
    expect(not subject.answers or subject.answers[-1].refusal == 0, "no NAK", subject.summary())
    counter = subject.counter
    subject.until(
        lambda: subject.frame.setpoint_counter == counter, 60_000, f"`setpoint_counter` {counter}"
    )


def _trip_us(subject: Subject, trip: Trip, within_us: int) -> int:
    subject.until(lambda: subject.event(EventKind.TRIP, trip), within_us, f"EVENT TRIP {trip.name}")
    event = subject.event(EventKind.TRIP, trip)
    assert event is not None
    return event.device_us


@SECTION.add(
    "first-in-time", "Without a set-point behind ARM the watchdog trips after `watchdog_ms`.",
    "F1", "W2", "D6",
)  # fmt: skip
def first_in_time(subject: Subject) -> None:
    subject.forget()
    subject.arm(feed=False)
    at_us = _trip_us(subject, Trip.WATCHDOG, 1_000_000)
    armed = subject.event(EventKind.STATE, DeviceState.ARMED)
    assert armed is not None
    took_ms = (at_us - armed.device_us) / 1000
    wanted = subject.limit("watchdog_ms")
    expect(wanted <= took_ms <= wanted + 5, f"{wanted} ms after ARMED", f"{took_ms} ms")


@SECTION.add(
    "watchdog", "A host that falls silent trips WATCHDOG `watchdog_ms` after its last set-point.",
    "F1", "F2", "D6", "D9", "W2",
)  # fmt: skip
def watchdog(subject: Subject) -> None:
    subject.arm()
    subject.next_frames(20)
    subject.forget()
    subject.next_frames(3)
    subject.order = None
    counter, frame_us = subject.sent_orders[-1]
    at_us = _trip_us(subject, Trip.WATCHDOG, 1_000_000)
    named = [frame.device_us for frame in subject.frames if frame.setpoint_counter == counter]
    expect(bool(named), f"a FRAME that names set-point {counter}", "none")
    wanted_us = subject.limit("watchdog_ms") * 1000
    # It was accepted between the frame that it names and the first frame that names it.
    expect(at_us - frame_us >= wanted_us, f"{wanted_us} us or more", at_us - frame_us)
    expect(
        at_us - named[0] <= wanted_us + 10_000,
        f"{wanted_us} us after it was accepted",
        f"{at_us - named[0]} us after the first FRAME that names it",
    )


def _starve(subject: Subject, say: str, frame_us: int, **more: int) -> None:
    """Send set-points that must be refused only; they must not feed the watchdog."""
    subject.arm()
    subject.order = None
    subject.forget()
    targets = [subject.parked(0)._replace(**more), subject.parked(1)]
    end_us = subject.now_us() + 400_000 + subject.slack_us
    while subject.event(EventKind.TRIP, Trip.WATCHDOG) is None:
        expect(subject.now_us() < end_us, f"WATCHDOG under {say} set-points", subject.summary())
        at_us = frame_us if frame_us >= 0 else subject.frame.device_us
        subject.say(Kind.SETPOINT, messages.order(at_us, *targets))
        subject.wait(5_000)
    subject.in_state(DeviceState.READY)


@SECTION.add("stale-feeds-not", "Stale set-points do not feed the watchdog.", "D8", "W2")
def stale_feeds_not(subject: Subject) -> None:
    _starve(subject, "stale", 0)


@SECTION.add("refused-feeds-not", "Refused set-points do not feed the watchdog.", "W2")
def refused_feeds_not(subject: Subject) -> None:
    _starve(subject, "out-of-range", -1, x_um=subject.carriage("x_max_um") + 1)


@SECTION.add("others-feed-not", "Other messages do not feed the watchdog.", "F3", "W2")
def others_feed_not(subject: Subject) -> None:
    subject.arm()
    subject.order = None
    subject.forget()
    end_us = subject.now_us() + 400_000 + subject.slack_us
    while subject.event(EventKind.TRIP, Trip.WATCHDOG) is None:
        expect(subject.now_us() < end_us, "WATCHDOG under DESCRIBEs", subject.summary())
        subject.say(Kind.DESCRIBE, b"\x00")
        subject.wait(5_000)


@SECTION.add(
    "backlog", "A backlog of old set-points is not executed.", "D8", "F2", "W5", seconds=7.0
)
def backlog(subject: Subject) -> None:
    subject.arm()
    wanted = subject.target(0, 20_000)
    old = subject.frame.device_us
    subject.wait(600_000)
    subject.forget()
    data = b""
    for step in range(100):
        body = messages.order(old + 5_000 * step, wanted, wanted)
        data += down(subject.payload(Kind.SETPOINT, body))
    subject.send(data)
    counter = subject.counter
    subject.wait(300_000)
    names = {frame.setpoint_counter for frame in subject.frames}
    old_ones = [n for n in names if counter - 100 < n <= counter]
    expect(not old_ones, "none of the old ones obeyed", f"set-points {old_ones}")
    expect(subject.bed(0).z_um < 1_000, "a lifted head", f"{subject.bed(0).z_um} um")


@SECTION.add(
    "replay", "The recorded bytes of a whole session do nothing in the next one.",
    "D3", "G15", "W3", seconds=8.0,
)  # fmt: skip
def replay(subject: Subject) -> None:
    subject.recorded = []
    subject.arm()
    subject.press(0, 5_000)
    subject.order = None
    recorded, subject.recorded = subject.recorded, None
    subject.greet()
    subject.in_state(DeviceState.READY)
    subject.consent()
    subject.forget()
    before = subject.frame
    for data in recorded:
        if data != bytes(8):
            subject.send(data)
            subject.wait(1_000)
    subject.wait(200_000)
    after = subject.frame
    expect(subject.pings() == 0, "no answer to any of it", f"{subject.pings()}")
    expect(
        after.state == DeviceState.READY and not any(bed.flags & 2 for bed in after.beds),
        "READY without masks", subject.summary(),
    )  # fmt: skip
    expect(after.stop_count == before.stop_count, "no STOP", after.stop_count)


@SECTION.add(
    "travel", "A lifted head travels to its target at its feed at most.", "A3", seconds=4.0
)
def travel(subject: Subject) -> None:
    subject.arm()
    x_low, x_high = subject.carriage("x_min_um"), subject.carriage("x_max_um")
    y_low, y_high = subject.carriage("y_min_um"), subject.carriage("y_max_um")
    goal = ((x_low + 3 * x_high) // 4, (y_low + y_high) // 2)
    feed_um_s = min(60_000, subject.carriage("feed_max_um_s"))
    target = subject.parked(0)._replace(x_um=goal[0], y_um=goal[1], feed_um_s=feed_um_s)
    subject.forget()
    subject.order = (target, subject.parked(1))
    subject.until(
        lambda: abs(subject.bed(0).x_um - goal[0]) <= 2_000
        and abs(subject.bed(0).y_um - goal[1]) <= 2_000,
        10_000_000, f"the left head at {goal} um",
    )  # fmt: skip
    frames = list(subject.frames)
    for a, b in zip(frames[:-10], frames[10:], strict=True):
        way_um = (
            (b.beds[0].x_um - a.beds[0].x_um) ** 2 + (b.beds[0].y_um - a.beds[0].y_um) ** 2
        ) ** 0.5
        speed = way_um * 1e6 / (b.device_us - a.device_us)
        expect(speed <= 1.1 * feed_um_s + 2_000, f"at most {feed_um_s} um/s", f"{speed:.0f} um/s")
    expect(all(frame.beds[0].z_um < 1_000 for frame in frames), "a lifted head all the way", "not")
    expect(subject.frame.state == DeviceState.ARMED, "ARMED all the way", subject.summary())


@SECTION.add(
    "disarmed", "After disarming `setpoint_counter` is 0 and set-points are refused.", "S3"
)
def disarmed(subject: Subject) -> None:
    subject.arm()
    subject.next_frames(5)
    subject.order = None
    subject.accepted(Kind.RETRACT, b"\x00")
    subject.in_state(DeviceState.READY)
    subject.next_frames()
    expect(subject.frame.setpoint_counter == 0, "0", subject.frame.setpoint_counter)
    subject.wait(NAK_PERIOD_US)
    subject.refused(Kind.SETPOINT, _parked(subject, subject.frame.device_us), Refusal.WRONG_STATE)


@SECTION.add(
    "pause-cap", "Armed for `pause_ms` without force asked, it lets go: PAUSE_CAP.", "B10",
    "#trips", seconds=305.0,
)  # fmt: skip
def pause_cap(subject: Subject) -> None:
    subject.arm()
    subject.forget()
    subject.wait(subject.limit("pause_ms") * 1000 - 2_000_000)
    expect(subject.frame.state == DeviceState.ARMED, "ARMED until then", subject.summary())
    _trip_us(subject, Trip.PAUSE_CAP, 4_000_000)
