"""One step of the controller: a frame and a wish in, set-points out, nothing else touched.

Reads like the way of the data: feel the beds, register the feet, see what happened, advance the
session and the massage, ask, govern, order. Time is data; no clock, no input, no output.
"""

from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from controller.arming import UNMASKED, Answered, Masked, Masks, hear, mask_for
from controller.bed import Bed, feel, register
from controller.contact import HeadPlace
from controller.errors import ControllerError, UnknownRoutineError
from controller.geometry import Side
from controller.governor import Given, Seen, govern
from controller.massage import Run, advance, ask, begin, fit, rest, resume, working_bed
from controller.request import Acknowledge, Pause, Request, Resume, Start, Stop
from controller.routine import find_routine, plan
from controller.session import (
    PRESSING,
    SESSION_NUMBER,
    Happening,
    Session,
)
from controller.session import advance as advance_session
from controller.settings import Machine, Settings
from firmware_bridge.messages import (
    Acknowledge as AcknowledgeMessage,
)
from firmware_bridge.messages import (
    Arm,
    BedFlag,
    BedReport,
    BedTarget,
    DeviceState,
    Down,
    Flag,
    Frame,
    Retract,
    SetPoint,
    Trip,
)

FRAMES_LOST_US: Final = 100_000
SILENT_US: Final = 1_000_000
"""Without frames for this long an idle device is gone; while pressing 100 ms are too long."""

JUDGE_FRAMES: Final = 8
"""The shape on each bed is judged 25 times a second; its load at every frame."""

HEAD_CLEAR_N: Final = 0.5
ARM_EVERY_US: Final = 300_000
ENDING_US: Final = 1_000_000
"""At its end a massage waits this long for heads that read as lifted; a drifted cell never may."""

START_WAIT_US: Final = 60_000_000
"""How long a person has to press START on the machine: as long as its consent would last."""

_ARMED: Final = (DeviceState.ARMED, DeviceState.RUNNING)
_LATCHED: Final = (DeviceState.LATCHED, DeviceState.LIMP)
_NOTHING: Final = Given(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


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
        masks: What was sent for each bed last in this start.
        armed_us: When arming was asked last, 0 not yet.
        orders: What to send now, in order.
        stop: Send STOP now and until it is confirmed.
        reply: Answer to the request of this step, "" there was none.
        ticks: Steps taken.
        frames: Frames felt; ticks without one must not take a bed's turn.
        seen: A person has acknowledged this fault; the device has yet to unlatch.
    """

    now_us: int = 0
    session: Session = Session.NO_DEVICE
    entered_us: int = 0
    reason: str = ""
    beds: tuple[Bed, Bed] = (Bed(Side.LEFT), Bed(Side.RIGHT))
    frame: SensorFrame | None = None
    run: Run | None = None
    given: tuple[Given, Given] = (_NOTHING, _NOTHING)
    masks: Masks = UNMASKED
    armed_us: int = 0
    orders: tuple[Down, ...] = ()
    stop: bool = False
    reply: str = ""
    ticks: int = 0
    frames: int = 0
    seen: bool = False

    @property
    def feet_ready(self) -> bool:
        """Both feet lie still and their soles are known."""
        return self.beds[0].registered and self.beds[1].registered

    @property
    def age_us(self) -> int:
        """Age of the newest frame; without one, older than anything allowed."""
        return self.now_us - self.frame.at_us if self.frame else SILENT_US * 1000

    @property
    def device(self) -> DeviceState:
        """State of the device by its newest frame."""
        return DeviceState(self.frame.frame.state) if self.frame else DeviceState.SILENT


def step(
    state: State,
    frame: SensorFrame | None,
    now_us: int,
    request: Request | None,
    settings: Settings,
) -> State:
    """Return the state after one tick, with or without a frame."""
    dt_us = now_us - state.now_us if state.ticks else 0
    state = state._replace(now_us=now_us, ticks=state.ticks + 1, orders=(), stop=False, reply="")
    if frame is not None and settings.machine is not None:
        state = _feel(state._replace(frame=frame), frame.frame, settings, settings.machine)
        if frame.answers:
            state = state._replace(masks=hear(state.masks, frame.answers))
    state = _notice(state, settings)
    if request is not None:
        state = _answer(state, request, settings)
    state = _act(state, dt_us, settings)
    return _order(state, dt_us, settings)


def _reports(frame: Frame) -> tuple[BedReport, BedReport]:
    return frame.left, frame.right


def _feel(state: State, frame: Frame, settings: Settings, machine: Machine) -> State:
    """Feel both beds; their shapes take turns, so that no tick carries both."""
    beds: list[Bed] = []
    for index, report in enumerate(_reports(frame)):
        head = None
        if report.flags & BedFlag.CONTACT or report.force_a_mn > HEAD_CLEAR_N * 1000:
            head = HeadPlace(report.x_um / 1000, report.y_um / 1000)
        bed = feel(
            state.beds[index],
            frame.counts[index],
            machine,
            head=head,
            judge=state.frames % JUDGE_FRAMES == index * JUDGE_FRAMES // 2,
            now_us=state.now_us,
        )
        mine = state.frames % 2 == index
        beds.append(register(bed, settings, state.now_us) if mine and head is None else bed)
    return state._replace(beds=(beds[0], beds[1]), frames=state.frames + 1)


def _go(state: State, happening: Happening, reason: str = "") -> State:
    """Return the state after `happening`, with its reason when the session changes."""
    session = advance_session(state.session, happening)
    if session is state.session:
        return state
    return state._replace(session=session, entered_us=state.now_us, reason=reason, seen=False)


def _notice(state: State, settings: Settings) -> State:
    """See what happened by itself: the device, the feet, the plan."""
    state = _notice_device(state, settings)
    if state.session is Session.NO_DEVICE:
        return state
    state = _notice_feet(state)
    if state.session is Session.RUNNING and state.run is not None and state.run.done:
        state = _go(state, Happening.FINISHED)
    if state.session is Session.STARTING and state.now_us - state.entered_us > START_WAIT_US:
        reason = "no_consent" if _masks_set(state) else "pose_unsure"
        state = _go(state, Happening.NOBODY_PRESSED, reason)
    return state


def _notice_device(state: State, settings: Settings) -> State:
    if settings.machine is None:
        return _go(_unfeel(state), Happening.DEVICE_LOST, "link_lost")
    allowed_us = FRAMES_LOST_US if state.session in PRESSING else SILENT_US
    if state.age_us > allowed_us:
        lost = _go(state, Happening.DEVICE_LOST, "frames_lost")
        return lost._replace(stop=lost.session is Session.FAULT is not state.session)
    state = _go(state, Happening.DEVICE_FOUND)
    device, frame = state.device, state.frame
    trip = Trip(frame.frame.trip).name.lower() if frame and frame.frame.trip in set(Trip) else ""
    if device in _LATCHED:
        return _go(state, Happening.FAULT, trip or "device_latched")
    if state.seen and device is DeviceState.READY:
        return _go(state, Happening.ACKNOWLEDGED)
    if frame and frame.frame.flags & Flag.STOP_BUTTON:
        return _go(state, Happening.LET_GO, "stop_button")  # armed or not yet: no means no
    was_armed = state.session in (Session.RUNNING, Session.PAUSED)
    if was_armed and device not in _ARMED:
        return _go(state, Happening.LET_GO, trip or "device_let_go")
    if state.session is Session.ENDING and device not in _ARMED:
        return _go(state, Happening.UNLOADED)
    if state.session is Session.STARTING and device in _ARMED and _masks_set(state):
        run = fit(state.run, state.beds) if state.run else None  # the feet may lie anew
        return _go(state._replace(run=run), Happening.ARMED)
    return state


def _unfeel(state: State) -> State:
    """Forget what an absent device felt."""
    if state.frame is None:
        return state
    return state._replace(
        frame=None, beds=(Bed(Side.LEFT), Bed(Side.RIGHT)), given=(_NOTHING, _NOTHING)
    )


def _notice_feet(state: State) -> State:
    if state.session in (Session.RUNNING, Session.ENDING):
        if any(bed.gone for bed in state.beds):
            return _go(state, Happening.FEET_GONE, "foot_gone")._replace(stop=True)
        if state.session is Session.RUNNING and not state.feet_ready:
            return _go(state, Happening.FOOT_MOVED, "foot_moved")
        return state
    if state.feet_ready and state.device is DeviceState.READY:
        return _go(state, Happening.FEET_STILL)
    lying = all(bed.still_since_us >= 0 for bed in state.beds)
    if not lying or (state.session is Session.READY and not state.feet_ready):
        if state.session is Session.STARTING and state.device in _ARMED:
            return state  # a resume waits for the feet
        if state.session in PRESSING:  # armed, or about to be
            return _go(state, Happening.FEET_GONE, "foot_gone")._replace(stop=True)
        # What stopped the last massage stays worth reading until the feet are back.
        return _go(state, Happening.FEET_GONE, state.reason or "feet_gone")
    return state


def _answer(state: State, request: Request, settings: Settings) -> State:
    """Do what a person asks, or say by a code why not."""
    match request:
        case Stop():
            return _go(state, Happening.STOP, "stop")._replace(stop=True, reply="ok")
        case Start():
            return _start(state, request, settings)
        case Pause():
            paused = _go(state, Happening.PAUSE, "pause")
            return paused._replace(reply="ok" if paused is not state else "not_running")
        case Resume():
            if state.session is not Session.PAUSED or state.run is None:
                return state._replace(reply="not_paused")
            going = _go(state, Happening.RESUME)
            return going._replace(run=resume(state.run), reply="ok")
        case Acknowledge():
            return _acknowledge(state)


def _start(state: State, request: Start, settings: Settings) -> State:
    if state.session is Session.NO_DEVICE:
        return state._replace(reply="no_device")
    if state.session is Session.FAULT:
        return state._replace(reply="faulted")
    try:
        routine = find_routine(settings.library, request.routine)
        plan(routine, request.minutes)
    except ControllerError as error:
        unknown = isinstance(error, UnknownRoutineError)
        return state._replace(reply="unknown_routine" if unknown else "bad_request")
    if state.session is Session.NO_FOOT or not state.feet_ready:
        return state._replace(reply="no_foot")
    if state.device is not DeviceState.READY:
        return state._replace(reply="not_ready")
    starting = _go(state, Happening.START)
    if starting is state:
        return state._replace(reply="not_ready")
    # Fitting the strokes to the feet takes several ticks' time: only for a start that is one.
    run = begin(routine, state.beds, minutes=request.minutes, level=request.level)
    return starting._replace(run=run, masks=UNMASKED, armed_us=0, reply="ok")


def _acknowledge(state: State) -> State:
    if state.session is not Session.FAULT:
        return state._replace(reply="not_faulted")
    if state.device is DeviceState.LATCHED and state.frame is not None:
        message = AcknowledgeMessage(state.frame.frame.trip)
        return state._replace(orders=(*state.orders, message), reply="ok", seen=True)
    if state.device is DeviceState.LIMP:
        return state._replace(reply="faulted")
    return _go(state, Happening.ACKNOWLEDGED)._replace(reply="ok")


def _masks_set(state: State) -> bool:
    """Return whether the device holds the masks of these feet as they lie now."""
    if state.frame is None:
        return False
    reports = _reports(state.frame.frame)
    return all(map(Masked.holds, state.masks, state.beds, reports))


def _act(state: State, dt_us: int, settings: Settings) -> State:
    """Advance what the session is busy with."""
    match state.session:
        case Session.STARTING:
            return _arm(state, settings)
        case Session.RUNNING:
            return _massage(state, dt_us)
        case Session.ENDING if _heads_clear(state) or state.now_us - state.entered_us > ENDING_US:
            return _release(state)
        case Session.PAUSED | Session.ENDING:
            return state
        case _:
            return _release(state)


def _release(state: State) -> State:
    """Let go of a device that is armed and should not be: its consent belongs to no session."""
    if state.device not in _ARMED:
        return state
    return state._replace(orders=(*state.orders, Retract(0)))


def _arm(state: State, settings: Settings) -> State:
    """Send the masks, then ask to arm until the device agrees."""
    sensor = state.frame
    if not state.feet_ready or settings.machine is None or sensor is None:
        return state
    if not _heads_clear(state):
        return state
    if any(masked.moved for masked in state.masks):
        if state.device in _ARMED:
            return _release(state)  # only a new consent, by START, is one to these places
        state = state._replace(masks=UNMASKED)
    for index, report in enumerate(_reports(sensor.frame)):
        if state.masks[index].is_due(state.beds[index], report, state.now_us):
            return _send_mask(state, index)
    if not _masks_set(state) or state.device is not DeviceState.READY:
        return state
    if state.armed_us and state.now_us - state.armed_us < ARM_EVERY_US:
        return state
    arm = Arm(beds=3, limits_crc=settings.machine.limits_crc)
    return state._replace(orders=(*state.orders, arm), armed_us=state.now_us)


def _send_mask(state: State, index: int) -> State:
    masked, order = mask_for(state.beds[index], state.now_us)
    left, right = state.masks
    masks = (masked, right) if index == 0 else (left, masked)
    return state._replace(orders=(*state.orders, order), masks=masks)


def _heads_clear(state: State) -> bool:
    if state.frame is None:
        return False
    return all(
        abs(report.force_a_mn) < HEAD_CLEAR_N * 1000 and not report.flags & BedFlag.CONTACT
        for report in _reports(state.frame.frame)
    )


def _massage(state: State, dt_us: int) -> State:
    run, sensor = state.run, state.frame
    if run is None or sensor is None:
        return state
    bed = working_bed(run, state.beds)
    if bed.pose is None:
        return state
    report = _reports(sensor.frame)[0 if bed.side is Side.LEFT else 1]
    return state._replace(
        run=advance(
            run,
            dt_us=dt_us,
            pose=bed.pose,
            at=(report.x_um / 1000, report.y_um / 1000),
            force_n=report.force_a_mn / 1000,
        ),
    )


def _order(state: State, dt_us: int, settings: Settings) -> State:
    """Govern what is asked of both heads and put the set-point last among the orders."""
    machine, sensor = settings.machine, state.frame
    if machine is None or sensor is None:
        return state
    running = state.session is Session.RUNNING
    age_s = state.age_us / 1e6
    given: list[Given] = []
    for bed, report, last in zip(state.beds, _reports(sensor.frame), state.given, strict=True):
        if last is _NOTHING:
            last = replace(_NOTHING, x_mm=report.x_um / 1000, y_mm=report.y_um / 1000)  # noqa: PLW2901
        asked = ask(state.run, bed, last) if running and state.run else rest(last)
        seen = Seen(
            age_s=age_s,
            force_a_n=report.force_a_mn / 1000,
            force_b_n=report.force_b_mn / 1000,
            sound=not report.flags & BedFlag.FORCE_A_BAD,
            x_mm=report.x_um / 1000,
            y_mm=report.y_um / 1000,
        )
        given.append(
            govern(
                asked,
                seen=seen,
                last=last,
                field=bed.field,
                carriage=machine.carriage,
                permitted=running,
                dt_s=dt_us / 1e6,
            )
        )
    state = state._replace(given=(given[0], given[1]))
    trip = given[0].trip or given[1].trip
    if trip and state.session in PRESSING:
        state = _go(state, Happening.FAULT, trip)._replace(stop=True)
        state = state._replace(given=(_let_go(given[0]), _let_go(given[1])))
    if state.session not in PRESSING or state.device not in _ARMED:
        return state  # nothing keeps a device armed that no session holds
    if state.age_us > machine.ttl_ms * 1000:
        return state
    return state._replace(orders=(*state.orders, _setpoint(state, sensor, machine)))


def _let_go(given: Given) -> Given:
    return replace(given, force_n=0.0, limit_n=0.0)


def _setpoint(state: State, sensor: SensorFrame, machine: Machine) -> SetPoint:
    return SetPoint(
        frame_us=sensor.frame.device_us,
        ttl_ms=machine.ttl_ms,
        frame_age_ms=min(max(state.age_us // 1000, 0), 65_535),
        host_state=SESSION_NUMBER[state.session],
        left=_target(state, 0),
        right=_target(state, 1),
    )


def _target(state: State, index: int) -> BedTarget:
    given, bed = state.given[index], state.beds[index]
    place = bed.field.at(given.x_mm, given.y_mm) if bed.field else None
    return BedTarget(
        x_um=round(given.x_mm * 1000),
        y_um=round(given.y_mm * 1000),
        feed_um_s=round(given.feed_mm_s * 1000),
        force_mn=int(given.force_n * 1000),
        slew_mn_s=round(given.rise_n_s * 1000),
        spin_mrpm=0,
        vibration_hz=0,
        limit_mn=int(given.limit_n * 1000),
        limit_zone=place.zone if place else 0,
        limit_region=place.region if place and place.region >= 0 else 255,
    )
