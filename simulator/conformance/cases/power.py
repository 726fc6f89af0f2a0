"""Power off and on: silence, a new boot nonce, and nothing left of what was agreed."""

from firmware_bridge.messages import BedFlag, DeviceState, Flag, Kind, Refusal
from simulator.conformance import messages
from simulator.conformance.case import Section, expect
from simulator.conformance.messages import NEVER
from simulator.conformance.subject import Subject

SECTION = Section("power", "#shaking-hands")


@SECTION.add(
    "silent",
    "After power-on the device sends nothing until a HELLO.",
    "S1",
    "D10",
    needs="power",
    seconds=2.0,
)
def silent(subject: Subject) -> None:
    subject.power_cycle()
    subject.wait(50_000)
    before = subject.monitor.messages
    subject.wait(800_000)
    expect(subject.monitor.messages == before, "no message", subject.monitor.messages - before)


@SECTION.add(
    "unpowered", "Until a HELLO no drive has power.", "S1", "M1", needs="power truth", seconds=1.5
)
def unpowered(subject: Subject) -> None:
    subject.power_cycle()
    subject.wait(500_000)
    truth = subject.truth()
    expect(truth["motors_powered"] is False, "no drive that can move", truth)
    expect(truth["state"] == DeviceState.SILENT, "SILENT", truth["state"])


@SECTION.add(
    "boot-nonce", "Each power-on has a new boot nonce.", "D10", "E1", needs="power", seconds=4.0
)
def boot_nonce(subject: Subject) -> None:
    seen = [subject.greet().boot_nonce]
    for _ in range(3):
        subject.power_cycle()
        seen.append(subject.greet().boot_nonce)
    expect(len(set(seen)) == len(seen), "four different ones", [hex(nonce) for nonce in seen])


@SECTION.add(
    "no-session",
    "The nonce of before is dead after power-on.",
    "D3",
    "E1",
    "W3",
    needs="power",
    seconds=2.0,
)
def no_session(subject: Subject) -> None:
    subject.power_cycle()
    subject.wait(100_000)
    before = subject.monitor.messages
    subject.say(Kind.DESCRIBE, b"\x00")
    subject.say(Kind.RETRACT, b"\x00")
    subject.wait(200_000)
    expect(subject.monitor.messages == before, "no answer without a session", "some")


@SECTION.add(
    "stop-unheard",
    "A STOP before the first HELLO is counted all the same.",
    "#stop",
    "F4",
    needs="power",
    seconds=2.0,
)
def stop_unheard(subject: Subject) -> None:
    subject.power_cycle()
    subject.wait(50_000)
    subject.send(b"\x01" + bytes(16))
    subject.wait(50_000)
    subject.greet()
    subject.next_frames()
    expect(subject.frame.stop_count == 2, "`stop_count` 2", subject.frame.stop_count)


@SECTION.add(
    "homes",
    "SILENT until self-test and homing are done, then READY with both flags.",
    "S1",
    "S2",
    "A10",
    needs="power",
    seconds=5.0,
)
def homes(subject: Subject) -> None:
    subject.power_cycle()
    subject.greet()
    subject.next_frames()
    expect(subject.frame.state == DeviceState.SILENT, "SILENT at first", subject.summary())
    subject.in_state(DeviceState.READY, 60_000_000)
    wanted = Flag.HOMED | Flag.SELF_TEST_OK
    ready = [frame for frame in subject.frames if frame.state == DeviceState.READY]
    expect(all(f.flags & wanted == wanted for f in ready), "HOMED and SELF_TEST_OK", ready[0].flags)


@SECTION.add(
    "too-early",
    "In SILENT there is no ARM, no MASK and no set-point.",
    "S1",
    "M3",
    needs="power",
    seconds=5.0,
)
def too_early(subject: Subject) -> None:
    subject.power_cycle()
    subject.greet()
    subject.next_frames()
    if subject.frame.state == DeviceState.SILENT:
        body = messages.arm(3, subject.limits_crc)
        subject.refused(Kind.ARM, body, Refusal.NOT_HOMED)
        subject.refused(Kind.MASK, subject.mask(0), Refusal.WRONG_STATE)
        order = messages.order(subject.frame.device_us, subject.parked(0), subject.parked(1))
        subject.refused(Kind.SETPOINT, order, Refusal.WRONG_STATE)
        subject.refused(Kind.ACKNOWLEDGE, b"\x00", Refusal.WRONG_STATE)
    subject.in_state(DeviceState.READY, 60_000_000)


@SECTION.add(
    "gentle-homing", "Homing presses on nobody.", "M3", "A10", needs="power truth", seconds=6.0
)
def gentle_homing(subject: Subject) -> None:
    subject.feet()
    subject.power_cycle()
    subject.greet()
    worst = 0.0
    end_us = subject.now_us() + 20_000_000
    while subject.now_us() < end_us:
        worst = max(worst, *(bed["force_n"] for bed in subject.truth()["beds"]))
        subject.wait(5_000)
        if subject.newest is not None and subject.newest.state == DeviceState.READY:
            break
    expect(worst < 1.0, "less than 1 N", f"{worst:.2f} N")


@SECTION.add(
    "anew",
    "After power-on there is no consent, no mask, no trip and no STOP counted.",
    "S3",
    "D10",
    "E1",
    needs="power",
    seconds=5.0,
)
def anew(subject: Subject) -> None:
    subject.send(bytes(8))
    subject.wait(200_000)
    subject.consent()
    subject.put_masks()
    subject.power_cycle()
    subject.greet()
    subject.next_frames()
    frame = subject.frame
    expect(frame.stop_count == 0, "`stop_count` 0", frame.stop_count)
    expect(frame.trip == 0, "trip 0", frame.trip)
    expect(frame.consent_age_ms == NEVER, "no consent", frame.consent_age_ms)
    expect(not any(bed.flags & BedFlag.MASK_SET for bed in frame.beds), "no masks", frame.beds)
    subject.in_state(DeviceState.READY, 60_000_000)


@SECTION.add(
    "lying-foot",
    "A foot that lies there at power-on was not placed.",
    "#consent",
    "G16",
    needs="power",
    seconds=6.0,
)
def lying_foot(subject: Subject) -> None:
    subject.feet()
    subject.power_cycle()
    subject.greet()
    subject.in_state(DeviceState.READY, 60_000_000)
    subject.wait(1_000_000)
    expect(subject.frame.consent_age_ms == NEVER, "no consent", subject.frame.consent_age_ms)


@SECTION.add(
    "opens",
    "Power lost while a head presses: below 1 N in truth within 500 ms.",
    "#letting-go",
    "A12",
    "E1",
    "F4",
    needs="power truth",
    seconds=9.0,
)
def opens(subject: Subject) -> None:
    subject.arm()
    subject.press(0, 10_000, reach=0.9)
    subject.order = None
    subject.power_cycle()
    subject.wait(500_000)
    truths = []
    for _ in range(20):
        truths.append(subject.truth()["beds"][0]["force_n"])
        subject.wait(10_000)
    expect(max(truths) < 1.0, "below 1 N after 500 ms", f"{max(truths):.2f} N")
    subject.greet()
    subject.in_state(DeviceState.READY, 60_000_000)


@SECTION.add(
    "keeps-limits",
    "Limits and calibrations survive the power.",
    "#what-a-technician-writes",
    "L1",
    "S4",
    needs="power",
    seconds=3.0,
)
def keeps_limits(subject: Subject) -> None:
    before = subject.limits_crc
    subject.power_cycle()
    subject.greet()
    expect(subject.limits_crc == before, hex(before), hex(subject.limits_crc))
