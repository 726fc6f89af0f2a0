"""No host, however mad, makes the device press beyond its bed's ceiling or fall over."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firmware_bridge.codec import encode
from firmware_bridge.framing import wrap_down
from firmware_bridge.messages import (
    Acknowledge,
    Arm,
    BedTarget,
    Describe,
    DeviceState,
    Hello,
    Retract,
    SetPoint,
)
from simulator.device import SHAPE, Device
from simulator.firmware.identity import LIMITS_CRC
from simulator.plant.feet import synthetic_feet
from simulator.plant.people import PEOPLE
from simulator.plant.person_acts import ACTS
from simulator.probe import PARKED, Probe, target

FEET = synthetic_feet(PEOPLE["adult"], SHAPE, seed=1)
MANY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def ceiling_n(y_mm: float) -> float:
    return 22.0 if y_mm >= 275.0 else 40.0 if y_mm >= 115.0 else 60.0


def check(device: Device) -> None:
    state = device.firmware.machine.state
    for bed in device.beds:
        assert bed.force_n <= ceiling_n(bed.wires.y_mm) + 3.0
        assert np.isfinite(bed.force_n)
        if state in (DeviceState.SILENT, DeviceState.READY, DeviceState.LATCHED):
            assert bed.force_n < 1.0


@MANY
@given(st.lists(st.binary(max_size=300), max_size=20))
def test_any_bytes_are_survived(chunks):
    device = Device(FEET, seed=1)
    for chunk in chunks:
        device.receive(chunk)
        device.advance_to(device.now_us + 3_000)
        check(device)


def heel(bed: int, force_n: float) -> BedTarget:
    stance = FEET[bed].stance
    return target(stance.heel_x_mm, stance.heel_y_mm + 28.0, force_n=force_n)


orders = st.builds(
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
acts = st.one_of(
    st.tuples(st.just("press"), orders, orders, st.integers(1, 400)),
    st.tuples(st.just("jump"), orders, orders, st.integers(1, 10)),
    st.tuples(st.just("silence"), st.integers(1, 300)),
    st.tuples(st.just("person"), st.sampled_from(ACTS)),
    st.tuples(st.just("bytes"), st.binary(max_size=40)),
    st.tuples(st.just("stop")),
    st.tuples(st.just("arm"), st.integers(1, 3)),
    st.tuples(st.just("mask"), st.integers(0, 1), st.integers(0, 65_000)),
    st.tuples(
        st.just("message"),
        st.sampled_from([Describe(0), Retract(1), Acknowledge(5), Acknowledge(1), Hello(9, 1, 1)]),
    ),
)


def do(probe: Probe, act: tuple) -> None:  # noqa: C901 - a line or two for each act
    match act:
        case ("press" | "jump", left, right, cycles):
            order = probe.set_point(left, right)
            for _ in range(cycles):
                if act[0] == "press":
                    order = probe.set_point(left, right)
                probe.tick(order)
                check(probe.device)
        case ("silence", cycles):
            for _ in range(cycles):
                probe.tick()
                check(probe.device)
        case ("person", name):
            probe.device.act(name)
        case ("bytes", data):
            probe.device.receive(data)
        case ("stop",):
            probe.device.receive(bytes(8))
        case ("arm", beds):
            probe.tick(Arm(beds=beds, limits_crc=LIMITS_CRC))
        case ("mask", bed, limit_mn):
            probe.tick(probe.mask(bed, limit_mn / 1000.0))
        case ("message", message):
            nonce = 0 if isinstance(message, Hello) else probe.device.firmware.nonce
            probe.device.receive(wrap_down(encode(message, nonce=nonce, counter=1 << 30)))


@pytest.mark.slow
@MANY
@given(st.lists(acts, min_size=3, max_size=12))
def test_no_sequence_of_orders_presses_beyond_the_ceiling(sequence):
    probe = Probe(Device(FEET, seed=1))
    probe.arm()
    probe.press(3.5, left=heel(0, 30.0), right=heel(1, 30.0))
    for act in sequence:
        do(probe, act)
        probe.tick()
        check(probe.device)
    probe.device.receive(bytes(8))
    probe.device.advance_to(probe.device.now_us + 400_000)
    assert max(bed.force_n for bed in probe.device.beds) < 1.0


@pytest.mark.slow
@MANY
@given(orders, st.integers(0, 100))
def test_nothing_is_pressed_without_a_person(order, seed):
    probe = Probe(Device(FEET, seed=seed, auto=False))
    probe.connect()
    for bed in (0, 1):
        probe.tick(probe.mask(bed))
    probe.tick(Arm(beds=3, limits_crc=LIMITS_CRC))
    for _ in range(100):
        probe.tick(probe.set_point(order, order))
    assert max(bed.wires.z_mm for bed in probe.device.beds) == 0.0


def test_the_property_above_can_fail():
    """With a person's consent the very same orders do press."""
    probe = Probe(Device(FEET, seed=1))
    probe.arm()
    order = PARKED._replace(
        x_um=70_000,
        y_um=50_000,
        feed_um_s=100_000,
        force_mn=10_000,
        slew_mn_s=20_000,
        limit_mn=60_000,
    )
    for _ in range(600):
        probe.tick(SetPoint(probe.frame.device_us, 60, 5, 4, PARKED, order))
    assert probe.device.beds[1].force_n > 5.0
