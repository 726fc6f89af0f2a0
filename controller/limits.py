"""How hard anything may press: ceilings compiled in, a table that may only lower them, an algebra.

A limit is only ever tightened, each time with its reason; there is no value that means "no limit".
"""

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from importlib import resources
from typing import Any, Final

from controller.errors import BadFileError
from controller.regions import REGIONS
from firmware_bridge.descriptor import Descriptor
from firmware_bridge.errors import DescriptorError

SCHEMA: Final = 1
LEVELS: Final[Mapping[str, float]] = {"gentle": 0.6, "normal": 1.0, "strong": 1.5}
"""Multipliers of the normal target; the maximum of the region binds them all. Podal proposal."""

COMPILED_N: Final[Mapping[str, float]] = {
    "heel_medial": 60.0,
    "heel_lateral": 60.0,
    "heel_anterior_medial": 40.0,
    "arch": 28.0,
    "midfoot_lateral": 40.0,
    "mth1": 40.0,
    "mth2": 40.0,
    "mth3": 40.0,
    "mth4": 40.0,
    "mth5": 32.0,
    "hallux": 22.0,
    "toes": 14.0,
}
"""Nothing raises these. Reasons in `data/limits.toml`; unconfirmed on hardware."""

COMPILED_KPA: Final = 200.0
"""Peaks above 200 kPa in the shoe raise the risk of ulcers in neuropathic feet (Armstrong 1998)."""

COMPILED_HOLD_S: Final = 15.0
TICKLE_FLOOR_N: Final = 3.0
TICKLE_FLOOR_TOES_N: Final = 2.0
"""A head that moves in contact presses at least this: light touch tickles (Field 2010)."""

FIRST_RISE_N_S: Final = 5.0
RISE_N_S: Final = 15.0
"""Rise of the force: first visit to a spot, later. Podal proposal."""

FRAME_STALE_S: Final = 0.050
FRAME_LOST_S: Final = 0.100
"""Ten and twenty frames missed at 200 Hz: force to zero, then a fault."""

_DEVICE_CEILINGS: Final[Mapping[str, int]] = {
    "total_over_resting_mn": 80_000,
    "rise_mn_s": 20_000,
    "tap_rise_mn_s": 80_000,
    "approach_um_s": 5_000,
    "press_um_s": 25_000,
    "dwell_ms": 15_000,
    "watchdog_ms": 100,
    "ttl_ms": 60,
    "consent_ms": 60_000,
    "pause_ms": 300_000,
    "session_ms": 1_800_000,
}
_DEVICE_RETRACT_LEAST_UM_S: Final = 100_000
"""The design page of the machine: what a device may claim at most (retract: at least)."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A force limit and why it is what it is; the last reason is the one that binds."""

    value_n: float
    reason: str


def tighten(limit: Limit, value_n: float, reason: str) -> Limit:
    """Return the lower of both; a value that is not a finite number tightens to zero."""
    if not math.isfinite(value_n):
        return Limit(0.0, f"{reason}_not_finite")
    if value_n < limit.value_n:
        return Limit(max(value_n, 0.0), reason)
    return limit


@dataclass(frozen=True, slots=True)
class RegionLimits:
    """Limits of one region of the sole."""

    start_n: float
    normal_n: float
    user_max_n: float
    hard_n: float
    user_kpa: float
    hard_kpa: float
    hold_s: float


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of the sole, by region name, in the order of `REGIONS`."""

    regions: Mapping[str, RegionLimits]

    def at(self, index: int) -> RegionLimits:
        """Return the limits of region number `index`."""
        return self.regions[REGIONS[index]]


def load_limits() -> Limits:
    """Return the limits that ship with Podal.

    Raises:
        BadFileError: The file is damaged or raises a compiled ceiling.
    """
    source = resources.files("controller").joinpath("data", "limits.toml")
    return parse_limits(source.read_text(encoding="utf-8"), "limits.toml")


def parse_limits(text: str, path: str) -> Limits:
    """Return the limits in `text`.

    Raises:
        BadFileError: Not TOML, a key too many or too few, a value outside its range.
    """
    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise BadFileError(path, "", f"not TOML: {error}") from None
    if table.get("schema") != SCHEMA:
        raise BadFileError(path, "schema", f"must be {SCHEMA}")
    regions = table.get("regions")
    if not isinstance(regions, dict) or set(regions) != set(REGIONS):
        raise BadFileError(path, "regions", f"must name exactly: {', '.join(REGIONS)}")
    return Limits({name: _region(name, regions[name], path) for name in REGIONS})


def _region(name: str, row: Any, path: str) -> RegionLimits:
    keys = [field.name for field in fields(RegionLimits)]
    if not isinstance(row, dict) or set(row) != set(keys):
        raise BadFileError(path, f"regions.{name}", f"must have exactly: {', '.join(keys)}")
    for key in keys:
        value = row[key]
        if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
            raise BadFileError(path, f"regions.{name}.{key}", f"{value!r} is not above 0")
    found = RegionLimits(**{key: float(row[key]) for key in keys})
    _check(name, found, path)
    return found


def _check(name: str, row: RegionLimits, path: str) -> None:
    ceilings = (
        ("hard_n", row.hard_n, COMPILED_N[name]),
        ("user_max_n", row.user_max_n, row.hard_n),
        ("normal_n", row.normal_n, row.user_max_n),
        ("start_n", row.start_n, row.normal_n),
        ("hard_kpa", row.hard_kpa, COMPILED_KPA),
        ("user_kpa", row.user_kpa, row.hard_kpa),
        ("hold_s", row.hold_s, COMPILED_HOLD_S),
    )
    for key, value, ceiling in ceilings:
        if not value <= ceiling:
            raise BadFileError(
                path, f"regions.{name}.{key}", f"{value:g} is above its ceiling {ceiling:g}"
            )


def check_device(descriptor: Descriptor) -> None:
    """Accept a device whose own limits are at least as strict as the compiled ones.

    Raises:
        DescriptorError: It would allow more than the compiled ceilings.
    """
    limits = descriptor.limits
    ceiling_mn = round(max(COMPILED_N.values()) * 1000)
    for step in limits.bed_ceiling:
        if step.force_mn > ceiling_mn:
            raise DescriptorError(
                "limits.bed_ceiling",
                f"{step.force_mn} mN is above the compiled ceiling of {ceiling_mn} mN",
            )
    for name, ceiling in _DEVICE_CEILINGS.items():
        value = getattr(limits, name)
        if value > ceiling:
            raise DescriptorError(
                f"limits.{name}", f"{value} is above the compiled ceiling of {ceiling}"
            )
    if limits.retract_um_s < _DEVICE_RETRACT_LEAST_UM_S:
        raise DescriptorError(
            "limits.retract_um_s",
            f"{limits.retract_um_s} is slower than the least {_DEVICE_RETRACT_LEAST_UM_S}",
        )
