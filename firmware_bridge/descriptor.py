"""What a device says it is: matrix, ranges, rates and its own hard limits, as checked values.

The descriptor is JSON, zlib-compressed, sent in pages. Parsing checks shape and sanity only;
whether the limits are acceptable is the controller's business.
"""

import itertools
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from firmware_bridge.errors import DescriptorError

SCHEMA: Final = 1
MAX_JSON_BYTES: Final = 65_536
"""A descriptor that unpacks to more is refused before it is parsed."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """The taxel matrix of each bed: cells, pitch, and the nominal scale of a count."""

    rows: int
    cols: int
    pitch_x_um: int
    pitch_y_um: int
    full_scale_counts: int
    zero_counts: int
    pa_per_count: int


@dataclass(frozen=True, slots=True)
class Carriage:
    """Where the head can go and how fast, bed frame."""

    x_min_um: int
    x_max_um: int
    y_min_um: int
    y_max_um: int
    z_max_um: int
    head_radius_um: int
    feed_max_um_s: int
    spin_max_mrpm: int


@dataclass(frozen=True, slots=True)
class CeilingStep:
    """From this y on (towards the toes) the bed-fixed ceiling is `force_mn`."""

    y_um: int
    force_mn: int


@dataclass(frozen=True, slots=True)
class DeviceLimits:
    """What the firmware enforces whatever it is told."""

    bed_ceiling: tuple[CeilingStep, ...]
    total_over_resting_mn: int
    rise_mn_s: int
    tap_rise_mn_s: int
    approach_um_s: int
    press_um_s: int
    retract_um_s: int
    dwell_ms: int
    watchdog_ms: int
    ttl_ms: int
    consent_ms: int
    pause_ms: int
    session_ms: int


@dataclass(frozen=True, slots=True)
class Descriptor:
    """One device, as it describes itself at hello."""

    device_id: str
    model: str
    firmware: str
    simulated: bool
    rate_hz: int
    matrix: Matrix
    carriage: Carriage
    limits: DeviceLimits
    limits_crc: int


_RANGES: Final[Mapping[str, tuple[int, int]]] = {
    "rate_hz": (50, 1000),
    "matrix.rows": (8, 64),
    "matrix.cols": (4, 64),
    "matrix.pitch_x_um": (2_000, 40_000),
    "matrix.pitch_y_um": (2_000, 40_000),
    "matrix.full_scale_counts": (255, 65_535),
    "matrix.zero_counts": (0, 65_534),
    "matrix.pa_per_count": (1, 100_000),
    "carriage.x_min_um": (-500_000, 500_000),
    "carriage.x_max_um": (-500_000, 500_000),
    "carriage.y_min_um": (-500_000, 500_000),
    "carriage.y_max_um": (-500_000, 500_000),
    "carriage.z_max_um": (1_000, 100_000),
    "carriage.head_radius_um": (5_000, 60_000),
    "carriage.feed_max_um_s": (1_000, 250_000),
    "carriage.spin_max_mrpm": (0, 45_000),
    "limits.total_over_resting_mn": (1_000, 200_000),
    "limits.rise_mn_s": (100, 100_000),
    "limits.tap_rise_mn_s": (100, 200_000),
    "limits.approach_um_s": (100, 100_000),
    "limits.press_um_s": (100, 200_000),
    "limits.retract_um_s": (1_000, 1_000_000),
    "limits.dwell_ms": (100, 120_000),
    "limits.watchdog_ms": (5, 10_000),
    "limits.ttl_ms": (5, 10_000),
    "limits.consent_ms": (1_000, 3_600_000),
    "limits.pause_ms": (1_000, 3_600_000),
    "limits.session_ms": (1_000, 86_400_000),
}
"""Sanity of each integer: what any machine of this kind could say, not what is acceptable."""


def limits_crc(limits: Mapping[str, Any]) -> int:
    """Return the hash of a limit table: CRC-32 of its JSON, keys sorted, no white space, UTF-8."""
    return zlib.crc32(json.dumps(limits, sort_keys=True, separators=(",", ":")).encode())


def pack_descriptor(table: Mapping[str, Any]) -> bytes:
    """Return the compressed descriptor as it travels."""
    return zlib.compress(json.dumps(table, sort_keys=True, separators=(",", ":")).encode(), 9)


def parse_descriptor(packed: bytes) -> Descriptor:
    """Return the device that `packed` describes.

    Raises:
        DescriptorError: It is not a descriptor, or a field is missing or senseless.
    """
    table = _unpack(packed)
    if table.get("schema") != SCHEMA:
        raise DescriptorError("schema", f"{_brief(table.get('schema'))} is not {SCHEMA}")
    limits = _table(table, "limits")
    descriptor = Descriptor(
        device_id=_text(table, "device_id"),
        model=_text(table, "model"),
        firmware=_text(table, "firmware"),
        simulated=table.get("simulated") is True,
        rate_hz=_integer(table, "rate_hz", "rate_hz"),
        matrix=Matrix(**_integers(table, "matrix", Matrix)),
        carriage=Carriage(**_integers(table, "carriage", Carriage)),
        limits=DeviceLimits(
            bed_ceiling=_ceiling(limits),
            **_integers(table, "limits", DeviceLimits, skip="bed_ceiling"),
        ),
        limits_crc=limits_crc(limits),
    )
    _check_order(descriptor)
    return descriptor


def _unpack(packed: bytes) -> dict[str, Any]:
    try:
        unpacker = zlib.decompressobj()
        text = unpacker.decompress(packed, MAX_JSON_BYTES)
        if unpacker.unconsumed_tail:
            raise DescriptorError("size", f"unpacks to more than {MAX_JSON_BYTES} bytes")
        table = json.loads(text)
    except (zlib.error, ValueError, RecursionError) as error:
        raise DescriptorError("text", f"not compressed JSON ({type(error).__name__})") from None
    if not isinstance(table, dict):
        raise DescriptorError("text", "not a table")
    return table


def _brief(value: object) -> str:
    """Return `value` as a part of a sentence: a number may have four thousand digits."""
    text = repr(value)
    return text if len(text) <= 40 else text[:39] + "…"


def _table(table: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = table.get(name)
    if not isinstance(found, dict):
        raise DescriptorError(name, "missing or not a table")
    return found


def _text(table: Mapping[str, Any], name: str) -> str:
    found = table.get(name)
    if not isinstance(found, str) or not 0 < len(found) <= 64 or not found.isprintable():
        raise DescriptorError(name, "missing, or not 1 to 64 printable characters")
    return found


def _integer(table: Mapping[str, Any], name: str, path: str) -> int:
    found = table.get(name)
    low, high = _RANGES[path]
    if isinstance(found, bool) or not isinstance(found, int):
        raise DescriptorError(path, "missing or not an integer")
    if not low <= found <= high:
        raise DescriptorError(path, f"{_brief(found)} is outside {low} to {high}")
    return found


def _integers(
    table: Mapping[str, Any], part: str, value: type, *, skip: str = ""
) -> dict[str, int]:
    fields = [name for name in value.__dataclass_fields__ if name != skip]  # type: ignore[attr-defined]
    inner = _table(table, part)
    return {name: _integer(inner, name, f"{part}.{name}") for name in fields}


def _ceiling(limits: Mapping[str, Any]) -> tuple[CeilingStep, ...]:
    path = "limits.bed_ceiling"
    rows = limits.get("bed_ceiling")
    if not isinstance(rows, list) or not 1 <= len(rows) <= 32:
        raise DescriptorError(path, "missing, or not 1 to 32 steps")
    steps: list[CeilingStep] = []
    for row in rows:
        pair = [row.get("y_um"), row.get("force_mn")] if isinstance(row, dict) else [None]
        if any(isinstance(value, bool) or not isinstance(value, int) for value in pair):
            raise DescriptorError(path, "a step is not {y_um, force_mn} in integers")
        steps.append(CeilingStep(*pair))
    if any(b.y_um <= a.y_um for a, b in itertools.pairwise(steps)):
        raise DescriptorError(path, "the steps do not rise in y")
    if any(not 0 <= step.force_mn <= 1_000_000 for step in steps):
        raise DescriptorError(path, "a force is outside 0 to 1000000 mN")
    return tuple(steps)


def _check_order(descriptor: Descriptor) -> None:
    carriage, matrix = descriptor.carriage, descriptor.matrix
    if carriage.x_min_um >= carriage.x_max_um:
        raise DescriptorError("carriage.x_max_um", "not above x_min_um")
    if carriage.y_min_um >= carriage.y_max_um:
        raise DescriptorError("carriage.y_max_um", "not above y_min_um")
    if matrix.zero_counts >= matrix.full_scale_counts:
        raise DescriptorError("matrix.zero_counts", "not below full_scale_counts")
    if matrix.rows * matrix.cols > 64 * 32:
        raise DescriptorError("matrix.rows", "more than 2048 taxels a bed")
