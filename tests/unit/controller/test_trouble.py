"""What a cause does to a session, and when it counts as over."""

import pytest

from controller.bed import Bed
from controller.failsafe import CAUSES, UNHARMED, Guard, Severity, What
from controller.geometry import Side
from controller.session import IDLE, PRESSING, Session
from controller.state import State
from controller.trouble import fail, hear, is_there, look_again
from controller.unloading import Unloading

NOW_US = 7_000_000
RUNNING = State(now_us=NOW_US, session=Session.RUNNING)
LATCHING = sorted(code for code, cause in CAUSES.items() if cause.severity is Severity.LATCH)


@pytest.mark.parametrize("session", sorted(PRESSING))
@pytest.mark.parametrize("code", sorted(CAUSES))
def test_a_cause_leaves_its_mark_on_a_massage(session, code):
    state = fail(RUNNING._replace(session=session), code)
    if code == "foot_moved" and session is not Session.RUNNING:
        assert state.session is session
        return
    assert (
        state.session
        is {1: Session.PAUSED, 2: Session.STOPPED, 3: Session.FAULT}[CAUSES[code].severity]
    )
    assert (state.reason, state.entered_us) == (code, NOW_US)
    assert state.guard == Guard(code, NOW_US, present=True)
    assert state.stop is CAUSES[code].stop


def test_people_may_be_told_more_than_the_code():
    assert fail(RUNNING, "device_let_go", reason="let_go_by_button").reason == "let_go_by_button"
    assert fail(RUNNING, "device_let_go").guard.code == "device_let_go"


def test_a_stop_that_is_being_sent_is_not_called_off_by_a_cause_that_needs_none():
    assert fail(RUNNING._replace(stop=True), "sensor").stop is True


def test_a_cause_that_changes_no_session_leaves_no_mark():
    faulted = RUNNING._replace(session=Session.FAULT)
    assert fail(faulted, "sensor") is faulted
    idle = RUNNING._replace(session=Session.NO_FOOT)
    assert fail(idle, "stop_button") is idle


def test_feet_that_go_before_a_massage_are_no_trouble():
    state = fail(RUNNING._replace(session=Session.READY), "foot_gone")
    assert (state.session, state.reason) == (Session.NO_FOOT, "foot_gone")
    assert (state.guard, state.stop) == (UNHARMED, False)


def test_a_device_that_is_lost_between_massages_is_no_trouble():
    state = fail(RUNNING._replace(session=Session.READY), "link_lost", latch=True)
    assert (state.session, state.guard) == (Session.NO_DEVICE, UNHARMED)


@pytest.mark.parametrize("session", sorted(IDLE))
def test_a_fault_between_massages_waits_for_a_person(session):
    state = fail(RUNNING._replace(session=session), "sensor")
    assert (state.session, state.guard.code) == (Session.FAULT, "sensor")


def test_a_code_that_is_not_known_is_a_fault_by_its_own_name():
    state = fail(RUNNING, "riddle")
    assert (state.session, state.reason) == (Session.FAULT, "riddle")
    assert state.guard == Guard("device_latched", NOW_US, present=True)
    assert state.stop is CAUSES["device_latched"].stop


def test_a_light_cause_can_be_made_to_wait_for_a_person():
    state = fail(RUNNING, "stop_button", latch=True)
    assert (state.session, state.reason) == (Session.FAULT, "stop_button")
    assert state.guard.code == "device_latched"
    assert state.guard.severity is Severity.LATCH


@pytest.mark.parametrize("code", LATCHING)
def test_what_waits_for_a_person_anyway_keeps_its_name(code):
    assert fail(RUNNING, code, latch=True) == fail(RUNNING, code)


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("foot_moved", What.RESUMED),
        ("stop", What.STARTED),
        ("sensor", What.ACKNOWLEDGED),
    ],
)
def test_the_act_of_a_person_ends_what_has_gone(code, what):
    state = look_again(fail(RUNNING, code))
    assert state.guard == Guard(code, NOW_US, present=False)
    assert hear(state, what) == state._replace(guard=UNHARMED)


def test_no_act_of_a_person_ends_what_is_still_there():
    state = fail(RUNNING._replace(same_frames=(9, 9)), "matrix_frozen")
    assert look_again(state) is state
    assert hear(state, What.ACKNOWLEDGED) == state


def test_where_nothing_is_wrong_there_is_nothing_to_look_at():
    assert look_again(RUNNING) is RUNNING


@pytest.mark.parametrize(
    ("code", "more", "there"),
    [
        ("matrix_frozen", {"same_frames": (4, 4)}, False),
        ("matrix_frozen", {"same_frames": (5, 0)}, True),
        ("matrix_frozen", {"same_frames": (0, 5)}, True),
        ("saturated", {}, False),
        ("saturated", {"beds": (Bed(Side.LEFT, saturated_frames=1), Bed(Side.RIGHT))}, True),
        ("saturated", {"beds": (Bed(Side.LEFT), Bed(Side.RIGHT, saturated_frames=1))}, True),
        ("not_unloading", {"unloading": Unloading(stuck=True)}, True),
        ("not_unloading", {"unloading": Unloading(since_us=1, from_n=9.0)}, False),
        ("sensor", {"same_frames": (9, 9), "unloading": Unloading(stuck=True)}, False),
    ],
)
def test_the_host_looks_at_what_it_has_noticed_itself(code, more, there):
    assert is_there(RUNNING._replace(**more), code) is there
