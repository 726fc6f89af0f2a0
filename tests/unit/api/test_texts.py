"""The catalogues say everything that can happen, in both languages."""

import ast
import json
import re
from importlib.resources import files

import pytest

from api.sentences import (
    alarm_sentences,
    clamp_sentence,
    link_sentence,
    refusal_sentence,
    say,
    state_sentence,
)
from controller.caps import Source
from controller.failsafe import CAUSES
from controller.limits import LEVELS
from controller.regions import REGIONS
from controller.runner import Runner
from controller.session import Session
from controller.settings import default_settings
from firmware_bridge.messages import Trip

STATIC = files("api") / "static"
LANGUAGES = ("en", "ru")
SOURCES = [entry.read_text("utf-8") for entry in (STATIC / "js").iterdir()]
SOURCES.append((STATIC / "index.html").read_text("utf-8"))


def catalogue(language):
    return json.loads((STATIC / "texts" / f"{language}.json").read_text("utf-8"))


@pytest.fixture(params=LANGUAGES)
def texts(request):
    return catalogue(request.param)


def test_both_languages_have_the_same_texts_with_the_same_places():
    english, russian = (catalogue(language) for language in LANGUAGES)
    assert list(english) == list(russian)
    for key, text in english.items():
        assert re.findall(r"\{\w+\}", text) == re.findall(r"\{\w+\}", russian[key]), key


def test_no_text_is_empty(texts):
    assert [key for key, text in texts.items() if not text.strip()] == []


def test_every_state_level_region_and_trip_has_a_text(texts):
    wanted = [f"state.{state}" for state in Session]
    wanted += [f"level.{level}" for level in LEVELS]
    wanted += [f"region.{region}" for region in REGIONS]
    wanted += [f"reason.{trip.name.lower()}" for trip in Trip if trip is not Trip.NONE]
    assert [key for key in wanted if key not in texts] == []


def test_every_trip_that_latches_comes_with_advice(texts):
    by_hand = {Trip.NONE, Trip.STOP, Trip.STOP_BUTTON, Trip.HOST_RETRACT}
    wanted = [f"advice.{trip.name.lower()}" for trip in Trip if trip not in by_hand]
    assert [key for key in wanted if key not in texts] == []


def test_every_text_the_page_names_is_there(texts):
    named = {
        key
        for source in SOURCES
        for key in re.findall(r'(?:say\(|data-text=|text: )"([a-z_]+(?:\.[a-z_]+)*)"', source)
    }
    assert len(named) > 20
    assert named <= set(texts)


def test_a_status_is_said_in_sentences():
    status = {
        "session": {"state": "starting", "waiting_for": "start_button"},
        "alarms": [
            {"code": "stalled", "advice": "stalled"},
            {"code": "device_refused", "advice": "device_refused", "detail": "too strong"},
            {"code": "never_heard_of", "advice": "never_heard_of"},
        ],
    }
    assert state_sentence(status) == "Press START on the machine"
    assert alarm_sentences(status) == [
        "A roller is blocked. Remove what blocks it, then press “All is well”.",
        "This machine and this Podal do not fit together. Too strong.",
        "The machine reports: never_heard_of.",
    ]


def test_a_refusal_is_said_in_a_sentence():
    assert refusal_sentence("no_foot", "") == "Put both feet on the beds first."
    assert refusal_sentence("no_foot", "The left one.") == "The left one."
    assert refusal_sentence("never_heard_of", "") == "never_heard_of"
    assert say("label.minutes", minutes=3) == "3 min"


def test_the_wire_is_said_in_figures():
    runner = Runner(default_settings(), lambda: 7, "test")
    status = runner.status()
    assert link_sentence(status) == ""
    stats = runner.link.stats
    stats.frames, stats.sessions, stats.age_us = 1200, 3, 1_500
    stats.round_trips.add(6_000)
    assert link_sentence(runner.status()) == (
        "1200 frames, 0 damaged, 0 missing, 0 repeated, 0 too old; age 1.5 ms (at most 0.0 ms); "
        "round trip p50 6.0 ms, p99 6.0 ms; 2 reconnects"
    )


def test_a_fault_says_first_that_it_is_one():
    status = {"session": {"state": "fault", "waiting_for": "acknowledge"}}
    assert state_sentence(status) == say("state.fault")


CODE_MODULES = [entry.name for entry in files("controller").iterdir() if entry.name.endswith(".py")]
JUDGES = {"_trip", "_shape_reason", "_failure"}
SAID_BY_THE_STATE = {"no_load", "feet_gone", "pause"}
"""The sentence of the state tells these already: put your feet on, paused."""


def words_in(value):
    words = (one.value for one in ast.walk(value) if isinstance(one, ast.Constant))
    return {word for word in words if isinstance(word, str) and re.fullmatch("[a-z_]+", word)}


def codes_in(module):
    """Return what a module of control answers, and why it says a session or a bed is as it is."""
    replies, reasons = set(), set()
    for node in ast.walk(ast.parse((files("controller") / module).read_text("utf-8"))):
        match node:
            case ast.keyword(arg="reply", value=value):
                replies |= words_in(value)
            case ast.Dict(keys=keys, values=values):
                pairs = zip(keys, values, strict=True)
                codes = (v for k, v in pairs if isinstance(k, ast.Constant) and k.value == "code")
                replies |= set().union(*map(words_in, codes))
            case ast.keyword(arg="reason" | "refusal" | "failed" | "trip", value=value):
                reasons |= words_in(value)
            case ast.Call(args=[_, ast.Attribute(value=ast.Name(id="Happening")), value]):
                reasons |= words_in(value)
            case ast.Call(func=ast.Name(id="_retry" | "fail"), args=[_, value, *_]):
                reasons |= words_in(value)
            case ast.FunctionDef(name=name) if name in JUDGES:
                answers = (one.value for one in ast.walk(node) if isinstance(one, ast.Return))
                reasons |= set().union(*map(words_in, filter(None, answers)))
            case _:
                pass
    return replies - {"ok"}, reasons - SAID_BY_THE_STATE


def test_every_code_control_can_send_has_a_text(texts):
    found = [codes_in(module) for module in CODE_MODULES]
    replies, reasons = (set().union(*codes) for codes in zip(*found, strict=True))
    assert replies >= {"bad_request", "too_late", "not_faulted", "unknown_routine"}
    assert reasons >= {"foot_gone", "wrong_side", "moving", "not_foot_shaped", "frames_lost"}
    wanted = [f"refusal.{code}" for code in replies] + [f"reason.{code}" for code in reasons]
    assert sorted(key for key in wanted if key not in texts) == []


def test_every_cause_of_the_failsafe_says_what_it_is_and_what_to_do(texts):
    obvious = {"stop", "stop_button", "host_retract"}
    wanted = [f"reason.{code}" for code in CAUSES]
    wanted += [f"advice.{code}" for code in CAUSES if code not in obvious]
    assert sorted(key for key in wanted if key not in texts) == []


def test_every_clamp_has_a_text(texts):
    source = (files("controller") / "governor.py").read_text("utf-8")
    codes = {str(source) for source in Source} | {"off_sole"}
    codes |= set(re.findall(r'"([a-z_]+)"', source))
    assert {"stale_frame", "over_limit", "saturated", "no_foot", "load_cell"} <= codes
    assert sorted(code for code in codes if f"limit.{code}" not in texts) == []


def test_a_clamp_says_what_was_asked_and_given_and_whose_limit_it_is():
    clamp = {"asked_n": 32.0, "given_n": 16.0, "source": "user_max", "where": "arch"}
    assert clamp_sentence(clamp) == (
        "asked 32.0 N, given 16.0 N: arch, the most a person may ask for"
    )


def test_every_trouble_with_a_port_has_a_text_and_a_next_step(texts):
    source = "".join(
        (files(package) / f"{module}.py").read_text("utf-8")
        for package, module in (
            ("firmware_bridge", "errors"),
            ("firmware_bridge", "port"),
            ("controller", "control"),
        )
    )
    codes = set(re.findall(r'"(device_[a-z]+|other_device)"', source)) - {"device_id"}
    assert codes >= {"device_missing", "device_busy", "device_clock", "other_device"}
    wanted = [f"{kind}.{code}" for code in codes for kind in ("reason", "advice")]
    assert sorted(key for key in wanted if key not in texts) == []
