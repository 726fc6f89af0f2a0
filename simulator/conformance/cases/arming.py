"""ARM: each refusal, their order, and what an accepted one does."""

from firmware_bridge.messages import BedFlag, DeviceState, EventKind, Kind, Refusal, Trip
from simulator.conformance import messages
from simulator.conformance.case import Section, expect
from simulator.conformance.subject import Subject

SECTION = Section("arm", "#arm")


def _arm(subject: Subject, beds: int = 3, wrong: int = 0) -> bytes:
    return messages.arm(beds, subject.limits_crc ^ wrong)


@SECTION.add("hash", "ARM with another hash of the limits gets LIMITS_DIFFER.", "H6", "S2")
def limits_differ(subject: Subject) -> None:
    subject.put_masks()
    for wrong in (1, 0x8000_0000, subject.limits_crc):
        subject.refused(Kind.ARM, _arm(subject, wrong=wrong), Refusal.LIMITS_DIFFER)


@SECTION.add("no-mask", "ARM without masks gets NO_MASK.", "A3", "S1")
def no_mask(subject: Subject) -> None:
    for beds in (1, 2, 3):
        subject.refused(Kind.ARM, _arm(subject, beds), Refusal.NO_MASK)


@SECTION.add("one-mask", "A mask on one bed arms neither both nor the other.", "A3")
def one_mask(subject: Subject) -> None:
    subject.feet()
    subject.next_frames(16)
    for bed in (0, 1):
        subject.greet()
        subject.accepted(Kind.MASK, subject.mask(bed))
        subject.refused(Kind.ARM, _arm(subject, 3), Refusal.NO_MASK)
        subject.refused(Kind.ARM, _arm(subject, 2 >> bed), Refusal.NO_MASK)


@SECTION.add("order", "The hash is checked before the masks, the masks before consent.")
def order(subject: Subject) -> None:
    subject.refused(Kind.ARM, _arm(subject, wrong=5), Refusal.LIMITS_DIFFER)
    subject.refused(Kind.ARM, _arm(subject), Refusal.NO_MASK)


@SECTION.add("accepted", "ARM gets ACK and leads to ARMED, told by EVENT and FRAME.", "S1", "L2")
def accepted(subject: Subject) -> None:
    subject.arm()
    expect(subject.event(EventKind.STATE, DeviceState.ARMED) is not None, "EVENT STATE 2", "none")
    expect(subject.frame.trip == Trip.NONE, "trip 0", subject.frame.trip)
    expect(all(bed.flags & BedFlag.MASK_SET for bed in subject.frame.beds), "masks", "none")


@SECTION.add("clears-trip", "ARM accepted clears the trip that FRAME shows.", "#trips")
def clears_trip(subject: Subject) -> None:
    subject.accepted(Kind.RETRACT, b"\x00")
    subject.in_state(DeviceState.READY)
    subject.next_frames()
    expect(subject.frame.trip == Trip.HOST_RETRACT, "HOST_RETRACT before", subject.frame.trip)
    subject.arm()
    expect(subject.frame.trip == Trip.NONE, "trip 0 while armed", subject.frame.trip)


@SECTION.add("twice", "ARM while armed gets WRONG_STATE, and stays armed.")
def twice(subject: Subject) -> None:
    subject.arm()
    subject.refused(Kind.ARM, _arm(subject), Refusal.WRONG_STATE)
    subject.next_frames()
    expect(subject.frame.state == DeviceState.ARMED, "ARMED", subject.summary())


@SECTION.add("in-retract", "ARM while letting go gets WRONG_STATE.", seconds=6.0)
def in_retract(subject: Subject) -> None:
    subject.arm()
    subject.press(0, 6_000)
    subject.order = None
    subject.say(Kind.RETRACT, b"\x00")
    subject.refused(Kind.ARM, _arm(subject), Refusal.WRONG_STATE)
    subject.in_state(DeviceState.READY)


@SECTION.add("moves-nothing", "Being armed moves nothing by itself.", "S1", seconds=1.5)
def moves_nothing(subject: Subject) -> None:
    subject.arm()
    before = subject.frame.beds
    subject.wait(800_000)
    for was, now in zip(before, subject.frame.beds, strict=True):
        expect(
            abs(now.x_um - was.x_um) < 500 and abs(now.y_um - was.y_um) < 500,
            "a carriage that stands", (now.x_um - was.x_um, now.y_um - was.y_um),
        )  # fmt: skip
        expect(now.z_um < 1_000, "a lifted head", f"{now.z_um} um")


@SECTION.add(
    "one-bed", "A bed that ARM does not name stays lifted, whatever it is asked.", "A3",
    seconds=4.0,
)  # fmt: skip
def one_bed(subject: Subject) -> None:
    subject.arm(1)
    subject.order = (subject.parked(0), subject.target(1, 8_000))
    subject.wait(2_500_000)
    bed = subject.bed(1)
    expect(bed.z_um < 1_000 and bed.applied_mn == 0, "a lifted right head", bed)


@SECTION.add(
    "armed-lasts", "Armed and fed, it stays so: consent lasts until disarming.", seconds=3.0
)
def armed_lasts(subject: Subject) -> None:
    subject.arm()
    subject.wait(2_500_000)
    expect(subject.frame.state == DeviceState.ARMED, "ARMED", subject.summary())
    expect(subject.frame.consent_age_ms < 1 << 31, "consent", "lost")
