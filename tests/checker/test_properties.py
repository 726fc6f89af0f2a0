"""Rules that hold for every trace: of time, of sides, of size, and of what is not seen."""

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.checker import check_trace
from tests.checker.builder import Scene, on, window
from tests.checker.cases import BREAKING, KEEPING

# Judging 3,000 rows takes tens of milliseconds, and more when the machine is busy.
judged = settings(deadline=None, max_examples=60)

TIMES = ("t_us", "stop_at", "consent_at", "arm_req_at", "event_t_us")


def short(cases):
    return [case for case in cases if case.invariant not in {"C4", "C5", "L2"}]


@cache
def arrays_of(case):
    return case.make().arrays


def broken(arrays):
    return {(found.invariant, found.bed) for found in check_trace(arrays).violations}


@pytest.mark.slow
@judged
@given(case=st.sampled_from(short(BREAKING)), ms=st.integers(-90_000, 10**9))
def test_when_it_was_changes_nothing(case, ms):
    arrays = arrays_of(case)
    shifted = dict(arrays)
    for name in TIMES:
        column = arrays[name]
        shifted[name] = np.where(column >= 0, column + ms * 1000, column)
    before, after = check_trace(arrays), check_trace(shifted)
    assert after.vacuity == before.vacuity
    assert [found.t_us - ms * 1000 for found in after.violations] == [
        found.t_us for found in before.violations
    ]
    assert [found.text for found in after.violations] == [found.text for found in before.violations]


@pytest.mark.slow
@judged
@given(case=st.sampled_from(short(BREAKING)))
def test_beds_are_judged_alike(case):
    arrays = arrays_of(case)
    other = {"_l": "_r", "_r": "_l"}
    swapped = {
        (name[:-2] + other[name[-2:]] if name[-2:] in other else name): column
        for name, column in arrays.items()
    }
    sides = {"left": "right", "right": "left", "": ""}
    assert broken(swapped) == {(name, sides[bed]) for name, bed in broken(arrays)}


@judged
@given(
    case=st.sampled_from(short(KEEPING)),
    start=st.integers(0, 1500),
    ms=st.integers(1, 3000),
)
def test_a_part_of_a_kept_promise_is_kept(case, start, ms):
    arrays = arrays_of(case)
    rows = len(arrays["t_us"])
    start = min(start, rows - 1)
    part = window(arrays, start, min(start + ms, rows))
    assert check_trace(part).violations == ()


@pytest.mark.slow
@judged
@given(case=st.sampled_from(short(BREAKING)), start=st.integers(0, 1500), ms=st.integers(1, 3000))
def test_a_part_is_not_flagged_for_what_the_whole_is_not(case, start, ms):
    arrays = arrays_of(case)
    rows = len(arrays["t_us"])
    start = min(start, rows - 1)
    part = window(arrays, start, min(start + ms, rows))
    assert broken(part) <= broken(arrays)


@st.composite
def forces(draw):
    """Force on the heel by spells of its own height and length, near the hard limit."""
    spells = draw(
        st.lists(st.tuples(st.floats(50.0, 66.0), st.integers(1, 900)), min_size=1, max_size=12)
    )
    return np.concatenate([np.full(ms, force_n, np.float32) for force_n, ms in spells])


def hard_limit_of(force_n):
    scene = Scene(len(force_n), left=on("heel_medial", 0.1, 0.25, 50.0)).put(force_n=force_n)
    found = check_trace(scene.arrays).violations
    return [violation for violation in found if violation.invariant == "F1"]


@pytest.mark.slow
@judged
@given(force_n=forces(), share=st.floats(0.5, 1.0))
def test_less_force_never_breaks_the_hard_limit_where_more_does_not(force_n, share):
    more, less = hard_limit_of(force_n), hard_limit_of(force_n * np.float32(share))
    assert more or not less
    assert sum(found.lasting_ms for found in less) <= sum(found.lasting_ms for found in more)
    assert max([found.excess for found in less], default=0.0) <= max(
        [found.excess for found in more], default=0.0
    )


@pytest.mark.slow
@judged
@given(force_n=forces())
def test_the_hard_limit_agrees_with_its_words_read_row_by_row(force_n):
    """The same sentence once more, slowly: windows of 20 ms, 1 s apart, by 3 N (5 % of 60 N)."""
    kept, first, last = True, None, None
    for row, force in enumerate(force_n.tolist()):
        if force <= 60.0:
            continue
        if last is None or row - last > 1000:
            first = row
        last = row
        kept = kept and row - first < 20 and force - 60.0 <= 3.0
    assert (hard_limit_of(force_n) == []) is kept


@pytest.mark.parametrize("case", short(BREAKING), ids=lambda case: case.name)
def test_every_violation_can_be_told(case):
    arrays = arrays_of(case)
    for found in check_trace(arrays).violations:
        assert found.bed in {"left", "right", ""}
        assert arrays["t_us"][0] <= found.t_us <= arrays["t_us"][-1]
        assert found.lasting_ms > 0 or found.invariant == "M4"
        assert found.text
        assert found.text[-1] != "."
