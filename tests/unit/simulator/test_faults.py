"""Faults by name: each acts where it says, ends when it says, and is in the record."""

import numpy as np
import pytest

from firmware_bridge.messages import DeviceState, Trip
from simulator.bench import Bench
from simulator.device import SHAPE, Device
from simulator.errors import FaultError
from simulator.faults.hazards import IN_SCOPE, NOT_SERVED, served
from simulator.faults.line import HELD_BYTES, STALL_BYTES, Line, blocks_of
from simulator.faults.registry import COLS_OF_TAXELS, ROWS, ROWS_OF_TAXELS, read_faults, specs
from simulator.microcontroller import OTHER_ID, OWN_ID
from simulator.plant.person_acts import ACTS
from simulator.probe import Probe, target
from simulator.trace import Trace
from tests.unit.simulator.conftest import HEEL

PRESS = target(*HEEL, force_n=20.0)


def machine(feet, faults: str = "") -> Device:
    return Device(feet, seed=1, auto=False, trace=Trace(), faults=faults)


def break_now(device: Device, text: str) -> None:
    device.break_down(read_faults(text))


def events(device: Device, kind: str) -> list[tuple[int, str]]:
    rows = device.trace.arrays()
    found = zip(rows["event_t_us"], rows["event_kind"], rows["event_text"], strict=True)
    return [(int(t_us), str(text)) for t_us, name, text in found if name == kind]


# The list


def test_every_hazard_row_is_served_or_says_why_not():
    assert set(served()) | set(NOT_SERVED) == set(IN_SCOPE)
    assert not set(served()) & set(NOT_SERVED)
    assert all(reason for reason in NOT_SERVED.values())


def test_the_list_is_of_this_machine():
    assert (SHAPE.rows, SHAPE.cols) == (ROWS_OF_TAXELS, COLS_OF_TAXELS)
    assert len(specs()) == len(set(specs()))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.component}={row.kind}")
def test_every_fault_begins_and_ends_on_time_and_is_in_the_record(feet, row):
    place = f".{row.instances[-1]}" if row.instances != ("device",) else ""
    spec = f"{row.component}{place}={row.kind} @20ms for 30ms"
    device = machine(feet, spec)
    device.messages_until(100_000)
    rows = device.trace.arrays()
    np.testing.assert_array_equal(
        rows["fault_on"], (rows["t_us"] > 20_000) & (rows["t_us"] <= 50_000)
    )
    ((on_us, name),) = events(device, "fault on")
    ((off_us, _),) = events(device, "fault off")
    assert (on_us, off_us) == (20_000, 50_000)
    assert spec.startswith(name.split(",")[0])
    assert str(rows["faults"]).startswith(name)


def test_without_faults_the_bytes_are_those_of_before_and_after(feet):
    whole, broken = Probe(machine(feet)), Probe(machine(feet, "link.up=drop,0 @100ms for 100ms"))
    for probe in (whole, broken):
        probe.device.act("place")
        probe.idle(1.0)
    ours, theirs = whole.device.trace.arrays(), broken.device.trace.arrays()
    for name in ("force_n_l", "force_n_r", "fw_state", "bed_n_l", "z_mm_r"):
        np.testing.assert_array_equal(ours[name], theirs[name])


def test_the_same_seed_breaks_the_same_way(feet):
    def said() -> bytes:
        probe = Probe(machine(feet, "link.up=flip,0.001; load_cell.left=garbage"))
        probe.idle(0.5)
        return (
            probe.device.trace.arrays()["fw_state"].tobytes()
            + repr((probe.link.stats, probe.link.bad_crc, probe.device.beds[0].wires.force_a_n))
            .encode()
            .split(b"round_trips")[0]
        )

    assert said() == said()


def test_a_fault_that_this_machine_cannot_have_is_refused_at_the_start_and_live(feet):
    with pytest.raises(FaultError):
        machine(feet, "load_cell.left=off; toaster=off")
    device = machine(feet)
    with pytest.raises(FaultError):
        break_now(device, "load_cell.left=off; toaster=off")
    assert device.faults.on == 0


def test_clearing_ends_what_is_on_and_forgets_what_is_to_come(feet):
    device = machine(feet, "load_cell.left=stuck,7; load_cell.right=off @1s")
    device.messages_until(10_000)
    assert device.beds[0].wires.force_a_n == 7.0
    device.faults.clear(device.now_us)
    device.messages_until(1_200_000)
    assert abs(device.beds[0].wires.force_a_n) < 1.0
    assert abs(device.beds[1].wires.force_a_n) < 1.0
    assert [text for _, text in events(device, "fault off")] == ["load_cell.left=stuck,7"]


# Sensors: beside a twin that is whole


SENSORS = {
    "load_cell.left": lambda device: device.beds[0].wires.force_a_n,
    "encoder.right-y": lambda device: device.beds[1].wires.y_mm,
    "ntc.left-motor": lambda device: device.beds[0].wires.motor_c,
    "oscillator": lambda device: device.panel.clock2_us,
    "converter": lambda device: device.panel.conversions,
}


def readings(feet, faults: str, read) -> list[float]:
    device = machine(feet, faults)
    said = []
    for now_us in range(1_000, 201_000, 1_000):
        device.messages_until(now_us)
        said.append(read(device))
    return said


@pytest.mark.parametrize("sensor", SENSORS)
@pytest.mark.parametrize(
    ("kind", "holds"),
    [
        ("off", lambda said, _true: len(set(said)) == 1),
        ("stuck", lambda said, _true: len(set(said)) == 1),
        ("stuck,7", lambda said, _true: set(said) == {7}),
        ("garbage", lambda said, _true: len(set(said)) > 90),
        ("wrong,+5", lambda said, true: said == pytest.approx([at + 5 for at in true])),
        ("delayed,10", lambda said, true: said[10:] == true[:-10]),
        ("intermittent,0.5", lambda said, true: 10 < sum(map(float.__ne__, said, true)) < 90),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_sensor_lies_as_it_is_told_and_then_tells_the_truth_again(feet, sensor, kind, holds):
    read = SENSORS[sensor]
    true = list(map(float, readings(feet, "", read)))
    said = list(map(float, readings(feet, f"{sensor}={kind} @50ms for 100ms", read)))
    assert said[:49] == true[:49]
    assert holds(said[50:150], true[50:150])
    assert said[151:] == true[151:]


def test_two_faults_of_one_sensor_are_stacked_and_leave_nothing_behind(feet):
    read = SENSORS["encoder.right-y"]
    true = readings(feet, "", read)
    said = readings(
        feet,
        "encoder.right-y=wrong,+5 @20ms for 60ms; encoder.right-y=wrong,+2 @40ms for 100ms",
        read,
    )
    assert said[30] == pytest.approx(true[30] + 5)
    assert said[60] == pytest.approx(true[60] + 7)
    assert said[100] == pytest.approx(true[100] + 2)
    assert said[150:] == true[150:]


# Under force: the fault acts on the truth, and the device does something about it


@pytest.mark.parametrize(
    ("spec", "trip"),
    [
        ("load_cell.right=off", Trip.SENSOR),
        ("load_cell.right=wrong,0.5", Trip.CHANNELS_DISAGREE),
        ("oscillator=wrong,1.2", Trip.CLOCK),
        ("mcu=wrong,1.2", Trip.CLOCK),
        ("mcu=garbage", Trip.MEMORY),
        ("mcu=off", Trip.HUNG),
        ("motor.right-z=garbage", Trip.RUNAWAY),
        ("motor.right-z=wrong", Trip.RUNAWAY),
        ("converter=stuck", Trip.SENSOR),
        ("button.stop=stuck", Trip.STOP_BUTTON),
        ("ntc.right-motor=off", Trip.SENSOR),
        ("supply=off", Trip.SUPPLY),
        ("link.down=stall", Trip.WATCHDOG),
        ("link.down=drop,1", Trip.WATCHDOG),
        ("link=unplug", Trip.WATCHDOG),
        ("person.right=withdraw", Trip.CONTACT_LOST),
        ("person=stand", Trip.TOTAL_FORCE),
    ],
)
def test_a_pressing_head_lets_go(feet, spec, trip):
    probe = Probe(Device(feet, seed=1, trace=Trace()))
    probe.arm()
    probe.press(4.0, right=PRESS)
    from_us = probe.device.now_us
    break_now(probe.device, spec)
    probe.press(0.8, right=PRESS)
    # A second one may follow while it lets go: a wrong clock makes every speed look wrong, too.
    told = [text for _, text in events(probe.device, "trip")][:1]
    assert trip.name in (*told, probe.device.firmware.machine.trip.name)
    rows = probe.device.trace.arrays()
    after = rows["t_us"] > from_us
    assert rows["force_n_r"][after].max() < 20.0 + 5.0
    assert rows["force_n_r"][-1] < 1.0


def test_a_jammed_press_stays_where_it_is_until_its_power_is_cut(pressing):
    device, bed = pressing.device, pressing.device.beds[1]
    z_mm = bed.z_mm
    break_now(device, "motor.right-z=stuck")
    while device.firmware.machine.state != DeviceState.LIMP:
        assert bed.z_mm == pytest.approx(z_mm, abs=0.1)
        pressing.press(0.005, right=target(*HEEL, force_n=5.0))
    pressing.idle(0.25)
    assert bed.force_n < 1.0


# The microcontroller


def test_a_reset_leaves_the_heads_where_they_are_and_switches_everything_off(pressing):
    device = pressing.device
    before, z_mm = device.firmware, device.beds[1].z_mm
    nonce = before.nonce
    break_now(device, "mcu=intermittent for 1ms")
    device.messages_until(device.now_us + 2_000)
    assert device.firmware is not before
    assert device.boots == 2
    assert device.clock_us <= 2_000
    assert abs(device.beds[1].z_mm - z_mm) < 1.0
    assert not any(bed.powered for bed in device.beds)
    assert device.firmware.machine.state == DeviceState.SILENT
    assert device.firmware.nonce != nonce
    pressing.idle(0.5)
    assert device.beds[1].force_n < 1.0


def test_a_hang_is_ended_by_the_watchdog_outside_before_its_last_order_is_60_ms_old(pressing):
    device = pressing.device
    from_us = device.now_us
    break_now(device, "mcu=off")
    device.messages_until(from_us + 39_000)
    assert device.boots == 1
    assert device.beds[1].powered
    device.messages_until(from_us + 43_000)
    assert device.boots == 2
    assert not device.beds[1].powered
    device.messages_until(from_us + 600_000)
    assert device.beds[1].force_n < 1.0


def test_without_mains_the_microcontroller_dies_and_comes_back_silent(probe):
    probe.connect()
    device = probe.device
    assert device.switch("off")
    probe.idle(1.0)
    assert device.mcu.dead
    frames = probe.link.stats.frames
    probe.idle(0.2)
    assert probe.link.stats.frames == frames
    assert device.switch("on")
    probe.idle(0.05)
    assert device.boots == 2
    assert device.clock_us <= 60_000


def test_the_record_goes_on_over_a_reset(feet):
    probe = Probe(Device(feet, seed=1, trace=Trace()))
    probe.arm()
    stop_us = probe.now_us
    probe.device.receive(bytes(8))
    probe.idle(0.2)
    probe.device.switch("cycle")
    probe.idle(0.2)
    rows = probe.device.trace.arrays()
    np.testing.assert_array_equal(np.diff(rows["t_us"]), 1_000)
    assert rows["stop_at"][-1] == stop_us


def test_another_device_answers_after_it_was_plugged_in(probe):
    probe.connect()
    first = probe.link.descriptor
    boot = probe.link.boot_nonce
    break_now(probe.device, "link=other for 5s")
    probe.idle(4.0)
    assert probe.device.mcu.device_id == OTHER_ID
    other = Probe(probe.device)
    other.idle(0.5)
    assert other.link.descriptor is not None
    assert first is not None
    assert other.link.descriptor.device_id == OTHER_ID != first.device_id
    assert other.link.boot_nonce != boot
    other.idle(2.0)
    assert probe.device.mcu.device_id == OWN_ID


# The matrix


@pytest.mark.parametrize(
    ("spec", "holds"),
    [
        ("taxels.right=off", lambda counts: not counts[1].any() and counts[0].any()),
        ("taxels.right=wrong,saturated", lambda counts: (counts[1] == 4095).all()),
        ("taxels.left-12-5=stuck,999", lambda counts: counts[0][12, 5] == 999),
        ("taxels.left-row-3=off", lambda counts: not counts[0][3].any() and counts[0][4].any()),
        ("taxels.left-col-2=off", lambda counts: not counts[0][:, 2].any()),
        ("taxels.left=wrong,x0", lambda counts: not counts[0].any()),
    ],
)
def test_taxels_say_what_the_fault_makes_of_them(probe, spec, holds):
    probe.connect()
    assert not holds(probe.frame.counts)
    break_now(probe.device, spec)
    probe.idle(0.05)
    assert holds(probe.frame.counts)
    probe.device.faults.clear(probe.device.now_us)
    probe.idle(0.05)
    assert not holds(probe.frame.counts)


def test_a_frozen_image_is_the_same_bytes_again_and_a_turned_one_is_not_the_foot(probe):
    probe.connect()
    upright = probe.frame.counts[0].astype(float)
    break_now(probe.device, "taxels.left=stuck")
    probe.idle(0.02)
    frozen = probe.frame.counts[0].copy()
    probe.idle(0.1)
    np.testing.assert_array_equal(probe.frame.counts[0], frozen)
    probe.device.faults.clear(probe.device.now_us)
    for word, turned in (("mirrored", upright[:, ::-1]), ("reversed", upright[::-1])):
        break_now(probe.device, f"taxels.left=wrong,{word} for 20ms")
        probe.idle(0.015)
        seen = probe.frame.counts[0].astype(float)
        assert np.corrcoef(seen.ravel(), turned.ravel())[0, 1] > 0.95
        assert np.corrcoef(seen.ravel(), upright.ravel())[0, 1] < 0.9
        probe.idle(0.02)


# The cable

MESSAGES = [bytes([number]) * 20 + b"\x00" for number in range(1, 60)]
SENT = b"".join(MESSAGES)


def carried(kind: str, amount: float, now_us: int = 5_000) -> bytes:
    line = Line(seed=3)
    line.down.begin(kind, amount, 0)
    return line.to_device(SENT, now_us)


def test_a_whole_cable_changes_nothing():
    assert Line(seed=1).to_device(SENT, 0) == SENT
    assert Line(seed=1).to_host(MESSAGES, 0) == SENT
    assert b"".join(blocks_of(SENT + b"half")) == SENT + b"half"


def test_each_fault_of_the_cable_does_what_it_is_called():
    assert carried("drop", 1.0) == b""
    assert 0 < len(carried("drop", 0.1)) < len(SENT)
    flipped = carried("flip", 1.0)
    assert all((a ^ b).bit_count() == 1 for a, b in zip(SENT, flipped, strict=True))
    assert blocks_of(carried("dup", 1.0)) == [block for block in MESSAGES for _ in range(2)]
    reordered = blocks_of(carried("reorder", 0.5))
    assert reordered != MESSAGES
    assert set(reordered) <= set(MESSAGES)
    replayed = blocks_of(carried("replay", 1.0))
    assert len(replayed) == 2 * len(MESSAGES)
    assert set(replayed) == set(MESSAGES)
    assert len(carried("truncate", 1.0)) < len(SENT)
    assert len(carried("garbage", 1_000_000.0)) == len(SENT) + 5_000


def test_a_burst_is_held_and_comes_whole_at_once():
    line = Line(seed=3)
    line.down.begin("delay", 0.0, 0)
    assert line.to_device(SENT, 1_000) == b""
    assert line.to_device(SENT, 900_000) == b""
    line.down.end("delay", 0.0)
    assert line.down.busy
    assert line.to_device(b"", 1_000_000) == SENT + SENT
    assert not line.down.busy


def test_a_late_cable_delivers_each_byte_so_much_later():
    line = Line(seed=3)
    line.up.begin("delay", 30.0, 0)
    assert line.to_host(MESSAGES[:1], 1_000) == b""
    assert line.to_host(MESSAGES[1:2], 20_000) == b""
    assert line.to_host([], 31_000) == MESSAGES[0]
    assert line.to_host([], 50_000) == MESSAGES[1]


@pytest.mark.parametrize(("kind", "most"), [("delay", HELD_BYTES), ("stall", STALL_BYTES)])
def test_what_is_held_is_bounded(kind, most):
    line = Line(seed=3)
    line.up.begin(kind, 0.0, 0)
    block = bytes(4096)
    for _ in range(most // 4096 + 50):
        line.to_host([block], 1_000)
    line.up.end(kind, 0.0)
    assert len(line.to_host([], 2_000)) <= most
    assert line.up.lost_bytes >= 49 * 4096


def test_a_pulled_cable_loses_what_was_in_it():
    line = Line(seed=3)
    line.up.begin("delay", 0.0, 0)
    line.to_host(MESSAGES, 1_000)
    line.unplug()
    line.plug()
    line.up.end("delay", 0.0)
    assert line.to_host([], 2_000) == b""


@pytest.mark.parametrize(
    "spec",
    [
        "link=flip,0.0005",
        "link=dup,0.3",
        "link=replay,0.3",
        "link=reorder,0.3",
        "link.up=garbage,200000",
    ],
)
def test_a_bad_cable_is_counted_and_never_believed(pressing, spec):
    device = pressing.device
    break_now(device, spec)
    pressing.press(1.0, right=PRESS)
    assert device.beds[1].force_n < 22.0
    rows_bad = device.firmware.framing.bad_crc + device.firmware.dropped.repeated
    stats = pressing.link.stats
    assert rows_bad + pressing.link.bad_crc + stats.repeats + stats.gaps + stats.malformed > 0


# The bench channel


@pytest.fixture
def bench(feet) -> Bench:
    return Bench(machine(feet))


def test_the_bench_says_what_it_can(bench):
    hello = bench.ask({"do": "hello"})
    assert hello["ok"] is True
    assert hello["bench"] == 1
    assert hello["device_id"] == OWN_ID
    assert set(hello["can"]) == {"truth", "person", "fault", "power", "key", "cable"}
    assert hello["acts"] == list(ACTS)
    assert "load_cell.left=off" in hello["faults"]


def test_the_bench_tells_the_truth_whatever_the_sensors_say(pressing):
    bench = Bench(pressing.device)
    break_now(pressing.device, "load_cell.right=stuck,3; encoder.right-z=wrong,+5")
    pressing.device.messages_until(pressing.device.now_us + 5_000)
    truth = bench.ask({"do": "truth"})
    assert truth["beds"][1]["force_n"] == pytest.approx(20.0, abs=1.0)
    assert truth["beds"][1]["z_mm"] == pressing.device.beds[1].z_mm
    assert truth["motors_powered"] is True
    assert truth["relay"] is True
    assert truth["boots"] == 1
    assert truth["device_us"] == pressing.device.now_us


@pytest.mark.parametrize(
    "request_",
    [
        {},
        {"do": "dance"},
        {"do": ["truth"]},
        {"do": "person", "act": "dance"},
        {"do": "person", "act": 3},
        {"do": "fault"},
        {"do": "fault", "spec": "toaster=off"},
        {"do": "power", "act": "maybe"},
        {"do": "key", "on": 1},
        {"do": "cable", "act": "cut"},
    ],
)
def test_the_bench_refuses_in_one_sentence_and_changes_nothing(bench, request_):
    before = bench.ask({"do": "truth"})
    answer = bench.ask(request_)
    assert answer["ok"] is False
    assert answer["detail"]
    assert bench.ask({"do": "truth"}) == before


def test_the_bench_acts(feet):
    device = machine(feet)
    bench = Bench(device)
    assert bench.ask({"do": "key", "on": True})["ok"]
    assert device.panel.bench_unlocked
    assert bench.ask({"do": "person", "act": "place"})["ok"]
    assert bench.ask({"do": "fault", "spec": "load_cell.left=stuck,4"})["ok"]
    device.messages_until(700_000)
    truth = bench.ask({"do": "truth"})
    assert truth["beds"][0]["load_n"] > 10.0
    assert truth["faults_on"] == 1
    assert bench.ask({"do": "clear"})["ok"]
    assert bench.ask({"do": "truth"})["faults_on"] == 0
    assert bench.ask({"do": "cable", "act": "unplug"})["ok"]
    assert not device.line.plugged
    assert bench.ask({"do": "cable", "act": "replug"})["ok"]
    assert bench.ask({"do": "power", "act": "cycle"}) == {"ok": True, "device_us": 0}
    assert bench.ask({"do": "truth"})["boots"] == 2
