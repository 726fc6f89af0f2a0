"""STOP, a pulled cable and a silent host latch nothing, and only a person starts anything again.

What hazards D14, D9, F1 and F2 leave behind: a device that is ready, has let go, and holds nobody's
consent. Why it is not latched: decision 19.
"""

import pytest

from firmware_bridge.link import Phase
from firmware_bridge.messages import (
    U32_MAX,
    Ack,
    Acknowledge,
    Arm,
    DeviceState,
    EventKind,
    Nak,
    Refusal,
    Trip,
)
from simulator.device import Device
from simulator.firmware.identity import LIMITS_CRC
from simulator.probe import Probe, target

BOTH = Arm(beds=3, limits_crc=LIMITS_CRC)
HEEL = target(70.0, 50.0, force_n=20.0)


@pytest.fixture
def begun(feet) -> Probe:
    """A host that presses the right heel; the person does only what they are told."""
    probe = Probe(Device(feet, seed=1, auto=False))
    probe.idle(1.0)
    probe.device.act("place")
    probe.arm()
    probe.press(4.0, right=HEEL)
    assert 19.0 < probe.device.beds[1].force_n < 21.0
    return probe


def greet(probe: Probe) -> None:
    """Let the host shake hands anew where its session is over; what was answered before is past."""
    for _ in range(400):
        probe.tick()
        if probe.link.phase is Phase.UP and probe.frame is not None:
            break
    assert probe.link.phase is Phase.UP
    probe.answers.clear()


def stopped_by_wire(probe: Probe) -> Trip:
    """The host says STOP among other bytes."""
    probe.device.receive(b"\x05garbage" + bytes(8) + b"more")
    probe.idle(1.0)
    return Trip.STOP


def stopped_by_button(probe: Probe) -> Trip:
    """A person presses STOP on the machine."""
    probe.device.act("press-stop")
    probe.idle(1.0)
    return Trip.STOP_BUTTON


def pulled_out(probe: Probe) -> Trip:
    """The cable is out for two seconds; the same host greets anew."""
    probe.device.line.unplug()
    for _ in range(400):
        probe.tick(probe.set_point(right=HEEL))  # into nothing
    probe.device.line.plug()
    greet(probe)
    return Trip.WATCHDOG


def died(probe: Probe) -> Trip:
    """The host dies without a word; another one is started."""
    probe.now_us = probe.device.now_us + 2_000_000
    probe.device.advance_to(probe.now_us)
    probe.link.close()
    greet(probe)
    return Trip.WATCHDOG


def stood_still(probe: Probe) -> Trip:
    """The host is stopped for two seconds, then goes on with its old order, late."""
    late = probe.set_point(right=HEEL)
    probe.now_us = probe.device.now_us + 2_000_000
    probe.device.advance_to(probe.now_us)
    for _ in range(20):
        probe.tick(late)
    greet(probe)
    return Trip.WATCHDOG


WAYS = [stopped_by_wire, stopped_by_button, pulled_out, died, stood_still]


def refusal(probe: Probe) -> Refusal | None:
    answer = probe.ask(BOTH)
    return Refusal(answer.refusal) if isinstance(answer, Nak) else None


def give_masks(probe: Probe) -> None:
    probe.idle(0.2)
    for bed in (0, 1):
        assert isinstance(probe.ask(probe.mask(bed)), Ack)


@pytest.mark.parametrize("end", WAYS)
def test_the_device_has_let_go_is_ready_and_holds_nobody_s_consent(begun, end):
    trip = end(begun)
    machine = begun.device.firmware.machine
    assert machine.state == DeviceState.READY
    assert machine.trip == trip
    assert machine.consent_us == -1
    assert not machine.has_mask(0)
    assert not machine.has_mask(1)
    assert all(bed.force_n < 0.5 and bed.wires.z_mm == 0.0 for bed in begun.device.beds)
    begun.idle(0.1)
    assert begun.frame is not None
    assert begun.frame.consent_age_ms == U32_MAX


@pytest.mark.parametrize("end", WAYS)
def test_no_host_can_start_again_what_a_person_has_not(begun, end):
    end(begun)
    begun.idle(0.1)
    assert refusal(begun) == Refusal.NO_MASK
    give_masks(begun)
    assert refusal(begun) == Refusal.NO_CONSENT
    for trip in (Trip.STOP, Trip.WATCHDOG, Trip.STOP_BUTTON):
        begun.tick(Acknowledge(trip))  # nothing to acknowledge, and nothing gained by it
    assert refusal(begun) == Refusal.NO_CONSENT
    for _ in range(200):
        begun.tick(begun.set_point(right=HEEL))
    assert begun.state == DeviceState.READY
    assert begun.device.beds[1].wires.z_mm == 0.0


@pytest.mark.slow
@pytest.mark.parametrize("end", WAYS)
def test_a_person_who_presses_start_needs_no_other_act(begun, end):
    end(begun)
    give_masks(begun)
    assert refusal(begun) == Refusal.NO_CONSENT
    begun.device.act("press-start")
    begun.idle(0.3)
    assert refusal(begun) is None
    begun.press(4.0, right=HEEL)
    assert begun.state == DeviceState.RUNNING
    assert begun.device.beds[1].force_n > 15.0


@pytest.mark.parametrize("end", WAYS)
def test_none_of_them_frees_a_machine_that_a_real_fault_has_latched(begun, end):
    begun.device.firmware.machine.let_go(Trip.OVER_FORCE)
    end(begun)
    machine = begun.device.firmware.machine
    assert (machine.state, machine.trip) == (DeviceState.LATCHED, Trip.OVER_FORCE)


def test_the_loss_of_consent_is_told(begun):
    begun.device.receive(bytes(8))
    begun.idle(0.5)
    assert EventKind.CONSENT_LOST in {event.event for event in begun.events}
