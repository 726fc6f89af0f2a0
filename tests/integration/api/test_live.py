"""The live stream."""

import contextlib
import json
import socket
import struct
import time

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from tests.integration.api.servers import Server, eventually, is_linked

pytestmark = pytest.mark.realtime


def live(api, **more):
    return connect(
        f"ws://127.0.0.1:{api.port}/api/v1/live",
        proxy=None,
        compression=None,
        ping_interval=None,
        **more,
    )


def next_status(stream):
    while True:
        message = stream.recv(timeout=5)
        if isinstance(message, str):
            return json.loads(message)


def test_each_snapshot_is_a_text_and_an_image(api, calm):
    with live(api) as stream:
        assert isinstance(stream.recv(timeout=5), str)
        kinds = [type(stream.recv(timeout=5)) for _ in range(20)]
        image = next(m for m in iter(lambda: stream.recv(timeout=5), None) if isinstance(m, bytes))
    assert kinds.count(str) >= 9
    assert kinds.count(bytes) >= 9
    version, beds, rows, cols, _, _ = struct.unpack_from("<BBBBIQ", image)
    assert (version, beds, rows, cols) == (1, 2, 32, 16)
    assert len(image) == 16 + 2 * beds * rows * cols


def test_snapshots_come_twenty_times_a_second(api, calm):
    with live(api) as stream:
        first = next_status(stream)["seq"]
        begun_s = time.monotonic()
        seqs = [next_status(stream)["seq"] for _ in range(40)]
        took_s = time.monotonic() - begun_s
    assert seqs == sorted(set(seqs))
    assert seqs[0] > first
    assert 1.5 < took_s < 6.0


def test_without_a_device_no_image_of_the_past_is_sent(api, calm):
    calm.scene(device={"id": None})
    with live(api) as early:
        eventually(lambda: next_status(early)["device"]["id"] is None)
        next_status(early)
        with live(api) as late:
            assert {type(late.recv(timeout=5)) for _ in range(5)} == {str}


def test_a_client_that_does_not_read_delays_nobody_and_is_dropped(api, calm):
    with asleep(api) as sleeper, live(api) as awake:
        waits_s = []
        end_s = time.monotonic() + 5.0
        while time.monotonic() < end_s:
            begun_s = time.monotonic()
            next_status(awake)
            waits_s.append(time.monotonic() - begun_s)
        missed = len(sleeper.makefile("rb").read())  # what was under way, then the end
    assert len(waits_s) > 50
    assert sorted(waits_s)[len(waits_s) // 2] < 0.2
    assert missed < 500_000


def asleep(api):
    """Return the socket of a listener that never reads."""
    talk = socket.socket()
    talk.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    talk.settimeout(10)
    talk.connect(("127.0.0.1", api.port))
    talk.sendall(
        b"GET /api/v1/live HTTP/1.1\r\nhost: localhost\r\nupgrade: websocket\r\n"
        b"connection: upgrade\r\nsec-websocket-version: 13\r\n"
        b"sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    )
    return talk


def test_without_control_the_stream_goes_on_and_says_so(own_control, own_api):
    with live(own_api) as stream:
        assert next_status(stream)["alarms"] == []
        own_control.end()
        eventually(lambda: codes(next_status(stream)) == ["control_absent"])
        begun_s = time.monotonic()
        for _ in range(5):
            next_status(stream)
        assert time.monotonic() - begun_s < 4.0
        own_control.start()
        eventually(lambda: codes(next_status(stream)) == [])


def codes(status):
    return [alarm["code"] for alarm in status["alarms"]]


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://localhost:3000"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_another_page_cannot_listen(api, headers):
    with pytest.raises(InvalidStatus) as refused:
        live(api, additional_headers=headers)
    assert refused.value.response.status_code == 403
    assert json.loads(refused.value.response.body)["status"] == 403


def test_a_rebound_name_cannot_listen(api):
    with socket.create_connection(("127.0.0.1", api.port), timeout=5) as talk:
        talk.sendall(
            b"GET /api/v1/live HTTP/1.1\r\nhost: evil.example\r\nupgrade: websocket\r\n"
            b"connection: upgrade\r\nsec-websocket-version: 13\r\n"
            b"sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )
        assert b" 400 " in talk.recv(4096).split(b"\r\n")[0]


def test_a_refused_listener_is_no_mistake_of_ours(own_control, capfd):
    server = Server("serve", own_control.path)
    try:
        eventually(lambda: is_linked(server))
        with pytest.raises(InvalidStatus), live(server, origin="http://evil.example"):
            pass
    finally:
        server.end()
    assert "without completing" not in capfd.readouterr().err


def test_the_own_page_may_listen(api):
    with live(api, origin=f"http://127.0.0.1:{api.port}") as stream:
        assert next_status(stream)["version"]


def test_what_a_client_says_is_forgotten_and_too_much_is_refused(api):
    with live(api) as stream:
        stream.send("hello")
        stream.send(b"\x00" * 4000)
        assert next_status(stream)["version"]
    with live(api) as stream:
        stream.send("x" * 5000)
        assert closing_code(stream) == 1009


def closing_code(stream):
    with pytest.raises(ConnectionClosed) as closed:
        next(message for message in stream_of(stream) if message is None)
    return closed.value.rcvd.code


def stream_of(stream):
    while True:
        yield stream.recv(timeout=5)


def test_there_is_a_bound_on_listeners(api):
    with contextlib.ExitStack() as listeners:
        for _ in range(32):
            listeners.enter_context(live(api))
        with live(api) as late:
            assert closing_code(late) == 1013
    eventually(lambda: next_status_of_new(api))


def next_status_of_new(api):
    try:
        with live(api) as stream:
            return next_status(stream)
    except ConnectionClosed:
        return None
