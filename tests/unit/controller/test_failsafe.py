"""Causes give way only to graver ones, and a latched one only to a person."""

import ast
import re
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.errors import BadFileError
from controller.failsafe import (
    CAUSES,
    UNHARMED,
    Cause,
    Clear,
    Event,
    Guard,
    Severity,
    What,
    failsafe,
    parse_causes,
)
from controller.session import Happening
from firmware_bridge.messages import Trip

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


ROW = {
    "event": '"a cat sits down"',
    "detection": '"purring"',
    "happening": '"foot_moved"',
    "clear": '"itself"',
    "by": '"person"',
    "rows": '["Z1", 2]',
    "deadline_ms": "1",
    "stop": "true",
}


KEYS = f"must have exactly: {', '.join(ROW)}"
NEEDS = "needs a deadline above 0 and rows of the hazard table"


def table(**changed) -> str:
    rows = {**ROW, **changed}
    return "schema = 1\n[causes.cat]\n" + "\n".join(f"{key} = {rows[key]}" for key in rows)


def test_a_row_is_read_as_it_is_written():
    cause = parse_causes(table(), "")["cat"]
    assert cause == Cause(
        event="a cat sits down",
        detection="purring",
        happening=Happening.FOOT_MOVED,
        clear=Clear.ITSELF,
        by="person",
        rows=("Z1", "2"),
        deadline_ms=1,
        stop=True,
    )
    assert cause.severity is Severity.PAUSE


@pytest.mark.parametrize("stop", ["false", "1", '"true"'])
def test_only_true_sends_a_stop(stop):
    assert parse_causes(table(stop=stop), "")["cat"].stop is False


@pytest.mark.parametrize("clear", Clear)
@pytest.mark.parametrize(
    ("happening", "ends"),
    [
        ("foot_moved", {Clear.ITSELF, Clear.RESUME}),
        ("feet_gone", {Clear.START}),
        ("let_go", {Clear.START}),
        ("stop", {Clear.START}),
        ("device_lost", {Clear.ACKNOWLEDGE}),
        ("fault", {Clear.ACKNOWLEDGE}),
    ],
)
def test_what_stopped_a_massage_never_ends_by_itself(happening, ends, clear):
    text = table(happening=f'"{happening}"', clear=f'"{clear}"')
    if clear in ends:
        assert parse_causes(text, "")["cat"].clear is clear
        return
    with pytest.raises(BadFileError, match="is too little after") as refused:
        parse_causes(text, "f.toml")
    assert (refused.value.path, refused.value.where) == ("f.toml", "causes.cat.clear")


@pytest.mark.parametrize(
    ("text", "where", "says"),
    [
        (table(happening='"armed"'), "causes.cat", "means nothing: .*"),
        (table(happening='"nonsense"'), "causes.cat", "means nothing: .*"),
        (table(clear='"nonsense"'), "causes.cat", "means nothing: .*"),
        (table(deadline_ms="[]"), "causes.cat", "means nothing: .*"),
        (table(rows="5"), "causes.cat", "means nothing: .*"),
        (table(deadline_ms="0"), "causes.cat", NEEDS),
        (table(deadline_ms="-1"), "causes.cat", NEEDS),
        (table(rows="[]"), "causes.cat", NEEDS),
        (table(extra="1"), "causes.cat", KEYS),
        (table().replace("stop = true", ""), "causes.cat", KEYS),
        (f"schema = 1\n[causes]\ncat = {list(ROW)}", "causes.cat", KEYS),
        ("schema = 1\n[causes]\ncat = 1", "causes.cat", KEYS),
        ("schema = 1\n[causes]", "causes", "must be tables, one a cause"),
        ("schema = 1\ncauses = [1]", "causes", "must be tables, one a cause"),
        ("schema = 1", "causes", "must be tables, one a cause"),
        ("schema = 2", "schema", "must be 1"),
        ("", "schema", "must be 1"),
        ("schema =", "", "not TOML: .*"),
        (f"deep = {'[' * 5_000}", "", "not TOML: .*"),
    ],
    ids=lambda value: str(value)[-40:],
)
def test_a_damaged_table_of_causes_is_refused(text, where, says):
    with pytest.raises(BadFileError) as refused:
        parse_causes(text, "f.toml")
    assert (refused.value.path, refused.value.where) == ("f.toml", where)
    assert re.fullmatch(says, refused.value.why)


def test_what_ends_by_itself_is_over_when_it_has_gone_and_nothing_else_is(monkeypatch):
    causes = parse_causes(table(), "") | parse_causes(table(clear='"resume"'), "")
    monkeypatch.setattr("controller.failsafe.CAUSES", parse_causes(table(), ""))
    happened, gone = Event(What.HAPPENED, "cat"), Event(What.GONE, "cat")
    assert causes["cat"].clear is Clear.RESUME
    assert after(happened, gone) == UNHARMED
    assert after(happened, Event(What.GONE, "dog")) == Guard("cat", 0, present=True)
    assert after(happened, Event(What.RESUMED)) == Guard("cat", 0, present=True)
    monkeypatch.setattr("controller.failsafe.CAUSES", causes)
    assert after(happened, gone) == Guard("cat", 0, present=False)
    assert after(happened, gone, Event(What.RESUMED)) == UNHARMED


def test_the_guard_of_a_sound_machine_names_nothing():
    assert Guard() == UNHARMED == ("", 0, False)
    assert UNHARMED.severity is Severity.NOTHING
    assert Event(What.RESUMED).code == ""


def test_a_cause_that_nobody_knows_is_as_grave_as_any():
    assert Guard("riddle").severity is Severity.LATCH
    happened, gone = Event(What.HAPPENED, "riddle"), Event(What.GONE, "riddle")
    assert after(happened, gone) == Guard("riddle", 0, present=False)


def test_the_same_cause_again_is_there_again_since_it_first_happened():
    happened, gone = Event(What.HAPPENED, "sensor"), Event(What.GONE, "sensor")
    assert after(happened, gone, happened) == Guard("sensor", 0, present=True)


@pytest.mark.parametrize("act", sorted(PERSON, key=str))
@pytest.mark.parametrize("code", ["foot_moved", "stop", "sensor"])
def test_each_act_of_a_person_ends_as_much_as_it_may(act, code):
    may = {What.RESUMED: 1, What.STARTED: 2, What.ACKNOWLEDGED: 3}[act]
    guard = after(Event(What.HAPPENED, code), Event(What.GONE, code), Event(act))
    assert (guard == UNHARMED) is (CAUSES[code].severity <= may)


def test_the_words_of_the_table_are_those_that_the_reference_page_explains():
    assert [clear.value for clear in Clear] == ["itself", "resume", "start", "acknowledge"]
    assert [severity.value for severity in Severity] == [0, 1, 2, 3]
    assert [what.value for what in What] == [
        "happened", "gone", "resumed", "started", "acknowledged",
    ]  # fmt: skip
