"""The session table, read as a whole."""

import pytest

from controller.session import (
    IDLE,
    PRESSING,
    SESSION_NUMBER,
    TRANSITIONS,
    Happening,
    Session,
    advance,
)


def test_the_numbers_on_the_wire_are_the_order_others_rely_on():
    assert [state.value for state in SESSION_NUMBER] == [
        "no_device", "no_foot", "ready", "starting", "running",
        "paused", "ending", "ended", "stopped", "fault",
    ]  # fmt: skip


def test_every_state_can_be_reached():
    reached = {Session.NO_DEVICE}
    while True:
        more = {after for (state, _), after in TRANSITIONS.items() if state in reached}
        if more <= reached:
            break
        reached |= more
    assert reached == set(Session)


def test_only_a_person_starts_or_goes_on():
    into = {happening for (_, happening), after in TRANSITIONS.items() if after is Session.STARTING}
    assert into == {Happening.START, Happening.RESUME}
    running = {(s, h) for (s, h), after in TRANSITIONS.items() if after is Session.RUNNING}
    assert running == {(Session.STARTING, Happening.ARMED)}


def test_a_fault_is_left_only_by_a_person():
    assert {h for (s, h) in TRANSITIONS if s is Session.FAULT} == {Happening.ACKNOWLEDGED}


@pytest.mark.parametrize("state", sorted(PRESSING))
@pytest.mark.parametrize(
    ("happening", "after"),
    [
        (Happening.STOP, Session.STOPPED),
        (Happening.FAULT, Session.FAULT),
        (Happening.DEVICE_LOST, Session.FAULT),
    ],
)
def test_whatever_presses_can_be_stopped(state, happening, after):
    assert advance(state, happening) is after


def test_idle_and_pressing_states_do_not_overlap():
    assert not IDLE & PRESSING
    assert set(Session) - {Session.FAULT, Session.NO_DEVICE} == IDLE | PRESSING


def test_what_the_table_does_not_name_changes_nothing():
    assert advance(Session.NO_FOOT, Happening.RESUME) is Session.NO_FOOT
