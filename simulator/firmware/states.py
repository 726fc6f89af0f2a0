"""The states of the device as a table: which may follow which, and what a trip leads to."""

from collections.abc import Mapping
from typing import Final

from firmware_bridge.messages import DeviceState, Trip
from simulator.firmware.hazards import END_OF, End

_S = DeviceState

FOLLOWS: Final[Mapping[DeviceState, frozenset[DeviceState]]] = {
    _S.SILENT: frozenset({_S.READY, _S.LATCHED, _S.LIMP}),
    _S.READY: frozenset({_S.ARMED, _S.RETRACT, _S.LIMP}),
    _S.ARMED: frozenset({_S.RUNNING, _S.RETRACT, _S.LIMP}),
    _S.RUNNING: frozenset({_S.ARMED, _S.RETRACT, _S.LIMP}),
    _S.RETRACT: frozenset({_S.READY, _S.LATCHED, _S.LIMP}),
    _S.LATCHED: frozenset({_S.READY, _S.SILENT, _S.RETRACT, _S.LIMP}),
    _S.LIMP: frozenset(),
}
"""There is no way from any state to pressing but through READY, which needs a person again."""

LATCHING: Final = frozenset(trip for trip, end in END_OF.items() if end is not End.READY)
"""After these no way leads to READY but over a person, and after some none at all."""

REHOMING: Final = frozenset(trip for trip, end in END_OF.items() if end is End.LATCHED_UNHOMED)
"""After these the place of the heads, or the parts, are in doubt: acknowledged means home again."""

LIMPING: Final = frozenset(trip for trip, end in END_OF.items() if end is End.LIMP)
"""After these the drives are not trusted even to let go."""


def may_follow(before: DeviceState, after: DeviceState) -> bool:
    """Return whether the table allows this change."""
    return after in FOLLOWS[before]


def after_unloading(trip: Trip) -> DeviceState:
    """Return where the device rests once every head is clear."""
    end = END_OF[trip]
    if end is End.READY:
        return _S.READY
    return _S.LIMP if end in (End.LIMP, End.LIMP_UNLOADED) else _S.LATCHED
