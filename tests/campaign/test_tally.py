"""Outcomes add up to a report that programs can read, and that hides nothing."""

import json

import pytest

from simulator.campaign.case import Case, Onset, Sitting
from simulator.campaign.figures import Over
from simulator.campaign.tally import OCCASIONS, Tally, percentile, reproducer, spread
from simulator.campaign.window import Broken, Outcome
from simulator.campaign.words import progress, summary

SITTING = Sitting("adult", "evening-wind-down", "left", 7)
F1 = Broken("F1", "left", 5_000_000, "3.5 N above", 3.5, 12.0)
WORSE = F1._replace(t_us=6_000_000, text="4.5 N above", excess=4.5)
KEYS = {
    "seed",
    "runs",
    "clean_runs",
    "faults",
    "violations",
    "clean_trips",
    "stop_to_1n_ms",
    "link_loss_to_1n_ms",
    "vacuity",
}


def outcome(what, **values):
    return Outcome(Case(what, Onset.FULL_FORCE, SITTING), digest="00", **values)


def tally_of(*outcomes):
    tally = Tally(7)
    for each in outcomes:
        tally.add(each)
    return tally


def test_the_report_has_the_keys_that_others_rely_on_and_is_json():
    table = tally_of(outcome("load_cell.left=off"), outcome("clean")).table()
    assert set(table) >= KEYS
    assert set(table["stop_to_1n_ms"]) >= {"p50", "p99", "max"}
    assert set(table["faults"]["load_cell=off"]) >= {
        "runs",
        "detected_by",
        "violations",
        "worst_over_limit_n",
        "worst_over_limit_ms",
    }
    assert json.loads(json.dumps(table)) == table


def test_runs_count_by_what_they_are():
    table = tally_of(
        outcome("mcu=off"), outcome("clean"), outcome("stop=host"), outcome("host=dead")
    ).table()
    assert (table["runs"], table["clean_runs"], table["stop_runs"]) == (1, 1, 2)
    assert list(table["faults"]) == ["mcu=off"]


def test_a_fault_is_told_with_who_noticed_and_with_its_worst_run():
    row = tally_of(
        outcome("load_cell.left=off", detected_by="device SENSOR", over=Over(0.5, 9.0)),
        outcome("load_cell.right=off", detected_by="device SENSOR", over=Over(2.5, 4.0)),
        outcome("load_cell.right=off for 30ms"),
    ).table()["faults"]["load_cell=off"]
    assert row["runs"] == 3
    assert row["detected_by"] == {"device SENSOR": 2, "nobody": 1}
    assert (row["worst_over_limit_n"], row["worst_over_limit_ms"]) == (2.5, 9.0)
    assert row["worst"].startswith("load_cell.right=off@")


def test_a_violation_comes_once_for_each_run_and_invariant_with_the_line_that_does_it_again():
    violating = outcome("motor.left-z=garbage", broken=(F1, WORSE))
    table = tally_of(violating, outcome("mcu=off")).table()
    (entry,) = table["violations"]
    assert entry["invariant"] == "F1"
    assert entry["reproduce"] == reproducer(violating.case)
    assert violating.case.line in entry["reproduce"]
    assert (entry["text"], entry["times"]) == ("4.5 N above", 2)
    assert table["faults"]["motor=garbage"]["violations"] == 1


def test_a_line_with_spaces_is_quoted_for_the_shell():
    line = reproducer(Case("link=unplug for 30ms", Onset.IDLE, SITTING))
    assert "--only 'link=unplug for 30ms@idle.left/adult/evening-wind-down/7' " in line


@pytest.mark.parametrize(
    "bad",
    [
        outcome("mcu=off", broken=(F1,)),
        outcome("mcu=off", failed="its process ended with 1"),
        outcome("clean", detected_by="device SENSOR"),
        outcome("stop=host", stop_ms=301.0),
        outcome("host=dead", loss_ms=401.0),
    ],
)
def test_one_bad_run_spoils_a_campaign_and_is_told(bad):
    tally = tally_of(outcome("mcu=off", detected_by="device HUNG"), bad)
    assert not tally.well
    assert reproducer(bad.case) in summary(tally)


def test_a_campaign_without_one_is_well():
    tally = tally_of(
        outcome("mcu=off", detected_by="device HUNG"),
        outcome("clean"),
        outcome("stop=host", stop_ms=30.0),
        outcome("host=dead", loss_ms=200.0),
    )
    assert tally.well
    assert "podal-sim campaign --only" not in summary(tally)


def test_occasions_add_up_and_what_was_hardly_tried_is_named():
    tally = tally_of(
        outcome("mcu=off", vacuity={"F1": OCCASIONS - 1, "F4": 3}),
        outcome("clean", vacuity={"F1": 1, "F4": 0}),
    )
    assert tally.table()["vacuity"] == {"F1": OCCASIONS, "F4": 3}
    assert tally.table()["vacuous"] == ["F4"]
    assert "F4 3" in summary(tally)


def test_percentiles_are_values_that_were_measured():
    values = [float(value) for value in range(1, 101)]
    assert percentile(values, 0.5) == 50.0
    assert percentile(values, 0.99) == 99.0
    assert spread(values[:1]) == {"p50": 1.0, "p99": 1.0, "max": 1.0, "n": 1}
    assert spread([]) == {"p50": None, "p99": None, "max": None, "n": 0}


def test_the_order_of_outcomes_changes_nothing_in_the_fingerprint():
    one, two = outcome("mcu=off"), outcome("clean")
    assert tally_of(one, two).fingerprint() == tally_of(two, one).fingerprint()
    other = two._replace(digest="01")
    assert tally_of(one, two).fingerprint() != tally_of(one, other).fingerprint()


def test_progress_says_what_is_done_what_is_wrong_and_how_long_it_takes():
    line = progress(50, 200, 3, 125.0)
    assert line == "[######..................] 50 of 200 runs, 3 violating, 2:05 left"
