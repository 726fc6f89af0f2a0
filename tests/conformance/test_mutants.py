"""The suite can fail: each broken device turns its case red, and a sound one does not."""

import pytest

from simulator.conformance.run import Result, run
from simulator.conformance.suite import CASES
from tests.conformance.memory import subject
from tests.conformance.mutants import MUTANTS, Mutant

pytestmark = pytest.mark.slow

BY_ID = {case.id: case for case in CASES}
WARM_UP = ("greeting.keeps-stops", "greeting.repeats", "frame.even")


def outcome(port: Mutant, case_id: str) -> tuple[Result, str]:
    """Ask this case; what is asked of the whole run gets a short run first."""
    before = WARM_UP if case_id.startswith("whole-run") else ()
    report = run(subject(port), [BY_ID[name] for name in (*before, case_id)])
    last = report.outcomes[-1]
    return last.result, f"{last.case.id}: {last.detail}"


@pytest.mark.parametrize("name", MUTANTS)
def test_a_broken_device_turns_its_case_red(name):
    mutant, case_id = MUTANTS[name]
    result, detail = outcome(mutant(), case_id)
    assert result is Result.FAILED, detail


@pytest.mark.parametrize("case_id", sorted({case_id for _, case_id in MUTANTS.values()}))
def test_the_same_case_is_green_where_nothing_is_broken(case_id):
    """What stands on the wire of the mutants harms nothing by itself."""
    result, detail = outcome(Mutant(), case_id)
    assert result is Result.PASSED, detail


def test_there_are_enough_of_them():
    assert len(MUTANTS) >= 25
    assert len({case_id for _, case_id in MUTANTS.values()}) >= 25
