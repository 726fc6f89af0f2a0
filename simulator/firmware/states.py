"""The states of the device as a table: which may follow which, and what a trip leads to."""

from collections.abc import Mapping
from typing import Final

from firmware_bridge.messages import DeviceState, Trip

_S = DeviceState

FOLLOWS: Final[Mapping[DeviceState, frozenset[DeviceState]]] = {
    _S.SILENT: frozenset({_S.READY}),
    _S.READY: frozenset({_S.ARMED, _S.RETRACT}),
    _S.ARMED: frozenset({_S.RUNNING, _S.RETRACT}),
    _S.RUNNING: frozenset({_S.ARMED, _S.RETRACT}),
    _S.RETRACT: frozenset({_S.READY, _S.LATCHED}),
    _S.LATCHED: frozenset({_S.READY, _S.RETRACT}),
    _S.LIMP: frozenset(),
}
"""There is no way from any state to pressing but through READY, which needs a person again."""

LATCHING: Final = frozenset({Trip.OVER_FORCE, Trip.CHANNELS_DISAGREE, Trip.SENSOR})
"""After these a person must acknowledge, once the cause is gone."""


def may_follow(before: DeviceState, after: DeviceState) -> bool:
    """Return whether the table allows this change."""
    return after in FOLLOWS[before]


def after_unloading(trip: Trip) -> DeviceState:
    """Return where the device rests once every head is clear."""
    return _S.LATCHED if trip in LATCHING else _S.READY
