"""A slice of the drills, on real processes, for every commit; `make drills` does many more."""

import pytest

from tests.drills.plan import Drill
from tests.drills.report import OVER_N, bounds_broken, summary
from tests.drills.run import run

pytestmark = pytest.mark.realtime

SLICE = [
    Drill(0, "kill", "serve", 0.3),
    Drill(1, "full", "disk", 0.2),
    Drill(2, "kill", "control", 0.7),
    Drill(3, "stop", "control", 0.1, lasts_s=1.2),
    Drill(4, "unplug", "same", 0.5, lasts_s=0.4),
    Drill(5, "deaf", "device", 0.2),
]


@pytest.mark.timeout(400)
def test_whatever_fails_the_feet_are_free_in_time_and_nothing_resumes(record_property):
    result = run(SLICE, seed=5)
    record_property("drills", summary(result, SLICE)["each"])
    assert result.failed == []
    judged = [one for one in result.verdicts if one.pressing]
    assert {one.facts.drill.number: bounds_broken(one) for one in judged} == {
        one.facts.drill.number: [] for one in judged
    }
    assert sum(one.facts.must_end for one in judged) >= 3  # a busy machine may keep one from force
    assert result.over_n <= OVER_N
