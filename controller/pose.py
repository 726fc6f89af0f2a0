"""Where the foot stands: side, heel point, axis, length and width.

The template of a sole and its mirror image are laid over the print from three starts each; the side
whose template leaves less unexplained wins, and by how much is the belief in it. The whole fit is a
few dozen slices, each one step of one start, so that it can run beside a control loop.
"""

import dataclasses
import math
from dataclasses import dataclass

import numpy as np

from controller.alignment import Alignment, Sample, improve, start_alignment, take_sample
from controller.contact import HeadPlace
from controller.geometry import BREADTH_RATIO, Coordinate, Grid, Side, share_from_v, v_from_share
from controller.pressure import Kpa

# Load counts from this mean over a taxel and its neighbours: five times what 0.5 kPa of noise
# leaves there. Podal proposal, unconfirmed on hardware.
FIT_THRESHOLD_KPA = 1.0

_TURNS_RAD = tuple(math.radians(turn) for turn in (0.0, -14.0, 14.0))
_STARTS = tuple((side, turn_rad) for turn_rad in _TURNS_RAD for side in Side)
_TRIAL_ROUNDS = 4  # after these the best start of each side goes on alone
_MAX_ROUNDS = 14

# A pose needs both ends of the foot: below this share of the load an end only guesses.
_LOWEST_END_RATIO = 0.08
# Print unexplained by the template: recorded feet leave 0.05 to 0.23, seated ones with noise
# included; reversed feet, hands, shoes and slabs 0.26 and more.
_WORST_MISFIT = 0.28
# Belief in the side = logistic of this times the logarithm of the ratio of both costs. Fitted by
# maximum likelihood to 393 worsened copies (turned, scaled, toes or light load removed, noise,
# taxels of 5 to 20 mm) of flat-foot frames of the emed and F-Scan samples of pressuRe and
# footPress (both MIT).
_BELIEF_PER_LOG_COST = 20.0
_LAPSE_P = 0.01  # of 559 more such copies 3 misled by far more than the logistic allows
_DECIDED_P = 0.9
# The misfit is a matter of anatomy, not of noise: neighbouring taxels miss alike. Area that counts
# as one independent look, and how many taxels at least; fitted so that two thirds of the errors
# under known turns and scales of the same two recordings lie within the stated deviations.
_CORRELATED_CM2 = 2.6
_CORRELATED_TAXELS = 0.6


@dataclass(frozen=True, slots=True)
class FootPose:
    """A foot on a bed; lengths in mm of the bed, each figure with its standard deviation.

    The heel point is the back of the heel on the foot axis (u = 0), ``axis_deg`` is clockwise from
    +y seen from above, the length reaches to the longest toe. ``side`` is None where the image does
    not tell the feet apart; ``fitted_side`` is the likelier one, to which the geometry belongs, and
    ``side_p`` the belief in it (0.5..1). ``misfit`` is what the template leaves unexplained (0..1).
    """

    side: Side | None
    side_p: float
    fitted_side: Side
    heel_x_mm: float
    heel_y_mm: float
    axis_deg: float
    length_mm: float
    width_mm: float
    heel_x_sd_mm: float
    heel_y_sd_mm: float
    axis_sd_deg: float
    length_sd_mm: float
    width_sd_mm: float
    misfit: float


@dataclass(frozen=True, slots=True, eq=False)
class PoseFit:
    """A fit under way. Done when ``pose`` is not None or ``failed`` is not "".

    ``failed``: ``too_small`` (nothing to fit), ``not_foot_shaped`` (no sole explains the image),
    ``part_of_foot`` (heel or forefoot bears next to nothing, as in a step, so there is no pose).
    """

    sample: Sample | None
    alignments: tuple[Alignment, ...]
    pose: FootPose | None
    failed: str

    @property
    def done(self) -> bool:
        """Whether another slice would change nothing."""
        return self.pose is not None or self.failed != ""


def bed_from_foot(pose: FootPose, u: Coordinate, v: Coordinate) -> tuple[Coordinate, Coordinate]:
    """Place (x, y) on the bed [mm] of the point (u, v) of the sole."""
    return bed_from_sole(pose, u, share_from_v(u, v))


def bed_from_sole(
    pose: FootPose, u: Coordinate, share: Coordinate
) -> tuple[Coordinate, Coordinate]:
    """Like ``bed_from_foot``, for a distance from the axis as a share of the length."""
    lateral_mm = share * _lateral_scale_mm(pose)
    along_mm = u * pose.length_mm
    sin, cos = _direction(pose)
    return (
        pose.heel_x_mm + along_mm * sin + lateral_mm * cos,
        pose.heel_y_mm + along_mm * cos - lateral_mm * sin,
    )


def foot_from_bed(
    pose: FootPose, x_mm: Coordinate, y_mm: Coordinate
) -> tuple[Coordinate, Coordinate]:
    """Point (u, v) of the sole above a place of the bed; outside 0..1 it lies off the sole."""
    u, share = sole_from_bed(pose, x_mm, y_mm)
    return u, v_from_share(u, share)


def sole_from_bed(
    pose: FootPose, x_mm: Coordinate, y_mm: Coordinate
) -> tuple[Coordinate, Coordinate]:
    """Like ``foot_from_bed``, the second the distance from the axis as a share of the length."""
    sin, cos = _direction(pose)
    dx_mm = x_mm - pose.heel_x_mm
    dy_mm = y_mm - pose.heel_y_mm
    u = (dx_mm * sin + dy_mm * cos) / pose.length_mm
    return u, (dx_mm * cos - dy_mm * sin) / _lateral_scale_mm(pose)


def _direction(pose: FootPose) -> tuple[float, float]:
    turn = math.radians(pose.axis_deg)
    return math.sin(turn), math.cos(turn)


def _lateral_scale_mm(pose: FootPose) -> float:
    return pose.fitted_side.lateral_sign * pose.width_mm / BREADTH_RATIO


def fit_pose(
    kpa: Kpa,
    grid: Grid,
    *,
    threshold_kpa: float = FIT_THRESHOLD_KPA,
    head: HeadPlace | None = None,
) -> FootPose | None:
    """The pose of the foot in a (rows, cols) image [kPa], None where there is none to be seen."""
    return finish_fit(begin_fit(kpa, grid, threshold_kpa=threshold_kpa, head=head)).pose


def begin_fit(
    kpa: Kpa,
    grid: Grid,
    *,
    threshold_kpa: float = FIT_THRESHOLD_KPA,
    head: HeadPlace | None = None,
) -> PoseFit:
    """Take what the fit needs from an image; the image itself is not kept."""
    sample = take_sample(kpa, grid, threshold_kpa=threshold_kpa, head=head)
    return PoseFit(
        sample=sample, alignments=(), pose=None, failed="" if sample is not None else "too_small"
    )


def finish_fit(fit: PoseFit) -> PoseFit:
    """All remaining slices at once."""
    while not fit.done:
        fit = advance_fit(fit)
    return fit


def advance_fit(fit: PoseFit) -> PoseFit:
    """One slice: one start, one step of one start, or the verdict."""
    if fit.done or fit.sample is None:
        return fit
    started = len(fit.alignments)
    if started < len(_STARTS):
        side, turn_rad = _STARTS[started]
        fresh = start_alignment(fit.sample, lateral_sign=side.lateral_sign, turn_rad=turn_rad)
        return dataclasses.replace(fit, alignments=(*fit.alignments, fresh))
    index = _next_to_improve(fit.alignments)
    if index is None:
        return _concluded(fit, fit.sample)
    better = improve(fit.alignments[index], fit.sample)
    alignments = (*fit.alignments[:index], better, *fit.alignments[index + 1 :])
    return dataclasses.replace(fit, alignments=alignments)


def _next_to_improve(alignments: tuple[Alignment, ...]) -> int | None:
    for index, alignment in enumerate(alignments):
        if alignment.rounds < _TRIAL_ROUNDS and not alignment.settled:
            return index
    for side in Side:
        best = _best(alignments, side)
        if not best.settled and best.rounds < _MAX_ROUNDS:
            return alignments.index(best)
    return None


def _best(alignments: tuple[Alignment, ...], side: Side) -> Alignment:
    same = (item for item in alignments if item.lateral_sign == side.lateral_sign)
    return min(same, key=lambda item: item.cost)


def _concluded(fit: PoseFit, sample: Sample) -> PoseFit:
    left, right = (_best(fit.alignments, side) for side in (Side.LEFT, Side.RIGHT))
    side, best, other = (
        (Side.LEFT, left, right) if left.cost <= right.cost else (Side.RIGHT, right, left)
    )
    failed = _failure(best, sample)
    if failed:
        return dataclasses.replace(fit, failed=failed)
    log_ratio = math.log(other.cost / best.cost)
    logistic = 1.0 / (1.0 + math.exp(-_BELIEF_PER_LOG_COST * log_ratio))
    side_p = 0.5 * _LAPSE_P + (1.0 - _LAPSE_P) * logistic
    return dataclasses.replace(fit, pose=_pose(best, sample, side=side, side_p=side_p))


def _failure(best: Alignment, sample: Sample) -> str:
    """Why this best fit is no pose, "" if it is one."""
    if best.misfit > _WORST_MISFIT:
        return "not_foot_shaped"
    place = best.placement
    along_mm = (sample.x_mm - place.heel_x_mm) * math.sin(place.axis_rad) + (
        sample.y_mm - place.heel_y_mm
    ) * math.cos(place.axis_rad)
    u = along_mm / math.exp(place.log_length)
    lower_end = min(sample.share[u < 1.0 / 3.0].sum(), sample.share[u > 0.55].sum())
    return "part_of_foot" if lower_end < _LOWEST_END_RATIO else ""


def _pose(best: Alignment, sample: Sample, *, side: Side, side_p: float) -> FootPose:
    place = best.placement
    length_mm, width_mm = math.exp(place.log_length), math.exp(place.log_width)
    taxel_cm2 = sample.pitch_mm[0] * sample.pitch_mm[1] / 100.0
    look_cm2 = _CORRELATED_CM2 + _CORRELATED_TAXELS * taxel_cm2
    independent = max(sample.area_cm2 / look_cm2, 1.0)
    covariance = np.linalg.inv(best.normal) * (best.cost / independent)
    heel_x_sd_mm, heel_y_sd_mm, axis_sd, length_sd, width_sd = (
        float(figure) for figure in np.sqrt(np.diag(covariance)[1:6])
    )
    return FootPose(
        side=side if side_p >= _DECIDED_P else None,
        side_p=side_p,
        fitted_side=side,
        heel_x_mm=place.heel_x_mm,
        heel_y_mm=place.heel_y_mm,
        axis_deg=math.degrees(place.axis_rad),
        length_mm=length_mm,
        width_mm=width_mm,
        heel_x_sd_mm=heel_x_sd_mm,
        heel_y_sd_mm=heel_y_sd_mm,
        axis_sd_deg=math.degrees(axis_sd),
        length_sd_mm=length_sd * length_mm,
        width_sd_mm=width_sd * width_mm,
        misfit=best.misfit,
    )
