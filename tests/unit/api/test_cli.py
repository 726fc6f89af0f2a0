"""The command line without a running Podal."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from api.cli import COMMANDS, podal
from api.commands.talk import _force
from api.doctor import Level, loop_findings
from controller.limits import load_limits
from firmware_bridge.messages import PROTOCOL_VERSION


def run(*arguments):
    return CliRunner().invoke(podal, arguments, catch_exceptions=False)


def test_the_version_names_the_wire():
    ended = run("--version")
    assert ended.exit_code == 0
    assert ended.output.startswith("podal ")
    assert f"wire protocol {PROTOCOL_VERSION}" in ended.output


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name):
    ended = run(name, "--help")
    assert ended.exit_code == 0
    assert ended.output.startswith("Usage:")


def test_an_unknown_command_is_wrong_usage():
    assert run("massage").exit_code == 2


def test_an_address_others_can_reach_is_wrong_usage():
    ended = run("serve", "--host", "0.0.0.0")  # noqa: S104
    assert ended.exit_code == 2
    assert "no pairing" in ended.output


@pytest.mark.parametrize("port", ["0", "65536", "http"])
def test_a_port_is_a_port(port):
    assert run("status", "--port", port).exit_code == 2


def test_the_limits_are_those_of_the_controller():
    shown = json.loads(run("limits", "show", "--json").output)
    loaded = load_limits().regions
    assert set(shown) == set(loaded)
    assert shown["toes"]["user_max_n"] == loaded["toes"].user_max_n
    table = run("limits", "show").output
    assert all(region in table for region in loaded)
    assert "unconfirmed on hardware" in table


def test_the_routines_are_listed_and_shown():
    listed = [
        json.loads(line)["id"] for line in run("routine", "list", "--json").output.splitlines()
    ]
    assert "evening-wind-down" in listed
    shown = run("routine", "show", "evening-wind-down").output
    assert "left" in shown
    assert "right" in shown


def test_an_unknown_routine_is_one_sentence_with_the_known_ones():
    ended = run("routine", "show", "nope")
    assert ended.exit_code == 1
    assert "nope" in ended.output
    assert "evening-wind-down" in ended.output


@pytest.mark.parametrize("arguments", [("status",), ("start", "evening-wind-down")])
def test_without_a_server_the_next_step_is_named(arguments):
    ended = run(*arguments, "--port", "1")
    assert ended.exit_code == 1
    assert "podal run" in ended.output


def test_a_stop_nobody_confirmed_points_to_the_button():
    ended = run("stop", "--port", "1", "--stop-port", "1")
    assert ended.exit_code == 1
    assert "button on the machine" in ended.output


def test_doctor_names_a_next_step_for_everything_that_is_not_well(tmp_path):
    ended = run("doctor", "--json", "--port", "8999", "--socket", str(tmp_path / "no.sock"))
    found = [json.loads(line) for line in ended.output.splitlines()]
    assert {"Python", "numpy", "API port", "control process"} <= {one["what"] for one in found}
    assert all(one["next"] for one in found if one["level"] != "ok")


def test_doctor_tells_how_punctual_the_loop_is_and_what_to_do_when_it_is_late():
    late = {
        "late_p99_us": 14_000,
        "late_max_us": 21_000,
        "tick_us": {"p50": 90, "p99": 200, "max": 300},
        "fifo": False,
    }
    (advice,) = loop_findings(late)
    assert advice.level is Level.ADVICE
    assert advice.next_step
    assert "14.0 ms" in advice.seen
    assert "no real-time scheduling" in advice.seen
    (fine,) = loop_findings({**late, "late_p99_us": 400, "fifo": True})
    assert fine.level is Level.OK
    assert list(loop_findings(dict.fromkeys(late))) == []


def test_no_number_of_minutes_is_wrong_usage():
    for minutes in ("nan", "inf", "0", "61"):
        assert run("start", "evening-wind-down", "--minutes", minutes).exit_code == 2


def test_a_force_below_nothing_is_nothing():
    assert _force(-0.04) == "0.0 N"
    assert _force(None) == "-"


def podal_process(*words, **options):
    return subprocess.Popen(
        [sys.executable, "-m", "api", *words], stderr=subprocess.PIPE, text=True, **options
    )


@pytest.mark.slow
def test_ctrl_c_is_told_by_the_exit_code(tmp_path):
    recording = tmp_path / "long.npz"
    np.savez(recording, frames=np.zeros((16_000, 64, 64), np.float16), pitch_mm=5.0)
    with podal_process("map", str(recording), "--json", stdout=subprocess.PIPE) as mapping:
        mapping.stdout.readline()
        mapping.send_signal(signal.SIGINT)
        mapping.stdout.read()  # a reader that leaves is another matter, below
        said = mapping.stderr.read()
    assert mapping.returncode == 130
    assert "Traceback" not in said


@pytest.mark.slow
def test_a_reader_that_has_seen_enough_ends_it_quietly(tmp_path):
    recording = tmp_path / "long.npz"
    np.savez(recording, frames=np.zeros((16_000, 64, 64), np.float16), pitch_mm=5.0)
    with podal_process("map", str(recording), "--json", stdout=subprocess.PIPE) as mapping:
        mapping.stdout.readline()
        mapping.stdout.close()
        assert mapping.stderr.read() == ""


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_one_sentence():
    with Path("/dev/full").open("w") as full, podal_process("limits", "show", stdout=full) as shown:
        said = shown.stderr.read()
    assert shown.returncode == 1
    assert said == "podal: The disk is full: make room and try again.\n"
