"""The catalogues say everything that can happen, in both languages."""

import json
import re
from importlib.resources import files

import pytest

from api.sentences import alarm_sentences, refusal_sentence, say, state_sentence
from controller.limits import LEVELS
from controller.regions import REGIONS
from controller.session import Session
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
            {"code": "device_refused", "advice": "device_refused", "detail": "Too strong."},
            {"code": "never_heard_of", "advice": "never_heard_of"},
        ],
    }
    assert state_sentence(status) == "Press START on the machine"
    assert alarm_sentences(status) == [
        "A roller is blocked. Remove what blocks it, then press “All is well”.",
        "This machine and this Podal do not fit together. Too strong. See: podal doctor.",
        "The machine reports: never_heard_of.",
    ]


def test_a_refusal_is_said_in_a_sentence():
    assert refusal_sentence("no_foot", "") == "Put both feet on the beds first."
    assert refusal_sentence("no_foot", "The left one.") == "The left one."
    assert refusal_sentence("never_heard_of", "") == "never_heard_of"
    assert say("label.minutes", minutes=3) == "3 min"


def test_a_fault_says_first_that_it_is_one():
    status = {"session": {"state": "fault", "waiting_for": "acknowledge"}}
    assert state_sentence(status) == say("state.fault")
