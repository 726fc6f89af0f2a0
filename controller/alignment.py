"""Laying the template of a sole over an image: one damped Gauss-Newton step at a time."""

import dataclasses
import math
from dataclasses import dataclass

import numpy as np

from controller.contact import HeadPlace
from controller.geometry import Floats, Grid, cell_centres
from controller.pressure import Kpa
from controller.template import PARTS, Placement, render

_FIGURES = 6 + PARTS  # amplitude, five of the placement, a gain for each part
# A finer matrix is averaged down to this: the misfit between two people's feet is coarser still.
_FINEST_PITCH_MM = 7.0
_MARGIN_MM = 25.0  # unloaded taxels round the print say where the sole ends

# What is known of feet before one is seen, as mean and spread. Length and breadth ratio: ANSUR II
# (6068 adults) widened to 195-310 mm; axis: feet are accepted 25 degrees to either side, equally,
# so that toe-out tells nothing about the side; gains: recordings of emed and F-Scan (MIT).
_LOG_LENGTH = (math.log(262.0), 0.12)
_LOG_BREADTH_RATIO = (math.log(0.38), 0.08)
_AXIS_RAD = (0.0, math.radians(15.0))
_GAIN_SPREADS = (0.3, 0.6, 0.3, 0.6)
# Weight of that knowledge against the whole image, whose own cost is 1: the spread the image may
# leave unexplained. Larger pulls the feet to the mean, smaller lets toes that do not bear stretch
# the foot (length error doubles at 0.003).
_PRIOR_WEIGHT = 0.01

_MEANS = np.array([0.0, 0.0, 0.0, _AXIS_RAD[0], _LOG_LENGTH[0], 0.0, *(1.0,) * PARTS])
_PULL = np.zeros((_FIGURES, _FIGURES))  # residuals of the knowledge = _PULL @ (figures - _MEANS)
_PULL[3, 3] = 1.0 / _AXIS_RAD[1]
_PULL[4, 4] = 1.0 / _LOG_LENGTH[1]
_PULL[5, 5], _PULL[5, 4] = 1.0 / _LOG_BREADTH_RATIO[1], -1.0 / _LOG_BREADTH_RATIO[1]
_MEANS[5] = _LOG_LENGTH[0] + _LOG_BREADTH_RATIO[0]
for _part, _spread in enumerate(_GAIN_SPREADS):
    _PULL[6 + _part, 6 + _part] = 1.0 / _spread
_PULL *= math.sqrt(_PRIOR_WEIGHT)
_PULL_NORMAL = _PULL.T @ _PULL

# Longest step of each figure, so that a poor start does not throw the sole off the bed.
_LONGEST_STEP = np.array([np.inf, 30.0, 30.0, 0.25, 0.15, 0.15, *(np.inf,) * PARTS])
_GAIN_RANGE = (0.02, 3.0)
_SETTLED = 1e-5  # relative gain of a step below which the sole lies still
_MAX_DAMPING = 1e3


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """The taxels a fit looks at: print and margin, without the roller head.

    ``root`` is the square root of pressure, scaled to a sum of squares of 1; ``share`` is each
    taxel's part of the whole load.
    """

    x_mm: Floats
    y_mm: Floats
    root: Floats
    share: Floats
    pitch_mm: tuple[float, float]
    area_cm2: float
    first_guess: Placement


@dataclass(frozen=True, slots=True, eq=False)
class Alignment:
    """One attempt to lay the template of one side over a sample; ``cost`` 0..1 and a little."""

    lateral_sign: float
    figures: Floats
    cost: float
    misfit: float
    normal: Floats
    slope: Floats
    damping: float
    rounds: int
    settled: bool

    @property
    def placement(self) -> Placement:
        """Where the template lies now."""
        return _placement(self.figures)


def take_sample(
    kpa: Kpa, grid: Grid, *, threshold_kpa: float, head: HeadPlace | None
) -> Sample | None:
    """The taxels worth fitting, None where too few bear load.

    A taxel bears load if the mean over it and its neighbours is above ``threshold_kpa``: noise over
    the whole mat averages out, a toe on a single taxel stays.
    """
    image, grid = _coarse(np.asarray(kpa, dtype=np.float64), grid)
    x_mm, y_mm = cell_centres(grid)
    pressure = np.where(_neighbourhood_mean(image) > threshold_kpa, image, 0.0).ravel()
    if head is not None:
        away = (x_mm - head.x_mm) ** 2 + (y_mm - head.y_mm) ** 2 > head.radius_mm**2
        x_mm, y_mm, pressure = x_mm[away], y_mm[away], pressure[away]
    root = np.sqrt(pressure)
    loaded = root > 0.1 * root.max()
    if loaded.sum() < _FIGURES:
        return None
    print_x_mm, print_y_mm = x_mm[loaded], y_mm[loaded]
    near = (x_mm > print_x_mm.min() - _MARGIN_MM) & (x_mm < print_x_mm.max() + _MARGIN_MM)
    near &= (y_mm > print_y_mm.min() - _MARGIN_MM) & (y_mm < print_y_mm.max() + _MARGIN_MM)
    return Sample(
        x_mm=x_mm[near],
        y_mm=y_mm[near],
        root=root[near] / math.sqrt(float(pressure[near].sum())),
        share=pressure[near] / float(pressure[near].sum()),
        pitch_mm=(grid.pitch_x_mm, grid.pitch_y_mm),
        area_cm2=int(near.sum()) * grid.cell_area_cm2,
        first_guess=_first_guess(print_x_mm, print_y_mm, grid.pitch_y_mm),
    )


def start_alignment(sample: Sample, *, lateral_sign: float, turn_rad: float) -> Alignment:
    """Lay a sole of that side over the print, turned from its long axis, and measure the misfit."""
    guess = sample.first_guess
    figures = _MEANS.copy()
    figures[1:6] = (
        guess.heel_x_mm,
        guess.heel_y_mm,
        guess.axis_rad + turn_rad,
        guess.log_length,
        guess.log_width,
    )
    value, _ = _rendered(sample, figures, lateral_sign)
    figures[0] = float(sample.root @ value) / max(float(value @ value), 1e-12)
    return _measured(sample, figures, lateral_sign, damping=1e-3, rounds=0)


def improve(alignment: Alignment, sample: Sample) -> Alignment:
    """One damped Gauss-Newton step, taken back if it does not lower the cost."""
    normal = alignment.normal
    damped = normal + np.diag(alignment.damping * np.diag(normal) + 1e-12)
    step = np.clip(np.linalg.solve(damped, alignment.slope), -_LONGEST_STEP, _LONGEST_STEP)
    figures = alignment.figures + step
    figures[0] = max(figures[0], 1e-9)
    figures[6:] = np.clip(figures[6:], *_GAIN_RANGE)
    rounds = alignment.rounds + 1
    tried = _measured(
        sample,
        figures,
        alignment.lateral_sign,
        damping=max(0.2 * alignment.damping, 1e-6),
        rounds=rounds,
    )
    if tried.cost < alignment.cost:
        settled = alignment.cost - tried.cost < _SETTLED * tried.cost
        return dataclasses.replace(tried, settled=settled)
    damping = max(8.0 * alignment.damping, 1e-2)
    return dataclasses.replace(
        alignment, damping=damping, rounds=rounds, settled=damping > _MAX_DAMPING
    )


def _measured(
    sample: Sample, figures: Floats, lateral_sign: float, *, damping: float, rounds: int
) -> Alignment:
    value, slopes = _rendered(sample, figures, lateral_sign)
    slopes *= figures[0]
    jacobian = np.concatenate((value[:, None], slopes), axis=1)
    residual = sample.root - figures[0] * value
    pull = _PULL @ (figures - _MEANS)
    misfit = float(residual @ residual)
    return Alignment(
        lateral_sign=lateral_sign,
        figures=figures,
        cost=misfit + float(pull @ pull),
        misfit=misfit,
        normal=jacobian.T @ jacobian + _PULL_NORMAL,
        slope=jacobian.T @ residual - _PULL.T @ pull,
        damping=damping,
        rounds=rounds,
        settled=False,
    )


def _rendered(sample: Sample, figures: Floats, lateral_sign: float) -> tuple[Floats, Floats]:
    return render(
        _placement(figures),
        figures[6:],
        lateral_sign=lateral_sign,
        x_mm=sample.x_mm,
        y_mm=sample.y_mm,
        pitch_mm=sample.pitch_mm,
    )


def _placement(figures: Floats) -> Placement:
    return Placement(*(float(figure) for figure in figures[1:6]))


def _first_guess(x_mm: Floats, y_mm: Floats, pitch_y_mm: float) -> Placement:
    """A sole along the long axis of the print, the heel at its lower end."""
    centre_x_mm, centre_y_mm = x_mm.mean(), y_mm.mean()
    dx_mm, dy_mm = x_mm - centre_x_mm, y_mm - centre_y_mm
    axis_rad = 0.5 * math.atan2(2.0 * (dx_mm @ dy_mm), dy_mm @ dy_mm - dx_mm @ dx_mm)
    axis_rad = min(max(axis_rad, -math.radians(40.0)), math.radians(40.0))
    sin, cos = math.sin(axis_rad), math.cos(axis_rad)
    along_mm = np.sort(dx_mm * sin + dy_mm * cos)
    low, high = _quantile(along_mm, 0.01), _quantile(along_mm, 0.99)
    length_mm = min(max(high - low + pitch_y_mm, 195.0), 310.0)
    back_mm = low - 0.5 * pitch_y_mm
    return Placement(
        heel_x_mm=float(centre_x_mm + back_mm * sin),
        heel_y_mm=float(centre_y_mm + back_mm * cos),
        axis_rad=axis_rad,
        log_length=math.log(length_mm),
        log_width=math.log(length_mm) + _LOG_BREADTH_RATIO[0],
    )


def _quantile(ascending: Floats, share: float) -> float:
    """Return what `np.quantile` does, which would import `numpy.ma` in the middle of the loop."""
    place = share * (ascending.size - 1)
    index = int(place)
    part = place - index
    low = float(ascending[index])
    high = float(ascending[min(index + 1, ascending.size - 1)])
    if part < 0.5:
        return low + (high - low) * part
    return high - (high - low) * (1.0 - part)


def _coarse(image: Floats, grid: Grid) -> tuple[Floats, Grid]:
    """Average pairs of rows or columns until they are coarse enough, origin kept."""
    while min(grid.pitch_x_mm, grid.pitch_y_mm) < _FINEST_PITCH_MM:
        by_x = 2 if grid.pitch_x_mm < _FINEST_PITCH_MM else 1
        by_y = 2 if grid.pitch_y_mm < _FINEST_PITCH_MM else 1
        image = np.pad(image, ((grid.rows % by_y, 0), (0, grid.cols % by_x)))
        rows, cols = image.shape[0] // by_y, image.shape[1] // by_x
        image = image.reshape(rows, by_y, cols, by_x).mean(axis=(1, 3))
        grid = Grid(rows, cols, grid.pitch_x_mm * by_x, grid.pitch_y_mm * by_y)
    return image, grid


def _neighbourhood_mean(image: Floats) -> Floats:
    framed = np.zeros((image.shape[0] + 2, image.shape[1] + 2))
    framed[1:-1, 1:-1] = image
    columns = framed[:-2] + framed[1:-1] + framed[2:]
    mean: Floats = (columns[:, :-2] + columns[:, 1:-1] + columns[:, 2:]) / 9.0
    return mean
