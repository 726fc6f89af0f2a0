"""Soles, images and people: the truth that everything is judged by."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.device import SHAPE, Device
from simulator.plant.feet import synthetic_feet
from simulator.plant.footprint import MatrixShape, synthetic_kpa
from simulator.plant.matrix import Matrices
from simulator.plant.outline import OFF_SOLE, REGION_NAMES, margin_mm, polygon, region_of
from simulator.plant.people import PEOPLE
from simulator.plant.sole import BED_SKIN_MM, FAR_MM, Sole, Stance, to_foot
from simulator.probe import Probe, target

ADULT = Sole(PEOPLE["adult"])
LENGTH_MM = PEOPLE["adult"].length_mm


def point(u: float, v: float) -> tuple[float, float]:
    """Along and across [mm] of a place of the adult sole."""
    along = u * LENGTH_MM
    low, high = -80.0, 80.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if ADULT.uv_at(along, middle)[1] < v else (low, middle)
    return along, low


@pytest.mark.parametrize(
    ("u", "v", "name"),
    [
        (0.10, 0.2, "heel_medial"),
        (0.10, 0.8, "heel_lateral"),
        (0.25, 0.2, "heel_anterior_medial"),
        (0.25, 0.8, "heel_lateral"),
        (0.42, 0.2, "arch"),
        (0.42, 0.8, "midfoot_lateral"),
        (0.70, 0.1, "mth1"),
        (0.70, 0.4, "mth2"),
        (0.70, 0.6, "mth3"),
        (0.70, 0.7, "mth4"),
        (0.70, 0.9, "mth5"),
        (0.90, 0.2, "hallux"),
        (0.90, 0.7, "toes"),
        (0.75, 0.95, "toes"),
    ],
)
def test_regions_lie_where_anatomy_has_them(u, v, name):
    assert REGION_NAMES[region_of(u, v)] == name
    assert ADULT.region_at(*point(u, v)) == REGION_NAMES.index(name)


@pytest.mark.parametrize(("u", "v"), [(-0.01, 0.5), (1.01, 0.5), (0.5, -0.01), (0.5, 1.01)])
def test_beside_the_sole_is_no_region(u, v):
    assert region_of(u, v) == OFF_SOLE


def test_the_arch_is_ten_millimetres_high_in_the_middle_twenty_medial_three_lateral():
    heights = [ADULT.at(*point(0.42, v))[0] for v in (0.12, 0.5, 0.88)]
    assert heights[0] > 15.0
    assert heights[1] == pytest.approx(10.0, abs=0.7)
    assert heights[2] < 6.0
    assert ADULT.at(*point(0.10, 0.5))[0] < 0.2


def test_beside_the_outline_the_skin_rises_out_of_reach():
    along, across = point(0.10, 1.0)
    assert ADULT.at(along, across)[0] == pytest.approx(4.0, abs=1.0)
    assert ADULT.at(along, across + 35.0)[0] + BED_SKIN_MM > 40.0
    assert ADULT.at(LENGTH_MM + 200.0, 0.0)[0] == FAR_MM


@pytest.mark.slow
def test_height_and_softness_change_smoothly_along_any_stroke():
    for v in (0.2, 0.5, 0.8):
        cells = np.array([ADULT.at(*point(u, v)) for u in np.linspace(0.05, 0.9, 400)])
        step_mm = 0.85 * LENGTH_MM / 399
        assert np.abs(np.diff(cells[:, 0])).max() < 0.8 * step_mm
        assert np.abs(np.diff(np.log(cells[:, 1]))).max() < 0.12 * step_mm
        assert np.abs(np.diff(cells[:, 2])).max() < 1.5 * step_mm


def test_the_margin_is_the_distance_to_the_outline():
    corners = polygon(length_mm=LENGTH_MM, width_ratio=1.0)
    inside = margin_mm(corners, np.array([60.0]), np.array([0.0]))
    assert 30.0 < inside[0] < 38.0
    assert margin_mm(corners, np.array([-10.0]), np.array([0.0]))[0] == pytest.approx(
        -10.0, abs=0.1
    )


def test_left_and_right_are_mirror_images():
    left, right = Stance(-1, 80.0, 20.0, -6.0), Stance(1, 80.0, 20.0, 6.0)
    a = to_foot(left, 80.0 - 13.0, 140.0)
    b = to_foot(right, 80.0 + 13.0, 140.0)
    assert a == pytest.approx(b)


@pytest.mark.parametrize("person", sorted(PEOPLE))
def test_every_foot_rests_with_its_load_inside_its_outline(person):
    build = PEOPLE[person]
    for foot in synthetic_feet(build, SHAPE, seed=3):
        load_n = foot.resting_kpa.sum() * SHAPE.cell_n_per_kpa
        assert load_n == pytest.approx(build.seated_n)
        assert foot.resting_kpa.min() == 0.0
        row, col = np.nonzero(foot.resting_kpa > 0.5)
        x, y = (col + 0.5) * 10.0, (SHAPE.rows - row - 0.5) * 10.0
        along, across = to_foot(foot.stance, x, y)
        corners = polygon(length_mm=build.length_mm, width_ratio=build.width_ratio)
        assert margin_mm(corners, along, across).min() > -8.0
        assert 60 < len(row) < 170


def test_a_coarser_matrix_bears_the_same_load():
    coarse = MatrixShape(rows=16, cols=8, pitch_x_mm=20.0, pitch_y_mm=20.0)
    kpa = synthetic_kpa(PEOPLE["adult"], Stance(1, 75.0, 25.0, 6.0), coarse)
    assert kpa.sum() * coarse.cell_n_per_kpa == pytest.approx(60.0)


def matrices() -> Matrices:
    return Matrices(SHAPE, pa_per_count=100, zero_counts=40, full_scale_counts=4095, seed=1)


FOOT_KPA = synthetic_kpa(PEOPLE["adult"], Stance(1, 75.0, 25.0, 6.0), SHAPE)


@pytest.mark.slow
@settings(deadline=None)
@given(
    x_mm=st.floats(15.0, 145.0),
    y_mm=st.floats(0.0, 310.0),
    head_n=st.floats(0.1, 60.0),
    relief_n=st.floats(0.0, 36.0),
    radius_mm=st.floats(0.0, 20.0),
)
def test_the_image_bears_exactly_the_foot_less_its_relief_plus_the_head(
    x_mm, y_mm, head_n, relief_n, radius_mm
):
    both = matrices()
    both.put_foot(1, FOOT_KPA)
    both.press(
        1,
        foot_scale=1.0,
        x_mm=x_mm,
        y_mm=y_mm,
        head_n=head_n,
        relief_n=relief_n,
        radius_mm=radius_mm,
    )
    kpa = both.true_kpa(1)
    assert kpa.min() > -1e-3
    assert kpa.sum() * 0.1 == pytest.approx(60.0 - relief_n + head_n, abs=0.01)


def test_the_head_is_seen_where_it_presses():
    both = matrices()
    both.press(0, foot_scale=0.0, x_mm=93.0, y_mm=71.0, head_n=20.0, relief_n=0.0, radius_mm=14.0)
    kpa = both.true_kpa(0)
    x, y = np.meshgrid((np.arange(16) + 0.5) * 10.0, (31.5 - np.arange(32)) * 10.0)
    assert (kpa * x).sum() / kpa.sum() == pytest.approx(93.0, abs=0.6)
    assert (kpa * y).sum() / kpa.sum() == pytest.approx(71.0, abs=0.6)
    hertz_peak_kpa = 1.5 * 20.0 / (math.pi * 14.0**2) * 1000.0
    assert 0.6 * hertz_peak_kpa < kpa.max() < 1.05 * hertz_peak_kpa


def test_the_foot_is_lifted_first_around_the_head():
    both = matrices()
    both.put_foot(0, FOOT_KPA)
    both.press(0, foot_scale=1.0, x_mm=75.0, y_mm=55.0, head_n=0.001, relief_n=15.0, radius_mm=5.0)
    kept = both.true_kpa(0) / np.where(FOOT_KPA > 0.5, FOOT_KPA, np.nan)
    assert np.nanmin(kept[24:30]) < 0.5
    assert np.nanmax(kept[:15]) == pytest.approx(1.0)


def test_counts_carry_zero_gain_noise_and_full_scale():
    both = matrices()
    both.press(0, foot_scale=0.0, x_mm=80.0, y_mm=60.0, head_n=400.0, relief_n=0.0, radius_mm=4.0)
    both.press(1, foot_scale=0.0, x_mm=80.0, y_mm=60.0, head_n=0.0, relief_n=0.0, radius_mm=0.0)
    counts = both.scan()
    assert counts.dtype == np.uint16
    assert not counts.flags.writeable
    assert counts[0].max() == 4095
    assert counts[1].mean() == pytest.approx(40.0, abs=1.0)
    assert 3.0 < counts[1].std() < 9.0


def test_no_two_scans_are_alike():
    both = matrices()
    seen = set()
    for _ in range(500):
        for bed in (0, 1):
            both.press(
                bed, foot_scale=0.0, x_mm=0.0, y_mm=0.0, head_n=0.0, relief_n=0.0, radius_mm=0.0
            )
        seen.add(both.scan().tobytes())
    assert len(seen) == 500


@pytest.mark.slow
def test_a_head_takes_over_the_foot_s_load_and_then_lifts_it(feet):
    probe = Probe(Device(feet, seed=1))
    probe.arm()
    bed = probe.device.beds[1]
    loads = []
    for force_n in (10.0, 25.0, 50.0):
        probe.press(4.0, right=target(70.0, 50.0, force_n=force_n))
        loads.append(probe.device.firmware.machine.loads.bed_n[1])
        assert bed.force_n == pytest.approx(force_n, abs=0.5)
    assert loads[0] == pytest.approx(60.0, abs=3.0)
    assert loads[1] == pytest.approx(60.0, abs=3.0)
    assert loads[2] == pytest.approx(60.0 + 50.0 - 36.0, abs=3.5)
    assert bed.give_mm > 2.0
    probe.press(1.0)
    assert bed.give_mm < 0.1


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bytes(feet):
    def talk(seed: int) -> bytes:
        device = Device(synthetic_feet(PEOPLE["adult"], SHAPE, seed=seed), seed=seed)
        probe = Probe(device)
        probe.arm()
        probe.press(2.0, right=target(70.0, 50.0, force_n=10.0))
        return device.advance_to(device.now_us + 300_000)

    assert talk(5) == talk(5)
    assert talk(5) != talk(6)


def test_time_may_be_cut_in_any_pieces(feet):
    def listen(step_us: int) -> bytes:
        device = Device(feet, seed=2)
        Probe(device).connect()
        start_us = device.now_us
        out = b""
        while device.now_us < start_us + 210_000:
            out += device.advance_to(min(device.now_us + step_us, start_us + 210_000))
        return out

    assert listen(1_000) == listen(7_000) == listen(210_000)
