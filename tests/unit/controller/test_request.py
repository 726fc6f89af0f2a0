"""What comes over the local socket is a request or is not; it never is an accident."""

import math

import pytest

from controller.request import Acknowledge, Pause, Resume, Start, Stop, parse_request


@pytest.mark.parametrize(
    ("table", "request_"),
    [
        ({"do": "pause"}, Pause()),
        ({"do": "resume"}, Resume()),
        ({"do": "stop"}, Stop()),
        ({"do": "acknowledge"}, Acknowledge()),
        ({"do": "start", "routine": "a"}, Start("a")),
        (
            {"do": "start", "routine": "a", "minutes": 5, "level": "gentle"},
            Start("a", 5, "gentle"),
        ),
    ],
)
def test_a_request_is_read(table, request_):
    assert parse_request(table) == request_


@pytest.mark.parametrize(
    "wrong",
    [
        {"minutes": 10**400},
        {"minutes": -(10**400)},
        {"minutes": math.nan},
        {"minutes": math.inf},
        {"minutes": True},
        {"minutes": "5"},
        {"minutes": 0},
        {"level": []},
        {"level": {}},
        {"level": "brutal"},
        {"level": ""},
        {"level": 0},
        {"routine": None},
        {"routine": ["a"]},
        {"do": []},
        {"do": None},
    ],
)
def test_a_senseless_request_is_none(wrong):
    assert parse_request({"do": "start", "routine": "a", **wrong}) is None
