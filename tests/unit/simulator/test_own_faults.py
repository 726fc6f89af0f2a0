"""What the firmware finds wrong with the machine by itself, on the real plant, and how soon."""

from collections.abc import Callable

import pytest

from firmware_bridge.messages import (
    Ack,
    Acknowledge,
    Arm,
    DeviceState,
    Nak,
    Refusal,
    Trip,
)
from simulator.firmware.firmware import Firmware, Reset
from simulator.firmware.hazards import ANSWERS
from simulator.firmware.identity import LIMITS_CRC
from simulator.plant.bed import Trouble
from simulator.probe import Probe, target
from simulator.wires import SUPPLY_V, HeadWires, PanelWires

HEEL = target(70.0, 50.0, force_n=20.0)

Spoil = Callable[[], None]


def machine_of(probe: Probe):
    return probe.device.firmware.machine


def nothing() -> None:
    """A sensor that is well."""


def trip_after_ms(probe: Probe, order, spoil: Spoil = nothing, within_ms: int = 1200) -> int:
    """Press on with a spoilt sensor; return how long until something trips."""
    for passed_ms in range(within_ms):
        spoil()
        probe.tick(probe.set_point(right=order), for_us=1_000)
        if machine_of(probe).trip != Trip.NONE:
            return passed_ms + 1
    raise AssertionError(f"nothing tripped within {within_ms} ms")


def go_on(probe: Probe, ms: int, spoil: Spoil = nothing) -> None:
    for _ in range(ms):
        spoil()
        probe.tick(for_us=1_000)


def right(probe: Probe) -> HeadWires:
    return probe.device.beds[1].wires


def expect(probe: Probe, trip: Trip, taken_ms: int) -> None:
    assert machine_of(probe).trip == trip
    assert taken_ms <= ANSWERS[trip].deadline_ms


# Motion


def test_a_press_that_runs_away_is_cut_off_twice_within_20_ms_and_opens_by_itself(pressing):
    bed = pressing.device.beds[1]
    bed.troubles = int(Trouble.PRESS_RUNAWAY)
    expect(pressing, Trip.RUNAWAY, trip_after_ms(pressing, HEEL))
    assert machine_of(pressing).state == DeviceState.LIMP
    assert not pressing.device.panel.relay
    assert not bed.wires.enabled
    go_on(pressing, 500)
    assert bed.force_n < 1.0
    assert bed.z_mm == 0.0


def test_a_bridge_that_cannot_be_switched_off_is_cut_by_the_relay(pressing):
    bed = pressing.device.beds[1]
    bed.troubles = int(Trouble.PRESS_RUNAWAY | Trouble.BRIDGE_STUCK)
    trip_after_ms(pressing, HEEL)
    go_on(pressing, 500)
    assert bed.force_n < 1.0


def test_a_turned_encoder_is_a_runaway(pressing):
    wires = right(pressing)
    start_mm = wires.z_mm
    pressing.device.receive(bytes(8))
    taken_ms = 0
    while machine_of(pressing).state != DeviceState.LIMP:
        wires.z_mm = 2.0 * start_mm - wires.z_mm
        go_on(pressing, 1)
        taken_ms += 1
    expect(pressing, Trip.RUNAWAY, taken_ms - 1)


def test_a_parked_press_that_rises_without_an_order_is_a_runaway(armed):
    armed.device.beds[1].troubles = int(Trouble.PRESS_RUNAWAY)
    taken_ms = trip_after_ms(armed, target(70.0, 50.0))
    expect(armed, Trip.RUNAWAY, taken_ms)
    assert armed.device.beds[1].z_mm < 2.0


def test_a_carriage_that_is_jammed_stops_within_150_ms_and_is_homed_again(armed):
    armed.device.beds[1].troubles = int(Trouble.Y_JAMMED)
    expect(armed, Trip.STALLED, trip_after_ms(armed, target(70.0, 150.0)))
    armed.idle(0.5)
    assert armed.state == DeviceState.LATCHED
    assert right(armed).y_ma < 100.0
    armed.device.beds[1].troubles = 0
    assert isinstance(armed.ask(Acknowledge(Trip.STALLED)), Ack)
    states = set()
    for _ in range(3000):
        armed.tick()
        states.add(armed.state)
        if armed.state == DeviceState.READY:
            break
    assert DeviceState.SILENT in states
    assert armed.state == DeviceState.READY
    assert machine_of(armed).homed


def test_a_dead_carriage_motor_is_a_stall_too(armed):
    armed.device.beds[1].troubles = int(Trouble.X_DEAD)
    expect(armed, Trip.STALLED, trip_after_ms(armed, target(120.0, 60.0)) - 5)


def test_an_encoder_that_stands_while_its_motor_turns_is_a_lost_place(armed):
    wires = right(armed)
    place_mm = wires.y_mm

    def frozen() -> None:
        wires.y_mm = place_mm

    expect(armed, Trip.POSITION_LOST, trip_after_ms(armed, target(70.0, 50.0 + 8.0), frozen))
    assert not machine_of(armed).homed


def test_an_encoder_that_has_slipped_2_mm_is_found_at_the_next_flag(armed):
    wires = right(armed)

    def slipped() -> None:
        wires.y_mm += 2.0

    trip_after_ms(armed, target(70.0, 20.0), slipped)
    assert machine_of(armed).trip == Trip.POSITION_LOST


def test_a_press_that_does_not_retract_ends_in_limp_within_150_ms(pressing):
    pressing.device.beds[1].troubles = int(Trouble.PRESS_JAMMED)
    pressing.device.receive(bytes(8))
    start_us = pressing.device.now_us
    while machine_of(pressing).state != DeviceState.LIMP:
        go_on(pressing, 1)
    assert pressing.device.now_us - start_us <= 150_000
    assert machine_of(pressing).trip == Trip.RETRACT_FAILED
    assert not pressing.device.panel.relay


# Start-up


def ready(probe: Probe, spoil: Spoil = nothing) -> DeviceState:
    for _ in range(400):
        for _ in range(5):
            spoil()
            probe.tick(for_us=1_000)
        if probe.state != DeviceState.SILENT:
            break
    return probe.state


def test_a_parked_machine_is_tested_and_homed_within_a_second_and_a_half(probe):
    assert ready(probe) == DeviceState.READY
    assert probe.now_us < 1_500_000
    for bed in probe.device.beds:
        wires = bed.wires
        place = (bed.x_mm, bed.y_mm, bed.z_mm)
        assert (wires.x_mm, wires.y_mm, wires.z_mm) == pytest.approx(place, abs=0.1)


@pytest.mark.parametrize("flag", ["x_flag", "y_flag", "z_flag"])
@pytest.mark.parametrize("stuck", [True, False])
def test_a_flag_that_does_not_change_leaves_the_machine_unready(probe, flag, stuck):
    bed = probe.device.beds[0]
    if flag != "z_flag":  # near the end of its way, so that the test does not take a minute
        bed.x_mm, bed.y_mm = (143.0, 308.0) if stuck else (17.0, 2.0)
    state = ready(probe, lambda: setattr(bed.wires, flag, stuck))
    assert state == DeviceState.LATCHED
    assert machine_of(probe).trip == Trip.SELF_TEST
    assert not probe.device.panel.relay
    answer = probe.ask(Arm(beds=3, limits_crc=LIMITS_CRC))
    assert isinstance(answer, Nak)
    assert answer.refusal == Refusal.FAULT_PRESENT


def test_a_bridge_that_stays_on_is_found_before_anything_moves(probe):
    probe.device.beds[0].troubles = int(Trouble.BRIDGE_STUCK)
    assert ready(probe) == DeviceState.LATCHED
    assert machine_of(probe).trip == Trip.SELF_TEST
    assert max(bed.z_mm for bed in probe.device.beds) == 0.0


def test_a_bridge_that_sticks_in_a_massage_is_found_before_the_next(pressing):
    pressing.device.beds[0].troubles = int(Trouble.BRIDGE_STUCK)
    pressing.device.receive(bytes(8))
    pressing.idle(1.0)
    assert pressing.state == DeviceState.LATCHED
    assert machine_of(pressing).trip == Trip.SELF_TEST


def test_a_head_found_pressing_at_power_on_lets_go_before_it_looks_for_home(pressing):
    device = pressing.device
    bed = device.beds[1]
    deep_mm = bed.z_mm
    device.mcu.firmware = Firmware(
        (device.beds[0].wires, bed.wires), device.panel, iter(range(7, 99)).__next__
    )
    assert bed.wires.enabled is False
    pressing.link.close()
    highest_n = 0.0
    for _ in range(400):
        pressing.tick()
        highest_n = max(highest_n, bed.force_n if bed.z_mm > deep_mm + 0.5 else 0.0)
        if pressing.state == DeviceState.READY:
            break
    assert highest_n == 0.0
    assert bed.force_n == 0.0


# Sensors, heat, supply, clock, memory


def test_a_frozen_load_cell_is_found_while_the_press_moves(pressing):
    wires = right(pressing)
    force_n = wires.force_a_n

    def frozen() -> None:
        wires.force_a_n = force_n

    taken_ms = trip_after_ms(pressing, HEEL._replace(force_mn=40_000), frozen)
    assert machine_of(pressing).trip in (Trip.SENSOR, Trip.CHANNELS_DISAGREE)
    assert taken_ms < 500
    assert pressing.device.beds[1].force_n < 40.0


@pytest.mark.parametrize("celsius", [-55.0, 150.0])
def test_an_open_or_shorted_ntc_is_a_broken_sensor(pressing, celsius):
    wires = right(pressing)
    taken_ms = trip_after_ms(pressing, HEEL, lambda: setattr(wires, "motor_c", celsius))
    expect(pressing, Trip.SENSOR, taken_ms)


@pytest.mark.parametrize(("wire", "celsius"), [("motor_c", 70.5), ("surface_c", 43.5)])
def test_too_hot_lets_go_and_waits_until_it_has_cooled(pressing, wire, celsius):
    wires = right(pressing)
    hot = lambda: setattr(wires, wire, celsius)  # noqa: E731 - a spoilt sensor, in one word
    expect(pressing, Trip.TOO_HOT, trip_after_ms(pressing, HEEL, hot))
    go_on(pressing, 500, hot)
    assert pressing.state == DeviceState.LATCHED
    hot()
    assert machine_of(pressing).acknowledge(Acknowledge(Trip.TOO_HOT)) == Refusal.FAULT_PRESENT
    go_on(pressing, 10)
    assert machine_of(pressing).acknowledge(Acknowledge(Trip.TOO_HOT)) is None
    assert machine_of(pressing).state == DeviceState.READY


def test_a_warm_motor_presses_less(pressing):
    wires = right(pressing)
    for _ in range(1500):
        wires.motor_c = 69.0
        pressing.tick(pressing.set_point(right=HEEL._replace(force_mn=50_000)), for_us=1_000)
    assert machine_of(pressing).trip == Trip.NONE
    assert pressing.device.beds[1].force_n < 0.5 * 60.0


def test_a_failing_supply_lets_go_on_what_is_stored_and_ends_in_limp(pressing):
    pressing.device.power.mains = False
    start_us = pressing.device.now_us
    while pressing.device.power.volts > 0.85 * SUPPLY_V:
        go_on(pressing, 1)
    sagged_us = pressing.device.now_us
    while machine_of(pressing).trip == Trip.NONE:
        go_on(pressing, 1)
    expect(pressing, Trip.SUPPLY, (pressing.device.now_us - sagged_us) // 1000)
    while pressing.device.beds[1].force_n >= 1.0:
        go_on(pressing, 1)
    assert pressing.device.now_us - start_us < 500_000
    go_on(pressing, 300)
    assert machine_of(pressing).state == DeviceState.LIMP


def test_a_converter_that_stands_is_a_broken_sensor(pressing):
    panel = pressing.device.panel
    count = panel.conversions
    taken_ms = trip_after_ms(pressing, HEEL, lambda: setattr(panel, "conversions", count))
    expect(pressing, Trip.SENSOR, taken_ms)


@pytest.mark.parametrize("rate", [0.93, 1.07])
def test_oscillators_that_differ_by_more_than_5_percent_trip(pressing, rate):
    panel, device = pressing.device.panel, pressing.device
    start_us, start2_us = device.now_us, panel.clock2_us

    def wrong() -> None:
        panel.clock2_us = start2_us + round(rate * (device.now_us - start_us))

    expect(pressing, Trip.CLOCK, trip_after_ms(pressing, HEEL, wrong))
    go_on(pressing, 300, wrong)
    assert machine_of(pressing).acknowledge(Acknowledge(Trip.CLOCK)) == Refusal.FAULT_PRESENT


def test_oscillators_that_differ_by_4_percent_do_not(pressing):
    panel, device = pressing.device.panel, pressing.device
    start_us, start2_us = device.now_us, panel.clock2_us
    for _ in range(600):
        panel.clock2_us = start2_us + round(1.04 * (device.now_us - start_us))
        pressing.tick(pressing.set_point(right=HEEL), for_us=1_000)
    assert machine_of(pressing).trip == Trip.NONE


@pytest.mark.parametrize("words", ["patch_mn", "patch_not", "here_mn", "here_not"])
def test_a_flipped_bit_of_a_limit_that_is_not_in_use_is_found_within_a_second(pressing, words):
    memory = getattr(machine_of(pressing).heads[0].limits, words)
    memory[4321] ^= 1 << 15
    expect(pressing, Trip.MEMORY, trip_after_ms(pressing, HEEL))


def test_a_flipped_bit_is_never_pressed_by(pressing):
    limits = machine_of(pressing).heads[1].limits
    for cell in range(len(limits.patch_mn)):
        if cell % 80 > 38:  # everything to the right of the head
            limits.patch_mn[cell] ^= 0x4000
    farthest_mm = 0.0
    for step in range(300):
        order = target(70.0 + 0.1 * step, 50.0, force_n=20.0)
        pressing.tick(pressing.set_point(right=order), for_us=1_000)
        if machine_of(pressing).trip:
            break
        farthest_mm = max(farthest_mm, right(pressing).x_mm)
    assert machine_of(pressing).trip == Trip.MEMORY
    assert farthest_mm < 78.2


# The microcontroller itself


def test_after_a_watchdog_reset_the_device_is_limp_and_still_talks(pressing):
    device = pressing.device
    wires = (device.beds[0].wires, device.beds[1].wires)
    device.mcu.firmware = Firmware(
        wires, device.panel, iter(range(7, 99)).__next__, reset=Reset.WATCHDOG
    )
    pressing.link.close()
    pressing.idle(1.0)
    assert pressing.state == DeviceState.LIMP
    assert machine_of(pressing).trip == Trip.HUNG
    assert pressing.device.beds[1].force_n == 0.0
    stops = machine_of(pressing).stop_count
    device.receive(bytes(8))
    assert machine_of(pressing).stop_count == stops + 1
    assert machine_of(pressing).state == DeviceState.LIMP
    order = Arm(beds=3, limits_crc=LIMITS_CRC)
    assert machine_of(pressing).arm(order) == Refusal.FAULT_PRESENT


def test_the_watchdog_is_fed_each_millisecond_and_not_by_a_firmware_that_hangs(probe):
    probe.idle(0.5)
    assert probe.device.power.reset is None
    for _ in range(102):
        probe.device.power.step()  # time passes, the firmware does not
    assert probe.device.power.reset is not None
    assert not probe.device.power.live


def test_a_new_firmware_orders_nothing_at_all():
    heads, panel = (HeadWires(), HeadWires()), PanelWires()
    for wires in heads:
        wires.enabled = wires.homing = True
        wires.z_speed_mm_s = wires.x_speed_mm_s = wires.spin_order_rpm = 20.0
    panel.relay = True
    Firmware(heads, panel, iter(range(7, 99)).__next__)
    assert not panel.relay
    for wires in heads:
        assert not wires.enabled
        assert (wires.z_speed_mm_s, wires.x_speed_mm_s, wires.spin_order_rpm) == (0.0, 0.0, 0.0)


# Spin


TURNING = HEEL._replace(spin_mrpm=30_000)


def test_a_head_turns_in_contact_only(armed):
    order = TURNING
    bed = armed.device.beds[1]
    for _ in range(2500):
        armed.tick(armed.set_point(right=order), for_us=1_000)
        if bed.force_n < 0.3 and machine_of(armed).heads[1].motion < 2:
            assert bed.wires.spin_order_rpm == 0.0
    armed.press(2.0, right=order)
    assert bed.spin_rpm == pytest.approx(30.0, abs=1.0)
    assert machine_of(armed).trip == Trip.NONE


def test_what_winds_itself_round_the_head_stops_it_and_is_let_go_backwards(pressing):
    bed = pressing.device.beds[1]
    pressing.press(1.0, right=TURNING)
    caught = lambda: setattr(bed, "tangle_mnm", 60.0)  # noqa: E731 - as above
    expect(pressing, Trip.ENTANGLED, trip_after_ms(pressing, TURNING, caught))
    on_deg = back_deg = 0.0
    for _ in range(1500):
        go_on(pressing, 1, caught)
        step_deg = bed.spin_rpm * 6.0 / 1000.0
        on_deg, back_deg = on_deg + max(step_deg, 0.0), back_deg + max(-step_deg, 0.0)
    assert on_deg <= 90.0
    assert 20.0 < back_deg <= 90.0
    assert bed.spin_rpm == pytest.approx(0.0, abs=0.1)
    assert pressing.state == DeviceState.LATCHED


@pytest.mark.slow
def test_a_massage_after_an_acknowledged_latch_is_let_go_of_as_fast_as_the_first(pressing):
    def half(wires: HeadWires) -> None:
        wires.force_a_n *= 0.2

    for _ in range(2):
        trip = trip_after_ms(pressing, HEEL, lambda: half(right(pressing)), within_ms=3000)
        assert trip
        assert machine_of(pressing).trip == Trip.CHANNELS_DISAGREE
        go_on(pressing, 300)
        assert pressing.device.beds[1].force_n < 1.0
        pressing.idle(0.5)
        assert pressing.state == DeviceState.LATCHED
        assert isinstance(pressing.ask(Acknowledge(Trip.CHANNELS_DISAGREE)), Ack)
        pressing.device.act("press-start")
        pressing.idle(0.3)
        pressing.arm()
