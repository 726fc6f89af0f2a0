"""What the device finds out before READY, at the end of letting go, and where it is lost.

Proofs for rows of `checks.toml` that no run of the campaign shows: the trace does not say whether a
start was tested, and no unit test elsewhere goes so far.
"""

import pytest

from firmware_bridge.codec import Malformed, decode_up
from firmware_bridge.framing import wrap_up
from firmware_bridge.link import Link
from firmware_bridge.messages import Acknowledge, DeviceState, Frame, Kind, Nak, Refusal, Trip
from simulator.device import SHAPE, Device
from simulator.faults.registry import read_faults
from simulator.firmware.firmware import Firmware
from simulator.plant.feet import synthetic_feet
from simulator.plant.people import PEOPLE
from simulator.probe import Probe, target

HEEL = target(70.0, 50.0, force_n=20.0)


def probe_with(faults: str = "") -> Probe:
    return Probe(Device(synthetic_feet(PEOPLE["adult"], SHAPE, seed=1), seed=1, faults=faults))


def pressing() -> Probe:
    probe = probe_with()
    probe.arm()
    probe.press(3.0, right=HEEL)
    assert probe.device.beds[1].force_n > 15.0
    return probe


def started(probe: Probe, within_s: float = 4.0) -> tuple[DeviceState, Trip]:
    for _ in range(round(within_s / 0.005)):
        probe.tick()
        if probe.state != DeviceState.SILENT:
            break
    return probe.state, probe.device.firmware.machine.trip


@pytest.mark.parametrize("faults", ["load_cell.right=off", "load_cell.left=wrong,+3"])
def test_a_head_that_feels_force_in_the_air_does_not_become_ready(faults):
    assert started(probe_with(faults)) == (DeviceState.LATCHED, Trip.SENSOR)


def test_a_load_cell_that_never_changes_does_not_become_ready():
    assert started(probe_with("load_cell.left=stuck,0")) == (DeviceState.LATCHED, Trip.SENSOR)


def test_a_head_that_is_held_on_the_skin_at_power_on_is_limp():
    probe = pressing()
    device = probe.device
    device.break_down(read_faults("motor.right-z=stuck"))
    wires = (device.beds[0].wires, device.beds[1].wires)
    device.mcu.firmware = Firmware(wires, device.panel, iter(range(7, 99)).__next__)
    probe.link.close()
    probe.idle(0.05)
    assert started(probe) == (DeviceState.LIMP, Trip.RETRACT_FAILED)


def let_go(probe: Probe, seconds: float = 2.0) -> tuple[DeviceState, Trip]:
    probe.device.receive(bytes(8))
    probe.idle(seconds)
    return probe.state, probe.device.firmware.machine.trip


def test_a_press_that_shows_no_way_while_it_lets_go_has_lost_its_place():
    probe = pressing()
    probe.device.break_down(read_faults("encoder.right-z=stuck"))
    assert let_go(probe, 0.2)[1] == Trip.POSITION_LOST


def test_letting_go_that_never_comes_to_the_bottom_has_lost_its_place():
    probe = pressing()
    probe.device.break_down(read_faults("flag.right-z=off"))
    assert let_go(probe) == (DeviceState.LATCHED, Trip.POSITION_LOST)


def test_force_that_stays_ends_in_limp():
    probe = pressing()
    probe.device.break_down(read_faults("motor.right-z=stuck"))
    state, _ = let_go(probe)
    assert state == DeviceState.LIMP


def test_a_device_that_is_armed_has_nothing_to_acknowledge():
    probe = probe_with()
    probe.arm()
    answer = probe.ask(Acknowledge(Trip.NONE))
    assert isinstance(answer, Nak)
    assert answer.refusal == Refusal.WRONG_STATE


def test_a_head_beyond_its_bed_lets_go_and_latches():
    probe = pressing()
    probe.device.break_down(read_faults("encoder.right-y=wrong,+400"))
    for _ in range(3):
        probe.tick(probe.set_point(right=HEEL), for_us=1_000)
    assert probe.device.firmware.machine.trip == Trip.POSITION_LOST


def test_a_frame_in_a_state_that_nobody_knows_is_no_message():
    probe = probe_with()
    probe.connect()
    rows, cols = SHAPE.rows, SHAPE.cols
    probe.device.advance_to(probe.device.now_us)
    (frame,) = (
        message[4:-4]
        for message in probe.device.messages_until(probe.device.now_us + 5_000)
        if message[4] == Kind.FRAME
    )
    assert isinstance(decode_up(frame, rows, cols), Frame)
    unknown = bytearray(frame)
    unknown[18] = len(DeviceState)
    assert isinstance(decode_up(bytes(unknown), rows, cols), Malformed)


def test_a_descriptor_whose_pages_do_not_add_up_is_not_believed():
    device = probe_with().device
    link = Link(iter(range(7, 99)).__next__)
    now_us = 0
    while link.refused is None and now_us < 1_000_000:
        device.receive(link.poll(now_us))
        now_us += 5_000
        for message in device.messages_until(now_us):
            payload = bytearray(message[4:-4])
            if payload[0] == Kind.PAGE:
                payload[-1] ^= 1
            link.receive(wrap_up(bytes(payload)), now_us)
    assert "do not add up" in str(link.refused)
