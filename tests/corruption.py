"""Damages streams of real messages in nine ways and counts what a decoder makes of them.

The damage is done to a thousand messages at once, in arrays; the decoders under test are the
shipped ones, fed in odd chunks. What they accept is held against what was sent: the same bytes, in
the same order, each at most once.
"""

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from firmware_bridge.codec import encode, up_lengths
from firmware_bridge.framing import MAX_DOWN_BYTES, DownDecoder, UpDecoder, wrap_down, wrap_up
from firmware_bridge.messages import (
    DOWN_KINDS,
    UP_KINDS,
    BedReport,
    BedTarget,
    Frame,
    Kind,
    Mask,
    MaskHead,
    SetPoint,
)
from tests.any_message import COLS, ROWS, samples

KINDS: Final = (
    *("flip1", "flip3", "flip8", "burst2", "burst16"),
    *("garbage", "drop", "insert", "splice"),
)
SPLICE: Final = KINDS.index("splice")
CLEAN: Final = -1
MESSAGES: Final = 1000
"""Messages of a stream. A stream is damaged anew in each round."""

GARBAGE_BYTES: Final = 64
CHUNKS_BYTES: Final = (7, 64, 500, 4_096, 60_000)
Integers = NDArray[np.int64]


@dataclass
class Tally:
    """What came of streams of damaged messages.

    Attributes:
        damaged: Messages that were damaged.
        whole: Messages that were not.
        accepted: Messages the decoder let through.
        wrong: Of these, such as were never sent, or came again, or out of their order.
        lost: Whole messages that were not accepted.
        lost_in_a_row: Most whole messages lost behind one damaged message.
        late: Most whole messages in a row, behind a damaged one, that did not come with their last
            byte: lost, or held back until more had come. From the device only FRAMEs count.
        false_stops: STOPs heard where none was sent.
        most_buffered_bytes: Most that the decoder kept.
        kinds: Damaged messages by the way they were damaged.
    """

    damaged: int = 0
    whole: int = 0
    accepted: int = 0
    wrong: int = 0
    lost: int = 0
    lost_in_a_row: int = 0
    late: int = 0
    false_stops: int = 0
    most_buffered_bytes: int = 0
    kinds: dict[str, int] = field(default_factory=lambda: dict.fromkeys(KINDS, 0))

    def add(self, other: "Tally") -> None:
        """Take in what another run has seen."""
        for name in (
            "damaged",
            "whole",
            "accepted",
            "wrong",
            "lost",
            "false_stops",
        ):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        for name in ("lost_in_a_row", "late", "most_buffered_bytes"):
            setattr(self, name, max(getattr(self, name), getattr(other, name)))
        for kind, count in other.kinds.items():
            self.kinds[kind] += count


def seated_counts(rng: np.random.Generator) -> NDArray[np.uint16]:
    """Two zero-rich images as a seated foot gives them: 12 bits, more than half near the floor."""
    y, x = np.mgrid[0:ROWS, 0:COLS]
    image = np.zeros((2, ROWS, COLS))
    for row, col, height in ((27, 8, 900), (10, 4, 500), (9, 8, 450), (11, 12, 350), (4, 4, 300)):
        image += height * np.exp(-((x - col) ** 2 / 4 + (y - row) ** 2 / 8))
    image = np.where(image > 8, image + rng.normal(0, 6, image.shape), 0)
    return np.clip(image, 0, 4095).astype(np.uint16)


def up_payloads(count: int, seed: int) -> list[bytes]:
    """Frames mostly, with every other kind that a device sends between them."""
    rng = np.random.default_rng(seed)
    images = [seated_counts(rng) for _ in range(8)]
    others = itertools.cycle(
        itertools.chain.from_iterable(
            samples(kind, 8, seed) for kind in UP_KINDS if kind is not Frame
        )
    )
    messages = []
    for number in range(count):
        if number % 10 >= 7:
            messages.append(next(others))
            continue
        report = BedReport(
            *(int(value) for value in rng.integers(-9000, 9000, 6)), 0, 0, 3000, 29, 1
        )
        image = images[number % len(images)]
        messages.append(Frame(number * 5000, 3, 0, 7, 0, number, 900, report, report, image))
    return [encode(message, nonce=0x5EED, counter=i + 1) for i, message in enumerate(messages)]


def down_payloads(count: int, seed: int) -> list[bytes]:
    """Set-points mostly, with masks and every other kind that a host sends between them."""
    rng = np.random.default_rng(seed)
    mask = np.zeros((ROWS, COLS), np.uint16)
    mask[4:28, 3:12] = 25_000
    others = itertools.cycle(
        itertools.chain.from_iterable(
            samples(kind, 8, seed) for kind in DOWN_KINDS if kind not in (SetPoint, Mask)
        )
    )
    messages = []
    for number in range(count):
        x_um, y_um, force_mn = (int(value) for value in rng.integers(0, 60_000, 3))
        target = BedTarget(x_um, y_um, 60_000, force_mn, 5_000, 0, 0, 25_000, 20, 6)
        messages.append(SetPoint(number * 5000, 60, 2, 4, target, target))
        if number % 10 == 8:
            messages[-1] = next(others)
        elif number % 50 == 49:
            messages[-1] = Mask(MaskHead(0, ROWS, COLS, 80_000, 20_000, 600), mask)
    return [encode(message, nonce=0x5EED, counter=i + 1) for i, message in enumerate(messages)]


class Stream:
    """Messages as they stand on the wire, one behind the other.

    Args:
        wires: Each of them, whole.
    """

    def __init__(self, wires: list[bytes]) -> None:
        self.data = np.frombuffer(b"".join(wires), np.uint8)
        self.sizes = np.array([len(wire) for wire in wires])
        self.starts = np.cumsum(self.sizes) - self.sizes


class Damaged(NamedTuple):
    """A damaged stream: its bytes, and where each message ends now."""

    data: bytes
    ends: Integers


def damage(stream: Stream, kinds: Integers, rng: np.random.Generator) -> Damaged:
    """Damage each message in the way `kinds` names; CLEAN ones are left alone.

    A splice takes off the end of a message and the start of the next one, as a receiver does that
    was overrun: the next one must be CLEAN in `kinds` and counts as damaged too.
    """
    data = stream.data.copy()
    keep = np.ones(data.size, bool)
    sizes = stream.sizes.copy()
    inserts: list[tuple[Integers, Integers]] = []
    for number, name in enumerate(KINDS):
        hit = np.flatnonzero(kinds == number)
        if hit.size == 0:
            continue
        size, start = stream.sizes[hit], stream.starts[hit]
        if name == "splice":
            after = stream.sizes[hit + 1]
            first = start + 1 + (rng.random(hit.size) * (size - 1)).astype(int)
            last = start + size + 1 + (rng.random(hit.size) * (after - 1)).astype(int)
            _cut(keep, first, last - first)
            sizes[hit] -= start + size - first
            sizes[hit + 1] -= last - start - size
        elif name == "drop":
            at = (rng.random(hit.size) * size).astype(int)
            count = np.minimum(rng.integers(1, 5, hit.size), size - at)
            _cut(keep, start + at, count)
            sizes[hit] -= count
        elif name == "insert":
            at = 1 + (rng.random(hit.size) * (size - 1)).astype(int)
            count = rng.integers(1, 5, hit.size)
            inserts.append((np.repeat(start + at, count), rng.integers(0, 256, count.sum())))
            sizes[hit] += count
        else:
            _overwrite(data, name, start, size, rng)
    if inserts:
        places = np.concatenate([places for places, _ in inserts])
        keep = np.insert(keep, places, True)
        data = np.insert(data, places, np.concatenate([values for _, values in inserts]))
    return Damaged(data[keep].tobytes(), np.cumsum(sizes))


def _cut(keep: NDArray[np.bool_], first: Integers, count: Integers) -> None:
    """Take out `count` bytes from each `first` on."""
    offsets = np.arange(count.sum()) - np.repeat(np.cumsum(count) - count, count)
    keep[np.repeat(first, count) + offsets] = False


def _overwrite(
    data: NDArray[np.uint8], name: str, start: Integers, size: Integers, rng: np.random.Generator
) -> None:
    """Change bytes where they stand; returns which messages' last byte was among them."""
    if name.startswith("flip"):
        count = int(name[4:])
        free = (size * 8 - count + 1)[:, None]
        bits = np.sort((rng.random((size.size, count)) * free).astype(int)) + np.arange(count)
        places, changes = bits // 8, 1 << bits % 8
    elif name.startswith("burst"):
        count = int(name[5:])
        first = (rng.random(size.size) * (size - count + 1)).astype(int)
        places = first[:, None] + np.arange(count)
        changes = rng.integers(1, 256, places.shape)
    else:
        first = (rng.random(size.size) * (size - 8)).astype(int)
        places = first[:, None] + np.minimum(np.arange(GARBAGE_BYTES), (size - 1 - first)[:, None])
        changes = rng.integers(0, 256, places.shape)
        changes[:, 0] |= 1  # never nothing; the last byte may be changed often
    np.bitwise_xor.at(data, start[:, None] + places, changes.astype(np.uint8))


def _kinds(count: int, share: float, rng: np.random.Generator) -> Integers:
    """Choose how each message is damaged; `share` of them are."""
    kinds = rng.integers(0, len(KINDS), count)
    if share < 1.0:
        hit = rng.permutation(count)[: round(share * count)]
        clean = np.ones(count, bool)
        clean[hit] = False
        kinds[clean] = CLEAN
    kinds[-1] = CLEAN
    for at in np.flatnonzero(kinds == SPLICE):
        if kinds[at] == SPLICE:
            kinds[at + 1] = CLEAN
    return kinds


def _chunks(data: bytes, rng: random.Random) -> Iterator[bytes]:
    """Cut into chunks of one size a stream, give or take."""
    size = rng.choice(CHUNKS_BYTES)
    start = 0
    while start < len(data):
        end = start + rng.randint(1, 2 * size)
        yield data[start:end]
        start = end


class Round:
    """Streams of one direction, damaged again and again, before one decoder.

    Args:
        direction: "up" or "down".
        seed: Of the messages and of the damage.
    """

    def __init__(self, direction: str, seed: int) -> None:
        up = direction == "up"
        self._payloads = (up_payloads if up else down_payloads)(MESSAGES, seed)
        wrap = wrap_up if up else wrap_down
        self._wires = [wrap(payload) for payload in self._payloads]
        self._stream = Stream(self._wires)
        self._numbers = {payload: number for number, payload in enumerate(self._payloads)}
        self._rng = np.random.default_rng((seed, up))
        self._cuts = random.Random(seed)
        self._weights = [int(not up or payload[0] == Kind.FRAME) for payload in self._payloads]
        self._up = up
        self._flush = self._wires[0] * (1 + 2 * MAX_DOWN_BYTES // len(self._wires[0]))

    def run(self, share: float) -> Tally:
        """Damage `share` of the messages once; feed all; say what came of it."""
        kinds = _kinds(MESSAGES, share, self._rng)
        damaged = damage(self._stream, kinds, self._rng)
        hit = kinds != CLEAN
        hit[1:] |= kinds[:-1] == SPLICE
        tally = Tally(damaged=int(hit.sum()), whole=int((~hit).sum()))
        for number in np.unique(kinds[kinds != CLEAN]):
            tally.kinds[KINDS[number]] = int((kinds == number).sum())
        decoder = UpDecoder(up_lengths(ROWS, COLS)) if self._up else DownDecoder()
        by_message = share < 1.0
        edges = [0, *damaged.ends.tolist()]
        chunks = (
            (damaged.data[a:b] for a, b in itertools.pairwise(edges))
            if by_message
            else _chunks(damaged.data, self._cuts)
        )
        came: dict[int, int] = {}
        last = -1
        for fed, chunk in enumerate(chunks):
            for payload in decoder.feed(chunk):
                tally.accepted += 1
                number = self._numbers.get(payload, -1)
                tally.wrong += number <= last
                last = max(last, number)
                came[number] = fed
            tally.most_buffered_bytes = max(tally.most_buffered_bytes, decoder.buffered_bytes)
        for payload in decoder.feed(self._flush):
            number = self._numbers.get(payload, -1)
            tally.wrong += number < 0
            if number != 0:  # the flush is made of that one
                came[number] = MESSAGES
        tally.false_stops = decoder.stops if isinstance(decoder, DownDecoder) else 0
        if by_message:
            self._judge(tally, hit, came)
        return tally

    def _judge(self, tally: Tally, hit: NDArray[np.bool_], came: dict[int, int]) -> None:
        """Count the whole messages that were lost, and how long the decoder was out of step."""
        lost = late = 0
        for number in range(MESSAGES):
            if hit[number]:
                lost = late = 0
                continue
            in_time = came.get(number) == number
            late = 0 if in_time else late + self._weights[number]
            tally.late = max(tally.late, late)
            lost = 0 if number in came else lost + 1
            if lost:
                tally.lost += 1
                tally.lost_in_a_row = max(tally.lost_in_a_row, lost)


def run(direction: str, count: int, seed: int) -> Tally:
    """Damage at least `count` messages: nine tenths in streams where every message is damaged, the
    rest a hundred in a thousand, where what is lost beside them is counted.
    """
    rounds = Round(direction, seed)
    tally = Tally()
    while tally.damaged + MESSAGES <= 0.9 * count:
        tally.add(rounds.run(1.0))
    while tally.damaged < count:
        tally.add(rounds.run(0.1))
    return tally
