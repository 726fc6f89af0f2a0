"""`podal blackbox list`: what was kept, in words for whoever owns the machine."""

import json
import time
from dataclasses import replace

import pytest
from click.testing import CliRunner

from api.cli import podal
from api.commands.talk import _status_lines
from controller.box_file import Head, head_bytes

HEAD = Head("1.2.3", "2026-03-04T05:06:07Z", ("stop",), 31.5, 2.0, 6700, "D1", "Python")


def listed(folder, *options):
    words = ["blackbox", "list", "--state", str(folder), *options]
    return CliRunner().invoke(podal, words, catch_exceptions=False)


@pytest.fixture
def utc(monkeypatch):
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def state(tmp_path, utc):
    folder = tmp_path / "black-box"
    folder.mkdir()
    fault = replace(HEAD, at="2026-03-05T00:00:00Z", why=("link_lost", "crash", "new_code"))
    (folder / "20260304T050607Z-stop.podalbox").write_bytes(head_bytes(HEAD) + bytes(2_000_000))
    (folder / "20260305T000000Z-link_lost.podalbox").write_bytes(head_bytes(fault))
    (folder / "20260101T000000Z-odd.podalbox").write_bytes(b"nonsense")
    return tmp_path


def test_the_newest_is_first_with_when_why_size_and_path(state):
    ended = listed(state)
    assert ended.exit_code == 0
    lines = ended.output.splitlines()
    assert lines[0] == (
        "2026-03-05 00:00:00  The cable or the power was interrupted. Podal itself had a bug. "
        "The machine reports: new_code.  (0.0 MB)"
    )
    assert lines[2] == "2026-03-04 05:06:07  You stopped it.  (2.0 MB)"
    assert lines[3].strip() == str(state / "black-box" / "20260304T050607Z-stop.podalbox")
    assert lines[4] == "This file is damaged.  (0.0 MB)"


def test_programs_get_one_line_of_json_each(state):
    first, second, third = map(json.loads, listed(state, "--json").output.splitlines())
    assert first["why"] == ["link_lost", "crash", "new_code"]
    assert second["bytes"] > 2_000_000
    assert second["podal"] == "1.2.3"
    assert third == {"path": third["path"], "bytes": 8, "readable": False}


def test_where_nothing_was_kept_it_says_when_something_is(tmp_path):
    ended = listed(tmp_path)
    assert ended.exit_code == 0
    assert ended.output == "No black box yet. Podal keeps one after each stop or fault.\n"
    assert listed(tmp_path, "--json").output == ""


@pytest.mark.parametrize("code", ["disk_full", "not_written"])
def test_the_status_says_that_a_box_was_lost_and_what_to_do(code):
    status = {"session": {"state": "ready"}, "black_box": {"trouble": code}}
    [line] = [line for line in _status_lines(status) if "black box" in line]
    assert "is lost" in line
    assert not [line for line in _status_lines({**status, "black_box": None}) if "box" in line]
