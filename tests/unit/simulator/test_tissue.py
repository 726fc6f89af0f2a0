"""Tissue against the published figures."""

import numpy as np
import pytest

from simulator.plant.tissue import (
    ADULT,
    CHILD,
    ELDERLY,
    REGION_TISSUE,
    SPHERE_RATIO,
    STEP_S,
    STIFFENING_RATIO,
    Ageing,
    Memory,
    elastic_n,
)

HEEL = 0


def press_n(depths_mm, ageing: Ageing = ADULT, *, ratio: float = 1.0, region: int = HEEL):
    """Force of a flat head (ratio 1) led along these depths, a millisecond each."""
    thickness_mm, k = REGION_TISSUE[region]
    k *= ratio * STIFFENING_RATIO / ageing.slow_ratio
    memory = Memory(ageing)
    return np.array([memory.advance(elastic_n(d, k, thickness_mm), 0.0) for d in depths_mm])


def slow_loading(speed_mm_s: float = 8.2 / 15.0, to_n: float = 29.4):
    depths_mm = np.arange(0.0, 12.0, speed_mm_s * STEP_S)
    forces_n = press_n(depths_mm)
    end = int(np.argmax(forces_n >= to_n))
    return depths_mm[: end + 1], forces_n[: end + 1]


def test_a_young_heel_gives_8_2_mm_under_3_kg():
    depths_mm, _ = slow_loading()
    assert depths_mm[-1] == pytest.approx(8.2, rel=0.05)


def test_the_mean_slope_of_its_loading_curve_is_6_n_mm():
    """From a third of the load on: Hsu's probe has settled by then."""
    depths_mm, forces_n = slow_loading()
    third = int(np.argmax(forces_n >= 29.4 / 3))
    slope = (forces_n[-1] - forces_n[third]) / (depths_mm[-1] - depths_mm[third])
    assert slope == pytest.approx(6.0, abs=1.5)


@pytest.mark.parametrize(("ageing", "loss"), [(CHILD, 0.135), (ADULT, 0.237), (ELDERLY, 0.353)])
def test_a_slow_stroke_loses_the_energy_it_should(ageing, loss):
    up = np.linspace(0.0, 8.2, 15_000)
    depths_mm = np.concatenate([up, up[::-1]])
    forces_n = press_n(depths_mm, ageing)
    work = np.trapezoid(forces_n, depths_mm)
    loading = np.trapezoid(forces_n[:15_000], up)
    assert work / loading == pytest.approx(loss, abs=0.035)


def test_the_loss_hardly_depends_on_speed():
    losses = []
    for half_s in (0.5, 5.0, 15.0):
        up = np.linspace(0.0, 8.2, round(half_s / STEP_S))
        depths_mm = np.concatenate([up, up[::-1]])
        forces_n = press_n(depths_mm)
        losses.append(np.trapezoid(forces_n, depths_mm) / np.trapezoid(forces_n[: len(up)], up))
    assert losses == sorted(losses)
    assert losses[-1] - losses[0] < 0.1


@pytest.mark.parametrize(("after_s", "left"), [(0.5, 0.77), (5.0, 0.64), (500.0, 0.48)])
def test_a_step_relaxes_to_the_published_share(after_s, left):
    elastic = 20.0
    memory = Memory(ADULT)
    first_n = memory.advance(elastic, 0.0)
    force_n = first_n
    for _ in range(round(after_s / STEP_S)):
        force_n = memory.advance(elastic, 0.0)
    assert force_n / first_n == pytest.approx(left, abs=0.03)


def test_a_quick_press_meets_about_one_and_a_half_times_the_slow_stiffness():
    quick = press_n(np.linspace(0.0, 8.2, 50))[-1]
    assert 1.35 < quick / 29.4 < 1.65


def test_out_of_contact_there_is_no_force_and_the_memory_fades():
    memory = Memory(ADULT)
    for _ in range(2_000):
        memory.advance(20.0, 0.0)
    assert memory.advance(0.0, 0.0) == 0.0
    for _ in range(200_000):
        memory.rest()
    assert memory.advance(20.0, 0.0) == pytest.approx(20.0, rel=0.01)


def test_tissue_just_rolled_onto_has_no_memory():
    still, rolling = Memory(ADULT), Memory(ADULT)
    for _ in range(3_000):
        still_n = still.advance(20.0, 0.0)
        rolling_n = rolling.advance(20.0, 0.003)
    assert still_n < 14.0
    assert rolling_n > 16.0


@pytest.mark.parametrize("region", range(len(REGION_TISSUE)))
def test_force_grows_with_depth_and_stiffens_towards_the_bone(region):
    thickness_mm, k = REGION_TISSUE[region]
    depths_mm = np.linspace(0.0, 1.2 * thickness_mm, 500)
    forces_n = np.array([elastic_n(d, k * SPHERE_RATIO, thickness_mm) for d in depths_mm])
    slopes = np.diff(forces_n)
    assert (slopes > 0.0).all()
    assert (np.diff(slopes[depths_mm[1:] < 0.9 * thickness_mm]) > 0.0).all()
    assert np.isfinite(forces_n).all()


def test_the_bottomed_law_goes_on_without_a_step():
    below, above = (elastic_n(d, 1.0, 10.0) for d in (9.0 - 1e-6, 9.0 + 1e-6))
    assert above - below < 0.01
