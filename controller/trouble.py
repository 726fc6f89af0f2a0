"""From a cause to what it does to the session: the failsafe joined to the state."""

from typing import Final

from controller.failsafe import CAUSES, Event, Severity, What, failsafe
from controller.session import Happening, Session
from controller.state import State, go

FROZEN_FRAMES: Final = 5
"""Real noise never repeats: so many equal images in a row are none. Source: hazard table, C3."""

_HARMED: Final = (Session.PAUSED, Session.STOPPED, Session.FAULT)


def fail(state: State, code: str, *, latch: bool = False, reason: str = "") -> State:
    """Return the state after a cause; one that changes no session leaves no mark.

    Args:
        state: Before it.
        code: Of the cause.
        latch: Somebody must acknowledge, however grave the cause is by itself.
        reason: What people are told, where it says more than the code.
    """
    cause = CAUSES.get(code, CAUSES["device_latched"])
    latches = latch and cause.severity < Severity.LATCH
    after = go(state, Happening.FAULT if latches else cause.happening, reason or code)
    if after.session is state.session:
        return state
    if after.session not in _HARMED:
        return after
    known = "device_latched" if latches or code not in CAUSES else code
    guard = failsafe(state.guard, Event(What.HAPPENED, known), state.now_us)
    return after._replace(guard=guard, stop=state.stop or cause.stop)


def hear(state: State, what: What) -> State:
    """Return the state after an act of a person that may end a cause."""
    return state._replace(guard=failsafe(state.guard, Event(what), state.now_us))


def look_again(state: State) -> State:
    """Return the state with the guard told that its cause has gone, once it has."""
    guard = state.guard
    if not guard.present or is_there(state, guard.code):
        return state
    return state._replace(guard=failsafe(guard, Event(What.GONE, guard.code), state.now_us))


def is_there(state: State, code: str) -> bool:
    """Return whether a cause that the host itself detects is still there.

    The device looks at its own causes when it is told that they are acknowledged.
    """
    match code:
        case "matrix_frozen":
            return max(state.same_frames) >= FROZEN_FRAMES
        case "saturated":
            return any(bed.saturated_frames for bed in state.beds)
        case "not_unloading":
            return state.unloading.stuck
        case _:
            return False
