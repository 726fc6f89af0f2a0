"""What the taxels make of a true pressure: hysteresis, creep, crosstalk, spread and converter."""

import numpy as np
import pytest

from simulator.device import SHAPE
from simulator.plant.footprint import Floats, synthetic_kpa
from simulator.plant.matrix import CREEP, CROSSTALK, HYSTERESIS, Matrices
from simulator.plant.people import PEOPLE
from simulator.plant.sole import Sole, Stance

FOOT_KPA = synthetic_kpa(PEOPLE["adult"], Stance(1, 75.0, 25.0, 6.0), SHAPE)
PA_PER_COUNT, ZERO_COUNTS = 100, 40


def matrices() -> Matrices:
    return Matrices(
        SHAPE,
        pa_per_count=PA_PER_COUNT,
        zero_counts=ZERO_COUNTS,
        full_scale_counts=4095,
        seed=1,
    )


def mean_counts(both: Matrices, bed: int, scans: int) -> Floats:
    counts: Floats = np.mean([both.scan()[bed] for _ in range(scans)], axis=0)
    return counts


TARE = [mean_counts(matrices(), bed, 400) for bed in (0, 1)]
"""What the unloaded taxels read: the host takes it off as well."""


def press(both: Matrices, scale: float, *, head_n: float = 0.0) -> None:
    both.press(
        0, foot_scale=scale, x_mm=80.0, y_mm=60.0, head_n=head_n, relief_n=0.0, radius_mm=12.0
    )


def felt_n(both: Matrices, scans: int = 8, bed: int = 0) -> float:
    """Load of a bed by the mean of some scans."""
    counts = mean_counts(both, bed, scans) - TARE[bed]
    return float(counts.sum() * PA_PER_COUNT * 1e-3 * SHAPE.cell_n_per_kpa)


def after(both: Matrices, seconds: float) -> float:
    for _ in range(round(seconds * 200)):
        both.scan()
    return felt_n(both, scans=16)


@pytest.fixture
def loaded() -> Matrices:
    both = matrices()
    both.put_foot(0, FOOT_KPA)
    press(both, 1.0)
    return both


def test_a_new_load_reads_low_and_creeps_to_its_value(loaded):
    first = after(loaded, 0.04)  # crosstalk follows within 40 ms
    soon = after(loaded, 1.5)
    late = after(loaded, 60.0)
    final = late / 60.0
    assert final == pytest.approx(1.0, abs=0.03)
    assert first / late == pytest.approx(1.0 - 0.85 * HYSTERESIS - CREEP, abs=0.015)
    assert soon / late == pytest.approx(1.0 - 0.86 * CREEP, abs=0.015)


def test_a_load_that_is_gone_leaves_its_ghost(loaded):
    after(loaded, 60.0)
    press(loaded, 0.0)
    ghost = after(loaded, 0.04)
    assert ghost == pytest.approx((0.85 * HYSTERESIS + CREEP) * 60.0, abs=0.9)
    assert after(loaded, 1.5) == pytest.approx(0.86 * CREEP * 60.0, abs=0.9)
    assert after(loaded, 60.0) == pytest.approx(0.0, abs=1.0)


def test_a_cycle_of_four_seconds_draws_a_loop_of_some_per_cent_of_the_largest_reading(loaded):
    scales = np.concatenate([np.linspace(0.0, 1.0, 400), np.linspace(1.0, 0.0, 400)])
    press(loaded, 0.0)
    after(loaded, 60.0)
    felt = []
    for scale in scales:
        press(loaded, float(scale))
        felt.append(felt_n(loaded, scans=1))
    up, down = np.array(felt[:400]), np.array(felt[400:])[::-1]
    width = float(np.mean(down[150:250] - up[150:250])) / max(felt)
    assert 0.02 < width < 0.12


def image_of(both: Matrices, scans: int = 400) -> Floats:
    image: Floats = (mean_counts(both, 0, scans) - TARE[0]) * PA_PER_COUNT * 1e-3
    return image


@pytest.mark.parametrize("crosstalk", [CROSSTALK, 0.3])
def test_a_press_smears_along_its_row_and_its_column_and_nowhere_else(crosstalk):
    both = matrices()
    both.smear(0, crosstalk)
    both.press(0, foot_scale=0.0, x_mm=85.0, y_mm=65.0, head_n=40.0, relief_n=0.0, radius_mm=4.0)
    both.settle()
    image, true = image_of(both), both.true_kpa(0)
    row, col = np.unravel_index(int(true.argmax()), true.shape)
    share = 1.0 / (1.0 + 2.0 * crosstalk)
    assert image[row, :6].mean() == pytest.approx(
        crosstalk * share * true[row].mean(), rel=0.15, abs=0.1
    )
    assert image[:20, col].mean() == pytest.approx(
        crosstalk * share * true[:, col].mean(), rel=0.15, abs=0.1
    )
    assert abs(image[:20, :6]).max() < 0.6
    assert image.sum() == pytest.approx(true.sum(), rel=0.08)


def test_taxels_differ_by_six_per_cent(loaded):
    loaded.settle()
    image = image_of(loaded, scans=800)
    bearing = FOOT_KPA > 5.0
    ratio = image[bearing] / FOOT_KPA[bearing]
    assert 0.04 < ratio.std() < 0.10
    assert ratio.mean() == pytest.approx(1.0, abs=0.05)


def test_the_converter_says_whole_counts_within_its_range(loaded):
    press(loaded, 1.0, head_n=2000.0)
    counts = loaded.scan()
    assert counts.dtype == np.uint16
    assert counts[0].max() == 4095
    assert counts.min() >= 1


def test_a_sock_spreads_the_pressure_and_keeps_the_load():
    stance = Stance(1, 75.0, 25.0, 6.0)
    sock = synthetic_kpa(PEOPLE["sock"], stance, SHAPE)
    assert sock.sum() == pytest.approx(FOOT_KPA.sum())
    assert sock.max() < 0.97 * FOOT_KPA.max()
    assert (sock > 0.1).sum() > (FOOT_KPA > 0.1).sum() + 20


def test_a_missing_toe_bears_nothing():
    stance = Stance(1, 75.0, 25.0, 6.0)
    image = synthetic_kpa(PEOPLE["missing-toe"], stance, SHAPE)
    gone = (FOOT_KPA > 0.5) & (image < 0.6 * FOOT_KPA)
    assert 2 <= gone.sum() <= 10
    along, across = 0.95 * 265.0, -0.01 * 265.0
    missing, there = (Sole(PEOPLE[name]).at(along, across) for name in ("missing-toe", "adult"))
    assert missing[0] > there[0] + 10.0
    assert image.sum() == pytest.approx(FOOT_KPA.sum())
