import math

import numpy as np
import pytest

from controller.geometry import (
    BREADTH_RATIO,
    OUTLINE_LATERAL,
    OUTLINE_MEDIAL,
    OUTLINE_U,
    Grid,
    Side,
    cell_centres,
    cell_samples,
    share_from_v,
    v_from_share,
)


def test_the_first_row_of_a_matrix_lies_at_the_toes_and_the_first_column_at_the_left() -> None:
    x_mm, y_mm = cell_centres(Grid(32, 16, pitch_x_mm=10.0, pitch_y_mm=10.0))
    assert (x_mm[0], y_mm[0]) == (5.0, 315.0)
    assert (x_mm[-1], y_mm[-1]) == (155.0, 5.0)


def test_parts_of_a_taxel_surround_its_centre_evenly() -> None:
    grid = Grid(3, 2, pitch_x_mm=5.0, pitch_y_mm=8.0)
    samples_x_mm, samples_y_mm = cell_samples(grid, 4)
    x_mm, y_mm = cell_centres(grid)
    assert samples_x_mm.shape == (6, 16)
    np.testing.assert_allclose(samples_x_mm.mean(axis=1), x_mm)
    np.testing.assert_allclose(samples_y_mm.mean(axis=1), y_mm)
    assert np.ptp(samples_x_mm[0]) == pytest.approx(5.0 * 3 / 4)
    assert np.ptp(samples_y_mm[0]) == pytest.approx(8.0 * 3 / 4)


@pytest.mark.parametrize("pitch_mm", [0.0, -1.0, math.nan, math.inf])
def test_a_pitch_that_is_no_length_is_refused(pitch_mm: float) -> None:
    with pytest.raises(ValueError, match="pitch"):
        Grid(32, 16, pitch_x_mm=pitch_mm, pitch_y_mm=10.0)


def test_a_matrix_without_rows_is_refused() -> None:
    with pytest.raises(ValueError, match="rows"):
        Grid(0, 16, pitch_x_mm=10.0, pitch_y_mm=10.0)


def test_the_outline_has_the_breadths_of_measured_feet() -> None:
    assert pytest.approx(0.382, abs=0.01) == BREADTH_RATIO
    heel = np.interp(0.15, OUTLINE_U, OUTLINE_LATERAL - OUTLINE_MEDIAL)
    assert heel == pytest.approx(0.27, abs=0.01)


def test_the_borders_of_the_sole_are_v_0_and_1() -> None:
    np.testing.assert_allclose(share_from_v(OUTLINE_U, np.zeros(30)), OUTLINE_MEDIAL)
    np.testing.assert_allclose(v_from_share(OUTLINE_U, OUTLINE_LATERAL), np.ones(30))


def test_the_big_toe_of_a_left_foot_is_on_its_right() -> None:
    assert Side.LEFT.lateral_sign == -1.0
    assert Side.LEFT.other is Side.RIGHT
    assert Side.RIGHT.other is Side.LEFT
