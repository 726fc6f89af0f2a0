"""The last gate before the wire: whatever was asked, what leaves here is safe to send.

Total for every float. Pressing harder is slow and needs a fresh, sound reading; letting go is never
limited. Every clamp carries its reason.
"""

from math import isfinite
from typing import Final, NamedTuple

from controller.caps import (
    SessionCaps,
    Share,
    smallest_share,
    tighten_by_hold,
    tighten_by_pressure,
    tighten_by_session,
)
from controller.field import Place, SoleField
from controller.limits import FRAME_LOST_S, FRAME_STALE_S, RISE_N_S, Limit, tighten
from firmware_bridge.descriptor import Carriage

OVER_LIMIT_N: Final = 3.0
"""Measured force above the limit by this is a fault; anything above it lets go in proportion."""

DISAGREE_N: Final = 6.0
DISAGREE_RATIO: Final = 0.5
"""Two force channels further apart than the larger of these are doubtful: no rise. The device trips
at 4 N or 35 % for 20 ms; the host is slower and later, so it is wider."""

SATURATED_FRAMES: Final = 6
"""30 ms at 200 Hz with taxels at full scale are a fault. Source: hazard table, row C4."""

MAX_DT_S: Final = 0.02
"""A late tick earns no extra rise."""


class Asked(NamedTuple):
    """What a stroke asks of one head; every number may be any float.

    Attributes:
        x_mm: Place in the bed.
        y_mm: Place in the bed.
        feed_mm_s: Fastest speed of the carriage.
        force_n: Press force.
        rise_n_s: Fastest rise of the force.
        ahead: Where the stroke will be soon, nearest first; their limits bind already.
    """

    x_mm: float
    y_mm: float
    feed_mm_s: float
    force_n: float
    rise_n_s: float
    ahead: tuple[tuple[float, float], ...] = ()


class Seen(NamedTuple):
    """What is known of that head now.

    Attributes:
        age_s: Age of the newest frame.
        force_a_n: Load cell.
        force_b_n: From the motor current.
        sound: The device calls its load cell sound.
        x_mm: Where the head is.
        y_mm: Where the head is.
        peak_kpa: Highest pressure that the matrix feels around it.
        saturated_frames: Frames in a row in which taxels of this bed stood at full scale.
        held_us: How long it has pressed in this place.
    """

    age_s: float
    force_a_n: float
    force_b_n: float
    sound: bool
    x_mm: float
    y_mm: float
    peak_kpa: float
    saturated_frames: int
    held_us: int


class Clamp(NamedTuple):
    """A clamp that bites.

    Attributes:
        asked_n: What was asked for.
        given_n: What this clamp leaves of it.
        reason: Its code; `source:region` where a cap binds.
    """

    asked_n: float
    given_n: float
    reason: str


class Given(NamedTuple):
    """What is sent for one head: 0 <= force_n <= limit_n, all finite, always.

    Attributes:
        clamps: Every clamp that bites, strongest last.
        trip: Code of what the caller must latch as a fault, "" none; it stays while pressing is
            permitted, so a moment of doubt is never outlived by one good reading.
    """

    x_mm: float
    y_mm: float
    feed_mm_s: float
    force_n: float
    rise_n_s: float
    limit_n: float
    clamps: tuple[Clamp, ...] = ()
    trip: str = ""

    @property
    def reasons(self) -> tuple[str, ...]:
        """Codes of the clamps that bite, strongest last."""
        return tuple([clamp.reason for clamp in self.clamps])


def govern(
    asked: Asked,
    *,
    seen: Seen,
    last: Given,
    field: SoleField | None,
    caps: SessionCaps,
    carriage: Carriage,
    permitted: bool,
    dt_s: float,
) -> Given:
    """Return what may be sent to one head now.

    Args:
        asked: What the stroke wants.
        seen: What is known of the head.
        last: What was sent one tick ago.
        field: What the sole allows, None where no foot is registered.
        caps: What the session allows on top of it, which is less or the same.
        carriage: Where the carriage can go.
        permitted: The session allows pressing at all.
        dt_s: Time since `last`.
    """
    place_is_finite = isfinite(asked.x_mm) and isfinite(asked.y_mm) and isfinite(asked.feed_mm_s)
    x_mm = asked.x_mm if place_is_finite else last.x_mm
    y_mm = asked.y_mm if place_is_finite else last.y_mm
    x_mm = min(max(x_mm, carriage.x_min_um / 1000), carriage.x_max_um / 1000)
    y_mm = min(max(y_mm, carriage.y_min_um / 1000), carriage.y_max_um / 1000)
    feed_mm_s = asked.feed_mm_s if place_is_finite else 0.0
    feed_mm_s = min(max(feed_mm_s, 0.0), carriage.feed_max_um_s / 1000)
    trip = (last.trip if permitted else "") or _trip(asked, seen, place_is_finite)
    if not trip and permitted and field is not None:
        trip = _felt_too_much(seen, field)
    limit = _limit(asked, seen, field, caps, x_mm=x_mm, y_mm=y_mm, permitted=permitted)
    if trip:
        limit = tighten(limit, 0.0, trip)
    force_n, clamps = _force(asked, seen, last, limit, dt_s)
    return Given(
        x_mm=x_mm,
        y_mm=y_mm,
        feed_mm_s=feed_mm_s,
        force_n=force_n,
        rise_n_s=min(max(asked.rise_n_s, 0.0), RISE_N_S) if isfinite(asked.rise_n_s) else 0.0,
        limit_n=limit.value_n,
        clamps=clamps,
        trip=trip,
    )


def _trip(asked: Asked, seen: Seen, place_is_finite: bool) -> str:
    """Return why nothing may be pressed for the rest of this session, "" nothing."""
    if not (place_is_finite and isfinite(asked.force_n) and isfinite(asked.rise_n_s)):
        return "not_finite"
    if not (isfinite(seen.force_a_n) and isfinite(seen.force_b_n)):
        return "reading_not_finite"
    if not (isfinite(seen.x_mm) and isfinite(seen.y_mm)):
        return "reading_not_finite"
    if not seen.age_s <= FRAME_LOST_S:
        return "frames_lost"
    return ""


def _felt_too_much(seen: Seen, field: SoleField) -> str:
    """Return the trip of a force or pressure that should not be there, "" none."""
    here = field.at(seen.x_mm, seen.y_mm)
    if here.limit_n > 0.0 and not seen.force_a_n <= here.limit_n + OVER_LIMIT_N:
        return "over_force"
    return "saturated" if seen.saturated_frames >= SATURATED_FRAMES else ""


def _limit(
    asked: Asked,
    seen: Seen,
    field: SoleField | None,
    caps: SessionCaps,
    *,
    x_mm: float,
    y_mm: float,
    permitted: bool,
) -> Limit:
    """Return the lowest limit at the head, where it is sent, and along the stroke."""
    if field is None or not permitted:
        return Limit(0.0, "not_running" if field is not None else "no_foot")
    share = smallest_share(caps)
    limit = _at(field, caps, share, x_mm, y_mm)
    if asked.force_n == 0.0:
        return limit  # a lifted head goes where it likes
    for x, y in ((seen.x_mm, seen.y_mm), *asked.ahead):
        there = _at(field, caps, share, x, y)
        if there.value_n < limit.value_n:
            limit = there
    here = field.at(seen.x_mm, seen.y_mm)
    limit = tighten_by_pressure(
        limit,
        force_n=seen.force_a_n,
        peak_kpa=seen.peak_kpa,
        user_kpa=here.user_kpa,
        hard_kpa=here.hard_kpa,
        region=here.binding,
    )
    if seen.saturated_frames > 0:
        limit = tighten(limit, 0.0, "saturated")
    return tighten_by_hold(limit, held_us=seen.held_us, hold_s=here.hold_s, region=here.binding)


def _at(field: SoleField, caps: SessionCaps, share: Share, x_mm: float, y_mm: float) -> Limit:
    """Return the limit at one place of the bed under the caps of the session."""
    place: Place = field.at(x_mm, y_mm)
    limit = Limit(place.limit_n, place.reason)
    if place.binding < 0:
        return limit
    return tighten_by_session(
        limit,
        caps,
        share,
        x_mm=x_mm,
        y_mm=y_mm,
        most_n=place.most_n,
        region=place.binding,
        zone=place.zone,
        doubt_mm=field.doubt_mm,
    )


def _force(
    asked: Asked, seen: Seen, last: Given, limit: Limit, dt_s: float
) -> tuple[float, tuple[Clamp, ...]]:
    """Return 0 <= force <= limit, and which clamps bit."""
    wanted_n = max(asked.force_n, 0.0) if isfinite(asked.force_n) else 0.0
    if wanted_n == 0.0:
        return 0.0, ()
    allowed = Limit(wanted_n, "")
    clamps: list[Clamp] = []
    step_s = min(max(dt_s, 0.0), MAX_DT_S) if isfinite(dt_s) else 0.0
    rise_n = min(asked.rise_n_s, RISE_N_S) * step_s if asked.rise_n_s > 0.0 else 0.0
    ceilings = [(last.force_n + rise_n, "rate"), (limit.value_n, limit.reason)]
    doubt = _doubt(seen)
    if doubt:
        ceilings.append((last.force_n, doubt))
    if not seen.age_s <= FRAME_STALE_S:
        ceilings.append((0.0, "stale_frame"))
    if not seen.force_a_n <= limit.value_n:
        excess_n = seen.force_a_n - limit.value_n
        ceilings.append((limit.value_n - excess_n, "over_limit"))
    for value_n, reason in ceilings:
        if not value_n >= allowed.value_n:
            allowed = tighten(allowed, value_n, reason)
            clamps.append(Clamp(wanted_n, allowed.value_n, allowed.reason))
    return allowed.value_n, tuple(clamps)


def _doubt(seen: Seen) -> str:
    """Return why the force reading is not believed enough to press harder, "" where it is."""
    if not seen.sound:
        return "load_cell"
    gap_n = abs(seen.force_a_n - seen.force_b_n)
    larger_n = max(abs(seen.force_a_n), abs(seen.force_b_n))
    if not gap_n <= max(DISAGREE_N, DISAGREE_RATIO * larger_n):
        return "channels_disagree"
    return ""
