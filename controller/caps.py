"""Whose caps bind: every source of a limit, composed by the minimum, each with its reason.

Standing caps hold from before a massage until after it; they go into the field of the sole and so
into the device's mask. Session caps may change at every tick; the governor folds them in. Every cap
is a finite force or a share of the region's maximum: none means unlimited, there is no off, and
what is not a number counts as zero.
"""

import enum
import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple

from controller.limits import COMPILED_N, Limit, Limits, tighten
from controller.regions import REGIONS

SORE_MM: Final = 20.0
SORE_SHARE: Final = 0.5
"""A reported spot bears half within 20 mm for the session; reported again, nothing. Source: limits
of the domain notes, section 3.6."""

DOSE_S: Final = 145.0
"""Longest massage of one zone in a session: 2.5 hours over 62 zones. Source: as SORE_SHARE."""

AGE_SHARE: Final[Mapping[str, float]] = MappingProxyType(
    {"adult": 1.0, "youth": 0.6, "senior": 0.6}
)
"""Share of the maximum by age: 12 to 17, and 65 and over. Source: as SORE_SHARE."""


class Source(enum.StrEnum):
    """Who tightens a limit; the first half of a reason, before the region."""

    COMPILED = "compiled"
    DEVICE = "device"
    TECHNICIAN = "technician"
    OWNER = "owner"
    AGE = "age"
    USER_MAX = "user_max"
    ZONE = "zone"
    ROUTINE = "routine"
    COMFORT = "comfort"
    WARM_UP = "warm_up"
    SORE_SPOT = "sore_spot"
    DOSE = "dose"
    HOLD = "hold"
    PRESSURE = "pressure"


def reason(source: Source, region: int) -> str:
    """Return the code of a cap of `source` that binds in region number `region`."""
    return f"{source.value}:{REGIONS[region]}"


_REASONS: Final[Mapping[Source, tuple[str, ...]]] = {
    source: tuple(reason(source, region) for region in range(len(REGIONS))) for source in Source
}
"""Made once: the governor needs them at every tick."""


class Standing(NamedTuple):
    """Caps that hold from before a massage until after it.

    Attributes:
        technician_n: By region, set when the machine was calibrated.
        owner_n: By region, set by the owner, who may only lower.
        age: A key of `AGE_SHARE`.
        zone_n: By number of the zone; one that is not named has the cap of its region.
    """

    technician_n: Mapping[str, float] = COMPILED_N
    owner_n: Mapping[str, float] = COMPILED_N
    age: str = "adult"
    zone_n: Mapping[int, float] = MappingProxyType({})


COMPILED_ONLY: Final = Standing()


def standing_limits(limits: Limits, standing: Standing) -> tuple[Limit, ...]:
    """Return the tightest standing cap of each region, in the order of `REGIONS`.

    A region that a table leaves out, and an age that is not known, count as zero.
    """
    share = AGE_SHARE.get(standing.age, 0.0)
    found = []
    for index, name in enumerate(REGIONS):
        user_max_n = limits.at(index).user_max_n
        limit = Limit(COMPILED_N[name], reason(Source.COMPILED, index))
        for value_n, source in (
            (limits.at(index).hard_n, Source.COMPILED),
            (user_max_n, Source.USER_MAX),
            (standing.technician_n.get(name, 0.0), Source.TECHNICIAN),
            (standing.owner_n.get(name, 0.0), Source.OWNER),
            (share * user_max_n, Source.AGE),
        ):
            limit = tighten(limit, value_n, reason(source, index))
        found.append(limit)
    return tuple(found)


class SoreSpot(NamedTuple):
    """Where a person has reported pain, bed frame.

    Attributes:
        x_mm: Middle of the spot.
        y_mm: Middle of the spot.
        times: How often it was reported.
    """

    x_mm: float
    y_mm: float
    times: int = 1


class SessionCaps(NamedTuple):
    """Caps of one bed that may change at every tick; shares are of the region's maximum.

    Attributes:
        routine: What the routine allows itself.
        comfort: What the person has asked for so far.
        warm_up: Start easy.
        sore: Spots that have hurt.
        massaged_us: How long each zone has been pressed in this session, by its number.
    """

    routine: float = 1.0
    comfort: float = 1.0
    warm_up: float = 1.0
    sore: tuple[SoreSpot, ...] = ()
    massaged_us: Mapping[int, int] = MappingProxyType({})


NO_SESSION_CAPS: Final = SessionCaps()


class Share(NamedTuple):
    """The smallest share that the session leaves of a region's maximum, and whose it is."""

    value: float
    source: Source


def smallest_share(caps: SessionCaps) -> Share:
    """Return the smallest share among `caps`; one that is no number counts as zero."""
    share = Share(1.0, Source.ROUTINE)
    for value, source in (
        (caps.routine, Source.ROUTINE),
        (caps.comfort, Source.COMFORT),
        (caps.warm_up, Source.WARM_UP),
    ):
        if not value >= share.value:
            share = Share(max(value, 0.0) if math.isfinite(value) else 0.0, source)
    return share


def tighten_by_session(
    limit: Limit,
    caps: SessionCaps,
    share: Share,
    *,
    x_mm: float,
    y_mm: float,
    most_n: float,
    region: int,
    zone: int,
    doubt_mm: float,
) -> Limit:
    """Return `limit` under the caps of the session at one place of the bed.

    Args:
        limit: Under the standing caps.
        caps: Of the session.
        share: Their smallest share.
        x_mm: The place, bed frame.
        y_mm: The place, bed frame.
        most_n: Lowest maximum of a region within the head's patch; shares are of it.
        region: That region.
        zone: Finest zone at the place, 0 none.
        doubt_mm: One standard deviation of a place on the sole; a spot is felt two of it earlier.
    """
    if not share.value * most_n >= limit.value_n:
        limit = tighten(limit, share.value * most_n, _REASONS[share.source][region])
    if zone and caps.massaged_us.get(zone, 0) >= DOSE_S * 1e6:
        limit = tighten(limit, 0.0, _REASONS[Source.DOSE][region])
    for spot in caps.sore:
        if not math.hypot(spot.x_mm - x_mm, spot.y_mm - y_mm) > SORE_MM + 2.0 * doubt_mm:
            part = SORE_SHARE if spot.times == 1 else 0.0
            limit = tighten(limit, part * most_n, _REASONS[Source.SORE_SPOT][region])
    return limit


def tighten_by_pressure(
    limit: Limit, *, force_n: float, peak_kpa: float, user_kpa: float, hard_kpa: float, region: int
) -> Limit:
    """Return `limit` under what the matrix feels around the head; the lower of both binds.

    Pressure goes with force, so the force that would bring the peak down to its limit is allowed;
    above the hard limit none is. A peak that is no number counts as above it.
    """
    if peak_kpa <= user_kpa:
        return limit
    allowed_n = max(force_n, 0.0) * user_kpa / peak_kpa if peak_kpa <= hard_kpa else 0.0
    return tighten(limit, allowed_n, _REASONS[Source.PRESSURE][region])


def tighten_by_hold(limit: Limit, *, held_us: int, hold_s: float, region: int) -> Limit:
    """Return `limit`, or none at all once the head has pressed here for as long as it may."""
    if held_us < hold_s * 1e6:
        return limit
    return tighten(limit, 0.0, _REASONS[Source.HOLD][region])
