import json
from importlib import resources
from typing import Any

import numpy as np
import pytest

from controller.geometry import Grid, Side
from controller.pose import FootPose
from controller.zones import (
    LANGUAGES,
    AtlasError,
    finest_zone,
    label_place,
    load_atlas,
    parse_atlas,
    zone_weights,
    zones_at,
)


def _pose(side: Side = Side.RIGHT, *, axis_deg: float = 0.0) -> FootPose:
    return FootPose(
        side=side,
        side_p=0.99,
        fitted_side=side,
        heel_x_mm=80.0,
        heel_y_mm=20.0,
        axis_deg=axis_deg,
        length_mm=260.0,
        width_mm=99.3,
        heel_x_sd_mm=1.0,
        heel_y_sd_mm=1.0,
        axis_sd_deg=1.0,
        length_sd_mm=2.0,
        width_sd_mm=2.0,
        misfit=0.1,
    )


def _table() -> dict[str, Any]:
    text = resources.files("controller").joinpath("data", "atlas.json").read_text("utf-8")
    table: dict[str, Any] = json.loads(text)
    return table


def test_the_atlas_names_all_62_zones_in_both_languages() -> None:
    zones = load_atlas().zones
    assert [zone.no for zone in zones] == list(range(1, 63))
    for language in LANGUAGES:
        names = [zone.name[language] for zone in zones]
        assert all(names)
        assert len(set(names)) == 62


def test_a_roller_reaches_31_zones_under_the_sole_and_12_on_its_edge() -> None:
    reaches = [zone.reach for zone in load_atlas().zones]
    assert {reach: reaches.count(reach) for reach in set(reaches)} == {
        "sole": 31,
        "edge": 12,
        "none": 19,
    }


def test_each_foot_offers_26_zones_under_its_sole() -> None:
    for side in Side:
        zones = [z for z in load_atlas().zones if z.reach == "sole" and side in z.feet]
        assert len(zones) == 26


def test_single_organs_are_on_their_own_foot() -> None:
    feet = {zone.no: zone.feet for zone in load_atlas().zones}
    assert all(feet[no] == (Side.LEFT,) for no in range(30, 35))
    assert all(feet[no] == (Side.RIGHT,) for no in (18, 19, 26, 27, 28))


def test_all_zones_at_a_point_and_the_finest() -> None:
    atlas = load_atlas()
    assert zones_at(atlas, Side.RIGHT, 0.905, 0.19) == (1, 4)
    assert finest_zone(atlas, Side.RIGHT, 0.905, 0.19) == 4
    assert finest_zone(atlas, Side.LEFT, 0.14, 0.5) == 36
    assert zones_at(atlas, Side.LEFT, 0.605, 0.73) == (33,)
    assert zones_at(atlas, Side.RIGHT, 0.605, 0.73) == (18,)


def test_between_zones_and_off_the_sole_there_is_none() -> None:
    atlas = load_atlas()
    assert zones_at(atlas, Side.LEFT, 0.26, 0.5) == ()
    assert finest_zone(atlas, Side.LEFT, 0.26, 0.5) is None
    assert zones_at(atlas, Side.LEFT, -3.0, 9.0) == ()


def test_weights_of_a_zone_add_up_to_its_area() -> None:
    grid = Grid(32, 16, pitch_x_mm=10.0, pitch_y_mm=10.0)
    weights = zone_weights(load_atlas(), grid, _pose(axis_deg=7.0), divisions=5)
    assert weights.shape == (62, 512)
    heel_cm2 = float(weights[35].sum()) * grid.cell_area_cm2
    # zone 36 is an ellipse of half axes 0.045 and 0.045 of the length
    lateral_mm = 99.3 / 0.382
    assert heel_cm2 == pytest.approx(np.pi * 0.045 * 260.0 * 0.045 * lateral_mm / 100.0, rel=0.05)
    assert weights.min() >= 0.0
    assert weights.max() <= 1.0


def test_a_left_foot_is_the_mirror_image_of_a_right_one() -> None:
    grid = Grid(32, 16, pitch_x_mm=10.0, pitch_y_mm=10.0)
    right = zone_weights(load_atlas(), grid, _pose(Side.RIGHT)).reshape(62, 32, 16)
    left = zone_weights(load_atlas(), grid, _pose(Side.LEFT)).reshape(62, 32, 16)
    shared = [zone.no - 1 for zone in load_atlas().zones if len(zone.feet) == 2]
    np.testing.assert_allclose(left[shared], right[shared, :, ::-1], atol=0.12)
    assert not left[17].any()
    assert right[17].any()


def test_zones_out_of_reach_weigh_nothing() -> None:
    grid = Grid(32, 16, pitch_x_mm=10.0, pitch_y_mm=10.0)
    weights = zone_weights(load_atlas(), grid, _pose())
    assert not any(weights[zone.no - 1].any() for zone in load_atlas().zones if not zone.shapes)


def test_the_number_of_a_zone_stands_in_it_and_not_in_a_smaller_one() -> None:
    atlas = load_atlas()
    for no in atlas.finest_first:
        for side in atlas.zone(no).feet:
            u, share = label_place(atlas, side, no, [])
            bits = int(atlas.bits[side][int((u + 0.02) / 0.0025), int((share + 0.22) / 0.0025)])
            assert bits >> no & 1
    u, _ = label_place(atlas, Side.RIGHT, 1, [(0.905, -0.118)])
    assert abs(u - 0.905) > 0.014  # clear of zone 4 in its middle


@pytest.mark.parametrize(
    ("spoil", "complaint"),
    [
        (lambda t: t.update(schema=2), "schema 2"),
        (lambda t: t["zones"].pop(), "1 to 62"),
        (lambda t: t["zones"][0].update(side="middle"), "zone 1 "),
        (lambda t: t["zones"][4].update(surface="moon"), "zone 5 "),
        (lambda t: t["zones"][0]["name"].pop("ru"), "zone 1 "),
        (lambda t: t["zones"][0].update(shapes=[]), "zone 1 must have shapes"),
        (lambda t: t["zones"][0].update(shapes=[{"ellipse": [1, 1, 0, 1]}]), "half axes"),
        (lambda t: t["zones"][0].update(shapes=[{"polygon": [[0, 0], [1, 1]]}]), "three corners"),
        (lambda t: t.pop("zones"), "not an atlas"),
    ],
)
def test_a_spoilt_atlas_is_refused_with_the_place_of_the_fault(spoil: Any, complaint: str) -> None:
    table = _table()
    spoil(table)
    with pytest.raises(AtlasError, match=complaint):
        parse_atlas(json.dumps(table))


def test_a_file_that_is_no_json_is_no_atlas() -> None:
    with pytest.raises(AtlasError, match="not an atlas"):
        parse_atlas("zones")
