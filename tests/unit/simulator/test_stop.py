"""STOP: eight zero bytes, whatever else is going on."""

import pytest

from firmware_bridge.messages import DeviceState, EventKind, Trip
from simulator.device import SHAPE, Device
from simulator.plant.feet import synthetic_feet
from simulator.plant.people import PEOPLE
from simulator.probe import Probe, target

FRAMED = b"\x05garbage" + bytes(range(1, 200))


def unload_ms(device: Device, below_n: float = 1.0) -> float:
    start_us = device.now_us
    while max(bed.force_n for bed in device.beds) >= below_n:
        device.advance_to(device.now_us + 1_000)
        assert device.now_us - start_us < 1_000_000
    return (device.now_us - start_us) / 1000.0


@pytest.mark.parametrize("cut", range(1, 8))
def test_stop_is_heard_however_it_is_cut(pressing, cut):
    device = pressing.device
    device.receive(b"\x01" + bytes(cut))
    assert device.firmware.machine.state == DeviceState.RUNNING
    device.receive(bytes(8 - cut))
    assert device.firmware.machine.state == DeviceState.RETRACT
    assert device.firmware.machine.trip == Trip.STOP


def test_stop_is_heard_in_the_middle_of_garbage_and_of_a_message(pressing):
    device = pressing.device
    device.receive(FRAMED)
    device.receive(FRAMED[:9] + bytes(8) + FRAMED)
    assert device.firmware.machine.stop_count == 1
    assert unload_ms(device) < 300.0


def test_seven_zeros_are_no_stop(pressing):
    pressing.device.receive(b"\x01" + bytes(7) + b"\x01" + bytes(7) + b"\x01")
    assert pressing.device.firmware.machine.stop_count == 0


def test_stop_works_before_any_greeting(probe):
    probe.device.receive(bytes(8))
    probe.connect()
    assert probe.frame is not None
    assert probe.frame.stop_count == 1
    assert probe.state == DeviceState.READY


def test_each_eight_zeros_count(probe):
    probe.connect()
    probe.device.receive(bytes(24))
    probe.idle(0.05)
    assert probe.frame is not None
    assert probe.frame.stop_count == 3


def test_stop_is_told_with_the_time_it_took(pressing):
    pressing.device.receive(bytes(8))
    pressing.idle(0.5)
    kinds = [event.event for event in pressing.events]
    assert EventKind.STOP in kinds
    unloaded = next(event for event in pressing.events if event.event == EventKind.UNLOADED)
    assert 20 < unloaded.value < 300
    assert pressing.state == DeviceState.READY


def test_stop_never_frees_a_latched_device(pressing):
    machine = pressing.device.firmware.machine
    machine.let_go(Trip.OVER_FORCE)
    pressing.device.receive(bytes(8))
    pressing.idle(0.5)
    assert pressing.state == DeviceState.LATCHED
    pressing.device.receive(bytes(8))
    pressing.idle(0.5)
    assert pressing.state == DeviceState.LATCHED
    assert machine.trip == Trip.OVER_FORCE


@pytest.mark.parametrize("person", ["adult", "stiff", "soft", "elderly"])
def test_sixty_newtons_on_a_heel_are_gone_well_within_300_ms(person):
    feet = synthetic_feet(PEOPLE[person], SHAPE, seed=1)
    probe = Probe(Device(feet, seed=1))
    probe.arm()
    probe.press(7.0, right=target(70.0, 50.0, force_n=58.5))
    assert probe.device.beds[1].force_n > 57.0
    probe.device.receive(bytes(8))
    assert unload_ms(probe.device) < 150.0


def test_the_stop_button_does_what_the_wire_does(pressing):
    pressing.device.act("press-stop")
    pressing.idle(0.6)
    assert pressing.state == DeviceState.READY
    assert pressing.device.firmware.machine.trip == Trip.STOP_BUTTON
    assert pressing.device.firmware.machine.consent_us == -1
    assert EventKind.STOP_BUTTON in {event.event for event in pressing.events}


def test_a_session_that_ends_in_stop_moves_no_more_until_armed_again(pressing):
    device = pressing.device
    device.receive(bytes(8))
    pressing.idle(1.0)
    for _ in range(200):
        pressing.tick(pressing.set_point(right=target(70.0, 50.0, force_n=20.0)))
    assert device.beds[1].wires.z_mm == 0.0
    assert pressing.state == DeviceState.READY
