"""Damages streams of real messages in nine ways and counts what a decoder makes of them."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from firmware_bridge.codec import encode, up_lengths
from firmware_bridge.framing import DownDecoder, UpDecoder, wrap_down, wrap_up
from firmware_bridge.messages import (
    Ack,
    Arm,
    BedReport,
    BedTarget,
    Event,
    Frame,
    Hello,
    Mask,
    MaskHead,
    Nak,
    SetPoint,
)

ROWS, COLS = 32, 16
KINDS = ("flip1", "flip3", "flip8", "burst2", "burst16", "drop", "insert", "splice", "garbage")


@dataclass
class Tally:
    """What came of a stream of damaged messages."""

    damaged: int = 0
    accepted: int = 0
    wrong: int = 0
    most_buffered_bytes: int = 0
    kinds: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))


def _silent(_done: int) -> None:
    """Show nothing."""


def seated_counts(rng: np.random.Generator) -> np.ndarray:
    """Two zero-rich images as a seated foot gives them: 12 bits, more than half near the floor."""
    y, x = np.mgrid[0:ROWS, 0:COLS]
    image = np.zeros((2, ROWS, COLS))
    for row, col, height in ((27, 8, 900), (10, 4, 500), (9, 8, 450), (11, 12, 350), (4, 4, 300)):
        image += height * np.exp(-((x - col) ** 2 / 4 + (y - row) ** 2 / 8))
    image = np.where(image > 8, image + rng.normal(0, 6, image.shape), 0)
    return np.clip(image, 0, 4095).astype(np.uint16)


def up_payloads(count: int, seed: int) -> list[bytes]:
    """Frames mostly, with events and answers between them."""
    rng = np.random.default_rng(seed)
    images = [seated_counts(rng) for _ in range(8)]
    messages = []
    for number in range(count):
        report = BedReport(
            *(int(value) for value in rng.integers(-9000, 9000, 6)), 0, 0, 3000, 29, 1
        )
        kind = number % 10
        if kind == 7:
            messages.append(Event(number * 5000, 1, 0, number))
        elif kind == 8:
            messages.append(Ack(4, number))
        elif kind == 9:
            messages.append(Nak(5, number, 13))
        else:
            image = images[number % len(images)]
            messages.append(Frame(number * 5000, 3, 0, 7, 0, number, 900, report, report, image))
    return [encode(message, nonce=0x5EED, counter=i + 1) for i, message in enumerate(messages)]


def down_payloads(count: int, seed: int) -> list[bytes]:
    """Set-points mostly, with a mask, a hello and an arm between them."""
    rng = np.random.default_rng(seed)
    mask = np.zeros((ROWS, COLS), np.uint16)
    mask[4:28, 3:12] = 25_000
    messages = []
    for number in range(count):
        x_um, y_um, force_mn = (int(value) for value in rng.integers(0, 60_000, 3))
        target = BedTarget(x_um, y_um, 60_000, force_mn, 5_000, 0, 0, 25_000, 20, 6)
        messages.append(SetPoint(number * 5000, 60, 2, 4, target, target))
        if number % 50 == 48:
            messages[-1] = Mask(MaskHead(0, ROWS, COLS, 80_000, 20_000, 600), mask)
        elif number % 50 == 49:
            messages[-1] = Arm(3, 77)
        elif number % 50 == 47:
            messages[-1] = Hello(number + 1, 1, 1)
    return [encode(message, nonce=0x5EED, counter=i + 1) for i, message in enumerate(messages)]


def damage(wire: bytes, kind: str, other: bytes, rng: random.Random) -> bytes:
    """Return `wire` damaged in the way `kind` names; never the same bytes."""
    data = bytearray(wire)
    size = len(data)
    if kind.startswith("flip"):
        for bit in rng.sample(range(size * 8), int(kind[4:])):
            data[bit // 8] ^= 1 << bit % 8
    elif kind.startswith("burst"):
        length = int(kind[5:])
        start = rng.randrange(size - length)
        noise = bytes(rng.randrange(1, 256) for _ in range(length))
        for index, value in enumerate(noise):
            data[start + index] ^= value
    elif kind == "drop":
        start = rng.randrange(size)
        del data[start : start + rng.randrange(1, 5)]
    elif kind == "insert":
        at = rng.randrange(1, size)
        data[at:at] = rng.randbytes(rng.randrange(1, 5))
    elif kind == "splice":
        cut = rng.randrange(1, size)
        data[cut:] = other[rng.randrange(1, len(other)) :]
    else:
        start = rng.randrange(size - 8)
        data[start : start + 64] = rng.randbytes(min(64, size - start))
    return bytes(data)


def run(
    payloads: list[bytes],
    wrap: Callable[[bytes], bytes],
    decoder: UpDecoder | DownDecoder,
    count: int,
    seed: int,
    progress: Callable[[int], None] = _silent,
) -> Tally:
    """Feed `count` damaged messages in odd chunks; count what is accepted but was never sent."""
    rng = random.Random(seed)
    wires = [wrap(payload) for payload in payloads]
    sent = set(payloads)
    tally = Tally()
    batch: list[bytes] = []
    while tally.damaged < count:
        index = rng.randrange(len(wires))
        kind = KINDS[tally.damaged % len(KINDS)]
        batch.append(damage(wires[index], kind, wires[index - 1], rng))
        tally.kinds[kind] += 1
        tally.damaged += 1
        if len(batch) == 16:
            stream = b"".join(batch)
            cut = rng.randrange(len(stream))
            for chunk in (stream[:cut], stream[cut:]):
                for payload in decoder.feed(chunk):
                    tally.accepted += 1
                    tally.wrong += payload not in sent
            tally.most_buffered_bytes = max(tally.most_buffered_bytes, decoder.buffered_bytes)
            batch = []
            progress(tally.damaged)
    return tally


def run_up(count: int, seed: int, progress: Callable[[int], None] = _silent) -> Tally:
    """Damage `count` messages from the device."""
    decoder = UpDecoder(up_lengths(ROWS, COLS))
    return run(up_payloads(400, seed), wrap_up, decoder, count, seed, progress)


def run_down(count: int, seed: int, progress: Callable[[int], None] = _silent) -> Tally:
    """Damage `count` messages from the host."""
    return run(down_payloads(400, seed), wrap_down, DownDecoder(), count, seed, progress)
