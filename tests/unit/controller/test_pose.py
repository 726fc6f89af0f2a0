import math

import numpy as np
import pytest

from controller.contact import HeadPlace
from controller.geometry import Grid, Side
from controller.pose import (
    FootPose,
    advance_fit,
    bed_from_foot,
    begin_fit,
    finish_fit,
    fit_pose,
    foot_from_bed,
)
from tests.soles import Stand, drawn_sole, noisy

BED = Grid(32, 16, pitch_x_mm=10.0, pitch_y_mm=10.0)
PLATES = [  # wide enough for a long foot turned by 25 degrees
    Grid(34, 24, pitch_x_mm=10.0, pitch_y_mm=10.0),
    Grid(68, 48, pitch_x_mm=5.0, pitch_y_mm=5.0),
    Grid(40, 48, pitch_x_mm=5.0, pitch_y_mm=8.6),
    Grid(17, 16, pitch_x_mm=15.0, pitch_y_mm=20.0),
]


def _fitted(stand: Stand, grid: Grid = BED, *, toes: bool = True, seed: int = 0) -> FootPose:
    image = drawn_sole(grid, stand, load_n=50.0, toes=toes)
    pose = fit_pose(noisy(image, np.random.default_rng(seed)), grid)
    assert pose is not None
    return pose


@pytest.mark.parametrize("grid", PLATES, ids=lambda grid: f"{grid.pitch_y_mm}x{grid.pitch_x_mm}")
@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("axis_deg", [-25.0, -8.0, 0.0, 25.0])
@pytest.mark.parametrize("length_mm", [215.0, 290.0])
def test_side_and_pose_of_a_seated_foot(
    grid: Grid, side: Side, axis_deg: float, length_mm: float
) -> None:
    stand = Stand(
        side=side,
        heel_x_mm=120.0 - 2.0 * axis_deg,
        heel_y_mm=20.0,
        axis_deg=axis_deg,
        length_mm=length_mm,
    )
    pose = _fitted(stand, grid)
    assert pose.side is side
    assert pose.side_p > 0.95
    off_mm = math.hypot(pose.heel_x_mm - stand.heel_x_mm, pose.heel_y_mm - stand.heel_y_mm)
    assert off_mm < 12.0
    assert pose.axis_deg == pytest.approx(axis_deg, abs=5.0)
    assert pose.length_mm == pytest.approx(length_mm, abs=max(15.0, 0.75 * grid.pitch_y_mm))


def test_toes_that_do_not_bear_change_neither_side_nor_place_of_the_heel() -> None:
    stand = Stand(side=Side.LEFT, heel_x_mm=75.0, heel_y_mm=30.0, axis_deg=-6.0)
    pose = _fitted(stand, toes=False)
    assert pose.side is Side.LEFT
    assert math.hypot(pose.heel_x_mm - 75.0, pose.heel_y_mm - 30.0) < 9.0
    assert pose.length_mm == pytest.approx(260.0, rel=0.08)


def test_a_broad_foot_is_wider_than_a_narrow_one_of_equal_length() -> None:
    narrow = _fitted(Stand(breadth_ratio=0.92))
    broad = _fitted(Stand(breadth_ratio=1.10))
    assert 1.05 < broad.width_mm / narrow.width_mm < 1.10 / 0.92
    assert broad.length_mm == pytest.approx(narrow.length_mm, rel=0.03)


def test_a_print_that_is_its_own_mirror_image_has_no_side() -> None:
    right = drawn_sole(BED, Stand(side=Side.RIGHT), load_n=500.0)
    pose = fit_pose(right + right[:, ::-1], BED)
    assert pose is not None
    assert pose.side is None
    assert pose.side_p < 0.9


def test_without_a_heel_there_is_no_pose() -> None:
    image = drawn_sole(BED, Stand(), load_n=200.0)
    image[16:] = 0.0
    fit = finish_fit(begin_fit(image, BED))
    assert fit.pose is None
    assert fit.failed in {"part_of_foot", "not_foot_shaped"}


def test_without_a_forefoot_there_is_no_pose() -> None:
    image = drawn_sole(BED, Stand(), load_n=200.0)
    image[:20] = 0.0
    fit = finish_fit(begin_fit(image, BED))
    assert fit.pose is None
    assert fit.failed in {"part_of_foot", "not_foot_shaped"}


def test_an_empty_bed_has_no_pose() -> None:
    fit = begin_fit(np.zeros(BED.shape, dtype=np.float32), BED)
    assert fit.done
    assert fit.failed == "too_small"
    assert advance_fit(fit) is fit


def test_the_head_in_the_arch_does_not_move_the_pose() -> None:
    image = drawn_sole(BED, Stand(), load_n=60.0)
    still = fit_pose(image, BED)
    pressed = image.copy()
    pressed[16:19, 6:9] += 60.0  # about x 75, y 145
    head = HeadPlace(x_mm=75.0, y_mm=145.0, radius_mm=22.0)
    worked = fit_pose(pressed, BED, head=head)
    assert still is not None
    assert worked is not None
    assert worked.side is still.side
    assert worked.heel_x_mm == pytest.approx(still.heel_x_mm, abs=2.0)
    assert worked.axis_deg == pytest.approx(still.axis_deg, abs=1.5)


def test_slices_and_one_go_agree() -> None:
    image = drawn_sole(BED, Stand(axis_deg=5.0))
    fit = begin_fit(image, BED)
    slices = 0
    while not fit.done:
        fit = advance_fit(fit)
        slices += 1
    assert fit.pose == fit_pose(image, BED)
    assert 10 < slices < 70


def test_the_stated_doubt_grows_as_the_load_falls_away() -> None:
    whole = _fitted(Stand())
    toeless = _fitted(Stand(), toes=False)
    assert toeless.length_sd_mm > whole.length_sd_mm
    for pose in (whole, toeless):
        assert 0.2 < pose.heel_x_sd_mm < 6.0
        assert 0.1 < pose.axis_sd_deg < 3.0


def test_u_runs_along_the_axis_and_v_to_the_little_toe() -> None:
    pose = _fitted(Stand(side=Side.LEFT))
    assert foot_from_bed(pose, pose.heel_x_mm, pose.heel_y_mm)[0] == pytest.approx(0.0)
    medial_x_mm, _ = bed_from_foot(pose, 0.7, 0.0)
    lateral_x_mm, _ = bed_from_foot(pose, 0.7, 1.0)
    assert medial_x_mm > lateral_x_mm  # a left foot has its big toe on the right
