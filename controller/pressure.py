"""Counts of the matrix to pressure on the skin."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.uint16]
Kpa = NDArray[np.float32]  # (rows, cols) [kPa], finite, >= 0


class CalibrationError(ValueError):
    """A calibration that cannot turn every count into a finite pressure."""


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """Pressure per count and the unloaded count of every taxel, both (rows, cols) float32.

    Of both beds at once: (2, rows, cols), left first.

    The response is linear; a sensor with a curved one gets its curve here, in ``calibrate`` and
    nowhere else.

    Raises:
        CalibrationError: shapes differ, a figure is not finite, or a gain is negative.
    """

    kpa_per_count: NDArray[np.float32]
    zero_counts: NDArray[np.float32]

    def __post_init__(self) -> None:
        if (
            self.kpa_per_count.ndim not in (2, 3)
            or self.kpa_per_count.shape != self.zero_counts.shape
        ):
            raise CalibrationError(
                f"gains {self.kpa_per_count.shape} and zeros {self.zero_counts.shape} must be two"
                " equal matrices: calibrate the bed again"
            )
        for name, figures in (("gain", self.kpa_per_count), ("zero", self.zero_counts)):
            if not np.isfinite(figures).all():
                raise CalibrationError(f"a {name} is not a finite number: calibrate the bed again")
        if (self.kpa_per_count < 0.0).any():
            raise CalibrationError("a gain is below zero: calibrate the bed again")
        self.kpa_per_count.setflags(write=False)
        self.zero_counts.setflags(write=False)


def stacked(left: Calibration, right: Calibration) -> Calibration:
    """Return both beds' calibrations as one, (2, rows, cols): one pass over both images."""
    return Calibration(
        kpa_per_count=np.stack([left.kpa_per_count, right.kpa_per_count]),
        zero_counts=np.stack([left.zero_counts, right.zero_counts]),
    )


def uniform_calibration(
    shape: tuple[int, int], *, kpa_per_count: float, zero_counts: float = 0.0
) -> Calibration:
    """The same gain and zero for all taxels of a (rows, cols) matrix."""
    return Calibration(
        kpa_per_count=np.full(shape, kpa_per_count, dtype=np.float32),
        zero_counts=np.full(shape, zero_counts, dtype=np.float32),
    )


def calibrate(counts: Counts, calibration: Calibration) -> Kpa:
    """Pressure of every taxel, float32 [kPa], never negative, never non-finite.

    Integers in and finite figures in ``calibration`` leave no way to a NaN.

    Raises:
        CalibrationError: ``counts`` are not integers or not of the calibration's shape.
    """
    if counts.shape != calibration.zero_counts.shape or counts.dtype.kind not in "ui":
        raise CalibrationError(
            f"counts {counts.shape} {counts.dtype} do not fit a calibration for integers of shape"
            f" {calibration.zero_counts.shape}: load the calibration of this device"
        )
    kpa: Kpa = np.subtract(counts, calibration.zero_counts, dtype=np.float32)
    np.multiply(kpa, calibration.kpa_per_count, out=kpa)
    np.maximum(kpa, 0.0, out=kpa)
    return kpa
