"""Every protective check has a row, and switching one off does what its row says."""

import functools
import subprocess
import sys

import pytest

from controller import orders, permission
from firmware_bridge.messages import Trip
from simulator.campaign.case import read_case
from simulator.firmware.machine import Machine
from simulator.firmware.watch import Watch
from tests.conftest import PROJECT
from tests.necessity import census
from tests.necessity.data import BadRowError, load, parse
from tests.necessity.judge import judge, trials_of
from tests.necessity.off import UnknownCheckError, switch_all_off
from tests.necessity.trial import ROUTINES, Seen, in_child, run_test

CHECKS = load()
QUICK = ("runaway", "permission-not-armed")
"""One that a run shows, in a massage that is at its onset after 2.7 s; one that a test shows."""


def test_every_check_that_the_code_names_has_exactly_one_row():
    rows = [guard for check in CHECKS.values() for guard in check.guards]
    assert sorted(set(census.checks()) - set(rows)) == [], "checks without a row in checks.toml"
    assert sorted(set(rows) - set(census.checks())) == [], "rows of checks that are not there"
    assert len(rows) == len(set(rows))


def test_the_census_finds_what_is_known_to_be_there():
    found = census.checks()
    assert len(found) >= 150
    for name in (
        "trip watch.Watch._judge_over OVER_FORCE",
        "trip machine.Machine._drive WATCHDOG",
        "refusal machine.Machine._refuse_arm NO_CONSENT",
        "cause matrix_frozen",
        "permission not_attested",
        "governor _force stale_frame",
        "cap owner",
        "link OtherDeviceError",
        "host drops stale",
        "device drops repeated",
    ):
        assert name in found
    tripped = {name.split()[-1] for name in found if name.startswith("trip ")}
    assert tripped == {trip.name for trip in Trip} - {"NONE"}


def test_explanations_are_few():
    assert sum(bool(check.explained) for check in CHECKS.values()) <= 0.05 * len(CHECKS)


def test_what_the_rows_switch_off_is_there():
    everything = [what for check in CHECKS.values() for what in (*check.off, *check.ill)]
    assert in_child(functools.partial(switch_all_off, everything)) is None


def test_the_runs_and_tests_of_the_rows_are_there():
    for check in CHECKS.values():
        for line in check.runs:
            assert read_case(line, ROUTINES).line == line
        for node in check.tests:
            path, _, name = node.partition("::")
            text = (census.ROOT / path).read_text(encoding="utf-8")
            assert f"def {name.partition('[')[0]}(" in text, node


def test_what_is_not_there_cannot_be_switched_off():
    for what in ("trip watch.Watch.judge DWELL", "refusal watch.Watch.x DWELL", "nothing"):
        with pytest.raises(UnknownCheckError):
            switch_all_off([what])
    with pytest.raises(UnknownCheckError):
        switch_all_off(["set simulator.firmware.watch.NOT_THERE 1"])


def test_a_struck_check_is_gone_and_nothing_else_is():
    def off() -> tuple[Trip, Trip, str]:
        switch_all_off(["trip watch.Watch.judge_range SENSOR"])
        watch = Watch()
        ranged = [watch.judge_range(-200.0) for _ in range(9)][-1]
        over = [watch._judge_over(99.0, 10.0, 60.0) for _ in range(9)][-1]
        return ranged, over, Watch.judge_range.__doc__ or ""

    assert in_child(off) == (Trip.NONE, Trip.OVER_FORCE, Watch.judge_range.__doc__)
    assert [Watch().judge_range(-200.0)] == [Trip.NONE]  # it takes 3 ms, here as there


def test_what_stands_behind_a_struck_check_goes_on():
    def off() -> list[str]:
        switch_all_off(["trip machine.Machine._watch_times DWELL"])
        names = Machine._watch_times.__code__.co_names
        return [name for name in ("DWELL", "SESSION_CAP", "PAUSE_CAP") if name in names]

    assert in_child(off) == ["SESSION_CAP", "PAUSE_CAP"]


def test_a_replaced_name_is_replaced_wherever_it_was_imported():
    def off() -> bool:
        switch_all_off(["permission not_armed"])
        return orders.forbidden_press is permission.forbidden_press

    before = permission.forbidden_press
    assert in_child(off)
    assert permission.forbidden_press is before


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("schema = 2\n[checks.a]", "schema"),
        ('[checks.a]\nside = "host"', "schema"),
        ('[checks.A]\nside = "host"', "a name is"),
        ('[checks.a]\nside = "phone"\nwhat = "w"\nrows = ["A1"]\nexplained = "e"', "side"),
        ('[checks.a]\nside = "host"\nwhat = "w"\nrows = ["Z9"]\nexplained = "e"', "Z9"),
        ('[checks.a]\nside = "host"\nwhat = "w"\nrows = ["A1"]\nguards = ["g"]', "shown by runs"),
        (
            '[checks.a]\nside = "host"\nwhat = "w"\nrows = ["A1"]\nguards = ["g"]\n'
            'tests = ["t"]\nexplained = "e"',
            "shown by runs",
        ),
        (
            '[checks.a]\nside = "host"\nwhat = "w"\nrows = ["A1"]\nguards = ["g"]\nruns = ["r"]',
            "runs say what they break",
        ),
        (
            '[checks.a]\nside = "host"\nwhat = "w"\nrows = ["A1"]\nguards = ["g"]\n'
            'runs = ["r"]\nbreaks = ["W1"]',
            "no trace decides W1",
        ),
        ('[checks.a]\nside = "host"\nwhat = "w"\nrows = ["A1"]\ntests = ["t"]', "switched off"),
        (
            '[checks.a]\nside = "host"\nwhat = "w"\nrows = ["A1"]\nguards = ["g"]\n'
            'runs = ["r"]\nbreaks = ["F1"]\npartners = ["b"]',
            "no other check 'b'",
        ),
        ('[checks.a]\nside = "host"\nwhat = "w"\nrows = ["A1"]\ncolour = "red"', "unknown keys"),
    ],
)
def test_a_row_that_says_too_little_or_too_much_is_refused(text, says):
    if "schema" not in says:
        text = f"schema = 1\n{text}"
    with pytest.raises(BadRowError, match=says):
        parse(text)


PAIR = parse(
    """
schema = 1
[checks.inner]
side = "device"
what = "the check itself"
rows = ["A1", "F1"]
guards = ["trip here"]
runs = ["the run"]
breaks = ["F1"]
partners = ["outer"]
ill = ["a bad host"]
[checks.outer]
side = "host"
what = "another layer"
rows = ["A1"]
guards = ["cause there"]
tests = ["a test"]
"""
)
CLEAN, RED = Seen({}, "device TRIP"), Seen({"F1": "too much"}, "nobody")


@pytest.mark.parametrize(
    ("control", "without", "alone", "shown"),
    [
        (CLEAN, RED, CLEAN, True),
        (CLEAN, CLEAN, CLEAN, False),
        (RED, RED, CLEAN, False),
        (CLEAN, RED, RED, False),
        (CLEAN, Seen({"M2": "else"}), CLEAN, False),
        (CLEAN, Seen({}, failed="it crashed"), CLEAN, False),
        (Seen({}, failed="it crashed"), RED, CLEAN, False),
    ],
)
def test_a_pair_is_red_only_without_both(control, without, alone, shown):
    (trials,) = trials_of(PAIR["inner"], PAIR)
    assert trials.control.off == ("a bad host", "cause there")
    assert trials.without.off == ("a bad host", "cause there", "trip here")
    assert trials.alone is not None
    assert trials.alone.off == ("a bad host", "trip here")
    seen = dict(zip(trials, (control, without, alone), strict=True))
    assert judge(PAIR["inner"], PAIR, seen.__getitem__, run_test).shown is shown


@pytest.mark.parametrize(
    ("kept", "off", "shown"),
    [
        (CLEAN, RED, True),
        (CLEAN, CLEAN, False),
        (RED, RED, False),
        (CLEAN, Seen({}, failed="no such test"), False),
    ],
)
def test_a_test_must_pass_with_the_check_and_fail_without_it(kept, off, shown):
    verdict = judge(PAIR["outer"], PAIR, lambda _: CLEAN, lambda _, what: off if what else kept)
    assert verdict.shown is shown


@pytest.mark.slow
def test_a_run_and_a_test_are_red_without_their_check_and_green_with_it():
    """In a process of its own: in this one the tests that are to fail have been imported."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.necessity", *QUICK],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert [f"{name} (" in done.stdout for name in QUICK] == [True, True]
    assert "NOT SHOWN" not in done.stdout
