"""Who may say yes, how long it holds, and what takes it back."""

from firmware_bridge.messages import DeviceState, EventKind, Flag, Kind, Refusal
from simulator.conformance import messages
from simulator.conformance.case import Section, SkippedError, expect
from simulator.conformance.messages import NEVER
from simulator.conformance.subject import Subject, told

SECTION = Section("consent", "#consent")


def _arm(subject: Subject) -> bytes:
    return messages.arm(3, subject.limits_crc)


@SECTION.add("none", "Without consent ARM gets NO_CONSENT and nothing moves.", "G16", "C5", "S1")
def none(subject: Subject) -> None:
    subject.put_masks()
    if subject.frame.consent_age_ms != NEVER:
        raise SkippedError("somebody has agreed just now")
    subject.refused(Kind.ARM, _arm(subject), Refusal.NO_CONSENT)
    subject.next_frames()
    expect(subject.frame.state == DeviceState.READY, "READY", subject.summary())


@SECTION.add("wanted", "An ARM that is refused so sets CONSENT_WANTED.", "G16")
def wanted(subject: Subject) -> None:
    subject.put_masks()
    if subject.frame.consent_age_ms != NEVER:
        raise SkippedError("somebody has agreed just now")
    subject.refused(Kind.ARM, _arm(subject), Refusal.NO_CONSENT)
    subject.until(lambda: subject.frame.flags & Flag.CONSENT_WANTED, 300_000, "CONSENT_WANTED")


@SECTION.add(
    "wanted-ends", "CONSENT_WANTED lasts 10 s, and not longer.", needs="person", seconds=12.0
)
def wanted_ends(subject: Subject) -> None:
    subject.put_masks()
    subject.refused(Kind.ARM, _arm(subject), Refusal.NO_CONSENT)
    subject.wait(9_000_000)
    if subject.frame.consent_age_ms != NEVER:
        raise SkippedError("the person has pressed START by themselves")
    expect(bool(subject.frame.flags & Flag.CONSENT_WANTED), "CONSENT_WANTED after 9 s", "none")
    subject.wait(1_500_000)
    expect(not subject.frame.flags & Flag.CONSENT_WANTED, "none after 10.5 s", "it is set")


@SECTION.add("start", "START gives consent: its age counts from there.", "G16", needs="person")
def start(subject: Subject) -> None:
    subject.consent()
    since, age = subject.frame.device_us, subject.frame.consent_age_ms
    expect(age < 2_000, "an age from START on", f"{age} ms")
    subject.wait(300_000)
    ran_ms = (subject.frame.device_us - since) // 1000
    grown = subject.frame.consent_age_ms - age
    expect(abs(grown - ran_ms) <= 12, f"an age {ran_ms} ms larger", f"{grown} ms larger")


@SECTION.add(
    "start-clears", "START ends CONSENT_WANTED, and ARM is accepted.", "G16", needs="person"
)
def start_clears(subject: Subject) -> None:
    subject.put_masks()
    subject.refused(Kind.ARM, _arm(subject), Refusal.NO_CONSENT)
    subject.person("press-start")
    subject.until(lambda: subject.frame.consent_age_ms != NEVER, 1_000_000, "consent")
    subject.next_frames()
    expect(not subject.frame.flags & Flag.CONSENT_WANTED, "no CONSENT_WANTED", "it is set")
    subject.accepted(Kind.ARM, _arm(subject))


@SECTION.add(
    "foot-placed", "A foot placed gives consent: EVENT FOOT_PLACED with bed and load.", "G16",
    needs="person", seconds=4.0,
)  # fmt: skip
def foot_placed(subject: Subject) -> None:
    subject.feet()
    subject.person("withdraw-left")
    subject.wait(1_500_000)
    subject.greet()
    subject.next_frames()
    subject.forget()
    expect(subject.frame.consent_age_ms == NEVER, "no consent before", "some")
    subject.person("place-left")
    subject.until(lambda: subject.event(EventKind.FOOT_PLACED), 3_000_000, "EVENT FOOT_PLACED")
    event = subject.event(EventKind.FOOT_PLACED)
    assert event is not None
    expect(event.bed == 0, "bed 0", told([event]))
    expect(event.value >= 14_000, "a load of 15 N or so, in mN", told([event]))
    subject.next_frames()
    expect(subject.frame.consent_age_ms < 1_000, "consent", subject.frame.consent_age_ms)


@SECTION.add(
    "withdrawn", "A foot taken away is no consent.", "B1", "G16", needs="person", seconds=2.0
)
def withdrawn(subject: Subject) -> None:
    subject.feet()
    subject.greet()
    subject.next_frames()
    subject.person("withdraw-right")
    subject.wait(1_200_000)
    expect(subject.frame.consent_age_ms == NEVER, "none", subject.frame.consent_age_ms)
    placed = [event for event in subject.events if event.event == EventKind.FOOT_PLACED]
    expect(not placed, "no FOOT_PLACED", told(placed))


@SECTION.add("start-is-no-foot", "START places no foot.", "#event", needs="person")
def start_is_no_foot(subject: Subject) -> None:
    subject.forget()
    subject.consent()
    placed = [event for event in subject.events if event.event == EventKind.FOOT_PLACED]
    expect(not placed, "no FOOT_PLACED", told(placed))


@SECTION.add(
    "expires", "Consent allows arming for `consent_ms`, and not longer.", "G16", "C5",
    needs="person", seconds=62.0,
)  # fmt: skip
def expires(subject: Subject) -> None:
    subject.feet()
    subject.consent()
    left_ms = subject.limit("consent_ms") - subject.frame.consent_age_ms
    subject.wait(left_ms * 1000 + 200_000)
    subject.put_masks()
    subject.refused(Kind.ARM, _arm(subject), Refusal.NO_CONSENT)


def _taken_back(subject: Subject) -> None:
    subject.until(lambda: subject.frame.consent_age_ms == NEVER, 500_000, "consent lost")
    expect(subject.event(EventKind.CONSENT_LOST) is not None, "EVENT CONSENT_LOST", "none")


@SECTION.add("stop", "STOP takes consent back.", "#stop", "F4", needs="person")
def stop(subject: Subject) -> None:
    subject.consent()
    subject.forget()
    subject.send(bytes(8))
    _taken_back(subject)
    subject.in_state(DeviceState.READY)


@SECTION.add("retract", "RETRACT takes consent back.", "#letting-go", needs="person")
def retract(subject: Subject) -> None:
    subject.consent()
    subject.forget()
    subject.accepted(Kind.RETRACT, b"\x00")
    _taken_back(subject)


@SECTION.add("stop-button", "The STOP button takes consent back.", "#stop", "B8", needs="person")
def stop_button(subject: Subject) -> None:
    subject.consent()
    subject.forget()
    subject.person("press-stop")
    _taken_back(subject)
    subject.in_state(DeviceState.READY)
    subject.wait(400_000)


@SECTION.add(
    "once", "Consent is spent with the massage: after a RETRACT ARM gets NO_CONSENT.",
    "D10", "S3", needs="person",
)  # fmt: skip
def once(subject: Subject) -> None:
    subject.arm()
    subject.order = None
    subject.accepted(Kind.RETRACT, b"\x00")
    subject.in_state(DeviceState.READY)
    subject.put_masks()
    subject.refused(Kind.ARM, _arm(subject), Refusal.NO_CONSENT)


@SECTION.add(
    "watchdog", "A host that fell silent needs a new consent.", "F1", "D9", "S3", needs="person",
    seconds=1.0,
)  # fmt: skip
def watchdog(subject: Subject) -> None:
    subject.arm()
    subject.order = None
    subject.wait(300_000)
    subject.in_state(DeviceState.READY)
    subject.put_masks()
    subject.refused(Kind.ARM, _arm(subject), Refusal.NO_CONSENT)


@SECTION.add(
    "in-retract", "A START while the device lets go does not count.", "S3", needs="person",
    seconds=8.0,
)  # fmt: skip
def in_retract(subject: Subject) -> None:
    subject.arm()
    subject.press(0, 12_000, reach=0.9)
    subject.forget()
    subject.person("press-start")
    subject.order = None
    subject.send(bytes(8))
    subject.in_state(DeviceState.READY)
    subject.wait(300_000)
    let_go = subject.event(EventKind.STATE, DeviceState.RETRACT)
    clear = subject.event(EventKind.STATE, DeviceState.READY)
    pressed = subject.event(EventKind.START_BUTTON)
    if not let_go or not clear or not pressed:
        raise SkippedError("START was not felt")
    if not let_go.device_us <= pressed.device_us < clear.device_us:
        raise SkippedError("START did not fall into the time of letting go")
    expect(subject.frame.consent_age_ms == NEVER, "none", subject.frame.consent_age_ms)
