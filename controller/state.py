"""Everything the controller knows between two ticks, and how its session changes."""

from dataclasses import dataclass
from typing import Final, NamedTuple

from controller.arming import UNMASKED, Answered, Masks
from controller.bed import Bed
from controller.caps import NO_SESSION_CAPS, SessionCaps
from controller.failsafe import UNHARMED, Guard
from controller.geometry import Side
from controller.governor import Given
from controller.hold import NOT_HELD, Hold
from controller.massage import Run
from controller.session import Happening, Session, advance
from controller.unloading import AT_REST, Unloading
from firmware_bridge.messages import BedReport, DeviceState, Down, Frame

NEVER_US: Final = 1_000_000_000
"""Age of a frame that never came: older than anything allowed."""

_DEVICE_STATES: Final = tuple(DeviceState)  # numbered from 0; the codec lets no other through
ARMED: Final = (DeviceState.ARMED, DeviceState.RUNNING)
NOTHING: Final = Given(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class SensorFrame:
    """A frame, when it was taken on the host's clock, and what was answered until then."""

    frame: Frame
    at_us: int
    answers: tuple[Answered, ...] = ()


class State(NamedTuple):
    """Everything the controller knows. A tuple because it is replaced several times a tick.

    Attributes:
        now_us: Time of the last step.
        session: State of the session.
        entered_us: When it was entered.
        reason: Code why the session stopped, faulted or does not start, "" nothing to say.
        beds: Left and right.
        frame: The newest frame, None before the first.
        run: The massage under way or the last one.
        given: What was sent for each head last.
        caps: What the session allows each head on top of the standing caps.
        holds: Where each head has pressed, and how long.
        guard: The gravest cause that is not over yet.
        unloading: Whether the force falls once it was told to.
        same_frames: Images of each bed in a row that repeat the one before, bit for bit.
        masks: What was sent for each bed last in this start.
        armed_us: When arming was asked last, 0 not yet.
        orders: What to send now, in order.
        stop: Send STOP now and until it is confirmed.
        reply: Answer to the request of this step, "" there was none.
        ticks: Steps taken.
        frames: Frames felt; ticks without one must not take a bed's turn.
        seen: A person has acknowledged this fault; the device has yet to unlatch.
        fresh: The last step had a frame.
    """

    now_us: int = 0
    session: Session = Session.NO_DEVICE
    entered_us: int = 0
    reason: str = ""
    beds: tuple[Bed, Bed] = (Bed(Side.LEFT), Bed(Side.RIGHT))
    frame: SensorFrame | None = None
    run: Run | None = None
    given: tuple[Given, Given] = (NOTHING, NOTHING)
    caps: tuple[SessionCaps, SessionCaps] = (NO_SESSION_CAPS, NO_SESSION_CAPS)
    holds: tuple[Hold, Hold] = (NOT_HELD, NOT_HELD)
    guard: Guard = UNHARMED
    unloading: Unloading = AT_REST
    same_frames: tuple[int, int] = (0, 0)
    masks: Masks = UNMASKED
    armed_us: int = 0
    orders: tuple[Down, ...] = ()
    stop: bool = False
    reply: str = ""
    ticks: int = 0
    frames: int = 0
    seen: bool = False
    fresh: bool = False

    @property
    def feet_ready(self) -> bool:
        """Both feet lie still and their soles are known."""
        return self.beds[0].registered and self.beds[1].registered

    @property
    def age_us(self) -> int:
        """Age of the newest frame; without one, older than anything allowed."""
        return self.now_us - self.frame.at_us if self.frame else NEVER_US

    @property
    def device(self) -> DeviceState:
        """State of the device by its newest frame."""
        return _DEVICE_STATES[self.frame.frame.state] if self.frame else DeviceState.SILENT


def go(state: State, happening: Happening, reason: str = "") -> State:
    """Return the state after `happening`, with its reason when the session changes."""
    session = advance(state.session, happening)
    if session is state.session:
        return state
    return state._replace(session=session, entered_us=state.now_us, reason=reason, seen=False)


def reports(frame: Frame) -> tuple[BedReport, BedReport]:
    """Return the reports of both beds, left first."""
    return frame.left, frame.right
