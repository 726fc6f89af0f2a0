"""Feeds the decoders, the descriptor parser and the whole link with what no honest device sends.

`python -m tests.fuzz --seconds 60` or `--inputs 100000`, `--seed N`. Each input is made from a
number alone, so that a finding is repeated by `--only NUMBER`. What must hold of every input: no
exception but a DescriptorError of one short sentence, bounded memory, bounded time.
"""

import argparse
import functools
import json
import random
import struct
import sys
import time
import tracemalloc
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from firmware_bridge.codec import PAGE_BYTES, decode_down, decode_up, encode, up_lengths
from firmware_bridge.descriptor import MAX_JSON_BYTES, pack_descriptor, parse_descriptor
from firmware_bridge.errors import DescriptorError
from firmware_bridge.framing import (
    MAX_DOWN_BYTES,
    MAX_UP_BYTES,
    STOP,
    SYNC,
    DownDecoder,
    UpDecoder,
    wrap_down,
    wrap_up,
)
from firmware_bridge.link import Link, Phase
from firmware_bridge.messages import DOWN_KINDS, UP_KINDS, Hello, Page, Welcome
from tests.any_message import COLS, ROWS, make, seeded
from tests.samples import DESCRIPTOR

SENTENCE_CHARACTERS: Final = 300
KEPT_BYTES: Final = MAX_UP_BYTES + MAX_DOWN_BYTES
PEAK_BYTES: Final = 8_000_000
"""Most memory while one input is worked on: a bomb unpacks to 64 KB, of JSON that may hold 32,000
empty lists."""

SLOW_S: Final = 1.0
"""CPU time that no input may take; the slowest seen took a hundredth of it."""

BOMBS: Final = (b" ", b"[", b"0", b"\x00", b'"')
CHECK_MEMORY_EVERY: Final = 50
NUMBERS: Final = (
    *("0", "-0", "1", "-1", "1e400", "-1e400", "NaN", "Infinity", "-Infinity", "0.1", "1e-400"),
    *(str(2**31), str(2**32), str(2**63), str(2**64), "9" * 400, "9" * 4300, "9" * 4301, "true"),
)
TEXTS: Final = (
    *('""', '"\\ud800"', '"\\udc00\\ud800"', '"\\u0000"', '"\\n"', '"a\\u202eb"', "null", "[]"),
    *("{}", '"' + "x" * 65 + '"', '"' + "x" * 60_000 + '"', '"\U0001f9b6"', '"\xe9"'),
)


class FindingError(AssertionError):
    """What must hold did not."""


@dataclass
class Report:
    """What a run has seen."""

    inputs: int = 0
    refused: int = 0
    taken: int = 0
    slowest_s: float = 0.0
    slowest: int = 0
    most_bytes: int = 0
    by_target: dict[str, int] = field(default_factory=dict)


def mangled(data: bytes, rng: random.Random, other: bytes) -> bytes:
    """Return `data` cut, spliced, repeated, flipped or overwritten, some times over."""
    out = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 3, 8))):
        at = rng.randrange(len(out) + 1)
        match rng.randrange(8):
            case 0:
                del out[at:]
            case 1:
                del out[at : at + rng.randrange(1, 9)]
            case 2:
                out[at:] = other[rng.randrange(len(other) + 1) :]
            case 3:
                out[at:at] = out[at : at + rng.randrange(1, 600)]
            case 4 if out:
                out[at - 1] ^= 1 << rng.randrange(8)
            case 5:
                out[at:at] = rng.choice((SYNC, STOP, b"\x00", b"\xff" * 255, SYNC + b"\xff\xff"))
            case 6:
                out[at : at + 4] = rng.choice((b"\xff" * 4, bytes(4), struct.pack("<I", at)))
            case _:
                out[at : at + 8] = rng.randbytes(8)
    return bytes(out)


def descriptor_text(rng: random.Random) -> bytes:
    """Return the JSON of a descriptor that has been tampered with, as text or in its structure."""
    text = json.dumps(DESCRIPTOR)
    for _ in range(rng.choice((1, 1, 2, 4))):
        match rng.randrange(7):
            case 0:
                text = _with_value(text, rng, rng.choice(NUMBERS + TEXTS))
            case 1:  # a key twice
                text = text.replace("{", "{" + f'"{_key(rng)}": {rng.choice(NUMBERS)}, ', 1)
            case 2:
                depth = rng.choice((3, 100, 900, rng.randrange(960, 1010), 15_000))
                text = _with_value(text, rng, "[" * depth + "]" * depth)
            case 3:
                depth = rng.choice((100, rng.randrange(960, 1010), 8_000))
                text = _with_value(text, rng, '{"a":' * depth + "1" + "}" * depth)
            case 4:
                step = '{"y_um": %s, "force_mn": %s}'
                steps = [
                    step % (rng.choice((number, number * 1000)), rng.choice(NUMBERS))
                    for number in range(rng.choice((0, 1, 31, 32, 33, 900)))
                ]
                text = text.replace(
                    '"bed_ceiling": [', '"bed_ceiling": [' + ", ".join([*steps, ""])
                )
            case 5:
                text = text.replace(rng.choice('{}[]:,"'), rng.choice('{}[]:,"\\ '), 1)
            case _:
                at = rng.randrange(len(text) + 1)
                text = text[:at] + rng.choice(("", " " * 70_000, "\ufeff", text[at : at + 50] * 2))
    return text.encode("utf-8", "surrogatepass")


def _key(rng: random.Random) -> str:
    parts = [*DESCRIPTOR, *DESCRIPTOR["matrix"], *DESCRIPTOR["carriage"], *DESCRIPTOR["limits"]]
    return rng.choice(parts)


def _with_value(text: str, rng: random.Random, value: str) -> str:
    """Put `value` in the place of that of any key."""
    head, found, tail = text.partition(f'"{_key(rng)}": ')
    if not found:
        return text
    end = min((tail.find(mark) for mark in ",}" if mark in tail), default=len(tail))
    return head + found + value + tail[end:]


@functools.cache
def bomb(letter: bytes) -> bytes:
    """Return 30 KB that unpack to 30 MB."""
    return zlib.compress(letter * 30_000_000, 9)


def packed_descriptor(rng: random.Random) -> bytes:
    """Return what a device might send as its descriptor."""
    match rng.randrange(8):
        case 0:
            return rng.randbytes(rng.randrange(3000))
        case 1:
            return bomb(rng.choice(BOMBS))
        case 2:
            return mangled(pack_descriptor(DESCRIPTOR), rng, rng.randbytes(300))
        case 3:
            pair = zlib.compress(b" " * (MAX_JSON_BYTES - 2)) + zlib.compress(b"[]")
            return rng.choice((pair, zlib.compress(zlib.compress(b"{}")), b""))
        case _:
            return zlib.compress(descriptor_text(rng), rng.randrange(10))


def fuzz_descriptor(rng: random.Random, report: Report) -> None:
    """The parser takes it or refuses it in one short sentence."""
    packed = packed_descriptor(rng)
    try:
        descriptor = parse_descriptor(packed)
    except DescriptorError as error:
        report.refused += 1
        _check_sentence(str(error))
    else:
        report.taken += 1
        if not 0 < descriptor.matrix.rows * descriptor.matrix.cols <= 2048:
            raise FindingError("a matrix that no frame can carry")


def _check_sentence(sentence: str) -> None:
    if "\n" in sentence or len(sentence) > SENTENCE_CHARACTERS:
        raise FindingError(f"not one short sentence: {len(sentence)} characters")


def _stream(rng: random.Random, *, up: bool) -> bytes:
    """Return messages of every kind: whole ones, damaged ones, and right CRCs on wrong content."""
    kinds = list(UP_KINDS if up else DOWN_KINDS)
    wrap = wrap_up if up else wrap_down
    wires = [rng.randbytes(40)]
    for _ in range(rng.randrange(1, 12)):
        message = make(rng.choice(kinds), seeded(rng))
        payload = encode(message, nonce=rng.getrandbits(32), counter=rng.getrandbits(32))
        if rng.random() < 0.5:
            payload = mangled(payload, rng, payload)[: MAX_UP_BYTES if up else MAX_DOWN_BYTES]
        wire = wrap(payload)
        wires.append(mangled(wire, rng, wires[-1]) if rng.random() < 0.3 else wire)
    return b"".join(wires)


def _pieces(data: bytes, rng: random.Random) -> list[bytes]:
    most = rng.choice((1, 16, 64, 4096, len(data) + 1))
    pieces, start = [], 0
    while start < len(data):
        end = start + rng.randint(1, most)
        pieces.append(data[start:end])
        start = end
    return pieces


def fuzz_up(rng: random.Random, report: Report) -> None:
    """Bytes to the host: whatever passes the CRC is a message or is called malformed."""
    decoder = UpDecoder(up_lengths(ROWS, COLS))
    shape = rng.choice(((ROWS, COLS), (ROWS, COLS), (0, 0), (64, 32), (8, 8)))
    for piece in _pieces(_stream(rng, up=True), rng):
        for payload in decoder.feed(piece):
            decode_up(payload, *shape)
            report.taken += 1
        _check_kept(decoder.buffered_bytes)
    report.refused += decoder.stats.bad_crc + decoder.stats.bad_length


def fuzz_down(rng: random.Random, report: Report) -> None:
    """Bytes to the device, the same."""
    decoder = DownDecoder()
    for piece in _pieces(_stream(rng, up=False), rng):
        for payload in decoder.feed(piece):
            decode_down(payload)
            report.taken += 1
        _check_kept(decoder.buffered_bytes)
    report.refused += decoder.stats.bad_crc + decoder.stats.bad_length


def _check_kept(kept: int) -> None:
    if kept > KEPT_BYTES:
        raise FindingError(f"{kept} bytes kept")


def fuzz_payload(rng: random.Random, report: Report) -> None:
    """Payloads as they come: any bytes, and every kind with its content changed."""
    kind = rng.choice([*UP_KINDS, *DOWN_KINDS])
    payload = encode(make(kind, seeded(rng)), nonce=1, counter=2)
    for data in (rng.randbytes(rng.randrange(80)), mangled(payload, rng, payload), payload[:-1]):
        if data:
            decode_up(data, ROWS, COLS)
            decode_down(data)
    report.taken += 1


def fuzz_link(rng: random.Random, report: Report) -> None:
    """A whole session with a device that answers by the rules but means no good."""
    link = Link(lambda: 0x1234_5678)
    now_us, nonce, counter = 1_000_000, rng.choice((1, 77, 2**32 - 1)), 0
    packed = pack_descriptor(DESCRIPTOR) if rng.random() < 0.5 else packed_descriptor(rng)
    packed = packed[:16_384]
    pages = [packed[at : at + PAGE_BYTES] for at in range(0, len(packed), PAGE_BYTES)]
    greeting = DownDecoder().feed(link.poll(now_us))
    if not isinstance(decode_down(greeting[0])[1], Hello):
        raise FindingError("the link does not begin with HELLO")
    welcome = Welcome(
        0x1234_5678, rng.getrandbits(32), 1, len(packed), len(pages), zlib.crc32(packed), 0
    )
    if rng.random() < 0.8:
        welcome = welcome._replace(limits_crc=_announced(packed))
    answers: list[Any] = [welcome, *(Page(number, page) for number, page in enumerate(pages))]
    kinds = list(UP_KINDS)
    answers += [make(rng.choice(kinds), seeded(rng)) for _ in range(rng.randrange(30))]
    if rng.random() < 0.3:
        rng.shuffle(answers)
    for answer in answers:
        counter = min(counter + rng.choice((0, 1, 1, 1, 1, 1, 1, 5, 2**31)), 2**32 - 1)
        wire = wrap_up(encode(answer, nonce=nonce, counter=counter))
        if rng.random() < 0.05:
            wire = mangled(wire, rng, wire)
        now_us += rng.choice((1_000, 5_000, 5_000, 300_000))
        for piece in _pieces(wire, rng):
            link.receive(piece, now_us)
        if rng.random() < 0.02:
            link.stop()
        link.poll(now_us)
    if link.refused is not None:
        report.refused += 1
        _check_sentence(str(link.refused))
    report.taken += link.phase is Phase.UP


def _announced(packed: bytes) -> int:
    """Return the limit hash that makes the link look further."""
    try:
        return parse_descriptor(packed).limits_crc
    except DescriptorError:
        return 0


TARGETS: Final[dict[str, Callable[[random.Random, Report], None]]] = {
    "descriptor": fuzz_descriptor,
    "up": fuzz_up,
    "down": fuzz_down,
    "payload": fuzz_payload,
    "link": fuzz_link,
}


def run_input(seed: int, number: int, report: Report) -> None:
    """Make input `number` and give it to its target.

    Raises:
        FindingError: Something did not hold; its text says how to see it again.
    """
    rng = random.Random(f"{seed} {number}")
    target = rng.choice(list(TARGETS))
    watched = number % CHECK_MEMORY_EVERY == 0
    if watched:
        tracemalloc.start()
    begun_s = time.process_time()
    try:
        TARGETS[target](rng, report)
    except Exception as error:
        again = f"python -m tests.fuzz --seed {seed} --only {number}"
        raise FindingError(
            f"{target}: {type(error).__name__}: {error}; again by: {again}"
        ) from error
    finally:
        taken_s = time.process_time() - begun_s
        if watched:
            report.most_bytes = max(report.most_bytes, tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
    if taken_s > report.slowest_s and not watched:
        report.slowest_s, report.slowest = taken_s, number
    report.inputs += 1
    report.by_target[target] = report.by_target.get(target, 0) + 1


def run(
    *,
    seed: int = 0,
    inputs: int | None = None,
    seconds: float | None = None,
    progress: Callable[[Report, float], None] | None = None,
) -> Report:
    """Run so many inputs, or for so long, whichever ends first.

    Raises:
        FindingError: Something did not hold.
    """
    for letter in BOMBS:
        bomb(letter)  # made before memory is watched
    report = Report()
    begun_s = shown_s = time.monotonic()
    while inputs is None or report.inputs < inputs:
        run_input(seed, report.inputs, report)
        now_s = time.monotonic()
        if seconds is not None and now_s - begun_s >= seconds:
            break
        if progress is not None and now_s - shown_s >= 10.0:
            shown_s = now_s
            progress(report, now_s - begun_s)
    if report.slowest_s > SLOW_S:
        raise FindingError(f"input {report.slowest} of seed {seed} took {report.slowest_s:.2f} s")
    if report.most_bytes > PEAK_BYTES:
        raise FindingError(f"an input needed {report.most_bytes} bytes")
    return report


def _say(report: Report, taken_s: float) -> None:
    print(
        f"{taken_s:6.0f} s: {report.inputs:,} inputs, {report.taken:,} messages or descriptors "
        f"taken, {report.refused:,} refused; slowest {report.slowest_s * 1000:.1f} ms "
        f"(input {report.slowest}), most memory {report.most_bytes / 1e6:.1f} MB",
        flush=True,
    )


def main() -> int:
    """Command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--seconds", type=float, help="how long; 60 where nothing is said")
    parser.add_argument("--inputs", type=int, help="how many inputs")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int, help="this one input, with its traceback")
    options = parser.parse_args()
    if options.only is not None:
        run_input(options.seed, options.only, Report())
        return 0
    seconds = options.seconds
    if seconds is None and options.inputs is None:
        seconds = 60.0
    begun_s = time.monotonic()
    report = run(seed=options.seed, inputs=options.inputs, seconds=seconds, progress=_say)
    _say(report, time.monotonic() - begun_s)
    print(f"by target: {report.by_target}; no finding")
    return 0


if __name__ == "__main__":
    sys.exit(main())
