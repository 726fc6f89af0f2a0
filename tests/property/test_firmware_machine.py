"""Whatever the sensors say and the host sends: orders stay within limits, and letting go ends."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firmware_bridge.messages import Acknowledge, Arm, BedTarget, DeviceState, SetPoint, Trip
from simulator.firmware.hazards import ANSWERS
from simulator.firmware.identity import DESCRIPTOR, LIMITS_CRC
from simulator.firmware.limits import limits_of
from simulator.firmware.machine import Machine
from simulator.firmware.masks import Place
from simulator.firmware.states import FOLLOWS, LATCHING, after_unloading
from simulator.wires import IDLE_MA, HeadWires, PanelWires

SOME = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
LIMITS = DESCRIPTOR.limits


class Machinery:
    """A machine in good order, as far as the firmware can tell; the test spoils it."""

    def __init__(self) -> None:
        self.heads = (HeadWires(), HeadWires())
        self.panel = PanelWires()
        self.machine = Machine(self.heads, self.panel)
        self.now_us = 0
        self.spoilt: list[tuple[str, float]] = []

    def step(self) -> None:
        self.now_us += 1_000
        self.machine.step(self.now_us)
        panel = self.panel
        panel.clock2_us = self.now_us
        if self.now_us % 5_000 == 0:
            panel.conversions += 1
        for bed, wires in enumerate(self.heads):
            live = wires.enabled and panel.relay
            current = IDLE_MA if live else 0.0
            wires.press_ma = wires.x_ma = wires.y_ma = current
            if live:
                wires.x_mm += wires.x_speed_mm_s * 0.001
                wires.y_mm += wires.y_speed_mm_s * 0.001
                wires.z_mm = min(max(wires.z_mm + wires.z_speed_mm_s * 0.001, 0.0), 40.0)
                wires.x_ma = wires.y_ma = current + 60.0
            wires.x_flag, wires.y_flag = wires.x_mm < 80.0, wires.y_mm < 60.0
            wires.z_flag = wires.z_mm < 0.5
            wires.force_a_n = 0.01 * ((self.now_us // 1000) % 7 - 3) + bed * 0.001
        for name, value in self.spoilt:
            owner = self.panel if hasattr(self.panel, name) else self.heads[1]
            setattr(owner, name, value)
        self.check()

    def check(self) -> None:
        machine = self.machine
        for wires in self.heads:
            assert -LIMITS.retract_um_s <= wires.z_speed_mm_s * 1000 <= LIMITS.press_um_s + 1e-6
            carriage_mm_s = np.hypot(wires.x_speed_mm_s, wires.y_speed_mm_s)
            assert carriage_mm_s * 1000 <= DESCRIPTOR.carriage.feed_max_um_s + 1e-6
            if machine.state in (DeviceState.SILENT, DeviceState.LIMP):
                assert carriage_mm_s <= 7.1
                assert wires.z_speed_mm_s <= 5.0
            if machine.state not in (DeviceState.ARMED, DeviceState.RUNNING, DeviceState.SILENT):
                assert wires.z_speed_mm_s <= 0.0
                assert wires.x_speed_mm_s == wires.y_speed_mm_s == 0.0
            if machine.state == DeviceState.LIMP:
                assert not wires.enabled
                assert not self.panel.relay
        for head in machine.heads:
            assert head.applied_n <= head.limit_n + 1e-9 or head.applied_n == 0.0

    def start(self) -> None:
        self.machine.start_up()
        while self.machine.state == DeviceState.SILENT:
            self.step()
            assert self.now_us < 3_000_000
        assert self.machine.state == DeviceState.READY

    def arm(self) -> None:
        self.panel.start_pressed = True
        self.step()
        self.panel.start_pressed = False
        mask = limits_of(np.full((32, 16), 30_000, dtype=np.uint16))
        for bed, head in enumerate(self.machine.heads):
            head.limits = mask
            self.machine._places[bed] = Place(80.0, 20.0, 0.0)
        assert self.machine.arm(Arm(3, LIMITS_CRC)) is None


targets = st.builds(
    BedTarget,
    x_um=st.integers(15_000, 145_000),
    y_um=st.integers(0, 310_000),
    feed_um_s=st.integers(0, 200_000),
    force_mn=st.integers(0, 60_000),
    slew_mn_s=st.integers(0, 80_000),
    spin_mrpm=st.integers(-45_000, 45_000),
    vibration_hz=st.sampled_from([0, 20, 45]),
    limit_mn=st.integers(0, 60_000),
    limit_zone=st.just(0),
    limit_region=st.just(255),
)
spoils = st.one_of(
    st.tuples(
        st.sampled_from(["force_a_n", "press_ma", "x_mm", "y_mm", "z_mm", "spin_rpm", "spin_mnm"]),
        st.floats(-600.0, 600.0),
    ),
    st.tuples(st.sampled_from(["motor_c", "surface_c"]), st.floats(-300.0, 300.0)),
    st.tuples(st.sampled_from(["x_flag", "y_flag", "z_flag", "stop_pressed"]), st.booleans()),
    st.tuples(st.just("supply_v"), st.floats(0.0, 30.0)),
    st.tuples(st.sampled_from(["conversions", "clock2_us"]), st.integers(0, 10**7)),
)
acts = st.one_of(
    st.tuples(st.just("order"), targets, st.integers(1, 300)),
    st.tuples(st.just("spoil"), spoils, st.integers(1, 200)),
    st.tuples(st.just("well"), st.integers(1, 300)),
    st.tuples(st.just("stop"), st.integers(1, 50)),
    st.tuples(st.just("acknowledge"), st.integers(1, 400)),
    st.tuples(st.just("hello"), st.integers(1, 50)),
)


def do(rig: Machinery, act: tuple) -> None:
    machine = rig.machine
    order = None
    match act:
        case ("order", target, _):
            order = target
        case ("spoil", spoil, _):
            rig.spoilt.append(spoil)
        case ("well", _):
            rig.spoilt.clear()
        case ("stop", _):
            machine.stop(1)
        case ("acknowledge", _):
            machine.acknowledge(Acknowledge(machine.trip))
        case ("hello", _):
            machine.start_up()
    for number in range(act[-1]):
        if order is not None and number % 5 == 0:
            machine.obey(SetPoint(rig.now_us, 60, 0, 4, order, order), number + 1)
        rig.step()


@pytest.mark.slow
@SOME
@given(st.booleans(), st.lists(acts, min_size=1, max_size=8))
def test_orders_stay_within_limits_and_letting_go_always_ends(start, sequence):
    rig = Machinery()
    if start:
        rig.start()
        rig.arm()
    for act in sequence:
        do(rig, act)
    rig.machine.stop(1)
    for _ in range(2_500):
        rig.step()
        if rig.machine.state in (DeviceState.READY, DeviceState.LATCHED, DeviceState.LIMP):
            break
    assert rig.machine.state in (
        DeviceState.READY,
        DeviceState.LATCHED,
        DeviceState.LIMP,
        DeviceState.SILENT,
    )
    for head in rig.machine.heads:
        assert head.applied_n == 0.0
        assert head.asked_n == 0.0


def test_the_machinery_above_does_press_when_all_is_well():
    rig = Machinery()
    rig.start()
    rig.arm()
    order = BedTarget(80_000, 60_000, 50_000, 9_000, 20_000, 0, 0, 60_000, 0, 255)
    do(rig, ("order", order, 300))
    assert rig.machine.state == DeviceState.RUNNING
    assert rig.heads[0].z_mm > 1.0


def test_every_trip_has_an_answer_and_every_answer_a_state():
    assert set(ANSWERS) == set(Trip) - {Trip.NONE}
    for trip in ANSWERS:
        assert after_unloading(trip) in FOLLOWS[DeviceState.RETRACT]
        assert (trip in LATCHING) == (after_unloading(trip) != DeviceState.READY)


def test_nothing_leads_out_of_limp_and_everything_leads_into_it():
    assert FOLLOWS[DeviceState.LIMP] == frozenset()
    for state in set(DeviceState) - {DeviceState.LIMP}:
        assert DeviceState.LIMP in FOLLOWS[state]
