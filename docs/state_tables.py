"""Tables of the states page and of the trace page."""

from collections.abc import Callable, Mapping
from typing import Final

from controller.failsafe import CAUSES, Clear, Severity
from controller.session import IDLE, PRESSING, TRANSITIONS, Happening, Session
from docs.markdown import table
from firmware_bridge.messages import DeviceState
from simulator import trace_columns
from simulator.firmware.states import FOLLOWS

_DEVICE_STATES: Final = {
    DeviceState.SILENT: "drivers off until the first HELLO; then self-test and homing, below "
    "the skin of "
    "the bed",
    DeviceState.READY: "heads lifted; takes masks; waits to be armed",
    DeviceState.ARMED: "a person has agreed; set-points are obeyed; no head presses or moves up",
    DeviceState.RUNNING: "a set-point asks for force, or a head is off its rest",
    DeviceState.RETRACT: "letting go: force to zero, heads down; nothing is obeyed",
    DeviceState.LATCHED: "let go, and waits for a person to acknowledge; a press may only open",
    DeviceState.LIMP: "both ways to switch off are used, for good; the press opens by itself; "
    "only "
    "power-off leaves it",
}
_SESSION_STATES: Final = {
    Session.NO_DEVICE: "no device, or its session is not up",
    Session.NO_FOOT: "at least one bed has no foot that lies still and is recognised",
    Session.READY: "both feet lie still and are recognised; the device is READY",
    Session.STARTING: "masks are sent and arming is asked, until the device agrees",
    Session.RUNNING: "the massage",
    Session.PAUSED: "heads lifted, the place in the plan is kept",
    Session.ENDING: "the plan is done; the heads are lifted and the device is told to disarm",
    Session.ENDED: "the massage came to its end",
    Session.STOPPED: "it was stopped, or the device let go; see `reason`",
    Session.FAULT: "something was wrong; a person must acknowledge",
}
_HAPPENINGS: Final = {
    Happening.DEVICE_FOUND: "a session with a device is up and a frame has come",
    Happening.DEVICE_LOST: "no session, or no frame for 1 s (100 ms from `starting` to `ending`)",
    Happening.FEET_STILL: "both feet are recognised and the device is READY",
    Happening.FEET_GONE: "a foot left its bed, or is no longer taken for one",
    Happening.START: "a person asked for a massage",
    Happening.ARMED: "the device is armed and both masks are set",
    Happening.NOBODY_PRESSED: "60 s have passed in `starting`",
    Happening.PAUSE: "a person asked for a pause",
    Happening.FOOT_MOVED: "a foot has moved, so that its pose no longer holds",
    Happening.RESUME: "a person asked to go on",
    Happening.FINISHED: "the plan is done",
    Happening.UNLOADED: "the device has disarmed after the end",
    Happening.STOP: "STOP by a person through Podal",
    Happening.LET_GO: "the device disarmed by itself: STOP button, watchdog, any trip",
    Happening.FAULT: "the device is LATCHED or LIMP, or the governor found what must not be",
    Happening.ACKNOWLEDGED: "a person acknowledged, and the device is not LATCHED",
}


def device_states() -> str:
    """Return the device states and which may follow which."""
    rows = (
        (int(state), f"`{state.name}`", _DEVICE_STATES[state], _names(FOLLOWS[state]))
        for state in DeviceState
    )
    return table(("value", "state", "what it means", "may lead to"), rows)


def _names(states: frozenset[DeviceState]) -> str:
    return ", ".join(f"`{state.name}`" for state in sorted(states)) or "nothing but power-off"


def session_states() -> str:
    """Return the session states, and whether the device may be armed in them."""
    rows = (
        (number, f"`{state}`", _SESSION_STATES[state], _duty(state))
        for number, state in enumerate(Session)
    )
    return table(("number", "state", "what it means", "device"), rows)


def _duty(state: Session) -> str:
    if state in PRESSING:
        return "may be armed"
    return "nothing is asked of it" if state in IDLE else "absent or not trusted"


def happenings() -> str:
    """Return what can happen to a session."""
    return table(("happening", "when"), ((f"`{name}`", _HAPPENINGS[name]) for name in Happening))


def transitions() -> str:
    """Return the table of transitions: what is not in it changes nothing."""
    rows = []
    for state in Session:
        for happening in Happening:
            after = TRANSITIONS.get((state, happening))
            if after is not None:
                rows.append((f"`{state}`", f"`{happening}`", f"`{after}`"))
    return table(("in", "when", "becomes"), rows)


def failsafe() -> str:
    """Return every cause: event, detection, reaction, deadline; the gravest first."""
    order = sorted(CAUSES.items(), key=lambda item: (-item[1].severity, item[1].by, item[0]))
    rows = (
        (
            f"`{code}`",
            cause.event,
            f"{cause.by}: {cause.detection}",
            _REACTIONS[cause.severity] + ("; STOP is sent as well" if cause.stop else ""),
            f"{cause.deadline_ms} ms",
            _CLEARED[cause.clear],
            ", ".join(cause.rows),
        )
        for code, cause in order
    )
    head = ("cause", "event", "detected by", "reaction", "deadline", "over when", "rows")
    return table(head, rows)


_REACTIONS: Final = {
    Severity.PAUSE: "lets go, and keeps the place",
    Severity.STOP: "lets go; the massage is over",
    Severity.LATCH: "lets go, and is latched",
}
_CLEARED: Final = {
    Clear.ITSELF: "it has gone",
    Clear.RESUME: "a person goes on",
    Clear.START: "a person starts anew",
    Clear.ACKNOWLEDGE: "it has gone, and a person has acknowledged",
}

_TYPES: Final = {
    "q": "int64",
    "b": "int8",
    "?": "bool",
    "I": "uint32",
    "f": "float32",
    "H": "uint16",
    "B": "uint8",
}


def _trace(columns: tuple[trace_columns.Column, ...]) -> str:
    rows = ((f"`{name}`", _TYPES[code], source) for name, code, source in columns)
    return table(("array", "type", "what it is"), rows)


def trace_names() -> str:
    """Return the two lists of names that the state columns index."""
    rows = [
        (f"`{name}`", ", ".join(f"{number} `{text}`" for number, text in enumerate(names)))
        for name, names in (
            ("fw_state_names", trace_columns.FW_STATE_NAMES),
            ("host_state_names", trace_columns.HOST_STATE_NAMES),
        )
    ]
    return table(("array", "names"), rows)


PARTS: Final[Mapping[str, Callable[[], str]]] = {
    "device states": device_states,
    "session states": session_states,
    "session happenings": happenings,
    "session transitions": transitions,
    "failsafe": failsafe,
    "trace machine columns": lambda: _trace(trace_columns.MACHINE_COLUMNS),
    "trace bed columns": lambda: _trace(trace_columns.BED_COLUMNS),
    "trace names": trace_names,
}
