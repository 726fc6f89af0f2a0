"""STOP: by the API and by the lane, whatever else is going on."""

import http.client
import json
import os
import signal
import socket
import time

import pytest

from tests.integration.api.servers import eventually

pytestmark = pytest.mark.realtime


def stops(control):
    return [request["do"] for request in control.heard()].count("X")


@pytest.mark.parametrize(
    "body", [None, b"", b"{}", b"not json", b'{"a": NaN}', b"\x00" * 70_000, b"[" * 60_000]
)
@pytest.mark.parametrize("kind", ["application/json", "text/plain", "image/png; charset=\xff"])
def test_the_api_stops_whatever_the_body(api, calm, body, kind):
    assert api.request("POST", "/api/v1/stop", body, {"content-type": kind})[0] == 200
    assert stops(calm) == 1


def test_the_api_stops_before_the_body_has_come(api, calm):
    with socket.create_connection(("127.0.0.1", api.port), timeout=5) as talk:
        talk.sendall(
            b"POST /api/v1/stop HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100000\r\n\r\n"
        )
        assert b" 200 " in talk.recv(4096).split(b"\r\n")[0]
    assert stops(calm) == 1


@pytest.mark.parametrize(
    "headers",
    [{"origin": "http://evil.example"}, {"sec-fetch-site": "cross-site"}, {"host-twice": "x"}],
)
def test_a_stop_is_taken_from_anybody(api, calm, headers):
    assert api.request("POST", "/api/v1/stop", None, headers, host="evil.example")[0] == 200
    assert stops(calm) == 1


def test_a_stop_again_is_a_stop(api, calm):
    for _ in range(50):
        assert api.json("POST", "/api/v1/stop") == (200, {"ok": True})
    assert stops(calm) == 50


def test_the_api_stops_beside_a_hundred_half_open_connections(api, calm):
    idle = [socket.create_connection(("127.0.0.1", api.port)) for _ in range(100)]
    try:
        for talk in idle:
            talk.sendall(b"POST /api/v1/se")
        assert api.json("POST", "/api/v1/stop", timeout_s=3.0)[0] == 200
    finally:
        for talk in idle:
            talk.close()
    assert stops(calm) == 1


def lane_says(lane, data, *, end=False):
    with socket.create_connection(("127.0.0.1", lane.port), timeout=5) as talk:
        talk.sendall(data)
        if end:
            talk.shutdown(socket.SHUT_WR)
        return talk.makefile("rb").read()


@pytest.mark.parametrize("line", [b"STOP\n", b"STOP\r\n", b"  STOP \n"])
def test_the_lane_takes_one_plain_line(lane, calm, line):
    assert lane_says(lane, line) == b"OK\n"
    assert stops(calm) == 1


def test_the_lane_takes_a_line_that_ends_with_the_stream(lane, calm):
    assert lane_says(lane, b"STOP", end=True) == b"OK\n"
    assert stops(calm) == 1


def test_the_lane_takes_a_line_that_comes_letter_by_letter(lane, calm):
    with socket.create_connection(("127.0.0.1", lane.port), timeout=5) as talk:
        for letter in (b"S", b"T", b"O", b"P", b"\n"):
            talk.sendall(letter)
            time.sleep(0.02)
        assert talk.recv(16) == b"OK\n"
    assert stops(calm) == 1


@pytest.mark.parametrize("path", ["/stop", "/api/v1/stop", "/stop?x=1"])
@pytest.mark.parametrize("body", [None, b"x" * 200_000])
def test_the_lane_takes_a_post(lane, calm, path, body):
    status, headers, answer = lane.request("POST", path, body, host="any.name")
    assert status == 200
    assert headers["content-type"] == "application/json"
    assert json.loads(answer) == {"ok": True}
    assert stops(calm) == 1


@pytest.mark.parametrize(
    "data",
    [
        b"GET /stop HTTP/1.1\r\n\r\n",
        b"POST /start HTTP/1.1\r\n\r\n",
        b"STOPP\n",
        b"\x00\xff\xfe\n",
        b"x" * 20_000,
    ],
)
def test_the_lane_stops_for_nothing_else(lane, calm, data):
    lane_says(lane, data, end=True)
    assert stops(calm) == 0


def test_the_lane_says_who_it_is(lane):
    assert lane.json("GET", "/healthz") == (200, {"status": "ok", "name": "podal"})


def test_the_lane_stops_beside_five_hundred_half_open_connections(lane, calm):
    idle = []
    try:
        for number in range(500):
            talk = socket.create_connection(("127.0.0.1", lane.port), timeout=5)
            talk.sendall(b"POST /st" if number % 2 else b"S")
            idle.append(talk)
        assert lane_says(lane, b"STOP\n") == b"OK\n"
    finally:
        for talk in idle:
            talk.close()
    assert stops(calm) == 1


def test_the_lane_forgets_who_says_nothing(lane):
    with socket.create_connection(("127.0.0.1", lane.port), timeout=10) as talk:
        talk.sendall(b"ST")
        assert talk.recv(1) == b""


def test_without_control_the_lane_does_not_claim_a_stop(own_control, own_lane):
    own_control.end()
    assert lane_says(own_lane, b"STOP\n") == b"NO CONTROL\n"
    assert own_lane.json("POST", "/stop") == (503, {"ok": False, "code": "no_control"})
    own_control.start()
    eventually(lambda: lane_says(own_lane, b"STOP\n") == b"OK\n")


def test_a_frozen_control_process_does_not_make_the_lane_claim_a_stop(own_control, own_lane):
    own_control.freeze()
    begun_s = time.monotonic()
    assert lane_says(own_lane, b"STOP\n") == b"NO CONTROL\n"
    assert time.monotonic() - begun_s < 3.0
    own_control.thaw()
    eventually(lambda: lane_says(own_lane, b"STOP\n") == b"OK\n")


def test_the_lane_stops_when_the_api_is_dead_or_frozen(own_control, own_api, own_lane):
    own_control.ask(do="reset")
    os.kill(own_api.process.pid, signal.SIGSTOP)
    assert lane_says(own_lane, b"STOP\n") == b"OK\n"
    os.kill(own_api.process.pid, signal.SIGKILL)
    assert lane_says(own_lane, b"STOP\n") == b"OK\n"
    assert stops(own_control) == 2


def test_a_keep_alive_connection_survives_a_stop_with_a_body(api, calm):
    connection = http.client.HTTPConnection("127.0.0.1", api.port, timeout=5)
    try:
        for _ in range(3):
            connection.request("POST", "/api/v1/stop", b"x" * 1000)
            answer = connection.getresponse()
            assert (answer.status, answer.read()) == (200, b'{"ok": true}')
    finally:
        connection.close()
    assert stops(calm) == 3
