import numpy as np
import pytest

from controller.alignment import improve, start_alignment, take_sample
from controller.contact import HeadPlace
from controller.geometry import Grid
from tests.soles import Stand, drawn_sole, noisy

BED = Grid(32, 16, pitch_x_mm=10.0, pitch_y_mm=10.0)


def test_no_step_raises_the_cost() -> None:
    rng = np.random.default_rng(3)
    image = noisy(drawn_sole(BED, Stand(axis_deg=12.0, heel_x_mm=60.0)), rng)
    sample = take_sample(image, BED, threshold_kpa=1.0, head=None)
    assert sample is not None
    alignment = start_alignment(sample, lateral_sign=1.0, turn_rad=0.2)
    costs = [alignment.cost]
    for _ in range(12):
        alignment = improve(alignment, sample)
        costs.append(alignment.cost)
    assert costs == sorted(costs, reverse=True)
    assert costs[-1] < 0.5 * costs[0]


def test_a_sample_is_print_and_margin_scaled_to_one() -> None:
    image = drawn_sole(BED, Stand())
    sample = take_sample(image, BED, threshold_kpa=1.0, head=None)
    assert sample is not None
    assert float(sample.root @ sample.root) == pytest.approx(1.0)
    assert float(sample.share.sum()) == pytest.approx(1.0)
    assert sample.x_mm.size < image.size


def test_taxels_under_the_head_are_left_out() -> None:
    image = drawn_sole(BED, Stand())
    head = HeadPlace(x_mm=80.0, y_mm=150.0, radius_mm=16.0)
    sample = take_sample(image, BED, threshold_kpa=1.0, head=head)
    assert sample is not None
    assert np.hypot(sample.x_mm - 80.0, sample.y_mm - 150.0).min() > 16.0


@pytest.mark.parametrize("kpa", [0.0, 0.9])
def test_an_image_without_load_gives_no_sample(kpa: float) -> None:
    image = np.full(BED.shape, kpa, dtype=np.float32)
    assert take_sample(image, BED, threshold_kpa=1.0, head=None) is None


def test_a_finer_matrix_is_averaged_without_moving_it() -> None:
    fine = Grid(63, 33, pitch_x_mm=5.0, pitch_y_mm=5.0)
    image = drawn_sole(fine, Stand(), load_n=2000.0)
    sample = take_sample(image, fine, threshold_kpa=1.0, head=None)
    assert sample is not None
    assert sample.pitch_mm == (10.0, 10.0)
    x_mm = (np.arange(33) + 0.5) * 5.0
    y_mm = (62.5 - np.arange(63)) * 5.0
    total = image.sum()
    assert sample.share @ sample.x_mm == pytest.approx(image.sum(axis=0) @ x_mm / total, abs=0.5)
    assert sample.share @ sample.y_mm == pytest.approx(image.sum(axis=1) @ y_mm / total, abs=0.5)
