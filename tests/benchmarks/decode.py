"""Our decoder beside the barest loop that makes the same checks, and beside pymavlink.

Frames of 2 x 32 x 16 taxels as seated feet give them, most taxels at the floor. Contenders take the
same chunks: random ones of 1 to 4096 bytes, ones of 64 bytes, and the whole stream at once. The
*bare loop* finds the sync word, checks the length against the one allowed, checks the CRC-32 by its
residue, unpacks every field, checks the state, and views the taxels; nothing else.
pymavlink has no message longer than 255 bytes: its frame is nine messages of a dialect of its own.
"""

import contextlib
import importlib
import io
import random
import statistics
import struct
import sys
import tempfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from pymavlink.generator import mavgen

from firmware_bridge.codec import decode_up, frame_length, up_lengths
from firmware_bridge.framing import CRC_RESIDUE, UpDecoder, wrap_up
from firmware_bridge.messages import Kind
from tests.benchmarks.entry import Entry, interleaved, ratio
from tests.corruption import COLS, ROWS, up_payloads

FRAMES = 1000
ROUNDS = 9
PARTS, PART_WORDS = 9, 120

DIALECT = f"""<?xml version="1.0"?>
<mavlink><dialect>9</dialect><messages><message id="200" name="BED_PART">
<description>part of a frame</description>
<field type="uint64_t" name="device_us">time</field>
<field type="uint32_t" name="number">frame</field>
<field type="uint16_t[{PART_WORDS - 10}]" name="words">taxels</field>
<field type="uint8_t" name="part">which</field>
</message></messages></mavlink>"""


def frames() -> list[bytes]:
    payloads = [payload for payload in up_payloads(2 * FRAMES, seed=1) if payload[0] == Kind.FRAME]
    return payloads[:FRAMES]


def chunked(stream: bytes, sizes: Iterable[int]) -> list[bytes]:
    chunks, start = [], 0
    for size in sizes:
        chunks.append(stream[start : start + size])
        start += size
        if start >= len(stream):
            break
    return chunks


def random_sizes(seed: int) -> Iterable[int]:
    rng = random.Random(seed)
    while True:
        yield rng.randint(1, 4096)


def forever(size: int) -> Iterable[int]:
    while True:
        yield size


def ours(chunks: list[bytes]) -> int:
    decoder = UpDecoder(up_lengths(ROWS, COLS))
    decoder.expect(Kind.FRAME, frame_length(ROWS, COLS))
    seen = 0
    for chunk in chunks:
        for payload in decoder.feed(chunk):
            frame = decode_up(payload, ROWS, COLS)
            seen += frame.counts.size  # type: ignore[union-attr]
    return seen


WHOLE_HEAD = struct.Struct("<2sHBBIIQBBHIIIiiiiiiIIhhHiiiiiiIIhhH")


def bare(chunks: list[bytes]) -> int:
    head, length = WHOLE_HEAD, frame_length(ROWS, COLS)
    unpack, crc32, frombuffer, dtype = head.unpack_from, zlib.crc32, np.frombuffer, np.dtype("<u2")
    buffer = b""
    seen = 0
    whole = length + 8
    for chunk in chunks:
        buffer += chunk
        start = 0
        while len(buffer) - start >= whole:
            if buffer[start : start + 2] != b"\xa5\x5a":
                start = buffer.find(b"\xa5\x5a", start + 1)
                if start < 0:
                    start = len(buffer)
                continue
            message = buffer[start : start + whole]
            values = unpack(message)
            right_shape = values[1] == length and values[2] == 0x83 and values[7] <= 6
            if right_shape and crc32(message) == CRC_RESIDUE:
                taxels = frombuffer(message, dtype, 2 * ROWS * COLS, head.size)
                seen += taxels.reshape(2, ROWS, COLS).size
                start += whole
            else:
                start += 2
        buffer = buffer[start:]
    return seen


def mavlink_dialect() -> Any:
    folder = Path(tempfile.mkdtemp())
    (folder / "bed.xml").write_text(DIALECT)
    options = SimpleNamespace(
        language="Python3",
        wire_protocol="2.0",
        validate=False,
        error_limit=5,
        output=str(folder / "beddialect"),
        strict_units=False,
    )
    with contextlib.redirect_stdout(io.StringIO()):
        mavgen.mavgen(options, [str(folder / "bed.xml")])
    sys.path.insert(0, str(folder))
    return importlib.import_module("beddialect")


def mavlink_stream(dialect: Any, payloads: list[bytes]) -> bytes:
    link = dialect.MAVLink(SimpleNamespace(write=lambda _data: None), 1, 1)
    words = PART_WORDS - 10
    stream = bytearray()
    for number, payload in enumerate(payloads):
        values = np.frombuffer(payload[110:], "<u2").tolist()
        values += [0] * (-len(values) % words)
        for part in range(len(values) // words):
            some = values[part * words : (part + 1) * words]
            message = dialect.MAVLink_bed_part_message(number * 5000, number, some, part)
            stream += message.pack(link)
    return bytes(stream)


def mavlink(dialect: Any, chunks: list[bytes]) -> int:
    link = dialect.MAVLink(SimpleNamespace(write=lambda _data: None))
    link.robust_parsing = True
    words = PART_WORDS - 10
    last = -(-2 * ROWS * COLS // words) - 1
    values: list[int] = []
    seen = 0
    for chunk in chunks:
        for message in link.parse_buffer(chunk) or ():
            if message.part == 0:
                values = []
            values += message.words
            if message.part == last:
                seen += len(values[: 2 * ROWS * COLS])
    return seen


def measure() -> list[Entry]:
    """Measure and print; return the entries."""
    payloads = frames()
    stream = b"".join(map(wrap_up, payloads))
    dialect = mavlink_dialect()
    theirs = mavlink_stream(dialect, payloads)
    taxels = FRAMES * 2 * ROWS * COLS
    entries: list[Entry] = []
    kinds = {
        "random": lambda data: chunked(data, random_sizes(1)),
        "64": lambda data: chunked(data, forever(64)),
        "whole": lambda data: [data],
    }
    print(
        f"decode: {FRAMES} frames of {len(payloads[0])} B, {ROUNDS} interleaved rounds, us a frame"
    )
    for kind, cut in kinds.items():
        mine, mavs = cut(stream), cut(theirs)
        contenders = {
            "ours": lambda mine=mine: ours(mine),
            "bare loop": lambda mine=mine: bare(mine),
            "pymavlink": lambda mavs=mavs: mavlink(dialect, mavs),
        }
        for name, contender in contenders.items():
            if contender() != taxels:
                raise AssertionError(f"{name} did not decode every taxel")
        taken = interleaved(contenders, ROUNDS)
        micros = {name: statistics.median(t) / FRAMES * 1e6 for name, t in taken.items()}
        vs_bare = ratio(taken["ours"], taken["bare loop"])
        vs_mav = ratio(taken["ours"], taken["pymavlink"])
        print(
            f"  {kind:>6} chunks: ours {micros['ours']:.2f}, bare {micros['bare loop']:.2f}, "
            f"pymavlink {micros['pymavlink']:.1f}: {vs_bare:.0%} of bare, {vs_mav:.0f}x pymavlink"
        )
        names = {
            "random": ("decode_vs_bare_loop", "decode_vs_pymavlink"),
            "64": ("decode64_vs_bare_loop", "decode64_vs_pymavlink"),
            "whole": ("decode_whole_vs_bare_loop", "decode_whole_vs_pymavlink"),
        }[kind]
        n = FRAMES * ROUNDS
        entries.append(Entry(names[0], vs_bare, "ratio", "bare loop", micros["bare loop"], n))
        entries.append(Entry(names[1], vs_mav, "ratio", "pymavlink", micros["pymavlink"], n))
    return entries
