"""Nonces, counters, types, lengths and ranges: the order of checks."""

import struct

from firmware_bridge.messages import Kind, Refusal
from simulator.conformance import messages
from simulator.conformance.case import Section, expect
from simulator.conformance.messages import Target
from simulator.conformance.subject import Subject
from simulator.conformance.wire import HEADER, down

SECTION = Section("header", "#the-order-of-checks")
NAK_PERIOD_US = 60_000


def _describe(subject: Subject, *, nonce: int | None = None, counter: int | None = None) -> bytes:
    return down(subject.payload(Kind.DESCRIBE, b"\x00", nonce=nonce, counter=counter))


@SECTION.add("other-nonce", "A message of another session is dropped.", "D3", "D12", "W3")
def other_nonce(subject: Subject) -> None:
    for nonce in (subject.nonce ^ 1, subject.nonce ^ 0x8000_0000, 0xFFFF_FFFF ^ subject.nonce):
        subject.dropped(_describe(subject, nonce=nonce), f"nonce {nonce:#010x}")


@SECTION.add("zero-nonce", "Nonce 0 is no session.", "D12")
def zero_nonce(subject: Subject) -> None:
    subject.dropped(_describe(subject, nonce=0), "nonce 0")


@SECTION.add("former-nonce", "The nonce of the former session is forgotten.", "D3", "W3")
def former_nonce(subject: Subject) -> None:
    before = subject.nonce
    subject.greet()
    subject.forget()
    subject.dropped(_describe(subject, nonce=before), "the nonce of the former session")


@SECTION.add("other-nonce-counter", "A message of another session uses up no counter.", "D12")
def other_nonce_counter(subject: Subject) -> None:
    subject.send(_describe(subject, nonce=subject.nonce ^ 0x1010, counter=subject.counter + 5_000))
    subject.alive()


@SECTION.add("same-counter", "A counter that was used is dropped.", "D3", "W3")
def same_counter(subject: Subject) -> None:
    subject.alive()
    used = subject.counter
    before = subject.pings()
    subject.send(_describe(subject, counter=used))
    subject.wait(20_000)
    expect(subject.pings() == before, "no answer to a used counter", "an answer")
    subject.alive()


@SECTION.add("lower-counter", "A lower counter is dropped.", "D3", "D4", "W3")
def lower_counter(subject: Subject) -> None:
    subject.counter += 100
    subject.alive()
    for lower in (1, 50, 99):
        before = subject.pings()
        subject.send(_describe(subject, counter=subject.counter - lower))
        subject.wait(15_000)
        expect(subject.pings() == before, f"no answer to a counter {lower} lower", "an answer")


@SECTION.add("gap", "A counter may jump ahead.", "D1")
def gap(subject: Subject) -> None:
    for ahead in (2, 1000, 1_000_000):
        subject.counter += ahead
        subject.alive()


@SECTION.add("last-counter", "The largest counter is accepted, and none behind it.", "D3")
def last_counter(subject: Subject) -> None:
    keep = subject.counter
    before = subject.pings()
    subject.send(_describe(subject, counter=0xFFFF_FFFF))
    subject.until(lambda: subject.pings() > before, 250_000, "an answer to counter 4294967295")
    before = subject.pings()
    subject.send(_describe(subject, counter=0) + _describe(subject, counter=1))
    subject.wait(20_000)
    expect(subject.pings() == before, "no answer to counters 0 and 1 behind it", "an answer")
    subject.counter = keep
    subject.greet()
    subject.alive()


@SECTION.add("refused-counter", "A message that is refused uses up its counter.", "D3")
def refused_counter(subject: Subject) -> None:
    body = b"\xff"
    data = down(subject.payload(Kind.DESCRIBE, body))
    subject.send(data)
    subject.until(lambda: len(subject.answers) == 1, 250_000, "a NAK of page 255")
    subject.send(data)
    subject.wait(20_000)
    expect(len(subject.answers) == 1, "no second answer", len(subject.answers))


@SECTION.add("anew", "A new session takes a lower counter than the former one had.")
def anew(subject: Subject) -> None:
    high = subject.counter + 1000
    subject.counter = high
    subject.alive()
    subject.greet()
    subject.counter = 1
    subject.alive()
    subject.counter = high + 2


@SECTION.add("unknown-type", "A type that is not in the table gets NAK UNKNOWN_TYPE.")
def unknown_type(subject: Subject) -> None:
    for kind in (0x00, 0x40, 0x7F, 0xC0, 0xFF):
        subject.refused(kind, b"", Refusal.UNKNOWN_TYPE)
        subject.refused(kind, bytes(40), Refusal.UNKNOWN_TYPE)


@SECTION.add("own-types", "The device's own types are unknown to it.")
def own_types(subject: Subject) -> None:
    for kind in (Kind.WELCOME, Kind.PAGE, Kind.FRAME, Kind.EVENT, Kind.ACK, Kind.NAK):
        subject.refused(kind, bytes(14), Refusal.UNKNOWN_TYPE)


def _lengths(name: str, kind: Kind, body: bytes) -> None:
    @SECTION.add(
        f"length-{name}", f"{kind.name} that is too short or too long gets NAK BAD_LENGTH."
    )
    def ask(subject: Subject) -> None:
        for wrong in (b"", body[:-1], body + b"\x00", body + bytes(30)):
            if len(wrong) == len(body):
                continue
            subject.refused(kind, wrong, Refusal.BAD_LENGTH)
            subject.wait(NAK_PERIOD_US)


_PARKED = Target(0, 0)
_lengths("describe", Kind.DESCRIBE, b"\x00")
_lengths("arm", Kind.ARM, messages.arm(3, 0))
_lengths("setpoint", Kind.SETPOINT, messages.order(0, _PARKED, _PARKED))
_lengths("retract", Kind.RETRACT, b"\x00")
_lengths("acknowledge", Kind.ACKNOWLEDGE, b"\x00")


@SECTION.add("length-mask", "MASK whose length is not that of its rows and cols gets BAD_LENGTH.")
def length_mask(subject: Subject) -> None:
    rows, cols = subject.matrix
    body = struct.pack("<BBBiih", 0, rows, cols, 0, 0, 0) + bytes(2 * rows * cols)
    for wrong in (b"", body[:5], body[:13], body[:-1], body[:-2], body + b"\x00", body + bytes(2)):
        subject.refused(Kind.MASK, wrong, Refusal.BAD_LENGTH)


@SECTION.add("length-hello", "A HELLO of another length is dropped; the session goes on.")
def length_hello(subject: Subject) -> None:
    for body in (b"", b"\x01\x00\x00\x00\x01", messages.hello(77) + b"\x00"):
        subject.dropped(
            down(HEADER.pack(Kind.HELLO, 1, 0, subject.counter + 1) + body),
            f"HELLO with a body of {len(body)} bytes",
        )


def _range(name: str, field: str, low: bool, wrong: tuple[int, ...]) -> None:
    @SECTION.add(
        f"range-{name}",
        f"SETPOINT with {field} outside its range gets NAK OUT_OF_RANGE, in every state.",
        "#set-point",
        "G3",
        seconds=1.0 + 0.2 * len(wrong),
    )
    def ask(subject: Subject) -> None:
        for value in wrong:
            for bed in (0, 1):
                if low and bed:
                    break
                subject.wait(NAK_PERIOD_US)
                subject.refused(
                    Kind.SETPOINT, _order_with(subject, field, value, bed), Refusal.OUT_OF_RANGE
                )


def _order_with(subject: Subject, field: str, value: int, bed: int) -> bytes:
    frame_us = subject.frame.device_us
    good = [subject.parked(0), subject.parked(1)]
    if field in Target._fields:
        good[bed] = good[bed]._replace(**{field: value})
        return messages.order(frame_us, *good)
    if field == "ttl_ms":
        return messages.order(frame_us, *good, ttl_ms=value)
    return messages.order(frame_us, *good, host_state=value)


_range("ttl", "ttl_ms", True, (0, 61, 255))
_range("host-state", "host_state", True, (16, 255))
_range("x", "x_um", False, (-500_001, 500_001, -(1 << 31), (1 << 31) - 1))
_range("y", "y_um", False, (-500_001, 500_001, -(1 << 31), (1 << 31) - 1))
_range("feed", "feed_um_s", False, (250_001, 0xFFFF_FFFF))
_range("force", "force_mn", False, (60_001, 0x7FFF_FFFF, 0xFFFF_FFFF))
_range("slew", "slew_mn_s", False, (80_001, 0xFFFF_FFFF))
_range("spin", "spin_mrpm", False, (-45_001, 45_001, -(1 << 31)))
_range("vibration", "vibration_hz", False, (46, 255))
_range("zone", "limit_zone", False, (63, 255))


@SECTION.add("range-arm", "ARM for no bed, or for a third one, gets NAK OUT_OF_RANGE.", "#arm")
def range_arm(subject: Subject) -> None:
    for beds in (0, 4, 7, 255):
        subject.refused(Kind.ARM, messages.arm(beds, subject.limits_crc), Refusal.OUT_OF_RANGE)


@SECTION.add("range-mask", "MASK for a third bed, or without rows, gets NAK OUT_OF_RANGE.", "#mask")
def range_mask(subject: Subject) -> None:
    rows, cols = subject.matrix
    for bed, high, wide in ((2, rows, cols), (255, rows, cols), (0, 0, cols), (1, rows, 0)):
        body = struct.pack("<BBBiih", bed, high, wide, 0, 0, 0) + bytes(2 * high * wide)
        subject.refused(Kind.MASK, body, Refusal.OUT_OF_RANGE)


@SECTION.add("names", "ACK and NAK name the message by its type and counter.", "#answers")
def names(subject: Subject) -> None:
    subject.counter += 12_345
    answer = subject.ask(Kind.DESCRIBE, b"\xfe")
    expect(answer.of_counter == subject.counter, f"{subject.counter}", answer.of_counter)
    answer = subject.ask(Kind.RETRACT, b"\x07")
    expect(answer.refusal == 0, "ACK of RETRACT", answer)


@SECTION.add("refusal-changes-nothing", "A NAK leaves state, trip and masks as they were.")
def refusal_changes_nothing(subject: Subject) -> None:
    subject.put_masks()
    subject.next_frames()
    before = subject.frame
    for kind, body in (
        (0x7F, b""),
        (Kind.ARM, messages.arm(3, subject.limits_crc ^ 1)),
        (Kind.DESCRIBE, b"\xff"),
        (Kind.MASK, b""),
        (Kind.ACKNOWLEDGE, b"\xee"),
    ):
        expect(subject.ask(kind, body).refusal != 0, "a NAK", "ACK")
    subject.next_frames()
    after = subject.frame
    expect(
        (after.state, after.trip, after.stop_count)
        == (before.state, before.trip, before.stop_count)
        and all(bed.flags & 2 for bed in after.beds),
        "state, trip, STOPs and masks as before",
        subject.summary(),
    )
