"""The people by name: that their tissue answers a press as their description says."""

import functools

import numpy as np
import pytest

from simulator.plant.people import PEOPLE, Build
from simulator.plant.sole import Cell, Sole
from simulator.plant.tissue import Memory, elastic_n

PRESS_MM_S = 25.0


sole_of = functools.cache(Sole)


def at(build: Build, u: float, v: float) -> Cell:
    """Skin and tissue of a place of the sole."""
    sole = sole_of(build)
    along = u * build.length_mm
    low, high = -80.0, 80.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if sole.uv_at(along, middle)[1] < v else (low, middle)
    return sole.at(along, low)


def slope_n_mm(build: Build, at_n: float, *, u: float = 0.12, v: float = 0.5) -> float:
    """Stiffness that a quick press meets at this force: what a force loop must cope with."""
    _, k, thickness_mm = at(build, u, v)
    memory = Memory(build.ageing)
    step_mm = PRESS_MM_S * 1e-3
    depth_mm = before_n = 0.0
    while True:
        depth_mm += step_mm
        force_n = memory.advance(elastic_n(depth_mm, k, thickness_mm), 0.0)
        if force_n >= at_n:
            return (force_n - before_n) / step_mm
        before_n = force_n


def test_a_stiff_heel_answers_with_15_n_mm():
    assert slope_n_mm(PEOPLE["stiff"], 10.0) == pytest.approx(15.0, abs=1.0)


def test_a_soft_heel_answers_with_1_n_mm():
    assert slope_n_mm(PEOPLE["soft"], 5.0) == pytest.approx(1.0, abs=0.1)


def test_a_bony_toe_answers_with_60_n_mm_and_the_rest_of_that_foot_as_any_other():
    assert slope_n_mm(PEOPLE["bony-toe"], 10.0, u=0.9, v=0.2) == pytest.approx(60.0, abs=5.0)
    for u in (0.12, 0.42, 0.7):
        bony, adult = (slope_n_mm(PEOPLE[name], 5.0, u=u) for name in ("bony-toe", "adult"))
        assert bony == pytest.approx(adult, rel=0.02)


@pytest.mark.parametrize("person", sorted(set(PEOPLE) - {"stiff", "soft"}))
def test_every_other_heel_lies_between_the_ends(person):
    assert 1.0 < slope_n_mm(PEOPLE[person], 5.0) < 15.0


def test_arches_are_as_high_as_they_say():
    heights = [at(PEOPLE[name], 0.42, 0.1)[0] for name in ("flat", "adult", "high-arch")]
    assert heights == sorted(heights)
    assert heights[2] > 1.2 * heights[1] > 3.0 * heights[0]


def test_regions_are_as_soft_as_the_table_has_them():
    """Arch softest, heel thickest but the arch, the little toe's head thin over its bone."""
    places = {"heel": (0.12, 0.5), "arch": (0.42, 0.25), "mth5": (0.68, 0.92), "mth3": (0.7, 0.55)}
    cells = {name: at(PEOPLE["adult"], *place) for name, place in places.items()}
    softness = [cells[name][1] for name in ("arch", "heel", "mth3", "mth5")]
    assert softness == sorted(softness)
    thickness = [cells[name][2] for name in ("mth5", "mth3", "heel", "arch")]
    assert thickness == sorted(thickness)


def test_a_bony_spot_is_smooth():
    ks = [at(PEOPLE["bony-toe"], u, 0.2)[1] for u in np.linspace(0.8, 0.98, 60)]
    assert np.abs(np.diff(np.log(ks))).max() < 0.5
