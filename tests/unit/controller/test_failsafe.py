"""Causes give way only to graver ones, and a latched one only to a person."""

import ast
from importlib import resources
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.errors import BadFileError
from controller.failsafe import (
    CAUSES,
    UNHARMED,
    Clear,
    Event,
    Guard,
    Severity,
    What,
    failsafe,
    parse_causes,
)
from firmware_bridge.messages import Trip

TEXT = resources.files("controller").joinpath("data", "failsafe.toml").read_text("utf-8")
CODES = st.sampled_from(sorted(CAUSES)) | st.text(max_size=4)
EVENTS = st.builds(Event, st.sampled_from(What), CODES)
LATCHING = [code for code, cause in CAUSES.items() if cause.severity is Severity.LATCH]
PERSON = {What.RESUMED, What.STARTED, What.ACKNOWLEDGED}


def after(*events: Event) -> Guard:
    guard = UNHARMED
    for number, event in enumerate(events):
        guard = failsafe(guard, event, number)
    return guard


@given(st.lists(st.tuples(EVENTS, st.integers()), max_size=20))
def test_any_order_of_events_is_answered_and_never_with_less_while_a_cause_is_there(steps):
    guard = UNHARMED
    for event, now_us in steps:
        was = guard
        guard = failsafe(was, event, now_us)
        assert guard == failsafe(was, event, now_us)
        if was.present and event.what is not What.GONE:
            assert guard.severity >= was.severity
        if guard.severity < was.severity:
            assert event.what in PERSON or CAUSES[was.code].clear is Clear.ITSELF
        if was.severity is Severity.LATCH > guard.severity:
            assert event.what is What.ACKNOWLEDGED


@pytest.mark.parametrize("code", LATCHING)
def test_a_latched_cause_waits_until_it_has_gone_and_a_person_has_acknowledged(code):
    happened = Event(What.HAPPENED, code)
    gone = Event(What.GONE, code)
    assert after(happened, Event(What.ACKNOWLEDGED)).code == code
    assert after(happened, gone).code == code
    assert after(happened, gone, Event(What.STARTED)).code == code
    assert after(happened, gone, Event(What.ACKNOWLEDGED)) == UNHARMED


def test_the_first_of_equally_grave_causes_stays():
    guard = after(Event(What.HAPPENED, "sensor"), Event(What.HAPPENED, "clock"))
    assert (guard.code, guard.since_us) == ("sensor", 0)


def test_a_graver_cause_takes_the_place_of_a_lighter_one():
    assert after(Event(What.HAPPENED, "foot_moved"), Event(What.HAPPENED, "stop")).code == "stop"
    assert after(Event(What.HAPPENED, "stop"), Event(What.HAPPENED, "sensor")).code == "sensor"


def test_every_trip_of_the_device_is_a_cause():
    names = {trip.name.lower() for trip in Trip if trip is not Trip.NONE}
    assert names <= set(CAUSES)


def test_every_trip_of_the_governor_is_a_cause_that_latches():
    tree = ast.parse((files("controller") / "governor.py").read_text("utf-8"))
    judges = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name in ("_trip", "_felt_too_much")
    ]
    codes = {
        value.value
        for judge in judges
        for answer in ast.walk(judge)
        if isinstance(answer, ast.Return)
        for value in ast.walk(answer)
        if isinstance(value, ast.Constant) and isinstance(value.value, str) and value.value
    }
    assert codes == {"not_finite", "reading_not_finite", "frames_lost", "over_force", "saturated"}
    assert codes <= set(LATCHING)


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('clear = "acknowledge"', 'clear = "start"', "too little"),
        ('happening = "fault"', 'happening = "armed"', "means nothing"),
        ("deadline_ms = 50", "deadline_ms = 0", "deadline"),
        ('rows = ["C3"]', "rows = []", "rows"),
        ("stop = true", "stop = true\nextra = 1", "must have exactly"),
        ("schema = 1", "schema = 2", "schema"),
        ("schema = 1", "schema =", "not TOML"),
    ],
)
def test_a_damaged_table_of_causes_is_refused(old, new, says):
    with pytest.raises(BadFileError, match=says):
        parse_causes(TEXT.replace(old, new), "failsafe.toml")
