"""The plan of the drills comes from a seed, and has what was asked for."""

from collections import Counter

from tests.drills.plan import (
    BATCH,
    LONGEST_STOP_S,
    SHORTEST_STOP_S,
    Counts,
    batches,
    make_plan,
)

ASKED = Counts(kills=100, stops=100, unplugs=50, terms=6, deaf=5, full=5)


def test_the_same_seed_gives_the_same_plan_and_another_one_another():
    assert make_plan(ASKED, 7) == make_plan(ASKED, 7)
    assert make_plan(ASKED, 7) != make_plan(ASKED, 8)


def test_a_plan_has_as_many_of_each_as_asked_and_every_process_among_the_killed():
    plan = make_plan(ASKED, 7)
    assert Counter(drill.kind for drill in plan) == {
        "kill": 100, "stop": 100, "unplug": 50, "term": 6, "deaf": 5, "full": 5,
    }  # fmt: skip
    killed = Counter(drill.target for drill in plan if drill.kind == "kill")
    assert killed == {"control": 70, "serve": 10, "stop-lane": 10, "supervisor": 10}


def test_stops_last_from_ten_milliseconds_to_ten_seconds():
    plan = make_plan(ASKED, 7)
    lasts_s = [drill.lasts_s for drill in plan if drill.kind == "stop"]
    assert min(lasts_s) >= SHORTEST_STOP_S
    assert max(lasts_s) <= LONGEST_STOP_S
    assert sum(seconds < 0.1 for seconds in lasts_s) > 15
    assert sum(seconds > 2.0 for seconds in lasts_s) > 10


def test_batches_are_the_whole_plan_in_parts():
    plan = make_plan(ASKED, 7)
    parts = batches(plan)
    assert [drill for part in parts for drill in part] == plan
    assert max(map(len, parts)) == BATCH
