"""Answers of the device that have to come in time: to weight, to a dead encoder, to a jam."""

import pytest

from firmware_bridge.messages import DeviceState, Trip
from simulator.device import SHAPE, Device
from simulator.faults.registry import read_faults
from simulator.plant.feet import synthetic_feet
from simulator.plant.people import PEOPLE
from simulator.probe import Probe, target
from simulator.trace import Trace

HEEL = target(70.0, 50.0, force_n=20.0)

ON_TOP_N = 80.0
ON_TOP_MS = 50
"""So much more than rests there for so long. Source: invariant F6 of the hazard table."""

STALLED_MS = 150
"""A press that stands draws no more than it holds with after this. Source: invariant M2."""

LET_GO_MS = 300
"""Invariant F4."""


@pytest.mark.parametrize("act", ["stand", "step-on-right"])
def test_who_stands_up_under_a_pressing_head_is_let_go_before_50_ms_are_over(pressing, act):
    device, bed = pressing.device, pressing.device.beds[1]
    resting_n = bed.load_n
    device.act(act)
    loaded_ms = 0
    for _ in range(600):
        pressing.tick(pressing.set_point(right=HEEL), for_us=1_000)
        loaded_ms += bed.force_n >= 1.0 and bed.bed_n - resting_n > ON_TOP_N
    assert device.firmware.machine.trip == Trip.TOTAL_FORCE
    assert bed.bed_n - resting_n > ON_TOP_N
    assert loaded_ms <= ON_TOP_MS


@pytest.mark.parametrize("begun_s", [0.0, 0.5])
def test_a_press_at_its_end_with_a_dead_encoder_is_driven_no_further(pressing, begun_s):
    device, bed = pressing.device, pressing.device.beds[1]
    device.break_down(read_faults("encoder.right-z=stuck"))
    pressing.press(begun_s, right=HEEL)
    device.receive(bytes(8))
    stalled_ms, longest_ms = 0, 0
    for _ in range(1_500):
        z_mm = bed.z_mm
        pressing.tick(for_us=1_000)
        stands = abs(bed.z_mm - z_mm) < 1e-3
        stalled_ms = stalled_ms + 1 if stands and abs(bed.wires.press_ma) > 300.0 else 0
        longest_ms = max(longest_ms, stalled_ms)
    assert bed.z_mm == pytest.approx(0.0, abs=0.1)
    assert device.firmware.machine.state == DeviceState.LATCHED
    assert 50 < longest_ms <= STALLED_MS


@pytest.mark.parametrize("person", ["soft", "adult", "stiff"])
@pytest.mark.parametrize("asked_n", [20.0, 5.0])
def test_a_foot_under_a_jammed_press_is_free_in_time(person, asked_n):
    feet = synthetic_feet(PEOPLE[person], SHAPE, seed=1)
    device = Device(feet, seed=1, trace=Trace())
    probe = Probe(device)
    probe.arm()
    probe.press(4.5, right=HEEL)
    device.break_down(read_faults("motor.right-z=stuck"))
    probe.press(0.5, right=HEEL._replace(force_mn=round(asked_n * 1000)))
    rows = device.trace.arrays()
    names = rows["fw_state_names"].tolist()
    states = rows["fw_state"]
    if names.index("LIMP") not in states:
        device.receive(bytes(8))
        probe.idle(0.5)
        rows = device.trace.arrays()
        states = rows["fw_state"]
    assert device.firmware.machine.state == DeviceState.LIMP
    letting_go = (states == names.index("RETRACT")) | (states == names.index("LIMP"))
    loaded_ms = int((letting_go & (rows["force_n_r"] >= 1.0)).sum())
    assert loaded_ms <= LET_GO_MS


def test_a_phone_in_the_hand_of_someone_who_has_put_the_foot_back_is_not_laid_down(feet):
    device = Device(feet, seed=1)
    device.advance_to(2_000_000)
    device.act("phone-left")
    device.advance_to(2_300_000)
    device.act("place-left")
    device.advance_to(4_000_000)
    assert device.beds[0].single_foot
    device.act("phone-left")
    device.advance_to(5_000_000)
    assert device.person.placements[0].thing == "phone"
