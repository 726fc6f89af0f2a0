"""From what the massage asks to what is sent: both heads governed, the set-point last."""

from controller.governor import Given, Seen, govern
from controller.massage import ask, rest
from controller.session import PRESSING, SESSION_NUMBER, Happening, Session
from controller.settings import Machine, Settings
from controller.state import ARMED, NOTHING, SensorFrame, State, go, reports
from firmware_bridge.messages import BedFlag, BedTarget, SetPoint


def order(state: State, dt_us: int, settings: Settings) -> State:
    """Govern what is asked of both heads and put the set-point last among the orders."""
    machine, sensor = settings.machine, state.frame
    if machine is None or sensor is None:
        return state
    running = state.session is Session.RUNNING
    age_s = state.age_us / 1e6
    given: list[Given] = []
    for bed, report, last in zip(state.beds, reports(sensor.frame), state.given, strict=True):
        if last is NOTHING:
            last = NOTHING._replace(x_mm=report.x_um / 1000, y_mm=report.y_um / 1000)  # noqa: PLW2901
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
        state = go(state, Happening.FAULT, trip)._replace(stop=True)
        state = state._replace(given=(_unloaded(given[0]), _unloaded(given[1])))
    if state.session not in PRESSING or state.device not in ARMED:
        return state  # nothing keeps a device armed that no session holds
    if state.age_us > machine.ttl_ms * 1000:
        return state
    return state._replace(orders=(*state.orders, _setpoint(state, sensor, machine)))


def _unloaded(given: Given) -> Given:
    return given._replace(force_n=0.0, limit_n=0.0)


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
