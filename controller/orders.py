"""From what the massage asks to what is sent: both heads governed, the set-point last."""

from typing import Final

from controller.caps import SessionCaps
from controller.field import NOWHERE, SoleField
from controller.governor import Given, Seen, govern
from controller.hold import Hold, hold_on
from controller.massage import ask, rest
from controller.permission import forbidden_press
from controller.session import PRESSING, SESSION_NUMBER, Session
from controller.settings import Machine, Settings
from controller.state import ARMED, NOTHING, State
from controller.trouble import fail
from firmware_bridge.messages import BedFlag, BedReport, BedTarget, Frame, SetPoint

CONTACT_MN: Final = 1_000
"""A head that presses more is massaging."""

_ARMED: Final = tuple(map(int, ARMED))


_FORCE_A_BAD: Final = int(BedFlag.FORCE_A_BAD)  # arithmetic with a flag itself is slow


def order(state: State, dt_us: int, settings: Settings) -> State:
    """Govern what is asked of both heads and put the set-point last among the orders."""
    machine, sensor = settings.machine, state.frame
    if machine is None or sensor is None:
        return state
    frame, age_us = sensor.frame, state.now_us - sensor.at_us
    state = _spend(state, frame, dt_us)
    permitted = state.session is Session.RUNNING and not forbidden_press(state, settings)
    given = (
        _give(state, 0, frame.left, machine, age_us / 1e6, dt_us / 1e6, permitted=permitted),
        _give(state, 1, frame.right, machine, age_us / 1e6, dt_us / 1e6, permitted=permitted),
    )
    pressing = state.session in PRESSING
    trip = given[0].trip or given[1].trip
    if trip and pressing:
        state = fail(state, trip)._replace(stop=True)
        given = (_unloaded(given[0]), _unloaded(given[1]))
        pressing = state.session in PRESSING
    # Nothing keeps a device armed that no session holds, and nothing is made of an old frame.
    if not pressing or frame.state not in _ARMED or age_us > machine.ttl_ms * 1000:
        return state._replace(given=given)
    setpoint = SetPoint(
        frame_us=frame.device_us,
        ttl_ms=machine.ttl_ms,
        frame_age_ms=min(max(age_us // 1000, 0), 65_535),
        host_state=SESSION_NUMBER[state.session],
        left=_target(given[0], state.beds[0].field),
        right=_target(given[1], state.beds[1].field),
    )
    return state._replace(given=given, orders=(*state.orders, setpoint))


def _spend(state: State, frame: Frame, dt_us: int) -> State:
    """Count how long each head has pressed where it is, and each zone in this session."""
    left, right = frame.left, frame.right
    held = state.holds[0].held_us or state.holds[1].held_us
    if not held and left.force_a_mn < CONTACT_MN and right.force_a_mn < CONTACT_MN:
        return state
    return state._replace(
        holds=(_held(state.holds[0], left, dt_us), _held(state.holds[1], right, dt_us)),
        caps=(
            _spent(state.caps[0], state.beds[0].field, left, dt_us),
            _spent(state.caps[1], state.beds[1].field, right, dt_us),
        ),
    )


def _held(hold: Hold, report: BedReport, dt_us: int) -> Hold:
    if not hold.held_us and report.force_a_mn < CONTACT_MN:
        return hold
    return hold_on(
        hold,
        x_mm=report.x_um / 1000,
        y_mm=report.y_um / 1000,
        force_n=report.force_a_mn / 1000,
        dt_us=dt_us,
    )


def _spent(
    caps: SessionCaps, field: SoleField | None, report: BedReport, dt_us: int
) -> SessionCaps:
    if field is None or report.force_a_mn < CONTACT_MN:
        return caps
    zone = field.at(report.x_um / 1000, report.y_um / 1000).zone
    if not zone:
        return caps
    massaged_us = caps.massaged_us.get(zone, 0) + dt_us
    return caps._replace(massaged_us={**caps.massaged_us, zone: massaged_us})


def _give(
    state: State,
    index: int,
    report: BedReport,
    machine: Machine,
    age_s: float,
    dt_s: float,
    *,
    permitted: bool,
) -> Given:
    """Return what one head is given: what is asked of it, governed."""
    bed, last = state.beds[index], state.given[index]
    if last is NOTHING:
        last = NOTHING._replace(x_mm=report.x_um / 1000, y_mm=report.y_um / 1000)
    return govern(
        ask(state.run, bed, last) if permitted and state.run is not None else rest(last),
        seen=Seen(
            age_s,
            report.force_a_mn / 1000,
            report.force_b_mn / 1000,
            not report.flags & _FORCE_A_BAD,
            report.x_um / 1000,
            report.y_um / 1000,
            bed.head_kpa,
            bed.saturated_frames,
            state.holds[index].held_us,
        ),
        last=last,
        field=bed.field,
        caps=state.caps[index],
        carriage=machine.carriage,
        permitted=permitted,
        dt_s=dt_s,
    )


def _unloaded(given: Given) -> Given:
    return given._replace(force_n=0.0, limit_n=0.0)


def _target(given: Given, field: SoleField | None) -> BedTarget:
    place = field.at(given.x_mm, given.y_mm) if field is not None else NOWHERE
    return BedTarget(
        x_um=round(given.x_mm * 1000),
        y_um=round(given.y_mm * 1000),
        feed_um_s=round(given.feed_mm_s * 1000),
        force_mn=int(given.force_n * 1000),
        slew_mn_s=round(given.rise_n_s * 1000),
        spin_mrpm=0,
        vibration_hz=0,
        limit_mn=int(given.limit_n * 1000),
        limit_zone=place.zone,
        limit_region=place.region if place.region >= 0 else 255,
    )
