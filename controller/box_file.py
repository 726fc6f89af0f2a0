"""Black boxes as files: a head in JSON that says what it is, the recording, and a CRC over all.

8 bytes  "PODALBOX"        2 bytes  version of this format, little-endian
4 bytes  length of head    head     JSON, UTF-8
body     the recording as `controller.telling` tells it, deflated (zlib)
4 bytes  CRC-32 of everything before
"""

import json
import platform
import struct
import sys
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np

from controller.arming import UNMASKED, Answered
from controller.box_writer import HEAD, MAGIC, SUFFIX, VERSION
from controller.caps import COMPILED_ONLY, NO_SESSION_CAPS
from controller.codebook import BadValueError, codebook
from controller.errors import ControllerError
from controller.failsafe import UNHARMED
from controller.field import NOWHERE
from controller.hold import NOT_HELD
from controller.memory import Kept
from controller.reading import Decoder
from controller.settings import Settings
from controller.state import NOTHING, State
from controller.tape import MAX_BYTES, Box, Entry, Recording
from controller.telling import Encoder
from controller.unloading import AT_REST
from firmware_bridge.descriptor import Descriptor
from firmware_bridge.errors import (
    DescriptorError,
    DeviceClockError,
    OtherDeviceError,
    ProtocolMismatchError,
)
from firmware_bridge.link import Phase
from firmware_bridge.messages import BedFlag, DeviceState, Flag, Kind, Refusal, Trip, Welcome
from firmware_bridge.timebase import TimeBase

MAX_FILE_BYTES: Final = 128_000_000
MAX_BODY_BYTES: Final = MAX_BYTES + 64_000_000
"""A tape of the largest size, and far more than what a runner knows: 1.4 MB with 32 x 16 taxels."""

MAX_HEAD_BYTES: Final = 65_536
NODES: Final = 200
"""Values told at a time. Measured on x86-64: 0.1 ms, 0.3 ms at most."""

BOOK: Final = codebook(
    Recording,
    State,
    Settings,
    Answered,
    Descriptor,
    Welcome,
    TimeBase,
    Phase,
    DescriptorError,
    ProtocolMismatchError,
    OtherDeviceError,
    DeviceClockError,
    BedFlag,
    DeviceState,
    Flag,
    Kind,
    Refusal,
    Trip,
    constants={
        "NOTHING": NOTHING,
        "UNMASKED": UNMASKED,
        "NOT_HELD": NOT_HELD,
        "NO_SESSION_CAPS": NO_SESSION_CAPS,
        "COMPILED_ONLY": COMPILED_ONLY,
        "NOWHERE": NOWHERE,
        "UNHARMED": UNHARMED,
        "AT_REST": AT_REST,
    },
)
"""Everything that a black box can hold; a file can name nothing else."""


@dataclass(eq=False)
class BadBoxError(ControllerError):
    """A file that is no black box, or a damaged one."""

    path: str
    why: str

    def __str__(self) -> str:
        return f"{self.path}: {self.why}"


@dataclass(frozen=True, slots=True)
class Head:
    """What a black box says about itself.

    Attributes:
        podal: Version that recorded it.
        at: When the first stop or fault in it was, UTC, ISO 8601.
        why: Codes of the stops and faults in it.
        before_s: How much is kept of what came before that.
        after_s: How much of what came after.
        turns: Turns of the runner in it.
        device_id: Of the device worked with, "" none.
        arithmetic: Python, numpy and processor: the last bit may depend on them.
    """

    podal: str
    at: str
    why: tuple[str, ...]
    before_s: float
    after_s: float
    turns: int
    device_id: str
    arithmetic: str


def this_arithmetic() -> str:
    """Return what the last bit of a figure may depend on."""
    python = ".".join(map(str, sys.version_info[:3]))
    return f"Python {python}, numpy {np.__version__}, {platform.machine()}"


def head_of(box: Box, *, podal: str, device_id: str, now_us: int, wall: datetime) -> Head:
    """Return the head of `box`.

    Args:
        box: The box.
        podal: Version of the product.
        device_id: Of the device worked with.
        now_us: Host time.
        wall: The same moment on the clock that people have.
    """
    at = wall.astimezone(UTC) - timedelta(microseconds=now_us - box.at_us)
    return Head(
        podal=podal,
        at=at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        why=box.why,
        before_s=round((box.at_us - box.from_us) / 1e6, 2),
        after_s=round((box.until_us - box.at_us) / 1e6, 2),
        turns=sum(entry.call == "turn" for entry in box.recording.entries),
        device_id=device_id,
        arithmetic=this_arithmetic(),
    )


def head_bytes(head: Head) -> bytes:
    """Return the beginning of a file with this head."""
    table = {name: getattr(head, name) for name in head.__dataclass_fields__}
    data = json.dumps(table, ensure_ascii=False).encode()
    return HEAD.pack(MAGIC, VERSION, len(data)) + data


def body_pieces(recording: Recording) -> Iterator[bytes]:
    """Yield the bytes of `recording`, not deflated yet, a little work at a time.

    Raises:
        BadValueError: It holds something that is not in the book.
    """
    encoder = Encoder(BOOK, recording)
    while not encoder.done:
        yield encoder.take(NODES)


def box_bytes(head: Head, recording: Recording) -> bytes:
    """Return a whole file at once, for those who are in no hurry."""
    data = head_bytes(head) + zlib.compress(b"".join(body_pieces(recording)), 1)
    return data + struct.pack("<I", zlib.crc32(data))


def read_head(path: Path) -> Head:
    """Return what the file says about itself; its CRC is not looked at.

    Raises:
        BadBoxError: It is no black box.
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        return _head(str(path), file.read(HEAD.size + MAX_HEAD_BYTES))[0]


def read_box(path: Path) -> tuple[Head, Recording]:
    """Return what the file says about itself, and the recording in it.

    Raises:
        BadBoxError: It is no black box, or damaged.
        OSError: It cannot be read.
    """
    with path.open("rb") as file:
        data = file.read(MAX_FILE_BYTES + 1)
    if len(data) > MAX_FILE_BYTES:
        raise BadBoxError(str(path), f"larger than {MAX_FILE_BYTES} bytes")
    return parse_box(data, str(path))


def parse_box(data: bytes, name: str) -> tuple[Head, Recording]:
    """Return head and recording of a file's content.

    Raises:
        BadBoxError: It is no black box, or damaged.
    """
    head, start = _head(name, data)
    if len(data) < start + 4 or struct.pack("<I", zlib.crc32(data[:-4])) != data[-4:]:
        raise BadBoxError(name, "damaged or cut off: its check sum is not right")
    inflate = zlib.decompressobj()
    try:
        body = inflate.decompress(data[start:-4], MAX_BODY_BYTES)
    except zlib.error as error:
        raise BadBoxError(name, f"cannot be inflated: {error}") from None
    if not inflate.eof or inflate.unused_data:
        raise BadBoxError(name, "longer inside than any black box is, or cut off")
    try:
        found = Decoder(BOOK, body).value()
    except BadValueError as error:
        raise BadBoxError(name, f"recorded by Podal {head.podal}; {error}") from None
    if not isinstance(found, Recording) or not _is_recording(found):
        raise BadBoxError(name, "holds no recording")
    return head, found


def _is_recording(found: Any) -> bool:
    """Return whether its parts are what they should be; what is in them the runner will show."""
    if not isinstance(found.start, Kept) or not isinstance(found.entries, tuple):
        return False
    return all(isinstance(entry, Entry) for entry in found.entries)


def _head(name: str, data: bytes) -> tuple[Head, int]:
    if len(data) < HEAD.size or data[: len(MAGIC)] != MAGIC:
        raise BadBoxError(name, "not a black box of Podal")
    _, version, length = HEAD.unpack_from(data)
    if version != VERSION:
        raise BadBoxError(name, f"its format is version {version}, this Podal reads {VERSION}")
    end = HEAD.size + length
    if length > MAX_HEAD_BYTES or len(data) < end:
        raise BadBoxError(name, "cut off, or its head is too long")
    try:
        table = json.loads(data[HEAD.size : end])
        return _parse_head(table), end
    except (ValueError, TypeError, KeyError, RecursionError):
        raise BadBoxError(name, "its head cannot be read") from None


def _parse_head(table: dict[str, Any]) -> Head:
    why = tuple(str(code) for code in table["why"])
    texts = {name: str(table[name]) for name in ("podal", "at", "device_id", "arithmetic")}
    return Head(
        why=why,
        before_s=float(table["before_s"]),
        after_s=float(table["after_s"]),
        turns=int(table["turns"]),
        **texts,
    )


def boxes_in(folder: Path) -> list[Path]:
    """Return the black boxes in a folder, newest first; none where there is no folder.

    Raises:
        OSError: The folder cannot be read.
    """
    try:
        found = [path for path in folder.iterdir() if path.suffix == SUFFIX]
    except (FileNotFoundError, NotADirectoryError):
        return []
    return sorted(found, key=lambda path: path.name, reverse=True)
