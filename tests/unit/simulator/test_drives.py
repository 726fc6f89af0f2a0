"""Drives, sensors and supply of one bed, led by hand-set wires: what is true and what is felt."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.device import SHAPE
from simulator.plant.bed import (
    CARRIAGE_LIMIT_MA,
    PLAY_MM,
    ROOM_C,
    SPIN_LIMIT_MNM,
    BedPlant,
    Trouble,
)
from simulator.plant.feet import synthetic_feet
from simulator.plant.panel import STALL_N, WATCHDOG_MS, PanelPlant, ResetCause
from simulator.plant.people import PEOPLE
from simulator.wires import (
    FLAG_X_MM,
    FLAG_Y_MM,
    IDLE_MA,
    PRESS_FRICTION_MA,
    PRESS_MA_PER_N,
    SUPPLY_V,
    HeadWires,
    PanelWires,
)

HEEL = (85.0, 50.0)


class Rig:
    """One powered bed without any firmware."""

    def __init__(self, person: str = "adult", *, seed: int = 1, encoder_error_mm: float = 0.0):
        self.panel_wires, self.wires = PanelWires(), HeadWires()
        self.panel = PanelPlant(self.panel_wires, seed=seed)
        self.bed = BedPlant(
            self.wires, self.panel, seed=seed, bed=1, encoder_error_mm=encoder_error_mm
        )
        foot = synthetic_feet(PEOPLE[person], SHAPE, seed=seed)[1]
        self.bed.put_foot(foot.sole, foot.stance)
        self.bed.share_n = self.bed.load_n = 1000.0  # someone stands: the foot does not rise
        self.panel_wires.relay = self.wires.enabled = True

    def run(self, milliseconds: int) -> None:
        for _ in range(milliseconds):
            self.panel.step()
            self.bed.step()

    def go(self, x_mm: float, y_mm: float) -> None:
        for _ in range(4000):
            self.wires.x_speed_mm_s = max(min((x_mm - self.bed.x_mm) * 20.0, 100.0), -100.0)
            self.wires.y_speed_mm_s = max(min((y_mm - self.bed.y_mm) * 20.0, 100.0), -100.0)
            self.run(1)
        self.wires.x_speed_mm_s = self.wires.y_speed_mm_s = 0.0
        self.run(50)

    def press(self, force_n: float, speed_mm_s: float = 10.0) -> None:
        """Drive up until the true force is reached, then stand."""
        self.wires.z_speed_mm_s = speed_mm_s
        for _ in range(8000):
            self.run(1)
            if self.bed.force_n >= force_n:
                break
        self.wires.z_speed_mm_s = 0.0
        self.run(20)


@pytest.fixture
def rig() -> Rig:
    return Rig()


@pytest.fixture
def heel() -> Rig:
    rig = Rig()
    rig.go(*HEEL)
    return rig


def test_a_drive_takes_time_to_reach_its_speed(rig):
    rig.wires.x_speed_mm_s = 100.0
    rig.run(5)
    assert 5.0 < rig.bed.speed[0] < 15.0  # 2.5 mm/s more in each millisecond
    rig.run(100)
    assert rig.bed.speed[0] == pytest.approx(100.0, abs=0.1)


@pytest.mark.parametrize("way", ["bridge", "relay", "mains"])
def test_without_power_no_drive_pushes_and_none_draws(rig, way):
    rig.wires.z_speed_mm_s = 20.0
    rig.wires.x_speed_mm_s = 50.0
    if way == "bridge":
        rig.wires.enabled = False
    elif way == "relay":
        rig.panel_wires.relay = False
    else:
        rig.panel.mains = False
        rig.run(320)
        rig.bed.z_mm, x_mm = 0.0, rig.bed.x_mm
        rig.run(400)
        assert rig.bed.x_mm == pytest.approx(x_mm, abs=1.0)
        return
    x_mm = rig.bed.x_mm
    rig.run(500)
    assert rig.bed.z_mm == 0.0
    assert rig.bed.x_mm == x_mm
    assert rig.wires.press_ma == rig.wires.x_ma == rig.wires.y_ma == 0.0


@pytest.mark.parametrize("person", ["adult", "elderly", "soft", "stiff"])
@pytest.mark.parametrize("way", ["bridge", "relay"])
def test_a_press_without_power_opens_by_itself_within_half_a_second(person, way):
    rig = Rig(person)
    rig.go(*HEEL)
    rig.press(60.0)
    if way == "bridge":
        rig.wires.enabled = False
    else:
        rig.panel_wires.relay = False
    rig.run(500)
    assert rig.bed.force_n < 1.0


def test_the_press_stalls_at_the_limit_of_its_driver():
    rig = Rig("stiff")
    rig.go(*HEEL)
    rig.wires.z_speed_mm_s = 5.0
    worst_n = 0.0
    for _ in range(8000):
        rig.run(1)
        worst_n = max(worst_n, rig.bed.force_n)
    assert STALL_N - 8.0 < worst_n <= STALL_N
    assert rig.wires.press_ma < IDLE_MA + PRESS_MA_PER_N * STALL_N * 1.2


def test_the_current_of_a_standing_press_tells_its_force_within_the_ripple(heel):
    for force_n in (5.0, 15.0, 30.0, 50.0):
        heel.press(force_n)
        told_n = (heel.wires.press_ma - IDLE_MA) / PRESS_MA_PER_N
        assert told_n == pytest.approx(heel.bed.force_n, rel=0.16)


@pytest.mark.parametrize("speed_mm_s", [-20.0, -2.0, 2.0, 20.0])
def test_a_moving_press_draws_its_friction(rig, speed_mm_s):
    rig.wires.z_speed_mm_s = 20.0
    rig.run(200)
    rig.wires.z_speed_mm_s = speed_mm_s
    rig.run(60)
    assert rig.wires.press_ma - IDLE_MA == pytest.approx(
        math.copysign(PRESS_FRICTION_MA, speed_mm_s), abs=0.5
    )


def test_turning_round_the_press_loses_its_play(rig):
    rig.wires.z_speed_mm_s = 10.0
    rig.run(300)
    up_mm = rig.wires.z_mm - rig.bed.z_mm
    rig.wires.z_speed_mm_s = -10.0
    rig.run(100)
    down_mm = rig.wires.z_mm - rig.bed.z_mm
    assert up_mm - down_mm == pytest.approx(PLAY_MM)


def test_the_load_cell_is_right_within_two_per_cent_and_says_it_a_millisecond_late(heel):
    heel.press(30.0)
    felt, true = [], []
    for _ in range(400):
        heel.run(1)
        felt.append(heel.wires.force_a_n)
        true.append(heel.bed.force_n)
    assert np.mean(felt) == pytest.approx(np.mean(true), rel=0.02, abs=0.1)
    assert 0.02 < np.std(np.array(felt[1:]) - np.array(true[:-1])) < 0.06
    heel.wires.z_speed_mm_s = 25.0
    heel.run(20)
    steps = [heel.bed.force_n]
    for _ in range(30):
        heel.run(1)
        assert heel.wires.force_a_n == pytest.approx(steps[-1], rel=0.02, abs=0.25)
        steps.append(heel.bed.force_n)
    assert steps[-1] > steps[0] + 3.0


@pytest.mark.slow
def test_no_two_load_cells_are_alike():
    zeros = {
        BedPlant(HeadWires(), Rig().panel, seed=seed, bed=0).wires.force_a_n for seed in range(9)
    }
    assert len(zeros) == 9
    assert max(abs(zero) for zero in zeros) < 0.15


@pytest.mark.slow
@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 10_000))
def test_encoders_are_wrong_until_they_pass_their_flags(seed):
    rig = Rig(seed=seed, encoder_error_mm=3.0)
    wires, bed = rig.wires, rig.bed
    errors = [wires.x_mm - bed.x_mm, wires.y_mm - bed.y_mm, wires.z_mm - bed.z_mm]
    assert all(abs(error) <= 3.0 for error in errors)
    assert any(abs(error) > 0.3 for error in errors)
    assert abs(bed.x_mm - FLAG_X_MM) <= 1.0
    assert abs(bed.y_mm - FLAG_Y_MM) <= 1.0
    for homing in (False, True):
        wires.homing = homing
        for speed in (-5.0, 5.0, 5.0, 5.0):
            wires.x_speed_mm_s = wires.y_speed_mm_s = wires.z_speed_mm_s = speed
            rig.run(450)
        assert not any((wires.x_flag, wires.y_flag, wires.z_flag))
        wires.x_speed_mm_s = wires.y_speed_mm_s = wires.z_speed_mm_s = -5.0
        rig.run(1350)
        assert wires.x_flag
        assert wires.y_flag
        assert wires.z_flag
        wires.x_speed_mm_s = wires.y_speed_mm_s = wires.z_speed_mm_s = 0.0
        rig.run(50)
        if not homing:
            assert wires.x_mm - bed.x_mm == pytest.approx(errors[0])
    assert wires.x_mm == pytest.approx(bed.x_mm)
    assert wires.y_mm == pytest.approx(bed.y_mm)
    assert wires.z_mm == pytest.approx(bed.z_mm, abs=PLAY_MM)


@pytest.mark.parametrize(
    ("trouble", "axis"),
    [(Trouble.X_JAMMED, "x"), (Trouble.Y_JAMMED, "y"), (Trouble.PRESS_JAMMED, "z")],
)
def test_a_jammed_axis_stands_and_draws_its_limit(rig, trouble, axis):
    rig.bed.troubles = int(trouble)
    before = (rig.bed.x_mm, rig.bed.y_mm, rig.bed.z_mm)
    setattr(rig.wires, f"{axis}_speed_mm_s", 20.0)
    rig.run(100)
    assert (rig.bed.x_mm, rig.bed.y_mm, rig.bed.z_mm) == before
    if axis == "z":
        assert rig.wires.press_ma == pytest.approx(IDLE_MA + STALL_N * PRESS_MA_PER_N)
    else:
        assert getattr(rig.wires, f"{axis}_ma") == IDLE_MA + CARRIAGE_LIMIT_MA


@pytest.mark.parametrize(
    ("trouble", "axis"),
    [(Trouble.X_DEAD, "x"), (Trouble.Y_DEAD, "y"), (Trouble.PRESS_DEAD, "z")],
)
def test_a_dead_motor_does_not_move_its_axis(rig, trouble, axis):
    rig.bed.troubles = int(trouble)
    before = (rig.bed.x_mm, rig.bed.y_mm, rig.bed.z_mm)
    setattr(rig.wires, f"{axis}_speed_mm_s", 20.0)
    rig.run(100)
    assert (rig.bed.x_mm, rig.bed.y_mm, rig.bed.z_mm) == before


def test_a_runaway_press_obeys_no_order_but_the_relay(heel):
    heel.bed.troubles = int(Trouble.PRESS_RUNAWAY | Trouble.BRIDGE_STUCK)
    heel.wires.enabled = False
    heel.run(400)
    assert heel.bed.force_n > 40.0
    heel.panel_wires.relay = False
    heel.run(500)
    assert heel.bed.force_n < 1.0


def test_a_spinning_head_feels_its_friction_and_what_winds_itself_up(heel):
    heel.press(20.0)
    heel.wires.spin_order_rpm = -30.0
    heel.run(600)
    assert heel.wires.spin_rpm == pytest.approx(-30.0, abs=0.1)
    assert heel.bed.spin_torque_mnm == pytest.approx(3.0 + 2.8 * heel.bed.force_n, rel=0.02)
    assert heel.wires.spin_mnm == pytest.approx(-heel.bed.spin_torque_mnm, abs=12.0)
    heel.bed.tangle_mnm = 100.0
    heel.run(5)
    assert heel.bed.spin_torque_mnm == pytest.approx(heel.bed.spin_expected_mnm + 100.0)
    heel.bed.tangle_mnm = 400.0
    heel.run(400)
    assert abs(heel.wires.spin_rpm) < 1.0
    assert abs(heel.wires.spin_mnm) == pytest.approx(SPIN_LIMIT_MNM, abs=12.0)


def test_a_motor_that_stands_under_full_current_grows_too_hot_and_cools_again(heel):
    heel.press(60.0)
    for _ in range(120):
        heel.bed.live_on(1.0)
    assert 38.0 < heel.bed.motor_c < 50.0
    heel.bed.troubles = int(Trouble.PRESS_JAMMED)
    heel.wires.z_speed_mm_s = 20.0
    heel.run(2)
    for _ in range(600):
        heel.bed.live_on(1.0)
    assert heel.bed.motor_c > 70.0
    assert 30.0 < heel.bed.surface_c < 43.0
    heel.run(1)
    assert heel.wires.motor_c == pytest.approx(heel.bed.motor_c, abs=1.5)
    heel.wires.enabled = False
    heel.run(2)
    for _ in range(900):
        heel.bed.live_on(1.0)
    assert heel.bed.motor_c == pytest.approx(ROOM_C, abs=0.5)


def test_stored_energy_takes_a_head_off_the_skin_after_the_mains_is_cut(heel):
    heel.press(50.0)
    heel.panel.mains = False
    heel.wires.z_speed_mm_s = -120.0
    heel.run(200)
    assert heel.panel.live
    assert heel.bed.force_n == 0.0
    assert heel.panel_wires.supply_v < 0.85 * SUPPLY_V
    heel.run(200)
    assert not heel.panel.live
    heel.run(200)
    assert heel.panel.reset is ResetCause.BROWN_OUT


def test_a_weak_supply_pushes_less():
    rig = Rig("stiff")
    rig.go(*HEEL)
    rig.panel.mains = False
    rig.run(150)
    assert rig.panel.stall_n == pytest.approx(STALL_N * 0.75, rel=0.02)


def test_a_hungry_watchdog_cuts_both_ways_and_wants_a_reset(rig):
    for _ in range(50):
        rig.panel_wires.watchdog_fed = True
        rig.run(1)
        assert not rig.panel_wires.watchdog_fed
    rig.run(WATCHDOG_MS)
    assert rig.panel.live
    assert rig.panel.reset is None
    rig.run(1)
    assert not rig.panel.live
    assert rig.panel.reset is ResetCause.WATCHDOG
    rig.panel.restart()
    rig.panel_wires.relay = True
    rig.run(1)
    assert rig.panel.live
    assert rig.panel.reset is None


def test_a_watchdog_that_was_never_fed_does_not_bite(rig):
    rig.run(1000)
    assert rig.panel.reset is None


@pytest.mark.slow
def test_the_second_oscillator_drifts_by_some_parts_in_a_million():
    ahead = []
    for seed in range(8):
        rig = Rig(seed=seed)
        for _ in range(2000):
            rig.run(5)
            rig.panel.scan()
        ahead.append(rig.panel_wires.clock2_us - 10_000_000)
    assert 0 < max(abs(us) for us in ahead) < 2_000
    assert len(set(ahead)) > 4
