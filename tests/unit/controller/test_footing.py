"""A registered foot that moves, grows heavier or gets company is told apart by its image."""

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from controller.contact import HeadPlace
from controller.footing import (
    STILL,
    STIRRED_MM,
    STRANGE_N,
    Footing,
    Lying,
    Stir,
    conclude,
    look,
    moved_mm,
    take_footing,
)
from controller.geometry import Grid, Side, cell_centres
from controller.pose import FootPose
from tests.soles import Stand, drawn_sole

GRID = Grid(32, 16, 10.0, 10.0)
HEEL_X_MM, HEEL_Y_MM = 80.0, 25.0
POSE = FootPose(
    side=Side.RIGHT,
    side_p=0.99,
    fitted_side=Side.RIGHT,
    heel_x_mm=HEEL_X_MM,
    heel_y_mm=HEEL_Y_MM,
    axis_deg=0.0,
    length_mm=260.0,
    width_mm=99.0,
    heel_x_sd_mm=1.0,
    heel_y_sd_mm=1.0,
    axis_sd_deg=1.0,
    length_sd_mm=3.0,
    width_sd_mm=2.0,
    misfit=0.1,
)


def print_kpa(*, x_mm=0.0, y_mm=0.0, turn_rad=0.0):
    """A seated foot, moved, and turned clockwise about its heel."""
    stand = Stand(
        heel_x_mm=HEEL_X_MM + x_mm,
        heel_y_mm=HEEL_Y_MM + y_mm,
        axis_deg=math.degrees(turn_rad),
    )
    return drawn_sole(GRID, stand)


def noisy(kpa, seed):
    """As a matrix feels it: half a kPa of noise, and nothing below nothing."""
    noise_kpa = np.random.default_rng(seed).normal(0.0, 0.5, GRID.shape)
    return np.maximum(kpa + noise_kpa, 0.0).astype(np.float32)


CALM = np.mean([noisy(print_kpa(), seed) for seed in range(200)], axis=0)
FOOTING = take_footing(CALM, GRID)


def seen(kpa, head=None, looks=12):
    stir = STILL
    for _ in range(looks):
        stir = look(FOOTING, kpa, GRID, head, stir)
    return stir


def in_company(stir):
    return conclude(stir, FOOTING, None, in_company=False) is Lying.IN_COMPANY


def test_the_same_image_says_that_nothing_has_changed():
    assert np.allclose(seen(CALM), 0.0, atol=1e-4)


@given(
    st.floats(-4.0, 4.0),
    st.floats(-4.0, 4.0),
    st.floats(-0.03, 0.03),
)
def test_a_small_move_is_measured_to_a_half(x_mm, y_mm, turn_rad):
    stir = seen(print_kpa(x_mm=x_mm, y_mm=y_mm, turn_rad=turn_rad))
    # the foot turns about its heel, and is told to have turned about its middle
    x_mm += turn_rad * (FOOTING.middle_y_mm - HEEL_Y_MM)
    y_mm -= turn_rad * (FOOTING.middle_x_mm - HEEL_X_MM)
    assert stir.turn_rad == pytest.approx(turn_rad, rel=0.5, abs=0.006)
    assert stir.x_mm == pytest.approx(x_mm, rel=0.5, abs=0.5)
    assert stir.y_mm == pytest.approx(y_mm, rel=0.5, abs=0.5)


@pytest.mark.parametrize(
    ("move", "way_mm"),
    [
        ({"x_mm": 6.0}, 6.0),
        ({"y_mm": -6.0}, 6.0),
        ({"turn_rad": 0.023}, 6.0),
        ({"turn_rad": -0.023}, 6.0),
    ],
)
def test_a_foot_that_slides_or_turns_has_stirred(move, way_mm):
    stir = seen(print_kpa(**move))
    assert moved_mm(stir, FOOTING, POSE) > STIRRED_MM
    assert moved_mm(stir, FOOTING, POSE) < 2.0 * way_mm


@given(st.floats(0.6, 6.0), st.integers(0, 2**32 - 1))
@example(0.625, 117)  # the noise of the bare taxels had counted as a part of the foot
def test_a_foot_that_only_bears_more_or_less_has_not(share, seed):
    stir = seen(noisy(share * print_kpa(), seed))
    assert stir.heavier == pytest.approx(share - 1.0, abs=0.05)
    assert moved_mm(stir, FOOTING, POSE) < STIRRED_MM
    assert not in_company(stir)


@given(st.floats(30.0, 130.0), st.floats(20.0, 300.0), st.floats(0.0, 400.0))
def test_what_the_head_presses_is_neither_a_move_nor_company(x_mm, y_mm, most_kpa):
    head = HeadPlace(x_mm, y_mm)
    x, y = cell_centres(GRID)
    patch = most_kpa * np.exp(-((x - x_mm) ** 2 + (y - y_mm) ** 2) / 12.0**2)
    stir = seen(CALM + patch.reshape(GRID.shape).astype(np.float32), head)
    assert moved_mm(stir, FOOTING, POSE) < 0.5
    assert abs(stir.strange_n) < 0.5


@pytest.mark.parametrize(("x_mm", "y_mm"), [(30.0, 200.0), (105.0, 180.0), (130.0, 60.0)])
def test_a_light_hand_is_company_within_two_looks(x_mm, y_mm):
    x, y = cell_centres(GRID)
    hand = ((abs(x - x_mm) < 40.0) & (abs(y - y_mm) < 60.0)).astype(np.float32)
    hand *= 15.0 / (hand.sum() * GRID.cell_area_cm2 / 10.0)
    assert hand.max() < 2.0  # less than what makes a taxel count as loaded
    stir = seen(CALM + hand.reshape(GRID.shape), looks=2)
    assert in_company(stir)


@pytest.mark.parametrize("way_mm", [8.0, 15.0, 25.0, 40.0, 60.0])
@pytest.mark.parametrize("along", ["x_mm", "y_mm"])
def test_a_foot_that_lies_far_away_at_once_has_moved_and_is_no_company(way_mm, along):
    stir = seen(print_kpa(**{along: way_mm if along == "y_mm" else way_mm / 2}))
    assert moved_mm(stir, FOOTING, POSE) > STIRRED_MM
    assert not in_company(stir)


def test_who_stands_up_is_heavy_and_not_company():
    stir = Stir(heavier=5.0, strange_n=5.0 * STRANGE_N)
    assert not in_company(stir)
    assert in_company(stir._replace(heavier=0.0))


@given(st.floats(-4.0, 4.0), st.floats(-4.0, 4.0), st.floats(-0.02, 0.02))
def test_a_foot_that_moves_is_no_company(x_mm, y_mm, turn_rad):
    assert not in_company(seen(print_kpa(x_mm=x_mm, y_mm=y_mm, turn_rad=turn_rad)))


def test_a_foot_that_is_being_lifted_says_nothing_about_its_place():
    before = seen(print_kpa(x_mm=1.0))
    assert look(FOOTING, 0.3 * CALM, GRID, None, before) == before


def test_a_print_that_is_all_under_the_head_raises_nothing():
    kpa = np.zeros(GRID.shape, dtype=np.float32)
    kpa[15:17, 7:9] = 20.0
    footing = take_footing(kpa, GRID)
    stir = look(footing, 5.0 * kpa, GRID, HeadPlace(80.0, 160.0), STILL)
    assert all(map(math.isfinite, stir))


def test_an_empty_image_can_be_compared_with():
    empty = np.zeros(GRID.shape, dtype=np.float32)
    assert look(take_footing(empty, GRID), empty, GRID, None, STILL) == STILL


def test_a_footing_is_compared_with_taxel_by_taxel():
    assert isinstance(FOOTING, Footing)
    assert FOOTING.kpa.shape == GRID.shape
    assert FOOTING.basis.shape == (4, *GRID.shape)
