"""Real servers over a real socket; only the control process is a stand-in."""

import http.client
import json
import os
import signal
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

from api.listeners import listen

STANDIN = Path(__file__).with_name("standin_control.py")


def eventually(check, timeout_s=10.0):
    """Return the first true answer of `check`; fail when there is none in time."""
    deadline_s = time.monotonic() + timeout_s
    while time.monotonic() < deadline_s:
        found = check()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError(f"nothing came of {check} in {timeout_s} s")


class Control:
    """The stand-in control process."""

    def __init__(self, path):
        self.path = path
        self.process = None

    def start(self):
        self.process = subprocess.Popen([sys.executable, str(STANDIN), str(self.path)])
        eventually(self.answers)

    def answers(self):
        with socket.socket(socket.AF_UNIX) as probe:
            return probe.connect_ex(str(self.path)) == 0

    def ask(self, **request):
        with socket.socket(socket.AF_UNIX) as talk:
            talk.settimeout(5)
            talk.connect(str(self.path))
            body = b"Q" + json.dumps({"id": 1, **request}).encode()
            talk.sendall(struct.pack("<I", len(body)) + body)
            stream = talk.makefile("rb")
            while True:
                (length,) = struct.unpack("<I", stream.read(4))
                payload = stream.read(length)
                if payload[:1] == b"R":
                    return json.loads(payload[1:])

    def scene(self, **merge):
        self.ask(do="scene", merge=merge)

    def refuse(self, code):
        self.ask(do="refuse", code=code)

    def heard(self):
        return self.ask(do="heard")["heard"]

    def freeze(self):
        os.kill(self.process.pid, signal.SIGSTOP)

    def thaw(self):
        os.kill(self.process.pid, signal.SIGCONT)

    def end(self):
        if self.process is not None:
            self.thaw()
            self.process.kill()
            self.process.wait()
            self.process = None


class Server:
    """One of Podal's own processes on a free port."""

    def __init__(self, command, control_socket):
        listener = listen("127.0.0.1", 0, option="--port")
        self.port = listener.getsockname()[1]
        self.process = subprocess.Popen(
            [sys.executable, "-m", "api", command, "--socket", str(control_socket),
             "--listen-fd", str(listener.fileno())],
            pass_fds=(listener.fileno(),),
        )  # fmt: skip
        listener.close()

    def request(self, method, path, body=None, headers=None, host=None, timeout_s=10.0):
        """Return (status, headers, body) of one request on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout_s)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            connection.putheader("host", f"127.0.0.1:{self.port}" if host is None else host)
            for name, value in (headers or {}).items():
                connection.putheader(name, value)
            if body is not None:
                connection.putheader("content-length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def json(self, method, path, body=None, **more):
        """Return (status, parsed body); `body` is sent as JSON."""
        headers = {} if body is None else {"content-type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        status, _, answer = self.request(method, path, data, headers, **more)
        return status, json.loads(answer)

    def end(self):
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def is_linked(server):
    """Whether the API answers, and shows what control says."""
    try:
        return server.json("GET", "/api/v1/status")[1]["device"]["id"] == "stand-in"
    except OSError:
        return False
