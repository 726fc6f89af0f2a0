import numpy as np
import pytest

from controller.regions import OFF_SOLE, REGIONS, REPORTED, region_at


@pytest.mark.parametrize(
    ("u", "v", "name"),
    [
        (0.10, 0.30, "heel_medial"),
        (0.10, 0.70, "heel_lateral"),
        (0.19999, 0.49, "heel_medial"),
        (0.20, 0.49, "heel_anterior_medial"),
        (0.29999, 0.10, "heel_anterior_medial"),
        (0.29999, 0.50, "heel_lateral"),
        (0.30, 0.10, "arch"),
        (0.54999, 0.49, "arch"),
        (0.30, 0.50, "midfoot_lateral"),
        (0.55, 0.10, "mth1"),
        (0.60, 0.30, "mth2"),
        (0.60, 0.47, "mth3"),
        (0.60, 0.64, "mth4"),
        (0.60, 0.81, "mth5"),
        (0.81999, 0.10, "mth1"),
        (0.82, 0.10, "hallux"),
        (0.82, 0.40, "mth2"),
        (0.83, 0.40, "toes"),
        (0.734, 1.0, "mth5"),
        (0.736, 1.0, "toes"),
        (1.0, 1.0, "toes"),
        (0.0, 0.0, "heel_medial"),
    ],
)
def test_borders_of_the_regions(u: float, v: float, name: str) -> None:
    assert REGIONS[region_at(u, v)] == name
    assert REGIONS[region_at(np.array([u]), np.array([v]))[0]] == name


@pytest.mark.parametrize("point", [(-0.001, 0.5), (1.001, 0.5), (0.5, -0.001), (0.5, 1.001)])
def test_beyond_the_outline_is_no_region(point: tuple[float, float]) -> None:
    assert region_at(*point) == OFF_SOLE


def test_a_place_that_is_not_a_number_is_no_region() -> None:
    assert region_at(float("nan"), 0.5) == OFF_SOLE
    assert region_at(np.array([np.nan]), np.array([0.5]))[0] == OFF_SOLE


def test_measures_report_eleven_regions_and_limits_know_twelve() -> None:
    assert len(REGIONS) == 12
    assert len(REPORTED) == 11
    assert set(REGIONS) - set(REPORTED) == {"heel_anterior_medial"}
