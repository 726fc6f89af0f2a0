import numpy as np
import pytest

from controller.contact import Finding, HeadPlace, find_contact
from controller.geometry import Grid, Side
from tests.soles import Image, Stand, drawn_sole, noisy

BED = Grid(32, 16, pitch_x_mm=10.0, pitch_y_mm=10.0)
FINE = Grid(64, 32, pitch_x_mm=5.0, pitch_y_mm=5.0)
COARSE = Grid(16, 8, pitch_x_mm=20.0, pitch_y_mm=20.0)


def _empty(grid: Grid = BED) -> Image:
    return np.zeros(grid.shape, dtype=np.float32)


def _slab(*, length_mm: float, breadth_mm: float, kpa: float = 10.0) -> Image:
    image = _empty()
    rows, cols = round(length_mm / 10.0), round(breadth_mm / 10.0)
    image[2 : 2 + rows, 1 : 1 + cols] = kpa
    return image


def test_an_empty_bed_holds_nothing() -> None:
    contact = find_contact(_empty(), BED)
    assert (contact.finding, contact.reason) == (Finding.NONE, "no_load")
    assert contact.load_n == 0.0
    assert not contact.mask.any()


def test_noise_alone_is_nothing() -> None:
    rng = np.random.default_rng(1)
    findings = {find_contact(noisy(_empty(), rng), BED).finding for _ in range(200)}
    assert findings == {Finding.NONE}


@pytest.mark.parametrize("grid", [BED, FINE, COARSE])
@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("axis_deg", [-25.0, 0.0, 25.0])
@pytest.mark.parametrize("length_mm", [200.0, 260.0, 305.0])
def test_a_foot_is_a_foot(grid: Grid, side: Side, axis_deg: float, length_mm: float) -> None:
    stand = Stand(
        side=side,
        heel_x_mm=80.0 - 1.8 * axis_deg,
        heel_y_mm=8.0,
        axis_deg=axis_deg,
        length_mm=length_mm,
    )
    contact = find_contact(drawn_sole(grid, stand), grid)
    assert (contact.finding, contact.reason) == (Finding.FOOT, "")


def test_noise_over_the_whole_mat_does_not_hide_or_stretch_a_seated_foot() -> None:
    rng = np.random.default_rng(2)
    still = drawn_sole(FINE, Stand(length_mm=230.0), load_n=50.0, toes=False)
    for _ in range(100):
        contact = find_contact(noisy(still, rng), FINE)
        assert contact.finding is Finding.FOOT
        assert contact.load_n == pytest.approx(50.0, rel=0.1)


def test_load_area_and_centre_of_pressure_are_those_of_the_image() -> None:
    image = _slab(length_mm=200.0, breadth_mm=80.0)
    contact = find_contact(image, BED)
    assert contact.area_cm2 == pytest.approx(160.0)
    assert contact.load_n == pytest.approx(160.0)  # 10 kPa is 1 N on each cm2
    assert (contact.cop_x_mm, contact.cop_y_mm) == pytest.approx((50.0, 200.0))
    assert contact.peak_kpa == pytest.approx(10.0)


@pytest.mark.parametrize(
    ("length_mm", "breadth_mm", "reason"),
    [
        (40.0, 40.0, "too_small"),
        (180.0, 20.0, "not_foot_shaped"),
        (100.0, 90.0, "part_of_foot"),
        (280.0, 120.0, "too_large"),
        (160.0, 150.0, "too_large"),
        (30.0, 150.0, "not_foot_shaped"),
    ],
)
def test_things_that_are_no_foot_are_refused(
    length_mm: float, breadth_mm: float, reason: str
) -> None:
    contact = find_contact(_slab(length_mm=length_mm, breadth_mm=breadth_mm), BED)
    assert (contact.finding, contact.reason) == (Finding.REFUSED, reason)


def test_two_feet_on_one_bed_are_not_one_thing() -> None:
    wide = Grid(32, 32, pitch_x_mm=10.0, pitch_y_mm=10.0)
    pair = drawn_sole(wide, Stand(side=Side.LEFT, heel_x_mm=80.0)) + drawn_sole(
        wide, Stand(side=Side.RIGHT, heel_x_mm=240.0)
    )
    assert find_contact(pair, wide).reason in {"not_one_thing", "too_large"}


def test_the_roller_head_does_not_make_a_heel_alone_look_like_a_foot() -> None:
    image = _empty()
    image[24:30, 5:11] = 20.0  # a heel
    image[4:8, 6:10] = 60.0  # the head, 200 mm away
    head = HeadPlace(x_mm=80.0, y_mm=260.0, radius_mm=28.0)
    assert find_contact(image, BED).finding is Finding.FOOT
    contact = find_contact(image, BED, head=head)
    assert contact.finding is Finding.REFUSED
    assert contact.mask[5, 7]  # what the head bears still counts as load


def test_the_roller_head_under_a_foot_leaves_it_a_foot() -> None:
    image = drawn_sole(BED, Stand())
    image[16:19, 6:9] = 80.0
    head = HeadPlace(x_mm=75.0, y_mm=145.0, radius_mm=22.0)
    assert find_contact(image, BED, head=head).finding is Finding.FOOT


def test_a_taxel_loaded_alone_is_noise() -> None:
    image = _empty()
    image[10, 10] = 300.0
    assert find_contact(image, BED).finding is Finding.NONE
