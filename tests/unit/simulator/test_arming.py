"""What it takes to leave READY, and that a person always has a part in it."""

import pytest

from firmware_bridge.messages import (
    U32_MAX,
    Ack,
    Arm,
    DeviceState,
    EventKind,
    Flag,
    Nak,
    Refusal,
    Trip,
)
from simulator.device import Device
from simulator.firmware.identity import LIMITS_CRC
from simulator.probe import Probe, target

BOTH = Arm(beds=3, limits_crc=LIMITS_CRC)


@pytest.fixture
def manual(feet) -> Probe:
    """A connected host; the person has placed both feet and does nothing else."""
    probe = Probe(Device(feet, seed=1, auto=False))
    probe.idle(1.0)
    probe.device.act("place")
    probe.connect()
    return probe


def refusal(probe: Probe, order: Arm = BOTH) -> Refusal | None:
    answer = probe.ask(order)
    return Refusal(answer.refusal) if isinstance(answer, Nak) else None


def give_masks(probe: Probe) -> None:
    for bed in (0, 1):
        assert isinstance(probe.ask(probe.mask(bed)), Ack)


def test_arming_needs_a_mask_for_each_bed_it_names(manual):
    assert refusal(manual) == Refusal.NO_MASK
    manual.ask(manual.mask(0))
    assert refusal(manual) == Refusal.NO_MASK
    assert refusal(manual, Arm(beds=1, limits_crc=LIMITS_CRC)) is None


def test_arming_needs_the_same_limits_on_both_sides(manual):
    give_masks(manual)
    assert refusal(manual, Arm(beds=3, limits_crc=LIMITS_CRC ^ 1)) == Refusal.LIMITS_DIFFER


@pytest.mark.slow
def test_a_foot_placed_is_consent_for_a_minute(manual):
    give_masks(manual)
    manual.idle(56.0)
    assert refusal(manual) is None


@pytest.mark.slow
def test_after_a_minute_the_consent_is_stale_and_the_start_lamp_asks_for_it(manual):
    give_masks(manual)
    manual.idle(62.0)
    assert refusal(manual) == Refusal.NO_CONSENT
    manual.tick()
    assert manual.frame is not None
    assert manual.frame.flags & Flag.CONSENT_WANTED


@pytest.mark.slow
def test_pressing_start_renews_the_consent(manual):
    give_masks(manual)
    manual.idle(62.0)
    refusal(manual)
    manual.device.act("press-start")
    manual.idle(0.3)
    assert refusal(manual) is None
    assert EventKind.START_BUTTON in {event.event for event in manual.events}


@pytest.mark.slow
def test_the_start_lamp_gives_up_after_ten_seconds(manual):
    give_masks(manual)
    manual.idle(62.0)
    refusal(manual)
    manual.idle(9.8)
    assert manual.frame is not None
    assert manual.frame.flags & Flag.CONSENT_WANTED
    manual.idle(0.4)
    assert not manual.frame.flags & Flag.CONSENT_WANTED


@pytest.mark.slow
def test_a_person_who_sees_the_lamp_presses_start(probe):
    probe.connect()
    give_masks(probe)
    probe.idle(62.0)
    assert refusal(probe) == Refusal.NO_CONSENT
    probe.idle(0.7)
    assert refusal(probe) == Refusal.NO_CONSENT
    probe.idle(0.5)
    assert refusal(probe) is None


def test_no_foot_and_no_button_is_no_consent(feet):
    probe = Probe(Device(feet, seed=1, auto=False))
    probe.connect()
    assert probe.frame is not None
    assert probe.frame.consent_age_ms == U32_MAX


@pytest.mark.parametrize("act", ["press-stop", "wire"])
def test_stop_takes_masks_and_consent_away(manual, act):
    give_masks(manual)
    if act == "wire":
        manual.device.receive(bytes(8))
    else:
        manual.device.act(act)
    manual.idle(0.5)
    assert manual.state == DeviceState.READY
    assert refusal(manual) == Refusal.NO_MASK
    give_masks(manual)
    assert refusal(manual) == Refusal.NO_CONSENT


def test_a_new_mask_after_a_stop_is_not_enough_without_a_person(pressing):
    pressing.device.receive(bytes(8))
    pressing.idle(1.0)
    give_masks(pressing)
    assert refusal(pressing) == Refusal.NO_CONSENT


def test_arming_twice_is_refused(armed):
    armed.tick(BOTH)
    armed.tick(armed.set_point())
    assert isinstance(armed.answers[-1], Nak)
    assert armed.answers[-1].refusal == Refusal.WRONG_STATE


def test_arming_before_home_is_found_is_refused(probe):
    while probe.frame is None:
        probe.tick()
    assert probe.state == DeviceState.SILENT
    assert refusal(probe) == Refusal.NOT_HOMED


def test_arming_forgets_the_trip_of_before(manual):
    manual.device.receive(bytes(8))
    manual.idle(0.5)
    assert manual.frame is not None
    assert manual.frame.trip == Trip.STOP
    give_masks(manual)
    manual.device.act("press-start")
    manual.idle(0.3)
    assert refusal(manual) is None
    manual.tick(manual.set_point())
    assert manual.frame.trip == Trip.NONE


def test_a_bed_that_was_not_armed_does_not_press(manual):
    give_masks(manual)
    assert refusal(manual, Arm(beds=1, limits_crc=LIMITS_CRC)) is None
    manual.press(3.0, left=target(95.0, 50.0, force_n=10.0), right=target(70.0, 50.0, force_n=10.0))
    assert manual.device.beds[0].force_n > 5.0
    assert manual.device.beds[1].wires.z_mm == 0.0


def test_thirty_minutes_armed_are_the_most_in_one_power_on(manual):
    give_masks(manual)
    assert refusal(manual) is None
    machine = manual.device.firmware.machine
    machine._armed_ms = 30 * 60_000 - 20  # a long wait, shortened
    manual.press(0.1)
    assert machine.trip == Trip.SESSION_CAP
    manual.idle(0.2)
    manual.device.act("press-start")
    manual.idle(0.3)
    give_masks(manual)
    assert refusal(manual) == Refusal.FAULT_PRESENT


def test_five_minutes_without_force_end_the_consent(manual):
    give_masks(manual)
    assert refusal(manual) is None
    machine = manual.device.firmware.machine
    machine._asked_us -= 299_000_000  # a long wait, shortened
    manual.press(0.9)
    assert manual.state == DeviceState.ARMED
    manual.press(0.2)
    assert manual.device.firmware.machine.trip == Trip.PAUSE_CAP
    assert manual.device.firmware.machine.consent_us == -1
