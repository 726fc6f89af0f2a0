"""What a session is doing, and what may happen next: one table, read by people and by tests."""

import enum
from collections.abc import Mapping
from typing import Final


class Session(enum.StrEnum):
    """States of a session; the order is the one of the trace and the wire."""

    NO_DEVICE = "no_device"
    NO_FOOT = "no_foot"
    READY = "ready"
    STARTING = "starting"
    RUNNING = "running"
    PAUSED = "paused"
    ENDING = "ending"
    ENDED = "ended"
    STOPPED = "stopped"
    FAULT = "fault"


SESSION_NUMBER: Final = {state: number for number, state in enumerate(Session)}


class Happening(enum.StrEnum):
    """What can happen to a session."""

    DEVICE_FOUND = "device_found"
    DEVICE_LOST = "device_lost"
    FEET_STILL = "feet_still"
    FEET_GONE = "feet_gone"
    START = "start"
    ARMED = "armed"
    NOBODY_PRESSED = "nobody_pressed"
    PAUSE = "pause"
    FOOT_MOVED = "foot_moved"
    RESUME = "resume"
    FINISHED = "finished"
    UNLOADED = "unloaded"
    STOP = "stop"
    LET_GO = "let_go"
    FAULT = "fault"
    ACKNOWLEDGED = "acknowledged"


_S, _H = Session, Happening

PRESSING: Final = frozenset({_S.STARTING, _S.RUNNING, _S.PAUSED, _S.ENDING})
"""States in which the device may be armed."""

IDLE: Final = frozenset({_S.NO_FOOT, _S.READY, _S.ENDED, _S.STOPPED})
"""States in which nothing is asked of the device."""


def _table() -> Mapping[tuple[Session, Happening], Session]:
    table = {
        (_S.NO_DEVICE, _H.DEVICE_FOUND): _S.NO_FOOT,
        (_S.NO_FOOT, _H.FEET_STILL): _S.READY,
        (_S.READY, _H.FEET_GONE): _S.NO_FOOT,
        (_S.STARTING, _H.ARMED): _S.RUNNING,
        (_S.STARTING, _H.NOBODY_PRESSED): _S.READY,
        (_S.RUNNING, _H.PAUSE): _S.PAUSED,
        (_S.RUNNING, _H.FOOT_MOVED): _S.PAUSED,
        (_S.PAUSED, _H.RESUME): _S.STARTING,
        (_S.RUNNING, _H.FINISHED): _S.ENDING,
        (_S.ENDING, _H.UNLOADED): _S.ENDED,
        (_S.ENDED, _H.FEET_GONE): _S.NO_FOOT,
        (_S.STOPPED, _H.FEET_GONE): _S.NO_FOOT,
        (_S.FAULT, _H.ACKNOWLEDGED): _S.NO_FOOT,
    }
    table |= {(state, _H.START): _S.STARTING for state in (_S.READY, _S.ENDED, _S.STOPPED)}
    table |= {(state, _H.FEET_GONE): _S.STOPPED for state in PRESSING}
    table |= {(state, _H.LET_GO): _S.STOPPED for state in PRESSING}
    table |= {(state, _H.DEVICE_LOST): _S.FAULT for state in PRESSING}
    table |= {(state, _H.DEVICE_LOST): _S.NO_DEVICE for state in IDLE}
    table |= {(state, _H.FAULT): _S.FAULT for state in (*PRESSING, *IDLE)}
    table |= {(state, _H.STOP): _S.STOPPED for state in (*PRESSING, _S.READY, _S.ENDED)}
    return table


TRANSITIONS: Final = _table()


def advance(state: Session, happening: Happening) -> Session:
    """Return the state after `happening`; what the table does not name changes nothing."""
    return TRANSITIONS.get((state, happening), state)
