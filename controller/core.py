"""One step of the controller: a frame and a wish in, set-points out, nothing else touched.

Reads like the way of the data: weigh the beds, see what happened, advance the session and the
massage, ask, govern, order. What no set-point waits for comes between two steps: judge the shapes,
register the feet, look along the path. Time is data; no clock, no input, no output.
"""

from typing import Final

from controller.arming import UNMASKED, hear_answers, mask_for
from controller.bed import Bed, feel, judge, register, weigh
from controller.caps import SessionCaps
from controller.contact import HeadPlace
from controller.errors import ControllerError, UnknownRoutineError
from controller.failsafe import CAUSES, What
from controller.geometry import Side
from controller.hold import NOT_HELD
from controller.massage import advance, begin, fit, look_ahead, resume, warm_up, working_bed
from controller.orders import order
from controller.permission import forbidden_start, masks_held
from controller.request import Acknowledge, Pause, Request, Resume, Start, Stop
from controller.routine import find_routine, plan
from controller.session import (
    PRESSING,
    Happening,
    Session,
)
from controller.settings import Machine, Settings
from controller.state import ARMED, NOTHING, SensorFrame, State, go, reports
from controller.trouble import FROZEN_FRAMES, fail, hear, look_again
from controller.unloading import Unloading, let_go, watch
from firmware_bridge.messages import (
    Acknowledge as AcknowledgeMessage,
)
from firmware_bridge.messages import (
    Arm,
    BedFlag,
    DeviceState,
    Flag,
    Frame,
    Retract,
    Trip,
)

FRAMES_LOST_US: Final = 100_000
SILENT_US: Final = 1_000_000
"""Without frames for this long an idle device is gone; while pressing 100 ms are too long."""

JUDGE_FRAMES: Final = 8
"""The shape on each bed is judged 25 times a second; its load at every frame."""

FEEL_FRAMES: Final = 4
"""Whether a registered foot has stirred is felt 50 times a second, between the judgements."""

HEAD_CLEAR_N: Final = 0.5
ARM_EVERY_US: Final = 300_000
ENDING_US: Final = 1_000_000
"""At its end a massage waits this long for heads that read as lifted; a drifted cell never may."""

START_WAIT_US: Final = 60_000_000
"""How long a person has to press START on the machine: as long as its consent would last."""

_TRIP_CODES: Final = {int(trip): trip.name.lower() for trip in Trip if trip is not Trip.NONE}
_STOP_BUTTON: Final = int(Flag.STOP_BUTTON)  # arithmetic with a flag itself is slow
_CONTACT: Final = int(BedFlag.CONTACT)
_LATCHED: Final = (DeviceState.LATCHED, DeviceState.LIMP)


def step(
    state: State,
    frame: SensorFrame | None,
    now_us: int,
    request: Request | None,
    settings: Settings,
) -> State:
    """Return the state after one tick, with or without a frame; `reflect` belongs after it."""
    dt_us = now_us - state.now_us if state.ticks else 0
    if frame is not None and settings.machine is not None:
        state = state._replace(
            now_us=now_us,
            ticks=state.ticks + 1,
            orders=(),
            stop=False,
            reply="",
            frame=frame,
            beds=weigh(state.beds, frame.frame, settings.machine),
            same_frames=_same_frames(state, frame.frame),
            frames=state.frames + 1,
            fresh=True,
        )
        if frame.answers:
            state = state._replace(masks=hear_answers(state.masks, frame.answers))
    else:
        state = state._replace(
            now_us=now_us, ticks=state.ticks + 1, orders=(), stop=False, reply="", fresh=False
        )
    before = state.session
    state = _notice(look_again(state), settings)
    if request is not None:
        state = _answer(state, request, settings)
    state = order(_act(state, dt_us, settings), dt_us, settings)
    return _watch_unloading(state, before)


def _same_frames(state: State, frame: Frame) -> tuple[int, int]:
    """Return how many images in a row, this one included, repeat the last one of their bed."""
    if state.frame is None:
        return 0, 0
    now, last = frame.counts, state.frame.frame.counts
    left, right = state.same_frames
    return (
        left + 1 if now[0].tobytes() == last[0].tobytes() else 0,
        right + 1 if now[1].tobytes() == last[1].tobytes() else 0,
    )


def reflect(state: State, settings: Settings) -> State:
    """Return the state after what no set-point waits for; once after each step.

    The beds take turns, and the path has its own: a frame that comes meanwhile waits for one of
    these at most, and what it finds counts from the next step on.
    """
    if state.run is not None and state.session is Session.RUNNING:
        pose = working_bed(state.run, state.beds).pose
        run = look_ahead(state.run, pose) if pose is not None else state.run
        if run is not state.run:
            state = state._replace(run=run)
    if state.fresh and state.frame is not None and settings.machine is not None:
        return _see(state, state.frame.frame, settings, settings.machine)
    return state


def _see(state: State, frame: Frame, settings: Settings, machine: Machine) -> State:
    """See the shape on the bed whose turn it is, or go on registering its foot."""
    index = state.frames % 2
    bed, report = state.beds[index], reports(frame)[index]
    head = None
    if report.flags & _CONTACT or report.force_a_mn > HEAD_CLEAR_N * 1000:
        head = HeadPlace(report.x_um / 1000, report.y_um / 1000)
    if state.frames % JUDGE_FRAMES == index * (JUDGE_FRAMES // 2 + 1):
        seen = judge(bed, machine, head, state.now_us)
    elif bed.saturated_frames:  # by then nobody knows what the matrix feels
        return state
    elif bed.watched and state.frames % FEEL_FRAMES == 2 + index:
        seen = feel(bed, machine, head, state.now_us)
    elif head is None:
        seen = register(bed, settings, state.now_us)
    else:
        return state
    if seen is bed:
        return state
    left, right = state.beds
    return state._replace(beds=(seen, right) if index == 0 else (left, seen))


def _notice(state: State, settings: Settings) -> State:
    """See what happened by itself: the device, the feet, the plan."""
    state = _notice_device(state, settings)
    if state.session is Session.NO_DEVICE:
        return state
    state = _notice_feet(state)
    if state.session is Session.RUNNING and state.run is not None and state.run.done:
        state = go(state, Happening.FINISHED)
    if state.session is Session.STARTING and state.now_us - state.entered_us > START_WAIT_US:
        reason = "no_consent" if masks_held(state) else "pose_unsure"
        state = go(state, Happening.NOBODY_PRESSED, reason)
    return state


def _notice_device(state: State, settings: Settings) -> State:
    if settings.machine is None:
        lost = fail(_unfeel(state), "link_lost", reason=settings.barred)
        was_pressing = lost.session is Session.FAULT is not state.session
        return lost._replace(stop=was_pressing and bool(settings.barred))
    allowed_us = FRAMES_LOST_US if state.session in PRESSING else SILENT_US
    if state.age_us > allowed_us:
        return fail(state, "frames_lost")
    state = go(state, Happening.DEVICE_FOUND)
    device, frame = state.device, state.frame
    trip = _TRIP_CODES.get(frame.frame.trip, "") if frame else ""
    if device in _LATCHED:
        return fail(state, trip or "device_latched", latch=True)
    if max(state.same_frames) >= FROZEN_FRAMES and state.session in PRESSING:
        return fail(state, "matrix_frozen")
    if state.seen and device is DeviceState.READY:
        return hear(go(state, Happening.ACKNOWLEDGED), What.ACKNOWLEDGED)
    if frame and frame.frame.flags & _STOP_BUTTON:
        return fail(state, "stop_button")  # armed or not yet: no means no
    was_armed = state.session in (Session.RUNNING, Session.PAUSED)
    if was_armed and device not in ARMED:
        return _let_go_by(state, trip or "device_let_go")
    if state.session is Session.ENDING and device not in ARMED:
        return go(state, Happening.UNLOADED)
    if state.session is Session.STARTING and device in ARMED and masks_held(state):
        run = fit(state.run, state.beds) if state.run else None  # the feet may lie anew
        return go(state._replace(run=run), Happening.ARMED)
    return state


def _let_go_by(state: State, code: str) -> State:
    """Return the state after the device has let go; a trip that latches shows as LATCHED soon."""
    cause = CAUSES.get(code)
    known = cause is not None and cause.happening is Happening.LET_GO
    return fail(state, code) if known else go(state, Happening.LET_GO, code)


def _watch_unloading(state: State, before: Session) -> State:
    """See that the force falls after whatever ends the pressing; STOP again where it does not."""
    if state.frame is None:
        return state
    left, right = reports(state.frame.frame)
    force_n = max(left.force_a_mn, right.force_a_mn) / 1000
    unloading = state.unloading
    if state.stop or (before is Session.RUNNING is not state.session):
        unloading = let_go(unloading, force_n, state.now_us)
    if unloading.since_us < 0:
        return state
    if state.fresh:
        unloading = watch(unloading, force_n, state.now_us)
    state = state._replace(unloading=unloading)
    return fail(state, "not_unloading")._replace(stop=True) if unloading.stuck else state


def _unfeel(state: State) -> State:
    """Forget what an absent device felt."""
    if state.frame is None:
        return state
    return state._replace(
        frame=None,
        beds=(Bed(Side.LEFT), Bed(Side.RIGHT)),
        given=(NOTHING, NOTHING),
        unloading=Unloading(times_us=state.unloading.times_us),
    )


def _notice_feet(state: State) -> State:
    if state.session in PRESSING and any(bed.strange for bed in state.beds):
        return fail(state, "not_one_foot")
    if state.session in (Session.RUNNING, Session.ENDING):
        if any(bed.gone for bed in state.beds):
            return fail(state, "foot_gone")
        if state.session is Session.RUNNING and not state.feet_ready:
            return fail(state, "foot_moved")
        return state
    if state.feet_ready and state.device is DeviceState.READY:
        return go(state, Happening.FEET_STILL)
    lying = all(bed.still_since_us >= 0 for bed in state.beds)
    if not lying or (state.session is Session.READY and not state.feet_ready):
        if state.session is Session.STARTING and state.device in ARMED:
            return state  # a resume waits for the feet
        if state.session in PRESSING:  # armed, or about to be
            return fail(state, "foot_gone")
        # What stopped the last massage stays worth reading until the feet are back.
        return go(state, Happening.FEET_GONE, state.reason or "feet_gone")
    return state


def _answer(state: State, request: Request, settings: Settings) -> State:
    """Do what a person asks, or say by a code why not."""
    match request:
        case Stop():
            return fail(state, "stop")._replace(stop=True, reply="ok")
        case Start():
            return _start(state, request, settings)
        case Pause():
            paused = go(state, Happening.PAUSE, "pause")
            return paused._replace(reply="ok" if paused is not state else "not_running")
        case Resume():
            if state.session is not Session.PAUSED or state.run is None:
                return state._replace(reply="not_paused")
            going = hear(go(state, Happening.RESUME), What.RESUMED)
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
    forbidden = forbidden_start(state, settings)
    if forbidden:
        return state._replace(reply=forbidden)
    if state.device is not DeviceState.READY:
        return state._replace(reply="not_ready")
    starting = go(state, Happening.START)
    if starting is state:
        return state._replace(reply="not_ready")
    # Fitting the strokes to the feet takes several ticks' time: only for a start that is one.
    run = begin(routine, state.beds, minutes=request.minutes, level=request.level)
    caps = SessionCaps(routine=routine.most)
    return starting._replace(
        run=run,
        masks=UNMASKED,
        armed_us=0,
        caps=(caps, caps),
        holds=(NOT_HELD, NOT_HELD),
        reply="ok",
    )


def _acknowledge(state: State) -> State:
    if state.session is not Session.FAULT:
        return state._replace(reply="not_faulted")
    if state.guard.present:
        return state._replace(reply="still_there")
    if state.device is DeviceState.LATCHED and state.frame is not None:
        message = AcknowledgeMessage(state.frame.frame.trip)
        return state._replace(orders=(*state.orders, message), reply="ok", seen=True)
    if state.device is DeviceState.LIMP:
        return state._replace(reply="faulted")
    return hear(go(state, Happening.ACKNOWLEDGED), What.ACKNOWLEDGED)._replace(reply="ok")


def _heads_clear(state: State) -> bool:
    if state.frame is None:
        return False
    return all(
        abs(report.force_a_mn) < HEAD_CLEAR_N * 1000 and not report.flags & _CONTACT
        for report in reports(state.frame.frame)
    )


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
    if state.device not in ARMED:
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
        if state.device in ARMED:
            return _release(state)  # only a new consent, by START, is one to these places
        state = state._replace(masks=UNMASKED)
    for index, report in enumerate(reports(sensor.frame)):
        if state.masks[index].is_due(state.beds[index], report, state.now_us):
            return _send_mask(state, index)
    if not masks_held(state) or state.device is not DeviceState.READY:
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


def _massage(state: State, dt_us: int) -> State:
    run, sensor = state.run, state.frame
    if run is None or sensor is None:
        return state
    bed = working_bed(run, state.beds)
    if bed.pose is None:
        return state
    report = reports(sensor.frame)[0 if bed.side is Side.LEFT else 1]
    run = advance(
        run,
        dt_us=dt_us,
        pose=bed.pose,
        at=(report.x_um / 1000, report.y_um / 1000),
        force_n=report.force_a_mn / 1000,
    )
    share = warm_up(run)
    left, right = state.caps
    if left.warm_up != share:
        left, right = left._replace(warm_up=share), right._replace(warm_up=share)
    return state._replace(run=run, caps=(left, right))
