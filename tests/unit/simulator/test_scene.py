"""What people do to their feet and beds, by the truth and by the taxels."""

import hashlib

import numpy as np
import pytest

from simulator.device import SHAPE, Device
from simulator.plant.feet import kpa_at, shifted, synthetic_feet, turned_about
from simulator.plant.leg import ROTATE_DEG, SLIDE_MM
from simulator.plant.people import PEOPLE
from simulator.plant.sole import Stance, to_foot
from simulator.plant.things import SECOND, THINGS, thing_kpa, thing_load_n
from simulator.probe import Probe, target

HEEL = (70.0, 50.0)


@pytest.fixture
def device(feet) -> Device:
    device = Device(feet, seed=1)
    device.advance_to(2_000_000)
    return device


def forward(device: Device, seconds: float) -> None:
    device.advance_to(device.now_us + round(seconds * 1e6))


def centre_mm(device: Device, bed: int) -> tuple[float, float]:
    kpa = device.matrices.true_kpa(bed)
    x, y = np.meshgrid((np.arange(16) + 0.5) * 10.0, (31.5 - np.arange(32)) * 10.0)
    return float((kpa * x).sum() / kpa.sum()), float((kpa * y).sum() / kpa.sum())


@pytest.mark.parametrize("bed", [0, 1])
def test_a_sliding_foot_takes_its_image_and_its_skin_along(device, bed):
    before = centre_mm(device, bed)
    stance = device.beds[bed].stance
    device.act(("slide-left", "slide-right")[bed])
    forward(device, 0.25)
    assert device.beds[bed].foot_moving
    half_way = centre_mm(device, bed)
    forward(device, 0.5)
    after = centre_mm(device, bed)
    assert not device.beds[bed].foot_moving
    outwards = (-1, 1)[bed]
    assert (after[0] - before[0]) * outwards == pytest.approx(SLIDE_MM[0], abs=3.0)
    assert after[1] - before[1] == pytest.approx(SLIDE_MM[1], abs=3.0)
    assert before[1] < half_way[1] < after[1]
    assert device.beds[bed].stance == shifted(stance, lateral_mm=SLIDE_MM[0], along_mm=SLIDE_MM[1])


def test_a_turning_foot_turns_outwards_about_its_heel(device):
    stances = [bed.stance for bed in device.beds]
    device.act("rotate")
    forward(device, 1.0)
    for bed, outwards in ((0, -1), (1, 1)):
        now = device.beds[bed].stance
        assert now.axis_deg - stances[bed].axis_deg == pytest.approx(outwards * ROTATE_DEG)
        assert (now.heel_x_mm, now.heel_y_mm) == (
            stances[bed].heel_x_mm,
            stances[bed].heel_y_mm,
        )


def test_swapped_feet_stand_on_each_other_s_beds(device, feet):
    device.act("swap")
    forward(device, 0.3)
    assert device.beds[0].load_n == 0.0
    forward(device, 1.0)
    assert [bed.stance.lateral for bed in device.beds] == [1, -1]
    for bed, foot in ((0, feet[1]), (1, feet[0])):
        kpa = device.matrices.true_kpa(bed)
        assert np.abs(kpa - foot.resting_kpa).max() < 0.3


def test_a_reversed_foot_has_its_heel_at_the_toe_end(device):
    stance, length_mm = device.beds[0].stance, PEOPLE["adult"].length_mm
    device.act("reverse-left")
    forward(device, 1.2)
    now = device.beds[0].stance
    assert now == turned_about(stance, length_mm)
    assert now.heel_y_mm > 250.0
    upper = device.matrices.true_kpa(0)[:8].sum()
    assert upper > device.matrices.true_kpa(1)[:8].sum() * 1.3
    device.act("reverse-left")
    forward(device, 1.2)
    assert device.beds[0].stance == stance


def test_who_stands_puts_half_a_body_on_each_bed_and_who_sits_takes_it_off(device):
    device.act("stand")
    forward(device, 0.6)
    assert all(340.0 < bed.load_n < 390.0 for bed in device.beds)
    assert min(device.firmware.machine.loads.bed_n) > 250.0
    device.act("sit")
    forward(device, 0.6)
    assert all(58.0 < bed.load_n < 62.0 for bed in device.beds)


def test_who_steps_on_a_bed_puts_the_whole_body_there(device):
    device.act("step-on-right")
    forward(device, 0.6)
    assert device.beds[1].load_n == pytest.approx(732.0, rel=0.03)
    assert device.beds[0].load_n < 62.0


@pytest.mark.parametrize(("act", "more_n"), [("hand-left", 15.0), ("two-feet-left", 25.0)])
def test_what_lies_beside_a_foot_is_felt_and_no_single_foot(device, act, more_n):
    assert device.beds[0].single_foot
    device.act(act)
    forward(device, 0.1)
    assert not device.beds[0].single_foot
    assert device.beds[1].single_foot
    assert device.beds[0].load_n == pytest.approx(60.0 + more_n, abs=1.0)
    kpa = device.matrices.true_kpa(0)
    assert kpa.sum() * SHAPE.cell_n_per_kpa == pytest.approx(60.0 + more_n, abs=1.0)
    device.act("place-left")
    forward(device, 0.1)
    assert device.beds[0].single_foot


@pytest.mark.parametrize(("act", "load_n"), [("object", 12.0), ("phone", 2.0), ("shoe", 20.0)])
def test_an_object_lies_where_the_foot_was_and_the_head_would_meet_it(device, act, load_n):
    device.act(f"{act}-right")
    forward(device, 0.6)
    bed = device.beds[1]
    assert bed.load_n == load_n
    assert not bed.single_foot
    assert bed.foot_lift_mm == 0.0
    assert device.matrices.true_kpa(1).sum() * 0.1 == pytest.approx(load_n, abs=0.01)
    device.act("place-right")
    forward(device, 0.6)
    assert bed.single_foot
    assert bed.load_n == pytest.approx(60.0, abs=1.0)


@pytest.mark.parametrize("name", [*THINGS, SECOND])
def test_every_thing_bears_its_load_inside_the_bed(name):
    kpa = thing_kpa(name, SHAPE, lateral=1)
    assert kpa.shape == (32, 16)
    assert kpa.min() >= 0.0
    assert kpa.sum() * SHAPE.cell_n_per_kpa == pytest.approx(thing_load_n(name))


def test_pain_makes_the_person_press_stop(device):
    device.act("pain")
    forward(device, 0.4)
    assert device.firmware.machine.stop_at_us == -1
    forward(device, 0.2)
    assert device.firmware.machine.stop_at_us > 0


def test_a_tangle_winds_up_only_while_the_head_turns(feet):
    probe = Probe(Device(feet, seed=1))
    probe.arm()
    bed = probe.device.beds[1]
    probe.press(3.0, right=target(*HEEL, force_n=10.0))
    probe.device.act("tangle-right")
    probe.press(0.3, right=target(*HEEL, force_n=10.0))
    assert bed.tangle_mnm == 0.0
    turning = target(*HEEL, force_n=10.0)._replace(spin_mrpm=30_000)
    worst_mnm = 0.0
    for _ in range(80):
        probe.press(0.005, right=turning)
        worst_mnm = max(worst_mnm, bed.spin_torque_mnm / max(bed.spin_expected_mnm, 1.0))
    assert worst_mnm > 1.5
    probe.device.act("untangle-right")
    probe.press(0.1)
    assert bed.tangle_mnm == 0.0


@pytest.mark.slow
def test_a_wet_foot_is_dragged_along_by_a_head_that_presses_hard(feet):
    def slip_mm(person: str) -> float:
        device = Device(synthetic_feet(PEOPLE[person], SHAPE, seed=1), seed=1)
        probe = Probe(device)
        probe.arm()
        stance = device.beds[1].stance
        probe.press(9.0, right=target(*HEEL, force_n=50.0))
        probe.press(1.0, right=target(HEEL[0], 80.0, force_n=50.0))
        return device.beds[1].stance.heel_y_mm - stance.heel_y_mm

    assert slip_mm("adult") == pytest.approx(0.0, abs=0.3)
    assert 0.5 < slip_mm("wet") < 6.0


@pytest.mark.parametrize("shift", [{"along_mm": 20.0}, {"lateral_mm": -15.0}, {"turn_deg": 90.0}])
def test_a_shift_keeps_the_foot_s_own_frame(shift):
    for first in (Stance(-1, 70.0, 30.0, -7.0), Stance(1, 90.0, 25.0, 7.0)):
        moved = shifted(first, **shift)
        along, across = to_foot(first, moved.heel_x_mm, moved.heel_y_mm)
        assert along == pytest.approx(shift.get("along_mm", 0.0))
        assert across == pytest.approx(shift.get("lateral_mm", 0.0))
        assert (moved.axis_deg - first.axis_deg) * first.lateral == shift.get("turn_deg", 0.0)


def test_a_moved_image_is_nearly_the_one_made_anew(feet):
    for foot in feet:
        stance = shifted(foot.stance, along_mm=7.0, lateral_mm=-6.0, turn_deg=8.0)
        made, moved = (kpa_at(foot, stance, SHAPE, quick=quick) for quick in (False, True))
        assert moved.sum() == pytest.approx(made.sum(), rel=1e-6)
        assert np.abs(moved - made).sum() < 0.25 * made.sum()
        # Nearer to the new image than to the old one by far.
        assert np.abs(moved - made).sum() < 0.4 * np.abs(foot.resting_kpa - made).sum()


@pytest.mark.slow
def test_the_same_seed_gives_the_same_ten_seconds_whatever_the_person_does(feet):
    def told(seed: int) -> str:
        device = Device(synthetic_feet(PEOPLE["adult"], SHAPE, seed=seed), seed=seed)
        probe = Probe(device)
        probe.arm()
        said = hashlib.sha256()
        for second, act in enumerate(("slide", "hand-left", "stand", "sit", "swap", "rotate")):
            device.act(act)
            said.update(device.advance_to(4_000_000 + 1_000_000 * (second + 1)))
        for bed in device.beds:
            said.update(repr((bed.x_mm, bed.y_mm, bed.load_n, bed.motor_c)).encode())
        said.update(device.matrices.true_kpa(0).tobytes())
        assert device.now_us == 10_000_000
        return said.hexdigest()

    assert told(3) == told(3)
    assert told(3) != told(4)
