"""Routine files: what is read, what is refused, and the plan that comes of them."""

import itertools
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.errors import BadFileError, UnknownRoutineError
from controller.geometry import Side
from controller.routine import find_routine, load_library, parse_routine, plan

FOLDER = resources.files("controller").joinpath("data", "routines")
TEXT = FOLDER.joinpath("evening-wind-down.toml").read_text(encoding="utf-8")
EVENING = load_library()["evening-wind-down"]


def test_the_evening_routine_keeps_the_order_of_a_good_massage():
    techniques = [stroke.technique for stroke in EVENING.strokes]
    assert techniques == ["stroke", "circle", "circle", "press", "stroke"]
    first, _, _, press, last = EVENING.strokes
    assert last.intensity <= first.intensity  # closing strokes are light
    assert press.first < 1.0
    assert press.step > 0.0  # start easy, then a little more


def test_the_ball_is_circled_for_thirty_seconds_first_clockwise_then_the_other_way():
    one, other = EVENING.strokes[1:3]
    assert one.turns_hz > 0 > other.turns_hz
    assert one.seconds + other.seconds >= 30.0


def test_three_minutes_are_three_minutes_and_both_feet_get_the_same():
    steps = plan(EVENING, None)
    assert sum(step.lasts_us for step in steps) == 180_000_000
    left, right = ([s for s in steps if s.foot is side] for side in (Side.LEFT, Side.RIGHT))
    assert [(s.stroke, s.lasts_us) for s in left] == [(s.stroke, s.lasts_us) for s in right]
    assert [s.foot for s in steps] == [Side.LEFT] * 5 + [Side.RIGHT] * 5


@given(st.floats(3.0, 10.0))
def test_a_longer_massage_shares_its_time_alike(minutes):
    steps = plan(EVENING, minutes)
    assert abs(sum(step.lasts_us for step in steps) - minutes * 60e6) < 100
    for earlier, later in itertools.pairwise(steps):
        assert later.starts_us == earlier.starts_us + earlier.lasts_us


@pytest.mark.parametrize("minutes", [2.9, 10.1, float("nan"), float("inf"), -1.0])
def test_minutes_outside_the_routine_are_refused(minutes):
    with pytest.raises(BadFileError, match="minutes"):
        plan(EVENING, minutes)


def test_an_unknown_routine_is_named_and_the_known_ones_listed():
    with pytest.raises(UnknownRoutineError, match=r"'morning'.*evening-wind-down"):
        find_routine(load_library(), "morning")


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("schema = 1", "schema = 9", "schema"),
        ('id = "evening-wind-down"', 'id = "../etc"', "id"),
        ('feet = ["left", "right"]', 'feet = ["left"]', "feet"),
        ('feet = ["left", "right"]', 'feet = ["left", "left"]', "feet"),
        ("u = 0.80, v = 0.45", "u = 1.01, v = 0.45", r"strokes\[0\]\.from\.u"),
        ("u = 0.80, v = 0.45", "u = nan, v = 0.45", r"strokes\[0\]\.from\.u"),
        ("intensity = 0.6", "intensity = 1.1", r"strokes\[0\]\.intensity"),
        ("pace_mm_s = 60", "pace_mm_s = 400", "pace_mm_s"),
        ("rate_hz = 0.4", "rate_hz = 4", "rate_hz"),
        ("step = 0.1", "step = 0.5", "step"),
        ("presses = 3", "presses = 3\nhammer = 1", "hammer"),
        ('technique = "press"', 'technique = "hit"', "'hit' is not one of"),
        ('direction = "clockwise"', 'direction = "up"', "direction"),
        ("seconds = 22", "", "seconds"),
        ('ru = "Спокойный вечер"', 'de = "Abend"', "title"),
        ("[[strokes]]", "[[strokes", "not TOML"),
    ],
)
def test_a_bad_file_is_refused_and_the_key_named(old, new, says):
    assert old in TEXT
    with pytest.raises(BadFileError, match=says):
        parse_routine(TEXT.replace(old, new, 1), "mine.toml")


@given(st.text(max_size=300))
def test_any_text_is_refused_in_one_sentence(text):
    with pytest.raises(BadFileError) as caught:
        parse_routine(text, "mine.toml")
    assert str(caught.value).startswith("mine.toml")


def test_a_file_that_is_too_long_is_refused():
    with pytest.raises(BadFileError, match="longer"):
        parse_routine("#" * 70_000, "mine.toml")


def test_deep_nesting_is_refused():
    with pytest.raises(BadFileError):
        parse_routine("x = " + "[" * 20_000 + "]" * 20_000, "mine.toml")
