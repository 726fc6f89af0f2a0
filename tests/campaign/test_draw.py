"""What is drawn covers what there is, and the same seed draws the same."""

from collections import Counter

import pytest

from simulator.campaign.case import (
    CLEAN,
    FAULT_ONSETS,
    HOST_DEAD,
    PRESSING,
    STOPS,
    CaseError,
    Onset,
    side_of,
)
from simulator.campaign.command import chosen, read_part
from simulator.campaign.draw import Size, draw
from simulator.campaign.space import DURATIONS_US, variants
from simulator.faults.registry import ROWS, checked
from simulator.plant.people import PEOPLE

ROUTINES = ["evening-wind-down", "morning"]
SLICE = Size(150, 20, 54)
NAMES = {f"{row.component}={row.kind}" for row in ROWS}


def faults_of(cases):
    return [case for case in cases if case.faults and case.what != "link.down=drop,1"]


def test_every_fault_is_drawn_before_any_is_drawn_again():
    names = Counter(case.name for case in draw(Size(len(ROWS), 0, 0), ROUTINES, seed=1))
    assert set(names) == NAMES
    assert set(names.values()) == {1}


def test_faults_are_drawn_equally_often():
    names = Counter(case.name for case in draw(Size(5 * len(ROWS), 0, 0), ROUTINES, seed=1))
    assert set(names.values()) == {5}


def test_a_slice_meets_every_onset_duration_person_foot_and_routine():
    cases = faults_of(draw(SLICE, ROUTINES, seed=1))
    assert {case.onset for case in cases} == set(FAULT_ONSETS)
    assert {case.faults[0].for_us for case in cases} == set(DURATIONS_US)
    assert len({case.sitting.person for case in cases}) >= 8
    assert {case.sitting.foot for case in cases} == {"left", "right"}
    assert {case.sitting.routine for case in cases} == set(ROUTINES)


@pytest.mark.slow
def test_a_whole_campaign_meets_every_variant_and_nearly_every_pair():
    cases = faults_of(draw(Size(2000, 0, 0), ROUTINES, seed=1))
    assert {case.sitting.person for case in cases} == set(PEOPLE)
    drawn = {case.faults[0]._replace(for_us=None, instance="") for case in cases}
    wanted = {checked(each.fault)._replace(instance="") for row in variants() for each in row}
    assert drawn == wanted
    pairs = {(case.name, case.onset, case.faults[0].for_us) for case in cases}
    every = len(ROWS) * len(FAULT_ONSETS) * len(DURATIONS_US)
    assert len(pairs) > 0.95 * every


def test_most_faults_break_the_head_at_work_and_some_the_other():
    sides = Counter(
        side_of(case.faults[0]) == case.sitting.foot
        for case in faults_of(draw(Size(1000, 0, 0), ROUTINES, seed=1))
        if side_of(case.faults[0])
    )
    assert 0.6 < sides[True] / sides.total() < 0.9


def test_no_run_is_drawn_twice():
    cases = draw(Size(1000, 100, 60), ROUTINES, seed=1)
    assert len(cases) == 1000 + 100 + 60 + 20
    assert len({case.line for case in cases}) == len(cases)


def test_the_same_seed_draws_the_same_and_another_seed_something_else():
    assert draw(SLICE, ROUTINES, seed=4) == draw(SLICE, ROUTINES, seed=4)
    assert draw(SLICE, ROUTINES, seed=4) != draw(SLICE, ROUTINES, seed=5)


def test_clean_runs_come_from_every_onset_and_from_power_on():
    cases = [case for case in draw(Size(0, 60, 0), ROUTINES, seed=1) if case.what == CLEAN]
    assert len(cases) == 60
    assert {case.onset for case in cases} == set(Onset)


def test_stop_comes_every_way_under_force():
    cases = draw(Size(0, 0, 54), ROUTINES, seed=1)
    stops = Counter((case.what, case.onset) for case in cases if case.what in STOPS)
    assert set(stops) == {(what, onset) for what in STOPS for onset in PRESSING}
    assert stops.total() == 54
    assert any(case.what == HOST_DEAD for case in cases)


def test_parts_share_the_runs_among_them_and_leave_sittings_whole():
    parts = [chosen(SLICE, 2, (), (number, 3)) for number in (1, 2, 3)]
    whole = chosen(SLICE, 2, ())
    assert sorted(case.line for part in parts for case in part) == sorted(
        case.line for case in whole
    )
    sittings = [{case.sitting for case in part} for part in parts]
    assert not sittings[0] & sittings[1] | sittings[1] & sittings[2]


@pytest.mark.parametrize("text", ["", "1", "0/2", "3/2", "a/b", "1/-2"])
def test_what_is_no_part_is_refused(text):
    with pytest.raises(CaseError, match="a part is such as 1/2"):
        read_part(text)


def test_every_variant_is_a_fault_that_the_machine_takes():
    for row in variants():
        for variant in row:
            for lasts_us in DURATIONS_US:
                checked(variant.fault._replace(for_us=lasts_us))


@pytest.mark.slow
def test_every_row_is_met_at_its_default_and_at_its_edges():
    for number, row in enumerate(ROWS):
        amounts = {checked(variant.fault).value for variant in variants()[number]}
        instance = row.instances[0]
        fault = variants()[number][0].fault._replace(instance=instance, value=None)
        assert checked(fault).value in amounts
        for amount in row.amounts:
            edges = [
                edge for edge in (amount.least, amount.most) if edge or row.component != "link"
            ]
            numbers = {value.number for value in amounts if value and value.mode == amount.mode}
            assert set(edges) <= numbers
