"""How hard, how fast and where: what FRAMEs say, and the truth where the bench tells it."""

from itertools import pairwise
from typing import Any

import numpy as np

from firmware_bridge.messages import BedFlag, DeviceState, EventKind, Kind, Trip
from simulator.conformance.case import Section, SkippedError, expect
from simulator.conformance.messages import Frame
from simulator.conformance.subject import Subject

SECTION = Section("force", "#set-point")
SHIFT_MS = 40
"""Speeds are judged over this span: shorter ones are mostly resolution."""


def _speeds(frames: list[Frame], bed: int, axis: str) -> list[tuple[float, Frame]]:
    """Return speeds in um/s over SHIFT_MS, each with the FRAME in which it ends."""
    found = []
    first = 0
    for frame in frames:
        while frame.device_us - frames[first].device_us > SHIFT_MS * 1000:
            first += 1
        span_us = frame.device_us - frames[first].device_us
        if span_us >= SHIFT_MS * 1000 - 6_000:
            way = getattr(frame.beds[bed], axis) - getattr(frames[first].beds[bed], axis)
            found.append((way * 1e6 / span_us, frame))
    return found


def _hold(subject: Subject, bed: int, force_mn: int, for_us: int, **more: int) -> list[Frame]:
    """Press until it is reached, then hold; return the FRAMEs of the hold."""
    subject.press(bed, force_mn, **more)
    subject.wait(700_000)
    subject.forget()
    subject.wait(for_us)
    return list(subject.frames)


@SECTION.add(
    "reached", "The force that is asked is reached and held, within 1.5 N.", "L2", "F2", seconds=9.0
)
def reached(subject: Subject) -> None:
    subject.arm()
    frames = _hold(subject, 0, 12_000, 500_000)
    for frame in frames:
        force = frame.beds[0].force_a_mn
        expect(abs(force - 12_000) <= 1_500, "12 +- 1.5 N", f"{force} mN")
    expect(frames[-1].state == DeviceState.RUNNING, "RUNNING", subject.summary())
    expect(bool(frames[-1].beds[0].flags & BedFlag.CONTACT), "CONTACT", "none")


@SECTION.add("right", "The right head presses as the left one does.", "L2", "F2", seconds=8.0)
def right(subject: Subject) -> None:
    subject.arm()
    for frame in _hold(subject, 1, 8_000, 300_000):
        force = frame.beds[1].force_a_mn
        expect(abs(force - 8_000) <= 1_500, "8 +- 1.5 N on the right", f"{force} mN")
        expect(frame.beds[0].z_um < 1_000, "a lifted left head", frame.beds[0].z_um)


@SECTION.add("both", "Both heads press at once, each its own force.", "L2", seconds=9.0)
def both(subject: Subject) -> None:
    subject.arm()
    subject.order = (subject.target(0, 6_000), subject.target(1, 9_000))
    subject.until(
        lambda: subject.bed(0).force_a_mn > 5_000 and subject.bed(1).force_a_mn > 8_000,
        14_000_000, "6 and 9 N",
    )  # fmt: skip
    subject.wait(500_000)
    came = [bed.force_a_mn for bed in subject.frame.beds]
    expect(abs(came[0] - 6_000) < 1_500 and abs(came[1] - 9_000) < 1_500, "6 and 9 N", came)


@SECTION.add("host-limit", "`limit_mn` of the set-point holds the force.", "A1", "F1", seconds=9.0)
def host_limit(subject: Subject) -> None:
    subject.arm()
    subject.forget()
    subject.press(0, 20_000, reach=0.3, limit_mn=8_000)
    subject.wait(1_000_000)
    most = max(frame.beds[0].applied_mn for frame in subject.frames)
    expect(most <= 8_000, "`applied_mn` at most 8000", most)
    force = max(frame.beds[0].force_a_mn for frame in subject.frames)
    expect(force <= 9_500, "force A at most 9.5 N", f"{force} mN")


@SECTION.add(
    "mask-limit", "The mask holds the force, whatever the set-point asks; CLAMPED says so.",
    "A1", "F1", "A3", seconds=9.0,
)  # fmt: skip
def mask_limit(subject: Subject) -> None:
    subject.arm(limit_mn=7_000)
    subject.forget()
    subject.press(0, 25_000, reach=0.22)
    subject.wait(1_500_000)
    for frame in subject.frames:
        bed = frame.beds[0]
        expect(bed.applied_mn <= 7_000, "`applied_mn` at most 7000", bed.applied_mn)
        expect(bed.limit_mn <= 7_000, "`limit_mn` at most 7000", bed.limit_mn)
        expect(bed.force_a_mn <= 8_500, "force A at most 8.5 N", bed.force_a_mn)
    expect(bool(subject.bed(0).flags & BedFlag.CLAMPED), "CLAMPED", "none")


@SECTION.add(
    "ceiling", "`limit_mn` is never above the bed ceiling of the place.", "A1", "C6", seconds=4.0
)
def ceiling(subject: Subject) -> None:
    subject.arm(limit_mn=65_535)
    subject.order = (subject.target(0, 3_000), subject.target(1, 3_000))
    subject.wait(3_000_000)
    for frame in subject.frames:
        for bed in frame.beds:
            most = subject.ceiling_mn(min(max(bed.y_um, 0), bed.y_um))
            expect(bed.limit_mn <= most, f"at most {most} at y {bed.y_um}", bed.limit_mn)


@SECTION.add("not-clamped", "CLAMPED is not set while the device obeys.", seconds=7.0)
def not_clamped(subject: Subject) -> None:
    subject.arm()
    subject.press(0, 5_000)
    subject.wait(300_000)
    expect(not subject.bed(0).flags & BedFlag.CLAMPED, "no CLAMPED", "it is set")


def _rise(subject: Subject, slew_mn_s: int) -> None:
    subject.arm()
    subject.forget()
    subject.press(0, 14_000, slew_mn_s=slew_mn_s)
    most = min(slew_mn_s, subject.limit("rise_mn_s"))
    frames = list(subject.frames)
    for a, b in zip(frames[:-10], frames[10:], strict=True):
        span_s = (b.device_us - a.device_us) / 1e6
        rose = b.beds[0].applied_mn - a.beds[0].applied_mn
        if a.beds[0].applied_mn < 1_300:  # what holds the first contact is not a rise
            continue
        expect(rose <= most * span_s * 1.05 + 150, f"{most} mN/s at most", f"{rose / span_s:.0f}")


@SECTION.add("slew", "The force rises at `slew_mn_s` at most.", "A2", "F3", seconds=12.0)
def slew(subject: Subject) -> None:
    _rise(subject, 4_000)


@SECTION.add(
    "rise", "The force rises at the device's `rise_mn_s` at most.", "A2", "F3", seconds=9.0
)
def rise(subject: Subject) -> None:
    _rise(subject, 80_000)


@SECTION.add("fall", "Falling is not limited by `slew_mn_s`.", "A2", "F4", seconds=9.0)
def fall(subject: Subject) -> None:
    subject.arm()
    target = subject.press(0, 14_000, reach=0.95)
    subject.order = (target._replace(force_mn=4_000, slew_mn_s=1_000), subject.parked(1))
    since_us = subject.frame.device_us
    subject.until(lambda: subject.bed(0).force_a_mn <= 5_500, 1_000_000, "4 N")
    took_ms = (subject.frame.device_us - since_us) / 1000
    expect(took_ms <= 300 + subject.slack_us / 1000, "within 300 ms", f"{took_ms:.0f} ms")


@SECTION.add(
    "approach", "Until contact the press rises at `approach_um_s` at most.", "A2", "F3", seconds=7.0
)
def approach(subject: Subject) -> None:
    subject.arm()
    subject.forget()
    subject.press(0, 4_000)
    most = subject.limit("approach_um_s")
    for speed, frame in _speeds(list(subject.frames), 0, "z_um"):
        if frame.beds[0].force_a_mn >= 700:
            break  # noise may make it a contact from here on
        expect(speed <= 1.1 * most + 300, f"at most {most} um/s", f"{speed:.0f} um/s")


@SECTION.add(
    "press-speed", "In contact the press rises at `press_um_s` at most.", "A2", seconds=9.0
)
def press_speed(subject: Subject) -> None:
    subject.arm()
    subject.forget()
    subject.press(0, 15_000, slew_mn_s=80_000)
    most = subject.limit("press_um_s")
    fastest = max(speed for speed, _ in _speeds(list(subject.frames), 0, "z_um"))
    expect(fastest <= 1.1 * most, f"at most {most} um/s", f"{fastest:.0f} um/s")


@SECTION.add(
    "stands-while-rising", "On the way up the carriage all but stands: 5 mm/s at most.", "A3",
    seconds=8.0,
)  # fmt: skip
def stands_while_rising(subject: Subject) -> None:
    subject.arm()
    target = subject.target(0, 5_000)
    subject.order = (target, subject.parked(1))
    subject.until(lambda: subject.bed(0).z_um > 3_000, 8_000_000, "a press on its way up")
    away = target._replace(
        x_um=subject.carriage("x_min_um"), feed_um_s=subject.carriage("feed_max_um_s")
    )
    subject.order = (away, subject.parked(1))
    subject.forget()
    subject.wait(600_000)
    for speed, frame in _speeds(list(subject.frames), 0, "x_um"):
        if frame.beds[0].force_a_mn < 700:
            expect(abs(speed) <= 6_500, "at most 5 mm/s", f"{speed:.0f} um/s")


@SECTION.add(
    "travels-first", "A lifted head travels first, and rises at its target only.", "A3",
    seconds=8.0,
)  # fmt: skip
def travels_first(subject: Subject) -> None:
    subject.arm()
    start = subject.parked(0)
    x_um, y_um = subject.spot(0)
    from_y = subject.carriage("y_max_um") if abs(start.y_um - y_um) < 60_000 else start.y_um
    subject.order = (start._replace(y_um=from_y, feed_um_s=100_000), subject.parked(1))
    subject.until(lambda: abs(subject.bed(0).y_um - from_y) < 3_000, 8_000_000, "the head far away")
    subject.forget()
    subject.order = (subject.target(0, 5_000), subject.parked(1))
    subject.until(lambda: subject.bed(0).z_um > 3_000, 10_000_000, "a press on its way up")
    for frame in subject.frames:
        away = float(np.hypot(frame.beds[0].x_um - x_um, frame.beds[0].y_um - y_um))
        if away > 12_000:
            expect(frame.beds[0].z_um < 1_500, f"a lifted head {away:.0f} um away", frame.beds[0])


@SECTION.add(
    "rolls", "In contact the carriage moves to x, y at `feed_um_s` at most.", "A3", seconds=9.0
)
def rolls(subject: Subject) -> None:
    subject.arm()
    target = subject.press(0, 6_000)
    goal = target.y_um + 20_000
    subject.order = (target._replace(y_um=goal, feed_um_s=20_000), subject.parked(1))
    subject.forget()
    subject.until(lambda: abs(subject.bed(0).y_um - goal) < 2_500, 5_000_000, f"y {goal} um")
    fastest = max(abs(speed) for speed, _ in _speeds(list(subject.frames), 0, "y_um"))
    expect(fastest <= 1.15 * 20_000 + 500, "20000 um/s at most", f"{fastest:.0f} um/s")
    least = min(frame.beds[0].force_a_mn for frame in subject.frames)
    expect(least > 1_000, "contact all the way", f"{least} mN")


@SECTION.add(
    "off-the-skin",
    "`force_mn` 0 lifts the head to z = 0; RUNNING becomes ARMED.",
    "A3",
    seconds=7.0,
)
def off_the_skin(subject: Subject) -> None:
    subject.arm()
    target = subject.press(0, 5_000)
    subject.order = (target._replace(force_mn=0), subject.parked(1))
    subject.until(lambda: subject.bed(0).z_um <= 500, 2_000_000, "z at 0")
    subject.in_state(DeviceState.ARMED)
    expect(subject.bed(0).applied_mn == 0, "`applied_mn` 0", subject.bed(0).applied_mn)


@SECTION.add(
    "lifts-before-travel", "Off the skin first, then away: the carriage stands until it is clear.",
    "A3", "P2", seconds=7.0,
)  # fmt: skip
def lifts_before_travel(subject: Subject) -> None:
    subject.arm()
    target = subject.press(0, 8_000)
    place = subject.bed(0)
    away = target._replace(force_mn=0, y_um=target.y_um + 60_000, feed_um_s=100_000)
    subject.order = (away, subject.parked(1))
    subject.forget()
    subject.wait(600_000)
    for frame in subject.frames:
        bed = frame.beds[0]
        if bed.force_a_mn > 500:
            way = abs(bed.y_um - place.y_um)
            expect(way < 2_000, "a carriage that stands while it presses", f"{way} um away")


@SECTION.add("no-mask-cells", "Outside the mask a head is not pressed.", "A3", "P1", seconds=5.0)
def no_mask_cells(subject: Subject) -> None:
    subject.arm()
    pitch_x_um, _ = subject.pitch_um
    rows, _ = subject.matrix
    cells = subject.allowed(0)
    # Far enough from every masked cell that none of its contact is allowed.
    best, place = 0.0, (0, 0)
    row, col = np.nonzero(cells)
    _, pitch_y_um = subject.pitch_um
    masked_x, masked_y = (col + 0.5) * pitch_x_um, (rows - 0.5 - row) * pitch_y_um
    for x_um in range(subject.carriage("x_min_um"), subject.carriage("x_max_um") + 1, 5_000):
        for y_um in range(subject.carriage("y_min_um"), subject.carriage("y_max_um") + 1, 5_000):
            away = float(np.hypot(masked_x - x_um, masked_y - y_um).min())
            if away > best:
                best, place = away, (x_um, y_um)
    if best < 0.8 * max(pitch_x_um, pitch_y_um):
        raise SkippedError("the head reaches no place outside the mask")
    target = subject.target(0, 10_000, x_um=place[0], y_um=place[1])
    subject.order = (target, subject.parked(1))
    subject.forget()
    subject.wait(4_000_000)
    applied = max(frame.beds[0].applied_mn for frame in subject.frames)
    force = max(frame.beds[0].force_a_mn for frame in subject.frames)
    expect(applied == 0, "`applied_mn` 0 outside the mask", applied)
    expect(force < 1_000, "no press outside the mask", f"{force} mN")


@SECTION.add(
    "expiry", "A set-point that has expired asks for nothing.", "D8", "W5", "F2", seconds=8.0
)
def expiry(subject: Subject) -> None:
    subject.arm()
    subject.press(0, 8_000)
    subject.ttl_ms = 20
    subject.next_frames(4)
    subject.order = None
    subject.forget()
    _, frame_us = subject.sent_orders[-1] if subject.sent_orders else (0, subject.frame.device_us)
    subject.wait(700 * subject.limit("watchdog_ms"))
    late = [f for f in subject.frames if f.device_us > frame_us + 20_000 + 8_000]
    expect(bool(late), "FRAMEs behind its end", "none")
    for frame in late:
        expect(frame.beds[0].applied_mn == 0, "`applied_mn` 0", frame.beds[0].applied_mn)


@SECTION.add(
    "expiry-is-no-trip", "Expiry lifts the head without a trip; a new one goes on.", seconds=8.0
)
def expiry_is_no_trip(subject: Subject) -> None:
    subject.arm()
    target = subject.press(0, 6_000)
    subject.ttl_ms = 20
    subject.next_frames(3)
    subject.order = None
    subject.wait(600 * subject.limit("watchdog_ms"))
    subject.ttl_ms = 60
    subject.order = (target._replace(force_mn=0), subject.parked(1))
    subject.next_frames(6)
    if subject.late or (subject.frame.trip == Trip.WATCHDOG and subject.slack_us):
        raise SkippedError("this host was too slow for a gap below the watchdog's")
    expect(subject.frame.trip == Trip.NONE, "no trip", subject.summary())
    subject.in_state(DeviceState.ARMED)


@SECTION.add("running", "A set-point that asks for force leads to RUNNING at once.", seconds=1.0)
def running(subject: Subject) -> None:
    subject.arm()
    subject.order = (subject.target(0, 2_000), subject.parked(1))
    subject.in_state(DeviceState.RUNNING, 200_000)


@SECTION.add(
    "spin",
    "Spin turns the head in contact, and stops with every unloading.",
    "A6",
    "M4",
    seconds=8.0,
)
def spin(subject: Subject) -> None:
    if subject.carriage("spin_max_mrpm") < 10_000:
        raise SkippedError("its heads do not turn")
    subject.arm()
    target = subject.press(0, 6_000)
    subject.order = (target._replace(spin_mrpm=10_000), subject.parked(1))
    subject.until(
        lambda: abs(subject.bed(0).spin_mrpm - 10_000) < 2_000 or subject.frame.trip,
        3_000_000, "10 rpm",
    )  # fmt: skip
    subject.order = None
    subject.send(bytes(8))
    subject.in_state(DeviceState.READY)
    subject.wait(200_000)
    expect(abs(subject.bed(0).spin_mrpm) < 500, "no rotation", subject.bed(0).spin_mrpm)


@SECTION.add(
    "dwell",
    "More than `dwell_ms` on one spot is the trip DWELL.",
    "A4",
    "F5",
    "#trips",
    seconds=28.0,
)
def dwell(subject: Subject) -> None:
    subject.arm()
    subject.forget()
    subject.press(0, 4_000, reach=0.3)
    since_us = next(f.device_us for f in subject.frames if f.beds[0].force_a_mn >= 1_000)
    dwell_ms = subject.limit("dwell_ms")
    subject.until(
        lambda: subject.event(EventKind.TRIP), dwell_ms * 1000 + 2_000_000, "the trip DWELL"
    )
    event = subject.event(EventKind.TRIP)
    assert event is not None
    took_ms = (event.device_us - since_us) / 1000
    expect(event.value == Trip.DWELL, "the trip DWELL", event.value)
    expect(took_ms <= dwell_ms + 300, f"{dwell_ms} ms after contact", f"{took_ms:.0f} ms")


# What is true, by the bench


def _true_forces(subject: Subject, for_us: int) -> list[dict[str, Any]]:
    """Ask the bench for the truth again and again while time passes."""
    found = []
    end_us = subject.now_us() + for_us
    while subject.now_us() < end_us:
        found.append(subject.truth())
        subject.wait(3_000)
    return found


@SECTION.add(
    "true-force", "The true force is what force A says, within 1.5 N.", "C7", "F1", needs="truth",
    seconds=9.0,
)  # fmt: skip
def true_force(subject: Subject) -> None:
    subject.arm()
    subject.press(0, 12_000)
    subject.wait(700_000)
    true_n = np.mean([t["beds"][0]["force_n"] for t in _true_forces(subject, 300_000)])
    said_n = np.mean([f.beds[0].force_a_mn for f in list(subject.frames)[-60:]]) / 1000
    expect(abs(true_n - said_n) <= 1.5, f"{said_n:.2f} N", f"{true_n:.2f} N")


@SECTION.add(
    "true-limit", "The true force never goes above the mask's limit by 5 % or 1.5 N.",
    "A1", "F1", needs="truth", seconds=11.0,
)  # fmt: skip
def true_limit(subject: Subject) -> None:
    subject.arm(limit_mn=9_000)
    subject.order = (subject.target(0, 60_000), subject.parked(1))
    worst = max(t["beds"][0]["force_n"] for t in _true_forces(subject, 9_000_000))
    expect(worst >= 5.0, "a head that presses", f"{worst:.2f} N")
    expect(worst <= 10.5, "10.5 N at most", f"{worst:.2f} N")


@SECTION.add(
    "true-lifted", "A head that is not asked presses nothing in truth.", "F1", needs="truth",
    seconds=7.0,
)  # fmt: skip
def true_lifted(subject: Subject) -> None:
    subject.arm()
    subject.press(0, 6_000)
    worst = max(t["beds"][1]["force_n"] for t in _true_forces(subject, 300_000))
    expect(worst < 0.3, "no force on the right", f"{worst:.2f} N")


def _unload(subject: Subject, let_go: bytes | None, within_ms: int) -> None:
    """Press, let go, and measure by FRAMEs and by the bench when the force is gone."""
    subject.arm()
    subject.press(0, 15_000, reach=0.95)
    subject.order = None
    subject.forget()
    truths = [subject.truth()] if subject.can("truth") else []
    since_us = truths[0]["device_us"] if truths else subject.frame.device_us
    if let_go is not None:
        subject.send(let_go)
    end_us = subject.now_us() + (within_ms + 300) * 1000 + subject.slack_us
    while subject.now_us() < end_us:
        if truths:
            truths.append(subject.truth())
        subject.wait(2_000)
    event = subject.event(EventKind.STOP) or subject.event(EventKind.TRIP)
    expect(event is not None, "EVENT TRIP", subject.summary())
    assert event is not None
    start_us = since_us if let_go is None else event.device_us
    pressing = [f.device_us for f in subject.frames if f.beds[0].force_a_mn >= 1_000]
    took_ms = ((pressing[-1] if pressing else start_us) - start_us) / 1000
    expect(took_ms <= within_ms, f"force A below 1 N within {within_ms} ms", f"{took_ms:.0f} ms")
    true = [t["device_us"] for t in truths if t["beds"][0]["force_n"] >= 1.0]
    took_ms = ((true[-1] if true else start_us) - start_us) / 1000
    expect(took_ms <= within_ms, f"below 1 N in truth within {within_ms} ms", f"{took_ms:.0f} ms")


@SECTION.add("stop-time", "STOP: below 1 N within 300 ms.", "#letting-go", "F4", "D14", seconds=9.0)
def stop_time(subject: Subject) -> None:
    _unload(subject, bytes(8), 300)


@SECTION.add("retract-time", "RETRACT: below 1 N within 300 ms.", "#letting-go", "F4", seconds=9.0)
def retract_time(subject: Subject) -> None:
    subject.next_frames()
    subject.arm()
    subject.press(0, 15_000, reach=0.95)
    subject.forget()
    subject.order = None
    subject.say(Kind.RETRACT, b"\x01")
    subject.wait(600_000)
    event = subject.event(EventKind.TRIP, Trip.HOST_RETRACT)
    expect(event is not None, "EVENT TRIP HOST_RETRACT", subject.summary())
    assert event is not None
    pressing = [f.device_us for f in subject.frames if f.beds[0].force_a_mn >= 1_000]
    took_ms = ((pressing[-1] if pressing else event.device_us) - event.device_us) / 1000
    expect(took_ms <= 300, "below 1 N within 300 ms", f"{took_ms:.0f} ms")


@SECTION.add(
    "silence-time",
    "A dead host: below 1 N within 400 ms.",
    "#letting-go",
    "F1",
    "D9",
    "W2",
    seconds=9.0,
)
def silence_time(subject: Subject) -> None:
    _unload(subject, None, 400 + subject.slack_us // 10_000)


@SECTION.add(
    "retract-speed", "Letting go, the press goes down at 100 mm/s or faster.", "#letting-go", "F4",
    seconds=9.0,
)  # fmt: skip
def retract_speed(subject: Subject) -> None:
    subject.arm()
    subject.press(0, 10_000, reach=0.95)
    from_um = subject.bed(0).z_um
    subject.order = None
    subject.forget()
    subject.send(bytes(8))
    subject.wait(500_000)
    frames = list(subject.frames)
    fastest = max(
        (a.beds[0].z_um - b.beds[0].z_um) * 1e6 / (b.device_us - a.device_us)
        for a, b in pairwise(frames)
    )
    if from_um < 8_000:
        raise SkippedError("the way down is too short to measure")
    expect(fastest >= 90_000, "100000 um/s or so", f"{fastest:.0f} um/s")


@SECTION.add(
    "stands-while-unloading", "Letting go, the carriage stands until the head is clear.",
    "#letting-go", "A3", seconds=9.0,
)  # fmt: skip
def stands_while_unloading(subject: Subject) -> None:
    subject.arm()
    target = subject.press(0, 8_000)
    place = subject.bed(0)
    subject.order = (
        target._replace(y_um=target.y_um + 40_000, feed_um_s=80_000),
        subject.parked(1),
    )
    subject.until(lambda: subject.bed(0).y_um > place.y_um + 4_000, 3_000_000, "a rolling head")
    subject.order = None
    subject.forget()
    subject.send(bytes(8))
    subject.in_state(DeviceState.READY)
    event = subject.event(EventKind.STOP)
    assert event is not None
    frames = [f for f in subject.frames if f.device_us >= event.device_us]
    way = abs(frames[-1].beds[0].y_um - frames[0].beds[0].y_um)
    expect(way <= 6_000, "a carriage that brakes and stands", f"{way} um further")
