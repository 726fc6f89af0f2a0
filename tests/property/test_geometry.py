import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from controller.geometry import Side, share_from_v, v_from_share
from controller.pose import FootPose, bed_from_foot, foot_from_bed
from controller.regions import OFF_SOLE, REGIONS, region_at
from controller.zones import finest_zone, load_atlas, zones_at

shares = st.floats(0.0, 1.0)
anywhere = st.floats(-2.0, 3.0)
poses = st.builds(
    FootPose,
    side=st.sampled_from(Side),
    side_p=st.floats(0.5, 1.0),
    fitted_side=st.sampled_from(Side),
    heel_x_mm=st.floats(-50.0, 200.0),
    heel_y_mm=st.floats(-50.0, 200.0),
    axis_deg=st.floats(-60.0, 60.0),
    length_mm=st.floats(195.0, 310.0),
    width_mm=st.floats(75.0, 120.0),
    heel_x_sd_mm=st.just(1.0),
    heel_y_sd_mm=st.just(1.0),
    axis_sd_deg=st.just(1.0),
    length_sd_mm=st.just(1.0),
    width_sd_mm=st.just(1.0),
    misfit=st.just(0.1),
)


@given(u=shares, v=anywhere)
def test_v_and_distance_from_the_axis_are_inverses(u: float, v: float) -> None:
    assert math.isclose(v_from_share(u, share_from_v(u, v)), v, abs_tol=1e-9)


@given(pose=poses, u=shares, v=anywhere)
def test_a_place_of_the_foot_goes_to_the_bed_and_back(pose: FootPose, u: float, v: float) -> None:
    back_u, back_v = foot_from_bed(pose, *bed_from_foot(pose, u, v))
    assert math.isclose(back_u, u, abs_tol=1e-9)
    assert math.isclose(back_v, v, abs_tol=1e-6)


@given(pose=poses, u=st.lists(shares, min_size=1, max_size=8), v=shares)
def test_many_places_at_once_go_where_each_goes_alone(
    pose: FootPose, u: list[float], v: float
) -> None:
    x_mm, y_mm = bed_from_foot(pose, np.array(u), np.full(len(u), v))
    alone = [bed_from_foot(pose, one, v) for one in u]
    np.testing.assert_allclose(np.stack((x_mm, y_mm), axis=1), alone, atol=1e-9)


@given(u=anywhere, v=anywhere)
def test_every_point_of_the_sole_has_one_region_and_no_other_point_has_any(
    u: float, v: float
) -> None:
    region = region_at(u, v)
    on_sole = 0.0 <= u <= 1.0 and 0.0 <= v <= 1.0
    assert (region != OFF_SOLE) == on_sole
    assert OFF_SOLE <= region < len(REGIONS)


@given(u=st.lists(anywhere, min_size=1, max_size=30), v=anywhere)
def test_regions_of_many_points_are_those_of_each(u: list[float], v: float) -> None:
    many = region_at(np.array(u), np.full(len(u), v))
    assert many.tolist() == [region_at(one, v) for one in u]


@given(side=st.sampled_from(Side), u=anywhere, v=anywhere)
def test_the_finest_zone_is_the_smallest_of_all_at_that_point(
    side: Side, u: float, v: float
) -> None:
    atlas = load_atlas()
    all_there = zones_at(atlas, side, u, v)
    finest = finest_zone(atlas, side, u, v)
    assert finest == min(all_there, key=atlas.finest_first.index, default=None)
