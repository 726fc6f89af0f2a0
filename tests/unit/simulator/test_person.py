"""What a simulated person does by themselves and when told."""

import pytest

from firmware_bridge.messages import EventKind
from simulator.device import Device
from simulator.plant.person_acts import ACTS


def test_someone_who_acts_alone_sits_places_both_feet_and_presses_start(feet):
    device = Device(feet, seed=1)
    device.advance_to(1_200_000)
    assert device.person.seated
    assert [leg.share for leg in device.person.legs] == [1.0, 1.0]
    device.advance_to(2_000_000)
    kinds = [happening[1] for happening in device.firmware.journal]
    assert kinds == []  # the journal has been taken
    assert device.firmware.machine.consent_us > 1_500_000


def test_someone_who_waits_does_nothing(feet):
    device = Device(feet, seed=1, auto=False)
    device.advance_to(3_000_000)
    assert not device.person.seated
    assert device.firmware.machine.consent_us == -1
    assert max(device.firmware.machine.loads.bed_n) < 2.0


@pytest.mark.parametrize("act", ACTS)
def test_every_act_is_known_and_written_down(feet, act):
    device = Device(feet, seed=1, auto=False)
    assert device.act(act)
    assert device.person.journal == [(0, act)]
    device.advance_to(500_000)


def test_an_unknown_act_is_refused(feet):
    assert not Device(feet, seed=1).act("dance")


def test_a_withdrawn_foot_is_off_the_bed_within_half_a_second(feet):
    device = Device(feet, seed=1)
    device.advance_to(2_000_000)
    device.act("withdraw-left")
    device.advance_to(2_500_000)
    left, right = device.beds
    assert left.load_n == 0.0
    assert left.foot_lift_mm == 80.0
    assert right.load_n > 55.0


def test_a_resting_foot_sways_by_one_per_cent(feet):
    device = Device(feet, seed=1)
    loads = []
    for step in range(400):
        device.advance_to(2_000_000 + step * 50_000)
        loads.append(device.beds[0].load_n)
    assert 59.2 < min(loads) < 59.9
    assert 60.1 < max(loads) < 60.8


def test_placing_a_foot_is_told_with_its_bed(probe):
    probe.connect()
    probe.device.act("withdraw-left")
    probe.idle(0.6)
    probe.device.act("place-left")
    probe.idle(0.8)
    placed = [e for e in probe.events if e.event == EventKind.FOOT_PLACED]
    assert placed[-1].bed == 0
    assert placed[-1].value > 15_000
