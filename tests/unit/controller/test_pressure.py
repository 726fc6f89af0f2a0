import numpy as np
import pytest

from controller.pressure import Calibration, CalibrationError, calibrate, uniform_calibration


def test_counts_become_kpa_above_each_taxels_own_zero() -> None:
    calibration = Calibration(
        kpa_per_count=np.array([[0.1, 0.2]], dtype=np.float32),
        zero_counts=np.array([[10.0, 20.0]], dtype=np.float32),
    )
    kpa = calibrate(np.array([[110, 120]], dtype=np.uint16), calibration)
    np.testing.assert_allclose(kpa, [[10.0, 20.0]], rtol=1e-6)
    assert kpa.dtype == np.float32


def test_a_count_below_zero_load_is_no_pressure() -> None:
    calibration = uniform_calibration((2, 2), kpa_per_count=0.1, zero_counts=100.0)
    assert not calibrate(np.zeros((2, 2), dtype=np.uint16), calibration).any()


@pytest.mark.parametrize("counts", [0, 1, 4095, 65535])
def test_every_count_gives_a_finite_pressure(counts: int) -> None:
    calibration = uniform_calibration((4, 3), kpa_per_count=0.1, zero_counts=7.0)
    kpa = calibrate(np.full((4, 3), counts, dtype=np.uint16), calibration)
    assert np.isfinite(kpa).all()
    assert (kpa >= 0.0).all()


@pytest.mark.parametrize(
    ("gain", "zero"), [(np.nan, 0.0), (np.inf, 0.0), (-0.1, 0.0), (0.1, np.nan)]
)
def test_a_calibration_that_could_hide_a_load_is_refused(gain: float, zero: float) -> None:
    with pytest.raises(CalibrationError, match="calibrate the bed again"):
        uniform_calibration((2, 2), kpa_per_count=gain, zero_counts=zero)


def test_a_frame_of_another_shape_or_type_is_refused() -> None:
    calibration = uniform_calibration((2, 2), kpa_per_count=0.1)
    with pytest.raises(CalibrationError, match="load the calibration of this device"):
        calibrate(np.zeros((3, 2), dtype=np.uint16), calibration)
    with pytest.raises(CalibrationError, match="float64"):
        calibrate(np.zeros((2, 2)), calibration)  # type: ignore[arg-type]


def test_gains_and_zeros_of_unequal_shape_are_refused() -> None:
    with pytest.raises(CalibrationError, match="equal matrices"):
        Calibration(
            kpa_per_count=np.ones((2, 2), dtype=np.float32),
            zero_counts=np.zeros((2, 3), dtype=np.float32),
        )
