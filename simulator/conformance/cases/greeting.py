"""HELLO and WELCOME: versions, nonces, and what a new session takes away."""

import itertools

from firmware_bridge.messages import DeviceState, EventKind, Kind, Refusal, Trip
from simulator.conformance import messages
from simulator.conformance.case import Section, expect
from simulator.conformance.messages import NEVER, Welcome
from simulator.conformance.subject import Subject, told
from simulator.conformance.wire import HEADER, down

SECTION = Section("greeting", "#shaking-hands")


def _welcome(subject: Subject) -> Welcome:
    expect(subject.welcome is not None, "a WELCOME", "none")
    assert subject.welcome is not None
    return subject.welcome


def _version_refused(subject: Subject, low: int, high: int) -> None:
    nonce = subject.nonce
    subject.forget()
    subject.hello(low, high)
    counter = subject.counter
    subject.monitor.settled()
    subject.until(
        lambda: any(a.of_kind == Kind.HELLO for a in subject.answers),
        250_000,
        f"NAK VERSION to versions {low} to {high}",
    )
    nak = next(heard for heard in subject.heard if heard.kind == Kind.NAK)
    answer = subject.answers[-1]
    expect(answer.refusal == Refusal.VERSION, "NAK VERSION", answer)
    expect(answer.of_counter == counter, f"`of_counter` {counter}", answer.of_counter)
    expect((nak.nonce, nak.counter) == (0, 0), "nonce 0, counter 0", (nak.nonce, nak.counter))
    subject.alive()
    expect(subject.nonce == nonce, "the former session to go on", "another one")


@SECTION.add("repeats", "WELCOME repeats the host nonce.", "#shaking-hands")
def repeats(subject: Subject) -> None:
    for _ in range(3):
        host_nonce = subject.hello()
        subject.welcomed(1_000_000)
        expect(_welcome(subject).host_nonce == host_nonce, hex(host_nonce), _welcome(subject))


@SECTION.add("version", "WELCOME names version 1, in body and header.", "D7", "S1")
def version(subject: Subject) -> None:
    expect(_welcome(subject).version == 1, "version 1", _welcome(subject).version)
    subject.greet()
    welcomes = [heard.version for heard in subject.heard if heard.kind == Kind.WELCOME]
    expect(set(welcomes) == {1}, "version 1 in the header", welcomes)


@SECTION.add("nonces", "Each session has a new nonce, at random and not 0.", "D3", seconds=3.0)
def nonces(subject: Subject) -> None:
    seen = [subject.greet().nonce for _ in range(20)]
    expect(0 not in seen, "no nonce 0", seen)
    expect(len(set(seen)) == len(seen), "20 different nonces", [hex(nonce) for nonce in seen])
    steps = {(b - a) & 0xFFFF_FFFF for a, b in itertools.pairwise(seen)}
    expect(len(steps) > 5, "nonces at random", [hex(nonce) for nonce in seen])


@SECTION.add(
    "counter", "The device's counter begins at 1 with WELCOME.", "#header-nonce-and-counter"
)
def counter(subject: Subject) -> None:
    for _ in range(3):
        welcome = subject.greet()
        expect(welcome.counter == 1, "counter 1 in WELCOME", welcome.counter)


@SECTION.add("in-time", "WELCOME comes within 250 ms when no head is unloading.")
def in_time(subject: Subject) -> None:
    subject.order = None
    since_us = subject.now_us()
    subject.hello()
    expect(
        subject.welcomed(250_000 + subject.slack_us),
        "WELCOME within 250 ms",
        f"none in {(subject.now_us() - since_us) / 1000:.0f} ms",
    )


@SECTION.add("boot-nonce", "`boot_nonce` stays as long as the power stays.", "D10", "E1")
def boot_nonce(subject: Subject) -> None:
    seen = {subject.greet().boot_nonce for _ in range(3)}
    expect(len(seen) == 1, "one boot nonce", [hex(nonce) for nonce in seen])


@SECTION.add("zero-host-nonce", "HELLO with `host_nonce` 0 is dropped; the session goes on.")
def zero_host_nonce(subject: Subject) -> None:
    body = messages.hello(0)
    subject.dropped(down(HEADER.pack(Kind.HELLO, 1, 0, subject.counter + 1) + body), "host nonce 0")


@SECTION.add("newer-only", "A host that speaks versions 2 to 3 gets NAK VERSION.", "D7", "S1")
def newer_only(subject: Subject) -> None:
    _version_refused(subject, 2, 3)


@SECTION.add("older-only", "A host that speaks version 0 only gets NAK VERSION.", "D7", "S1")
def older_only(subject: Subject) -> None:
    _version_refused(subject, 0, 0)


@SECTION.add("no-range", "A host whose versions run backwards gets NAK VERSION.", "D7")
def no_range(subject: Subject) -> None:
    _version_refused(subject, 2, 0)


@SECTION.add("all-versions", "A host that speaks versions 0 to 255 gets version 1.", "D7")
def all_versions(subject: Subject) -> None:
    subject.hello(0, 255)
    expect(subject.welcomed(1_000_000), "WELCOME", subject.summary())
    expect(_welcome(subject).version == 1, "version 1", _welcome(subject).version)


@SECTION.add("any-header", "HELLO is taken with any nonce and counter in its header.")
def any_header(subject: Subject) -> None:
    for nonce, count in ((0, 0), (0xDEAD_BEEF, 1), (subject.nonce, 0), (1, 0xFFFF_FFFF)):
        host_nonce = subject.hello(nonce=nonce, counter=count)
        expect(
            subject.welcomed(500_000),
            f"WELCOME to a HELLO with nonce {nonce:#x} and counter {count}",
            subject.summary(),
        )
        expect(_welcome(subject).host_nonce == host_nonce, hex(host_nonce), _welcome(subject))


@SECTION.add("burst", "Of HELLOs that come at once, the newest has the session in the end.")
def burst(subject: Subject) -> None:
    subject.monitor.greeting()
    data = b""
    for host_nonce in range(501, 506):
        subject.counter += 1
        data += down(HEADER.pack(Kind.HELLO, 1, 0, subject.counter) + messages.hello(host_nonce))
    subject.send(data)
    subject.until(lambda: _welcome(subject).host_nonce == 505, 500_000, "WELCOME to the newest")
    subject.wait(50_000)
    expect(_welcome(subject).host_nonce == 505, "no other WELCOME behind it", _welcome(subject))
    subject.alive()


@SECTION.add("forgets-masks", "HELLO in READY forgets the masks.")
def forgets_masks(subject: Subject) -> None:
    subject.put_masks()
    subject.until(lambda: subject.bed(1).flags & 2, 300_000, "`MASK_SET`")
    subject.greet()
    subject.next_frames()
    expect(not any(bed.flags & 2 for bed in subject.frame.beds), "no `MASK_SET`", "it is set")


@SECTION.add(
    "forgets-consent", "HELLO in READY forgets consent.", "G16", "C5", needs="person", seconds=1.0
)
def forgets_consent(subject: Subject) -> None:
    subject.consent()
    subject.greet()
    subject.next_frames()
    expect(subject.frame.consent_age_ms == NEVER, "consent lost", subject.frame.consent_age_ms)


@SECTION.add("keeps-stops", "`stop_count` and the device's clock go on across sessions.")
def keeps_stops(subject: Subject) -> None:
    subject.send(bytes(8))
    subject.in_state(DeviceState.READY)
    subject.next_frames(5)
    before = subject.frame
    expect(before.stop_count > 0, "a STOP counted", before.stop_count)
    subject.greet()
    subject.next_frames()
    after = subject.frame
    expect(after.stop_count == before.stop_count, f"{before.stop_count}", after.stop_count)
    expect(after.device_us > before.device_us, "a later device time", after.device_us)


@SECTION.add("frames-follow", "FRAMEs flow from WELCOME on.")
def frames_follow(subject: Subject) -> None:
    subject.greet()
    subject.forget()
    subject.until(lambda: len(subject.frames) >= 3, 200_000, "three FRAMEs")


@SECTION.add(
    "while-running", "HELLO while a head presses: it lets go first, then comes WELCOME.",
    "#shaking-hands", "F1", "D12", seconds=7.0,
)  # fmt: skip
def while_running(subject: Subject) -> None:
    subject.arm()
    subject.press(0, 6_000)
    subject.order = None
    subject.forget()
    subject.hello()
    expect(subject.welcomed(1_000_000), "WELCOME once the heads are clear", subject.summary())
    before = [frame for frame in subject.frames if frame.device_us]
    subject.forget()
    subject.next_frames()
    frame = subject.frame
    expect(frame.state == DeviceState.READY, "READY behind WELCOME", subject.summary())
    expect(frame.trip == Trip.HOST_RETRACT, "trip HOST_RETRACT", frame.trip)
    expect(frame.force_mn < 1_000, "force below 1 N", frame.force_mn)
    expect(
        frame.consent_age_ms == NEVER and not any(bed.flags & 2 for bed in frame.beds),
        "consent and masks lost",
        frame,
    )
    expect(len(before) < 20 + subject.slack_us // 5_000, "no FRAMEs without a session", len(before))


@SECTION.add(
    "twice-while-running", "Of two HELLOs while it lets go, only the newer gets WELCOME.",
    "#shaking-hands", seconds=7.0,
)  # fmt: skip
def twice_while_running(subject: Subject) -> None:
    subject.arm()
    subject.press(0, 6_000)
    subject.order = None
    subject.forget()
    first = subject.hello()
    second = subject.hello()
    expect(subject.welcomed(1_000_000), "WELCOME to the newer", subject.summary())
    subject.wait(100_000)
    welcomes = [
        int.from_bytes(heard.payload[10:14], "little")
        for heard in subject.heard
        if heard.kind == Kind.WELCOME
    ]
    expect(welcomes == [second], f"one WELCOME, to {second}, not to {first}", welcomes)


@SECTION.add(
    "while-armed", "HELLO while armed is the trip HOST_RETRACT.", "#shaking-hands", seconds=1.5
)
def while_armed(subject: Subject) -> None:
    subject.arm()
    subject.greet()
    subject.next_frames()
    expect(subject.frame.trip == Trip.HOST_RETRACT, "trip HOST_RETRACT", subject.frame.trip)
    subject.in_state(DeviceState.READY)


@SECTION.add("no-old-events", "EVENTs of the former session are not sent in the new one.", "#event")
def no_old_events(subject: Subject) -> None:
    subject.forget()
    subject.send(bytes(8))
    subject.hello()
    expect(subject.welcomed(1_000_000), "WELCOME", subject.summary())
    kinds = [heard.kind for heard in subject.heard]
    at = kinds.index(Kind.WELCOME)
    subject.wait(50_000)
    late = [
        event
        for heard in list(subject.heard)[at + 1 :]
        if heard.kind == Kind.EVENT and (event := messages.read_event(heard)) is not None
        if event.event in (EventKind.STOP, EventKind.TRIP)
    ]
    expect(not late, "no STOP and no TRIP behind WELCOME", told(late))
