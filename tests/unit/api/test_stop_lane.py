"""What the stop lane understands."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.stop_lane import MAX_HEAD_BYTES, wanted


@pytest.mark.parametrize("heard", [b"", b"S", b"STOP", b"POST /stop HTTP/1.1", b"\r"])
def test_an_unfinished_line_waits_for_more(heard):
    assert wanted(heard) == "more"


@pytest.mark.parametrize("heard", [b"STOP\n", b"STOP\r\n", b" STOP\n", b"STOP\nand more"])
def test_one_plain_line_stops(heard):
    assert wanted(heard) == "line"


@pytest.mark.parametrize(
    "heard",
    [
        b"POST /stop HTTP/1.1\r\n",
        b"POST /stop HTTP/1.0\nHost: anything\n\n",
        b"POST /api/v1/stop HTTP/1.1\r\nhost: x\r\n\r\nbody",
        b"POST /stop?now HTTP/1.1\r\n",
    ],
)
def test_a_post_stops_as_soon_as_its_first_line_is_there(heard):
    assert wanted(heard) == "http"


@pytest.mark.parametrize(
    "heard",
    [
        b"\n",
        b"stop\n",
        b"STOP NOW\n",
        b"STOPP\n",
        b"GET /stop HTTP/1.1\r\n",
        b"POST /stopper HTTP/1.1\r\n",
        b"POST /stop\r\n",
        b"x" * MAX_HEAD_BYTES,
    ],
)
def test_nothing_else_stops(heard):
    assert wanted(heard) == "other"


@given(st.binary(max_size=300))
def test_any_bytes_have_a_meaning(heard):
    assert wanted(heard) in {"more", "line", "http", "health", "other"}


@given(st.sampled_from([b"STOP\n", b"POST /stop HTTP/1.1\r\n"]), st.binary(max_size=100))
def test_what_follows_the_first_line_changes_nothing(line, rest):
    assert wanted(line + rest) == wanted(line)
