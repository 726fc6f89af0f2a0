"""What the taxels say: the resting feet, the heads under them, gain spread, noise and converter.

The resting image is made once for each placing of a foot. A scan scales it, takes off what the head
has lifted, and adds the small patch of the head: a product of two short rows of numbers. Shapes are
kept by place and size to half a millimetre and reused.

What the sensor adds slowly (hysteresis and creep as two low-passes, and the crosstalk of rows and
columns) is worked out every SLOW_SCANS scans and kept as one image between.
"""

import itertools
import math
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from simulator.plant.chance import FieldNoise, generator
from simulator.plant.footprint import Floats, MatrixShape

Counts = NDArray[np.uint16]
Field = NDArray[np.float32]

GAIN_SD: Final = 0.06
"""Spread of the taxels' gain. Source: part-to-part +-6 % of Interlink FSR 400, one batch."""

NOISE_SD_COUNTS: Final = 5.0
"""0.12 % of full scale, 0.5 kPa: a converter that averages; Podal proposal."""

NOISE_MOST_SD: Final = 5.0
ZERO_SD_COUNTS: Final = 3.0
RELIEF_REACH_MM: Final = 45.0
"""Around the head the foot is lifted off the bed: Podal proposal, unmeasured."""

PEAK_MATCH: Final = 1.086
"""Half width of the patch over the Hertz radius that gives the peak pressure of Hertz."""

HYSTERESIS: Final = 0.06
"""Share of a reading that follows within HYSTERESIS_S. Source: +10 % of Interlink's FSR 400,
together with the creep below."""

HYSTERESIS_S: Final = 0.3
CREEP: Final = 0.05
"""Share that follows within CREEP_S. Source: drift below 5 % a decade of time, Interlink FSR 400.
One low-pass stands for the decade that a massage sees."""

CREEP_S: Final = 10.0
CROSSTALK: Final = 0.03
"""Part of the mean of its row and of its column that a taxel reads as well. Source: below 3.6 %
with driven feedback (Castro 2018), 30 % without."""

SLOW_SCANS: Final = 8
"""40 ms: a head at 100 mm/s moves less than half a cell."""

SCAN_S: Final = 0.005
LEAST_RADIUS_MM: Final = 4.0
_QUICK_RATE: Final = 1.0 - math.exp(-SLOW_SCANS * SCAN_S / HYSTERESIS_S)
_SLOW_RATE: Final = 1.0 - math.exp(-SLOW_SCANS * SCAN_S / CREEP_S)
_NOT_DRAWN: Final = -1.0
_PARTS: Final = 20
"""A contact is placed to a twentieth of a cell."""

_PER_MM: Final = 2.0
_RELIEF_STEP_MM: Final = 2.5
_HUMPS: Final = 4096
"""A hump is one of 20 places and some dozen sizes for a contact, of 200 places for a relief."""


class Relief:
    """How a head at one place takes load off the resting foot.

    Attributes:
        image_kpa: What lies around there in the image of the moment; a view.
        per_n: Pressure to take off for each newton [kPa].
        most_n: All that the foot bears around there.
    """

    __slots__ = ("image_kpa", "most_n", "per_n")

    def __init__(self, image_kpa: Field, per_n: Field, most_n: float) -> None:
        self.image_kpa = image_kpa
        self.per_n = per_n
        self.most_n = most_n


class Matrices:
    """The matrices of both beds in one array, as they are sent.

    Args:
        shape: Cells and pitch of each.
        pa_per_count: Nominal scale.
        zero_counts: Nominal reading without load.
        full_scale_counts: Most that the converter can say.
        seed: Of gains, zeros and noise.
    """

    __slots__ = (
        "_across",
        "_along",
        "_base",
        "_cell_n",
        "_crosstalk",
        "_drawn",
        "_feet_kpa",
        "_gain",
        "_image",
        "_noise",
        "_patches",
        "_quick_kpa",
        "_reliefs",
        "_scans",
        "_shape",
        "_share",
        "_slow_kpa",
        "_smear",
        "_spread",
        "_things",
        "_top",
        "_work",
        "_zero",
    )

    def __init__(
        self,
        shape: MatrixShape,
        *,
        pa_per_count: int,
        zero_counts: int,
        full_scale_counts: int,
        seed: int,
    ) -> None:
        source = generator(seed, 1)
        cells = (2, shape.rows, shape.cols)
        self._shape = shape
        self._cell_n = shape.cell_n_per_kpa
        spread = np.exp(source.standard_normal(cells) * GAIN_SD)
        self._spread = (spread * (1000.0 / pa_per_count)).astype(np.float32)
        self._crosstalk = [CROSSTALK, CROSSTALK]
        self._gain = self._spread.copy()
        # Least what the largest noise takes off: a converter does not go below zero. The half turns
        # the truncation of the cast into rounding.
        zero = zero_counts + source.standard_normal(cells) * ZERO_SD_COUNTS
        most_counts = NOISE_MOST_SD * NOISE_SD_COUNTS
        self._zero = np.maximum(zero + 0.5, most_counts).astype(np.float32)
        self._base = self._zero.copy()
        self._quick_kpa = np.zeros(cells, dtype=np.float32)
        self._slow_kpa = np.zeros(cells, dtype=np.float32)
        self._work = np.zeros(cells, dtype=np.float32)
        self._across = np.full((shape.cols, 1), 1.0 / shape.cols, dtype=np.float32)
        self._along = np.full((1, shape.rows), 1.0 / shape.rows, dtype=np.float32)
        self._smear = np.zeros((2, 1, 1), dtype=np.float32)
        self._scans = 0
        self._set_gain()
        self._top = float(full_scale_counts)
        self._noise = FieldNoise(
            generator(seed, 2), sd=NOISE_SD_COUNTS, most=most_counts, shape=cells
        )
        self._feet_kpa = np.zeros(cells, dtype=np.float32)
        self._drawn = [_NOT_DRAWN, _NOT_DRAWN]
        self._things: list[Field | None] = [None, None]
        self._image = np.zeros(cells, dtype=np.float32)
        self._patches: dict[int, tuple[int, int, Field]] = {}
        self._reliefs: tuple[dict[int, Relief], dict[int, Relief]] = ({}, {})

    def put_foot(self, bed: int, kpa: Floats) -> None:
        """A foot stands on this bed from now on; `kpa` is its resting pressure."""
        self._feet_kpa[bed] = kpa
        self._reliefs[bed].clear()
        self._drawn[bed] = _NOT_DRAWN

    def settle(self) -> None:
        """Feel what lies there as if it had lain there for minutes."""
        self._quick_kpa[:] = self._image
        self._slow_kpa[:] = self._image
        self._follow()

    def smear(self, bed: int, crosstalk: float) -> None:
        """Let this matrix leak so much between the taxels of a row, and of a column."""
        self._crosstalk[bed] = crosstalk
        self._set_gain()

    def lay(self, bed: int, kpa: Floats | None) -> None:
        """Something else lies on this bed as well, or (None) no more."""
        self._things[bed] = None if kpa is None else kpa.astype(np.float32)
        self._drawn[bed] = _NOT_DRAWN

    def press(
        self,
        bed: int,
        *,
        foot_scale: float,
        x_mm: float,
        y_mm: float,
        head_n: float,
        relief_n: float,
        radius_mm: float,
    ) -> None:
        """Set what this bed bears in the next scan.

        That is the foot times `foot_scale`, less `relief_n` that the head has taken over from it,
        plus `head_n` under the head at its place.
        """
        if head_n <= 0.0 and foot_scale == self._drawn[bed]:
            return
        self._drawn[bed] = foot_scale if head_n <= 0.0 else _NOT_DRAWN
        image = self._image[bed]
        np.multiply(self._feet_kpa[bed], foot_scale, out=image)
        thing = self._things[bed]
        if thing is not None:
            image += thing
        if head_n <= 0.0:
            return
        if relief_n > 0.0 and foot_scale > 0.0:
            self._relieve(image, self._relief(bed, x_mm, y_mm), relief_n, foot_scale)
        rows, cols, weights = self._patch(x_mm, y_mm, radius_mm)
        under_kpa = image[rows, cols]
        under_kpa += weights * (head_n / self._cell_n)

    def scan(self) -> Counts:
        """Return the counts, shape (2, rows, cols), read-only."""
        self._scans += 1
        if self._scans % SLOW_SCANS == 0:
            self._follow()
        values = np.multiply(self._image, self._gain, out=self._work)
        values += self._base
        values += self._noise.draw()
        np.minimum(values, self._top, out=values)
        counts = values.astype(np.uint16)
        counts.setflags(write=False)
        return counts

    def _set_gain(self) -> None:
        """Scale so that a whole bed reads its load: a technician calibrates it that way."""
        for bed, crosstalk in enumerate(self._crosstalk):
            share = 1.0 / (1.0 + 2.0 * crosstalk)
            self._gain[bed] = self._spread[bed] * (share * (1.0 - HYSTERESIS - CREEP))
            self._smear[bed] = crosstalk * share
        self._share = self._spread / (1.0 + 2.0 * np.array(self._crosstalk))[:, None, None]
        self._share = self._share.astype(np.float32)

    def _follow(self) -> None:
        """Let hysteresis, creep and crosstalk follow what is felt."""
        image, work = self._image, self._work
        for kept, rate in ((self._quick_kpa, _QUICK_RATE), (self._slow_kpa, _SLOW_RATE)):
            np.subtract(image, kept, out=work)
            work *= rate
            np.add(kept, work, out=kept)
        base = self._base
        np.multiply(self._quick_kpa, HYSTERESIS, out=base)
        np.multiply(self._slow_kpa, CREEP, out=work)
        base += work
        base *= self._share
        smear = (image @ self._across) + (self._along @ image)
        smear *= self._smear
        smear *= self._spread
        base += smear
        base += self._zero

    def true_kpa(self, bed: int) -> Floats:
        """Return the true pressure set by the last `press`, before gain, zero and noise."""
        kpa: Floats = self._image[bed].astype(np.float64)
        return kpa

    def _relieve(self, image: Field, relief: Relief, relief_n: float, foot_scale: float) -> None:
        """Take load off the foot: first around the head, the rest everywhere."""
        near_n = min(relief.most_n * foot_scale, relief_n)
        image_kpa = relief.image_kpa
        image_kpa -= relief.per_n * near_n
        rest_n = relief_n - near_n
        if rest_n > 1e-3:
            left_n = float(image.sum()) * self._cell_n
            image *= max(0.0, 1.0 - rest_n / left_n) if left_n > 0.0 else 0.0

    def _relief(self, bed: int, x_mm: float, y_mm: float) -> Relief:
        column, row = int(x_mm / _RELIEF_STEP_MM), int(y_mm / _RELIEF_STEP_MM)
        reliefs = self._reliefs[bed]
        key = row * 1024 + column
        found = reliefs.get(key)
        if found is None:
            x_mm, y_mm = (column + 0.5) * _RELIEF_STEP_MM, (row + 0.5) * _RELIEF_STEP_MM
            found = reliefs[key] = self._new_relief(bed, x_mm, y_mm)
        return found

    def _new_relief(self, bed: int, x_mm: float, y_mm: float) -> Relief:
        shape = self._shape
        row, along = _hump(shape.rows - y_mm / shape.pitch_y_mm, RELIEF_REACH_MM / shape.pitch_y_mm)
        col, across = _hump(x_mm / shape.pitch_x_mm, RELIEF_REACH_MM / shape.pitch_x_mm)
        rows, cols, share = _clipped(row, col, along[:, None] * across, shape)
        lifted_kpa = share / share.max() * self._feet_kpa[bed, rows, cols]
        most_n = float(lifted_kpa.sum()) * self._cell_n
        per_n = lifted_kpa / most_n if most_n > 0.0 else lifted_kpa
        return Relief(self._image[bed, rows, cols], per_n.astype(np.float32), most_n)

    def _patch(self, x_mm: float, y_mm: float, radius_mm: float) -> tuple[slice, slice, Field]:
        """Return where a contact lies on the matrix and how its force spreads, sum 1."""
        shape = self._shape
        across = x_mm / shape.pitch_x_mm
        along = shape.rows - y_mm / shape.pitch_y_mm  # row 0 is the toe end
        col, row = int(across), int(along)
        x_part, y_part = int((across - col) * _PARTS), int((along - row) * _PARTS)
        size = int((radius_mm if radius_mm > LEAST_RADIUS_MM else LEAST_RADIUS_MM) * _PER_MM)
        key = (size * _PARTS + y_part) * _PARTS + x_part
        kept = self._patches.get(key)
        if kept is None:
            kept = self._patches[key] = self._new_patch(x_part, y_part, size)
        rows, cols = kept[0] + row, kept[1] + col
        weights = kept[2]
        high, wide = weights.shape
        if rows < 0 or cols < 0 or rows + high > shape.rows or cols + wide > shape.cols:
            return _clipped(rows, cols, weights, shape)
        return slice(rows, rows + high), slice(cols, cols + wide), weights

    def _new_patch(self, x_part: int, y_part: int, size: int) -> tuple[int, int, Field]:
        reach_mm = (size + 0.5) / _PER_MM * PEAK_MATCH
        row, along = _hump((y_part + 0.5) / _PARTS, reach_mm / self._shape.pitch_y_mm)
        col, across = _hump((x_part + 0.5) / _PARTS, reach_mm / self._shape.pitch_x_mm)
        return row, col, along[:, None] * across


@lru_cache(_HUMPS)
def _hump(center: float, reach: float) -> tuple[int, Field]:
    """Return first cell and weights of a parabolic hump, in cells, integrated over each; sum 1.

    They are kept; read-only use.
    """
    low = math.floor(center - reach)
    high = math.ceil(center + reach)
    sums = []
    for edge in range(low, high + 1):
        s = min(max((edge - center) / reach, -1.0), 1.0)
        sums.append(0.75 * s - 0.25 * s * s * s)
    weights = [after - before for before, after in itertools.pairwise(sums)]
    return low, np.array(weights, dtype=np.float32)


def _clipped(row: int, col: int, weights: Field, shape: MatrixShape) -> tuple[slice, slice, Field]:
    """Keep the part that lies on the matrix and let it bear all: the frame bears nothing."""
    high, wide = weights.shape
    top, bottom = min(max(row, 0), shape.rows - 1), max(min(row + high, shape.rows), 1)
    left, right = min(max(col, 0), shape.cols - 1), max(min(col + wide, shape.cols), 1)
    kept = weights[max(top - row, 0) : bottom - row, max(left - col, 0) : right - col]
    total = float(kept.sum())
    if total <= 0.0:
        return slice(top, top + 1), slice(left, left + 1), np.ones((1, 1), dtype=np.float32)
    return slice(top, bottom), slice(left, right), kept / np.float32(total)
