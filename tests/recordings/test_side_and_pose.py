"""Side and pose on recorded feet that are turned, scaled and mirrored; figures with pytest -s."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray

from controller.contact import Finding, find_contact
from controller.geometry import Grid, Side
from controller.pose import FootPose, fit_pose
from tests.soles import Image, Motion, loaded, moved, noisy, recorded

pytestmark = pytest.mark.slow

PLATE = Grid(95, 64, pitch_x_mm=5.0, pitch_y_mm=5.0)
INSOLE = Grid(60, 21, pitch_x_mm=5.08, pitch_y_mm=5.08)
WALKWAY = Grid(63, 33, pitch_x_mm=5.0, pitch_y_mm=5.0)  # its pitch is inferred, not stated
# taxel in x and y [mm], load [N] (None: as walked), noise [kPa]
CONDITIONS = [
    ((8.6, 5.0), None, 0.0),
    ((10.0, 10.0), None, 0.0),
    ((10.0, 10.0), 50.0, 0.5),
    ((15.0, 20.0), 50.0, 0.5),
]


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """One recorded picture of one foot."""

    image: NDArray[np.floating]
    grid: Grid
    side: Side


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """A copy of a picture, what was seen in it, and what should have been."""

    shown: Shown
    truth: Side
    finding: Finding
    pose: FootPose | None
    motion: Motion

    @property
    def original(self) -> FootPose | None:
        return _original(self.shown)


def _is_flat(image: NDArray[np.floating], grid: Grid) -> bool:
    """At least 20 % of the load on the heel third of the print and on the forefoot third."""
    rows = np.flatnonzero((image > 0.02 * image.max()).any(axis=1))
    if rows.size * grid.pitch_y_mm < 165.0:
        return False
    along = image[rows[0] : rows[-1] + 1].sum(axis=1) / max(float(image.sum()), 1.0)
    third = len(along) // 3
    return bool(along[:third].sum() >= 0.2 and along[-third:].sum() >= 0.2)


@cache
def _flat_frames() -> list[Shown]:
    emed = np.load(recorded("emed_pressuRe_walk.npz"))["frames"]
    left = np.load(recorded("fscan_footPress_walk_LR.npz"))["frames_L"]
    shown = [Shown(f, PLATE, Side.RIGHT) for f in emed if f.any() and _is_flat(f, PLATE)]
    shown += [Shown(f, INSOLE, Side.LEFT) for f in left if f.any() and _is_flat(f, INSOLE)]
    walked = np.load(recorded("gpl3-speedpp2ds/speedpp2ds_100hz_s0-4.npz"))
    steps = walked["frames"]
    for start, length in zip(walked["start"][::5], walked["length"][::5], strict=True):
        frames = steps[start : start + length].astype(float)
        flat = [frame for frame in frames if frame.any() and _is_flat(frame, WALKWAY)]
        if flat:
            shown.append(Shown(flat[len(flat) // 2], WALKWAY, Side.RIGHT))
    return shown


@cache
def _peaks() -> list[Shown]:
    emed = np.load(recorded("emed_pressuRe_walk.npz"))["frames"].max(axis=0)
    left = np.load(recorded("fscan_footPress_walk_LR.npz"))["frames_L"].max(axis=0)
    mean = np.load(recorded("mun104_template.npz"))
    shown = [Shown(emed, PLATE, Side.RIGHT), Shown(left, INSOLE, Side.LEFT)]
    people = Grid(63, 27, pitch_x_mm=5.0, pitch_y_mm=5.0)
    shown += [Shown(mean[side.value].astype(float), people, side) for side in Side]
    walked = np.load(recorded("gpl3-speedpp2ds/speedpp2ds_100hz_s0-4.npz"))
    steps = walked["frames"]
    for start, length in zip(walked["start"][::3], walked["length"][::3], strict=True):
        peak = steps[start : start + length].max(axis=0).astype(float)
        shown.append(Shown(peak, WALKWAY, Side.RIGHT))
    return shown


def _judgeable(image: NDArray[np.floating], grid: Grid) -> Image:
    """Raw counts become pressures of a walking foot, so that thresholds mean something."""
    return loaded(image, grid, 700.0)


@cache
def _original(one: Shown) -> FootPose | None:
    return fit_pose(_judgeable(one.image, one.grid), one.grid)


def _trials(
    shown: list[Shown], onto_mm: tuple[float, float], load_n: float | None, noise_kpa: float
) -> Iterator[Trial]:
    rng = np.random.default_rng(7)
    for one in shown:
        mirrored = bool(rng.random() < 0.5)
        image, grid, motion = moved(
            one.image,
            one.grid,
            onto_mm=onto_mm,
            turn_deg=float(rng.uniform(-25.0, 25.0)),
            scale=float(rng.uniform(0.85, 1.15)),
            mirrored=mirrored,
        )
        image = loaded(image, grid, load_n if load_n is not None else 700.0)
        if noise_kpa:
            image = noisy(image, rng, noise_kpa)
        yield Trial(
            shown=one,
            truth=one.side.other if mirrored else one.side,
            finding=find_contact(image, grid).finding,
            pose=fit_pose(image, grid),
            motion=motion,
        )


def _errors(trial: Trial) -> tuple[float, float, float]:
    """Heel [mm], axis [degrees] and length [ratio] against the known motion."""
    pose, original = trial.pose, trial.original
    assert pose is not None
    assert original is not None
    x_mm, y_mm = trial.motion.place(original.heel_x_mm, original.heel_y_mm)
    return (
        math.hypot(pose.heel_x_mm - x_mm, pose.heel_y_mm - y_mm),
        abs(pose.axis_deg - trial.motion.axis_deg(original.axis_deg)),
        abs(pose.length_mm / (original.length_mm * trial.motion.scale) - 1.0),
    )


def _within_one_sd(trial: Trial) -> list[bool]:
    pose, original = trial.pose, trial.original
    assert pose is not None
    assert original is not None
    x_mm, y_mm = trial.motion.place(original.heel_x_mm, original.heel_y_mm)
    return [
        abs(pose.heel_x_mm - x_mm) < pose.heel_x_sd_mm,
        abs(pose.heel_y_mm - y_mm) < pose.heel_y_sd_mm,
        abs(pose.axis_deg - trial.motion.axis_deg(original.axis_deg)) < pose.axis_sd_deg,
        abs(pose.length_mm - original.length_mm * trial.motion.scale) < pose.length_sd_mm,
    ]


@pytest.mark.parametrize(("onto_mm", "load_n", "noise_kpa"), CONDITIONS)
def test_the_side_of_a_whole_step_is_known(
    onto_mm: tuple[float, float], load_n: float | None, noise_kpa: float
) -> None:
    trials = list(_trials(_peaks(), onto_mm, load_n, noise_kpa))
    right = sum(t.pose is not None and t.pose.side is t.truth for t in trials)
    refused = sum(t.finding is not Finding.FOOT for t in trials)
    print(f"\npeaks {onto_mm} {load_n} N: {len(trials)}, side right {right}, refused {refused}")
    assert right / len(trials) >= 0.99
    assert refused / len(trials) <= 0.01


@pytest.mark.parametrize(("onto_mm", "load_n", "noise_kpa"), CONDITIONS)
def test_side_and_pose_of_a_flat_foot_in_one_frame(
    onto_mm: tuple[float, float], load_n: float | None, noise_kpa: float
) -> None:
    trials = list(_trials(_flat_frames(), onto_mm, load_n, noise_kpa))
    decided = [t for t in trials if t.pose is not None and t.pose.side is not None]
    right = [t for t in decided if t.pose is not None and t.pose.side is t.truth]
    surely_wrong = sum(
        t.pose is not None and t.pose.side is not t.truth and t.pose.side_p >= 0.95 for t in decided
    )
    refused = sum(t.finding is not Finding.FOOT for t in trials)
    followed = [t for t in right if t.original is not None]
    heel_mm, axis_deg, length = np.array([_errors(t) for t in followed]).T
    covered = np.mean([_within_one_sd(t) for t in followed], axis=0)
    print(
        f"\nflat {onto_mm} {load_n} N: {len(trials)}, unsure {1 - len(decided) / len(trials):.3f},"
        f" decided and right {len(right) / len(decided):.4f}, surely wrong {surely_wrong},"
        f" refused {refused}; median and p95: heel {np.percentile(heel_mm, (50, 95)).round(1)} mm,"
        f" axis {np.percentile(axis_deg, (50, 95)).round(2)} deg,"
        f" length {np.percentile(100 * length, (50, 95)).round(1)} %;"
        f" within one deviation x, y, axis, length {covered.round(2)}"
    )
    assert len(right) / len(decided) >= 0.97
    assert len(decided) / len(trials) >= 0.85
    assert surely_wrong <= 0.01 * len(trials)
    assert refused <= 0.01 * len(trials)
    coarse = max(onto_mm) / 10.0 if max(onto_mm) > 10.0 else 1.0
    assert np.median(heel_mm) <= 3.0 * coarse
    assert np.percentile(heel_mm, 95) <= 9.0 * coarse
    assert np.median(axis_deg) <= 1.5
    assert np.percentile(axis_deg, 95) <= 6.0
    assert np.median(length) <= 0.035
    assert np.percentile(length, 95) <= 0.10
