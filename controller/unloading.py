"""Whether the force truly falls once it was told to, and how long that takes.

A stop is over when the force is gone, not when the order was sent. What is looked at is the load
cell, both heads, whichever is higher; a reading that is no number counts as force that stays.
"""

from typing import Final, NamedTuple

GONE_N: Final = 1.0
"""Below this nothing presses any more. Source: invariant F4 of the hazard table."""

LOOK_US: Final = 100_000
FALLEN_SHARE: Final = 0.8
"""100 ms after the order at most this share of the force may be left. Source: hazard table, row
A11, with room for a press that turns round at 25 mm/s."""

KEPT: Final = 256
"""So many of the latest times are kept for the percentiles."""


class Unloading(NamedTuple):
    """A stop under way, and how long the ones before took.

    Attributes:
        since_us: When the force was told to go, -1 nothing is under way.
        from_n: The force then.
        stuck: It has not fallen as it should.
        times_us: How long the latest ones took, oldest first.
    """

    since_us: int = -1
    from_n: float = 0.0
    stuck: bool = False
    times_us: tuple[int, ...] = ()


AT_REST: Final = Unloading()


def let_go(unloading: Unloading, force_n: float, now_us: int) -> Unloading:
    """Return the watch after the order to let go; a second order does not begin it anew."""
    if unloading.since_us >= 0 or force_n < GONE_N:
        return unloading
    return unloading._replace(since_us=now_us, from_n=force_n, stuck=False)


def watch(unloading: Unloading, force_n: float, now_us: int) -> Unloading:
    """Return the watch with the force felt at `now_us`."""
    if unloading.since_us < 0:
        return unloading
    took_us = now_us - unloading.since_us
    if force_n < GONE_N:
        times_us = (*unloading.times_us, took_us)[-KEPT:]
        return Unloading(times_us=times_us)
    if took_us >= LOOK_US and not force_n < FALLEN_SHARE * unloading.from_n:
        return unloading._replace(stuck=True)
    return unloading


def quantile_us(times_us: tuple[int, ...], share: float) -> int | None:
    """Return the time that `share` of the stops did not exceed, None where there was none."""
    if not times_us:
        return None
    ordered = sorted(times_us)
    return ordered[min(int(share * len(ordered)), len(ordered) - 1)]
