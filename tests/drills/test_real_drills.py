"""A slice of the drills, on real processes, for every commit; `make drills` does many more."""

import pytest

from tests.drills.plan import Drill
from tests.drills.report import bounds_broken, summary
from tests.drills.run import run

pytestmark = pytest.mark.realtime

SLICE = [
    Drill(0, "kill", "serve", 0.3),
    Drill(1, "full", "disk", 0.2),
    Drill(2, "kill", "control", 0.7),
    Drill(3, "stop", "control", 0.1, lasts_s=1.2),
    Drill(4, "unplug", "same", 0.5, lasts_s=0.4),
    Drill(5, "deaf", "device", 0.2),
    Drill(6, "term", "product", 0.4),
]


@pytest.mark.timeout(400)
def test_whatever_fails_the_feet_are_free_in_time_and_nothing_resumes(record_property):
    result = run(SLICE, seed=5)
    document = summary(result, SLICE)
    record_property("drills", document["each"])
    assert result.failed == []
    assert {one.facts.drill.number: bounds_broken(one) for one in result.verdicts} == {
        drill.number: [] for drill in SLICE
    }
    must_end = [one for one in result.verdicts if one.facts.must_end and one.pressing]
    assert len(must_end) >= 3
    assert document["broken"] == []
