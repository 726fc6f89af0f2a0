"""What the stop lane understands."""

import select
import socket
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.listeners import listen
from api.stop_lane import MAX_HEAD_BYTES, RECONNECT_S, StopLane, wanted
from controller.mail import REPLY, STATUS, frame


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


@pytest.fixture
def control(tmp_path):
    """A listening control socket."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "control.sock"))
        listener.listen()
        listener.settimeout(5)
        yield listener


@pytest.fixture
def lane(control):
    lane = StopLane(listen("127.0.0.1", 0, option="--stop-port"), Path(control.getsockname()))
    yield lane
    lane.close()


def stopper(lane):
    """Return a client that has said STOP."""
    client = socket.create_connection(lane.address)
    client.sendall(b"STOP\n")
    client.settimeout(5)
    return client


def test_a_stop_is_confirmed_only_by_the_answer_of_control(lane, control):
    lane.turn()
    end, _ = control.accept()
    with end, stopper(lane) as client:
        for _ in range(5):
            lane.turn()
        assert end.recv(16) == b"\x01\x00\x00\x00X"
        client.setblocking(False)
        with pytest.raises(BlockingIOError):
            client.recv(16)
        end.sendall(frame(STATUS, b"{}") + frame(REPLY, b"{}"))
        client.settimeout(5)
        lane.turn()
        assert client.recv(16) == b"OK\n"


def test_control_may_go_in_the_very_moment_somebody_comes(lane, control):
    """The number of the closed socket is given to the new one at once."""
    for _ in range(3):
        lane.turn()
        end, _ = control.accept()
        end.close()
        with stopper(lane) as client:
            deadline_s = time.monotonic() + 5
            while not select.select([client], [], [], 0)[0] and time.monotonic() < deadline_s:
                lane.turn()
            assert client.recv(16) == b"NO CONTROL\n"


def test_an_answer_on_a_later_connection_does_not_confirm_an_earlier_stop(lane, control):
    lane.turn()
    first, _ = control.accept()
    with stopper(lane) as client:
        lane.turn()
        assert first.recv(16) == b"\x01\x00\x00\x00X"
        first.close()
        lane.turn()
        assert client.recv(16) == b"NO CONTROL\n"
    time.sleep(2 * RECONNECT_S)
    lane.turn()
    second, _ = control.accept()
    with second, stopper(lane) as client:
        lane.turn()
        assert second.recv(16) == b"\x01\x00\x00\x00X"
        second.sendall(frame(REPLY, b"{}"))
        lane.turn()
        assert client.recv(16) == b"OK\n"
