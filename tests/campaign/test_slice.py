"""The slice of the campaign that every change passes: every sort of fault, once at least.

In parts, so that both cores have some. `podal-sim campaign` does the whole.
"""

import pytest

from controller.routine import load_library
from simulator.campaign.case import PRESSING, STOPS
from simulator.campaign.draw import Size, draw
from simulator.faults.registry import ROWS
from tests.campaign.test_runs import campaign

SIZE = Size(faults=len(ROWS), clean=9, stops=54)
SEED = 1
PARTS = 4
WINDOW_S = 12
"""Time to break, to let go, to acknowledge, and to run again."""
WORDS = (
    *("--runs", str(SIZE.faults), "--clean", str(SIZE.clean), "--stops", str(SIZE.stops)),
    *("--seed", str(SEED), "--jobs", "1", "--window", str(WINDOW_S)),
)
PATIENCE_S = 280
"""Far more than a part takes: a core that others use, too, is no fault of the machine."""


def test_the_slice_has_every_sort_of_fault_and_enough_stops():
    cases = draw(SIZE, sorted(load_library()), SEED)
    assert {case.name for case in cases} >= {f"{row.component}={row.kind}" for row in ROWS}
    assert sum(case.what in STOPS and case.onset in PRESSING for case in cases) >= 50


@pytest.mark.slow
@pytest.mark.timeout(PATIENCE_S + 20)
@pytest.mark.parametrize("part", range(1, PARTS + 1))
def test_nothing_is_violated_and_nothing_trips_by_itself(tmp_path, part):
    done, report = campaign(tmp_path, *WORDS, "--part", f"{part}/{PARTS}", patience_s=PATIENCE_S)
    said = done.stdout + done.stderr
    assert report, said
    assert report["violations"] == [], said
    assert report["clean_trips"] == 0, said
    assert report["failed"] == [], said
    assert report["late"] == [], said
    assert report["stop_to_1n_ms"]["n"] > 0, said
    assert done.returncode == 0, said
