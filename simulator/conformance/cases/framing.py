"""Blocks, zeros and CRCs on the way to the device."""

import random

import numpy as np

from firmware_bridge.messages import Kind
from simulator.conformance import messages
from simulator.conformance.case import Section, expect
from simulator.conformance.subject import Subject
from simulator.conformance.wire import HEADER, down, sealed, stuff

SECTION = Section("framing", "#host-to-device-cobs-and-a-zero")
OVERSIZED = 5000
"""Longer than the longest block of any matrix, 4374 bytes."""


def _ping(subject: Subject) -> bytes:
    return down(subject.payload(Kind.DESCRIBE, b"\x00"))


def _pages(subject: Subject) -> int:
    return sum(heard.kind == Kind.PAGE for heard in subject.heard)


def _answered(subject: Subject, count: int, what: str) -> None:
    subject.until(lambda: _pages(subject) >= count, 250_000, f"{count} PAGEs: {what}")
    subject.wait(10_000)
    expect(_pages(subject) == count, f"{count} PAGEs: {what}", _pages(subject))


@SECTION.add("whole", "A message in one piece is answered once.")
def whole(subject: Subject) -> None:
    subject.send(_ping(subject))
    _answered(subject, 1, "one for the message")


@SECTION.add("byte-by-byte", "A message that comes byte by byte is answered.", "D1")
def byte_by_byte(subject: Subject) -> None:
    for byte in _ping(subject):
        subject.send(bytes((byte,)))
        subject.wait(2_000)
    _answered(subject, 1, "one for the message in pieces")


@SECTION.add("every-cut", "A message in two pieces is answered, wherever it is cut.", "D1")
def every_cut(subject: Subject) -> None:
    cuts = len(_ping(subject)) - 1
    for cut in range(1, cuts + 1):
        data = _ping(subject)
        subject.send(data[:cut])
        subject.wait(2_000)
        subject.send(data[cut:])
        _answered(subject, cut, f"cut behind byte {cut}")


@SECTION.add("several", "Several messages in one piece are each answered, in their order.")
def several(subject: Subject) -> None:
    counters = []
    data = b""
    for _ in range(5):
        data += down(subject.payload(Kind.DESCRIBE, b"\xff"))
        counters.append(subject.counter)
    subject.send(data)
    subject.until(lambda: len(subject.answers) >= 5, 250_000, "5 answers to 5 messages")
    came = [answer.of_counter for answer in subject.answers]
    expect(came == counters, f"answers to counters {counters}", came)


@SECTION.add("one-and-a-half", "A piece may end one message and begin the next.")
def one_and_a_half(subject: Subject) -> None:
    first, second = _ping(subject), _ping(subject)
    subject.send(first + second[:7])
    _answered(subject, 1, "one for the whole message")
    subject.send(second[7:])
    _answered(subject, 2, "one more for the rest")


@SECTION.add("zeros-between", "Fewer than eight zeros between messages are nothing.", "D14")
def zeros_between(subject: Subject) -> None:
    before = subject.frame.stop_count
    for zeros in range(1, 7):
        subject.send(bytes(zeros) + b"\x01" + bytes(1) + _ping(subject))
        _answered(subject, zeros, f"after {zeros} zeros")
    subject.next_frames()
    expect(subject.frame.stop_count == before, "no STOP counted", subject.frame.stop_count - before)


@SECTION.add("bad-crc", "A message with a wrong CRC gets no answer.", "D2", "W1")
def bad_crc(subject: Subject) -> None:
    for at in range(4):
        data = bytearray(sealed(subject.payload(Kind.DESCRIBE, b"\x00")))
        data[-1 - at] ^= 0x40
        subject.dropped(stuff(bytes(data)) + b"\x00", f"a CRC wrong in byte {3 - at}")


@SECTION.add(
    "every-flip", "No message with one flipped bit gets an answer, whichever it is.", "D2", "W1"
)
def every_flip(subject: Subject) -> None:
    data = _ping(subject)
    for bit in range(8 * (len(data) - 1)):
        flipped = bytearray(data)
        flipped[bit // 8] ^= 1 << bit % 8
        subject.send(b"\x01\x00" + bytes(flipped))
    subject.wait(30_000)
    expect(subject.pings() == 0, "no answer to any of them", f"{subject.pings()} answers")
    subject.send(data)
    _answered(subject, 1, "the sound message, whose counter nothing has used up")


@SECTION.add("mask-flips", "A damaged MASK changes nothing, wherever it is damaged.", "D2", "W1")
def mask_flips(subject: Subject) -> None:
    rows, cols = subject.matrix
    cells = np.full((rows, cols), 0x0101)
    good = down(subject.payload(Kind.MASK, messages.mask(0, cells)))
    random_source = random.Random(3)
    for _ in range(20):
        flipped = bytearray(good)
        flipped[random_source.randrange(len(good) - 1)] ^= 1 << random_source.randrange(8)
        subject.send(bytes(flipped) + b"\x01\x00")
        subject.wait(2_000)
    subject.wait(30_000)
    expect(subject.pings() == 0, "no answer to a damaged MASK", f"{subject.pings()} answers")
    subject.alive()


@SECTION.add("bad-cobs", "A block whose code byte points beyond its end is dropped.", "D2")
def bad_cobs(subject: Subject) -> None:
    good = _ping(subject)
    subject.dropped(bytes((good[0] + 60,)) + good[1:], "a first code byte that is too large")
    subject.dropped(b"\xff\x11\x22\x00", "a run of 254 bytes that has two")
    subject.dropped(b"\x05\x11\x22\x33\x44\x09\x00", "a last code byte without its run")


@SECTION.add("short-blocks", "A block of four bytes or fewer is dropped.", "D6")
def short_blocks(subject: Subject) -> None:
    for size in range(5):
        subject.dropped(stuff(bytes(range(1, 1 + size))) + b"\x00", f"a block of {size} bytes")
    # The CRC-32 of nothing is 0: an empty payload with a right CRC.
    subject.dropped(b"\x01\x01\x01\x01\x01\x00", "an empty payload with its CRC")


@SECTION.add("short-payloads", "A payload that is shorter than a header is dropped.", "D6")
def short_payloads(subject: Subject) -> None:
    whole = subject.payload(Kind.DESCRIBE, b"\x00")
    for size in range(1, HEADER.size):
        subject.dropped(down(whole[:size]), f"a payload of {size} bytes")


@SECTION.add("half-message", "A message that ends in the middle takes no other with it.", "D6")
def half_message(subject: Subject) -> None:
    data = _ping(subject)
    subject.dropped(data[: len(data) // 2] + b"\x00", "half a message and its zero")


@SECTION.add("lost-zero", "Where a zero is lost, two messages are lost and not a third.", "D1")
def lost_zero(subject: Subject) -> None:
    subject.dropped(_ping(subject)[:-1] + _ping(subject), "two messages without the zero between")


@SECTION.add(
    "oversized", "A block that is longer than any message is dropped up to its zero.", "D5", "W4"
)
def oversized(subject: Subject) -> None:
    subject.dropped(b"\x55" * OVERSIZED + _ping(subject), "an oversized block with its tail")


@SECTION.add(
    "endless", "A block of 200,000 bytes neither fills the device nor stops it.", "D5", "W4",
    seconds=2.0,
)  # fmt: skip
def endless(subject: Subject) -> None:
    for _ in range(50):
        subject.send(b"\xaa" * 4000)
        subject.wait(5_000)
    before = subject.frame.counter
    subject.next_frames(5)
    expect(subject.frame.counter > before, "FRAMEs meanwhile", "none")
    subject.dropped(b"\x00", "200,000 bytes without a zero")


@SECTION.add("long-runs", "Runs of 253 to 256 bytes without a zero are unstuffed.", seconds=1.0)
def long_runs(subject: Subject) -> None:
    rows, cols = subject.matrix
    for run in (253, 254, 255, 256, 508, 509):
        body = bytearray(messages.mask(0, np.zeros((rows, cols), dtype=np.int64)))
        start = 13
        length = min(run, len(body) - start)
        body[start : start + length] = b"\x7f" * length
        subject.ask(Kind.MASK, bytes(body))


@SECTION.add("full-run-at-the-end", "A run of 254 bytes may end a block.", seconds=1.0)
def full_run_at_the_end(subject: Subject) -> None:
    rows, cols = subject.matrix
    body = bytearray(messages.mask(0, np.full((rows, cols), 0x0101)))
    # The last 250 bytes and the CRC are one run of 254 behind a zero, unless the CRC has a zero.
    for last in range(1, 256):
        body[-252] = 0
        body[-251] = 0
        body[-250] = last
        data = sealed(subject.payload(Kind.MASK, bytes(body)))
        if 0 not in data[-254:] and data[-255] == 0:
            subject.send(stuff(data) + b"\x00")
            subject.until(
                lambda: len(subject.answers) > 0, 250_000, "an answer to a MASK that ends so"
            )
            return


@SECTION.add("garbage", "Garbage changes nothing, and the message behind it is answered.", "D5")
def garbage(subject: Subject) -> None:
    before = subject.frame
    random_source = random.Random(7)
    for _ in range(8):
        noise = random_source.randbytes(1024).replace(bytes(2), b"\x00\x01")
        subject.dropped(noise + b"\x01\x00", "1024 bytes of garbage")
    expect(subject.frame.state == before.state, "the state as before", subject.frame.state)
    expect(subject.frame.stop_count == before.stop_count, "no STOP", subject.frame.stop_count)


@SECTION.add(
    "flood", "Under a flood of garbage FRAMEs go on, and STOP is obeyed.", "D5", "D14", seconds=2.0
)
def flood(subject: Subject) -> None:
    before = subject.frame.stop_count
    random_source = random.Random(9)
    first = subject.frame.device_us
    for _ in range(100):
        subject.send(random_source.randbytes(2000).replace(bytes(2), b"\x00\x01") + b"\x01")
        subject.wait(5_000)
    frames = len(subject.frames)
    took_us = subject.frame.device_us - first
    expect(
        frames >= 0.5 * took_us * subject.table["rate_hz"] / 1e6,
        "FRAMEs at half their rate or more",
        f"{frames} in {took_us} us",
    )
    subject.send(bytes(8))
    subject.until(lambda: subject.frame.stop_count == before + 1, 300_000, "the STOP counted")


@SECTION.add("twice", "A message that is repeated byte for byte is answered once.", "D3", "W3")
def twice(subject: Subject) -> None:
    data = _ping(subject)
    subject.send(data + data + data)
    _answered(subject, 1, "one for three copies")
