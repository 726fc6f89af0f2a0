"""What the device says by itself: FRAMEs at their rate, true to the descriptor."""

from itertools import pairwise

import numpy as np

from firmware_bridge.messages import BedFlag, DeviceState, EventKind, Flag, Trip
from simulator.conformance.case import Section, SkippedError, expect
from simulator.conformance.messages import NEVER
from simulator.conformance.subject import Subject, told

SECTION = Section("frame", "#frame")
KNOWN_FLAGS = 0xFF
KNOWN_BED_FLAGS = 0x1F


@SECTION.add("rate", "FRAMEs come `rate_hz` times a second, by the device's clock.", seconds=3.0)
def rate(subject: Subject) -> None:
    subject.wait(2_000_000)
    frames = list(subject.frames)
    span_us = frames[-1].device_us - frames[0].device_us
    came = (len(frames) - 1) * 1e6 / span_us
    wanted = subject.table["rate_hz"]
    least = 0.98 if subject.slack_us == 0 else 0.9  # a busy host may make the device drop some
    expect(least * wanted <= came <= 1.02 * wanted, f"{wanted} a second", f"{came:.1f}")


@SECTION.add("even", "The times of FRAMEs are one period apart.", seconds=1.5)
def even(subject: Subject) -> None:
    subject.wait(1_000_000)
    period_us = 1e6 / subject.table["rate_hz"]
    steps = [b.device_us - a.device_us for a, b in pairwise(subject.frames)]
    odd = [s for s in steps if abs(s - round(s / period_us) * period_us) > 0.3 * period_us]
    expect(min(steps) > 0, "times that rise", min(steps))
    expect(len(odd) <= len(steps) // 20, "times on a raster of one period", sorted(odd)[-5:])
    lone = sum(s > 1.5 * period_us for s in steps)
    expect(lone <= len(steps) // 10, "few periods without a FRAME", lone)


@SECTION.add("clock", "The device's clock runs as the host's does, within 2 %.", "E3", seconds=4.0)
def clock(subject: Subject) -> None:
    subject.wait(3_000_000)
    frames = list(subject.frames)
    # The shortest ways of the first and of the last second: what delayed the others is not drift.
    early = min(f.host_us - f.device_us for f in frames[: len(frames) // 3])
    late = min(f.host_us - f.device_us for f in frames[-(len(frames) // 3) :])
    drift = (late - early) / (2 / 3 * 3_000_000)
    expect(abs(drift) < 0.02, "less than 2 % apart", f"{100 * drift:.2f} %")


@SECTION.add("fresh", "FRAMEs are sent when they are made, not later.", "D8", "W5", seconds=2.5)
def fresh(subject: Subject) -> None:
    subject.wait(2_000_000)
    ways = sorted(f.host_us - f.device_us for f in subject.frames)
    spread_us = ways[len(ways) * 9 // 10] - ways[0]
    expect(spread_us < 25_000, "nine of ten within 25 ms of the fastest", f"{spread_us} us")


@SECTION.add("counts", "No count is above full scale.", "C4")
def counts(subject: Subject) -> None:
    rows, cols = subject.matrix
    most = max(int(frame.image(rows, cols).max()) for frame in list(subject.frames)[-5:])
    full = subject.table["matrix"]["full_scale_counts"]
    expect(most <= full, f"at most {full}", most)


@SECTION.add("alive-image", "The image is a new one in each FRAME.", "C3", "D2")
def alive_image(subject: Subject) -> None:
    subject.next_frames(20)
    images = [frame.counts for frame in list(subject.frames)[-20:]]
    run = longest = 1
    for a, b in pairwise(images):
        run = run + 1 if a == b else 1
        longest = max(longest, run)
    expect(longest < 5, "never five equal images in a row: noise never repeats", longest)


@SECTION.add("known", "State, trip and flags are those of the tables.")
def known(subject: Subject) -> None:
    for frame in subject.frames:
        expect(frame.state <= max(DeviceState), "a state of the table", frame.state)
        expect(frame.trip <= max(Trip), "a trip of the table", frame.trip)
        expect(not frame.flags & ~KNOWN_FLAGS, "flags of the table", hex(frame.flags))
        for bed in frame.beds:
            expect(not bed.flags & ~KNOWN_BED_FLAGS, "bed flags of the table", hex(bed.flags))


@SECTION.add("ready", "In READY the flags HOMED and SELF_TEST_OK are set.", "S1", "S2", "A10")
def ready(subject: Subject) -> None:
    wanted = Flag.HOMED | Flag.SELF_TEST_OK
    flags = subject.frame.flags
    expect(flags & wanted == wanted, "HOMED and SELF_TEST_OK", Flag(flags & KNOWN_FLAGS))
    expect(not flags & Flag.FAULT_PRESENT, "no FAULT_PRESENT in READY", Flag(flags & KNOWN_FLAGS))


@SECTION.add("at-rest", "In READY the heads are lifted and press nothing.", "S3")
def at_rest(subject: Subject) -> None:
    subject.next_frames(10)
    for bed in subject.frame.beds:
        expect(abs(bed.force_a_mn) < 1_000, "force A below 1 N", bed.force_a_mn)
        expect(bed.applied_mn == 0, "`applied_mn` 0", bed.applied_mn)
        expect(bed.z_um <= 1_000, "the press at its lower end", f"{bed.z_um} um")
        expect(abs(bed.spin_mrpm) <= 500, "no rotation", bed.spin_mrpm)


@SECTION.add("no-order", "Before it is armed, `setpoint_counter` is 0 and nobody has agreed.")
def no_order(subject: Subject) -> None:
    subject.greet()
    subject.next_frames()
    frame = subject.frame
    expect(frame.setpoint_counter == 0, "`setpoint_counter` 0", frame.setpoint_counter)
    expect(frame.consent_age_ms == NEVER, "`consent_age_ms` all ones", frame.consent_age_ms)
    for bed in frame.beds:
        expect(not bed.flags & BedFlag.MASK_SET, "no mask", hex(bed.flags))


@SECTION.add("no-limit", "Without a mask `limit_mn` is 0.", "A3")
def no_limit(subject: Subject) -> None:
    subject.greet()
    subject.next_frames()
    limits = [bed.limit_mn for bed in subject.frame.beds]
    expect(limits == [0, 0], "0 on both beds", limits)


@SECTION.add("temperatures", "Temperatures are those of a machine in a room.", "A13", "T1")
def temperatures(subject: Subject) -> None:
    for bed in subject.frame.beds:
        expect(-2_000 < bed.motor_cdegc < 7_000, "a motor of -20 to 70 degC", bed.motor_cdegc)
        expect(-2_000 < bed.surface_cdegc < 4_300, "a skin side below 43 degC", bed.surface_cdegc)


@SECTION.add("in-range", "The carriage stands within its range.", "M3")
def in_range(subject: Subject) -> None:
    for bed in subject.frame.beds:
        for axis, place in (("x", bed.x_um), ("y", bed.y_um)):
            low, high = subject.carriage(f"{axis}_min_um"), subject.carriage(f"{axis}_max_um")
            expect(low - 2_000 <= place <= high + 2_000, f"{axis} from {low} to {high} um", place)


@SECTION.add("feet", "FOOT is set where the matrix bears more than 8 N.", "B3")
def feet(subject: Subject) -> None:
    subject.feet()
    subject.next_frames(20)
    for bed in (0, 1):
        load_n = subject.load_n(bed)
        expect(load_n > 8.0, "a load above 8 N where FOOT is set", f"{load_n:.1f} N")


@SECTION.add(
    "foot-removed", "A foot that is taken away clears FOOT and the image of its bed alone.",
    "B1", "P5", needs="person", seconds=3.0,
)  # fmt: skip
def foot_removed(subject: Subject) -> None:
    subject.feet()
    subject.person("withdraw-left")
    subject.until(lambda: not subject.bed(0).flags & BedFlag.FOOT, 2_000_000, "no FOOT on the left")
    subject.wait(500_000)
    expect(bool(subject.bed(1).flags & BedFlag.FOOT), "FOOT on the right", "none")
    expect(subject.load_n(0) < 4.0, "a left bed without load", f"{subject.load_n(0):.1f} N")
    expect(subject.load_n(1) > 8.0, "a right bed with load", f"{subject.load_n(1):.1f} N")


@SECTION.add(
    "heel-end", "Row 0 is the toe end: the heel of a seated foot lies in the last rows.", "C10",
    needs="person", seconds=1.0,
)  # fmt: skip
def heel_end(subject: Subject) -> None:
    subject.feet()
    subject.next_frames(20)
    for bed in (0, 1):
        image = np.clip(subject.image_kpa(bed), 0.0, None)
        loaded = np.flatnonzero((image > 2.0).any(axis=1))
        third = max(1, (loaded[-1] - loaded[0]) // 4)
        toes, heel = (
            image[loaded[0] : loaded[0] + third],
            image[loaded[-1] - third : loaded[-1] + 1],
        )
        expect(
            heel.sum() > toes.sum(), "more load at the heel end than at the toe end",
            f"{heel.sum():.0f} and {toes.sum():.0f} kPa",
        )  # fmt: skip


@SECTION.add(
    "start-button", "START is reported by the flag while pressed, and by an EVENT.", "#event",
    needs="person", seconds=1.0,
)  # fmt: skip
def start_button(subject: Subject) -> None:
    subject.forget()
    subject.person("press-start")
    subject.until(
        lambda: any(frame.flags & Flag.START_BUTTON for frame in subject.frames),
        1_000_000,
        "the flag START_BUTTON",
    )
    subject.until(lambda: not subject.frame.flags & Flag.START_BUTTON, 2_000_000, "its end")
    events = [event for event in subject.events if event.event == EventKind.START_BUTTON]
    expect(
        [(event.bed, event.value) for event in events] == [(255, 1)],
        "one EVENT START_BUTTON, bed 255, value 1",
        told(events),
    )


@SECTION.add("event-times", "EVENTs carry the device's time of what happened.", "#event")
def event_times(subject: Subject) -> None:
    subject.next_frames()
    before = subject.frame.device_us
    subject.send(bytes(8))
    subject.until(lambda: subject.event(EventKind.STOP), 300_000, "EVENT STOP")
    subject.next_frames()
    event = subject.event(EventKind.STOP)
    assert event is not None
    after = subject.frame.device_us
    expect(before <= event.device_us <= after, f"a time from {before} to {after}", event.device_us)


@SECTION.add(
    "contact-cell", "The press is felt by the matrix under the head, at x and y of the FRAME.",
    "C10", "A3", seconds=9.0,
)  # fmt: skip
def contact_cell(subject: Subject) -> None:
    subject.feet()
    subject.next_frames(20)
    subject.arm()
    rest = subject.image_kpa(0)
    subject.press(0, 14_000, reach=0.9)
    subject.wait(300_000)
    change = subject.image_kpa(0) - rest
    if change.max() < 2.0:
        raise SkippedError("the matrix of this device does not feel its head")
    rows, _ = subject.matrix
    pitch_x_um, pitch_y_um = subject.pitch_um
    row, col = np.unravel_index(int(change.argmax()), change.shape)
    x_um, y_um = (col + 0.5) * pitch_x_um, (rows - 0.5 - row) * pitch_y_um
    bed = subject.bed(0)
    away_um = float(np.hypot(x_um - bed.x_um, y_um - bed.y_um))
    expect(
        away_um <= 10_000 + max(pitch_x_um, pitch_y_um),
        f"the largest rise within a cell and 10 mm of ({bed.x_um}, {bed.y_um}) um",
        f"at ({x_um:.0f}, {y_um:.0f}) um",
    )
