"""Each invariant flags what breaks it, and nothing else does."""

import pytest

from simulator.checker import check_trace
from simulator.checker.invariants import INVARIANTS
from simulator.checker.undecided import UNDECIDED
from tests.checker.cases import BREAKING, KEEPING

JUDGED = [invariant.id for invariant in INVARIANTS]


def named(cases):
    return [
        pytest.param(
            case,
            id=f"{case.invariant}-{case.name}",
            marks=pytest.mark.slow if case.invariant == "C4" else (),  # 1,800,000 rows
        )
        for case in cases
    ]


@pytest.mark.parametrize("case", named(KEEPING))
def test_a_trace_that_keeps_it_is_about_it_and_breaks_nothing(case):
    report = check_trace(case.make().arrays)
    assert report.violations == ()
    assert report.vacuity[case.invariant] > 0


@pytest.mark.parametrize("case", named(BREAKING))
def test_a_trace_that_breaks_it_is_flagged_for_it_alone(case):
    report = check_trace(case.make().arrays)
    assert {found.invariant for found in report.violations} == {case.invariant} | case.others
    assert report.vacuity[case.invariant] > 0


@pytest.mark.parametrize("invariant", JUDGED)
def test_each_has_a_trace_that_keeps_it_and_one_that_breaks_it(invariant):
    assert any(case.invariant == invariant for case in KEEPING)
    assert any(case.invariant == invariant for case in BREAKING)


def test_the_report_counts_every_judged_invariant_and_no_other():
    report = check_trace(KEEPING[0].make().arrays)
    assert list(report.vacuity) == JUDGED


def test_every_invariant_is_either_judged_or_listed_with_a_reason():
    left = {row.id for row in UNDECIDED}
    everything = {
        *(f"F{n}" for n in range(1, 8)),
        *(f"P{n}" for n in range(1, 6)),
        *(f"M{n}" for n in range(1, 5)),
        *(f"W{n}" for n in range(1, 6)),
        *(f"D{n}" for n in range(1, 5)),
        *(f"S{n}" for n in range(1, 5)),
        *(f"C{n}" for n in range(1, 7)),
        *(f"H{n}" for n in range(1, 5)),
        *(f"A{n}" for n in range(1, 6)),
        *("T1", "L1", "L2", "N1"),
    }
    assert left.isdisjoint(JUDGED)
    assert left | set(JUDGED) == everything
    assert all(row.reason for row in UNDECIDED)
