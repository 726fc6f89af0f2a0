"""The HTTP interface, served by uvicorn as in the product."""

import json
import socket
import time

import pytest

from tests.integration.api.servers import eventually

pytestmark = pytest.mark.realtime

WISH = {"routine": "evening-wind-down"}
JSON = {"content-type": "application/json"}


def test_the_status_is_passed_on_as_control_wrote_it(api, calm):
    calm.scene(session={"state": "running", "progress": 0.25})
    session = eventually(lambda: running(api))
    assert session["progress"] == 0.25


def running(api):
    session = api.json("GET", "/api/v1/status")[1]["session"]
    return session if session["state"] == "running" else None


def test_a_session_is_started_with_what_was_wished(api, calm):
    status, _ = api.json("POST", "/api/v1/session", {**WISH, "minutes": 5, "level": "gentle"})
    assert status == 201
    (request,) = calm.heard()
    assert (request["do"], request["routine"]) == ("start", "evening-wind-down")
    assert (request["minutes"], request["level"]) == (5, "gentle")


def test_a_wish_carries_the_time_it_was_sent(api, calm):
    before_us = time.monotonic_ns() // 1000
    api.json("POST", "/api/v1/session", WISH)
    assert before_us <= calm.heard()[0]["sent_us"] <= time.monotonic_ns() // 1000


@pytest.mark.parametrize(
    ("path", "do"),
    [
        ("/session/pause", "pause"),
        ("/session/resume", "resume"),
        ("/acknowledge", "acknowledge"),
        ("/device/accept", "accept_device"),
    ],
)
@pytest.mark.parametrize("body", [None, {}])
def test_the_other_acts_need_no_body(api, calm, path, do, body):
    assert api.json("POST", f"/api/v1{path}", body)[0] == 200
    assert [request["do"] for request in calm.heard()] == [do]


def test_a_device_is_accepted_by_the_name_that_was_shown(api, calm):
    assert api.json("POST", "/api/v1/device/accept", {"device_id": "two"})[0] == 200
    assert calm.heard()[0]["device_id"] == "two"
    assert api.json("POST", "/api/v1/device/accept", {"device_id": 7})[0] == 422
    assert api.json("POST", "/api/v1/device/accept", {"other": "two"})[0] == 422


@pytest.mark.parametrize(
    "body",
    [
        b'{"routine": "evening-wind-down", "minutes": NaN}',
        b'{"routine": "evening-wind-down", "minutes": Infinity}',
        b'{"routine": "evening-wind-down", "minutes": -Infinity}',
        b'{"routine": "evening-wind-down", "minutes": 1e400}',
        b'{"routine": "evening-wind-down", "minutes": true}',
        b'{"routine": "evening-wind-down", "minutes": "3"}',
        b'{"routine": "evening-wind-down", "minutes": 0}',
        b'{"routine": "evening-wind-down", "minutes": -1}',
        b'{"routine": "evening-wind-down", "minutes": 61}',
        b'{"routine": "evening-wind-down", "minutes": ' + b"9" * 5000 + b"}",
        b'{"routine": "evening-wind-down", "level": "brutal"}',
        b'{"routine": "evening-wind-down", "force_n": 60}',
        b'{"routine": "evening-wind-down", "routine": "other"}',
        b'{"routine": 1}',
        b'{"routine": null}',
        b'{"routine": ""}',
        b'{"routine": "\\ud800"}',
        b'{"routine": "' + b"x" * 65 + b'"}',
        b'{"level": "gentle"}',
        b"{}",
        b"[]",
        b"null",
        b"3",
        b"{",
        b"\xff\xfe",
        b"",
        b"[" * 60_000,
        b'{"a":' * 12_000,
    ],
)
def test_a_senseless_wish_is_refused_and_never_reaches_control(api, calm, body):
    status, headers, answer = api.request("POST", "/api/v1/session", body, JSON)
    problem = json.loads(answer)
    assert status == problem["status"] == 422
    assert headers["content-type"] == "application/problem+json"
    assert problem["errors"]
    assert calm.heard() == []


def test_a_refused_wish_is_not_echoed(api):
    body = b'{"routine": "<script>alert(1)</script>", "secret-name": "secret-value"}'
    _, _, answer = api.request("POST", "/api/v1/session", body, JSON)
    assert b"script" not in answer
    assert b"secret" not in answer


@pytest.mark.parametrize("path", ["/session/pause", "/session/resume", "/acknowledge"])
def test_an_act_without_wishes_takes_no_wishes(api, calm, path):
    status, _, _ = api.request("POST", f"/api/v1{path}", b'{"force_n": 60}', JSON)
    assert status == 422
    assert calm.heard() == []


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("unknown_routine", 404),
        ("no_device", 503),
        ("no_foot", 409),
        ("not_ready", 409),
        ("faulted", 409),
        ("bad_request", 422),
    ],
)
def test_a_refusal_of_control_becomes_a_problem(api, calm, code, status):
    calm.refuse(code)
    found, problem = api.json("POST", "/api/v1/session", WISH)
    assert found == problem["status"] == status
    assert problem["code"] == code
    assert problem["detail"]


def test_everything_unknown_is_a_problem_too(api):
    for method, path, status in (
        ("GET", "/api/v1/nothing", 404),
        ("GET", "/static/../app.py", 404),
        ("GET", "/static/%2e%2e/app.py", 404),
        ("DELETE", "/api/v1/status", 405),
        ("GET", "/api/v1/stop", 405),
        ("GET", "/api/v1/session", 405),
    ):
        found, headers, answer = api.request(method, path)
        assert (path, found) == (path, status)
        assert headers["content-type"] == "application/problem+json"
        assert json.loads(answer)["status"] == status


def test_what_is_no_http_is_a_problem_too(api):
    with socket.create_connection(("127.0.0.1", api.port), timeout=5) as talk:
        talk.sendall(b"\x00\x01\x02 nonsense\r\n\r\n")
        answer = talk.makefile("rb").read()
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"400" in head.split(b"\r\n")[0]
    assert b"application/problem+json" in head
    assert json.loads(body)["status"] == 400


def test_only_json_is_read(api, calm):
    body = json.dumps(WISH).encode()
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""):
        assert api.request("POST", "/api/v1/session", body, {"content-type": kind})[0] == 415
    assert calm.heard() == []


def test_a_large_body_is_counted_while_it_streams(api, calm):
    chunk = b"4000\r\n" + b" " * 0x4000 + b"\r\n"
    with socket.create_connection(("127.0.0.1", api.port), timeout=10) as talk:
        talk.sendall(
            b"POST /api/v1/session HTTP/1.1\r\nhost: localhost\r\n"
            b"content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
        )
        for _ in range(5):
            talk.sendall(chunk)
        answer = talk.recv(4096)
    assert b" 413 " in answer.split(b"\r\n")[0]
    assert b"application/problem+json" in answer
    assert calm.heard() == []


def test_a_body_of_the_allowed_size_is_read(api, calm):
    padding = b" " * (64 * 1024 - len(json.dumps(WISH)))
    body = json.dumps(WISH).encode() + padding
    assert api.request("POST", "/api/v1/session", body, JSON)[0] == 201
    assert api.request("POST", "/api/v1/session", body + b" ", JSON)[0] == 413


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "localhost@evil.example", "[::2]", "", "a b"]
)
def test_a_name_that_was_rebound_to_this_machine_is_refused(api, calm, host):
    status, _, _ = api.request(
        "POST", "/api/v1/session", json.dumps(WISH).encode(), JSON, host=host
    )
    assert status == 400
    assert calm.heard() == []


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1:65535", "[::1]:8420"])
def test_this_machine_is_reached_by_its_names_on_any_port(api, host):
    assert api.request("GET", "/healthz", host=host)[0] == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://localhost:3000"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {
            "sec-fetch-site": "cross-site",
            "sec-fetch-mode": "navigate",
            "sec-fetch-dest": "document",
        },
    ],
)
def test_another_page_cannot_start_anything(api, calm, headers):
    body = json.dumps(WISH).encode()
    assert api.request("POST", "/api/v1/session", body, {**JSON, **headers})[0] == 403
    assert api.request("POST", "/api/v1/session/resume", None, headers)[0] == 403
    assert calm.heard() == []


def test_the_own_page_may_act(api, calm):
    headers = {
        **JSON,
        "origin": f"http://127.0.0.1:{api.port}",
        "sec-fetch-site": "same-origin",
    }
    body = json.dumps(WISH).encode()
    assert api.request("POST", "/api/v1/session", body, headers)[0] == 201


def test_a_link_elsewhere_may_open_the_page_but_no_frame_may(api):
    follow = {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    status, headers, _ = api.request("GET", "/", None, {**follow, "sec-fetch-dest": "document"})
    assert status == 200
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "default-src 'self'" in headers["content-security-policy"]
    assert api.request("GET", "/", None, {**follow, "sec-fetch-dest": "iframe"})[0] == 403


def test_no_answer_invites_another_page(api):
    for path in ("/", "/api/v1/status", "/healthz"):
        _, headers, _ = api.request("GET", path)
        assert not [name for name in headers if name.lower().startswith("access-control")]
        assert "server" not in headers


def test_the_page_is_served_with_its_types_and_from_the_cache(api):
    status, headers, body = api.request("GET", "/static/js/main.js")
    assert status == 200
    assert headers["content-type"].startswith("text/javascript")
    assert body
    again = api.request("GET", "/static/js/main.js", None, {"if-none-match": headers["etag"]})
    assert again[0] == 304
    assert again[2] == b""


def test_the_document_names_every_route(api):
    status, document = api.json("GET", "/openapi.json")
    assert status == 200
    assert set(document["paths"]) == {
        "/healthz",
        "/api/v1/status",
        "/api/v1/routines",
        "/api/v1/atlas",
        "/api/v1/session",
        "/api/v1/session/pause",
        "/api/v1/session/resume",
        "/api/v1/acknowledge",
        "/api/v1/device/accept",
        "/api/v1/stop",
    }


def test_the_routines_and_the_atlas_are_there(api, calm):
    assert api.json("GET", "/api/v1/routines")[1]["routines"][0]["id"] == "evening-wind-down"
    atlas = api.json("GET", "/api/v1/atlas")[1]
    assert len(atlas["zones"]) == 62
    assert atlas["outline"][0][0] == 0.0
    assert atlas["outline"][-1][0] == 1.0


def test_a_body_that_never_comes_is_given_up(api):
    with socket.create_connection(("127.0.0.1", api.port), timeout=20) as talk:
        talk.sendall(
            b"POST /api/v1/session HTTP/1.1\r\nhost: localhost\r\n"
            b"content-type: application/json\r\ncontent-length: 10\r\n\r\n{"
        )
        assert b" 408 " in talk.recv(4096).split(b"\r\n")[0]


def test_a_connection_that_says_nothing_is_closed(api):
    with socket.create_connection(("127.0.0.1", api.port), timeout=20) as talk:
        talk.sendall(b"GET / HT")
        assert closed(talk)


def closed(talk):
    """Whether the peer ends the connection without a word."""
    try:
        return talk.recv(1) == b""
    except ConnectionResetError:
        return True


def test_without_control_the_status_says_so_and_comes_back(own_control, own_api):
    own_control.end()
    body = eventually(lambda: absent(own_api, "control_absent"))
    assert body["session"]["state"] == "no_device"
    assert set(body["beds"]) == {"left", "right"}
    status, problem = own_api.json("POST", "/api/v1/session", WISH)
    assert (status, problem["code"]) == (503, "control_absent")
    assert own_api.json("POST", "/api/v1/stop")[0] == 503
    assert own_api.json("GET", "/healthz")[0] == 200
    own_control.start()
    eventually(lambda: own_api.json("GET", "/api/v1/status")[1]["device"]["id"] == "stand-in")


def absent(api, code):
    status, body = api.json("GET", "/api/v1/status")
    assert status == 200
    return body if [alarm["code"] for alarm in body["alarms"]] == [code] else None


def test_a_frozen_control_process_is_not_shown_as_the_present(own_control, own_api):
    own_control.freeze()
    eventually(lambda: absent(own_api, "control_silent"))
    assert own_api.json("POST", "/api/v1/stop")[0] == 503
    own_control.thaw()
    eventually(lambda: own_api.json("GET", "/api/v1/status")[1]["alarms"] == [])


def test_a_sender_who_never_ends_is_cut_off_after_the_answer(api):
    with socket.create_connection(("127.0.0.1", api.port), timeout=10) as talk:
        talk.sendall(
            b"POST /api/v1/session HTTP/1.1\r\nhost: localhost\r\n"
            b"content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
        )
        eventually(lambda: is_cut_off(talk))


def is_cut_off(talk):
    time.sleep(0.005)
    try:
        talk.sendall(b"400\r\n" + b" " * 0x400 + b"\r\n")
    except ConnectionError:
        return True
    return False


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b'{"routine": "a", "minutes": NaN}', "no NaN"),
        (b'{"routine": "a", "force_n": 60}', "known are routine, minutes, level"),
        (b'{"routine": "a", "minutes": true}', "minutes: "),
        (b'{"routine": "a", "level": "brutal"}', "level: "),
        (b"", "The body: "),
    ],
)
def test_the_sentence_names_what_is_wrong(api, body, sentence):
    _, _, answer = api.request("POST", "/api/v1/session", body, JSON)
    assert sentence in json.loads(answer)["detail"]
