"""The person at the phone does what people do, at the same time in every run."""

from controller.request import Acknowledge, Resume, Start
from controller.session import Session
from simulator.campaign.attendant import (
    BEGIN_US,
    PATIENCE_US,
    STUBBORN_US,
    Attendant,
)

START = Start("evening-wind-down")
FRAME_US = 5_000


def wishes(attendant, session, *, for_us, from_us=0, broken=False):
    """What is asked for while the phone shows one thing: time from its beginning, and the wish."""
    found = []
    for now_us in range(from_us, from_us + for_us + 1, FRAME_US):
        wish = attendant.wish(now_us, session, broken=broken)
        if wish is not None:
            found.append((now_us - from_us, wish))
    return found


def test_a_person_starts_once_when_the_phone_says_ready():
    attendant = Attendant(START, begins=True)
    assert wishes(attendant, Session.READY, for_us=5_000_000) == [(BEGIN_US, START)]


def test_a_person_acknowledges_a_fault_once_nothing_is_broken_any_more():
    attendant = Attendant(START, begins=False)
    assert wishes(attendant, Session.FAULT, for_us=10_000_000) == [(PATIENCE_US, Acknowledge())]


def test_a_person_tries_again_all_the_same_after_a_while():
    attendant = Attendant(START, begins=False)
    found = wishes(attendant, Session.FAULT, for_us=10_000_000, broken=True)
    assert found == [(STUBBORN_US, Acknowledge())]


def test_a_person_goes_on_after_a_pause_and_starts_again_after_a_stop():
    attendant = Attendant(START, begins=False)
    assert wishes(attendant, Session.PAUSED, for_us=4_000_000) == [(PATIENCE_US, Resume())]
    found = wishes(attendant, Session.STOPPED, for_us=4_000_000, from_us=5_000_000)
    assert found == [(PATIENCE_US, START)]


def test_a_massage_that_runs_needs_nobody():
    assert wishes(Attendant(START, begins=False), Session.RUNNING, for_us=30_000_000) == []


def test_the_attendant_knows_when_the_massage_ran_again():
    attendant = Attendant(START, begins=False)
    for number, session in enumerate(
        (Session.RUNNING, Session.FAULT, Session.READY, Session.STARTING)
    ):
        attendant.wish(number * 1_000_000, session, broken=False)
        assert attendant.running_us is None
    attendant.wish(4_000_000, Session.RUNNING, broken=False)
    assert attendant.running_us == 4_000_000
