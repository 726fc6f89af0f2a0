"""One line names one run, and nothing else does."""

import pytest

from simulator.campaign.case import CLEAN, STOPS, Case, CaseError, Onset, Sitting, read_case
from simulator.campaign.draw import Size, draw

ROUTINES = ["evening-wind-down"]
STUCK = "load_cell.right=stuck@full-force.right/adult/evening-wind-down/7"


def test_a_line_reads_back_as_the_run_it_names():
    case = read_case(STUCK, ROUTINES)
    assert case.line == STUCK
    assert case.onset is Onset.FULL_FORCE
    assert case.sitting == Sitting("adult", "evening-wind-down", "right", 7)
    assert case.name == "load_cell=stuck"


def test_every_drawn_run_has_a_line_that_reads_back():
    for case in draw(Size(400, 20, 20), ROUTINES, seed=3):
        assert read_case(case.line, ROUTINES) == case


@pytest.mark.parametrize(
    ("what", "foot"),
    [
        ("load_cell.right=stuck", "right"),
        ("motor.left-z=garbage", "left"),
        ("mcu=off", "left"),
        ("load_cell.right=off; load_cell.left=off", "left"),
    ],
)
def test_without_a_foot_the_massage_begins_where_something_breaks(what, foot):
    case = read_case(f"{what}@full-force/adult/evening-wind-down/7", ROUTINES)
    assert case.sitting.foot == foot


def test_a_duration_belongs_to_the_fault():
    case = read_case("link=unplug for 300ms@idle/adult/evening-wind-down/0", ROUTINES)
    assert case.faults[0].for_us == 300_000


@pytest.mark.parametrize("what", [CLEAN, *STOPS, "host=dead"])
def test_what_breaks_nothing_in_the_machine_is_no_fault(what):
    case = Case(what, Onset.MOVING, Sitting("adult", "evening-wind-down", "left", 0))
    assert case.faults == ()
    assert case.name == what


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("", "form"),
        ("clean@idle/adult/evening-wind-down", "form"),
        ("clean@noon/adult/evening-wind-down/1", "onset 'noon'"),
        ("clean@idle.middle/adult/evening-wind-down/1", "foot 'middle'"),
        ("clean@idle/giant/evening-wind-down/1", "person 'giant'"),
        ("clean@idle/adult/siesta/1", "routine 'siesta'"),
        ("clean@idle/adult/evening-wind-down/x", "no seed"),
        ("load_cell=melted@idle/adult/evening-wind-down/1", "load_cell can be"),
    ],
)
def test_what_names_no_run_is_refused_with_what_there_is(line, why):
    with pytest.raises(CaseError, match=why):
        read_case(line, ROUTINES)
