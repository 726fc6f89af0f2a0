"""Where a running massage is in its plan, and what it asks of the two heads now."""

import enum
import math
from typing import Final, NamedTuple

from controller.bed import Bed
from controller.field import Place, SoleField
from controller.fitting import fit_steps
from controller.geometry import Side
from controller.governor import Asked, Given
from controller.limits import FIRST_RISE_N_S, LEVELS, RISE_N_S
from controller.pose import FootPose
from controller.routine import Routine, Step, plan
from controller.stroke import Waypoint, pace, waypoint

TRAVEL_MM_S: Final = 120.0
NEAR_MM: Final = 4.0
"""Nearer than this the head has arrived."""

GLIDE_ON_MM: Final = 30.0
"""Up to this far the head glides on to the next stroke instead of lifting."""

LIFT_US: Final = 500_000
TOUCH_RATIO: Final = 0.6
TOUCH_N: Final = 2.0
"""The head is on the skin when the load cell reads the larger of both."""

LOOK_US: Final = 20_000
AHEAD_US: Final = (150_000 + LOOK_US, 300_000 + LOOK_US)
"""How far along the stroke the limits are looked at, and how often the path ahead is worked out:
the force needs some 0.2 s to fall."""

FIRST_VISIT_S: Final = 5.0
WARM_UP_US: Final = 120_000_000
WARM_UP_FROM: Final = 0.6
"""Start easy: the first two minutes rise from this share. Podal proposal."""


class Phase(enum.StrEnum):
    """What the working head does within a step."""

    TRAVEL = "travel"
    APPROACH = "approach"
    PATH = "path"
    LIFT = "lift"


class Ahead(NamedTuple):
    """What lies ahead on a path, as seen from `at_us` of its time.

    Attributes:
        at_us: Path time it was worked out at.
        pace: How fast path time may run, 0..1: the sole may be steep.
        places: Where the stroke will be, nearest first.
    """

    at_us: int
    pace: float
    places: tuple[tuple[float, float], ...]


class Run(NamedTuple):
    """One massage under way. A tuple because it is replaced at every tick.

    Attributes:
        routine: Its id.
        level: Name of the chosen strength.
        plan: The steps as the routine has them.
        steps: The same, made to fit these feet.
        fitted: Poses of the feet they were made to fit.
        number: The step under way, from 0; `len(steps)` when done.
        phase: Within the step.
        step_us: Active time within the step, travel and approach included.
        path_us: Path time of the step: it runs slower than time where the sole is steep.
        path_total_us: How long that path lasts.
        active_us: Active time of the massage; a pause does not count.
        ahead: The path just ahead, None where it must be worked out anew.
    """

    routine: str
    level: str
    plan: tuple[Step, ...]
    steps: tuple[Step, ...]
    fitted: tuple[FootPose | None, ...] = ()
    number: int = 0
    phase: Phase = Phase.TRAVEL
    step_us: int = 0
    path_us: int = 0
    path_total_us: int = 0
    active_us: int = 0
    ahead: Ahead | None = None

    @property
    def total_us(self) -> int:
        """How long the plan lasts."""
        return self.steps[-1].starts_us + self.steps[-1].lasts_us

    @property
    def done(self) -> bool:
        """The plan is over."""
        return self.number >= len(self.steps)

    @property
    def step(self) -> Step:
        """The step under way; the last one when done."""
        return self.steps[min(self.number, len(self.steps) - 1)]


def begin(routine: Routine, beds: tuple[Bed, Bed], *, minutes: float | None, level: str) -> Run:
    """Return the start of a massage on the feet that lie on the beds.

    Raises:
        BadFileError: `minutes` is outside what the routine allows.
    """
    steps = plan(routine, minutes)
    return fit(Run(routine=routine.id, level=level, plan=steps, steps=steps), beds)


def resume(run: Run) -> Run:
    """Return the run after a pause: the same place, approached anew."""
    return run._replace(phase=Phase.TRAVEL, ahead=None)


def fit(run: Run, beds: tuple[Bed, Bed]) -> Run:
    """Return the run made to fit the registered feet; as it was where a foot is missing."""
    soles = {
        bed.side.value: (bed.pose, bed.field)
        for bed in beds
        if bed.pose is not None and bed.field is not None
    }
    poses = tuple(bed.pose for bed in beds)
    if len(soles) < len(beds) or poses == run.fitted:
        return run
    return run._replace(steps=fit_steps(run.plan, soles), fitted=poses)


def advance(
    run: Run, *, dt_us: int, pose: FootPose, at: tuple[float, float], force_n: float
) -> Run:
    """Return the run `dt_us` of active time later.

    Args:
        run: The run before.
        dt_us: Active time passed.
        pose: Pose of the foot under the working head.
        at: Where that head is, bed frame, mm.
        force_n: What its load cell reads.
    """
    run = run._replace(active_us=run.active_us + dt_us, step_us=run.step_us + dt_us)
    if run.step_us >= run.step.lasts_us:
        return _next(run, pose)
    left_us = run.step.lasts_us - run.step_us
    match run.phase:
        case Phase.TRAVEL:
            start = _waypoint(run, pose)
            if math.hypot(at[0] - start.x_mm, at[1] - start.y_mm) <= NEAR_MM:
                return run._replace(phase=Phase.APPROACH)
        case Phase.APPROACH:
            if force_n >= TOUCH_N:
                total_us = run.path_total_us or max(left_us - LIFT_US, 1)
                return run._replace(phase=Phase.PATH, path_total_us=total_us)
        case Phase.PATH:
            if left_us <= LIFT_US and not _glides_on(run, pose):
                return run._replace(phase=Phase.LIFT)
            ahead = run.ahead or _ahead(run, pose)
            return run._replace(path_us=run.path_us + round(dt_us * ahead.pace), ahead=ahead)
        case Phase.LIFT:
            pass
    return run


def _waypoint(run: Run, pose: FootPose, ahead_us: int = 0) -> Waypoint:
    """Return where the path of the step under way is; before it begins, where it will begin."""
    total_us = run.path_total_us or run.step.lasts_us
    return waypoint(run.step.stroke, pose, (run.path_us + ahead_us) / 1e6, total_us / 1e6)


def look_ahead(run: Run, pose: FootPose) -> Run:
    """Return the run with the path ahead worked out anew, where that is due."""
    ahead = run.ahead
    if run.done or run.phase is not Phase.PATH or ahead is None:
        return run
    return run if run.path_us - ahead.at_us < LOOK_US else run._replace(ahead=_ahead(run, pose))


def _ahead(run: Run, pose: FootPose) -> Ahead:
    soon = [_waypoint(run, pose, ahead_us) for ahead_us in AHEAD_US]
    return Ahead(
        run.path_us,
        pace(run.step.stroke, pose, run.path_us / 1e6, run.path_total_us / 1e6),
        tuple([(there.x_mm, there.y_mm) for there in soon]),
    )


def _next(run: Run, pose: FootPose) -> Run:
    glides = run.phase is Phase.PATH and _glides_on(run, pose)
    over_us = run.step_us - run.step.lasts_us
    following = run._replace(
        number=run.number + 1,
        step_us=over_us,
        path_us=0,
        path_total_us=0,
        phase=Phase.TRAVEL,
        ahead=None,
    )
    if glides and not following.done:
        return following._replace(phase=Phase.PATH, path_total_us=following.step.lasts_us - LIFT_US)
    return following


def _glides_on(run: Run, pose: FootPose) -> bool:
    """Return whether the next stroke starts, on the same foot, near where this one ends."""
    if run.number + 1 >= len(run.steps):
        return False
    this, following = run.steps[run.number], run.steps[run.number + 1]
    if this.foot is not following.foot:
        return False
    here = _waypoint(run, pose)
    there = waypoint(following.stroke, pose, 0.0, following.lasts_us / 1e6)
    return math.hypot(here.x_mm - there.x_mm, here.y_mm - there.y_mm) <= GLIDE_ON_MM


def ask(run: Run, bed: Bed, last: Given) -> Asked:
    """Return what the massage asks of the head of `bed`; the other bed's head stays lifted."""
    if run.done or bed.side is not run.step.foot or bed.pose is None or bed.field is None:
        return rest(last)
    point = _waypoint(run, bed.pose)
    match run.phase:
        case Phase.TRAVEL:
            return Asked(point.x_mm, point.y_mm, TRAVEL_MM_S, 0.0, 0.0)
        case Phase.APPROACH:
            return _touch(run, point, bed.field)
        case Phase.PATH:
            return _press(run, point, bed.field)
        case Phase.LIFT:
            return rest(last)


def rest(last: Given) -> Asked:
    """Ask for a lifted head that stays where it is."""
    return Asked(last.x_mm, last.y_mm, 0.0, 0.0, 0.0)


def _touch(run: Run, point: Waypoint, field: SoleField) -> Asked:
    place = field.at(point.x_mm, point.y_mm)
    force_n = max(min(place.start_n, _target_n(run, point, place)), place.floor_n)
    return Asked(point.x_mm, point.y_mm, TRAVEL_MM_S, force_n, FIRST_RISE_N_S)


def _press(run: Run, point: Waypoint, field: SoleField) -> Asked:
    place = field.at(point.x_mm, point.y_mm)
    first_visit = run.path_us < FIRST_VISIT_S * 1e6
    return Asked(
        x_mm=point.x_mm,
        y_mm=point.y_mm,
        # The head may lag a little behind its path; it must be able to catch up.
        feed_mm_s=1.3 * point.speed_mm_s + 15.0,
        force_n=max(_target_n(run, point, place), place.floor_n),
        rise_n_s=FIRST_RISE_N_S if first_visit else RISE_N_S,
        ahead=run.ahead.places if run.ahead else (),
    )


def warm_up(run: Run) -> float:
    """Return the share of a limit that is allowed so early in the massage: start easy."""
    return WARM_UP_FROM + (1.0 - WARM_UP_FROM) * min(run.active_us / WARM_UP_US, 1.0)


def _target_n(run: Run, point: Waypoint, place: Place) -> float:
    return place.normal_n * LEVELS[run.level] * warm_up(run) * point.share


def working_bed(run: Run, beds: tuple[Bed, Bed]) -> Bed:
    """Return the bed of the foot under massage."""
    return beds[0] if run.step.foot is Side.LEFT else beds[1]
