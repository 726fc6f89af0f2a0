import numpy as np
import pytest

from controller.geometry import Grid
from controller.measures import measure_regions, measure_zones, region_weights
from controller.pose import FootPose, fit_pose
from controller.regions import REPORTED
from controller.zones import load_atlas
from tests.soles import Stand, drawn_sole

GRID = Grid(64, 32, pitch_x_mm=5.0, pitch_y_mm=5.0)


@pytest.fixture(scope="module")
def image() -> np.ndarray:
    return drawn_sole(GRID, Stand(axis_deg=4.0), load_n=700.0)


@pytest.fixture(scope="module")
def pose(image: np.ndarray) -> FootPose:
    fitted = fit_pose(image, GRID)
    assert fitted is not None
    return fitted


def test_regions_share_out_the_whole_load_and_area(image: np.ndarray, pose: FootPose) -> None:
    regions = measure_regions(image, GRID, pose, threshold_kpa=2.0)
    assert tuple(regions) == REPORTED
    assert sum(region.load_ratio for region in regions.values()) == pytest.approx(1.0, abs=0.02)
    area_cm2 = sum(region.area_cm2 for region in regions.values())
    assert area_cm2 == pytest.approx((image > 2.0).sum() * 0.25, rel=0.02)


def test_the_strongest_region_of_this_sole_is_its_heel(image: np.ndarray, pose: FootPose) -> None:
    regions = measure_regions(image, GRID, pose, threshold_kpa=2.0)
    assert max(region.peak_kpa for region in regions.values()) == pytest.approx(image.max())
    heel = regions["heel_medial"].load_ratio + regions["heel_lateral"].load_ratio
    assert 0.3 < heel < 0.6
    assert regions["arch"].load_ratio < 0.1


def test_no_taxel_counts_twice(pose: FootPose) -> None:
    weights = region_weights(GRID, pose)
    assert weights.shape == (11, 64 * 32)
    assert weights.sum(axis=0).max() <= 1.0 + 1e-6


def test_zones_bear_the_load_of_their_place(image: np.ndarray, pose: FootPose) -> None:
    zones = measure_zones(image, GRID, pose, load_atlas(), threshold_kpa=2.0)
    loads = {zone.no: zone.load_ratio for zone in zones}
    assert list(loads) == sorted(loads)
    assert loads[36] > 0.05  # the middle of the heel
    assert loads[1] >= loads[4]  # 4 lies inside 1
    assert not {30, 31, 32, 33, 34} & set(loads)  # zones of the left foot


def test_an_unloaded_image_has_no_shares(pose: FootPose) -> None:
    empty = np.zeros(GRID.shape, dtype=np.float32)
    regions = measure_regions(empty, GRID, pose, threshold_kpa=2.0)
    assert all(region.load_ratio == 0.0 for region in regions.values())
    assert measure_zones(empty, GRID, pose, load_atlas(), threshold_kpa=2.0) == ()
