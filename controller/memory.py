"""What a runner knows, taken down as one value, and put back into a new one.

Nearly all of it is immutable and is kept by reference, so taking it down costs microseconds; only
the counters and buffers of the link are copied.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple

from controller.codebook import BadValueError
from controller.lateness import Histogram
from controller.runner import Runner
from firmware_bridge.clock import Clock
from firmware_bridge.framing import FramingStats, UpDecoder
from firmware_bridge.link import Link
from firmware_bridge.statistics import LinkStats, Times
from firmware_bridge.stopping import Stopping


class Kept(NamedTuple):
    """The attributes of one object that changes.

    Attributes:
        kind: Name of its class.
        values: By attribute; what changes itself is a `Kept` again.
    """

    kind: str
    values: Mapping[str, object]


_NOTHING: Final[frozenset[str]] = frozenset()
_LEFT_OUT: Final[Mapping[type, frozenset[str]]] = {
    # Weights worked out anew, and practice that decides nothing.
    Runner: frozenset({"_zones", "_practice", "_version"}),
    Link: frozenset({"_nonces"}),  # an input: recorded where it is drawn
    LinkStats: _NOTHING,
    Times: _NOTHING,
    Histogram: _NOTHING,
    UpDecoder: _NOTHING,
    FramingStats: _NOTHING,
    Stopping: _NOTHING,
    Clock: _NOTHING,
}


def names_of(thing: object, kind: type) -> list[str]:
    """Return the names of the attributes that make up what `thing` knows as a `kind`."""
    slots = getattr(kind, "__slots__", None)
    names = list(vars(thing)) if slots is None else list(slots)
    return [name for name in names if name not in _LEFT_OUT[kind]]


def remember(runner: Runner, own: frozenset[str] = _NOTHING) -> Kept:
    """Return what `runner` knows now.

    Args:
        runner: The runner; it goes on.
        own: Attributes that a class derived from it has added for its own purposes.
    """
    names = [name for name in names_of(runner, Runner) if name not in own]
    return Kept("Runner", {name: _kept(getattr(runner, name)) for name in names})


def _kept(value: object) -> object:
    kind = type(value)
    if kind in _LEFT_OUT:
        return Kept(
            kind.__name__, {name: _kept(getattr(value, name)) for name in names_of(value, kind)}
        )
    if isinstance(value, list):
        return list(value)
    return dict(value) if isinstance(value, dict) else value


def recall(runner: Runner, kept: Kept) -> None:
    """Let a new `runner` know what another one knew.

    Raises:
        BadValueError: `kept` is not what a runner of this version knows.
    """
    _recall(runner, Runner, kept)


def _recall(thing: object, kind: type, kept: object) -> None:
    if not isinstance(kept, Kept) or kept.kind != kind.__name__:
        raise BadValueError(f"no memory of a {kind.__name__}")
    names = names_of(thing, kind)
    if set(names) != set(kept.values):
        odd = ", ".join(sorted(set(names) ^ set(map(str, kept.values))))
        raise BadValueError(f"a {kind.__name__} of this version differs in: {odd}")
    for name in names:
        value, now = kept.values[name], getattr(thing, name)
        if type(now) in _LEFT_OUT:
            _recall(now, type(now), value)
        else:
            setattr(thing, name, value)
